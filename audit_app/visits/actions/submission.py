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
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.definition import Version
from audit_app.visits.actions.evidence import drop_unpromised, expect_photos
from audit_app.visits.actions.steps import move
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import Draft, Revision, RevisionState, Visit, VisitState
from audit_app.visits.queries.access import visit_of_shopper
from audit_app.visits.queries.field import Receipt, receipt_of, return_reasons, revision_answers
from audit_app.visits.rules import submission as rules
from audit_app.visits.rules.entries import AnswersNotTaken, Entry, read_entries
from audit_app.visits.rules.evidence import promised

_REVISION = Revision.__table__  # type: ignore[attr-defined]


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
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    if known := _known(session, visit_id, parcel.id, sha256):
        return known
    counts = rules.may_send(visit.state)
    version = version_by_id(session, visit.version_id)
    sent = {
        code: entry or {} for code, entry in read_entries(version, parcel.answers, clearing=False).items()
    }
    if counts and visit.state == VisitState.RETURNED and visit.revision_id:
        answers, stale = _correction(session, visit, version, parcel, sent)
        counts = not stale
    else:
        answers = sent
    attributes = _attributes(session, visit)
    if counts and (wrong := rules.check(version, answers, attributes)):
        raise AnswersNotTaken(wrong)
    number = _insert(session, visit, parcel, answers, sha256, counts, now)
    expect_photos(session, visit.id, answers, now)
    if not counts:
        audit.record(
            session, actor.id, "visit.conflict_kept", "visit", visit.id, at=now, revision=str(parcel.id)
        )
    else:
        _take(session, visit, actor.id, parcel, answers, number, now)
        announce(VisitSubmitted(visit.id, parcel.id))
    return receipt_of(session, visit.id, parcel.id, first=True)


def _known(session: Session, visit_id: UUID, submission_id: UUID, sha256: str) -> Receipt | None:
    row = (
        session.connection()
        .execute(sa.select(_REVISION.c.visit_id, _REVISION.c.sha256).where(_REVISION.c.id == submission_id))
        .one_or_none()
    )
    if row is None:
        return None
    if row.visit_id != visit_id or row.sha256 != sha256:
        raise rules.DifferentBytes
    return receipt_of(session, visit_id, submission_id)


def _correction(
    session: Session, visit: Visit, version: Version, parcel: rules.Parcel, sent: Mapping[str, Entry]
) -> tuple[dict[str, Entry], bool]:
    """The whole answers of a correction, and whether it was made on something older than what came back."""
    assert visit.revision_id is not None
    base, number = revision_answers(session, visit.revision_id)
    if parcel.base_version is not None and parcel.base_version < number:
        return dict(sent), True
    reasons, _note = return_reasons(session, visit.id)
    opened = rules.opened_items(version, base, reasons, _attributes(session, visit))
    return rules.corrected(base, sent, opened), False


def _attributes(session: Session, visit: Visit) -> dict[str, str]:
    found = session.connection().execute(
        sa.select(col(Location.attributes)).where(col(Location.id) == visit.location_id)
    )
    return dict(found.scalar_one())


def _insert(
    session: Session,
    visit: Visit,
    parcel: rules.Parcel,
    answers: Mapping[str, Entry],
    sha256: str,
    counts: bool,
    now: datetime,
) -> int:
    """The revision, as it came; its number follows the last one of the visit."""
    connection = session.connection()
    number: int = (
        connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(_REVISION.c.number), 0)).where(
                _REVISION.c.visit_id == visit.id
            )
        ).scalar_one()
        + 1
    )
    try:
        connection.execute(
            sa.insert(_REVISION).values(
                id=parcel.id,
                visit_id=visit.id,
                number=number,
                base_id=visit.revision_id,
                state=RevisionState.ACCEPTED if counts else RevisionState.CONFLICT,
                answers=answers,
                sha256=sha256,
                by_id=visit.shopper_id,
                started_at=parcel.started_at,
                finished_at=parcel.finished_at,
                device_now=parcel.device_now,
                received_at=now,
            )
        )
    except IntegrityError:
        # The same id reached another visit of somebody else at this very moment.
        raise rules.DifferentBytes from None
    return number


def _take(
    session: Session,
    visit: Visit,
    by_id: UUID,
    parcel: rules.Parcel,
    answers: Mapping[str, Entry],
    number: int,
    now: datetime,
) -> None:
    """The visit is submitted with this revision; its draft is done with."""
    details: dict[str, Any] = {"revision": str(parcel.id), "number": number}
    if offset := rules.skew(parcel, now):
        details["clock_behind_seconds"] = round(offset.total_seconds())
    if visit.revision_id is None:
        visit.visited_at = rules.visited_at(parcel, answers, now)
        session.info.setdefault("orphans", []).extend(drop_unpromised(session, visit.id, promised(answers)))
    visit.revision_id = parcel.id
    visit.return_due_at = None
    move(session, visit, VisitState.SUBMITTED, by_id, now, **details)
    session.connection().execute(sa.delete(Draft.__table__).where(col(Draft.visit_id) == visit.id))  # type: ignore[attr-defined]
