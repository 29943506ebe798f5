"""Release: never before the delay, never fewer than the minimum of one place together, once and with one entry each."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from audit_app.kit import jobs
from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import commit, read, write
from audit_app.settings import Visits as VisitSettings
from audit_app.visits.actions.release import StillWaiting, expire_lapsed, release_by_hand, release_due
from audit_app.visits.events import VisitReleased
from audit_app.visits.models import Visit, VisitKind, VisitState, VisitStep
from audit_app.visits.rules import release as rules
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import NOON, make_version, make_visit
from tests.support.loops import in_a_loop_of_its_own

DAY = timedelta(hours=24)
CHOSEN = VisitSettings(release_delay_hours=24, release_minimum=2, return_hours=24)
PLACES = [UUID(int=n) for n in range(1, 4)]


@st.composite
def approvals(draw):
    kind = st.sampled_from(list(VisitKind))
    return [
        rules.Approved(
            UUID(int=100 + n), draw(st.sampled_from(PLACES)), draw(kind), NOON - timedelta(minutes=draw(st.integers(-600, 4000)))
        )
        for n in range(draw(st.integers(0, 14)))
    ]  # fmt: skip


@given(approvals(), st.integers(0, 48), st.integers(1, 5))
def test_never_before_the_delay_and_never_too_few_together(rows, hours, minimum):
    delay = timedelta(hours=hours)
    outcome = rules.sort_out(rows, NOON, delay, minimum)
    known = {row.visit_id: row for row in rows}

    assert set(outcome.ready) | set(outcome.waiting) == set(known)
    assert not set(outcome.ready) & set(outcome.waiting)
    assert all(known[key].approved_at + delay <= NOON for key in outcome.ready)
    together = Counter(known[key].location_id for key in outcome.ready if known[key].kind == "mystery")
    assert all(count >= minimum for count in together.values())
    for key, why in outcome.waiting.items():
        assert why.more or (why.until and why.until > NOON)
        assert known[key].kind == "mystery" or why.more == 0


@given(approvals(), st.integers(0, 48), st.integers(1, 5))
def test_what_waits_only_for_the_clock_is_ready_when_it_strikes(rows, hours, minimum):
    delay = timedelta(hours=hours)
    for key, why in rules.sort_out(rows, NOON, delay, minimum).waiting.items():
        if why.until and not why.more:
            assert key not in rules.sort_out(rows, why.until - timedelta(seconds=1), delay, minimum).ready
            assert key in rules.sort_out(rows, why.until, delay, minimum).ready


def waiting(*rows):
    known = [rules.Approved(uuid4(), PLACES[0], kind, NOON - timedelta(hours=h)) for kind, h in rows]
    outcome = rules.sort_out(known, NOON, DAY, 2)
    return [outcome.waiting.get(row.visit_id) for row in known]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("mystery", 30)], [rules.Waiting(None, 1)]),
        ([("mystery", 20)], [rules.Waiting(NOON + timedelta(hours=4), 1)]),
        ([("mystery", 30), ("mystery", 20)], [rules.Waiting(NOON + timedelta(hours=4), 0)] * 2),
        ([("mystery", 30), ("mystery", 30)], [None, None]),
        ([("mystery", 30), ("audit", 30)], [rules.Waiting(None, 1), None]),
        ([("competitor", 30), ("competitor", 2)], [None, rules.Waiting(NOON + timedelta(hours=22), 0)]),
    ],
)
def test_the_reason_to_wait(rows, told):
    assert waiting(*rows) == told


@pytest.fixture
def approved(both_engines):
    """Two due visits at Old Town and an audit, one lonely visit at the harbour; all approved long ago."""
    with write(both_engines) as session:
        version = make_version(session)
        place, lonely = make_location(session), make_location(session, "harbour")
        mara = make_person(session, "Mara", "shopper")
        quinn = make_person(session, "Quinn", "quality_manager")
        made = [
            make_visit(
                session, where, version, mara, VisitState.APPROVED, kind=kind, approved_at=NOON - 2 * DAY
            )
            for where, kind in [(place, "mystery"), (place, "mystery"), (place, "audit"), (lonely, "mystery")]
        ]
        return {"ids": [visit.id for visit in made], "quinn": quinn.id, "lonely": made[3].id}


def test_what_is_due_is_released_once_with_one_entry_each(both_engines, approved):
    said = []
    for _round in range(2):
        with Session(both_engines.writing) as session:
            done = release_due(session, NOON, CHOSEN, said.append)
            commit(session)
        assert len(done) == (3 if _round == 0 else 0)

    assert sorted(said, key=str) == sorted([VisitReleased(key) for key in approved["ids"][:3]], key=str)
    with read(both_engines) as session:
        entries = session.exec(
            select(AuditEntry.subject_id).where(AuditEntry.action == "visit.released")
        ).all()
        assert sorted(entries, key=str) == sorted(approved["ids"][:3], key=str)
        assert verify(session).broken_at is None
        states = dict(session.exec(select(Visit.id, Visit.state)).all())
        assert [states[key] for key in approved["ids"]] == ["released"] * 3 + ["approved"]


def test_by_hand_only_what_the_rule_allows(both_engines, approved):
    with Session(both_engines.writing) as session:
        lonely = session.get_one(Visit, approved["lonely"])
        with pytest.raises(StillWaiting):
            release_by_hand(session, lonely, approved["quinn"], NOON, CHOSEN, [].append)
        first = session.get_one(Visit, approved["ids"][0])
        assert set(release_by_hand(session, first, approved["quinn"], NOON, CHOSEN, [].append)) == set(
            approved["ids"][:3]
        )
        steps = session.exec(select(VisitStep.by_id).where(VisitStep.to_state == "released")).all()
        assert set(steps) == {approved["quinn"]}


def test_ten_rounds_at_once_release_each_visit_once(both_engines, approved):
    def act(session):
        return len(release_due(session, NOON, CHOSEN, [].append))

    async def all_at_once():
        await asyncio.gather(
            *(jobs.round_of(both_engines, [jobs.Job("release results", act)]) for _ in range(10))
        )

    in_a_loop_of_its_own(all_at_once)
    with read(both_engines) as session:
        steps = session.exec(select(VisitStep.visit_id).where(VisitStep.to_state == "released")).all()
        assert sorted(steps, key=str) == sorted(approved["ids"][:3], key=str)


@pytest.mark.parametrize("state", list(VisitState))
def test_only_what_nobody_began_expires(both_engines, state):
    with Session(both_engines.writing) as session:
        visit = make_visit(
            session,
            make_location(session),
            make_version(session),
            None,
            state,
            due_on=NOON.date() - timedelta(3),
        )
        fresh = make_visit(
            session,
            make_location(session, "x"),
            make_version(session),
            None,
            state,
            due_on=NOON.date() - timedelta(1),
        )
        expired = expire_lapsed(session, NOON)

        begun = state not in (VisitState.PLANNED, VisitState.OFFERED, VisitState.ACCEPTED)
        assert expired == ([] if begun else [visit.id])
        assert visit.state == (state if begun else "expired")
        assert fresh.state == state


def test_the_day_of_the_place_decides(engines):
    with Session(engines.writing) as session:
        version = make_version(session)
        east = make_visit(
            session,
            make_location(session, "e", timezone="Pacific/Auckland"),
            version,
            None,
            VisitState.PLANNED,
            due_on=date(2026, 11, 1),
        )
        west = make_visit(
            session,
            make_location(session, "w", timezone="America/Los_Angeles"),
            version,
            None,
            VisitState.PLANNED,
            due_on=date(2026, 11, 1),
        )

        assert expire_lapsed(session, datetime(2026, 11, 2, 13, tzinfo=UTC)) == [east.id]
        assert west.state == "planned"


def test_the_clockwork_survives_an_error_and_stops_cleanly(engines):
    seen = []

    def broken(_session):
        raise RuntimeError("odd")

    def works(_session):
        seen.append(1)
        return 1

    async def live():
        async with jobs.running(engines, [jobs.Job("broken", broken), jobs.Job("works", works)], every=0.01):
            while len(seen) < 2:
                await asyncio.sleep(0.01)
        count = len(seen)
        await asyncio.sleep(0.05)
        return count

    assert in_a_loop_of_its_own(live) == len(seen) >= 2


@pytest.mark.parametrize(("hours", "overdue"), [(-1, True), (0, False), (1, False)])
def test_a_return_is_overdue_when_its_clock_ran_out(hours, overdue):
    assert rules.is_return_overdue(NOON + timedelta(hours=hours), NOON) is overdue
    assert rules.is_return_overdue(None, NOON) is False
