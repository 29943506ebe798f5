"""Results of places: means with intervals from the sums by month. Constant queries whatever the number of visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from audit_app.kit.i18n import format_day
from audit_app.organisation.models import Brand, Location, Region
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.scoring.models import ResultMonth
from audit_app.scoring.rules.intervals import Estimate, mean_of_sums
from audit_app.visits.models import VisitKind

OWN_KINDS = (VisitKind.MYSTERY, VisitKind.AUDIT)
PAGE = 50


@dataclass(frozen=True)
class PlaceRow:
    """One location or region in a list; scores in tenths of a percent."""

    id: UUID
    name: str
    about: str
    score: Estimate
    passed: int
    judged: int


@dataclass(frozen=True)
class MonthPoint:
    """One month of a trend."""

    month: date
    score: Estimate


def months_back(today: date, n: int) -> list[date]:
    """The first days of the last n months, oldest first, the present one included."""
    whole = today.year * 12 + today.month - 1
    return [date(m // 12, m % 12 + 1, 1) for m in range(whole - n + 1, whole + 1)]


_SUMS = (
    func.coalesce(func.sum(ResultMonth.n), 0),
    func.coalesce(func.sum(ResultMonth.total), 0),
    func.coalesce(func.sum(ResultMonth.squares), 0),
    func.coalesce(func.sum(ResultMonth.passed), 0),
    func.coalesce(func.sum(ResultMonth.judged), 0),
)


def _own_since(since: date) -> ColumnElement[bool]:
    return and_(col(ResultMonth.month) >= since, col(ResultMonth.kind).in_(OWN_KINDS))


def places(
    session: Session,
    scope: Scope,
    since: date,
    *,
    region_id: UUID | None = None,
    search: str = "",
    sort: str = "name",
    page: int = 1,
) -> tuple[list[PlaceRow], int]:
    """Own locations in reach with their mean since that month; a page of 50 and the number of all."""
    conditions = [locations_within(scope), col(Brand.own), col(Location.active)]
    if region_id:
        conditions.append(col(Location.region_id) == region_id)
    if search:
        like = f"%{search.lower().replace('%', '').replace('_', '')}%"
        conditions.append(func.lower(Location.name).like(like) | func.lower(Location.city).like(like))
    total = session.exec(
        select(func.count())
        .select_from(Location)
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .where(*conditions)
    ).one()
    mean = func.sum(ResultMonth.total) * 1.0 / func.nullif(func.sum(ResultMonth.n), 0)
    order: dict[str, ColumnElement[Any]] = {
        "name": col(Location.name).asc(),
        "-name": col(Location.name).desc(),
        "score": mean.asc().nulls_last(),
        "-score": mean.desc().nulls_last(),
        "n": func.coalesce(func.sum(ResultMonth.n), 0).asc(),
        "-n": func.coalesce(func.sum(ResultMonth.n), 0).desc(),
    }
    rows = session.connection().execute(
        sa.select(col(Location.id), col(Location.name), col(Location.city), col(Region.name), *_SUMS)
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .outerjoin(ResultMonth, and_(col(ResultMonth.location_id) == col(Location.id), _own_since(since)))
        .where(*conditions)
        .group_by(col(Location.id), col(Location.name), col(Location.city), col(Region.name))
        .order_by(order.get(sort, order["name"]), col(Location.name))
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    return [
        PlaceRow(
            r[0], r[1], " · ".join(x for x in (r[2], r[3]) if x), mean_of_sums(r[4], r[5], r[6]), r[7], r[8]
        )
        for r in rows
    ], total


def regions(session: Session, scope: Scope, since: date) -> list[PlaceRow]:
    """Regions in reach with their means."""
    rows = session.connection().execute(
        sa.select(col(Region.id), col(Region.name), *_SUMS)
        .join(Location, col(Location.region_id) == col(Region.id))
        .join(Brand, and_(col(Brand.id) == col(Location.brand_id), col(Brand.own)))
        .outerjoin(ResultMonth, and_(col(ResultMonth.location_id) == col(Location.id), _own_since(since)))
        .where(locations_within(scope))
        .group_by(col(Region.id), col(Region.name))
        .order_by(col(Region.name))
    )
    return [PlaceRow(r[0], r[1], "", mean_of_sums(r[2], r[3], r[4]), r[5], r[6]) for r in rows]


def brands(session: Session, since: date) -> list[PlaceRow]:
    """All brands, ours first, for the competitor benchmark: own mystery visits beside visits at competitors'."""
    kinds = col(ResultMonth.kind).in_([VisitKind.MYSTERY, VisitKind.COMPETITOR])
    rows = session.connection().execute(
        sa.select(col(Brand.id), col(Brand.name), col(Brand.own), *_SUMS)
        .join(Location, col(Location.brand_id) == col(Brand.id))
        .outerjoin(
            ResultMonth,
            and_(col(ResultMonth.location_id) == col(Location.id), col(ResultMonth.month) >= since, kinds),
        )
        .group_by(col(Brand.id), col(Brand.name), col(Brand.own))
        .order_by(col(Brand.own).desc(), col(Brand.name))
    )
    return [
        PlaceRow(r[0], r[1], "own" if r[2] else "", mean_of_sums(r[3], r[4], r[5]), r[6], r[7]) for r in rows
    ]


def whole(session: Session, scope: Scope, since: date, location_id: UUID | None = None) -> Estimate:
    """The mean of everything in reach since that month."""
    rows = session.connection().execute(
        sa.select(*_SUMS[:3])
        .select_from(ResultMonth)
        .join(Location, col(Location.id) == col(ResultMonth.location_id))
        .where(
            _own_since(since),
            locations_within(scope),
            *([col(Location.id) == location_id] if location_id else []),
        )
    )
    n, total, squares = rows.one()
    return mean_of_sums(n, total, squares)


def trend(
    session: Session, scope: Scope, months: Sequence[date], location_id: UUID | None = None
) -> list[MonthPoint]:
    """One point a month, months without visits included."""
    rows = session.connection().execute(
        sa.select(col(ResultMonth.month), *_SUMS[:3])
        .join(Location, col(Location.id) == col(ResultMonth.location_id))
        .where(
            _own_since(months[0]),
            locations_within(scope),
            *([col(Location.id) == location_id] if location_id else []),
        )
        .group_by(col(ResultMonth.month))
    )
    found = {row[0]: mean_of_sums(row[1], row[2], row[3]) for row in rows}
    return [MonthPoint(month, found.get(month, Estimate(0, None))) for month in months]


def drawn(points: Sequence[MonthPoint]) -> list[dict[str, object]]:
    """The points as the chart macros want them: shares 0..1 and the month's name."""
    return [
        {
            "label": format_day(point.month, "LLL yy"),
            "value": None if point.score.value is None else point.score.value / 1000,
            "low": None if point.score.low is None else point.score.low / 1000,
            "high": None if point.score.high is None else point.score.high / 1000,
            "n": point.score.n,
        }
        for point in points
    ]
