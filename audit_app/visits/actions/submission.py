"""Taking submissions: the one action behind the plain form, the API and the phone.

Situation: a phone repeats itself until it hears an answer; answers get lost, servers die, two devices send at once.
Choice: the id is made on the phone and is the primary key of the revision; id, hash, answers, state, audit entry and
score are written in one transaction, and nothing is acknowledged before it is committed. The same id with the same
bytes gives the same receipt; another submission of a visit that is already sent is kept beside it. Those who come
together share a transaction (`kit.together`): each is decided alone, all are written by the same few statements.
Refused: check-then-insert without the visit's lock (duplicates), a key committed before its effect (losses).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col

from audit_app.kit import audit, i18n
from audit_app.kit.db import Engines, is_overload, write
from audit_app.kit.errors import AuditError, NotFound
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.filled import Filled, fill
from audit_app.visits.actions.evidence import (
    Rows,
    drop_unpromised,
    expect,
    mark_sources,
    photo_rows,
    to_expect,
    to_mark,
)
from audit_app.visits.actions.flags import Case, flag_submissions
from audit_app.visits.actions.steps import Sending, move_submitted
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import Channel, Draft, Revision, RevisionState, Visit, VisitState
from audit_app.visits.queries.field import Receipt, receipt_of, return_reasons, revision_answers
from audit_app.visits.rules import submission as rules
from audit_app.visits.rules.entries import AnswersNotTaken, Entry, read_entries
from audit_app.visits.rules.evidence import promised
from audit_app.visits.rules.flags import Spot, Times, stamps_of

Tell = Callable[[object], None]

MOST_TOGETHER = 16
"""Submissions of one transaction: more would let the first ones wait for the last."""
_TRY_ALONE = frozenset({"40001", "40P01"})
"""PostgreSQL: two transactions stood in each other's way."""

# Statements of the hot path are built once: building them costs more than running them.
_REVISION: Any = Revision.__table__  # type: ignore[attr-defined]
_CASES = (
    sa.select(
        col(Visit.id),
        col(Visit.shopper_id),
        col(Visit.state),
        col(Visit.version_id),
        col(Visit.revision_id),
        col(Visit.visited_at),
        col(Visit.channel),
        col(Location.attributes),
        col(Location.latitude),
        col(Location.longitude),
    )
    .join(Location, col(Location.id) == col(Visit.location_id))
    .where(col(Visit.id).in_(sa.bindparam("visits", expanding=True)))
    .order_by(col(Visit.id))
    .with_for_update(of=Visit)
)
_EARLIER = sa.select(_REVISION.c.id, _REVISION.c.visit_id, _REVISION.c.number, _REVISION.c.sha256).where(
    sa.or_(
        _REVISION.c.visit_id.in_(sa.bindparam("visits", expanding=True)),
        _REVISION.c.id.in_(sa.bindparam("ids", expanding=True)),
    )
)
_INSERT = sa.insert(_REVISION)
_NO_DRAFTS = sa.delete(Draft.__table__).where(  # type: ignore[attr-defined]
    col(Draft.visit_id).in_(sa.bindparam("visits", expanding=True))
)


@dataclass(frozen=True)
class Sent:
    """A parcel on its way in: for which visit, from whom, under which hash; refusals are said in `language`."""

    visit_id: UUID
    by_id: UUID
    parcel: rules.Parcel
    sha256: str
    language: str = "en"


@dataclass(frozen=True)
class _Taken:
    """What was decided about a parcel and is still to be written."""

    sent: Sent
    case: Any
    number: int
    state: RevisionState
    answers: Mapping[str, Entry]
    filled: Filled | None
    """None where it is only kept."""

    @property
    def counts(self) -> bool:
        return self.state is RevisionState.ACCEPTED


def submit_visit(
    session: Session,
    visit_id: UUID,
    actor: Actor,
    parcel: rules.Parcel,
    sha256: str,
    now: datetime,
    announce: Tell,
) -> Receipt:
    """Take one parcel. Raises `DifferentBytes`, `Closed`, `Withdrawn`, `NotAccepted`, `AnswersNotTaken`."""
    sent = Sent(visit_id, actor.id, parcel, sha256, i18n.language())
    [answer] = take_parcels(session, [sent], now, announce)
    if isinstance(answer, AuditError):
        raise answer
    return answer


def take_in(
    engines: Engines, batch: Sequence[Sent], now: datetime, announcer: Callable[[Session], Tell]
) -> tuple[list[Receipt | Exception], list[str]]:
    """One transaction for all of them; if it cannot be had, each alone, so that nobody suffers for another's parcel.

    Gives the answers, which may be told because all is committed, and the files nobody names any more.
    """
    try:
        with write(engines) as session:
            answers = take_parcels(session, batch, now, announcer(session))
            orphans = session.info.pop("orphans", [])
        return list(answers), orphans
    except Exception as error:
        if len(batch) == 1:
            # The same id reached another visit at this very moment.
            return [rules.DifferentBytes() if isinstance(error, IntegrityError) else error], []
        state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
        if is_overload(error) and state not in _TRY_ALONE:
            return [error] * len(batch), []
    alone = [take_in(engines, [one], now, announcer) for one in batch]
    return [answers[0] for answers, _files in alone], [file for _answers, files in alone for file in files]


def take_parcels(
    session: Session, batch: Sequence[Sent], now: datetime, announce: Tell
) -> list[Receipt | AuditError]:
    """Take the parcels, or give the receipts they already have, or say why not; refusals leave nothing behind."""
    answers: dict[int, Receipt | AuditError] = {}
    waiting = list(enumerate(batch))
    while waiting:
        waiting = _round(session, waiting, answers, now, announce)
    return [answers[place] for place in range(len(batch))]


def _round(
    session: Session,
    waiting: Sequence[tuple[int, Sent]],
    answers: dict[int, Receipt | AuditError],
    now: datetime,
    announce: Tell,
) -> list[tuple[int, Sent]]:
    """Decide and write; gives those whose visit was just written to, because they must see what came of it."""
    connection = session.connection()
    visits = list({sent.visit_id for _place, sent in waiting})
    ids = [sent.parcel.id for _place, sent in waiting]
    # Columns instead of objects, and the lock of the visits on PostgreSQL: whoever comes second waits here.
    cases = {row.id: row for row in connection.execute(_CASES, {"visits": visits})}
    by_id: dict[UUID, Any] = {}
    numbers: dict[UUID, int] = {}
    for row in connection.execute(_EARLIER, {"visits": visits, "ids": ids}):
        by_id[row.id] = row
        numbers[row.visit_id] = max(row.number, numbers.get(row.visit_id, 0))
    taken: dict[int, _Taken] = {}
    touched: set[UUID] = set()
    later: list[tuple[int, Sent]] = []
    for place, sent in waiting:
        if sent.visit_id in touched or sent.parcel.id in touched:
            later.append((place, sent))
            continue
        i18n.use_language(sent.language)
        try:
            case = cases.get(sent.visit_id)
            if case is None or case.shopper_id != sent.by_id:
                raise NotFound
            if known := by_id.get(sent.parcel.id):
                if known.visit_id != sent.visit_id or known.sha256 != sent.sha256:
                    raise rules.DifferentBytes
                answers[place] = receipt_of(session, sent.visit_id, sent.parcel.id)
            else:
                taken[place] = _decided(session, sent, case, numbers.get(sent.visit_id, 0))
                touched |= {sent.visit_id, sent.parcel.id}
        except AuditError as refused:
            answers[place] = refused
    if taken:
        receipts = _write(session, list(taken.values()), now, announce)
        answers.update(zip(taken, receipts, strict=True))
    return later


def _decided(session: Session, sent: Sent, case: Any, last: int) -> _Taken:
    """Whether it counts, is kept beside, or is refused (raised)."""
    counts = rules.may_send(case.state)
    version = version_by_id(session, case.version_id)
    entries = read_entries(version, sent.parcel.answers, clearing=False)
    answers: dict[str, Entry] = {code: entry or {} for code, entry in entries.items()}
    if counts and case.state == VisitState.RETURNED and case.revision_id:
        answers, stale = _correction(session, case, version, sent.parcel, answers)
        counts = not stale
    filled = None
    if counts:
        filled = fill(case.version_id, version, answers, dict(case.attributes), first=last == 0)
        if wrong := rules.problems_of(filled):
            raise AnswersNotTaken(wrong)
    state = RevisionState.ACCEPTED if counts else RevisionState.CONFLICT
    return _Taken(sent, case, last + 1, state, answers, filled)


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


def _write(session: Session, taken: Sequence[_Taken], now: datetime, announce: Tell) -> list[Receipt]:
    """Everything that follows from the decisions, by few statements for all."""
    connection = session.connection()
    connection.execute(_INSERT, [_revision(one, now) for one in taken])
    photos = photo_rows(session, [one.sent.visit_id for one in taken])
    fresh: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    receipts = []
    for one in taken:
        sent = one.sent
        rows, pairs = photos.get(sent.visit_id, []), promised(one.answers)
        new, missing = to_expect(rows, sent.visit_id, pairs, now, sent.parcel.sources)
        fresh += new
        marks += to_mark(rows, sent.parcel.sources)
        if one.counts and one.case.revision_id is None and rows:
            _forget(session, rows, pairs)
        receipts.append(
            Receipt(
                sent.parcel.id, sent.visit_id, one.number, now, sent.sha256, one.state, missing, first=True
            )
        )
        if not one.counts:
            audit.record(
                session, sent.by_id, "visit.conflict_kept", "visit", sent.visit_id, at=now,
                revision=str(sent.parcel.id),
            )  # fmt: skip
    expect(session, fresh)
    mark_sources(session, marks)
    if submitted := [one for one in taken if one.counts]:
        sendings = [_sending(one, now) for one in submitted]
        move_submitted(session, sendings, now)
        flag_submissions(
            session,
            [
                _case(one, one.filled, sending.visited_at, now, photos.get(one.sent.visit_id, []))
                for one, sending in zip(submitted, sendings, strict=True)
                if one.filled is not None
            ],
            now,
        )
        connection.execute(_NO_DRAFTS, {"visits": [one.sent.visit_id for one in submitted]})
        for one in submitted:
            announce(VisitSubmitted(one.sent.visit_id, one.sent.parcel.id, one.filled))
    return receipts


def _revision(one: _Taken, now: datetime) -> dict[str, Any]:
    parcel = one.sent.parcel
    return {
        "id": parcel.id,
        "visit_id": one.sent.visit_id,
        "number": one.number,
        "base_id": one.case.revision_id,
        "state": one.state,
        "answers": one.answers,
        "sha256": one.sent.sha256,
        "by_id": one.sent.by_id,
        "started_at": parcel.started_at,
        "finished_at": parcel.finished_at,
        "device_now": parcel.device_now,
        "received_at": now,
        "place": parcel.place,
        "inspected": one.counts,
    }


def _case(one: _Taken, filled: Filled, visited_at: datetime | None, now: datetime, photos: Rows) -> Case:
    """What the flags want to know."""
    parcel, case = one.sent.parcel, one.case
    known = case.latitude is not None and case.longitude is not None
    return Case(
        visit_id=one.sent.visit_id,
        shopper_id=one.sent.by_id,
        filled=filled,
        times=Times(
            stamps_of(one.answers), parcel.started_at, parcel.finished_at, parcel.device_now, received_at=now
        ),
        visited_at=visited_at,
        on_site=case.channel == Channel.IN_PERSON,
        location=Spot(case.latitude, case.longitude) if known else None,
        place=Spot(**parcel.place) if parcel.place else None,
        photos=any(row["file"] for row in photos),
    )


def _sending(one: _Taken, now: datetime) -> Sending:
    """The visit is submitted with this revision; corrections leave the time of the visit as it was."""
    parcel = one.sent.parcel
    details: dict[str, Any] = {"number": one.number}
    if offset := rules.skew(parcel, now):
        details["clock_behind_seconds"] = round(offset.total_seconds())
    visited_at = one.case.visited_at
    if one.case.revision_id is None:
        visited_at = rules.visited_at(parcel, one.answers, now)
    return Sending(one.sent.visit_id, one.case.state, one.sent.by_id, parcel.id, visited_at, details)


def _forget(session: Session, rows: Rows, pairs: set[tuple[str, str]]) -> None:
    session.info.setdefault("orphans", []).extend(drop_unpromised(session, rows, pairs))
