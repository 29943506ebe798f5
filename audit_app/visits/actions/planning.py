"""Planning at the desk: plan, offer, assign, take back, move the window, call off, declare void.

Every function gets the visit loaded for change (`queries.access`), asks the rules first and writes afterwards, so a
refusal leaves nothing behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import update
from sqlmodel import Session, col, delete

from audit_app.kit import audit
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.organisation.models import Employee, Location, Person
from audit_app.organisation.rules import Actor
from audit_app.standards.models import StandardVersion
from audit_app.visits.actions.steps import move
from audit_app.visits.events import VisitVoided
from audit_app.visits.models import (
    Draft,
    Evidence,
    EvidenceState,
    Review,
    ReviewDecision,
    Visit,
    VisitState,
    VisitStep,
)
from audit_app.visits.queries import planning as facts
from audit_app.visits.rules import planning as rules
from audit_app.visits.rules.void import CAUSES, ReasonMissing, Voiding, is_paid

How = Literal["nobody", "offer", "assign"]
Tell = Callable[[object], None]


class HasAnswers(AuditError):
    """This visit has answers already, so it stays with its shopper. Plan another one like it instead."""

    code = "has_answers"


@dataclass(frozen=True)
class Plan:
    """A visit as somebody wants it; places and people are loaded already."""

    location: Location
    version: StandardVersion
    kind: str
    channel: str
    from_on: date
    due_on: date
    scenario: dict[str, str]
    employee: Employee | None = None
    person: Person | None = None
    how: How = "nobody"
    rotation_reason: str = ""


def plan_visit(session: Session, plan: Plan, actor: Actor, now: datetime) -> Visit:
    """Plan a visit, and offer or give it to somebody when they are named; raises `CannotPlan` with all reasons."""
    place = facts.place_facts(session, plan.location, now)
    kind = rules.kind_at(place, plan.kind)
    problems = rules.plan_problems(
        place,
        facts.checklist_facts(plan.version),
        kind,
        plan.channel,
        plan.from_on,
        plan.due_on,
        with_employee=plan.employee is not None,
    )
    if plan.person and plan.how != "nobody":
        problems |= _against(session, plan.person, plan.location, kind, plan)
    if problems:
        raise rules.CannotPlan(problems)
    visit = Visit(
        location_id=plan.location.id,
        version_id=plan.version.id,
        kind=kind,
        channel=plan.channel,
        employee_id=plan.employee.id if plan.employee else None,
        from_on=plan.from_on,
        due_on=plan.due_on,
        scenario=plan.scenario,
        planned_by=actor.id,
        planned_at=now,
    )
    session.add(visit)
    session.flush()
    session.add(VisitStep(visit_id=visit.id, at=now, to_state=VisitState.PLANNED, by_id=actor.id))
    audit.record(session, actor.id, "visit.planned", "visit", visit.id, at=now, kind=kind)
    if plan.person and plan.how != "nobody":
        _give(session, visit, plan.person, plan.how, plan.rotation_reason, actor, now)
    return visit


def _against(
    session: Session, person: Person, location: Location, kind: str, window: Plan | Visit, reason: str = ""
) -> dict[str, rules.Problem]:
    return rules.person_problems(
        facts.candidate_facts(
            session, person, location, besides=window.id if isinstance(window, Visit) else None
        ),
        kind,
        rules.Stay(window.from_on, window.due_on),
        rotation_reason=window.rotation_reason if isinstance(window, Plan) else reason,
    )


def _give(
    session: Session, visit: Visit, person: Person, how: How, why: str, actor: Actor, now: datetime
) -> None:
    visit.shopper_id = person.id
    to = VisitState.ACCEPTED if how == "assign" else VisitState.OFFERED
    # The reason to break the rotation is kept in the step; the log only says that there was one.
    move(session, visit, to, actor.id, now, reason=why, person=str(person.id), rotation_override=bool(why))


def give_visit(
    session: Session,
    visit: Visit,
    person: Person,
    how: Literal["offer", "assign"],
    rotation_reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Offer the visit to somebody, or accept it on their behalf; whoever had it before loses it."""
    location = session.get_one(Location, visit.location_id)
    place = facts.place_facts(session, location, now)
    problems = _against(session, person, location, visit.kind, visit, rotation_reason)
    if visit.due_on < place.today:
        problems["person"] = rules.Problem(
            _("The window of this visit is over. Move the window first, then choose who goes.")
        )
    if problems:
        raise rules.CannotPlan(problems)
    if visit.state != VisitState.PLANNED:
        take_back(session, visit, actor, now)
    _give(session, visit, person, how, rotation_reason.strip(), actor, now)


def take_back(session: Session, visit: Visit, actor: Actor, now: datetime, reason: str = "") -> None:
    """Make the visit planned again, with nobody named and nothing of what the last person began."""
    if visit.revision_id is not None:
        raise HasAnswers
    move(session, visit, VisitState.PLANNED, actor.id, now, reason=reason, person=str(visit.shopper_id))
    visit.shopper_id = None
    visit.started_at = None
    session.exec(delete(Draft).where(col(Draft.visit_id) == visit.id))
    session.connection().execute(
        update(Evidence)
        .where(col(Evidence.visit_id) == visit.id)
        .values(state=EvidenceState.REFUSED, reason="The visit was given to somebody else.")
    )


def move_window(
    session: Session, visit: Visit, from_on: date, due_on: date, actor: Actor, now: datetime
) -> None:
    """Give the visit other days; one that expired or was declined becomes planned again."""
    location = session.get_one(Location, visit.location_id)
    today = facts.place_facts(session, location, now).today
    # A window that has begun may keep its first day.
    begun = from_on == visit.from_on and from_on < today
    problems = rules.window_problems(max(from_on, today) if begun else from_on, due_on, today)
    if problems:
        raise rules.CannotPlan(problems)
    if visit.state in (VisitState.DECLINED, VisitState.EXPIRED):
        take_back(session, visit, actor, now)
    elif visit.state not in (VisitState.PLANNED, VisitState.OFFERED, VisitState.ACCEPTED):
        raise AuditError(_("The days of a visit cannot be moved any more once it has begun."))
    else:
        audit.record(session, actor.id, "visit.window_moved", "visit", visit.id, at=now)
        session.add(
            VisitStep(
                visit_id=visit.id,
                at=now,
                from_state=visit.state,
                to_state=visit.state,
                by_id=actor.id,
                reason=f"{visit.from_on}–{visit.due_on} → {from_on}–{due_on}",
            )
        )
    visit.from_on, visit.due_on = from_on, due_on
    session.add(visit)


def cancel_visit(session: Session, visit: Visit, reason: str, actor: Actor, now: datetime) -> None:
    """Call the visit off; it keeps its history."""
    move(session, visit, VisitState.CANCELLED, actor.id, now, reason=_needed(reason))


def void_visit(
    session: Session, visit: Visit, said: Voiding, actor: Actor, now: datetime, announce: Tell
) -> None:
    """Declare that the visit does not count: the shopper was recognised, the place was closed; paid or not by rule."""
    paid = is_paid(said)
    why = reason_of(said)
    decided = visit.state in (VisitState.SUBMITTED, VisitState.APPROVED, VisitState.RELEASED)
    was_released = visit.state == VisitState.RELEASED
    visit.void_paid = paid if visit.shopper_id else None
    move(
        session, visit, VisitState.VOID, actor.id, now, reason=why,
        paid=visit.void_paid, cause=said.cause if said.by_rule is not None else "",
    )  # fmt: skip
    if decided:
        session.add(
            Review(
                visit_id=visit.id,
                revision_id=visit.revision_id,
                decision=ReviewDecision.VOID,
                note=why,
                by_id=actor.id,
                at=now,
            )
        )
    session.flush()
    announce(VisitVoided(visit.id, was_released))


def reason_of(said: Voiding) -> str:
    """The common reason and the words beside it, as the history keeps them."""
    common = CAUSES.get(said.cause)
    parts = [_t(common.text) if common else "", said.words.strip()]
    return " ".join(part for part in parts if part)[:2000]


def _needed(reason: str) -> str:
    said = reason.strip()[:2000]
    if not said:
        raise ReasonMissing
    return said
