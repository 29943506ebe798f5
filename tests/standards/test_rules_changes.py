"""Which changes a trend line may cross."""

from typing import Any

import pytest

from audit_app.standards.rules.changes import (
    ChangeClass,
    changes_between,
    rule_changes_between,
    trend_goes_on,
)
from audit_app.standards.rules.reading import read_version
from tests.standards.documents import changed, standard, with_sections

SAME, COMPARABLE, NEW, GONE = ChangeClass

OPTIONS = [{"code": "yes", "text": "At once", "points": 5}, {"code": "late", "text": "Later", "points": 3}, {"code": "no", "text": "Not at all", "points": 0}]  # fmt: skip
CHOICE = {"type": "single", "options": OPTIONS, "text": "Were you greeted within 30 seconds of coming in?"}
WAIT = {"type": "number", "unit": {"en": "minutes"}, "ranges": [{"points": 5}, {"from": 3, "points": 0}]}
SCALE = {"type": "scale", "scale": {"min": 1, "max": 5, "low": "bad", "high": "good"}}


def options(*points: int, codes: tuple[str, ...] = ("yes", "late", "no")) -> list[dict[str, Any]]:
    words = {"yes": "At once", "late": "Later", "no": "Not at all", "never": "Never"}
    return [
        {"code": code, "text": words[code], "points": value}
        for code, value in zip(codes, points, strict=True)
    ]


CASES: list[tuple[str, dict[str, Any], dict[str, Any], ChangeClass]] = [
    ("nothing", CHOICE, CHOICE, SAME),
    ("a slip of the pen", CHOICE, {**CHOICE, "text": "Were you greeted within 30 seconds of comming in?"}, SAME),
    ("another language", CHOICE, {**CHOICE, "text": {"en": CHOICE["text"], "ru": "Вас поприветствовали?"}}, SAME),
    ("guidance", CHOICE, {**CHOICE, "guidance": "Eye contact counts."}, SAME),
    ("nature and segments", CHOICE, {**CHOICE, "nature": "feeling", "segments": ["loyal"]}, SAME),
    ("incident", CHOICE, {**CHOICE, "incident": {"when": ["no"], "type": "a"}}, SAME),
    ("order of options", CHOICE, {**CHOICE, "options": OPTIONS[::-1]}, SAME),
    ("a number in the wording", CHOICE, {**CHOICE, "text": "Were you greeted within 60 seconds of coming in?"}, COMPARABLE),
    ("another wording", CHOICE, {**CHOICE, "text": "Did the staff say hello?"}, COMPARABLE),
    ("weight", CHOICE, {**CHOICE, "weight": 2}, COMPARABLE),
    ("bonus", CHOICE, {**CHOICE, "bonus": True}, COMPARABLE),
    ("critical", CHOICE, {**CHOICE, "critical": {"effect": "flag"}}, COMPARABLE),
    ("evidence", CHOICE, {**CHOICE, "evidence": {"no": ["photo"]}}, COMPARABLE),
    ("N/A", CHOICE, {**CHOICE, "na": True}, COMPARABLE),
    ("required", CHOICE, {**CHOICE, "required": False}, COMPARABLE),
    ("show_if", CHOICE, {**CHOICE, "show_if": {"item": "first", "is": ["yes"]}}, COMPARABLE),
    ("applies_if", CHOICE, {**CHOICE, "applies_if": {"attribute": "a", "is": ["b"]}}, COMPARABLE),
    ("points in the same order", CHOICE, {**CHOICE, "options": options(5, 4, 0)}, COMPARABLE),
    ("points in another order", CHOICE, {**CHOICE, "options": options(3, 5, 0)}, NEW),
    ("two options now equal", CHOICE, {**CHOICE, "options": options(5, 5, 0)}, NEW),
    ("an option more", CHOICE, {**CHOICE, "options": options(5, 3, 0, 0, codes=("yes", "late", "no", "never"))}, NEW),
    ("an option less", CHOICE, {**CHOICE, "options": options(5, 0, codes=("yes", "no"))}, NEW),
    ("an option says something else", CHOICE, {**CHOICE, "options": [OPTIONS[0], {**OPTIONS[1], "text": "By a nod"}, OPTIONS[2]]}, NEW),
    ("type", CHOICE, {"type": "yes_no", "text": CHOICE["text"]}, NEW),
    ("ends of the scale", SCALE, {**SCALE, "scale": {"min": 0, "max": 10}}, NEW),
    ("words at the ends", SCALE, {**SCALE, "scale": {"min": 1, "max": 5, "low": "rude", "high": "good"}}, COMPARABLE),
    ("bounds of ranges", WAIT, {**WAIT, "ranges": [{"points": 5}, {"from": 4, "points": 0}]}, NEW),
    ("points of ranges", WAIT, {**WAIT, "ranges": [{"points": 4}, {"from": 3, "points": 0}]}, COMPARABLE),
    ("ranges turned", WAIT, {**WAIT, "ranges": [{"points": 0}, {"from": 3, "points": 5}]}, NEW),
    ("unit", WAIT, {**WAIT, "unit": {"en": "seconds"}}, NEW),
    ("unit in another language", WAIT, {**WAIT, "unit": {"en": "minutes", "ru": "минуты"}}, SAME),
    ("limits", WAIT, {**WAIT, "max": 60}, COMPARABLE),
]  # fmt: skip


@pytest.mark.parametrize(("label", "before", "after", "kind"), CASES, ids=[case[0] for case in CASES])
def test_the_class_of_a_change(
    label: str, before: dict[str, Any], after: dict[str, Any], kind: ChangeClass
) -> None:
    first = {"code": "first"}
    old = read_version(standard(first, {"code": "it", **before}))
    new = read_version(standard(first, {"code": "it", **after}))

    untouched, change = changes_between(old, new)

    assert (untouched.kind, untouched.touched) == (SAME, False)
    assert change.kind is kind, change
    assert change.touched is (label != "nothing")
    assert all(aspect.text for aspect in change.aspects)


def test_items_that_come_go_and_move() -> None:
    old = read_version(with_sections({"items": [{"code": "a"}, {"code": "b"}]}, {"items": [{"code": "c"}]}))
    new = read_version(with_sections({"items": [{"code": "b"}]}, {"items": [{"code": "a"}, {"code": "d"}]}))

    changes = {change.item: change for change in changes_between(old, new)}

    assert {code: change.kind for code, change in changes.items()} == {
        "b": SAME,
        "a": SAME,
        "d": NEW,
        "c": GONE,
    }
    assert changes["a"].fields == ("section",)
    assert (changes["a"].section_before, changes["a"].section_after) == ("s0", "s1")
    assert changes["c"].document() == {"item": "c", "class": "gone", "fields": []}


def test_the_first_version_is_all_new() -> None:
    assert [change.kind for change in changes_between(None, read_version(standard({}, {})))] == [NEW, NEW]


def test_only_a_new_line_breaks_a_trend() -> None:
    assert [kind for kind in ChangeClass if trend_goes_on(kind)] == [SAME, COMPARABLE]


def test_rules_of_the_version() -> None:
    old = with_sections(
        {"items": [{}]}, {"items": [{}]}, bands=[{"from": 0, "name": "a"}, {"from": 50, "name": "b"}]
    )
    cases: list[tuple[tuple[str | int, ...], Any, str, ChangeClass]] = [
        (("aggregation",), "sections", "aggregation", NEW),
        (("bonus_cap",), None, "bonus_cap", COMPARABLE),
        (("pass_mark",), 70, "pass_mark", COMPARABLE),
        (("bands", 1, "from"), 60, "bands", COMPARABLE),
        (("bands", 1, "name"), "c", "bands", SAME),
        (("sections", 0, "weight"), 2, "weight", COMPARABLE),
        (("sections", 0, "pass_mark"), 50, "pass_mark", COMPARABLE),
        (("sections", 0, "title"), "Other", "title", SAME),
        (("title",), "Other", "title", SAME),
        (("sections", 0, "code"), "other", "sections", COMPARABLE),
    ]
    for path, value, field, kind in cases:
        found = rule_changes_between(read_version(old), read_version(changed(old, path, value)))
        assert {(change.field, change.kind) for change in found} == {(field, kind)}, path

    assert rule_changes_between(read_version(old), read_version(old)) == []
