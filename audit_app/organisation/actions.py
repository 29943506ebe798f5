"""Changes to people: invite, sign in and out, choose a password, grant and revoke."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from audit_app.kit import audit
from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.organisation import queries, rules
from audit_app.organisation.models import (
    ApiToken,
    Employee,
    Grant,
    Invitation,
    Location,
    Person,
    Role,
    SignInFailure,
    WebSession,
)

_hasher = (
    PasswordHasher()
)  # Argon2id with the library's parameters of RFC 9106's second profile (64 MiB, 3 passes)
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))
"""Verified when the address is unknown, so that the time tells nothing."""


class WrongSignIn(AuditError):
    """This address and password do not belong together. Please try again."""

    status = 422


class TooManyTries(AuditError):
    """Too many wrong tries. Please wait five minutes and try again."""

    status = 429


class EmailTaken(AuditError):
    """Somebody with this address is here already."""

    status = 422


def digest(token: str) -> str:
    """The SHA-256 under which a random token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Argon2id; about 50 ms of work, so never inside a transaction."""
    return _hasher.hash(password)


def verify_password(known: str | None, password: str) -> bool:
    """Whether the password fits; takes as long for an unknown person."""
    try:
        fits = _hasher.verify(known or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and known is not None


def subject_of(secret: str, kind: str, value: str) -> str:
    """The keyed hash under which tries are counted: no address of a person stands in the table."""
    return hmac.new(secret.encode(), f"{kind}:{value.strip().lower()}".encode(), hashlib.sha256).hexdigest()


def ensure_tries_left(session: Session, subjects: list[str], now: datetime) -> None:
    """Raise `TooManyTries` when the account or the address had its ten wrong tries in five minutes."""
    since = now - timedelta(minutes=rules.TRIES_MINUTES)
    for subject in subjects:
        if queries.failures_since(session, subject, since) >= rules.TRIES:
            raise TooManyTries


def note_failure(session: Session, subjects: list[str], now: datetime) -> None:
    """Count a wrong try; tries older than a day are forgotten."""
    session.add_all([SignInFailure(subject=subject, at=now) for subject in subjects])
    session.connection().execute(
        sa.delete(SignInFailure).where(col(SignInFailure.at) < now - timedelta(days=1))
    )
    audit.record(session, None, "sign_in.failed", "person", None, at=now)


def open_session(session: Session, person: Person, device: str, now: datetime) -> str:
    """Start a signed-in session and give its cookie: a new random id every time."""
    token = secrets.token_urlsafe(32)
    roles = set(session.exec(select(Grant.role).where(Grant.person_id == person.id)).all())
    hours = rules.SHOPPER_SESSION_HOURS if roles <= {Role.SHOPPER, Role.AUDITOR} else rules.SESSION_HOURS
    session.add(
        WebSession(
            token_hash=digest(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=hours["total"]),
            device=device[:120],
        )
    )
    audit.record(session, person.id, "sign_in.succeeded", "person", person.id, at=now)
    return token


def touch_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that the session is in use; book-keeping, so it leaves no audit entry."""
    session.connection().execute(
        sa.update(WebSession).where(col(WebSession.id) == session_id).values(seen_at=now)
    )


def close_session(session: Session, actor: rules.Actor, now: datetime) -> None:
    """Sign out: the cookie is dead at once."""
    session.connection().execute(sa.delete(WebSession).where(col(WebSession.id) == actor.session_id))
    audit.record(session, actor.id, "sign_out", "person", actor.id, at=now)


def close_other_sessions(session: Session, actor: rules.Actor, now: datetime) -> int:
    """Sign out every other device; gives how many there were."""
    done = session.connection().execute(
        sa.delete(WebSession).where(
            col(WebSession.person_id) == actor.id, col(WebSession.id) != actor.session_id
        )
    )
    audit.record(session, actor.id, "sign_out.others", "person", actor.id, at=now, sessions=done.rowcount)
    return int(done.rowcount)


def end_sessions_of(session: Session, person_id: UUID) -> None:
    """Every device of somebody must sign in again: after a new password, a changed role, a switched-off account."""
    session.connection().execute(sa.delete(WebSession).where(col(WebSession.person_id) == person_id))


def check_reach(role: str, region_id: UUID | None, location_id: UUID | None) -> None:
    """Refuse a grant that could not mean anything, or would mean too much."""
    if role not in set(Role):
        raise BadInput(_("Please choose a role from the list."))
    if role in rules.PLACE_ROLES and location_id is None:
        raise BadInput(_("Please choose the location for this role."))
    if role in rules.REGION_ROLES and region_id is None:
        raise BadInput(_("Please choose the region for this role."))


def add_person(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    region_id: UUID | None,
    location_id: UUID | None,
    locale: str,
    by: rules.Actor | None,
    now: datetime,
) -> tuple[Person, str]:
    """A new person with one grant and an invitation; gives the person and the link's token (shown once)."""
    check_reach(role, region_id, location_id)
    address = email.strip().lower()
    if queries.person_by_email(session, address):
        raise EmailTaken
    zone = "UTC"
    if location_id and (place := session.get(Location, location_id)):
        zone = place.timezone
    person = Person(email=address, name=name.strip(), locale=locale, timezone=zone, created_at=now)
    session.add(person)
    session.flush()
    session.add(Grant(person_id=person.id, role=role, region_id=region_id, location_id=location_id))
    audit.record(session, by.id if by else None, "person.added", "person", person.id, at=now, role=role)
    return person, _invitation(session, person.id, by, now)


def _invitation(session: Session, person_id: UUID, by: rules.Actor | None, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        Invitation(
            token_hash=digest(token),
            person_id=person_id,
            made_by=by.id if by else None,
            made_at=now,
            expires_at=now + timedelta(hours=rules.INVITATION_HOURS),
        )
    )
    return token


def invite_again(session: Session, person: Person, by: rules.Actor, now: datetime) -> str:
    """A new link to choose a password; older links of the person stop working."""
    session.connection().execute(
        sa.update(Invitation)
        .where(col(Invitation.person_id) == person.id, col(Invitation.used_at).is_(None))
        .values(used_at=now)
    )
    audit.record(session, by.id, "person.invited", "person", person.id, at=now)
    return _invitation(session, person.id, by, now)


def accept_invitation(session: Session, token: str, password_hash: str, now: datetime) -> Person:
    """Choose the password by a one-time link; all older sessions of the person end."""
    invitation = queries.open_invitation(session, digest(token), now)
    person = session.get_one(Person, invitation.person_id)
    invitation.used_at = now
    person.password_hash = password_hash
    session.add_all([invitation, person])
    end_sessions_of(session, person.id)
    audit.record(session, person.id, "person.password_chosen", "person", person.id, at=now)
    return person


def set_active(session: Session, person: Person, active: bool, by: rules.Actor, now: datetime) -> None:
    """Switch an account on or off; off ends its sessions at once."""
    if person.id == by.id:
        raise BadInput(_("You cannot switch off your own account."))
    person.active = active
    session.add(person)
    if not active:
        end_sessions_of(session, person.id)
    audit.record(
        session, by.id, "person.switched_on" if active else "person.switched_off", "person", person.id, at=now
    )


def grant(
    session: Session,
    person: Person,
    role: str,
    region_id: UUID | None,
    location_id: UUID | None,
    by: rules.Actor,
    now: datetime,
) -> None:
    """Give a role; the person's sessions rotate by signing in again."""
    check_reach(role, region_id, location_id)
    same = session.exec(
        select(Grant).where(
            Grant.person_id == person.id,
            Grant.role == role,
            Grant.region_id == region_id,
            Grant.location_id == location_id,
        )
    ).first()
    if same:
        raise BadInput(_("This person has this role already."))
    session.add(Grant(person_id=person.id, role=role, region_id=region_id, location_id=location_id))
    end_sessions_of(session, person.id)
    audit.record(session, by.id, "person.granted", "person", person.id, at=now, role=role)


def revoke(session: Session, found: Grant, by: rules.Actor, now: datetime) -> None:
    """Take a role away; the next request of the person no longer has it."""
    if found.person_id == by.id and found.role == Role.ADMINISTRATOR:
        raise BadInput(_("You cannot take the administrator's role from yourself."))
    session.delete(found)
    end_sessions_of(session, found.person_id)
    audit.record(session, by.id, "person.revoked", "person", found.person_id, at=now, role=found.role)


def set_language(session: Session, actor: rules.Actor, locale: str, now: datetime) -> None:
    """Remember the language of a person."""
    session.connection().execute(sa.update(Person).where(col(Person.id) == actor.id).values(locale=locale))
    audit.record(session, actor.id, "person.language", "person", actor.id, at=now)


def make_token(session: Session, person: Person, scopes: list[str], name: str, now: datetime) -> str:
    """A token for programs; it is shown once and kept as a hash."""
    token = "audit_" + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            token_hash=digest(token), person_id=person.id, scopes=sorted(set(scopes)), name=name, made_at=now
        )
    )
    audit.record(session, person.id, "token.made", "person", person.id, at=now, scopes=sorted(set(scopes)))
    return token


def link_employee(session: Session, employee: Employee, person: Person) -> None:
    """Say that this employee signs in as this person."""
    employee.person_id = person.id
    session.add(employee)
