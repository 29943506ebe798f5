"""What happened to a report beside its states: submissions and returns, and word from the field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from audit_app.organisation.models import Location
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor
from audit_app.standards.rules.definition import Version
from audit_app.visits.models import (
    Review,
    ReviewDecision,
    Revision,
    RevisionState,
    Visit,
    VisitState,
    VisitStep,
)
from audit_app.visits.queries.access import REVIEWERS
from audit_app.visits.rules.history import Asked, Round, Sending, rounds
from audit_app.visits.words import FROM_FIELD

MOST_REPORTS = 50
_STEP: Any = VisitStep.__table__  # type: ignore[attr-defined]


def history_of(session: Session, visit_id: UUID, version: Version) -> list[Round]:
    """What was sent, asked and changed, of a visit that was loaded for whoever reads it; two questions."""
    connection = session.connection()
    sent = connection.execute(
        sa.select(
            col(Revision.id),
            col(Revision.number),
            col(Revision.base_id),
            col(Revision.received_at),
            col(Revision.answers),
        ).where(col(Revision.visit_id) == visit_id, col(Revision.state) == RevisionState.ACCEPTED)
    )
    returned = connection.execute(
        sa.select(col(Review.revision_id), col(Review.at), col(Review.note), col(Review.reasons)).where(
            col(Review.visit_id) == visit_id, col(Review.decision) == ReviewDecision.RETURN
        )
    )
    return rounds(
        [Sending(*row) for row in sent],
        [Asked(*row) for row in returned],
        [item.code for item in version.items],
    )


@dataclass(frozen=True)
class FieldReport:
    """The place was closed, or the shopper was recognised: when, and in whose words."""

    visit_id: UUID
    kind: str
    words: str
    at: datetime
    state: str
    location: str
    timezone: str


_REPORTS = (
    sa.select(
        _STEP.c.visit_id,
        _STEP.c.to_state,
        _STEP.c.reason,
        _STEP.c.at,
        col(Visit.state),
        col(Location.name),
        col(Location.timezone),
    )
    .join(Visit, col(Visit.id) == _STEP.c.visit_id)
    .join(Location, col(Location.id) == col(Visit.location_id))
    .where(_STEP.c.from_state == sa.literal(FROM_FIELD, literal_execute=True))
    .order_by(_STEP.c.at, _STEP.c.id)
    .limit(MOST_REPORTS)
)


def reports_of(session: Session, visit_id: UUID) -> list[FieldReport]:
    """Word from the field about one visit, in its order."""
    found = session.connection().execute(_REPORTS.where(_STEP.c.visit_id == visit_id))
    return [FieldReport(*row) for row in found]


def open_reports(session: Session, actor: Actor) -> list[FieldReport]:
    """Word from the field this reviewer may act on: visits that are still under way, where nobody has acted since."""
    later = _STEP.alias("later")
    acted = (
        sa.select(sa.literal(1))
        .select_from(later)
        .where(
            later.c.visit_id == _STEP.c.visit_id,
            later.c.at > _STEP.c.at,
            later.c.from_state != FROM_FIELD,
            later.c.by_id.is_distinct_from(col(Visit.shopper_id)),
        )
        .exists()
    )
    under_way = [VisitState.ACCEPTED, VisitState.STARTED, VisitState.SUBMITTED, VisitState.RETURNED]
    found = session.connection().execute(
        _REPORTS.where(
            col(Visit.state).in_(under_way),
            locations_within(actor.scope(*REVIEWERS)),
            col(Visit.shopper_id).is_distinct_from(actor.id),
            ~acted,
        )
    )
    return [FieldReport(*row) for row in found]


def last_changes(history: list[Round]) -> Mapping[str, Any]:
    """Item → its answer before the newest correction."""
    return {change.item: change for change in history[-1].changes} if history else {}
