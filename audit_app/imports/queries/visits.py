"""What a file of visits or answers points at."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.imports.rules.visits import Asked, KnownForVisits, Made, Spot
from audit_app.kit.i18n import zone
from audit_app.organisation.models import Brand, Employee, Location, Person, Shopper
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.standards.parsed import version_by_id
from audit_app.visits.models import Revision, Visit

CHUNK = 500


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    whole = sorted(values)
    for begin in range(0, len(whole), CHUNK):
        yield whole[begin : begin + CHUNK]


def as_id(reference: str) -> UUID | None:
    """A visit of ours without a number of its own is exported under its id."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def known_for_visits(session: Session, references: set[str]) -> KnownForVisits:
    """Locations, shoppers, employees, published versions, and those of these visits that are here already."""
    connection = session.connection()
    spots = {
        row[0]: Spot(row[1], row[2], row[3])
        for row in connection.execute(
            sa.select(col(Location.code), col(Location.id), col(Location.timezone), col(Brand.own)).join(
                Brand, col(Brand.id) == col(Location.brand_id)
            )
        )
    }
    shoppers: dict[str, UUID] = {}
    for code, email, person_id in session.exec(
        select(Shopper.code, Person.email, Person.id).join(Person, col(Person.id) == col(Shopper.person_id))
    ).all():
        shoppers[code] = shoppers[email] = person_id
    versions: dict[str, dict[int, tuple[UUID, tuple[str, ...]]]] = {}
    newest: dict[str, int] = {}
    drafts: set[str] = set()
    for code, version in session.exec(
        select(Standard.code, StandardVersion).join(
            StandardVersion, col(StandardVersion.standard_id) == col(Standard.id)
        )
    ).all():
        if version.state == VersionState.DRAFT:
            drafts.add(code)
            continue
        channels = tuple(version.document.get("channels") or ("in_person",))
        versions.setdefault(code, {})[version.number] = (version.id, channels)
        if version.state == VersionState.PUBLISHED:
            newest[code] = max(newest.get(code, 0), version.number)
    return KnownForVisits(
        spots=spots,
        shoppers=shoppers,
        employees=dict(session.exec(select(Employee.code, Employee.id)).all()),
        versions=versions,
        newest=newest,
        drafts=frozenset(drafts),
        visits=_made(session, references),
    )


def _made(session: Session, references: set[str]) -> dict[str, Made]:
    found: dict[str, Made] = {}
    for part in _chunks(references):
        ids = [one for one in map(as_id, part) if one]
        for visit, timezone in session.exec(
            select(Visit, Location.timezone)
            .join(Location, col(Location.id) == col(Visit.location_id))
            .where(col(Visit.reference).in_(part) | col(Visit.id).in_(ids))
        ).all():
            name = visit.reference or str(visit.id)
            moment = visit.visited_at
            found[name] = Made(
                reference=name,
                location_id=visit.location_id,
                version_id=visit.version_id,
                kind=visit.kind,
                channel=visit.channel,
                shopper_id=visit.shopper_id,
                employee_id=visit.employee_id,
                day=moment.astimezone(zone(timezone)).date() if moment else visit.from_on,
                visited_at=moment,
            )
    return found


def asked_visits(session: Session, references: set[str]) -> dict[str, Asked]:
    """The visits of these numbers with their version and the answers they have."""
    found: dict[str, Asked] = {}
    for part in _chunks(references):
        ids = [one for one in map(as_id, part) if one]
        rows: Any = session.exec(
            select(Visit, Location.attributes, Revision.answers)
            .join(Location, col(Location.id) == col(Visit.location_id))
            .outerjoin(Revision, col(Revision.id) == col(Visit.revision_id))
            .where(col(Visit.reference).in_(part) | col(Visit.id).in_(ids))
        ).all()
        for visit, attributes, answers in rows:
            found[visit.reference or str(visit.id)] = Asked(
                id=visit.id,
                version=version_by_id(session, visit.version_id),
                version_id=visit.version_id,
                state=visit.state,
                source=visit.source,
                shopper_id=visit.shopper_id,
                visited_at=visit.visited_at,
                attributes=dict(attributes),
                answers=answers,
            )
    return found
