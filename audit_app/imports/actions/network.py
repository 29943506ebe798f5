"""Writing planned locations, employees and shoppers; bulk statements, so thousands of rows take moments."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import Session, select

from audit_app.imports.rules.places import PlacesPlan, Worker
from audit_app.imports.rules.plans import Plan
from audit_app.imports.rules.shoppers import Walker
from audit_app.kit.i18n import LANGUAGES
from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Region, Role, Shopper


def table(model: type) -> sa.Table:
    """The table behind a model."""
    found = model.__table__  # type: ignore[attr-defined]
    assert isinstance(found, sa.Table)
    return found


def insert(session: Session, model: type, rows: Sequence[dict[str, Any]]) -> None:
    """Add many rows with one statement."""
    if rows:
        session.connection().execute(table(model).insert(), list(rows))


def update(session: Session, model: type, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Change many rows, each found by its `key`."""
    if rows:
        target = table(model)
        fields: dict[str, Any] = {name: sa.bindparam(f"v_{name}") for name in rows[0] if name != key}
        statement = target.update().where(target.c[key] == sa.bindparam("v_key")).values(**fields)
        session.connection().execute(
            statement,
            [{"v_key": row[key], **{f"v_{n}": v for n, v in row.items() if n != key}} for row in rows],
        )


def write_places(session: Session, whole: PlacesPlan) -> None:
    """Brands and regions first, then the locations."""
    insert(session, Brand, [{"id": uuid4(), **asdict(one)} for one in whole.brands])
    insert(session, Region, [{"id": uuid4(), "code": one.code, "name": one.name} for one in whole.regions])
    brands = dict(session.exec(select(Brand.code, Brand.id)).all())
    regions = dict(session.exec(select(Region.code, Region.id)).all())

    def row(place: Any) -> dict[str, Any]:
        found = asdict(place)
        found["brand_id"] = brands[found.pop("brand")]
        region = found.pop("region")
        found["region_id"] = regions[region] if region else None
        found["attributes"] = dict(place.attributes)
        return found

    insert(session, Location, [{"id": uuid4(), "active": True, **row(one)} for one in whole.plan.new])
    update(session, Location, "code", [row(one) for one in whole.plan.changed])


def write_workers(session: Session, plan: Plan[Worker]) -> None:
    """The employees of a plan."""
    places = dict(session.exec(select(Location.code, Location.id)).all())

    def row(worker: Worker) -> dict[str, Any]:
        found = asdict(worker)
        found["location_id"] = places[found.pop("location")]
        return found

    insert(session, Employee, [{"id": uuid4(), "active": True, **row(one)} for one in plan.new])
    update(session, Employee, "code", [row(one) for one in plan.changed])


def write_shoppers(session: Session, plan: Plan[Walker], now: datetime) -> None:
    """A person, the role and what planners know, for each; nobody gets a password by a file."""
    people: list[dict[str, Any]] = []
    grants: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for one in plan.new:
        person_id = uuid4()
        locale = next((code for code in one.languages if code in LANGUAGES), "en")
        people.append(
            {
                "id": person_id,
                "email": one.email,
                "name": one.name,
                "locale": locale,
                "timezone": "UTC",
                "active": True,
                "created_at": now,
            }
        )
        grants.append({"id": uuid4(), "person_id": person_id, "role": str(Role.SHOPPER)})
        rows.append({"person_id": person_id, **_kept(one)})
    insert(session, Person, people)
    insert(session, Grant, grants)
    insert(session, Shopper, rows)
    ids = dict(session.exec(select(Shopper.code, Shopper.person_id)).all())
    update(session, Shopper, "code", [_kept(one) for one in plan.changed])
    update(
        session,
        Person,
        "id",
        [{"id": ids[one.code], "name": one.name, "email": one.email} for one in plan.changed],
    )


def _kept(one: Walker) -> dict[str, Any]:
    return {
        "code": one.code,
        "phone": one.phone,
        "languages": list(one.languages),
        "latitude": one.latitude,
        "longitude": one.longitude,
    }
