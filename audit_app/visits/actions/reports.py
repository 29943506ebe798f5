"""Word from the field: the place was closed, or the shopper was recognised. It changes no state; a person decides."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from audit_app.kit import audit
from audit_app.kit.errors import BadInput
from audit_app.organisation.rules import Actor
from audit_app.visits.models import VisitStep
from audit_app.visits.queries.access import visit_of_shopper
from audit_app.visits.rules.entries import Entry, read_moment
from audit_app.visits.words import FROM_FIELD, REPORTS


class ReportNotUnderstood(BadInput):
    """A report says that the place was closed or that you were recognised, in at most 1,500 signs."""

    code = "bad_report"


def note_report(
    session: Session,
    visit_id: UUID,
    actor: Actor,
    raw: Entry,
    now: datetime,
    *,
    report_id: UUID | None = None,
) -> UUID:
    """Keep the report beside the visit, once for each id; gives its id."""
    visit_of_shopper(session, visit_id, actor, for_change=True)
    known = session.get(VisitStep, report_id) if report_id else None
    if known is not None:
        if known.visit_id != visit_id:
            raise ReportNotUnderstood
        return known.id
    kind, words = raw.get("kind"), raw.get("words") or ""
    if kind not in REPORTS or not isinstance(words, str) or len(words) > 1500 or "\x00" in words:
        raise ReportNotUnderstood
    step = VisitStep(
        id=report_id or uuid4(),
        visit_id=visit_id,
        at=_moment(session, visit_id, actor, read_moment(raw.get("at")), now),
        from_state=FROM_FIELD,
        to_state=str(kind),
        by_id=actor.id,
        reason=words.strip(),
    )
    session.add(step)
    audit.record(session, actor.id, "visit.reported", "visit", visit_id, at=now, kind=kind)
    return step.id


def _moment(session: Session, visit_id: UUID, actor: Actor, said: datetime | None, now: datetime) -> datetime:
    """When it happened; but when somebody acted on the visit meanwhile they did not know of it: then it is news of now."""
    if said is None or said >= now:
        return now
    since = select(VisitStep.id).where(
        VisitStep.visit_id == visit_id, VisitStep.at >= said, col(VisitStep.by_id).is_distinct_from(actor.id)
    )
    return said if session.exec(since.limit(1)).first() is None else now
