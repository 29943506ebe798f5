"""Changes of a person that an administrator makes; nobody can choose another's password."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, select

from audit_app.kit import audit
from audit_app.organisation import actions, queries
from audit_app.organisation.models import Person, Role, Shopper
from audit_app.organisation.rules import Actor


def invite(
    session: Session,
    *,
    name: str,
    email: str,
    role: str,
    region_id: UUID | None,
    location_id: UUID | None,
    locale: str,
    by: Actor,
    now: datetime,
) -> tuple[Person, str]:
    """A new person with one role; gives the person and the token of the link, which is shown once."""
    region, location = fitting_reach(role, region_id, location_id)
    person, token = actions.add_person(
        session,
        email=email,
        name=name,
        role=role,
        region_id=region,
        location_id=location,
        locale=locale,
        by=by,
        now=now,
    )
    keep_shopper(session, person.id, role)
    return person, token


def grant(
    session: Session,
    person: Person,
    role: str,
    region_id: UUID | None,
    location_id: UUID | None,
    by: Actor,
    now: datetime,
) -> None:
    """One more role."""
    region, location = fitting_reach(role, region_id, location_id)
    actions.grant(session, person, role, region, location, by, now)
    keep_shopper(session, person.id, role)


def fitting_reach(
    role: str, region_id: UUID | None, location_id: UUID | None
) -> tuple[UUID | None, UUID | None]:
    """The narrower of two places; a region's manager has a region, whatever else was chosen."""
    if role == Role.REGION_MANAGER:
        return region_id, None
    if location_id is not None:
        return None, location_id
    return region_id, None


def keep_shopper(session: Session, person_id: UUID, role: str) -> None:
    """A shopper has a code of their own, for plans and files."""
    if role == Role.SHOPPER and session.get(Shopper, person_id) is None:
        code = f"s-{person_id.hex[:6]}"
        if session.exec(select(Shopper.code).where(Shopper.code == code)).first():
            code = f"s-{uuid4().hex[:12]}"
        session.add(Shopper(person_id=person_id, code=code))


def change(
    session: Session, person: Person, name: str, email: str, locale: str, by: Actor, now: datetime
) -> None:
    """Another name, address or language."""
    address = email.strip().lower()
    other = queries.person_by_email(session, address)
    if other and other.id != person.id:
        raise actions.EmailTaken
    changed = [
        field
        for field, value in (("name", name), ("email", address), ("locale", locale))
        if getattr(person, field) != value
    ]
    if not changed:
        return
    person.name, person.email, person.locale = name, address, locale
    session.add(person)
    if "email" in changed:
        actions.end_sessions_of(session, person.id)
    audit.record(session, by.id, "person.changed", "person", person.id, at=now, fields=changed)


def sign_out_everywhere(session: Session, person: Person, by: Actor, now: datetime) -> None:
    """Every device of the person must sign in again."""
    actions.end_sessions_of(session, person.id)
    audit.record(session, by.id, "person.signed_out", "person", person.id, at=now)
