"""Reads the fields of one mapping in a document, and notes what is wrong instead of stopping.

Every method gives a usable value (a default when the field is missing or wrong), so reading goes on and the
person hears about everything at once. `null` means the same as leaving the key out.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeVar

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import LONGEST_CODE, LONGEST_TEXT, MOST_CODES, Text
from audit_app.standards.rules.problems import Path, Problem, place_of

Choice = TypeVar("Choice", bound=StrEnum)

ITEM_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
STANDARD_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
OPTION_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
DOTTED_CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")

QUOTE_IT: Final = _(
    'here stands true or false: YAML reads yes, no, on and off so when they have no quotes. Write "yes" or "no" in quotes.'
)


class Notes:
    """The document, what is wrong with it, and every text that was met (for the check of languages at the end)."""

    def __init__(self, document: object) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.texts: list[tuple[Path, Text]] = []

    def add(self, path: Path, text: str, **values: Any) -> None:
        self.problems.append(Problem(path, place_of(self.document, path), text, values))


def exact(value: object) -> Fraction | None:
    """A number as it was written, or None when it is none. Floats (from JSON) count as their shortest spelling."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() and abs(value.adjusted()) < 20 else None
    if isinstance(value, float):
        return exact(repr(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Fraction(value.strip())
    return None


def shown(value: object) -> str:
    """A wrong value, short enough for a sentence."""
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


class Fields:
    """One mapping of the document at its path."""

    def __init__(self, raw: Mapping[Any, Any], path: Path, notes: Notes) -> None:
        self.raw = raw
        self.path = path
        self.notes = notes

    def wrong(self, key: str | int | Sequence[str | int], text: str, **values: Any) -> None:
        """Notes a problem at a field (or deeper, or at the mapping itself with an empty sequence)."""
        tail = (key,) if isinstance(key, str | int) else tuple(key)
        self.notes.add((*self.path, *tail), text, **values)

    def get(self, key: str) -> Any:
        return self.raw.get(key)

    def has(self, key: str) -> bool:
        return self.raw.get(key) is not None

    def only(self, *known: str) -> None:
        """Notes every key that has no meaning here."""
        for key in self.raw:
            if key not in known:
                self.wrong(
                    shown(key), _("this key is not known here; known are %(known)s"), known=", ".join(known)
                )

    def not_for(self, kind: str, *keys: str) -> None:
        """Notes keys that exist, but mean nothing for this type of answer."""
        for key in keys:
            if self.has(key):
                self.wrong(key, _("this has no meaning for an item of type %(type)s"), type=kind)

    def text(self, key: str, *, needed: bool = False, longest: int = LONGEST_TEXT) -> Text:
        """Words by language; a bare string is English."""
        raw = self.raw.get(key)
        if raw is None:
            if needed:
                self.wrong(key, _("a text is missing here"))
            return {}
        if not isinstance(raw, Mapping):
            raw = {"en": raw}
        words: dict[str, str] = {}
        for language, value in raw.items():
            if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
                self.wrong(
                    (key, shown(language)),
                    _("this is no language code; languages are written en, ru, uk and so on"),
                )
                continue
            said = self._words((key, language), value, longest)
            if said:
                words[language] = said
        if not words and needed:
            self.wrong(key, _("a text is missing here"))
        if words:
            self.notes.texts.append(((*self.path, key), words))
        return words

    def _words(self, where: tuple[str | int, ...], value: object, longest: int) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            self.wrong(where, QUOTE_IT)
            return ""
        if isinstance(value, int | Decimal):
            value = str(value)
        if not isinstance(value, str):
            self.wrong(where, _("this must be a text"))
            return ""
        if _FORBIDDEN.search(value):
            self.wrong(where, _("the text holds a sign that text cannot hold (a control character)"))
            return ""
        said = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").strip())
        if len(said) > longest:
            self.wrong(
                where,
                _("the text is too long: %(length)s signs, at most %(limit)s"),
                length=len(said),
                limit=longest,
            )
        return said

    def line(self, key: str, *, longest: int = LONGEST_CODE) -> str:
        """A short text that is the same in all languages; empty when missing."""
        return self._words((key,), self.raw.get(key), longest)

    def code(self, key: str, shape: re.Pattern[str], *, needed: bool = True) -> str:
        """A code of the given shape; empty when missing or wrong."""
        raw = self.raw.get(key)
        if raw is None:
            if needed:
                self.wrong(key, _("a code is missing here"))
            return ""
        return self._code((key,), raw, shape)

    def _code(self, where: tuple[str | int, ...], raw: object, shape: re.Pattern[str]) -> str:
        if isinstance(raw, bool):
            self.wrong(where, QUOTE_IT)
            return ""
        if isinstance(raw, int):
            raw = str(raw)
        if not isinstance(raw, str) or len(raw) > LONGEST_CODE or not shape.fullmatch(raw):
            self.wrong(where, _CODE_SHAPES[shape], code=shown(raw), limit=LONGEST_CODE)
            return ""
        return raw

    def flag(self, key: str, default: bool) -> bool:
        raw = self.raw.get(key)
        if raw is None:
            return default
        if not isinstance(raw, bool):
            self.wrong(key, _("only true or false can stand here, not “%(value)s”"), value=shown(raw))
            return default
        return raw

    def whole(self, key: str, low: int, high: int) -> int | None:
        raw = self.raw.get(key)
        if raw is None:
            return None
        number = exact(raw)
        if number is None or number.denominator != 1 or not low <= number <= high:
            self.wrong(
                key,
                _("only a whole number from %(low)s to %(high)s can stand here, not “%(value)s”"),
                low=low,
                high=high,
                value=shown(raw),
            )
            return None
        return int(number)

    def number(
        self, key: str, low: int, high: int, *, places: int = 3, above: bool = False
    ) -> Fraction | None:
        """A number from `low` (or above it) to `high` with so many decimals; None when missing or wrong."""
        raw = self.raw.get(key)
        if raw is None:
            return None
        number = exact(raw)
        if number is None:
            self.wrong(
                key, QUOTE_IT if isinstance(raw, bool) else _("“%(value)s” is not a number"), value=shown(raw)
            )
            return None
        if number > high or number < low or (above and number == low):
            sentence = (
                _("the number must be above %(low)s and at most %(high)s, not %(value)s")
                if above
                else _("the number must lie between %(low)s and %(high)s, not %(value)s")
            )
            self.wrong(key, sentence, low=low, high=high, value=shown(raw))
            return None
        if (number * 10**places).denominator != 1:
            self.wrong(
                key,
                _("%(value)s has too many decimals; at most %(places)s are kept"),
                value=shown(raw),
                places=places,
            )
            return None
        return number

    def choice(self, key: str, kind: type[Choice], default: Choice | None) -> Choice | None:
        raw = self.raw.get(key)
        if raw is None:
            if default is None:
                self.wrong(key, _("one of these must stand here: %(known)s"), known=", ".join(kind))
            return default
        return self._choice((key,), raw, kind) or default

    def _choice(self, where: tuple[str | int, ...], raw: object, kind: type[Choice]) -> Choice | None:
        if isinstance(raw, str) and raw in list(kind):
            return kind(raw)
        self.wrong(
            where,
            _("“%(value)s” is not known here; known are %(known)s"),
            value=shown(raw),
            known=", ".join(kind),
        )
        return None

    def choices(self, key: str, kind: type[Choice], default: Iterable[Choice]) -> tuple[Choice, ...]:
        """Several of a known set, in the set's own order, each once."""
        raw = self.members(key)
        if raw is None:
            return tuple(default)
        found = {self._choice((key, index), one, kind) for index, one in enumerate(raw)}
        if not raw:
            self.wrong(key, _("at least one of these must stand here: %(known)s"), known=", ".join(kind))
        return tuple(one for one in kind if one in found)

    def codes(self, key: str, shape: re.Pattern[str]) -> tuple[str, ...]:
        """Free codes, sorted, each once."""
        raw = self.members(key) or []
        found = {self._code((key, index), one, shape) for index, one in enumerate(raw)}
        return tuple(sorted(found - {""}))

    def members(self, key: str, most: int = MOST_CODES) -> Sequence[Any] | None:
        """A list, or None when there is none."""
        raw = self.raw.get(key)
        if raw is None:
            return None
        if not isinstance(raw, list | tuple):
            self.wrong(
                key, QUOTE_IT if isinstance(raw, bool) else _("a list must stand here, for instance [a, b]")
            )
            return None
        if len(raw) > most:
            self.wrong(key, _("too many: %(count)s, at most %(limit)s"), count=len(raw), limit=most)
            return raw[:most]
        return raw

    def entries(self, key: str, most: int) -> list["Fields"]:
        """A list of mappings; members that are none are noted and left out."""
        found: list[Fields] = []
        for index, raw in enumerate(self.members(key, most) or []):
            if isinstance(raw, Mapping):
                found.append(Fields(raw, (*self.path, key, index), self.notes))
            else:
                self.wrong((key, index), _("keys and values must stand here (code: …)"))
        return found

    def entry(self, key: str) -> "Fields | None":
        """A mapping inside this one, or None."""
        raw = self.raw.get(key)
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            self.wrong(key, _("keys and values must stand here (code: …)"))
            return None
        return Fields(raw, (*self.path, key), self.notes)


_CODE_SHAPES: Final[Mapping[re.Pattern[str], str]] = {
    ITEM_CODE: _(
        "“%(code)s” cannot be a code: small Latin letters, digits and _ only, a letter first, at most %(limit)s signs"
    ),
    STANDARD_CODE: _(
        "“%(code)s” cannot be a code: small Latin letters, digits and - only, at most %(limit)s signs"
    ),
    OPTION_CODE: _(
        "“%(code)s” cannot be a code: small Latin letters, digits, _ and - only, at most %(limit)s signs"
    ),
    DOTTED_CODE: _(
        "“%(code)s” cannot be a type: small Latin letters, digits and _, parts joined by dots, at most %(limit)s signs"
    ),
    LANGUAGE: _("“%(code)s” is no language code; languages are written en, ru, uk and so on"),
}
