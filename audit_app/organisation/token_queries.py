"""Questions about tokens: never the token itself, only what it may do and for whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import ApiToken, Person, Role
from audit_app.organisation.rules import Actor

MOST = 500


@dataclass(frozen=True)
class TokenLine:
    """One token in the list."""

    id: UUID
    name: str
    owner: str
    scopes: list[str]
    made_at: datetime
    revoked_at: datetime | None


def tokens(session: Session, person_id: UUID | None) -> list[TokenLine]:
    """The tokens of this person, or of everybody; living ones first, then the newest."""
    question = select(ApiToken, Person.name).join(Person, col(Person.id) == col(ApiToken.person_id))
    if person_id is not None:
        question = question.where(ApiToken.person_id == person_id)
    rows = session.exec(
        question.order_by(col(ApiToken.revoked_at).is_not(None), col(ApiToken.made_at).desc()).limit(MOST)
    ).all()
    return [
        TokenLine(token.id, token.name, owner, token.scopes, token.made_at, token.revoked_at)
        for token, owner in rows
    ]


def token_in_reach(session: Session, token_id: UUID, actor: Actor) -> ApiToken:
    """A token of this person, or any for an administrator; locked for change."""
    question = select(ApiToken).where(ApiToken.id == token_id).with_for_update()
    if not actor.has(Role.ADMINISTRATOR):
        question = question.where(ApiToken.person_id == actor.id)
    found = session.exec(question).one_or_none()
    if found is None:
        raise NotFound
    return found
