"""Submissions that were kept beside another one, for those who decide about them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Location
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor
from audit_app.visits.models import KeptChoice, Revision, RevisionState, Visit
from audit_app.visits.queries.access import REVIEWERS

MOST = 50


@dataclass(frozen=True)
class Kept:
    """A kept submission in a list."""

    visit_id: UUID
    revision_id: UUID
    location: str
    received_at: datetime


def undecided(session: Session, actor: Actor, visit_id: UUID | None = None) -> list[Kept]:
    """Kept submissions this reviewer may decide about, the longest waiting first."""
    question = (
        sa.select(col(Visit.id), col(Revision.id), col(Location.name), col(Revision.received_at))
        .join(Visit, col(Visit.id) == col(Revision.visit_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .outerjoin(KeptChoice, col(KeptChoice.revision_id) == col(Revision.id))
        .where(
            col(Revision.state) == RevisionState.CONFLICT,
            col(KeptChoice.revision_id).is_(None),
            locations_within(actor.scope(*REVIEWERS)),
            col(Visit.shopper_id).is_distinct_from(actor.id),
        )
        .order_by(col(Revision.received_at))
        .limit(MOST)
    )
    if visit_id is not None:
        question = question.where(col(Visit.id) == visit_id)
    rows = session.connection().execute(question)
    return [Kept(visit, revision, name, received) for visit, revision, name, received in rows]


def kept_one(session: Session, visit: Visit, revision_id: UUID) -> tuple[Revision, KeptChoice | None]:
    """One kept submission of a visit that was loaded for review, and what was decided about it."""
    found = session.exec(
        select(Revision, KeptChoice)
        .outerjoin(KeptChoice, col(KeptChoice.revision_id) == col(Revision.id))
        .where(
            Revision.id == revision_id,
            Revision.visit_id == visit.id,
            Revision.state == RevisionState.CONFLICT,
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]
