"""Loading one visit: found and permitted are one question, and everything else is `NotFound`.

Nobody selects a visit by its id anywhere else. `for_change=True` locks the row (PostgreSQL; SQLite has one writer).
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Location, Role
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor
from audit_app.visits.models import Visit, VisitKind, VisitState

DESK = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)
"""Roles that plan visits and see all of them."""
REVIEWERS = (Role.QUALITY_MANAGER, Role.REVIEWER)
RESULT_READERS = (
    Role.QUALITY_MANAGER,
    Role.REVIEWER,
    Role.ADMINISTRATOR,
    Role.EXECUTIVE,
    Role.TRAINER,
    Role.PROCESS_OWNER,
    Role.REGION_MANAGER,
    Role.LOCATION_MANAGER,
)
"""Roles that read results of whole visits; the last two only their places, and only what was released."""


def _one(session: Session, visit_id: UUID, condition: ColumnElement[bool], for_change: bool) -> Visit:
    question = (
        select(Visit)
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(Visit.id == visit_id, condition)
    )
    if for_change:
        question = question.with_for_update(of=Visit)
    found = session.exec(question).one_or_none()
    if found is None:
        raise NotFound
    return found


_OWN = sa.select(Visit).where(
    col(Visit.id) == sa.bindparam("visit"), col(Visit.shopper_id) == sa.bindparam("shopper")
)
"""Built once: every page and every save of whoever fills a form asks it."""


def visit_of_shopper(session: Session, visit_id: UUID, actor: Actor, *, for_change: bool = False) -> Visit:
    """A visit assigned to this shopper or auditor."""
    question = _OWN.with_for_update() if for_change else _OWN
    found = session.scalars(question, {"visit": visit_id, "shopper": actor.id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def visit_of_desk(session: Session, visit_id: UUID, actor: Actor, *, for_change: bool = False) -> Visit:
    """A visit as planners and reviewers see it, within the reach of their role."""
    scope = actor.scope(*DESK, Role.REVIEWER)
    return _one(session, visit_id, locations_within(scope), for_change)


def visit_to_plan(session: Session, visit_id: UUID, actor: Actor) -> Visit:
    """A visit this planner may give, move, call off or release; locked for change."""
    return _one(session, visit_id, locations_within(actor.scope(*DESK)), for_change=True)


def visit_for_review(session: Session, visit_id: UUID, actor: Actor, *, for_change: bool = False) -> Visit:
    """A visit this reviewer may decide on: in reach, and not made by themselves."""
    scope = actor.scope(*REVIEWERS)
    condition = and_(locations_within(scope), col(Visit.shopper_id).is_distinct_from(actor.id))
    return _one(session, visit_id, condition, for_change)


def result_readable_by(actor: Actor) -> ColumnElement[bool]:
    """The condition on Visit + Location that a result page of this visit may be shown to the actor.

    Headquarters read approved and released visits; places read released ones of their own locations, never
    competitors' (`locations_within` reaches those only network-wide).
    """
    headquarters = actor.scope(
        *(role for role in RESULT_READERS if role not in (Role.REGION_MANAGER, Role.LOCATION_MANAGER))
    )
    places = actor.scope(Role.REGION_MANAGER, Role.LOCATION_MANAGER)
    seen = and_(
        locations_within(headquarters), col(Visit.state).in_([VisitState.APPROVED, VisitState.RELEASED])
    )
    if not places.nothing:
        own = and_(
            locations_within(places),
            col(Visit.state) == VisitState.RELEASED,
            col(Visit.kind) != VisitKind.COMPETITOR,
        )
        return seen | own
    return seen


def visit_with_result(session: Session, visit_id: UUID, actor: Actor) -> Visit:
    """A visit whose result this reader may see."""
    return _one(session, visit_id, result_readable_by(actor), for_change=False)
