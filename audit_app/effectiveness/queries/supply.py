"""What data there is before a study runs: visits, locations, weeks, measures, and what cannot work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.effectiveness.rules.plan import USUAL, Model, Outcome
from audit_app.kit.i18n import _
from audit_app.organisation.models import Brand, Location
from audit_app.outcomes.models import OutcomeDay, OutcomeMeasure, OutcomeWeek
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.visits.models import Visit, VisitKind, VisitState

LEAST_LOCATIONS = 5
LEAST_WEEKS = 8
GOOD_LOCATIONS = 40
GOOD_WEEKS = 52
NPS = Outcome("nps", "nps_points", "survey_answers", 1, Model.MEAN, 5.0)
SURVEY = ("promoters", "passives", "detractors")
FEW_OUTCOMES = ("returns",)
"""Further measures per transaction of which fewer is better."""


@dataclass(frozen=True)
class Supply:
    """Counts of what a study of this period would see."""

    visits: int
    visited: int
    """Locations with two visits or more."""
    numbered: int
    """Of these: with numbers of customers."""
    weeks: int
    weeks_with_numbers: int
    measures: tuple[str, ...]

    @property
    def refusal(self) -> str:
        """Why it cannot work, as a msgid; empty when it can."""
        if self.weeks < LEAST_WEEKS:
            return _("The period is shorter than eight weeks. Choose a longer one: a year is a good start.")
        if not self.visits:
            return _("No approved visit of this standard lies in the period. Choose another period.")
        if self.visited < LEAST_LOCATIONS:
            return _(
                "Fewer than five locations have two visits or more, so nothing could be compared with itself."
            )
        if not self.measures:
            return _(
                "There are no numbers of customers in this period. Bring visitors, transactions and revenue by location and day first."
            )
        if self.numbered < LEAST_LOCATIONS:
            return _("Fewer than five of the visited locations have numbers of customers.")
        return ""

    @property
    def thin(self) -> str:
        """A warning where little will be settled, as a msgid."""
        if self.visited < GOOD_LOCATIONS or self.weeks < GOOD_WEEKS // 2:
            return _(
                "This is little: most items will come out as “not enough data”, which is honest and no verdict. More locations help more than more visits to each."
            )
        return ""


def standards_with_visits(session: Session) -> list[Standard]:
    """Standards that were ever published, by code."""
    return list(
        session.exec(
            select(Standard)
            .where(
                col(Standard.id).in_(
                    select(StandardVersion.standard_id).where(StandardVersion.state != VersionState.DRAFT)
                )
            )
            .order_by(Standard.code)
        ).all()
    )


def usual_period(session: Session, standard_id: UUID, today: date) -> tuple[date, date]:
    """The last two years of visits, in whole weeks from Monday to Sunday."""
    last_sunday = today - timedelta(days=today.isoweekday())
    first = session.exec(
        select(sa.func.min(Visit.visited_at))
        .join(StandardVersion, col(StandardVersion.id) == col(Visit.version_id))
        .where(StandardVersion.standard_id == standard_id, col(Visit.visited_at).is_not(None))
    ).one()
    begin = last_sunday - timedelta(weeks=104) + timedelta(days=1)
    if first is not None:
        monday = first.date() - timedelta(days=first.date().weekday())
        begin = max(begin, monday)
    return begin, last_sunday


def whole_history(
    session: Session, standard_id: UUID, since: date | None = None, until: date | None = None
) -> tuple[date, date] | None:
    """All there is: from the first day with numbers (earlier by whole weeks where visits began earlier) to the end of
    the week of the last; None where nobody brought numbers. What is asked for instead is taken as it stands."""
    # Asked location by location: the first and the last day of one are found without reading those in between.
    ends = (
        sa.select(
            *(
                sa.select(end(col(OutcomeDay.day)))
                .where(col(OutcomeDay.location_id) == col(Location.id))
                .correlate(Location)
                .scalar_subquery()
                .label(name)
                for name, end in (("first", sa.func.min), ("last", sa.func.max))
            )
        )
        .select_from(Location)
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .where(col(Brand.own))
    ).subquery()
    days = session.exec(select(sa.func.min(ends.c.first), sa.func.max(ends.c.last))).one()
    if days[0] is None or days[1] is None:
        return None
    # A visit's day is told by the clock on its own wall.
    made = _by_place(standard_id, col(Visit.visited_at).is_not(None))
    visits = session.exec(
        select(Location.timezone, sa.func.min(made.c.first), sa.func.max(made.c.last))
        .join(made, made.c.location_id == col(Location.id))
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .where(col(Brand.own))
        .group_by(col(Location.timezone))
    ).all()
    zoned = [(ZoneInfo(zone), begin, end) for zone, begin, end in visits if begin and end]
    earliest = min([days[0], *(begin.astimezone(zone).date() for zone, begin, _end in zoned)])
    latest = max([days[1], *(end.astimezone(zone).date() for zone, _begin, end in zoned)])
    first = since or days[0] - timedelta(weeks=-(-(days[0] - earliest).days // 7))
    return first, until or first + timedelta(weeks=(latest - first).days // 7 + 1, days=-1)


def _by_place(standard_id: UUID, *conditions: Any) -> Any:
    """Per location: how many visits of the standard count, the first and the last of them."""
    # An index holds all that is asked here in the order of the locations; the empty text keeps SQLite from taking one by
    # state instead, which sends it to 200,000 rows.
    state = sa.type_coerce(col(Visit.state), sa.String).concat("")
    versions = select(StandardVersion.id).where(StandardVersion.standard_id == standard_id)
    return (
        sa.select(
            col(Visit.location_id).label("location_id"),
            sa.func.count().label("n"),
            sa.func.min(col(Visit.visited_at)).label("first"),
            sa.func.max(col(Visit.visited_at)).label("last"),
        )
        .where(
            col(Visit.version_id).in_(versions),
            state.in_([str(VisitState.APPROVED), str(VisitState.RELEASED)]),
            col(Visit.kind).in_([VisitKind.MYSTERY, VisitKind.AUDIT]),
            *conditions,
        )
        .group_by(col(Visit.location_id))
        .subquery()
    )


def supply_of(session: Session, standard_id: UUID, from_on: date, to_on: date) -> Supply:
    """What there is. Three short questions; the exact selection is made by the study itself."""
    weeks = max(0, ((to_on - from_on).days + 1) // 7)
    begin = datetime.combine(from_on, time(), tzinfo=UTC)
    end = datetime.combine(to_on + timedelta(days=1), time(), tzinfo=UTC)
    per_place = _by_place(standard_id, col(Visit.visited_at) >= begin, col(Visit.visited_at) < end)
    weekly = (
        sa.select(
            col(OutcomeWeek.location_id).label("location_id"),
            sa.func.count().label("weeks"),
            *(
                sa.func.count(column).label(name)
                for name, column in (
                    ("visitors", col(OutcomeWeek.visitors)),
                    ("transactions", col(OutcomeWeek.transactions)),
                    ("revenue", col(OutcomeWeek.revenue_cents)),
                    ("complaints", col(OutcomeWeek.complaints)),
                )
            ),
        )
        .where(col(OutcomeWeek.monday) >= from_on, col(OutcomeWeek.monday) <= to_on)
        .group_by(col(OutcomeWeek.location_id))
    ).subquery()
    names = ("visitors", "transactions", "revenue", "complaints")
    row = (
        session.connection()
        .execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(per_place.c.n), 0),
                sa.func.coalesce(sa.func.sum(sa.case((per_place.c.n >= 2, 1), else_=0)), 0),
                sa.func.coalesce(
                    sa.func.sum(
                        sa.case(((per_place.c.n >= 2) & (weekly.c.location_id.is_not(None)), 1), else_=0)
                    ),
                    0,
                ),
                sa.func.coalesce(sa.func.sum(weekly.c.weeks), 0),
                *(sa.func.coalesce(sa.func.sum(weekly.c[name]), 0) for name in names),
            ).select_from(
                sa.join(per_place, Location, col(Location.id) == per_place.c.location_id)
                .join(Brand, (col(Brand.id) == col(Location.brand_id)) & col(Brand.own))
                .outerjoin(weekly, weekly.c.location_id == per_place.c.location_id)
            )
        )
        .one()
    )  # fmt: skip
    further = session.exec(select(OutcomeMeasure.name).order_by(OutcomeMeasure.name)).all()
    present = [name for name, count in zip(names, row[4:], strict=True) if count]
    return Supply(
        visits=int(row[0]),
        visited=int(row[1]),
        numbered=int(row[2]),
        weeks=weeks,
        weeks_with_numbers=int(row[3]),
        measures=(*present, *further) if present else (),
    )


def possible_outcomes(measures: Sequence[str]) -> tuple[Outcome, ...]:
    """Outcomes whose measures are there: the usual ones, NPS of a survey, returns per transaction."""
    known = set(measures)
    found = [one for one in USUAL if {one.count, one.exposure} <= known]
    if set(SURVEY) <= known:
        found.append(NPS)
    found += [
        Outcome(name, name, "transactions", -1, Model.POISSON, 0.09)
        for name in FEW_OUTCOMES
        if name in known and "transactions" in known
    ]
    return tuple(found)


def possible_covariates(measures: Sequence[str], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Further measures that may be held constant: none that an outcome is made of."""
    used = {one.count for one in outcomes} | {one.exposure for one in outcomes}
    return tuple(
        name
        for name in measures
        if name not in used | {"visitors", "survey_invited", *SURVEY, "repeat_customers", "nps_points", "survey_answers"}
    )  # fmt: skip


def revenue_month(session: Session, from_on: date, to_on: date) -> float | None:
    """Revenue of a usual location in a usual month of the period."""
    # First by location, in whose order the weeks lie: an index by week would be asked 100,000 times.
    places = (
        sa.select(
            sa.func.sum(OutcomeWeek.revenue_cents).label("cents"), sa.func.sum(OutcomeWeek.days).label("days")
        )
        .where(
            col(OutcomeWeek.monday) >= from_on,
            col(OutcomeWeek.monday) <= to_on,
            col(OutcomeWeek.revenue_cents).is_not(None),
        )
        .group_by(col(OutcomeWeek.location_id))
        .subquery()
    )
    row = (
        session.connection().execute(sa.select(sa.func.sum(places.c.cents), sa.func.sum(places.c.days))).one()
    )
    return float(row[0]) / 100 / float(row[1]) * 365.25 / 12 if row[0] and row[1] else None
