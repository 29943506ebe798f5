"""Word from the field: the place was closed, or the shopper was recognised. It changes no state; a person decides."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from audit_app.kit import audit
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.organisation.rules import Actor
from audit_app.visits.models import VisitStep
from audit_app.visits.queries.access import visit_of_shopper
from audit_app.visits.rules.entries import Entry, read_moment

KINDS = {"closed": _("The place was closed"), "recognised": _("The shopper was recognised")}
FROM_FIELD = "report"
"""Stands as the state a step came from, since the visit did not move."""


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
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    known = session.get(VisitStep, report_id) if report_id else None
    if known is not None:
        if known.visit_id != visit_id:
            raise ReportNotUnderstood
        return known.id
    kind, words = raw.get("kind"), raw.get("words") or ""
    if kind not in KINDS or not isinstance(words, str) or len(words) > 1500 or "\x00" in words:
        raise ReportNotUnderstood
    said = _t(KINDS[kind]) + (f": {words.strip()}" if words.strip() else "")
    at = read_moment(raw.get("at"))
    step = VisitStep(
        id=report_id or uuid4(),
        visit_id=visit_id,
        at=min(at, now) if at else now,
        from_state=FROM_FIELD,
        to_state=visit.state,
        by_id=actor.id,
        reason=said,
    )
    session.add(step)
    audit.record(session, actor.id, "visit.reported", "visit", visit_id, at=now, kind=kind)
    return step.id
