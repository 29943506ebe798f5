"""The one function that moves a visit from state to state, and keeps the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
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


_VISITS: Any = Visit.__table__  # type: ignore[attr-defined]
_SUBMIT = (
    sa.update(_VISITS)
    .where(_VISITS.c.id == sa.bindparam("visit"))
    .values(
        state=VisitState.SUBMITTED,
        submitted_at=sa.bindparam("now"),
        visited_at=sa.bindparam("visited"),
        revision_id=sa.bindparam("revision"),
        return_due_at=None,
    )
)
_STEP = sa.insert(VisitStep.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sending:
    """A visit on its way to `submitted`: from which state, with which revision, and what the audit log shall say of it."""

    visit_id: UUID
    before: str
    by_id: UUID
    revision_id: UUID
    visited_at: datetime | None
    details: Mapping[str, Any]


def move_submitted(session: Session, visits: Sequence[Sending], now: datetime) -> None:
    """The same move to `submitted`, for many at once: this is the one step that comes by the hundred a second."""
    for one in visits:
        states.ensure_may(one.before, VisitState.SUBMITTED)
    connection = session.connection()
    connection.execute(
        _SUBMIT,
        [
            {"visit": one.visit_id, "now": now, "visited": one.visited_at, "revision": one.revision_id}
            for one in visits
        ],
    )
    connection.execute(
        _STEP,
        [
            {
                "id": uuid4(),
                "visit_id": one.visit_id,
                "at": now,
                "from_state": one.before,
                "to_state": "submitted",
                "by_id": one.by_id,
                "reason": "",
            }
            for one in visits
        ],
    )
    for one in visits:
        audit.record(
            session, one.by_id, "visit.submitted", "visit", one.visit_id, at=now,
            before=one.before, revision=str(one.revision_id), **one.details,
        )  # fmt: skip
