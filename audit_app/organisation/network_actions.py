"""Changes to the network: brands, regions, locations, employees. One audit entry each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from audit_app.kit import audit
from audit_app.kit.errors import AuditError, BadInput, NotFound
from audit_app.kit.i18n import _
from audit_app.organisation.models import Brand, Employee, Location, Region
from audit_app.organisation.rules import Actor

MOST_ATTRIBUTES = 40
T = TypeVar("T", bound=SQLModel)


class CodeTaken(AuditError):
    """This code is taken already. Please choose another one."""

    status = 422


def _free(session: Session, model: Any, code: str, but: UUID | None = None) -> None:
    found = session.exec(select(model.id).where(model.code == code)).first()
    if found is not None and found != but:
        raise CodeTaken


def _write(
    session: Session, thing: T, values: Mapping[str, Any], subject: str, by: Actor, now: datetime
) -> bool:
    """Set what differs and note which fields; False when nothing does."""
    changed = [name for name, value in values.items() if getattr(thing, name) != value]
    if not changed:
        return False
    for name in changed:
        setattr(thing, name, values[name])
    session.add(thing)
    key: UUID = thing.id  # type: ignore[attr-defined]
    audit.record(session, by.id, f"{subject}.changed", subject, key, at=now, fields=changed)
    return True


def _add(session: Session, thing: T, subject: str, by: Actor, now: datetime) -> T:
    session.add(thing)
    session.flush()
    key: UUID = thing.id  # type: ignore[attr-defined]
    audit.record(session, by.id, f"{subject}.added", subject, key, at=now)
    return thing


def add_brand(session: Session, code: str, name: str, own: bool, by: Actor, now: datetime) -> Brand:
    """A new brand; whether it is our own is decided once, because visits were planned by it."""
    _free(session, Brand, code)
    return _add(session, Brand(code=code, name=name, own=own), "brand", by, now)


def add_region(session: Session, code: str, name: str, by: Actor, now: datetime) -> Region:
    """A new region."""
    _free(session, Region, code)
    return _add(session, Region(code=code, name=name), "region", by, now)


def rename(session: Session, thing: Brand | Region, name: str, by: Actor, now: datetime) -> bool:
    """Another name for a brand or region."""
    return _write(session, thing, {"name": name}, type(thing).__name__.lower(), by, now)


def read_attributes(keys: list[str], values: list[str]) -> dict[str, str]:
    """Rows of key and value; empty rows are left out. Raises `BadInput` with the sentence for the form."""
    found: dict[str, str] = {}
    for key, value in zip((one.strip() for one in keys), (one.strip() for one in values), strict=False):
        if not key and not value:
            continue
        if not key or not value:
            raise BadInput(_("Each attribute needs a name and a value."))
        if "=" in key or ";" in key or ";" in value or len(key) > 60 or len(value) > 200:
            raise BadInput(_("Names and values of attributes are short and hold no “;”, names no “=”."))
        if key in found:
            raise BadInput(_("The attribute “%(key)s” stands there twice."), key=key)
        found[key] = value
    if len(found) > MOST_ATTRIBUTES:
        raise BadInput(_("A location may have at most %(most)s attributes."), most=MOST_ATTRIBUTES)
    return found


def _check_places(session: Session, values: Mapping[str, Any]) -> None:
    if session.get(Brand, values["brand_id"]) is None:
        raise NotFound
    if values["region_id"] and session.get(Region, values["region_id"]) is None:
        raise NotFound


def add_location(session: Session, values: Mapping[str, Any], by: Actor, now: datetime) -> Location:
    """A new location."""
    _free(session, Location, values["code"])
    _check_places(session, values)
    return _add(session, Location(**values), "location", by, now)


def change_location(
    session: Session, location: Location, values: Mapping[str, Any], by: Actor, now: datetime
) -> bool:
    """Other facts about a location; scores keep the attributes of their day."""
    _free(session, Location, values["code"], location.id)
    _check_places(session, values)
    return _write(session, location, values, "location", by, now)


def set_location_active(session: Session, location: Location, active: bool, by: Actor, now: datetime) -> bool:
    """Close a location for new visits, or open it again."""
    return _write(session, location, {"active": active}, "location", by, now)


def add_employee(
    session: Session, location: Location, values: Mapping[str, Any], by: Actor, now: datetime
) -> Employee:
    """Somebody new at a location of our own; the staff of competitors is never recorded."""
    if not session.get_one(Brand, location.brand_id).own:
        raise BadInput(_("The staff of competitors is never recorded."))
    _free(session, Employee, values["code"])
    return _add(session, Employee(location_id=location.id, **values), "employee", by, now)


def change_employee(
    session: Session, employee: Employee, values: Mapping[str, Any], by: Actor, now: datetime
) -> bool:
    """Other facts about an employee."""
    _free(session, Employee, values["code"], employee.id)
    return _write(session, employee, values, "employee", by, now)


def set_employee_active(session: Session, employee: Employee, active: bool, by: Actor, now: datetime) -> bool:
    """Somebody left, or came back; what they did stays on record."""
    return _write(session, employee, {"active": active}, "employee", by, now)
