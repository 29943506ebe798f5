"""Who may be sent where and when: tables of cases, no database."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_app.visits.models import VisitKind
from audit_app.visits.rules import planning as rules

TODAY = date(2026, 11, 22)
OWN = rules.Place(active=True, own=True, today=TODAY)
RIVAL = rules.Place(active=True, own=False, today=TODAY)
ANYWHERE = rules.Checklist(True, frozenset(VisitKind), frozenset({"in_person"}))


def who(**changes):
    known = {
        "person_id": uuid4(),
        "active": True,
        "shopper": True,
        "auditor": False,
        "works_there": False,
        "stays": (),
    }
    return rules.Candidate(**{**known, **changes})


def fields(
    place=OWN, checklist=ANYWHERE, kind="mystery", channel="in_person", start=1, end=7, employee=False
):
    kind = rules.kind_at(place, kind)
    days = (TODAY + timedelta(start), TODAY + timedelta(end))
    return set(rules.plan_problems(place, checklist, kind, channel, *days, with_employee=employee))


@pytest.mark.parametrize(
    ("given_", "wrong"),
    [
        ({}, set()),
        ({"start": 0, "end": 0}, set()),
        ({"start": -1}, {"from_on"}),
        ({"start": -9, "end": -1}, {"due_on"}),
        ({"start": 5, "end": 4}, {"due_on"}),
        ({"start": 1, "end": 400}, {"due_on"}),
        ({"start": 1100, "end": 1101}, {"due_on"}),
        ({"channel": "phone"}, {"channel"}),
        ({"checklist": rules.Checklist(False, frozenset(), frozenset())}, {"version"}),
        ({"kind": "audit", "checklist": rules.Checklist(True, frozenset({"mystery"}), frozenset({"in_person"}))}, {"version"}),
        ({"place": RIVAL, "checklist": rules.Checklist(True, frozenset({"mystery"}), frozenset({"in_person"}))}, {"version"}),
        ({"place": rules.Place(False, True, TODAY)}, {"location"}),
        ({"kind": "competitor"}, {"kind"}),
        ({"employee": True}, set()),
        ({"place": RIVAL, "employee": True}, {"employee"}),
    ],
)  # fmt: skip
def test_what_speaks_against_a_plan(given_, wrong):
    assert fields(**given_) == wrong


def test_a_competitors_place_makes_the_kind_by_itself():
    assert rules.kind_at(RIVAL, "mystery") == "competitor"
    assert rules.kind_at(OWN, "audit") == "audit"


WINDOW = rules.Stay(TODAY + timedelta(1), TODAY + timedelta(7))


@pytest.mark.parametrize(
    ("person", "kind", "wrong"),
    [
        (who(), "mystery", set()),
        (who(active=False), "mystery", {"person"}),
        (who(shopper=False, auditor=True), "mystery", {"person"}),
        (who(shopper=False, auditor=True), "audit", set()),
        (who(), "audit", {"person"}),
        (who(shopper=False, auditor=True), "competitor", set()),
        (who(shopper=False), "competitor", {"person"}),
        (who(works_there=True), "mystery", {"person"}),
        (who(stays=(rules.Stay(TODAY - timedelta(28), TODAY - timedelta(28)),)), "mystery", {"rotation_reason"}),
        (who(stays=(rules.Stay(TODAY - timedelta(29), TODAY - timedelta(29)),)), "mystery", set()),
        (who(stays=(rules.Stay(TODAY + timedelta(36), TODAY + timedelta(40)),)), "mystery", {"rotation_reason"}),
        (who(stays=(rules.Stay(TODAY + timedelta(37), TODAY + timedelta(40)),)), "mystery", set()),
        (who(auditor=True, stays=(rules.Stay(TODAY, TODAY),)), "audit", set()),
    ],
)  # fmt: skip
def test_who_may_go(person, kind, wrong):
    assert set(rules.person_problems(person, kind, WINDOW)) == wrong


def test_the_rotation_gives_way_to_a_reason_and_the_rest_does_not():
    seen = (rules.Stay(TODAY, TODAY),)

    assert (
        rules.person_problems(who(stays=seen), "mystery", WINDOW, rotation_reason="The only one nearby") == {}
    )
    assert rules.person_problems(who(stays=seen, works_there=True), "mystery", WINDOW, rotation_reason="x")


@pytest.mark.parametrize(("late", "lapsed"), [(-1, False), (0, False), (1, False), (2, True), (30, True)])
def test_a_visit_lapses_after_a_day_of_grace(late, lapsed):
    assert rules.is_lapsed(TODAY, TODAY + timedelta(late)) is lapsed


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(days, days, days, days)
def test_the_gap_is_the_same_seen_from_both_sides(a, b, c, d):
    one, two = rules.Stay(min(a, b), max(a, b)), rules.Stay(min(c, d), max(c, d))

    gap = rules.days_between(one, two)
    assert gap == rules.days_between(two, one) >= 0
    assert (gap == 0) == (one.first <= two.last and two.first <= one.last)
