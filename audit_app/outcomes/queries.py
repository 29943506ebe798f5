"""Questions of the coverage page: sums by location, weeks of the shown ones, doubtful values with their rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.kit.i18n import zone
from audit_app.organisation.models import Brand, Location, Region
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.outcomes.models import OutcomeDay, OutcomeDoubt, OutcomeMeasure, OutcomeSource, OutcomeWeek
from audit_app.outcomes.rules.coverage import WEEKS, Lack, Sums, Week, filled, first_monday, monday_of
from audit_app.visits.models import Visit, VisitKind, VisitState

PAGE: Final = 50
DOUBTS_PAGE: Final = 100
_COUNTING: Final = (
    col(Visit.state).in_([VisitState.APPROVED, VisitState.RELEASED]),
    col(Visit.kind).in_([VisitKind.MYSTERY, VisitKind.AUDIT]),
)


@dataclass(frozen=True)
class Place:
    """One of our own locations with its sums."""

    id: UUID
    code: str
    name: str
    region: str
    timezone: str
    sums: Sums


def places(session: Session, scope: Scope, today: date, only: UUID | None = None) -> list[Place]:
    """All our own locations in reach, or one of them: three questions, whatever their number."""
    this: list[Any] = [] if only is None else [col(Location.id) == only]
    its_weeks: list[Any] = [] if only is None else [col(OutcomeWeek.location_id) == only]
    its_visits: list[Any] = [] if only is None else [col(Visit.location_id) == only]
    first = first_monday(today)
    connection = session.connection()
    rows: Any = connection.execute(
        sa.select(
            col(Location.id),
            col(Location.code),
            col(Location.name),
            sa.func.coalesce(col(Region.name), ""),
            col(Location.timezone),
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .where(col(Brand.own), col(Location.active), locations_within(scope), *this)
        .order_by(col(Location.name), col(Location.id))
    ).all()
    weeks: Any = connection.execute(
        sa.select(
            col(OutcomeWeek.location_id),
            sa.func.count(),
            sa.func.sum(sa.case((col(OutcomeWeek.full) == 7, 1), else_=0)),
            sa.func.sum(col(OutcomeWeek.full)),
            sa.func.sum(col(OutcomeWeek.doubts)),
            sa.func.min(col(OutcomeWeek.monday)),
            sa.func.max(col(OutcomeWeek.monday)),
        )
        .where(col(OutcomeWeek.monday) >= first, col(OutcomeWeek.monday) < monday_of(today), *its_weeks)
        .group_by(col(OutcomeWeek.location_id))
    )
    sums = {
        row[0]: Sums(row[1], int(row[2]), int(row[3]), int(row[4]), row[5], row[6])
        for row in map(tuple, weeks)
    }
    made: Any = connection.execute(
        sa.select(col(Visit.location_id), sa.func.count())
        .where(*_COUNTING, col(Visit.visited_at) >= _moment(first), *its_visits)
        .group_by(col(Visit.location_id))
    )
    visits: dict[UUID, int] = dict(map(tuple, made))
    return [
        Place(key, code, name, region, clock, replace(sums.get(key, Sums()), visits=visits.get(key, 0)))
        for key, code, name, region, clock in map(tuple, rows)
    ]


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def chosen(found: Sequence[Place], *, lack: Lack | None, search: str, today: date) -> list[Place]:
    """Those that lack something, or whose name or code is searched for."""
    word = search.strip().casefold()
    return [
        one
        for one in found
        if (lack is None or lack in one.sums.lacks(today))
        and (not word or word in one.name.casefold() or word in one.code.casefold())
    ]


def weeks_of(session: Session, shown: Sequence[Place], today: date) -> dict[UUID, list[Week]]:
    """The weeks of the shown locations; a visit belongs to the week on the location's own calendar."""
    first = first_monday(today)
    ids = [one.id for one in shown]
    known: dict[UUID, dict[date, Week]] = {key: {} for key in ids}
    connection = session.connection()
    sums: Any = connection.execute(
        sa.select(
            col(OutcomeWeek.location_id),
            col(OutcomeWeek.monday),
            col(OutcomeWeek.days),
            col(OutcomeWeek.full),
            col(OutcomeWeek.doubts),
        ).where(col(OutcomeWeek.location_id).in_(ids), col(OutcomeWeek.monday) >= first)
    )
    for key, *values in sums:
        week = Week(*values)
        known[key][week.monday] = week
    zones = {one.id: zone(one.timezone) for one in shown}
    made: Any = connection.execute(
        sa.select(col(Visit.location_id), col(Visit.visited_at)).where(
            *_COUNTING, col(Visit.location_id).in_(ids), col(Visit.visited_at) >= _moment(first)
        )
    )
    for key, moment in made:
        monday = monday_of(moment.astimezone(zones[key]).date())
        week = known[key].get(monday, Week(monday))
        known[key][monday] = replace(week, visits=week.visits + 1)
    return {key: filled(first, weeks) for key, weeks in known.items()}


@dataclass(frozen=True)
class DoubtRow:
    """A doubtful value and the whole day it stands in."""

    location_id: UUID
    location: str
    day: date
    kind: str
    measure: str
    value: float
    usual: float | None
    row: dict[str, Any]


def doubts(
    session: Session, scope: Scope, *, location_id: UUID | None = None, kind: str = "", page: int = 1
) -> tuple[list[DoubtRow], int]:
    """Doubtful values in reach, the newest first, each with its row; and how many there are."""
    conditions: list[Any] = [locations_within(scope)]
    if location_id:
        conditions.append(col(OutcomeDoubt.location_id) == location_id)
    if kind:
        conditions.append(col(OutcomeDoubt.kind) == kind)
    connection = session.connection()
    total = connection.execute(
        sa.select(sa.func.count())
        .select_from(OutcomeDoubt)
        .join(Location, col(Location.id) == col(OutcomeDoubt.location_id))
        .where(*conditions)
    ).scalar_one()
    rows: Any = connection.execute(
        sa.select(
            col(OutcomeDoubt.location_id),
            col(Location.name),
            col(OutcomeDoubt.day),
            col(OutcomeDoubt.kind),
            col(OutcomeDoubt.measure),
            col(OutcomeDoubt.value),
            col(OutcomeDoubt.usual),
            col(OutcomeDay.visitors),
            col(OutcomeDay.transactions),
            col(OutcomeDay.revenue_cents),
            col(OutcomeDay.complaints),
        )
        .join(Location, col(Location.id) == col(OutcomeDoubt.location_id))
        .join(
            OutcomeDay,
            (col(OutcomeDay.location_id) == col(OutcomeDoubt.location_id)) & (col(OutcomeDay.day) == col(OutcomeDoubt.day)),
        )
        .where(*conditions)
        .order_by(col(OutcomeDoubt.day).desc(), col(Location.name), col(OutcomeDoubt.kind), col(OutcomeDoubt.measure))
        .limit(DOUBTS_PAGE)
        .offset((page - 1) * DOUBTS_PAGE)
    )  # fmt: skip
    names = ("visitors", "transactions", "revenue", "complaints")
    return [
        DoubtRow(
            location_id=row[0],
            location=row[1],
            day=row[2],
            kind=row[3],
            measure=row[4],
            value=row[5],
            usual=row[6],
            row={name: _shown(name, value) for name, value in zip(names, row[7:], strict=True)},
        )
        for row in map(tuple, rows)
    ], total


def _shown(name: str, value: int | None) -> float | None:
    return None if value is None else value / 100 if name == "revenue" else value


def measures(session: Session) -> list[str]:
    """Names of further measures, as their owner writes them."""
    return [
        row.heading or row.name
        for row in session.exec(select(OutcomeMeasure).order_by(OutcomeMeasure.name)).all()
    ]


def days_of_week(session: Session, location_id: UUID, monday: date) -> list[OutcomeDay]:
    """The rows of one week."""
    return list(
        session.exec(
            select(OutcomeDay)
            .where(
                OutcomeDay.location_id == location_id,
                col(OutcomeDay.day) >= monday,
                col(OutcomeDay.day) < monday + timedelta(days=7),
            )
            .order_by(col(OutcomeDay.day))
        ).all()
    )


def sources(session: Session) -> list[OutcomeSource]:
    """All declared sources."""
    return list(session.exec(select(OutcomeSource).order_by(OutcomeSource.name)).all())


def source_named(session: Session, name: str) -> OutcomeSource | None:
    """The source of that name."""
    return session.exec(select(OutcomeSource).where(OutcomeSource.name == name)).one_or_none()


__all__ = [
    "PAGE", "WEEKS", "DoubtRow", "Place", "chosen", "days_of_week", "doubts", "measures", "places", "source_named",
    "sources", "weeks_of",
]  # fmt: skip
