"""A whole history at once gives, bit for bit, what `score_of` gives one by one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_app.scoring import chunks
from audit_app.scoring.asked import Asked
from audit_app.scoring.bulk import score_many
from audit_app.scoring.encoding import Columns, encode, encode_documents
from audit_app.scoring.results import BulkScores
from audit_app.scoring.rules.score import Score, score_of
from audit_app.standards.rules.answers import AnswerNotUnderstood, read_answers
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from tests.scoring.worlds import ATTRIBUTES, answers_for, versions
from tests.standards.documents import standard, with_sections


def of_bulk(scores: BulkScores, visit: int) -> dict[str, Any]:
    band = int(scores.band[visit])
    return {
        "ratio": scores.ratio(visit),
        "tenths": None if scores.tenths[visit] < 0 else int(scores.tenths[visit]),
        "passed": scores.passed_of(visit),
        "band": None if band < 0 else scores.version.bands[band],
        "na_share": scores.na_share(visit),
        "critical": scores.critical_of(visit),
        "sections": [scores.section_ratio(index, visit) for index in range(len(scores.version.sections))],
    }


def of_one(score: Score) -> dict[str, Any]:
    return {
        "ratio": score.ratio,
        "tenths": score.tenths,
        "passed": score.passed,
        "band": score.band,
        "na_share": score.na_share,
        "critical": tuple(miss.item for miss in score.critical),
        "sections": [section.ratio for section in score.sections],
    }


def disagreements(
    version: Version, visits: Sequence[dict[str, str]], places: Sequence[int], scores: BulkScores
) -> list[int]:
    """The visits where bulk and `score_of` differ in anything."""
    return [
        visit
        for visit, texts in enumerate(visits)
        if of_bulk(scores, visit)
        != of_one(score_of(version, read_answers(version, texts), ATTRIBUTES[places[visit]]))
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[Version, list[dict[str, str]], list[int]]:
    version = draw(versions())
    visits = draw(st.lists(answers_for(version), min_size=1, max_size=12))
    places = draw(st.lists(st.integers(0, 2), min_size=len(visits), max_size=len(visits)))
    return version, visits, places


@settings(max_examples=120, deadline=None)
@given(histories())
def test_bulk_equals_one_by_one(history: tuple[Version, list[dict[str, str]], list[int]]) -> None:
    version, visits, places = history

    scores = score_many(encode(version, visits, places, ATTRIBUTES))

    assert disagreements(version, visits, places, scores) == []
    assert scores.one_by_one == 0
    assert all(
        Fraction(int(n), int(d)).denominator == d
        for n, d in zip(scores.numerators, scores.denominators, strict=True)
        if d
    )


@settings(max_examples=40, deadline=None)
@given(histories(), st.sampled_from([2001, 40_000, 10**7]))
def test_when_numbers_grow_too_wide_the_way_is_longer_and_the_result_the_same(
    history: tuple[Version, list[dict[str, str]], list[int]], room: int
) -> None:
    """With hardly any room for denominators, visits are split into like groups or scored one by one."""
    version, visits, places = history

    class Narrow(chunks.Work):
        def _check_widths(self) -> None:
            self.limit = room
            super()._check_widths()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("audit_app.scoring.bulk.Work", Narrow)
        scores = score_many(encode(version, visits, places, ATTRIBUTES))

    assert disagreements(version, visits, places, scores) == []


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_planted_error_is_found(history: tuple[Version, list[dict[str, str]], list[int]]) -> None:
    """The comparison would notice: one state turned into another in one visit, one term of the rules left out."""
    version, visits, places = history
    columns = encode(version, visits, places, ATTRIBUTES)
    scores = score_many(columns)
    scored = [visit for visit in range(len(visits)) if scores.denominators[visit]]

    for visit in scored[:1]:
        spoiled = replace(scores, numerators=scores.numerators.copy())
        spoiled.numerators[visit] += spoiled.denominators[visit]
        assert disagreements(version, visits, places, spoiled) == [visit]


def test_planted_errors_in_the_rules_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    version = read_version(
        with_sections(
            {
                "weight": 2,
                "items": [{"critical": {"effect": "cap_total", "at": 50}}, {"na": True}, {"bonus": True}],
            },
            {
                "items": [
                    {"show_if": {"item": "s0_i1", "is": ["yes"]}},
                    {"critical": {"effect": "zero_section"}},
                ]
            },
            aggregation="sections",
        )
    )
    codes = [item.code for item in version.items]
    visits = [
        dict(zip(codes, said, strict=True))
        for said in [
            ("no", "yes", "no", "yes", "yes"),
            ("yes", "no", "yes", "no", "yes"),
            ("yes", "na", "no", "yes", "no"),
            ("yes", "yes", "no", "yes", "no"),
        ]
    ]
    places = [0] * len(visits)

    def found(name: str, spoilt: Any, where: type = chunks.Work) -> list[int]:
        with monkeypatch.context() as patch:
            patch.setattr(where, name, spoilt)
            return disagreements(
                version, visits, places, score_many(encode(version, visits, places, ATTRIBUTES))
            )

    def nothing(*_arguments: Any) -> None:
        return None

    def all_asked(asked: Asked, start: int, end: int) -> list[Any]:
        return [column[start:end] for column in asked.columns.states]

    assert disagreements(version, visits, places, score_many(encode(version, visits))) == []
    assert found("_hold", nothing) == [0]
    assert found("states", all_asked, Asked) == [1, 2]
    assert 3 in found("_section_effects", lambda work, part, words, sums, missed: missed.update(
        {item.item.code: np.zeros(len(visits), dtype=np.bool_) for item in part.items if item.item.critical}
    ))  # fmt: skip


def test_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    version = read_version(
        standard(
            {"na": True}, {"type": "scale"}, {"critical": {"effect": "cap_total", "at": 40}}, pass_mark=50
        )
    )
    choices = [
        {"i0": a, "i1": str(b), "i2": c}
        for a in ("yes", "no", "na")
        for b in range(1, 6)
        for c in ("yes", "no")
    ]
    visits = choices * 7
    places = [0] * len(visits)
    monkeypatch.setattr(chunks, "_CHUNK", 16)
    monkeypatch.setattr("audit_app.scoring.encoding._BLOCK", 13)

    columns = encode(version, visits)
    scores = score_many(columns)

    assert columns.visits == len(scores) == len(visits)
    assert disagreements(version, visits, places, scores) == []


def test_weights_without_a_common_size_go_one_by_one_and_stay_exact() -> None:
    def odd(prime: int) -> dict[str, Any]:
        options = [{"code": "a", "points": prime}, {"code": "b", "points": 1}]
        return {"type": "single", "options": options, "weight": "1234.567"}

    primes = [9973, 9967, 9949, 9941, 9931, 9929, 9923, 9907]
    version = read_version(standard(*map(odd, primes)))
    visits = [{item.code: "b" for item in version.items}, {item.code: "a" for item in version.items}]

    scores = score_many(encode(version, visits))

    assert scores.one_by_one == 2
    assert scores.ratio(0) == sum((Fraction(1, prime) for prime in primes), Fraction(0)) / 8
    assert scores.denominators[0] == 0  # the fraction is longer than 64 bits and kept beside the columns
    assert scores.ratio(1) == 1
    assert disagreements(version, visits, [0, 0], scores) == []


def test_sections_with_wild_weights_are_split_into_like_groups() -> None:
    """Possible points of many primes: no common denominator for all visits, one for each group."""
    primes = [9973, 9967, 9949, 9941, 9931]
    version = read_version(
        with_sections(
            *({"items": [{"weight": prime, "na": True}, {"weight": 1}]} for prime in primes),
            aggregation="sections",
        )
    )
    codes = [item.code for item in version.items]
    visits = []
    for pattern in range(32):
        said = [word for bit in range(5) for word in ("na" if pattern >> bit & 1 else "yes", "no")]
        visits.append(dict(zip(codes, said, strict=True)))

    scores = score_many(encode(version, visits))

    assert disagreements(version, visits, [0] * len(visits), scores) == []
    assert 0 < scores.one_by_one < len(visits)


def test_documents_as_the_database_keeps_them() -> None:
    version = read_version(
        standard(
            {"na": True},
            {"type": "multiple", "options": [{"code": "a", "points": 1}, {"code": "b", "points": 2}]},
        )
    )
    documents = [
        json.dumps(
            {
                "i0": {"answer": "yes", "comment": "x", "evidence": []},
                "i1": {"answer": "b;a"},
                "gone": {"answer": "?"},
            }
        ),
        json.dumps({"i1": {"answer": "a", "at": "2026-01-01T00:00:00Z"}}),
        json.dumps({"i0": {"answer": None}}),
        "{}",
    ]

    scores = score_many(encode_documents(version, documents))

    assert [scores.ratio(visit) for visit in range(4)] == [1, Fraction(1, 3), None, None]


def test_one_item_is_enough() -> None:
    version = read_version(standard({}))

    assert score_many(encode_documents(version, ['{"i0": {"answer": "yes"}}'])).ratio(0) == 1


def test_no_visits_are_no_scores() -> None:
    assert len(score_many(encode(read_version(standard({})), []))) == 0


def test_a_bad_answer_is_refused() -> None:
    with pytest.raises(AnswerNotUnderstood):
        encode(read_version(standard({})), [{"i0": "maybe"}])


def test_every_visit_needs_a_place() -> None:
    version = read_version(standard({}))

    with pytest.raises(ValueError, match="place"):
        encode(version, [{"i0": "yes"}], [1], [{}])


def test_answers_alike_to_scoring_share_a_state() -> None:
    version = read_version(
        standard({"type": "number", "ranges": [{"points": 1}, {"from": 100, "points": 0}]})
    )

    columns: Columns = encode(version, [{"i0": str(number)} for number in range(200)])

    assert len(columns.tables[0].states) == 4
    assert columns.answers_of(150)["i0"].text == "100"
