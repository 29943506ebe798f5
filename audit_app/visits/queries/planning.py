"""What the rules of planning ask about: the place, the checklist, the person; and finding them by what was typed."""

import re
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from audit_app.kit import i18n
from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Role
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.rules.reading import read_version
from audit_app.visits.models import Visit, VisitState
from audit_app.visits.rules.planning import Candidate, Checklist, Place, Stay

CALLED_OFF = (VisitState.DECLINED, VisitState.EXPIRED, VisitState.CANCELLED)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)\s*$")


def _typed(text: str) -> list[str]:
    """What may be meant by “Old Town (old-town)”: the part in brackets, or the whole."""
    found = _IN_BRACKETS.search(text)
    return [found.group(1).strip(), text.strip()] if found else [text.strip()]


def location_typed(session: Session, text: str, scope: Scope) -> Location | None:
    """The one location with that code, or with that name if only one has it; None when it is not plain."""
    for word in _typed(text):
        for condition in (col(Location.code) == word, col(Location.name) == word):
            rows = session.exec(select(Location).where(condition, locations_within(scope)).limit(2)).all()
            if len(rows) == 1:
                return rows[0]
    return None


def person_typed(session: Session, text: str) -> Person | None:
    """The one shopper or auditor with that address, or with that name if only one has it."""
    field = select(Person.id).join(Grant, col(Grant.person_id) == col(Person.id))
    field = field.where(col(Grant.role).in_([Role.SHOPPER, Role.AUDITOR]))
    for word in _typed(text):
        for condition in (col(Person.email) == word.lower(), col(Person.name) == word):
            rows = session.exec(select(Person).where(condition, col(Person.id).in_(field)).limit(2)).all()
            if len(rows) == 1:
                return rows[0]
    return None


def employee_typed(session: Session, text: str, location_id: UUID) -> Employee | None:
    """The one employee of that location with that code or name."""
    for word in _typed(text):
        for condition in (col(Employee.code) == word, col(Employee.name) == word):
            rows = session.exec(
                select(Employee).where(condition, Employee.location_id == location_id).limit(2)
            ).all()
            if len(rows) == 1:
                return rows[0]
    return None


def place_facts(session: Session, location: Location, now: datetime) -> Place:
    """Whose place it is, and which day it is there."""
    own = session.exec(select(Brand.own).where(Brand.id == location.brand_id)).one()
    today = now.astimezone(i18n.zone(location.timezone)).date()
    return Place(active=location.active, own=own, today=today)


def checklist_facts(version: StandardVersion) -> Checklist:
    """Where the version may be used; a draft may still be unreadable and is not looked into."""
    if version.state != VersionState.PUBLISHED:
        return Checklist(published=False, kinds=frozenset(), channels=frozenset())
    known = read_version(version.document)
    return Checklist(published=True, kinds=frozenset(known.kinds), channels=frozenset(known.channels))


def candidate_facts(
    session: Session, person: Person, location: Location, *, besides: UUID | None = None
) -> Candidate:
    """What speaks for or against sending this person there; `besides` is the visit itself."""
    grants = session.exec(select(Grant.role, Grant.location_id).where(Grant.person_id == person.id)).all()
    works = session.exec(
        select(Employee.id).where(Employee.person_id == person.id, Employee.location_id == location.id)
    ).first()
    visits = session.exec(
        select(col(Visit.from_on), col(Visit.due_on), col(Visit.visited_at)).where(
            Visit.location_id == location.id,
            Visit.shopper_id == person.id,
            col(Visit.state).not_in(CALLED_OFF),
            col(Visit.id).is_distinct_from(besides),
        )
    ).all()
    zone = i18n.zone(location.timezone)
    stays = []
    for from_on, due_on, visited_at in visits:
        day = visited_at.astimezone(zone).date() if visited_at else None
        stays.append(Stay(day or from_on, day or due_on))
    roles = {role for role, _place in grants}
    managed = {place for role, place in grants if role in (Role.LOCATION_MANAGER, Role.EMPLOYEE)}
    return Candidate(
        person_id=person.id,
        active=person.active,
        shopper=Role.SHOPPER in roles,
        auditor=Role.AUDITOR in roles,
        works_there=works is not None or location.id in managed,
        stays=tuple(stays),
    )
