"""Numbers in three styles, and columns with any heading."""

from decimal import Decimal

import pytest

from audit_app.outcomes.rules.columns import meanings_of
from audit_app.outcomes.rules.measures import is_name, name_of
from audit_app.outcomes.rules.numbers import Style, evidence_in, looks_like_number, number_in


def evidence(*cells: str, whole: bool = False):
    return evidence_in((n, "revenue", cell, whole) for n, cell in enumerate(cells, 2))


@pytest.mark.parametrize(
    ("cell", "style", "wanted"),
    [
        ("1,234.56", Style.POINT, "1234.56"),
        ("1.234,56", Style.COMMA, "1234.56"),
        ("1 234,56", Style.COMMA, "1234.56"),
        ("1\u202f234,56", Style.COMMA, "1234.56"),
        ("1'234.50", Style.POINT, "1234.50"),
        ("12,345,678", Style.POINT, "12345678"),
        ("-5", Style.COMMA, "-5"),
        ("\u22125,5", Style.COMMA, "-5.5"),
        ("0.5", Style.POINT, "0.5"),
        ("1234", Style.COMMA, "1234"),
    ],
)
def test_a_number_is_read_exactly(cell: str, style: Style, wanted: str) -> None:
    assert number_in(cell, style) == Decimal(wanted)
    assert looks_like_number(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "abc",
        "1,23,4",
        "12 34",
        "1.2.3",
        "5 pcs",
        "1e5",
        "--5",
        ".",
        ",",
        "0,123,456",
        "NaN",
        "∞",
        "½",
        "٣",
    ],
)
def test_what_is_no_number_is_none(cell: str) -> None:
    assert number_in(cell, Style.POINT) is None


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (("12", "7"), Style.POINT),
        (("1,234", "1,234.50"), Style.POINT),
        (("1.234", "5,5"), Style.COMMA),
        (("1 234,567",), Style.COMMA),
        (("0.123",), Style.POINT),
        (("1,234,567",), Style.POINT),
        (("12345.678",), Style.POINT),
    ],
)
def test_one_clear_number_settles_the_file(cells: tuple[str, ...], style: Style) -> None:
    assert evidence(*cells).style is style


def test_a_file_that_may_be_read_both_ways_is_asked_about() -> None:
    found = evidence("1,234", "5,678")
    assert found.style is None
    assert not found.is_mixed
    assert found.unclear
    assert (found.unclear.line, found.unclear.cell) == (2, "1,234")
    # Visitors come whole, so there the same cell is a thousand.
    assert evidence("1,234", whole=True).style is Style.POINT
    assert evidence("1.234", whole=True).style is Style.COMMA


def test_a_file_of_two_minds_says_both_lines() -> None:
    found = evidence("1,5", "3", "2.5")
    assert found.is_mixed
    assert found.style is None
    assert (found.comma and found.comma.line, found.point and found.point.line) == (2, 4)


def test_headings_in_three_languages_and_further_numbers() -> None:
    headings = ["Магазин", "Дата", "Відвідувачі", "Чеки", "Выручка", "Staff hours", "Weather"]
    numeric = [False, False, True, True, True, True, False]

    assert meanings_of(headings, numeric, {}) == [
        "location", "date", "visitors", "transactions", "revenue", "staff_hours", "",
    ]  # fmt: skip


def test_what_a_person_chose_wins_over_the_heading_and_nothing_is_given_twice() -> None:
    headings = ["location", "date", "Sales", "Revenue"]
    numeric = [False, False, True, True]

    assert meanings_of(headings, numeric, {}) == ["location", "date", "sales", "revenue"]
    assert meanings_of(headings, numeric, {"sales": "transactions"})[2] == "transactions"
    chosen = {"Sales": "revenue", "Revenue": ""}
    assert meanings_of(headings, numeric, {"sales": "transactions"}, chosen) == [
        "location",
        "date",
        "revenue",
        "",
    ]


def test_names_of_measures() -> None:
    assert name_of("Staff hours (paid)") == "staff_hours_paid"
    assert name_of("  42 ") == ""
    assert name_of("Date") == ""
    assert is_name("погода")
    assert not is_name("a b")
