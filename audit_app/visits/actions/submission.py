"""Taking a submission: the one action behind the plain form, the API and the phone.

Situation: a phone repeats itself until it hears an answer; answers get lost, servers die, two devices send at once.
Choice: the id is made on the phone and is the primary key of the revision; id, hash, answers, state, audit entry and
score are written in one transaction, and nothing is acknowledged before it is committed. The same id with the same
bytes gives the same receipt; another submission of a visit that is already sent is kept beside it.
Refused: check-then-insert without the visit's lock (duplicates), a key committed before its effect (losses).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from audit_app.kit import audit
from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.definition import Version
from audit_app.visits.actions.evidence import drop_unpromised, expect_photos
from audit_app.visits.actions.steps import move_submitted
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import Draft, Revision, RevisionState, Visit, VisitState
from audit_app.visits.queries.field import Receipt, receipt_of, return_reasons, revision_answers
from audit_app.visits.rules import submission as rules
from audit_app.visits.rules.entries import AnswersNotTaken, Entry, read_entries
from audit_app.visits.rules.evidence import promised

# Statements of the hot path are built once: building them costs more than running them.
_REVISION: Any = Revision.__table__  # type: ignore[attr-defined]
_CASE = (
    sa.select(
        col(Visit.id),
        col(Visit.state),
        col(Visit.version_id),
        col(Visit.revision_id),
        col(Visit.visited_at),
        col(Location.attributes),
    )
    .join(Location, col(Location.id) == col(Visit.location_id))
    .where(col(Visit.id) == sa.bindparam("visit"), col(Visit.shopper_id) == sa.bindparam("shopper"))
    .with_for_update(of=Visit)
)
_EARLIER = sa.select(_REVISION.c.id, _REVISION.c.visit_id, _REVISION.c.number, _REVISION.c.sha256).where(
    sa.or_(_REVISION.c.visit_id == sa.bindparam("visit"), _REVISION.c.id == sa.bindparam("id"))
)
_INSERT = sa.insert(_REVISION)
_NO_DRAFT = sa.delete(Draft.__table__).where(col(Draft.visit_id) == sa.bindparam("visit"))  # type: ignore[attr-defined]


def submit_visit(
    session: Session,
    visit_id: UUID,
    actor: Actor,
    parcel: rules.Parcel,
    sha256: str,
    now: datetime,
    announce: Callable[[object], None],
) -> Receipt:
    """Take the parcel, or give the receipt it already has. Raises `DifferentBytes`, `Closed`, `Withdrawn`, `AnswersNotTaken`."""
    connection = session.connection()
    # Columns instead of an object, and the lock of the visit on PostgreSQL: whoever comes second waits here.
    visit = connection.execute(_CASE, {"visit": visit_id, "shopper": actor.id}).one_or_none()
    if visit is None:
        raise NotFound
    earlier = connection.execute(_EARLIER, {"visit": visit_id, "id": parcel.id}).all()
    if known := next((row for row in earlier if row.id == parcel.id), None):
        if known.visit_id != visit_id or known.sha256 != sha256:
            raise rules.DifferentBytes
        return receipt_of(session, visit_id, parcel.id)
    counts = rules.may_send(visit.state)
    version = version_by_id(session, visit.version_id)
    sent = {
        code: entry or {} for code, entry in read_entries(version, parcel.answers, clearing=False).items()
    }
    answers: dict[str, Entry] = sent
    if counts and visit.state == VisitState.RETURNED and visit.revision_id:
        answers, stale = _correction(session, visit, version, parcel, sent)
        counts = not stale
    if counts and (wrong := rules.check(version, answers, visit.attributes)):
        raise AnswersNotTaken(wrong)
    number = max((row.number for row in earlier), default=0) + 1
    state = RevisionState.ACCEPTED if counts else RevisionState.CONFLICT
    try:
        connection.execute(
            _INSERT,
            {
                "id": parcel.id,
                "visit_id": visit_id,
                "number": number,
                "base_id": visit.revision_id,
                "state": state,
                "answers": answers,
                "sha256": sha256,
                "by_id": actor.id,
                "started_at": parcel.started_at,
                "finished_at": parcel.finished_at,
                "device_now": parcel.device_now,
                "received_at": now,
            },
        )
    except IntegrityError:
        # The same id reached another visit at this very moment.
        raise rules.DifferentBytes from None
    missing = expect_photos(session, visit_id, answers, now)
    if counts:
        _take(session, visit, actor.id, parcel, answers, number, now)
        announce(VisitSubmitted(visit_id, parcel.id))
    else:
        kept = str(parcel.id)
        audit.record(session, actor.id, "visit.conflict_kept", "visit", visit_id, at=now, revision=kept)
    return Receipt(parcel.id, visit_id, number, now, sha256, state, missing, first=True)


def _correction(
    session: Session, visit: Any, version: Version, parcel: rules.Parcel, sent: Mapping[str, Entry]
) -> tuple[dict[str, Entry], bool]:
    """The whole answers of a correction, and whether it was made on something older than what came back."""
    base, number = revision_answers(session, visit.revision_id)
    if parcel.base_version is not None and parcel.base_version < number:
        return dict(sent), True
    reasons, _note = return_reasons(session, visit.id)
    opened = rules.opened_items(version, base, reasons, visit.attributes)
    return rules.corrected(base, sent, opened), False


def _take(
    session: Session,
    visit: Any,
    by_id: UUID,
    parcel: rules.Parcel,
    answers: Mapping[str, Entry],
    number: int,
    now: datetime,
) -> None:
    """The visit is submitted with this revision; its draft is done with."""
    details: dict[str, Any] = {"number": number}
    if offset := rules.skew(parcel, now):
        details["clock_behind_seconds"] = round(offset.total_seconds())
    visited_at = visit.visited_at
    if visit.revision_id is None:
        visited_at = rules.visited_at(parcel, answers, now)
        session.info.setdefault("orphans", []).extend(drop_unpromised(session, visit.id, promised(answers)))
    move_submitted(
        session, visit.id, visit.state, by_id, now, revision_id=parcel.id, visited_at=visited_at, **details
    )
    session.connection().execute(_NO_DRAFT, {"visit": visit.id})
