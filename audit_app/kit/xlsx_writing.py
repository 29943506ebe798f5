"""Workbooks (.xlsx) on their way out: plain sheets whose text stays text whatever it begins with."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

Cell = str | int | float | date | None

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True)
class Page:
    """One sheet: its name, headings, rows, and how wide each column is (18 where nothing is said)."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


def _part(name: str) -> zipfile.ZipInfo:
    """A file of the archive without a time of its own: the same content gives the same bytes, whenever it is written."""
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def write(headings: Sequence[str], rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """A workbook with one sheet: headings bold and held in view, text as text, numbers as numbers, days as days."""
    return write_pages([Page(title, headings, rows)])


def write_pages(pages: Sequence[Page]) -> bytes:
    """The same with several sheets."""
    numbers = range(1, len(pages) + 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            _part("[Content_Types].xml"),
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
                for n in numbers
            )
            + "</Types>",
        )
        archive.writestr(_part("_rels/.rels"), _relations(("officeDocument", "xl/workbook.xml")))
        archive.writestr(
            _part("xl/_rels/workbook.xml.rels"),
            _relations(
                *[("worksheet", f"worksheets/sheet{n}.xml") for n in numbers], ("styles", "styles.xml")
            ),
        )
        archive.writestr(
            _part("xl/workbook.xml"),
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
            + "".join(
                f'<sheet name="{_quoted(_name(page.title))}" sheetId="{n}" r:id="r{n}"/>'
                for n, page in zip(numbers, pages, strict=True)
            )
            + "</sheets></workbook>",
        )
        archive.writestr(_part("xl/styles.xml"), _STYLES)
        for n, page in zip(numbers, pages, strict=True):
            with archive.open(_part(f"xl/worksheets/sheet{n}.xml"), "w") as sheet:
                sheet.write(
                    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
                    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
                    f"<cols>{_columns(page)}</cols><sheetData>".encode()
                )
                sheet.write(_row(page.headings, style=1))
                for row in page.rows:
                    sheet.write(_row(row))
                sheet.write(b"</sheetData></worksheet>")
    return buffer.getvalue()


def _name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "Table"


def _columns(page: Page) -> str:
    widths = page.widths or [18] * max(len(page.headings), 1)
    return "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
    )


_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _relations(*links: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(links, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _row(values: Sequence[Cell], style: int = 0) -> bytes:
    return ("<row>" + "".join(_cell(value, style) for value in values) + "</row>").encode()


def _cell(value: Cell, style: int) -> str:
    if value is None or value == "":
        return "<c/>"
    look = f' s="{style}"' if style else ""
    if isinstance(value, date):
        return f'<c s="2"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f"<c{look}><v>{value!r}</v></c>"
    return f'<c{look} t="inlineStr"><is><t xml:space="preserve">{_written(value)}</t></is></c>'


def _written(text: str) -> str:
    """Text for XML; what XML cannot hold, or what looks like an escape, is escaped the workbook's way."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text[:32767])
    return re.sub("[\r\ufffe\uffff]", lambda found: f"_x{ord(found.group()):04X}_", escape(text))
