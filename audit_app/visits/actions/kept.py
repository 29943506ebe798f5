"""Deciding about a submission that was kept beside another one: its answers count from now on, or it is laid aside.

Nothing is ever overwritten: what is taken becomes the newest revision, and both that came stay as they were.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col

from audit_app.kit import audit
from audit_app.kit.errors import AuditError
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.filled import fill
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import KeptChoice, Revision, RevisionState, Visit, VisitState
from audit_app.visits.queries.kept import kept_one
from audit_app.visits.rules.review import AlreadyDecided, NewerAnswers
from audit_app.visits.rules.submission import problems_of
from audit_app.visits.rules.void import ReasonMissing

Tell = Callable[[object], None]


class NotComplete(AuditError):
    """This report is not complete, so it cannot count. Lay it aside, or send the visit back to the shopper."""

    code = "not_complete"


def decide_kept(
    session: Session,
    visit: Visit,
    revision_id: UUID,
    seen: UUID | None,
    reason: str,
    actor: Actor,
    now: datetime,
    announce: Tell,
    *,
    take: bool,
) -> None:
    """Decide once. `seen` is the revision that counted when the person looked; the visit was loaded for change."""
    kept, choice = kept_one(session, visit, revision_id)
    if choice is not None:
        raise AlreadyDecided
    if not reason.strip():
        raise ReasonMissing
    session.add(
        KeptChoice(revision_id=kept.id, taken=take, reason=reason.strip()[:1000], by_id=actor.id, at=now)
    )
    if not take:
        audit.record(session, actor.id, "visit.kept_left", "visit", visit.id, at=now, revision=str(kept.id))
        return
    if visit.state != VisitState.SUBMITTED:
        raise AlreadyDecided
    if visit.revision_id != seen:
        raise NewerAnswers
    newest = _as_newest(session, visit, kept, now)
    audit.record(
        session, actor.id, "visit.kept_taken", "visit", visit.id, at=now,
        revision=str(newest), kept=str(kept.id),
    )  # fmt: skip
    announce(VisitSubmitted(visit.id, newest))


def _as_newest(session: Session, visit: Visit, kept: Revision, now: datetime) -> UUID:
    location = session.get_one(Location, visit.location_id)
    version = version_by_id(session, visit.version_id)
    if problems_of(fill(visit.version_id, version, kept.answers, location.attributes)):
        raise NotComplete
    last = session.connection().execute(
        sa.select(sa.func.max(col(Revision.number))).where(col(Revision.visit_id) == visit.id)
    )
    revision = Revision(
        id=uuid4(),
        visit_id=visit.id,
        number=(last.scalar_one() or 0) + 1,
        base_id=visit.revision_id,
        state=RevisionState.ACCEPTED,
        answers=kept.answers,
        sha256=kept.sha256,
        by_id=kept.by_id,
        started_at=kept.started_at,
        finished_at=kept.finished_at,
        device_now=kept.device_now,
        place=kept.place,
        received_at=now,
    )
    session.add(revision)
    visit.revision_id = revision.id
    session.add(visit)
    session.flush()
    return revision.id
