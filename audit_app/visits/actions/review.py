"""Decisions of a reviewer: approve, send back, declare void, take or refuse a photo.

The visit comes loaded for change (`access.visit_for_review`), so of two reviewers at once one waits, then finds it
decided and hears so: exactly one decision wins.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from audit_app.kit import audit
from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules.answers import read_given
from audit_app.standards.rules.reading import read_version
from audit_app.visits.actions.planning import void_visit
from audit_app.visits.actions.steps import move
from audit_app.visits.events import VisitApproved, VisitReturned
from audit_app.visits.models import (
    Evidence,
    EvidenceState,
    Review,
    ReviewDecision,
    Revision,
    Visit,
    VisitState,
)
from audit_app.visits.rules import review as rules
from audit_app.visits.rules.void import ReasonMissing, Voiding

Tell = Callable[[object], None]


def _undecided(visit: Visit, seen: UUID | None) -> None:
    if visit.state != VisitState.SUBMITTED:
        raise rules.AlreadyDecided
    if seen is not None and visit.revision_id != seen:
        raise rules.NewerAnswers


def approve_visit(
    session: Session, visit: Visit, seen: UUID, without: str, actor: Actor, now: datetime, announce: Tell
) -> None:
    """Agree with the answers of the revision that was seen; refused while required proof is missing, unless reasoned."""
    _undecided(visit, seen)
    revision = session.get_one(Revision, visit.revision_id)
    version = read_version(session.get_one(StandardVersion, visit.version_id).document)
    location = session.get_one(Location, visit.location_id)
    givens, _problems = read_given(version, revision.answers)
    evidence = session.exec(select(Evidence).where(Evidence.visit_id == visit.id)).all()
    lacking = rules.missing_proofs(version, givens, location.attributes, rules.here_of(evidence))
    rules.ensure_proved(lacking, without)
    note = without.strip() if lacking else ""
    session.add(
        Review(
            visit_id=visit.id,
            revision_id=revision.id,
            decision=ReviewDecision.APPROVE,
            note=note,
            by_id=actor.id,
            at=now,
        )
    )
    visit.return_due_at = None
    move(session, visit, VisitState.APPROVED, actor.id, now, reason=note, without_proof=len(lacking))
    session.flush()
    announce(VisitApproved(visit.id))


def return_visit(
    session: Session,
    visit: Visit,
    seen: UUID | None,
    items: Iterable[str],
    texts: Mapping[str, str],
    note: str,
    hours: int,
    actor: Actor,
    now: datetime,
    announce: Tell,
) -> None:
    """Send the named items back to the shopper with a reason each; only these open, until the clock runs out."""
    _undecided(visit, seen)
    version = read_version(session.get_one(StandardVersion, visit.version_id).document)
    reasons = rules.return_reasons(version, items, texts)
    session.add(
        Review(
            visit_id=visit.id,
            revision_id=visit.revision_id,
            decision=ReviewDecision.RETURN,
            reasons=reasons,
            note=note.strip()[:2000],
            by_id=actor.id,
            at=now,
        )
    )
    visit.return_due_at = now + timedelta(hours=hours)
    move(
        session, visit, VisitState.RETURNED, actor.id, now, reason=note.strip()[:2000], items=sorted(reasons)
    )
    session.flush()
    announce(VisitReturned(visit.id))


def void_reviewed(
    session: Session,
    visit: Visit,
    seen: UUID | None,
    said: Voiding,
    actor: Actor,
    now: datetime,
    announce: Tell,
) -> None:
    """Declare during the review that the visit does not count."""
    _undecided(visit, seen)
    void_visit(session, visit, said, actor, now, announce)


def judge_evidence(
    session: Session,
    visit: Visit,
    evidence_id: UUID,
    verdict: EvidenceState,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Evidence:
    """Take or refuse one photo of a submitted visit; a refusal says why."""
    _undecided(visit, None)
    found = session.exec(
        select(Evidence).where(Evidence.id == evidence_id, Evidence.visit_id == visit.id).with_for_update()
    ).one_or_none()
    if found is None or found.state == EvidenceState.EXPECTED:
        raise NotFound
    if verdict == EvidenceState.REFUSED and not reason.strip():
        raise ReasonMissing
    found.state = verdict
    found.reason = reason.strip()[:500] if verdict == EvidenceState.REFUSED else ""
    session.add(found)
    audit.record(
        session, actor.id, f"evidence.{verdict.value}", "visit", visit.id, at=now, evidence=str(found.id)
    )
    return found
