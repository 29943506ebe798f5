"""Questions about people and places."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, false, func, or_, true
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import (
    ApiToken,
    Grant,
    Invitation,
    Location,
    Person,
    Region,
    SignInFailure,
    WebSession,
)
from audit_app.organisation.rules import Actor, Reach, Scope


def locations_within(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Location` that keeps what this scope reaches; competitors only when it reaches everything."""
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.regions:
        parts.append(col(Location.region_id).in_(scope.regions))
    if scope.locations:
        parts.append(col(Location.id).in_(scope.locations))
    return or_(*parts) if parts else false()


@dataclass(frozen=True)
class SessionFound:
    """A living session: who, and when it was last seen."""

    actor: Actor
    seen_at: datetime


_WHO: tuple[Any, ...] = (
    col(Person.id),
    col(Person.name),
    col(Person.email),
    col(Person.locale),
    col(Person.timezone),
    col(Grant.role),
    col(Grant.region_id),
    col(Grant.location_id),
)
"""A person and one grant of theirs: a row for each grant, however they came in."""

_BY_SESSION = (
    sa.select(
        col(WebSession.id),
        col(WebSession.seen_at),
        *_WHO,
    )
    .join(Person, col(Person.id) == col(WebSession.person_id))
    .outerjoin(Grant, col(Grant.person_id) == col(Person.id))
    .where(
        col(WebSession.token_hash) == sa.bindparam("token"),
        col(WebSession.expires_at) > sa.bindparam("now"),
        col(WebSession.seen_at) > sa.bindparam("idle_since"),
        col(Person.active),
    )
)


def actor_of_session(
    session: Session, token_hash: str, now: datetime, idle_since: datetime
) -> SessionFound | None:
    """Whoever the cookie belongs to; None when it is unknown, over, idle too long, or the person was switched off.

    Columns instead of objects, and a statement that is built once: this runs on every request.
    """
    values = {"token": token_hash, "now": now, "idle_since": idle_since}
    found = session.connection().execute(_BY_SESSION, values)
    rows = found.all()
    if not rows:
        return None
    first = rows[0]
    return SessionFound(
        Actor(
            id=first[2],
            name=first[3],
            email=first[4],
            locale=first[5],
            timezone=first[6],
            reaches=tuple(Reach(row[7], row[8], row[9]) for row in rows if row[7]),
            session_id=first[0],
        ),
        first[1],
    )


def actor_of_person(session: Session, person_id: UUID) -> Actor | None:
    """The person with their grants, if they may sign in at all."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return None
    grants = session.exec(select(Grant).where(Grant.person_id == person_id)).all()
    return Actor(
        id=person.id,
        name=person.name,
        email=person.email,
        locale=person.locale,
        timezone=person.timezone,
        reaches=tuple(Reach(g.role, g.region_id, g.location_id) for g in grants),
    )


_BY_TOKEN = (
    sa.select(
        col(ApiToken.scopes),
        *_WHO,
    )
    .join(Person, col(Person.id) == col(ApiToken.person_id))
    .outerjoin(Grant, col(Grant.person_id) == col(Person.id))
    .where(
        col(ApiToken.token_hash) == sa.bindparam("token"),
        col(ApiToken.revoked_at).is_(None),
        col(Person.active),
    )
)


def actor_of_token(session: Session, token_hash: str) -> tuple[Actor, frozenset[str]] | None:
    """Whoever an API token belongs to, and what it may be used for; one statement, because programs come often."""
    rows = session.connection().execute(_BY_TOKEN, {"token": token_hash}).all()
    if not rows:
        return None
    first = rows[0]
    reaches = tuple(Reach(row[6], row[7], row[8]) for row in rows if row[6])
    return Actor(first[1], first[2], first[3], first[4], first[5], reaches), frozenset(first[0])


def person_by_email(session: Session, email: str) -> Person | None:
    """The person with that address, in any case of letters."""
    return session.exec(select(Person).where(Person.email == email.strip().lower())).one_or_none()


def failures_since(session: Session, subject: str, since: datetime) -> int:
    """How many wrong tries there were since then."""
    return session.exec(
        select(func.count())
        .select_from(SignInFailure)
        .where(SignInFailure.subject == subject, SignInFailure.at > since)
    ).one()


def open_invitation(session: Session, token_hash: str, now: datetime) -> Invitation:
    """The invitation of that link, or `NotFound` when it is unknown, used or over."""
    found = session.exec(
        select(Invitation).where(
            Invitation.token_hash == token_hash,
            col(Invitation.used_at).is_(None),
            Invitation.expires_at > now,
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def location_in_scope(session: Session, location_id: UUID, scope: Scope) -> Location:
    """The location if it is in reach, else `NotFound`: load and permission are one question."""
    found = session.exec(
        select(Location).where(Location.id == location_id, locations_within(scope))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def sessions_of(session: Session, person_id: UUID, now: datetime) -> list[WebSession]:
    """The signed-in devices of somebody, the newest first."""
    return list(
        session.exec(
            select(WebSession)
            .where(WebSession.person_id == person_id, WebSession.expires_at > now)
            .order_by(col(WebSession.seen_at).desc())
        ).all()
    )


@dataclass(frozen=True)
class ReachNamed:
    """A role with the name of the place it is for; an empty place is the whole network."""

    grant_id: UUID
    role: str
    place: str


def reaches_of(session: Session, person_id: UUID) -> list[ReachNamed]:
    """The roles of somebody, in words."""
    rows = session.exec(
        select(Grant, Region.name, Location.name)
        .outerjoin(Region, col(Region.id) == col(Grant.region_id))
        .outerjoin(Location, col(Location.id) == col(Grant.location_id))
        .where(Grant.person_id == person_id)
        .order_by(Grant.role)
    ).all()
    return [ReachNamed(grant.id, grant.role, region or location or "") for grant, region, location in rows]
