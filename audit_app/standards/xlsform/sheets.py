"""The workbook as rows of named cells: headings brought to one spelling, every cell checked, sizes limited.

XLSForm is written by people and by three tools, so one column has many names: `label::English (en)`, `Label:English`,
`caption`. Here each becomes a key (`label::en`), and the heading as it was typed is kept for the sentences.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError

from audit_app.kit.i18n import _
from audit_app.kit.tables import LONGEST_CELL, MOST_BYTES, MOST_COLUMNS
from audit_app.kit.xlsx import Workbook, WorkbookNotUnderstood
from audit_app.standards.xlsform.notes import Note, XlsformNotUnderstood, refuse

SURVEY: Final = "survey"
CHOICES: Final = "choices"
SETTINGS: Final = "settings"
AUDIT: Final = "audit"
SHEETS: Final = (SURVEY, CHOICES, SETTINGS, AUDIT)
MOST_ROWS: Final = 5_000

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\s*\)\s*$")
_ALIASES: Final[Mapping[str, str]] = {
    "caption": "label",
    "relevance": "relevant",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::jr:constraintmsg": "constraint_message",
    "bind::calculate": "calculation",
    "bind::readonly": "read_only",
    "readonly": "read_only",
    "image": "media::image",
    "audio": "media::audio",
    "video": "media::video",
    "command": "type",
    "list": "list_name",
    "value": "name",
    "constraint_msg": "constraint_message",
}
_TRANSLATED: Final = frozenset(
    {
        "label",
        "hint",
        "guidance_hint",
        "constraint_message",
        "required_message",
        "media::image",
        "media::audio",
        "media::video",
        "audit::unit",
        "audit::scale_low",
        "audit::scale_high",
        "text",
    }
)


@dataclass(frozen=True)
class Heading:
    """A column: `base` is its meaning, `language` its language (None: not said), `typed` what stands in the sheet."""

    base: str
    language: str | None
    typed: str

    @property
    def key(self) -> str:
        """The name the cells are found by."""
        return f"{self.base}::{self.language}" if self.language else self.base


@dataclass(frozen=True)
class Row:
    """One row: its number as the spreadsheet counts, its cells by key; empty cells are not there."""

    line: int
    cells: Mapping[str, str]

    def get(self, key: str) -> str:
        """The cell's text, empty when there is none."""
        return self.cells.get(key, "")


@dataclass(frozen=True)
class Sheet:
    """A sheet of the form."""

    name: str
    headings: tuple[Heading, ...] = ()
    rows: tuple[Row, ...] = ()

    def typed(self, base: str) -> str:
        """How the first column with this meaning is headed in this sheet; the meaning itself when there is none."""
        return next((one.typed for one in self.headings if base in (one.key, one.base)), base)

    def has(self, base: str) -> bool:
        """Whether there is a column with this meaning."""
        return any(one.base == base for one in self.headings)

    def languages(self, base: str) -> tuple[str, ...]:
        """The languages this column stands in."""
        return tuple(one.language for one in self.headings if one.base == base and one.language)

    def text(self, row: Row, base: str, unnamed: str) -> dict[str, str]:
        """A translated cell by language; what has no language counts as `unnamed` unless that is there too."""
        found: dict[str, str] = {}
        for heading in self.headings:
            if heading.base == base and (words := row.get(heading.key)):
                language = heading.language or unnamed
                if (
                    heading.language
                    or language not in self.languages(base)
                    or not row.get(f"{base}::{language}")
                ):
                    found[language] = words
        return found


def read_sheets(source: bytes) -> dict[str, Sheet]:
    """The sheets of a form, each under its name in small letters; raises `XlsformNotUnderstood`."""
    if len(source) > MOST_BYTES:
        raise refuse("", 0, "", _("The file is larger than %(limit)s MB."), limit=MOST_BYTES // 2**20)
    if source.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse(
            "", 0, "", _("This is an old or locked workbook. Save it as .xlsx without a password, or as CSV.")
        )
    if source.lstrip()[:1] == b"<":
        raise refuse(
            "", 0, "", _("This is a web page and no table, whatever its name says. Save it as .xlsx or CSV.")
        )
    if not source.startswith(b"PK\x03\x04"):
        raise refuse("", 0, "", _("This is no workbook. An XLSForm is a file in the format .xlsx."))
    try:
        with Workbook(source) as book:
            by_name: dict[str, str] = {}
            for name in book.names:
                by_name.setdefault(name.strip().casefold(), name)
            if SURVEY not in by_name:
                raise refuse(
                    "",
                    0,
                    "",
                    _(
                        "The workbook has no sheet “survey”; it has %(names)s. An XLSForm keeps its questions there."
                    ),
                    names=", ".join(name[:40] for name in book.names[:10]) or "–",
                )
            found: dict[str, Sheet] = {}
            for name in SHEETS:
                if name in by_name:
                    found[name] = _sheet(name, book.rows(by_name[name], most_columns=MOST_COLUMNS))
            return found
    except WorkbookNotUnderstood as odd:
        raise refuse("", 0, "", odd.text, **odd.values) from None


def _sheet(name: str, rows: Iterator[tuple[int, list[str]]]) -> Sheet:
    headings: list[Heading | None] = []
    wrong: list[Note] = []
    found: list[Row] = []
    for line, cells in rows:
        clean = [_clean(name, line, headings, n, cell) for n, cell in enumerate(cells)]
        if not any(clean):
            continue
        if not headings:
            headings = [_heading(name, cell) if cell else None for cell in clean]
            wrong = _doubles(name, line, headings)
            continue
        if len(found) >= MOST_ROWS:
            raise refuse(name, line, "", _("more than %(limit)s rows"), limit=MOST_ROWS)
        filled = {}
        for n, cell in enumerate(clean):
            heading = headings[n] if n < len(headings) else None
            if cell and heading:
                filled[heading.key] = cell
        if filled:
            found.append(Row(line, filled))
    if wrong:
        raise XlsformNotUnderstood(wrong)
    return Sheet(name, tuple(one for one in headings if one), tuple(found))


def _clean(sheet: str, line: int, headings: list[Heading | None], n: int, cell: str) -> str:
    heading = headings[n] if n < len(headings) else None
    column = heading.typed if heading else str(n + 1)
    if len(cell) > LONGEST_CELL:
        raise refuse(sheet, line, column, _("the cell is longer than %(limit)s signs"), limit=LONGEST_CELL)
    odd = _CONTROL.search(cell)
    if odd:
        sign = f"U+{ord(odd.group()):04X}"
        raise refuse(
            sheet, line, column, _("there is a sign here that text cannot hold (%(sign)s)"), sign=sign
        )
    return cell.strip()


def _doubles(sheet: str, line: int, headings: list[Heading | None]) -> list[Note]:
    wrong: list[Note] = []
    seen: set[str] = set()
    for heading in headings:
        if heading and heading.key in seen:
            wrong.append(Note(sheet, line, heading.typed[:60], _("two columns of this sheet mean the same")))
        if heading:
            seen.add(heading.key)
    return wrong


def _heading(sheet: str, typed: str) -> Heading:
    """`label::English (en)` → label, en. A language nobody knows stays in the key, so that it is listed."""
    parts = [part.strip() for part in re.split(r"::?", typed)] if ":" in typed else [typed]
    if re.match(r"bind::jr:", typed, re.IGNORECASE):
        parts = ["bind", "jr:" + typed.rpartition(":")[2]]
    first = re.sub(r"[\s-]+", "_", parts[0].casefold())
    base = first
    rest = parts[1:]
    if first in ("media", "bind", "body", "instance", "audit") and rest:
        base = f"{first}::{re.sub(r'[^a-z0-9:_]+', '_', rest[0].casefold())}"
        rest = rest[1:]
    base = _ALIASES.get(base, base) if sheet != AUDIT else base
    if base not in _TRANSLATED or not rest:
        return Heading(base if not rest else "::".join([base, *rest]), None, typed)
    language = language_of(rest[0])
    if language is None:
        return Heading(f"{base}::{rest[0]}", None, typed)
    return Heading(base, language, typed)


def language_of(words: str) -> str | None:
    """The code of a language as forms write it: English (en), en, English, Русский."""
    found = _IN_BRACKETS.search(words)
    if found:
        return found[1].lower()
    plain = words.strip().casefold()
    if re.fullmatch(r"[a-z]{2}", plain):
        return plain
    return _languages().get(plain)


def language_name(code: str) -> str:
    """How a form heads a language: English (en), Русский (ru)."""
    name = _own_name(code)
    return f"{name} ({code})" if name else f"{code} ({code})"


def _own_name(code: str) -> str:
    try:
        name = Locale.parse(code).language_name
    except (ValueError, UnknownLocaleError):
        return ""
    return name[:1].upper() + name[1:] if name else ""


@cache
def _languages() -> dict[str, str]:
    """Names of languages in English and in the language itself → code."""
    found: dict[str, str] = {}
    for code, name in Locale("en").languages.items():
        if re.fullmatch(r"[a-z]{2,3}", code):
            found.setdefault(str(name).casefold(), code)
    for code in ("de", "en", "es", "fr", "it", "kk", "pl", "pt", "ro", "ru", "tr", "uk"):
        found[_own_name(code).casefold()] = code
    return found
