"""Workbooks (.xlsx), the little of them that a table needs: one sheet read as text, one sheet written.

Read by a streaming parser of our own, because a workbook is a ZIP of XML and each layer can be a bomb: the unpacked size
is summed before anything is unpacked, a DTD or entity ends the reading, cells that only claim to be far away cost nothing.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape
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
    try:
        archive = zipfile.ZipFile(io.BytesIO(source))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _damaged() from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise WorkbookNotUnderstood(
            _("The workbook unpacks to more than %(limit)s MB. Cut it into parts, or save it as CSV."),
            limit=MOST_UNPACKED // 2**20,
        )
    with archive:
        names = {part.filename for part in parts}
        book = _Book()
        _walk(archive, "xl/workbook.xml", book.take)
        links: dict[str, str] = {}

        def link(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship":
                links[attributes.get("Id", "")] = attributes.get("Target", "")

        _walk(archive, "xl/_rels/workbook.xml.rels", link)
        target = next((links[one] for one in book.sheets if one in links), None)
        if target is None:
            raise WorkbookNotUnderstood(_("The workbook has no sheet."))
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        shared = _shared(archive) if "xl/sharedStrings.xml" in names else []
        formats = _formats(archive) if "xl/styles.xml" in names else []
        sheet = _Sheet(shared, formats, book.epoch, most_columns)
        yield from _parse(archive, path, sheet.start, sheet.end, sheet.text, sheet.drain)


class _Book:
    """Which sheets there are, and where the count of days begins."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.epoch = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook knows no zones

    def take(self, tag: str, attributes: Attributes) -> None:
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        if tag == "sheet" and attributes.get("state", "visible") == "visible":
            self.sheets.extend(value for key, value in attributes.items() if key.rpartition(":")[2] == "id")


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


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def write(
    headings: Sequence[str], rows: Iterable[Sequence[str | int | float | date | None]], title: str
) -> bytes:
    """A workbook with one sheet: headings bold and held in view, text as text, numbers as numbers, days as days."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        )
        archive.writestr("_rels/.rels", _relations(("officeDocument", "xl/workbook.xml")))
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        )
        name = re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "Table"
        archive.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
            f'<sheet name="{_quoted(name)}" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
            '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
            '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
            '<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        )
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(
                f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
                '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
                f'<cols><col min="1" max="{max(len(headings), 1)}" width="18" customWidth="1"/></cols><sheetData>'.encode()
            )
            sheet.write(_row(headings, style=1))
            for row in rows:
                sheet.write(_row(row))
            sheet.write(b"</sheetData></worksheet>")
    return buffer.getvalue()


def _relations(*links: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(links, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _row(values: Sequence[str | int | float | date | None], style: int = 0) -> bytes:
    return ("<row>" + "".join(_cell(value, style) for value in values) + "</row>").encode()


def _cell(value: str | int | float | date | None, style: int) -> str:
    if value is None or value == "":
        return "<c/>"
    look = f' s="{style}"' if style else ""
    if isinstance(value, date):
        return f'<c s="2"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f"<c{look}><v>{value!r}</v></c>"
    return f'<c{look} t="inlineStr"><is><t xml:space="preserve">{_written(value)}</t></is></c>'


def _written(text: str) -> str:
    """Text for XML; a lone carriage return or something that looks like an escape is escaped the workbook's way."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text[:32767])
    return escape(text).replace("\r", "_x000D_")
