"""Counts for the home pages: what waits for whom. One query a role, however many visits there are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from audit_app.organisation.models import Brand, Location, Person, Region
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.visits.models import Visit, VisitState


@dataclass(frozen=True)
class DeskCounts:
    """What waits at the desk of whoever runs the programme."""

    to_review: int
    oldest_waiting: datetime | None
    overdue: int
    unassigned: int
    waiting_release: int
    this_week: int


_WAITING = (
    VisitState.PLANNED,
    VisitState.OFFERED,
    VisitState.ACCEPTED,
    VisitState.STARTED,
    VisitState.SUBMITTED,
    VisitState.RETURNED,
    VisitState.APPROVED,
)


def desk_counts(session: Session, scope: Scope, now: datetime) -> DeskCounts:
    """Counts over visits that are still on their way; the index on state keeps it fast among released ones."""
    today = now.date()

    def number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    state = col(Visit.state)
    upcoming = state.in_([VisitState.PLANNED, VisitState.OFFERED, VisitState.ACCEPTED, VisitState.STARTED])
    # Without a join for those who reach everything: SQLite would walk all places, and with them all released visits.
    within = (
        []
        if scope.everything
        else [col(Visit.location_id).in_(sa.select(col(Location.id)).where(locations_within(scope)))]
    )
    row = (
        session.connection()
        .execute(
            sa.select(
                number(state == VisitState.SUBMITTED),
                func.min(case((state == VisitState.SUBMITTED, col(Visit.submitted_at)))),
                number((state == VisitState.RETURNED) & (col(Visit.return_due_at) < now)),
                number((state == VisitState.PLANNED) & (col(Visit.due_on) >= today)),
                number(state == VisitState.APPROVED),
                number(
                    upcoming
                    & (col(Visit.due_on) >= today)
                    & (col(Visit.from_on) <= today + timedelta(days=7))
                ),
            ).where(state.in_(_WAITING), *within)
        )
        .one()
    )
    return DeskCounts(row[0], row[1], row[2], row[3], row[4], row[5])


def drafts(session: Session) -> int:
    """Versions being written."""
    return session.exec(
        select(func.count()).select_from(StandardVersion).where(StandardVersion.state == VersionState.DRAFT)
    ).one()


def published(session: Session) -> int:
    """Standards in force."""
    return session.exec(
        select(func.count(sa.distinct(col(StandardVersion.standard_id)))).where(
            StandardVersion.state == VersionState.PUBLISHED
        )
    ).one()


@dataclass(frozen=True)
class SetUp:
    """How far the installation is: what an administrator still has to bring in."""

    people: int
    without_password: int
    locations: int
    brands: int
    regions: int


def set_up(session: Session) -> SetUp:
    """Counts of what there is."""
    row = (
        session.connection()
        .execute(
            sa.select(
                sa.select(func.count()).select_from(Person).where(col(Person.active)).scalar_subquery(),
                sa.select(func.count())
                .select_from(Person)
                .where(col(Person.active), col(Person.password_hash).is_(None))
                .scalar_subquery(),
                sa.select(func.count()).select_from(Location).where(col(Location.active)).scalar_subquery(),
                sa.select(func.count()).select_from(Brand).scalar_subquery(),
                sa.select(func.count()).select_from(Region).scalar_subquery(),
            )
        )
        .one()
    )
    return SetUp(*row)


def own_location(session: Session, scope: Scope) -> Location | None:
    """The one place of a location manager, or the first of several."""
    if scope.nothing or scope.everything:
        return None
    return session.exec(
        select(Location).where(locations_within(scope), col(Location.active)).order_by(Location.name).limit(1)
    ).first()
