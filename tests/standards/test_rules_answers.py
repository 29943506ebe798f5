"""Answers as people and files write them, and what they must be shown by."""

from fractions import Fraction
from typing import Any

import pytest

from audit_app.standards.rules.answers import (
    AnswerNotUnderstood,
    evidence_for,
    is_miss,
    opens_incident,
    ratio_of,
    read_answer,
    read_given,
)
from audit_app.standards.rules.definition import Evidence, Item
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.values import write_decimal
from tests.standards.documents import standard

F = Fraction
THREE = [{"code": "yes", "points": 5}, {"code": "late", "points": 3}, {"code": "no", "points": 0}]
SEVERAL = [{"code": "a", "points": 2}, {"code": "b", "points": 1}, {"code": "c", "points": -1}]
WAIT = [{"points": 5}, {"from": 3, "points": 3}, {"from": "10", "points": 0}]


def item(**keys: Any) -> Item:
    return read_version(standard(keys)).items[0]


TAKEN: list[tuple[dict[str, Any], str, str, Fraction | None]] = [
    ({}, "yes", "yes", F(1)),
    ({}, " NO ", "no", F(0)),
    ({}, "pass", "yes", F(1)),
    ({}, "fail", "no", F(0)),
    ({"options": [{"code": "yes", "points": 0}, {"code": "no", "points": 1}]}, "pass", "no", F(1)),
    ({"na": True}, "NA", "na", None),
    ({"type": "pass_partial_fail"}, "partial", "partial", F(1, 2)),
    ({"type": "single", "options": THREE}, "late", "late", F(3, 5)),
    ({"type": "single", "options": THREE}, "pass", "yes", F(1)),
    ({"type": "multiple", "options": SEVERAL}, "b; a", "a;b", F(1)),
    ({"type": "multiple", "options": SEVERAL}, "b;b", "b", F(1, 3)),
    ({"type": "multiple", "options": SEVERAL}, "c", "c", F(0)),
    ({"type": "multiple", "options": SEVERAL}, "a;c", "a;c", F(1, 3)),
    ({"type": "scale"}, "3", "3", F(1, 2)),
    ({"type": "scale"}, "4.0", "4", F(3, 4)),
    ({"type": "scale", "scale": {"min": -2, "max": 2}}, "-2", "-2", F(0)),
    ({"type": "number", "ranges": WAIT}, "2,5", "2.5", F(1)),
    ({"type": "number", "ranges": WAIT}, "3", "3", F(3, 5)),
    ({"type": "number", "ranges": WAIT}, "9.999999", "9.999999", F(3, 5)),
    ({"type": "number", "ranges": WAIT}, "10", "10", F(0)),
    ({"type": "number"}, "-07.50", "-7.5", None),
    ({"type": "duration", "ranges": WAIT}, "0:02", "2", F(1)),
    ({"type": "duration"}, "1:30", "90", None),
    ({"type": "duration"}, "1:02:03", "3723", None),
    ({"type": "time", "ranges": [{"points": 1}, {"from": "09:30", "points": 0}]}, "9:29", "09:29", F(1)),
    ({"type": "time", "ranges": [{"points": 1}, {"from": "09:30", "points": 0}]}, "09:30", "09:30", F(0)),
    ({"type": "text"}, " NA ", "NA", None),
    ({"type": "text", "na": True}, "na", "na", None),
    ({"type": "photo"}, "Given", "given", None),
]
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "", "empty"),
    ({}, "maybe", "its answers are yes, no"),
    ({}, "partial", "no answer"),
    ({}, "na", "not applicable"),
    ({"type": "single", "options": THREE}, "partial", "no answer"),
    ({"type": "single", "options": [*THREE[:2], {"code": "no", "points": 3}]}, "fail", "no answer"),
    ({"type": "multiple", "options": SEVERAL}, "a;x", "“x” is no answer"),
    ({"type": "multiple", "options": SEVERAL}, ";", "no answer"),
    ({"type": "scale"}, "6", "outside"),
    ({"type": "scale"}, "4.5", "a whole number, not “4.5”"),
    ({"type": "number", "min": 0, "max": 5}, "-1", "outside"),
    ({"type": "number"}, "1e9", "a number"),
    ({"type": "number"}, "1.2345678", "a number"),
    ({"type": "number"}, "nan", "a number"),
    ({"type": "number"}, "٣", "a number"),
    ({"type": "duration"}, "-5", "seconds"),
    ({"type": "duration"}, "1:75", "seconds"),
    ({"type": "time"}, "24:00", "a time"),
    ({"type": "text"}, "a\0b", "sign"),
    ({"type": "text"}, "x" * 5001, "longer"),
    ({"type": "photo"}, "yes", "picture"),
]


@pytest.mark.parametrize(("keys", "said", "text", "ratio"), TAKEN)
def test_an_answer_has_one_spelling_and_one_worth(
    keys: dict[str, Any], said: str, text: str, ratio: Fraction | None
) -> None:
    asked = item(**keys)

    answer = read_answer(asked, said)

    assert (answer.text, ratio_of(asked, answer)) == (text, ratio)
    assert read_answer(asked, answer.text) == answer
    assert is_miss(asked, answer) == (ratio is not None and ratio < 1)


@pytest.mark.parametrize(("keys", "said", "words"), REFUSED)
def test_what_is_no_answer_is_refused_in_a_sentence(keys: dict[str, Any], said: str, words: str) -> None:
    with pytest.raises(AnswerNotUnderstood, match=words) as refusal:
        read_answer(item(**keys), said)

    assert refusal.value.item == "i0"
    assert refusal.value.status == 422


def test_evidence_goes_by_answer() -> None:
    asked = item(
        type="single",
        options=THREE,
        na=True,
        evidence={"no": ["comment", "photo"], "na": ["comment"], "miss": ["comment"]},
    )
    always = item(na=True, evidence={"any": ["photo"]})
    wanted = {said: evidence_for(asked, read_answer(asked, said)) for said in ("yes", "late", "no", "na")}

    assert wanted == {
        "yes": (),
        "late": (Evidence.COMMENT,),
        "no": (Evidence.COMMENT, Evidence.PHOTO),
        "na": (Evidence.COMMENT,),
    }
    assert evidence_for(always, read_answer(always, "yes")) == (Evidence.PHOTO,)
    assert evidence_for(always, read_answer(always, "na")) == ()


def test_incidents_open_on_the_named_answers() -> None:
    by_name = item(type="single", na=True, options=THREE, incident={"when": ["no"], "type": "service"})
    by_miss = item(type="scale", incident={"when": ["miss"], "type": "service"})

    assert [opens_incident(by_name, read_answer(by_name, said)) for said in ("yes", "late", "no", "na")] == [
        False,
        False,
        True,
        False,
    ]
    assert [opens_incident(by_miss, read_answer(by_miss, said)) for said in ("5", "4")] == [False, True]


def test_a_revision_is_read_item_by_item() -> None:
    version = read_version(standard({}, {"type": "photo"}, {"type": "scale"}))
    document = {
        "i0": {"answer": "yes", "comment": " fine ", "evidence": ["a"]},
        "i1": {"answer": "", "evidence": ["b"]},
        "i2": {"answer": "9"},
        "gone": {"answer": "yes"},
    }

    givens, problems = read_given(version, document)

    assert [problem.item for problem in problems] == ["i2"]
    assert givens["i0"].comment == "fine"
    assert givens["i1"].answer is not None
    assert givens["i2"].answer is None
    assert "gone" not in givens


@pytest.mark.parametrize(
    ("number", "text"), [(F(5), "5"), (F(-1, 8), "-0.125"), (F(5, 2), "2.5"), (F(1, 1000), "0.001")]
)
def test_decimals_are_spelled_exactly(number: Fraction, text: str) -> None:
    assert write_decimal(number) == text


def test_a_third_has_no_decimal_spelling() -> None:
    with pytest.raises(ValueError, match="no decimal"):
        write_decimal(F(1, 3))
