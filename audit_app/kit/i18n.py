"""Languages: en, ru, uk. English sentences are the msgids; each slice keeps its own `locale/<language>/<slice>.po`.

`_` only marks a sentence; `gettext` and `ngettext` translate it into the language of the present request. The `.po`
files are read once at the start, so there is nothing to compile and nothing compiled to forget.
"""

import io
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

Language = Literal["en", "ru", "uk"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "uk")
NAMES: dict[Language, str] = {"en": "English", "ru": "Русский", "uk": "Українська"}
FOLDER = Path(__file__).parent.parent / "locale"

_language: ContextVar[Language] = ContextVar("language", default="en")
# English by the British calendar (day before month), as our readers in Europe write it.
_BABEL = {"en": Locale("en", "GB"), "ru": Locale("ru"), "uk": Locale("uk")}


def _(text: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return text


def use_language(language: str | None) -> Language:
    """Make this the language of the present request; an unknown one becomes English."""
    chosen: Language = language if language in LANGUAGES else "en"
    _language.set(chosen)
    return chosen


def language() -> Language:
    """The language of the present request."""
    return _language.get()


@cache
def translations(code: str) -> NullTranslations:
    """All slices' sentences of one language."""
    if code == "en":
        return NullTranslations()
    whole = Catalog(locale=code)
    for path in sorted((FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id and message.string and not message.fuzzy:
                    whole.add(message.id, message.string, context=message.context)
    buffer = io.BytesIO()
    write_mo(buffer, whole)
    buffer.seek(0)
    return Translations(buffer)


def gettext(text: str, **values: Any) -> str:
    """The sentence in the reader's language, its placeholders filled."""
    found = translations(_language.get()).ugettext(text) if text else ""
    return found % values if values else found


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """The sentence with the right plural form; `%(num)s` is the number."""
    return translations(_language.get()).ungettext(one, many, n) % {"num": format_number(n), **values}


def ngettext_raw(one: str, many: str, n: int) -> str:
    """The sentence with the right plural form, placeholders still open; Jinja fills them."""
    return translations(_language.get()).ungettext(one, many, n)


def pick(text: Mapping[str, str] | str | None) -> str:
    """What a person wrote in several languages, in the reader's, else in the first there is."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    mine = _language.get()
    for code in (mine, "en", "uk", "ru"):
        if text.get(code):
            return text[code]
    return next((value for value in text.values() if value), "")


def negotiate(accept: str) -> Language:
    """The best of our languages for an Accept-Language header."""
    wishes: list[tuple[float, Language]] = []
    for part in accept.split(",")[:20]:
        tag, _sep, quality = part.strip().partition(";q=")
        code = tag.split("-")[0].lower()
        if code in LANGUAGES:
            try:
                wishes.append((float(quality or 1), code))
            except ValueError:
                continue
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else "en"


def zone(name: str | None) -> tzinfo:
    """The time zone of that name; UTC where none is known."""
    return ZoneInfo(name or "UTC")


def format_number(value: float | Decimal | None, places: int | None = None) -> str:
    """A number by the reader's rules; `places` fixes the decimals."""
    if value is None:
        return "–"
    pattern = None if places is None else "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, format=pattern, locale=_BABEL[_language.get()]))


def format_tenths(tenths: int | None) -> str:
    """A percentage kept in tenths (667 → `66.7 %`), by the reader's rules."""
    if tenths is None:
        return "–"
    return format_number(Decimal(tenths) / 10, 1) + "\u00a0%"


def format_day(value: date | datetime | None, style: str = "medium", tz: str | None = None) -> str:
    """A day by the reader's rules, in the zone `tz` when it is a moment."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(zone(tz)).date()
    return str(format_date(value, format=style, locale=_BABEL[_language.get()]))


def format_clock(value: datetime | time | None, tz: str | None = None) -> str:
    """The time of day, in the zone `tz`."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(zone(tz)).time()
    return str(format_time(value, format="HH:mm", locale=_BABEL[_language.get()]))


def format_moment(value: datetime | None, tz: str | None = None) -> str:
    """Day and time, in the zone `tz`."""
    if value is None:
        return "–"
    local = value.astimezone(zone(tz))
    return str(
        format_datetime(local, format="d MMM y, HH:mm", tzinfo=local.tzinfo, locale=_BABEL[_language.get()])
    )


_PARTS = ((5, _("night")), (12, _("morning")), (17, _("afternoon")), (22, _("evening")), (24, _("night")))


def day_part_of(value: datetime, tz: str | None = None) -> str:
    """Morning, afternoon, evening or night: as much of the time as the visited place may know."""
    return day_part(value.astimezone(zone(tz)).hour)


def day_part(hour: int) -> str:
    """The part of the day of an hour 0..23."""
    return gettext(next((words for end, words in _PARTS if hour < end), _PARTS[0][1]))


def step_text(text: str, values: Mapping[str, Any], names: Mapping[str, Any] | None = None) -> str:
    """A sentence whose values were computed elsewhere: codes get their names, numbers the reader's decimal sign."""
    known = names or {}

    def word(value: Any) -> str:
        if isinstance(value, Mapping):
            return pick(value)
        parts = [pick(known[part]) if part in known else part for part in str(value).split(", ")]
        whole, dot, rest = parts[0].partition(".")
        if len(parts) == 1 and dot and whole.isdigit() and rest.isdigit():
            return format_number(Decimal(parts[0]), len(rest))
        return ", ".join(parts)

    return gettext(text) % {key: word(value) for key, value in values.items()}
