"""Changes to tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from audit_app.kit import audit
from audit_app.kit.i18n import _
from audit_app.organisation import actions, token_queries
from audit_app.organisation.models import Person
from audit_app.organisation.rules import Actor, token_scopes_of


def what_is_wrong(scopes: Sequence[str], actor: Actor) -> str:
    """Why this person cannot have such a token; empty when they can."""
    if not scopes:
        return _("Please choose what the token may do.")
    if not set(scopes) <= set(token_scopes_of(actor.roles)):
        return _("Please choose one from the list.")
    return ""


def make(session: Session, actor: Actor, name: str, scopes: Sequence[str], now: datetime) -> str:
    """A token that acts for this person."""
    return actions.make_token(session, session.get_one(Person, actor.id), list(scopes), name, now)


def revoke(session: Session, token_id: UUID, actor: Actor, now: datetime) -> None:
    """Take a token back; once is enough, so a second time changes nothing."""
    token = token_queries.token_in_reach(session, token_id, actor)
    if token.revoked_at is not None:
        return
    token.revoked_at = now
    session.add(token)
    audit.record(session, actor.id, "token.revoked", "person", token.person_id, at=now)
