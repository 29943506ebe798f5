"""Tables that people send and take: CSV and XLSX, read with care and written so that no cell can act.

Situation: a table comes from anybody's spreadsheet, in any encoding, and may be a bomb; a cell that begins with `=` runs
in the spreadsheet of whoever opens our export.
Choice: limits before reading, rows one by one with the line an editor shows, every refusal names line and column; text
that could act is written with a leading apostrophe (and read back without it), numbers and days stay what they are.
Refused: guessing silently (an unknown encoding is said), pandas and openpyxl (both load or pad what they should count).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from audit_app.kit import xlsx, xlsx_writing
from audit_app.kit.errors import BadInput, TooLarge
from audit_app.kit.i18n import _

MOST_BYTES: Final = 25 * 2**20
MOST_COLUMNS: Final = 200
MOST_ROWS: Final = 200_000
LONGEST_CELL: Final = 100_000

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LONE_RETURN = re.compile("\r(?!\n)")
_RETURN = "\x1e"  # stands for a lone carriage return while the csv module reads; refused everywhere else
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_ACTIVE = frozenset("=+-@＝＋－＠")
_CYRILLIC = "А-Яа-яЁёІіЇїЄєҐґЎў"


class TableNotUnderstood(BadInput):
    """This table cannot be read."""

    code = "bad_table"

    def __init__(self, text: str = "", /, *, line: int = 1, column: str = "", **values: Any) -> None:
        self.line = line
        self.column = column
        super().__init__(text, line=line, column=column, **values)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: `line` as an editor or spreadsheet counts. `fault` is a msgid when the line does not fit."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """The headings at once, the rows as they are asked for; `notes` are msgids of what the reader should know."""

    headings: tuple[str, ...]
    rows: Iterator[Row]
    notes: tuple[str, ...] = ()


def read_table(source: bytes) -> Table:
    """The table in a file, by its content and not by its name. Raises `TableNotUnderstood` or `TooLarge`."""
    if len(source) > MOST_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB."), limit=MOST_BYTES // 2**20)
    if not source.strip():
        raise TableNotUnderstood(_("The file is empty."))
    if source.startswith(b"PK\x03\x04"):
        return _table(_xlsx_rows(source), (), pad=True)
    if source.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableNotUnderstood(
            _("This is an old or locked workbook. Save it as .xlsx without a password, or as CSV.")
        )
    text, notes = _decode(source)
    if text.lstrip()[:1] == "<":
        raise TableNotUnderstood(
            _("This is a web page and no table, whatever its name says. Save it as .xlsx or CSV.")
        )
    return _read_csv(text, notes)


def _xlsx_rows(source: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        for line, cells in xlsx.first_sheet(source, most_columns=MOST_COLUMNS):
            yield line, tuple(cells)
    except xlsx.WorkbookNotUnderstood as odd:
        raise TableNotUnderstood(odd.text, **odd.values) from None


def _decode(source: bytes) -> tuple[str, tuple[str, ...]]:
    """The text: UTF-8 or UTF-16 by their marks, else UTF-8, else plainly Windows-1251, else a sentence."""
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return source.decode("utf-16"), ()
        except UnicodeDecodeError:
            raise TableNotUnderstood(
                _("The file says it is UTF-16, but it is not. Save it as UTF-8.")
            ) from None
    try:
        return source.decode("utf-8-sig"), ()
    except UnicodeDecodeError as wrong:
        line = source.count(b"\n", 0, wrong.start) + 1
        _no_surrogates(source)
    try:
        text = source.decode("cp1251")
    except UnicodeDecodeError:
        text = ""
    letters = re.findall(f"[{_CYRILLIC}]", text)
    mixed = re.search(f"[A-Za-z][{_CYRILLIC}]|[{_CYRILLIC}][A-Za-z]", text)
    # KOI8 and others read as Windows-1251 turn the case of letters inside out: aPPLE.
    upset = len(re.findall("[а-яёіїєґ][А-ЯЁІЇЄҐ]", text))
    shouted = len(re.findall("[А-ЯЁІЇЄҐ]", text)) * 2 > len(letters)
    if not letters or mixed or upset * 10 > len(letters) or (upset and shouted):
        raise TableNotUnderstood(
            _("Line %(line)s: the file is not UTF-8 text. Save it as “CSV UTF-8” or as .xlsx."), line=line
        )
    return text, (_("The file was read as Windows-1251. Check the letters in the preview."),)


def _no_surrogates(source: bytes) -> None:
    """Half of a sign in otherwise right UTF-8 must not pass for letters of another encoding."""
    try:
        text = source.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError:
        return
    found = re.search("[\ud800-\udfff]", text)
    if found:
        raise TableNotUnderstood(
            _("Line %(line)s: there is a sign here that text cannot hold (%(sign)s)."),
            line=text.count("\n", 0, found.start()) + 1,
            sign=f"U+{ord(found.group()):04X}",
        )


def _read_csv(text: str, notes: tuple[str, ...]) -> Table:
    text = text.rstrip("\x1a")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    hint = re.match(r"sep=(.)\r?\n", text)
    skipped = 1 if hint else 0
    if hint:
        text = text[hint.end() :]
    delimiter = hint.group(1) if hint and hint.group(1) in ",;\t" else _delimiter(text)
    odd = _CONTROL.search(text)
    if odd:
        begin = text.rfind("\n", 0, odd.start()) + 1
        place = len(text[begin : odd.start()].split(delimiter))
        headings = text[: text.find("\n")].split(delimiter)
        named = headings[place - 1].strip(' "\r') if begin and place <= len(headings) else str(place)
        raise TableNotUnderstood(
            _("Line %(line)s, column %(column)s: there is a sign here that text cannot hold (%(sign)s)."),
            line=text.count("\n", 0, odd.start()) + 1 + skipped,
            column=named[:60],
            sign=f"U+{ord(odd.group()):04X}",
        )
    return _table(_csv_rows(_LONE_RETURN.sub(_RETURN, text), delimiter, skipped), notes)


def _delimiter(text: str) -> str:
    """The sign that cuts the first line into most cells."""
    first = text[: text.find("\n")] if "\n" in text else text
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=lambda sign: (bare.count(sign), sign == ","))


def _csv_rows(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as odd:
            raise _csv_problem(str(odd), line) from None
        if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
            raise TableNotUnderstood(
                _("Line %(line)s: more than %(limit)s columns."), line=line, limit=MOST_COLUMNS
            )
        yield line, tuple(cells)


def _csv_problem(said: str, line: int) -> TableNotUnderstood:
    if "field larger" in said:
        return TableNotUnderstood(
            _(
                "Line %(line)s: a cell is longer than %(limit)s signs, or a quote was opened and never closed."
            ),
            line=line,
            limit=LONGEST_CELL,
        )
    if "end of data" in said:
        return TableNotUnderstood(_("Line %(line)s: a quote was opened and never closed."), line=line)
    return TableNotUnderstood(
        _("Line %(line)s: something stands behind a closing quote. Write a quote inside a text twice."),
        line=line,
    )


def _table(
    rows: Iterator[tuple[int, tuple[str, ...]]], notes: tuple[str, ...], *, pad: bool = False
) -> Table:
    """Headings checked, rows to come; a workbook leaves out empty cells at the end of a row, so those are padded."""
    for line, cells in rows:
        headings = tuple(_clean(cell, line, str(n + 1)).strip() for n, cell in enumerate(cells))
        while headings and not headings[-1]:
            headings = headings[:-1]
        if headings:
            break
    else:
        raise TableNotUnderstood(_("The file is empty."))
    seen: set[str] = set()
    for heading in headings:
        if heading and heading.casefold() in seen:
            raise TableNotUnderstood(
                _("Line %(line)s: the heading “%(column)s” stands there twice."),
                line=line,
                column=heading[:60],
            )
        seen.add(heading.casefold())
    return Table(headings, _rows(rows, headings, pad=pad), notes)


def _rows(
    rows: Iterator[tuple[int, tuple[str, ...]]], headings: tuple[str, ...], *, pad: bool
) -> Iterator[Row]:
    width = len(headings)
    count = 0
    for line, raw in rows:
        if not any(raw):
            continue
        count += 1
        if count > MOST_ROWS:
            raise TableNotUnderstood(
                _("Line %(line)s: more than %(limit)s rows. Cut the file into parts."),
                line=line,
                limit=MOST_ROWS,
            )
        whole = "\t".join(raw)
        cells = raw
        if len(whole) > LONGEST_CELL or "'" in whole or _CONTROL.search(whole):
            cells = tuple(
                _clean(cell, line, headings[n] if n < width else str(n + 1)) if cell else ""
                for n, cell in enumerate(raw)
            )
        if pad and len(cells) < width:
            cells = (*cells, *[""] * (width - len(cells)))
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            yield Row(
                line,
                cells,
                _("this row has %(found)s cells, the headings are %(wanted)s"),
                {"found": len(cells), "wanted": width},
            )
        else:
            yield Row(line, cells)


def _clean(cell: str, line: int, column: str) -> str:
    if len(cell) > LONGEST_CELL:
        raise TableNotUnderstood(
            _("Line %(line)s, column %(column)s: the cell is longer than %(limit)s signs."),
            line=line,
            column=column[:60],
            limit=LONGEST_CELL,
        )
    cell = cell.replace(_RETURN, "\r")
    odd = _CONTROL.search(cell)
    if odd:
        raise TableNotUnderstood(
            _("Line %(line)s, column %(column)s: there is a sign here that text cannot hold (%(sign)s)."),
            line=line,
            column=column[:60],
            sign=f"U+{ord(odd.group()):04X}",
        )
    if cell[:1] == "'" and cell[1:].lstrip()[:1] in _ACTIVE and len(cell) > 1:
        return cell[1:]
    return cell


Value = str | int | float | Decimal | Fraction | bool | date | datetime | None


def inert(value: Value) -> str:
    """The cell as text of a CSV file that no spreadsheet runs; numbers such as -5 stay numbers."""
    text = _plain(value)
    if not isinstance(value, str) or not text or _NUMBER.fullmatch(text):
        return text
    return "'" + text if text[0] in "\t\r\n" or text.lstrip()[:1] in _ACTIVE else text


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _CONTROL.sub("", str(value))


def write_csv(
    headings: Sequence[str], rows: Iterable[Sequence[Value]], delimiter: str = ","
) -> Iterator[bytes]:
    """The table as CSV in parts: UTF-8 with its mark (Excel asks for it), lines end as RFC 4180 has it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow([inert(heading) for heading in headings])
    first = True
    for row in rows:
        writer.writerow([inert(value) for value in row])
        if buffer.tell() > 65536:
            yield (b"\xef\xbb\xbf" if first else b"") + buffer.getvalue().encode()
            first = False
            buffer.seek(0)
            buffer.truncate()
    yield (b"\xef\xbb\xbf" if first else b"") + buffer.getvalue().encode()


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Value]], title: str = "Table") -> bytes:
    """The table as a workbook: text is text whatever it begins with, numbers are numbers, days are days."""
    return xlsx_writing.write(headings, ([_typed(value) for value in row] for row in rows), title)


def _typed(value: Value) -> str | int | float | date | None:
    if isinstance(value, bool | datetime | Fraction):
        return _plain(value)  # a workbook knows no time zones, so moments stay ISO text
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    return float(value) if isinstance(value, Decimal) else value
