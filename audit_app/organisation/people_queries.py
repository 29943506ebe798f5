"""Lists and pages of people, for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Grant, Location, Person, Region, Shopper, WebSession
from audit_app.organisation.queries import ReachNamed

PAGE: Final = 50
SORTS: Final = {"name": col(Person.name), "email": col(Person.email), "added": col(Person.created_at)}


@dataclass(frozen=True)
class PersonRow:
    """A person in the list."""

    id: UUID
    name: str
    email: str
    active: bool
    invited: bool
    seen_at: datetime | None
    reaches: Sequence[ReachNamed]


def _matching(search: str, role: str, state: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search:
        like = f"%{_escaped(search.lower())}%"
        conditions.append(
            func.lower(col(Person.name)).like(like, escape="\\") | col(Person.email).like(like, escape="\\")
        )
    if role:
        conditions.append(col(Person.id).in_(select(Grant.person_id).where(Grant.role == role)))
    if state == "off":
        conditions.append(col(Person.active).is_(False))
    elif state == "waiting":
        conditions.append(col(Person.active) & col(Person.password_hash).is_(None))
    elif state == "on":
        conditions.append(col(Person.active).is_(True))
    return conditions


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def order_by(sorts: dict[str, Any], sort: str, default: str) -> Any:
    """The ordering that `name` or `-name` means; an unknown one is the default."""
    column = sorts.get(sort.removeprefix("-"), sorts[default])
    return column.desc() if sort.startswith("-") else column.asc()


def people(
    session: Session, *, search: str, role: str, state: str, sort: str, page: int
) -> tuple[list[PersonRow], int]:
    """One page of people and how many there are; four questions however many rows."""
    conditions = _matching(search, role, state)
    total = session.exec(select(func.count()).select_from(Person).where(*conditions)).one()
    found = session.exec(
        select(Person)
        .where(*conditions)
        .order_by(order_by(SORTS, sort, "name"), col(Person.id))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    ids = [one.id for one in found]
    reaches: dict[UUID, list[ReachNamed]] = {}
    for grant, region, location in session.exec(
        select(Grant, Region.name, Location.name)
        .outerjoin(Region, col(Region.id) == col(Grant.region_id))
        .outerjoin(Location, col(Location.id) == col(Grant.location_id))
        .where(col(Grant.person_id).in_(ids))
        .order_by(Grant.role)
    ).all():
        named = ReachNamed(grant.id, grant.role, region or location or "")
        reaches.setdefault(grant.person_id, []).append(named)
    seen: dict[UUID, datetime] = {
        row[0]: row[1]
        for row in session.connection().execute(
            sa.select(col(WebSession.person_id), func.max(col(WebSession.seen_at)))
            .where(col(WebSession.person_id).in_(ids))
            .group_by(col(WebSession.person_id))
        )
    }
    rows = [
        PersonRow(
            one.id,
            one.name,
            one.email,
            one.active,
            one.password_hash is None,
            seen.get(one.id),
            reaches.get(one.id, ()),
        )
        for one in found
    ]
    return rows, total


def person_by_id(session: Session, person_id: UUID) -> Person:
    """The person, or `NotFound`; only administrators ask."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound
    return found


def grant_of(session: Session, person_id: UUID, grant_id: UUID) -> Grant:
    """A role of that person, or `NotFound`."""
    found = session.get(Grant, grant_id)
    if found is None or found.person_id != person_id:
        raise NotFound
    return found


def shopper_of(session: Session, person_id: UUID) -> Shopper | None:
    """What planners know of a shopper."""
    return session.get(Shopper, person_id)


def choices_of_places(session: Session) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """Regions and locations to choose a reach from."""
    regions = session.exec(select(Region.id, Region.name).order_by(Region.name)).all()
    locations = session.exec(
        select(Location.id, Location.name, Location.code).where(Location.active).order_by(Location.name)
    ).all()
    return [(key, name) for key, name in regions], [
        (key, f"{name} · {code}") for key, name, code in locations
    ]
