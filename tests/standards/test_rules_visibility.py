"""What a visit sees, what it still lacks, how far it has come."""

from typing import Any

import pytest

from audit_app.standards.rules.answers import Given, read_answer, read_answers
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.visibility import (
    Lacking,
    Visibility,
    missing,
    progress,
    progress_in_all,
    visibility,
    visible_items,
)
from tests.standards.documents import standard, with_sections

YES = {"item": "i0", "is": ["yes"]}
SHOWN, HIDDEN, NOT_APPLYING = Visibility.SHOWN, Visibility.HIDDEN, Visibility.NOT_APPLYING


def version(condition: dict[str, Any]) -> Version:
    """A yes/no that may be N/A, a number that may be N/A, and an item with this condition."""
    number = {"type": "number", "na": True}
    return read_version(standard({"na": True}, number, {"show_if": condition}))


CASES: list[tuple[dict[str, Any], dict[str, str], Visibility]] = [
    (YES, {"i0": "yes"}, SHOWN),
    (YES, {"i0": "no"}, HIDDEN),
    (YES, {"i0": "na"}, HIDDEN),
    (YES, {}, HIDDEN),
    ({"item": "i0", "is": ["yes", "na"]}, {"i0": "na"}, SHOWN),
    ({"item": "i0", "is": ["na"]}, {"i0": "yes"}, HIDDEN),
    ({"not": YES}, {"i0": "no"}, SHOWN),
    ({"not": YES}, {"i0": "yes"}, HIDDEN),
    ({"not": YES}, {"i0": "na"}, HIDDEN),
    ({"not": YES}, {}, HIDDEN),
    ({"not": {"not": YES}}, {"i0": "yes"}, SHOWN),
    ({"item": "i1", "at_least": 3}, {"i1": "3"}, SHOWN),
    ({"item": "i1", "at_least": 3}, {"i1": "2.9"}, HIDDEN),
    ({"item": "i1", "at_most": 3}, {"i1": "3"}, SHOWN),
    ({"item": "i1", "at_most": 3}, {"i1": "na"}, HIDDEN),
    ({"all": [YES, {"item": "i1", "at_least": 3}]}, {"i0": "yes", "i1": "4"}, SHOWN),
    ({"all": [YES, {"item": "i1", "at_least": 3}]}, {"i0": "yes"}, HIDDEN),
    ({"any": [YES, {"item": "i1", "at_least": 3}]}, {"i0": "yes"}, SHOWN),
    ({"any": [YES, {"item": "i1", "at_least": 3}]}, {"i0": "no"}, HIDDEN),
    ({"not": {"all": [YES, {"item": "i1", "at_least": 3}]}}, {"i0": "no"}, SHOWN),
    ({"not": {"any": [YES, {"item": "i1", "at_least": 3}]}}, {"i0": "no"}, HIDDEN),
    ({"not": {"any": [YES, {"item": "i1", "at_least": 3}]}}, {"i0": "no", "i1": "1"}, SHOWN),
]


@pytest.mark.parametrize(("condition", "texts", "seen"), CASES)
def test_an_item_is_shown_only_when_its_condition_is_surely_true(
    condition: dict[str, Any], texts: dict[str, str], seen: Visibility
) -> None:
    asked = version(condition)

    assert visibility(asked, read_answers(asked, texts), {})["i2"] is seen


def test_what_hangs_on_a_hidden_item_is_hidden_too() -> None:
    asked = read_version(standard({}, {"show_if": YES}, {"show_if": {"item": "i1", "is": ["no"]}}))
    texts = {"i0": "no", "i1": "no"}  # the second was answered before the first was changed

    seen = visibility(asked, read_answers(asked, texts), {})

    assert list(seen.values()) == [SHOWN, HIDDEN, HIDDEN]


def test_what_hangs_on_an_item_that_does_not_apply_is_hidden() -> None:
    patio = {"applies_if": {"attribute": "patio", "is": ["yes"]}}
    asked = read_version(standard(patio, {"show_if": YES}))
    answers = read_answers(asked, {"i0": "yes"})

    assert list(visibility(asked, answers, {}).values()) == [NOT_APPLYING, HIDDEN]
    assert list(visibility(asked, answers, {"patio": "Yes "}).values()) == [SHOWN, SHOWN]


@pytest.mark.parametrize(
    ("condition", "attributes", "applies"),
    [
        ({"attribute": "patio", "is": ["yes"]}, {"patio": "YES"}, True),
        ({"attribute": "patio", "is": ["yes"]}, {}, False),
        ({"not": {"attribute": "patio", "is": ["yes"]}}, {}, True),
        ({"attribute": "seats", "at_least": 10}, {"seats": "10"}, True),
        ({"attribute": "seats", "at_least": 10}, {"seats": "9.5"}, False),
        ({"attribute": "seats", "at_most": 10}, {"seats": "many"}, False),
        ({"attribute": "seats", "at_most": 10}, {"seats": "10"}, True),
        ({"attribute": "seats", "at_most": 10}, {"seats": "10.001"}, False),
        (
            {"all": [{"attribute": "a", "is": ["1"]}, {"attribute": "b", "is": ["2"]}]},
            {"a": "1", "b": "2"},
            True,
        ),
        ({"any": [{"attribute": "a", "is": ["1"]}, {"attribute": "b", "is": ["2"]}]}, {"b": "2"}, True),
    ],
)
def test_a_missing_attribute_has_no_value(
    condition: dict[str, Any], attributes: dict[str, str], applies: bool
) -> None:
    asked = read_version(standard({"applies_if": condition}, {}))

    assert (len(visible_items(asked, {}, attributes)) == 2) is applies


def test_a_section_that_does_not_apply_takes_its_items_along() -> None:
    asked = read_version(
        with_sections({"items": [{}]}, {"applies_if": {"attribute": "bar", "is": ["yes"]}, "items": [{}, {}]})
    )

    assert list(visibility(asked, {}, {}).values()) == [SHOWN, NOT_APPLYING, NOT_APPLYING]


def test_what_is_missing_and_how_far_it_is() -> None:
    asked = read_version(
        with_sections(
            {"items": [{}, {"required": False}, {"evidence": {"no": ["comment", "photo"]}}]},
            {"items": [{"type": "photo"}, {"show_if": {"item": "s0_i0", "is": ["yes"]}}, {"type": "text", "na": True, "evidence": {"na": ["comment"]}}]},
        )
    )  # fmt: skip
    givens = {
        "s0_i2": Given(read_answer(asked.item_by_code["s0_i2"], "no"), "", ("sha",)),
        "s1_i0": Given(read_answer(asked.item_by_code["s1_i0"], "given")),
        "s1_i2": Given(read_answer(asked.item_by_code["s1_i2"], "na")),
    }

    gaps = [(gap.item, gap.what) for gap in missing(asked, givens, {})]
    rows = progress(asked, givens, {})
    whole = progress_in_all(rows)

    assert gaps == [
        ("s0_i0", Lacking.ANSWER),
        ("s0_i2", Lacking.COMMENT),
        ("s1_i0", Lacking.PHOTO),
        ("s1_i2", Lacking.COMMENT),
    ]
    assert [(row.answered, row.total, row.required_left, row.lacking) for row in rows] == [
        (1, 3, 1, 1),
        (2, 2, 0, 2),
    ]
    assert (whole.answered, whole.total, whole.required_left, whole.lacking) == (3, 5, 1, 3)


def test_nothing_is_missing_when_all_is_there() -> None:
    asked = read_version(
        standard({"evidence": {"any": ["photo", "comment"]}}, {"required": False, "type": "photo"})
    )
    givens = {"i0": Given(read_answer(asked.items[0], "yes"), "so it was", ("sha",))}

    assert missing(asked, givens, {}) == ()


def test_a_picture_that_is_not_applicable_needs_no_picture() -> None:
    asked = read_version(standard({"type": "photo", "na": True}))
    givens = {"i0": Given(read_answer(asked.items[0], "na"))}

    assert missing(asked, givens, {}) == ()
