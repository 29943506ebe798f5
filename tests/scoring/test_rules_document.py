"""What `audit-app score` prints, and what it refuses."""

import json
from typing import Any

import pytest

from audit_app.scoring.rules.document import RowsNotUnderstood, score_document
from audit_app.standards.rules.reading import read_version
from tests.standards.documents import contract, standard

PATIO = {"OLD": {"patio": "yes"}, "NEW": {"patio": "no"}}


def rows(*lines: str) -> list[dict[str, str | None]]:
    """visit item answer [comment] [location], divided by |."""
    names = ("visit", "item", "answer", "comment", "location")
    return [dict(zip(names, [*line.split("|"), "", "", ""], strict=False)) for line in lines]


def test_the_shape_of_the_contract() -> None:
    version = read_version(contract())

    document = score_document(version, rows("V1|entered|yes||OLD", "V1|greeted|late|no one looked|"), PATIO)

    assert document["visits"] == [
        {
            "visit": "V1",
            "score": "1/2",
            "percent": "50.0",
            "passed": False,
            "band": "Fail",
            "critical": ["greeted"],
            "na_share": "0",
            "sections": [{"code": "welcome", "score": "17/25"}],
            "terms": [
                {"item": "entered", "ratio": "1", "weight": "1", "counted": True, "why": "scored"},
                {"item": "greeted", "ratio": "3/5", "weight": "4", "counted": True, "why": "scored"},
            ],
            "missing": [],
        }
    ]
    assert (document["standard"], document["version"], document["rule_version"]) == ("shop-floor", 3, "1")
    assert json.loads(json.dumps(document)) == document


def test_fractions_are_exact_and_nothing_counted_is_null() -> None:
    version = read_version(standard({"na": True}, {"required": False}, {"weight": "0.5"}))

    first, second = score_document(version, rows("A|i0|yes", "A|i2|no", "B|i0|na", "B|i2|", "A|i1|"))[
        "visits"
    ]

    assert (first["visit"], first["score"], first["percent"]) == ("A", "2/3", "66.7")
    assert [term["weight"] for term in first["terms"]] == ["1", "1", "1/2"]
    assert (second["score"], second["percent"], second["passed"], second["band"]) == (None, None, None, None)
    assert second["na_share"] == "1/3"
    assert second["missing"] == ["i2"]
    assert second["sections"] == [{"code": "only", "score": None}]


def test_visits_stand_in_the_order_they_first_appear_and_rows_in_any() -> None:
    version = read_version(standard({}, {}))
    mixed = rows("B|i1|no", "A|i0|yes", "B|i0|yes", "|||", "A|i1|yes")

    document = score_document(version, mixed)

    assert [(visit["visit"], visit["score"]) for visit in document["visits"]] == [("B", "1/2"), ("A", "1")]


@pytest.mark.parametrize(
    ("lines", "locations", "counted"),
    [
        (["V|i0|yes||OLD"], PATIO, True),
        (["V|i0|yes||NEW"], PATIO, False),
        (["V|i0|yes"], PATIO, False),
        (["OLD|i0|yes"], PATIO, True),
        (["V|i0|yes"], {"OLD": {"patio": "yes"}}, True),
        (["V|i0|yes||OLD"], None, False),
    ],
)
def test_where_the_attributes_of_a_visit_come_from(lines: list[str], locations: Any, counted: bool) -> None:
    version = read_version(standard({"applies_if": {"attribute": "patio", "is": ["yes"]}}))

    (visit,) = score_document(version, rows(*lines), locations)["visits"]

    assert visit["terms"][0]["counted"] is counted
    assert visit["terms"][0]["why"] == ("scored" if counted else "not_applying")


def test_all_bad_rows_are_named_by_line_and_column() -> None:
    version = read_version(standard({}, {"type": "scale"}))
    bad = rows(
        "A|i0|yes",
        "A|i0|no",
        "A|i9|yes",
        "A|i1|9",
        "|i0|yes",
        "B|i0|na",
        "B||yes",
        "C|i0|yes||OLD",
        "C|i1|5||NEW",
        "D|i0|yes||NOWHERE",
    )

    with pytest.raises(RowsNotUnderstood) as refusal:
        score_document(version, bad, PATIO)

    assert [(problem.line, problem.column) for problem in refusal.value.problems] == [
        (3, "item"),
        (4, "item"),
        (5, "answer"),
        (6, "visit"),
        (7, "answer"),
        (8, "item"),
        (10, "location"),
        (11, "location"),
    ]
    said = str(refusal.value).splitlines()
    assert said[0] == "line 3, item: “i0” was answered already in line 2"
    assert "no item “i9”" in said[1]
    assert refusal.value.status == 422


def test_lines_may_be_told() -> None:
    with pytest.raises(RowsNotUnderstood) as refusal:
        score_document(read_version(standard({})), rows("A|i0|maybe"), lines=[17])

    assert refusal.value.problems[0].line == 17


def test_a_missing_column_is_named_once() -> None:
    with pytest.raises(RowsNotUnderstood, match="“answer” is missing"):
        score_document(
            read_version(standard({})), [{"visit": "A", "item": "i0"}, {"visit": "A", "item": "i0"}]
        )


def test_no_rows_are_no_visits() -> None:
    assert score_document(read_version(standard({})), [])["visits"] == []
