"""What the desk sees: the list with its filters and counts, one visit with its history, choices for the form of a plan.

Lists find the ids of one page first, on indexes of `visit` alone, and then what belongs to these fifty rows; counts
stop at `MOST`, because nobody reads a number beyond it and everybody waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from audit_app.kit.i18n import zone
from audit_app.organisation.models import (
    Brand,
    Employee,
    Grant,
    Location,
    Person,
    Region,
    Role,
)
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.visits.models import Evidence, Review, Revision, Visit, VisitState, VisitStep

PAGE = 50
MOST = 10_000
CHOICES = 25
FEW = 400
SORTS = {
    "due": col(Visit.due_on),
    "visited": col(Visit.visited_at),
    "submitted": col(Visit.submitted_at),
}


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; every field stands in the address."""

    q: str = ""
    state: str = ""
    overdue: bool = False
    region: UUID | None = None
    location: str = ""
    standard: UUID | None = None
    person: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    visit: Visit
    location: str
    city: str
    timezone: str
    own: bool
    standard: dict[str, str]
    version: int
    person: str


@dataclass(frozen=True)
class Listing:
    """One page of the list."""

    rows: list[Row]
    total: int
    """At most `MOST` + 1, which means more than can be counted quickly."""
    counts: dict[str, int]
    page: int
    pages: int


def _like(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _places(text: str) -> ColumnElement[bool]:
    wanted = _like(text.lower())
    return or_(
        func.lower(col(Location.code)).like(wanted, escape="\\"),
        func.lower(col(Location.name)).like(wanted, escape="\\"),
        col(Location.name).like(_like(text), escape="\\"),
        func.lower(col(Location.city)).like(wanted, escape="\\"),
    )


def people_matching(text: str) -> ColumnElement[bool]:
    """The condition on `Person` that name or address holds the text (as typed, or in lower case)."""
    return or_(
        func.lower(col(Person.name)).like(_like(text.lower()), escape="\\"),
        col(Person.name).like(_like(text), escape="\\"),
        col(Person.email).like(_like(text.lower()), escape="\\"),
    )


def conditions(
    session: Session, filters: Filters, scope: Scope, now: datetime, *, many: bool = False
) -> list[ColumnElement[bool]]:
    """The filters and the reader's reach as conditions on `Visit` alone, without the state.

    With `many` they are asked row by row (EXISTS), so that a sorted list of a few rows walks the index of its order and
    stops, instead of gathering and sorting tens of thousands.
    """
    found: list[ColumnElement[bool]] = []
    places: list[ColumnElement[bool]] = []
    if not scope.everything:
        places.append(locations_within(scope))
    if filters.region:
        places.append(col(Location.region_id) == filters.region)
    if filters.location:
        places.append(_places(filters.location))
    if places:
        there = sa.select(col(Location.id)).where(and_(*places))
        found.append(
            there.where(col(Location.id) == col(Visit.location_id)).correlate(Visit).exists()
            if many
            else col(Visit.location_id).in_(there)
        )
    if filters.standard:
        versions = sa.select(col(StandardVersion.id)).where(
            col(StandardVersion.standard_id) == filters.standard
        )
        found.append(
            versions.where(col(StandardVersion.id) == col(Visit.version_id)).correlate(Visit).exists()
            if many
            else col(Visit.version_id).in_(versions)
        )
    if filters.person:
        found.append(
            col(Visit.shopper_id).in_(sa.select(col(Person.id)).where(people_matching(filters.person)))
        )
    if filters.kind:
        found.append(col(Visit.kind) == filters.kind)
    if filters.since or filters.until:
        found.append(_within(session, filters.since, filters.until))
    if filters.q:
        found.append(_mentions(session, filters.q))
    if filters.overdue:
        found.append(and_(col(Visit.state) == VisitState.RETURNED, col(Visit.return_due_at) < now))
    return found


def _mentions(session: Session, q: str) -> ColumnElement[bool]:
    """A visit by its id, by the beginning of its reference, or by its place.

    What fits is looked up first: an index on ids and one on places then answer the list, where a nested question made
    SQLite walk through every visit.
    """
    try:
        return col(Visit.id) == UUID(q)
    except ValueError:
        pass
    named = sa.select(col(Visit.id)).where(col(Visit.reference) >= q, col(Visit.reference) < q + "\uffff")
    ids = session.connection().execute(named.order_by(col(Visit.reference)).limit(FEW)).scalars().all()
    places = session.connection().execute(sa.select(col(Location.id)).where(_places(q)).limit(FEW))
    return or_(col(Visit.id).in_(ids), col(Visit.location_id).in_(places.scalars().all()))


def _within(session: Session, since: date | None, until: date | None) -> ColumnElement[bool]:
    """Visits made in these days, or due in them while not made yet; a day is that of the visited place's clock.

    The index finds what may be meant; only the hours at both ends are asked about their place.
    """
    first = since or date(1900, 1, 1)
    last = until or date(9000, 1, 1)
    at = col(Visit.visited_at)
    zones: dict[tuple[datetime, datetime], list[str]] = {}
    for name in session.connection().execute(sa.select(col(Location.timezone)).distinct()).scalars():
        begin = datetime.combine(first, time(0), zone(name)).astimezone(UTC)
        end = datetime.combine(last + timedelta(days=1), time(0), zone(name)).astimezone(UTC)
        zones.setdefault((begin, end), []).append(name)
    if not zones:
        return sa.false()
    spans = list(zones)
    here = [
        and_(
            at >= begin,
            at < end,
            col(Visit.location_id).in_(sa.select(col(Location.id)).where(col(Location.timezone).in_(names))),
        )
        for (begin, end), names in zones.items()
    ]
    certain = and_(at >= max(begin for begin, _end in spans), at < min(end for _begin, end in spans))
    made = and_(
        at >= min(begin for begin, _end in spans),
        at < max(end for _begin, end in spans),
        certain if len(spans) == 1 else or_(certain, *here),
    )
    due = and_(at.is_(None), col(Visit.due_on) >= first, col(Visit.due_on) <= last)
    return or_(made, due)


def listing(
    session: Session, filters: Filters, scope: Scope, now: datetime, *, sort: str = "-due", page: int = 1
) -> Listing:
    """One page of visits with the counts by state; the same questions, however many rows there are."""
    where = conditions(session, filters, scope, now)
    counts, few = _counts(session, where)
    total = counts.get(filters.state, 0) if filters.state else min(sum(counts.values()), MOST + 1)
    plain = len(where)
    if filters.state:
        where = [*where, col(Visit.state) == filters.state]
    pages = max(1, -(-min(total, MOST) // PAGE))
    page = min(max(page, 1), pages)
    name = sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "due"
    # NULLS LAST is not what an index gives; rows without the moment are left out of a sort by it.
    if name != "due":
        where = [*where, SORTS[name].is_not(None)]
    # A limit keeps the inner question whole, so that few rows are found by their own index and sorted afterwards;
    # many rows are met soon enough on the index that has their order.
    key: Any = SORTS[name]
    ident: Any = col(Visit.id)
    if few:
        matching: Any = sa.select(ident.label("id"), key.label("key")).where(*where).limit(MOST + 1)
        rows = matching.subquery()
        key, ident = rows.c.key, rows.c.id
        ordered: Any = sa.select(ident)
    else:
        wide = conditions(session, filters, scope, now, many=True)
        ordered = sa.select(ident).where(*wide, *where[plain:])
    order = (key.desc(), ident.desc()) if sort.startswith("-") else (key.asc(), ident.asc())
    ids = session.connection().execute(ordered.order_by(*order).limit(PAGE).offset((page - 1) * PAGE))
    return Listing(rows_of(session, ids.scalars().all()), total, counts, page, pages)


def _counts(session: Session, where: Sequence[ColumnElement[bool]]) -> tuple[dict[str, int], bool]:
    """How many by state, and whether that is everything: fewer than can be counted quickly."""
    some = sa.select(col(Visit.state).label("state")).where(*where).limit(MOST + 1).subquery()
    found = session.connection().execute(sa.select(some.c.state, func.count()).group_by(some.c.state))
    counts = {state: n for state, n in found}  # noqa: C416 - rows are not pairs to the type checker
    if sum(counts.values()) <= MOST:
        return counts, True
    parts = []
    for state in VisitState:
        one = sa.select(sa.literal(1)).where(col(Visit.state) == state.value, *where).limit(MOST + 1)
        parts.append(sa.select(sa.literal(state.value), func.count()).select_from(one.subquery()))
    return {state: n for state, n in session.connection().execute(sa.union_all(*parts)) if n}, False


def rows_of(session: Session, ids: Sequence[UUID]) -> list[Row]:
    """What the list shows of these visits, in their order."""
    if not ids:
        return []
    found = session.connection().execute(
        sa.select(
            *(column for column in Visit.__table__.c if column.name != "scenario"),  # type: ignore[attr-defined]
            col(Location.name).label("location_name"),
            col(Location.city),
            col(Location.timezone),
            col(Brand.own),
            col(Standard.title),
            col(StandardVersion.number),
            col(Person.name).label("person_name"),
        )
        .join(Location, col(Location.id) == col(Visit.location_id))
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .join(StandardVersion, col(StandardVersion.id) == col(Visit.version_id))
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .outerjoin(Person, col(Person.id) == col(Visit.shopper_id))
        .where(col(Visit.id).in_(ids))
    )
    columns = [column.name for column in Visit.__table__.c if column.name != "scenario"]  # type: ignore[attr-defined]
    rows = {}
    for one in found.mappings():
        visit = Visit(**{name: one[name] for name in columns})
        rows[visit.id] = Row(
            visit,
            one["location_name"],
            one["city"],
            one["timezone"],
            one["own"],
            one["title"],
            one["number"],
            one["person_name"] or "",
        )
    return [rows[key] for key in ids if key in rows]


@dataclass(frozen=True)
class Step:
    """One line of the history."""

    step: VisitStep
    by: str


@dataclass(frozen=True)
class Whole:
    """One visit with everything its page shows."""

    visit: Visit
    location: Location
    own: bool
    brand: str
    region: str
    version: StandardVersion
    person: Person | None
    employee: str
    steps: list[Step]
    revision: Revision | None
    revisions: int
    evidence: list[Evidence]
    reviews: list[Review]


def whole(session: Session, visit: Visit) -> Whole:
    """What belongs to a visit that was loaded by `queries.access`; seven questions."""
    location, brand, region = session.exec(
        select(Location, Brand, Region)
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .where(Location.id == visit.location_id)
    ).one()
    people = session.exec(
        select(VisitStep, Person.name)
        .outerjoin(Person, col(Person.id) == col(VisitStep.by_id))
        .where(VisitStep.visit_id == visit.id)
        .order_by(col(VisitStep.at).desc())
    ).all()
    revisions = session.exec(
        select(func.count()).select_from(Revision).where(Revision.visit_id == visit.id)
    ).one()
    employee = session.get(Employee, visit.employee_id) if visit.employee_id else None
    return Whole(
        visit=visit,
        location=location,
        own=brand.own,
        brand=brand.name,
        region=region.name if region else "",
        version=session.get_one(StandardVersion, visit.version_id),
        person=session.get(Person, visit.shopper_id) if visit.shopper_id else None,
        employee=employee.name if employee else "",
        steps=[Step(step, name or "") for step, name in people],
        revision=session.get(Revision, visit.revision_id) if visit.revision_id else None,
        revisions=revisions,
        evidence=list(
            session.exec(
                select(Evidence).where(Evidence.visit_id == visit.id).order_by(col(Evidence.added_at))
            ).all()
        ),
        reviews=list(
            session.exec(
                select(Review).where(Review.visit_id == visit.id).order_by(col(Review.at).desc())
            ).all()
        ),
    )


def regions(session: Session) -> list[Region]:
    """All regions, by name."""
    return list(session.exec(select(Region).order_by(Region.name)).all())


def standards_in_use(session: Session) -> list[Standard]:
    """Standards that have a version visits can have been made with."""
    versions = select(StandardVersion.standard_id).where(StandardVersion.state != VersionState.DRAFT)
    return list(
        session.exec(select(Standard).where(col(Standard.id).in_(versions)).order_by(Standard.code)).all()
    )


@dataclass(frozen=True)
class VersionChoice:
    """A published version as the form of a plan offers it."""

    id: UUID
    title: dict[str, str]
    number: int


def published_versions(session: Session) -> list[VersionChoice]:
    """Versions a visit can be planned with, the newest of each standard first."""
    rows = session.exec(
        select(StandardVersion.id, Standard.title, StandardVersion.number)
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .where(StandardVersion.state == VersionState.PUBLISHED)
        .order_by(Standard.code, col(StandardVersion.number).desc())
    ).all()
    return [VersionChoice(key, dict(title), number) for key, title, number in rows]


def locations_like(session: Session, text: str, scope: Scope) -> list[Location]:
    """Open locations that fit what was typed, at most `CHOICES`."""
    return list(
        session.exec(
            select(Location)
            .where(col(Location.active), locations_within(scope), _places(text) if text else sa.true())
            .order_by(Location.name, Location.code)
            .limit(CHOICES)
        ).all()
    )


def people_like(session: Session, text: str) -> list[tuple[Person, str]]:
    """Shoppers and auditors that fit what was typed, with their roles in one word each."""
    rows = session.exec(
        select(Person, func.min(Grant.role))
        .join(Grant, col(Grant.person_id) == col(Person.id))
        .where(
            col(Person.active),
            col(Grant.role).in_([Role.SHOPPER, Role.AUDITOR]),
            people_matching(text) if text else sa.true(),
        )
        .group_by(col(Person.id))
        .order_by(Person.name, Person.email)
        .limit(CHOICES)
    ).all()
    return [(person, role) for person, role in rows]


def employees_at(session: Session, location_id: UUID | None) -> list[Employee]:
    """Who works at that location now."""
    if location_id is None:
        return []
    return list(
        session.exec(
            select(Employee)
            .where(Employee.location_id == location_id, col(Employee.active))
            .order_by(Employee.name)
            .limit(200)
        ).all()
    )
