"""Planning on both engines: what is written, what is refused, and what the next person finds."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import commit
from audit_app.organisation.queries import actor_of_person
from audit_app.visits.actions import planning
from audit_app.visits.models import Draft, Evidence, Visit, VisitState, VisitStep
from audit_app.visits.rules.planning import CannotPlan
from audit_app.visits.rules.void import Voiding
from tests.factories.organisation import make_employee, make_location, make_person
from tests.factories.visits import NOON, make_revision, make_version, make_visit

TODAY = NOON.date()


class Cast:
    """Quinn plans, Mara and Sam shop, Old Town is ours and the rival is not."""

    def __init__(self, session):
        self.session = session
        self.quinn = actor_of_person(session, make_person(session, "Quinn", "quality_manager").id)
        self.mara = make_person(session, "Mara", "shopper")
        self.sam = make_person(session, "Sam", "shopper")
        self.place = make_location(session)
        self.rival = make_location(session, "rival-1", own=False)
        self.version = make_version(session)

    def plan(self, **changes):
        wanted = {
            "location": self.place,
            "version": self.version,
            "kind": "mystery",
            "channel": "in_person",
            "from_on": TODAY + timedelta(1),
            "due_on": TODAY + timedelta(9),
            "scenario": {"en": "Ask for a gift"},
        }
        return planning.plan_visit(self.session, planning.Plan(**{**wanted, **changes}), self.quinn, NOON)

    def refused(self, **changes):
        with pytest.raises(CannotPlan) as caught:
            self.plan(**changes)
        return set(caught.value.problems)


@pytest.fixture
def cast(session):
    return Cast(session)


def test_a_plan_is_written_with_its_history_and_sealed(both_engines):
    with Session(both_engines.writing) as session:
        cast = Cast(session)
        nobody = cast.plan()
        offered = cast.plan(person=cast.mara, how="offer")
        rival = cast.plan(location=cast.rival, person=cast.sam, how="assign")
        commit(session)

        assert [(v.state, v.shopper_id, v.kind) for v in (nobody, offered, rival)] == [
            ("planned", None, "mystery"),
            ("offered", cast.mara.id, "mystery"),
            ("accepted", cast.sam.id, "competitor"),
        ]
        assert nobody.planned_by == cast.quinn.id
        entries = session.exec(select(AuditEntry.action).order_by(AuditEntry.position)).all()
        assert entries == [
            "visit.planned",
            "visit.planned",
            "visit.offered",
            "visit.planned",
            "visit.accepted",
        ]
        assert verify(session).broken_at is None


def test_refusals_come_together_and_write_nothing(cast):
    eva = make_employee(cast.session, cast.rival)
    assert cast.refused(location=cast.rival, employee=eva, from_on=TODAY - timedelta(1)) == {
        "employee",
        "from_on",
    }
    assert cast.session.exec(select(Visit)).all() == []


def test_who_works_there_is_never_sent_there(cast):
    make_employee(cast.session, cast.place, person=cast.mara)
    boss = make_person(cast.session, "Bo", "shopper", "location_manager", location_id=cast.place.id)

    assert cast.refused(person=cast.mara, how="offer") == {"person"}
    assert cast.refused(person=boss, how="offer") == {"person"}
    assert cast.plan(location=make_location(cast.session, "other"), person=cast.mara, how="offer")


def test_the_rotation_holds_unless_a_reason_is_given_and_the_reason_is_kept(cast):
    make_visit(
        cast.session, cast.place, cast.version, cast.mara, VisitState.RELEASED, visited_at=NOON - timedelta(5)
    )

    assert cast.refused(person=cast.mara, how="offer") == {"rotation_reason"}
    visit = cast.plan(person=cast.mara, how="offer", rotation_reason="Nobody else is near")
    step = cast.session.exec(
        select(VisitStep).where(VisitStep.visit_id == visit.id, VisitStep.to_state == "offered")
    ).one()
    assert step.reason == "Nobody else is near"
    commit(cast.session)
    details = cast.session.exec(select(AuditEntry.details).where(AuditEntry.action == "visit.offered")).one()
    assert details["rotation_override"] is True
    assert "Nobody" not in str(details)


def test_called_off_visits_do_not_count_for_the_rotation(cast):
    for state in (VisitState.CANCELLED, VisitState.DECLINED, VisitState.EXPIRED):
        make_visit(cast.session, cast.place, cast.version, cast.mara, state)

    assert cast.plan(person=cast.mara, how="offer").state == "offered"


def test_whoever_comes_next_finds_nothing_of_whoever_was_before(cast):
    visit = cast.plan(person=cast.mara, how="assign")
    cast.session.add(Draft(visit_id=visit.id, answers={"greeted": {"answer": "no"}}))
    cast.session.add(Evidence(visit_id=visit.id, item="receipt", sha256="a" * 64, state="uploaded"))
    cast.session.flush()
    planning.give_visit(cast.session, visit, cast.sam, "offer", "", cast.quinn, NOON)

    assert (visit.state, visit.shopper_id) == ("offered", cast.sam.id)
    assert cast.session.get(Draft, visit.id) is None
    cast.session.expire_all()
    assert cast.session.exec(select(Evidence.state)).one() == "refused"


def test_a_visit_with_answers_stays_with_its_shopper(cast):
    visit = make_visit(
        cast.session, cast.place, cast.version, cast.mara, VisitState.EXPIRED, due_on=TODAY + timedelta(9)
    )
    make_revision(cast.session, visit)

    with pytest.raises(planning.HasAnswers):
        planning.give_visit(cast.session, visit, cast.sam, "offer", "", cast.quinn, NOON)


def test_an_expired_visit_gets_a_new_window_first(cast):
    visit = make_visit(
        cast.session, cast.place, cast.version, cast.mara, VisitState.EXPIRED, from_on=TODAY - timedelta(9), due_on=TODAY - timedelta(3)
    )  # fmt: skip
    with pytest.raises(CannotPlan):
        planning.give_visit(cast.session, visit, cast.sam, "offer", "", cast.quinn, NOON)
    planning.move_window(cast.session, visit, TODAY, TODAY + timedelta(5), cast.quinn, NOON)
    planning.give_visit(cast.session, visit, cast.sam, "offer", "", cast.quinn, NOON)

    assert (visit.state, visit.shopper_id, visit.from_on) == ("offered", cast.sam.id, TODAY)


@pytest.mark.parametrize("reason", ["", "   "])
def test_calling_off_and_voiding_need_a_reason(cast, reason):
    visit = cast.plan()
    with pytest.raises(planning.ReasonMissing):
        planning.cancel_visit(cast.session, visit, reason, cast.quinn, NOON)
    with pytest.raises(planning.ReasonMissing):
        planning.void_visit(cast.session, visit, Voiding(words=reason), cast.quinn, NOON, print)
    assert visit.state == "planned"
