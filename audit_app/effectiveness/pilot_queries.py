"""What is known of pilots, and of the places that could join one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.effectiveness.pilot_models import Pilot, PilotState, PilotStep
from audit_app.effectiveness.rules.facts import Floats, Places
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.roll_out import Candidate, Noise, noise_of
from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Brand, Location, Region, Role
from audit_app.organisation.rules import Actor
from audit_app.outcomes.models import OutcomeWeek
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.standards.parsed import version_of

READERS = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.EXECUTIVE)
PLANNERS = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)
"""Pilots are about the whole network: a role for a part of it does not suffice."""
PAST = 52
"""Weeks of the past from which noise and sizes are taken."""
PAGE = 100
MEASURES = ("visitors", "transactions", "revenue", "complaints")


@dataclass(frozen=True)
class Place:
    """A location that could join, or joined."""

    id: UUID
    code: str
    name: str
    region: str
    size: float

    @property
    def candidate(self) -> Candidate:
        """As the draw sees it."""
        return Candidate(self.code, self.region, self.size)


@dataclass(frozen=True)
class Listed:
    """A pilot in the list."""

    pilot: Pilot
    title: dict[str, str]
    places: int
    due: int
    begun: int


@dataclass(frozen=True)
class Joined:
    """A location of a pilot."""

    step: PilotStep
    code: str
    name: str
    region: str


@dataclass(frozen=True)
class PilotVerdict:
    """What an experiment found; it outranks what was observed."""

    pilot_id: UUID
    item: str
    """Empty: the whole version."""
    version_id: UUID | None
    outcome: str
    verdict: Verdict
    estimate: float
    """Change of the log outcome where the change had begun."""
    low: float
    high: float
    p: float
    until: date


def pilot_for(session: Session, pilot_id: UUID, actor: Actor, *, for_change: bool = False) -> Pilot:
    """The pilot, for who reads (or changes) what concerns the whole network."""
    if not actor.scope(*(PLANNERS if for_change else READERS)).everything:
        raise NotFound
    question = select(Pilot).where(Pilot.id == pilot_id)
    found = session.exec(question.with_for_update() if for_change else question).one_or_none()
    if found is None:
        raise NotFound
    return found


def listed(session: Session, today: date, page: int) -> tuple[list[Listed], int]:
    """Pilots, newest first, with how many places are due and have begun; and how many pilots there are."""
    total = session.exec(select(sa.func.count()).select_from(Pilot)).one()
    due = sa.func.sum(sa.case((col(PilotStep.starts_on) <= today, 1), else_=0))
    begun = sa.func.count(col(PilotStep.started_on))
    counts = (
        sa.select(col(PilotStep.pilot_id), sa.func.count().label("n"), due.label("due"), begun.label("begun"))
        .group_by(col(PilotStep.pilot_id))
        .subquery()
    )
    rows = session.execute(
        sa.select(Pilot, Standard.title, counts.c.n, counts.c.due, counts.c.begun)  # type: ignore[call-overload]
        .join(Standard, col(Standard.id) == col(Pilot.standard_id))
        .join(counts, counts.c.pilot_id == col(Pilot.id))
        .order_by(col(Pilot.planned_at).desc(), col(Pilot.id))
        .limit(50)
        .offset(50 * (page - 1))
    ).all()
    return [Listed(*row) for row in rows], total


def standards_to_try(session: Session) -> list[Standard]:
    """Standards with a published version."""
    return list(
        session.exec(
            select(Standard)
            .where(
                col(Standard.id).in_(
                    sa.select(col(StandardVersion.standard_id)).where(
                        col(StandardVersion.state) == VersionState.PUBLISHED
                    )
                )
            )
            .order_by(col(Standard.code))
        ).all()
    )


@dataclass(frozen=True)
class Triable:
    """What of a standard can be tried: one of its items, or a version as a whole."""

    items: tuple[tuple[str, dict[str, str]], ...]
    versions: tuple[tuple[UUID, int, str], ...]


def triable(session: Session, standard_id: UUID) -> Triable:
    """Items of the newest published version, and all versions that are not retired."""
    rows = session.exec(
        select(StandardVersion)
        .where(StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.RETIRED)
        .order_by(col(StandardVersion.number).desc())
    ).all()
    published = next((row for row in rows if row.state == VersionState.PUBLISHED), None)
    items: tuple[tuple[str, dict[str, str]], ...] = ()
    if published is not None:
        items = tuple((item.code, dict(item.text)) for item in version_of(published).items)
    return Triable(items, tuple((row.id, row.number, row.state) for row in rows))


def wording_of(session: Session, pilot: Pilot) -> dict[str, str]:
    """The item's text, or nothing for a whole version."""
    if not pilot.item:
        return {}
    return dict(dict(triable(session, pilot.standard_id).items).get(pilot.item, {"en": pilot.item}))


def formats(session: Session) -> list[str]:
    """Kinds of places there are."""
    return list(session.exec(select(col(Location.format)).where(Location.format != "").distinct().order_by(Location.format)).all())  # fmt: skip


def regions(session: Session) -> list[Region]:
    """All regions by name."""
    return list(session.exec(select(Region).order_by(col(Region.name))).all())


def candidates(session: Session, region_id: UUID | None, kind: str, today: date) -> list[Place]:
    """Our own active locations of that region and format, with their visitors a week over the past year, by code."""
    size = sa.func.avg(sa.func.coalesce(col(OutcomeWeek.visitors), col(OutcomeWeek.transactions), 0))
    sizes = (
        sa.select(col(OutcomeWeek.location_id), size.label("size"))
        .where(col(OutcomeWeek.monday) >= today - timedelta(weeks=PAST), col(OutcomeWeek.monday) < today)
        .group_by(col(OutcomeWeek.location_id))
        .subquery()
    )
    question = (
        sa.select(
            col(Location.id),
            col(Location.code),
            col(Location.name),
            sa.func.coalesce(col(Region.name), ""),
            sa.func.coalesce(sizes.c.size, 0),
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .join(Region, col(Region.id) == col(Location.region_id), isouter=True)
        .join(sizes, sizes.c.location_id == col(Location.id), isouter=True)
        .where(col(Brand.own).is_(True), col(Location.active).is_(True))
        .order_by(col(Location.code))
    )
    if region_id is not None:
        question = question.where(col(Location.region_id) == region_id)
    if kind:
        question = question.where(col(Location.format) == kind)
    return [
        Place(key, code, name, region, float(mean))
        for key, code, name, region, mean in session.execute(question).all()
    ]


def joined(session: Session, pilot_id: UUID, page: int | None = None) -> list[Joined]:
    """The places of a pilot in the order in which they start; all of them, or a page."""
    question = (
        sa.select(PilotStep, col(Location.code), col(Location.name), sa.func.coalesce(col(Region.name), ""))
        .join(Location, col(Location.id) == col(PilotStep.location_id))
        .join(Region, col(Region.id) == col(Location.region_id), isouter=True)
        .where(col(PilotStep.pilot_id) == pilot_id)
        .order_by(col(PilotStep.step), col(Location.code))
    )
    if page is not None:
        question = question.limit(PAGE).offset(PAGE * (page - 1))
    return [Joined(*row) for row in session.execute(question).all()]


def busy(session: Session, locations: Sequence[UUID]) -> int:
    """How many of these are in a pilot that has not been stopped: two changes at once could not be told apart."""
    taken = session.exec(
        select(col(PilotStep.location_id))
        .join(Pilot, col(Pilot.id) == col(PilotStep.pilot_id))
        .where(col(Pilot.state).in_((PilotState.PLANNED, PilotState.RUNNING)))
    ).all()
    return len(set(taken) & set(locations))


def weeks_of(session: Session, locations: Sequence[UUID], monday: date, weeks: int) -> dict[str, Floats]:
    """Measure → (S, W) sums of the weeks from that Monday; NaN where a week has no numbers."""
    place = {one: k for k, one in enumerate(locations)}
    out = {name: np.full((len(locations), weeks), np.nan) for name in MEASURES}
    rows = session.execute(
        sa.select(
            col(OutcomeWeek.location_id), col(OutcomeWeek.monday), col(OutcomeWeek.visitors),
            col(OutcomeWeek.transactions), col(OutcomeWeek.revenue_cents), col(OutcomeWeek.complaints),
        ).where(col(OutcomeWeek.monday) >= monday, col(OutcomeWeek.monday) < monday + timedelta(weeks=weeks))
    ).all()  # fmt: skip
    for location, day, *values in rows:
        k = place.get(location)
        if k is None:
            continue
        for name, value in zip(MEASURES, values, strict=True):
            if value is not None:
                out[name][k, (day - monday).days // 7] = value / 100 if name == "revenue" else value
    return out


def log_rate(measures: dict[str, Floats], count: str, exposure: str) -> Floats:
    """Log of a rate; NaN where it has none."""
    above, below = measures[count], measures[exposure]
    fine = (above > 0) & (below > 0)
    return np.log(np.divide(above, below, out=np.full_like(above, np.nan), where=fine))


def numbered(names: Sequence[str]) -> Places:
    """Numbers for names."""
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].reshape(-1).astype(np.int32)


def past_noise(session: Session, places: Sequence[Place], today: date) -> Noise | None:
    """How conversion moved in the past year at these places."""
    monday = today - timedelta(days=today.weekday(), weeks=PAST)
    measures = weeks_of(session, [one.id for one in places], monday, PAST)
    return noise_of(log_rate(measures, "transactions", "visitors"), numbered([one.region for one in places]))


def changes_at(session: Session, locations: Sequence[UUID]) -> list[tuple[Pilot, PilotStep, str]]:
    """What begins at these locations and when, for those who run them: nothing of other places, nothing of a trial."""
    rows = session.execute(
        sa.select(Pilot, PilotStep, col(Location.name))
        .join(PilotStep, col(PilotStep.pilot_id) == col(Pilot.id))
        .join(Location, col(Location.id) == col(PilotStep.location_id))
        .where(col(Pilot.state) == PilotState.RUNNING, col(PilotStep.location_id).in_(locations))
        .order_by(col(PilotStep.starts_on))
    ).all()
    return [(row[0], row[1], row[2]) for row in rows]


def pilot_verdicts(session: Session, standard_id: UUID) -> list[PilotVerdict]:
    """What experiments found about a standard's items and versions, the newest first. They outrank observed verdicts."""
    rows = session.exec(
        select(Pilot)
        .where(Pilot.standard_id == standard_id, col(Pilot.measured_at).is_not(None))
        .order_by(col(Pilot.measured_at).desc())
    ).all()
    return [_verdict(row, one) for row in rows for one in row.result.get("outcomes", []) if "verdict" in one]


def _verdict(pilot: Pilot, one: dict[str, Any]) -> PilotVerdict:
    return PilotVerdict(
        pilot.id, pilot.item, pilot.version_id, one["name"], Verdict(one["verdict"]), one["estimate"], one["low"],
        one["high"], one["p"], date.fromisoformat(pilot.result["until"]),
    )  # fmt: skip
