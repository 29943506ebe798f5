"""The one function that moves a visit from state to state, and keeps the history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from audit_app.kit import audit
from audit_app.visits.models import Visit, VisitState, VisitStep
from audit_app.visits.rules import states

_STAMP = {
    VisitState.STARTED: "started_at",
    VisitState.SUBMITTED: "submitted_at",
    VisitState.APPROVED: "approved_at",
    VisitState.RELEASED: "released_at",
}


def move(
    session: Session,
    visit: Visit,
    to: VisitState,
    by_id: UUID | None,
    now: datetime,
    *,
    reason: str = "",
    **details: Any,
) -> None:
    """Move the visit, note who, when and why, and leave the one audit entry of this change.

    Raises `NotFromHere` when the states do not allow it. The caller holds the writing transaction, so on SQLite nobody
    is beside it; on PostgreSQL the caller must have loaded the visit `FOR UPDATE` (`queries.access` does).
    """
    before = visit.state
    states.ensure_may(before, to)
    visit.state = to
    if stamp := _STAMP.get(to):
        setattr(visit, stamp, now)
    session.add(visit)
    session.add(
        VisitStep(visit_id=visit.id, at=now, from_state=before, to_state=to, by_id=by_id, reason=reason)
    )
    audit.record(session, by_id, f"visit.{to.value}", "visit", visit.id, at=now, before=before, **details)
