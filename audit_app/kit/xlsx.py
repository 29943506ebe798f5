"""Workbooks (.xlsx), the little of them that tables need: sheets read as text. `xlsx_writing` is the way out.

Read by a streaming parser of our own, because a workbook is a ZIP of XML and each layer can be a bomb: the unpacked size
is summed before anything is unpacked, a DTD or entity ends the reading, cells that only claim to be far away cost nothing.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from xml.parsers import expat
from zlib import error as ZlibError  # noqa: N812 - an exception, named like one

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

MOST_UNPACKED: Final = 120 * 2**20
MOST_PARTS: Final = 2000
MOST_SHARED: Final = 60 * 2**20
"""Characters of all shared texts together: 60 million letters are 120 MB of memory at worst."""
DEEPEST: Final = 40

Attributes = dict[str, str]


class WorkbookNotUnderstood(BadInput):
    """This workbook cannot be read."""

    code = "bad_table"


def _damaged() -> WorkbookNotUnderstood:
    return WorkbookNotUnderstood(_("The workbook is damaged. Open it, save it anew as .xlsx and send that."))


def _forbidden(*_args: Any) -> None:
    raise WorkbookNotUnderstood(
        _("The workbook holds a document type or entities; no spreadsheet writes them.")
    )


def _parse(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
    drain: Callable[[], Iterable[Any]] = tuple,
) -> Iterator[Any]:
    """Walk one part in pieces of 64 kB, giving what `drain` has after each; names come without their prefix."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def on_start(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _damaged()
        start(tag.rpartition(":")[2], attributes)

    def on_end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        end(tag.rpartition(":")[2])

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _forbidden
    parser.EntityDeclHandler = _forbidden
    try:
        with archive.open(name) as part:
            while piece := part.read(65536):
                parser.Parse(piece, False)
                yield from drain()
            parser.Parse(b"", True)
            yield from drain()
    except (
        KeyError,
        expat.ExpatError,
        zipfile.BadZipFile,
        ZlibError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ):
        raise _damaged() from None


def _nothing(*_args: Any) -> None:
    return None


def _walk(archive: zipfile.ZipFile, name: str, start: Callable[[str, Attributes], None]) -> None:
    for _part in _parse(archive, name, start, _nothing, _nothing):
        pass


def first_sheet(source: bytes, *, most_columns: int) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that is not hidden, as (row number, cells as text)."""
    with Workbook(source) as book:
        name = next(iter(book.visible), None)
        if name is None:
            raise WorkbookNotUnderstood(_("The workbook has no sheet."))
        yield from book.rows(name, most_columns=most_columns)


class Workbook:
    """A workbook that is open for reading: its sheets by name, hidden ones too; rows come as they are asked for."""

    def __init__(self, source: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(source))
            parts = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise _damaged() from None
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise WorkbookNotUnderstood(
                _("The workbook unpacks to more than %(limit)s MB. Cut it into parts, or save it as CSV."),
                limit=MOST_UNPACKED // 2**20,
            )
        self._parts = {part.filename for part in parts}
        book = _Book()
        _walk(self._archive, "xl/workbook.xml", book.take)
        links: dict[str, str] = {}

        def link(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship":
                links[attributes.get("Id", "")] = attributes.get("Target", "")

        _walk(self._archive, "xl/_rels/workbook.xml.rels", link)
        self._epoch = book.epoch
        self._targets: dict[str, str] = {}
        self.visible: list[str] = []
        for name, linked, visible in book.sheets:
            if linked in links and name not in self._targets:
                self._targets[name] = links[linked]
                if visible:
                    self.visible.append(name)

    def __enter__(self) -> "Workbook":
        return self

    def __exit__(self, *_odd: object) -> None:
        self._archive.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all sheets, in order; of two with the same name the first."""
        return tuple(self._targets)

    @cached_property
    def _shared(self) -> list[str]:
        return _shared(self._archive) if "xl/sharedStrings.xml" in self._parts else []

    @cached_property
    def _formats(self) -> list[str]:
        return _formats(self._archive) if "xl/styles.xml" in self._parts else []

    def rows(self, name: str, *, most_columns: int) -> Iterator[tuple[int, list[str]]]:
        """The rows of one sheet, as (row number, cells as text)."""
        target = self._targets[name]
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        sheet = _Sheet(self._shared, self._formats, self._epoch, most_columns)
        yield from _parse(self._archive, path, sheet.start, sheet.end, sheet.text, sheet.drain)


class _Book:
    """Which sheets there are (name, link, visible), and where the count of days begins."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook knows no zones

    def take(self, tag: str, attributes: Attributes) -> None:
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        if tag == "sheet":
            linked = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes.get("name", ""), linked, visible))


def _shared(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells point at; phonetic hints are left out."""
    found: list[str] = []
    parts: list[str] = []
    state = {"in": False, "hint": 0, "size": 0}

    def start(tag: str, _attributes: Attributes) -> None:
        if tag == "si":
            parts.clear()
        elif tag == "rPh":
            state["hint"] += 1
        state["in"] = tag == "t" and not state["hint"]

    def end(tag: str) -> None:
        state["in"] = False
        if tag == "rPh":
            state["hint"] -= 1
        elif tag == "si":
            found.append(_unescape("".join(parts)))

    def text(piece: str) -> None:
        if state["in"]:
            state["size"] += len(piece)
            if state["size"] > MOST_SHARED:
                raise WorkbookNotUnderstood(_("The workbook holds too much text. Cut it into parts."))
            parts.append(piece)

    for _part in _parse(archive, "xl/sharedStrings.xml", start, end, text):
        pass
    return found


def _unescape(text: str) -> str:
    """Workbooks write signs that XML cannot hold as _x000D_."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), text)


_BUILT_IN_DAYS: Final = frozenset([14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)])
_BUILT_IN_TIMES: Final = frozenset([18, 19, 20, 21, 45, 46, 47])


def _kind_of_format(code: str) -> str:
    """`day`, `time` or nothing, by the letters of a number format outside of quotes and brackets."""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code.split(";")[0]).lower()
    if "general" in bare or not re.search("[ymdhs]", bare):
        return ""
    return (
        "day" if re.search("[yd]", bare) or ("m" in bare and "h" not in bare and "s" not in bare) else "time"
    )


def _formats(archive: zipfile.ZipFile) -> list[str]:
    """For each cell style whether its numbers are days or times."""
    custom: dict[int, str] = {}
    styles: list[int] = []
    inside = {"xfs": False}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "numFmt" and attributes.get("numFmtId", "").isdecimal():
            custom[int(attributes["numFmtId"])] = _kind_of_format(attributes.get("formatCode", "")[:300])
        elif tag == "cellXfs":
            inside["xfs"] = True
        elif tag == "xf" and inside["xfs"]:
            number = attributes.get("numFmtId", "0")
            styles.append(int(number) if number.isdecimal() and len(number) < 9 else 0)

    def end(tag: str) -> None:
        if tag == "cellXfs":
            inside["xfs"] = False

    for _part in _parse(archive, "xl/styles.xml", start, end, _nothing):
        pass
    return [
        custom.get(number, "day" if number in _BUILT_IN_DAYS else "time" if number in _BUILT_IN_TIMES else "")
        for number in styles
    ]


@dataclass
class _Sheet:
    """Turns the events of one sheet into rows."""

    shared: list[str]
    formats: list[str]
    epoch: datetime
    most_columns: int
    done: list[tuple[int, list[str]]] = field(default_factory=list)
    line: int = 0
    column: int = 0
    cells: list[str] = field(default_factory=list)
    kind: str = ""
    style: str = ""
    parts: list[str] = field(default_factory=list)
    listening: bool = False
    value: str = ""
    hint: int = 0

    def drain(self) -> list[tuple[int, list[str]]]:
        done, self.done = self.done, []
        return done

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self.column = self._column(attributes.get("r", ""))
            self.kind = attributes.get("t", "n")
            style = attributes.get("s", "0")
            place = int(style) if style.isdecimal() and len(style) < 9 else 0
            self.style = self.formats[place] if place < len(self.formats) else ""
            self.value = ""
            self.parts = []
        elif tag == "row":
            number = attributes.get("r", "")
            self.line = int(number) if number.isdecimal() and len(number) < 9 else self.line + 1
            self.cells = []
            self.column = 0
        elif tag == "rPh":
            self.hint += 1
        self.listening = tag == "v" or (tag == "t" and not self.hint)

    def text(self, piece: str) -> None:
        if self.listening:
            self.parts.append(piece)

    def end(self, tag: str) -> None:
        self.listening = False
        if tag == "c":
            value = self._value("".join(self.parts))
            if value:
                while len(self.cells) < self.column - 1:
                    self.cells.append("")
                self.cells[self.column - 1 :] = [value]
        elif tag == "row":
            if self.cells:
                self.done.append((self.line, self.cells))
        elif tag == "rPh":
            self.hint -= 1

    def _column(self, reference: str) -> int:
        """A1 → 1; a cell without a reference stands right of the one before."""
        letters = reference.rstrip("0123456789")
        if not letters:
            number = self.column + 1
        elif len(letters) > 3 or not letters.isascii() or not letters.isalpha():
            raise _damaged()
        else:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
        if number > self.most_columns:
            raise WorkbookNotUnderstood(
                _("Line %(line)s: more than %(limit)s columns."), line=self.line, limit=self.most_columns
            )
        return number

    def _value(self, raw: str) -> str:
        if self.kind == "s":
            place = int(raw) if raw.isdecimal() and len(raw) < 9 else -1
            if not 0 <= place < len(self.shared):
                raise _damaged()
            return self.shared[place]
        if self.kind in ("inlineStr", "str"):
            return _unescape(raw)
        if self.kind == "b":
            return "yes" if raw.strip() == "1" else "no"
        return _number(raw.strip(), self.style, self.epoch) if self.kind == "n" else raw


def _number(raw: str, style: str, epoch: datetime) -> str:
    """A number as people write it: days ISO, whole numbers without .0, never an exponent where it can be helped."""
    try:
        number = float(raw)
    except ValueError:
        return raw
    if style and 0 <= number < 2_958_466:
        return _moment(number, style, epoch)
    if number != number or abs(number) >= 1e30 or 0 < abs(number) < 1e-15:
        return raw
    if re.fullmatch(r"-?[0-9]{1,30}", raw):
        return raw
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(number: float, style: str, epoch: datetime) -> str:
    moment = epoch + timedelta(seconds=round(number * 86400))
    if style == "time" and number < 1:
        clock: time = moment.time()
        return clock.isoformat(timespec="seconds" if clock.second else "minutes")
    if moment.time() == time(0) and style == "day":
        return moment.date().isoformat()
    return moment.isoformat()
