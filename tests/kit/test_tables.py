"""Tables: every odd file gets its verdict, nothing is padded or guessed, and what we write is inert."""

import contextlib
import io
import random
import time
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
import time_machine

from audit_app.kit import xlsx_writing
from audit_app.kit.errors import AuditError, TooLarge
from audit_app.kit.tables import TableNotUnderstood, inert, read_table, write_csv, write_xlsx
from tests.support.odd_files import TABLES, cell, workbook


def rows_of(content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_table(content).rows]


@pytest.mark.parametrize("name", TABLES)
def test_every_odd_file_gets_its_verdict_in_time(name):
    content, fine = TABLES[name]
    began = time.perf_counter()
    tracemalloc.start()
    try:
        taken, said = not any(row.fault for row in read_table(content).rows), ""
    except AuditError as refused:
        taken, said = False, str(refused)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert taken is fine
    assert said == "" or (said[0].isupper() and said.endswith("."))
    assert peak < 200 * 2**20
    assert (
        time.perf_counter() - began < 20
    )  # with the tracer on a busy machine; alone each takes under two seconds


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLES["nul.csv"][0], "Line 2, column b: there is a sign here that text cannot hold (U+0000)."),
        (TABLES["dup_header.csv"][0], "Line 1: the heading “a” stands there twice."),
        (TABLES["unclosed.csv"][0], "Line 2: a quote was opened and never closed."),
        (TABLES["wide.csv"][0], "Line 1: more than 200 columns."),
        (TABLES["rows_300k.csv"][0], "Line 200002: more than 200000 rows. Cut the file into parts."),
        (TABLES["koi8.csv"][0], "Line 1: the file is not UTF-8 text. Save it as “CSV UTF-8” or as .xlsx."),
        (b"a,b\n1,2\n3," + b"y" * 100_001 + b"\n", "Line 3, column b: the cell is longer than 100000 signs."),
        (
            TABLES["surrogate.xlsx"][0],
            "Line 1, column 1: there is a sign here that text cannot hold (U+D800).",
        ),
        (TABLES["dimension.xlsx"][0], "Line 1048576: more than 200 columns."),
    ],
)
def test_a_refusal_names_the_place(content, said):
    with pytest.raises(TableNotUnderstood) as refused:
        list(read_table(content).rows)

    assert str(refused.value) == said


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(TooLarge):
        read_table(b"a" * (25 * 2**20 + 1))


def test_a_ragged_row_carries_its_line():
    first, second = list(read_table(b"a,b,c\n1\n\n1,2,3,4,5\n").rows)

    assert (first.line, first.values) == (2, {"found": 1, "wanted": 3})
    assert (second.line, second.values) == (4, {"found": 5, "wanted": 3})


@pytest.mark.parametrize(
    ("content", "headings", "rows"),
    [
        (b"a;b\n1;2\n", ("a", "b"), [("1", "2")]),
        (b"a\tb\n1\t2,5\n", ("a", "b"), [("1", "2,5")]),
        (b"sep=;\r\na;b\r\n1;2\r\n", ("a", "b"), [("1", "2")]),
        (b"a,b\r1,2\r3,4", ("a", "b"), [("1", "2"), ("3", "4")]),
        (b'a,b\n"x ""y"" z","two\r\nlines"\n', ("a", "b"), [('x "y" z', "two\r\nlines")]),
        (b"a,b,,\n1,2,,\n3,4,,,\n", ("a", "b"), [("1", "2"), ("3", "4")]),
        ("\ufeffімʼя;місто\nЇжак;Київ\n".encode(), ("імʼя", "місто"), [("Їжак", "Київ")]),
        ("a,b\n1,ґ\n".encode("utf-16-be").join([b"\xfe\xff", b""]), ("a", "b"), [("1", "ґ")]),
        (b"a\n1\n\n2\n\x1a", ("a",), [("1",), ("2",)]),
    ],
)
def test_the_dialects_of_spreadsheets(content, headings, rows):
    table = read_table(content)

    assert table.headings == headings
    assert [row.cells for row in table.rows] == rows


def test_a_quoted_cell_over_lines_keeps_the_line_numbers():
    assert [row.line for row in read_table(b'a,b\n1,"x\ny\nz"\n2,w\n').rows] == [2, 5]


def test_windows_1251_is_said():
    table = read_table(TABLES["cp1251.csv"][0])

    assert [row.cells for row in table.rows] == [("1", "Щось не так — ґ є ї")]
    assert table.notes == ("The file was read as Windows-1251. Check the letters in the preview.",)


def test_a_workbook_becomes_the_text_people_see():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["text", "whole", "part", "day", "moment", "yes", "formula", "big"])
    sheet.append(
        ["  Їжак  ", 5.0, 0.1, date(2026, 3, 14), datetime(2026, 3, 14, 15, 20), True, "=1+1", 12345678901234]  # noqa: DTZ001
    )
    sheet.append([None, None, None, None, None, None, None, None])
    sheet["A9"] = "after a hole"
    hidden = book.create_sheet("later")
    hidden.append(["not me"])
    buffer = io.BytesIO()
    book.save(buffer)
    table = read_table(buffer.getvalue())

    assert table.headings == ("text", "whole", "part", "day", "moment", "yes", "formula", "big")
    first, last = list(table.rows)
    assert first.cells == (
        "  Їжак  ",
        "5",
        "0.1",
        "2026-03-14",
        "2026-03-14T15:20:00",
        "yes",
        "",
        "12345678901234",
    )
    assert (last.line, last.fault) == (9, "")
    assert last.cells == ("after a hole", *[""] * 7)


def test_shared_texts_and_empty_cells_of_a_workbook():
    shared = (
        "<sst><si><t>store</t></si><si><r><t>Old </t></r><r><t>Town</t></r><rPh><t>x</t></rPh></si></sst>"
    )
    inner = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="2"><c r="B2" t="s"><v>1</v></c></row><row><c><v>7</v></c><c t="b"><v>0</v></c></row>'
    )

    assert rows_of(workbook(inner, xl__sharedStrings=shared)) == [("", "Old Town"), ("7", "no")]


def test_a_workbook_that_points_at_nothing_is_damaged():
    with pytest.raises(TableNotUnderstood, match="damaged"):
        read_table(workbook('<row><c t="s"><v>4</v></c></row>'))


def test_noise_in_a_workbook_is_a_sentence():
    good = workbook(cell("store"))
    chance = random.Random(7)
    for _ in range(200):
        noisy = bytearray(good)
        for _ in range(chance.randrange(1, 12)):
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
        with contextlib.suppress(AuditError):
            list(read_table(bytes(noisy)).rows)


ACTIVE = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1+1",
    '=HYPERLINK("http://x";"a")',
    "-a",
]


@pytest.mark.parametrize("text", ACTIVE)
def test_text_that_could_act_is_inert_and_comes_back(text):
    content = b"".join(write_csv(["comment", "other"], [[text, "x"]]))

    assert content.startswith(b"\xef\xbb\xbfcomment,other\r\n")
    assert inert(text) == "'" + text
    assert rows_of(content) == [(text, "x")]

    book = write_xlsx(["comment", "other"], [[text, "x"]])
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert sheet["A2"].data_type == "s"
    assert rows_of(book) == [(text, "x")]


@pytest.mark.parametrize("value", [-5, "-5", -5.25, "-5.25", Decimal("-0.5"), "+380", 0])
def test_numbers_stay_numbers(value):
    written = inert(value)

    assert written == ("'+380" if value == "+380" else str(value))


def test_a_written_workbook_has_types():
    moment = datetime(2026, 3, 14, 15, 20, tzinfo=UTC)
    book = write_xlsx(
        ["n", "text", "day", "at", "yes", "odd"],
        [[-5, "-5", date(2026, 3, 14), moment, True, "a\x00\x0bb_x0041_\r\nc <&> ї"]],
        title="Visits: all/any",
    )
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    values = [one.value for one in sheet[2]]

    assert values[:2] == [-5, "-5"]
    assert sheet["C2"].is_date
    assert values[2].date() == date(2026, 3, 14)
    assert values[3:5] == ["2026-03-14T15:20:00+00:00", "yes"]
    assert rows_of(book) == [
        ("-5", "-5", "2026-03-14", "2026-03-14T15:20:00+00:00", "yes", "ab_x0041_\r\nc <&> ї")
    ]
    assert sheet.freeze_panes == "A2"


def test_many_rows_are_written_in_parts():
    parts = list(write_csv(["a", "b"], ([n, "x" * 50] for n in range(20_000))))

    assert len(parts) > 5
    assert len(rows_of(b"".join(parts))) == 20_000
    assert b"".join(parts).count(b"\xef\xbb\xbf") == 1


def test_the_same_content_gives_the_same_workbook_whenever_it_is_written():
    written = []
    for moment in ("2026-01-01", "2027-06-30 12:00"):
        with time_machine.travel(moment):
            written.append(xlsx_writing.write(["code"], [["a"], [1]], "Places"))

    assert written[0] == written[1]
