"""Lists and pages of the network: brands, regions, locations, employees."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Region
from audit_app.organisation.people_queries import order_by
from audit_app.organisation.queries import location_in_scope, locations_within
from audit_app.organisation.rules import Scope

PAGE: Final = 50
SORTS: Final[dict[str, Any]] = {
    "name": col(Location.name),
    "code": col(Location.code),
    "city": col(Location.city),
    "brand": col(Brand.name),
    "region": col(Region.name),
}


@dataclass(frozen=True)
class LocationRow:
    """A location in the list."""

    id: UUID
    code: str
    name: str
    city: str
    format: str
    active: bool
    brand: str
    own: bool
    region: str
    employees: int


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to; `state` is `on`, `off` or empty for both."""

    search: str = ""
    region: UUID | None = None
    brand: UUID | None = None
    state: str = ""

    @property
    def empty(self) -> bool:
        """Whether everything is shown."""
        return not (self.search or self.region or self.brand or self.state)

    def conditions(self) -> list[ColumnElement[bool]]:
        """For the question."""
        found: list[ColumnElement[bool]] = []
        if self.search:
            plain = self.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            # SQLite lowers only latin letters, so the search is tried as typed and lowered.
            for_any = [
                column.like(f"%{word}%", escape="\\")
                | func.lower(column).like(f"%{word.lower()}%", escape="\\")
                for column in (col(Location.name), col(Location.code), col(Location.city))
                for word in {plain, plain.capitalize()}
            ]
            found.append(sa.or_(*for_any))
        if self.region:
            found.append(col(Location.region_id) == self.region)
        if self.brand:
            found.append(col(Location.brand_id) == self.brand)
        if self.state:
            found.append(col(Location.active).is_(self.state == "on"))
        return found


def locations(
    session: Session, scope: Scope, chosen: Filter, *, sort: str, page: int
) -> tuple[list[LocationRow], int]:
    """One page of locations and how many there are; two questions however many rows."""
    conditions = [locations_within(scope), *chosen.conditions()]
    total = session.exec(select(func.count()).select_from(Location).where(*conditions)).one()
    employees = (
        sa.select(func.count())
        .where(col(Employee.location_id) == col(Location.id), col(Employee.active))
        .scalar_subquery()
    )
    rows = session.connection().execute(
        sa.select(
            col(Location.id),
            col(Location.code),
            col(Location.name),
            col(Location.city),
            col(Location.format),
            col(Location.active),
            col(Brand.name),
            col(Brand.own),
            func.coalesce(col(Region.name), ""),
            employees,
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .where(*conditions)
        .order_by(order_by(SORTS, sort, "name"), col(Location.id))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [LocationRow(*tuple(row)) for row in rows], total


@dataclass(frozen=True)
class NamedRow:
    """A brand or region with the number of its locations."""

    id: UUID
    code: str
    name: str
    own: bool
    locations: int


def brands(session: Session) -> list[NamedRow]:
    """All brands, our own first."""
    rows = session.connection().execute(
        sa.select(
            col(Brand.id), col(Brand.code), col(Brand.name), col(Brand.own), func.count(col(Location.id))
        )
        .outerjoin(Location, col(Location.brand_id) == col(Brand.id))
        .group_by(col(Brand.id), col(Brand.code), col(Brand.name), col(Brand.own))
        .order_by(col(Brand.own).desc(), col(Brand.name))
    )
    return [NamedRow(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows]


def regions(session: Session) -> list[NamedRow]:
    """All regions by name."""
    rows = session.connection().execute(
        sa.select(col(Region.id), col(Region.code), col(Region.name), sa.true(), func.count(col(Location.id)))
        .outerjoin(Location, col(Location.region_id) == col(Region.id))
        .group_by(col(Region.id), col(Region.code), col(Region.name))
        .order_by(col(Region.name))
    )
    return [NamedRow(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows]


@dataclass(frozen=True)
class LocationFull:
    """A location with what its page shows."""

    location: Location
    brand: Brand
    region: Region | None
    employees: list[Employee]
    managers: list[str]


def location_full(session: Session, location_id: UUID, scope: Scope) -> LocationFull:
    """The location in reach with its people, or `NotFound`."""
    location = location_in_scope(session, location_id, scope)
    employees = session.exec(
        select(Employee)
        .where(Employee.location_id == location.id)
        .order_by(col(Employee.active).desc(), Employee.name)
    ).all()
    managers = session.exec(
        select(Person.name)
        .join(Grant, col(Grant.person_id) == col(Person.id))
        .where(Grant.location_id == location.id, Grant.role == "location_manager", col(Person.active))
        .order_by(Person.name)
    ).all()
    return LocationFull(
        location,
        session.get_one(Brand, location.brand_id),
        session.get(Region, location.region_id) if location.region_id else None,
        list(employees),
        list(managers),
    )


def employee_in_scope(session: Session, employee_id: UUID, scope: Scope) -> tuple[Employee, Location]:
    """The employee of a location in reach, or `NotFound`."""
    found = session.exec(
        select(Employee, Location)
        .join(Location, col(Location.id) == col(Employee.location_id))
        .where(Employee.id == employee_id, locations_within(scope))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found
