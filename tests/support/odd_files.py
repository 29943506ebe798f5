"""Hostile and odd tables, made on the spot: name → (content, whether a right reader takes it)."""

import io
import zipfile

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
BOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{REL}">'
    '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def workbook(inner: str, *, doctype: str = "", before: str = "", blanks: int = 0, **parts: str) -> bytes:
    """A workbook with this inside of its sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", LINKS)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(
                f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{MAIN}">{before}<sheetData>{inner}'.encode()
            )
            for _ in range(blanks):
                sheet.write(b" " * 2**20)
            sheet.write(b"</sheetData></worksheet>")
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return buffer.getvalue()


def cell(text: str) -> str:
    """A first row with this text in A1."""
    return f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
FAR = '<dimension ref="A1:XFD1048576"/>'

TABLES: dict[str, tuple[bytes, bool]] = {
    "formulas.csv": (
        'store,comment\n1,=HYPERLINK("http://x.test";"a")\n2,@SUM(1+1)\n3,+1+1\n4,-2+3\n5,\t=1+1\n6,\r=1\n7,＝1+1\n'.encode(),
        True,
    ),
    "utf16.csv": ("store,date,comment\n".encode("utf-16"), True),
    "bom.csv": (b"\xef\xbb\xbfstore;date;comment\n", True),
    "cp1251.csv": ("магазин;комментарий\n1;Щось не так — ґ є ї\n".encode("cp1251"), True),
    "koi8.csv": ("магазин;комментарий\n1;Что-то не так, позовите старшего\n".encode("koi8-r"), False),
    "latin1.csv": ("store;city\n1;Café Düsseldorf\n".encode("latin-1"), False),
    "unclosed.csv": (b'a,b\n1,"never closed\n' + b"x\n" * 1000, False),
    "unclosed_long.csv": (b'a,b\n1,"never closed\n' + b"x\n" * 200_000, False),
    "behind_quote.csv": (b'a,b\n1,"x"y\n', False),
    "nul.csv": (b"a,b\n1,\0\0\n", False),
    "ragged.csv": (b"a,b,c\n1\n1,2,3,4,5\n", False),
    "dup_header.csv": (b"a,a\n1,2\n", False),
    "wide.csv": (",".join(f"c{n}" for n in range(50_000)).encode() + b"\n", False),
    "long_cell.csv": (b"a\n" + b"x" * 5_000_000 + b"\n", False),
    "rows_300k.csv": (b"a,b\n" + b"1,2\n" * 300_000, False),
    "empty.csv": (b"", False),
    "blank.csv": (b"\n \n\n", False),
    "ok.xlsx": (workbook(cell("store")), True),
    "bomb.xlsx": (workbook(cell("store"), blanks=130), False),
    "xxe.xlsx": (
        workbook(cell("&e;"), doctype='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        False,
    ),
    "laughs.xlsx": (workbook(cell("&a9;"), doctype=LAUGHS), False),
    "dimension.xlsx": (
        workbook(cell("x") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', before=FAR),
        False,
    ),
    "surrogate.xlsx": (workbook(cell("_xD800_")), False),
    "nul.xlsx": (workbook(cell("a_x0000_b")), False),
    "deep.xlsx": (workbook("<a>" * 5000 + "</a>" * 5000), False),
    "no_sheet.xlsx": (workbook("").replace(b"worksheets/sheet1.xml", b"worksheets/sheet9.xml"), False),
    "not_a_zip.xlsx": (b"PK\x03\x04" + b"\0" * 100, False),
    "html.xls": (b"<table><tr><td>1</td></tr></table>", False),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, False),
}

YAMLS: dict[str, bytes] = {
    "object.yaml": b"!!python/object/apply:os.system ['echo owned']\n",
    "laughs.yaml": b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\n",
    "deep.yaml": b"[" * 20000 + b"]" * 20000,
    "dup.yaml": b"score: 1\nscore: 100\n",
    "norway.yaml": b"lang: no\ncode: 010\ntime: 12:30\nv: 1e3\n",
    "nul.yaml": b"code: a\0b\n",
    "latin.yaml": "title: Café".encode("latin-1"),
    "empty.yaml": b"",
}

JSONS: dict[str, bytes] = {
    "deep.json": b"[" * 100_000 + b"]" * 100_000,
    "nan.json": b'{"score": NaN, "lat": 1e999}',
    "dup.json": b'{"role":"shopper","role":"admin"}',
    "surrogate.json": b'{"comment":"\\ud800"}',
    "bigint.json": b'{"store": 99999999999999999999, "score": -1}',
    "nul.json": b'{"comment":"a\\u0000b"}',
}
