"""Writing planned visits and answers: visit, step, revision and score, each kind of row with one statement."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from audit_app.imports.actions.network import insert, update
from audit_app.imports.rules.plans import Plan
from audit_app.imports.rules.visits import MADE, Asked, Made, RepliesPlan, answers_document
from audit_app.scoring.actions import columns_of, count_months
from audit_app.scoring.models import VisitScore
from audit_app.scoring.rules.score import RULE_VERSION, score_of
from audit_app.standards.rules.answers import answers_in
from audit_app.visits.models import Revision, RevisionState, Visit, VisitState, VisitStep

SOURCE = "import"


def write_visits(session: Session, plan: Plan[Made], by: UUID | None, now: datetime) -> None:
    """Visits in the state of their row, each with the step that says where it came from."""
    visits: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for one in plan.new:
        visit_id = uuid4()
        state = one.state
        made = state in MADE
        visits.append(
            {
                "id": visit_id,
                "reference": one.reference,
                "location_id": one.location_id,
                "version_id": one.version_id,
                "kind": one.kind,
                "channel": one.channel,
                "state": state,
                "shopper_id": one.shopper_id,
                "employee_id": one.employee_id,
                "from_on": one.day,
                "due_on": one.day,
                "scenario": {},
                "source": SOURCE,
                "planned_by": by,
                "planned_at": now,
                "visited_at": one.visited_at,
                "submitted_at": one.visited_at if made else None,
                "approved_at": one.approved_at,
                "released_at": one.released_at,
            }
        )
        steps.append(
            {
                "id": uuid4(),
                "visit_id": visit_id,
                "at": now,
                "from_state": "",
                "to_state": state,
                "by_id": by,
                "reason": SOURCE,
            }
        )
    insert(session, Visit, visits)
    insert(session, VisitStep, steps)


def write_replies(session: Session, whole: RepliesPlan, asked: dict[str, Asked], now: datetime) -> None:
    """One revision and one score a visit; the sums of months follow where results are released already."""
    revisions: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for reference, replies in whole.by_visit.items():
        visit = asked[reference]
        document = answers_document(replies)
        revision_id = uuid4()
        body = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        revisions.append(
            {
                "id": revision_id,
                "visit_id": visit.id,
                "number": 1,
                "state": str(RevisionState.ACCEPTED),
                "answers": document,
                "sha256": hashlib.sha256(body.encode()).hexdigest(),
                "by_id": visit.shopper_id,
                "finished_at": visit.visited_at,
                "received_at": now,
            }
        )
        answers = answers_in({one.item: one.given for one in replies})
        attributes = dict(visit.attributes)
        scores.append(
            {
                "id": uuid4(),
                "visit_id": visit.id,
                "revision_id": revision_id,
                "version_id": visit.version_id,
                "rule_version": RULE_VERSION,
                "attributes": attributes,
                "current": True,
                "computed_at": now,
                **columns_of(visit.version, score_of(visit.version, answers, attributes)),
            }
        )
        links.append({"id": visit.id, "revision_id": revision_id})
    insert(session, Revision, revisions)
    update(session, Visit, "id", links)
    insert(session, VisitScore, scores)
    if any(asked[reference].state == VisitState.RELEASED for reference in whole.by_visit):
        count_months(session)
