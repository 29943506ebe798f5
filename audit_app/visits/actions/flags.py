"""Looking for odd things: at a submission, and again when a late photo arrives. What was found is kept and may be answered.

The questions and the writing are for a whole group of submissions at once; what counts as odd is said in `rules/flags.py`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.kit import audit
from audit_app.kit.errors import AuditError, NotFound
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.rules.filled import Filled
from audit_app.visits.models import Channel, CommentMark, Evidence, Visit, VisitFlag, VisitState
from audit_app.visits.queries.access import visit_of_shopper
from audit_app.visits.rules import flags as rules
from audit_app.visits.rules.flags import Flag, Look, Seen, Spot, Times

AROUND = timedelta(hours=6)
"""Journeys longer than this are possible wherever our locations are."""
MOST_AROUND = 200
MOST_LOOKS = 300
ANSWERABLE = frozenset({VisitState.SUBMITTED, VisitState.RETURNED})

_FLAGS: Any = VisitFlag.__table__  # type: ignore[attr-defined]
_MARKS: Any = CommentMark.__table__  # type: ignore[attr-defined]
_AROUND = (
    sa.select(
        col(Visit.id),
        col(Visit.shopper_id),
        col(Visit.visited_at),
        col(Location.latitude),
        col(Location.longitude),
    )
    .join(Location, col(Location.id) == col(Visit.location_id))
    .where(
        col(Visit.shopper_id).in_(sa.bindparam("shoppers", expanding=True)),
        col(Visit.visited_at).between(sa.bindparam("since"), sa.bindparam("until")),
        col(Visit.channel) == Channel.IN_PERSON,
        col(Location.latitude).is_not(None),
        col(Location.longitude).is_not(None),
    )
    .order_by(col(Visit.visited_at))
    .limit(MOST_AROUND)
)
_SEEN_MARKS = sa.select(_MARKS.c.mark, _MARKS.c.visit_id).where(
    _MARKS.c.mark.in_(sa.bindparam("marks", expanding=True))
)
_MINE = sa.select(_MARKS.c.visit_id, _MARKS.c.item).where(
    _MARKS.c.visit_id.in_(sa.bindparam("visits", expanding=True))
)
_KEPT = sa.select(_FLAGS.c.visit_id, _FLAGS.c.code).where(
    _FLAGS.c.visit_id.in_(sa.bindparam("visits", expanding=True))
)


class TooLateToAnswer(AuditError):
    """This report was decided on; nothing can be added to it any more."""

    code = "too_late"


@dataclass(frozen=True)
class Case:
    """What is known of one submission when it comes."""

    visit_id: UUID
    shopper_id: UUID
    filled: Filled
    times: Times
    visited_at: datetime | None
    on_site: bool
    location: Spot | None
    place: Spot | None
    photos: bool
    """Whether photos of it are here already."""


def flag_submissions(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Keep what is odd about these submissions. Of a correction only the answers are looked at, and flags stay."""
    first = [one for one in cases if one.filled.first]
    copied = _copied(session, cases)
    around = _around(session, first)
    found: dict[UUID, list[Flag]] = {}
    for one in cases:
        mine = rules.answer_flags(one.filled)
        if count := copied.get(one.visit_id):
            mine.append(Flag("copied", {"count": count}))
        if one.filled.first:
            mine += rules.time_flags(one.filled, one.times)
            if one.on_site:
                mine += rules.place_flags(one.place, one.location)
                mine += _travel(one, around)
        found[one.visit_id] = mine
    for visit_id in (one.visit_id for one in cases if one.photos):
        found[visit_id] += rules.photo_flags(*_looks(session, visit_id))
    corrected = [one.visit_id for one in cases if not one.filled.first]
    _keep(session, found, now, corrected)


def flag_late_photos(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Photos (rows of evidence) have arrived: look at those whose visit was sent already."""
    sent = (
        session.connection()
        .execute(
            sa.select(col(Visit.id))
            .join(Evidence, col(Evidence.visit_id) == col(Visit.id))
            .where(col(Evidence.id).in_(ids), col(Visit.revision_id).is_not(None))
            .distinct()
        )
        .scalars()
        .all()
    )
    for visit_id in sent:
        _keep(session, {visit_id: rules.photo_flags(*_looks(session, visit_id))}, now, [visit_id])


def answer_flag(
    session: Session, visit_id: UUID, flag_id: UUID, text: str, actor: Actor, now: datetime
) -> None:
    """The shopper's own words to a flag; they may be changed until the visit is decided on."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    flag = session.exec(
        select(VisitFlag).where(VisitFlag.id == flag_id, VisitFlag.visit_id == visit.id)
    ).one_or_none()
    if flag is None:
        raise NotFound
    if visit.state not in ANSWERABLE:
        raise TooLateToAnswer
    flag.answer = text.strip()[:1000]
    flag.answered_at = now if flag.answer else None
    session.add(flag)
    audit.record(session, actor.id, "flag.answered", "visit", visit.id, at=now, flag=flag.code)


def _keep(
    session: Session, found: Mapping[UUID, Sequence[Flag]], now: datetime, looked_before: Sequence[UUID]
) -> None:
    """Write what is new; numbers of a flag that is there already are brought up to date, its answer stays."""
    connection = session.connection()
    there: set[tuple[UUID, str]] = set()
    if looked_before:
        there = {(row[0], row[1]) for row in connection.execute(_KEPT, {"visits": list(looked_before)})}
    fresh = []
    for visit_id, mine in found.items():
        for flag in mine:
            if (visit_id, flag.code) in there:
                connection.execute(
                    sa.update(_FLAGS)
                    .where(_FLAGS.c.visit_id == visit_id, _FLAGS.c.code == flag.code)
                    .values(numbers=dict(flag.values))
                )
                continue
            fresh.append(
                {
                    "id": uuid4(),
                    "visit_id": visit_id,
                    "code": flag.code,
                    "numbers": dict(flag.values),
                    "at": now,
                    "answer": "",
                    "answered_at": None,
                }
            )
    if fresh:
        connection.execute(sa.insert(_FLAGS), fresh)


def _copied(session: Session, cases: Sequence[Case]) -> dict[UUID, int]:
    """How many long comments of each visit stand in another one; and keep the marks of these."""
    marks = {
        one.visit_id: {
            item: hashlib.sha256(words.encode()).hexdigest()[:32]
            for item, words in rules.long_comments(one.filled).items()
        }
        for one in cases
    }
    wanted = sorted({mark for mine in marks.values() for mark in mine.values()})
    if not wanted:
        return {}
    connection = session.connection()
    seen: dict[str, set[UUID]] = {}
    for mark, visit_id in connection.execute(_SEEN_MARKS, {"marks": wanted}):
        seen.setdefault(mark, set()).add(visit_id)
    again = [one.visit_id for one in cases if not one.filled.first]
    there = {(row[0], row[1]) for row in connection.execute(_MINE, {"visits": again})} if again else set()
    rows = [
        {"visit_id": visit_id, "item": item, "mark": mark}
        for visit_id, mine in marks.items()
        for item, mark in mine.items()
        if (visit_id, item) not in there
    ]
    if rows:
        connection.execute(sa.insert(_MARKS), rows)
    counted = {}
    for visit_id, mine in marks.items():
        counted[visit_id] = sum(bool(seen.get(mark, set()) - {visit_id}) for mark in set(mine.values()))
    return counted


def _around(session: Session, cases: Sequence[Case]) -> list[tuple[UUID, UUID, Seen]]:
    """Visit, shopper, and where they were, of visits near these ones in time; one question."""
    known = [one for one in cases if one.on_site and one.location and one.visited_at]
    moments = [one.visited_at for one in known if one.visited_at]
    if not moments:
        return []
    rows = session.connection().execute(
        _AROUND,
        {
            "shoppers": list({one.shopper_id for one in known}),
            "since": min(moments) - AROUND,
            "until": max(moments) + AROUND,
        },
    )
    return [
        (visit_id, shopper_id, Seen(at, Spot(latitude, longitude)))
        for visit_id, shopper_id, at, latitude, longitude in rows
        if shopper_id and at and latitude is not None and longitude is not None
    ]


def _travel(one: Case, around: Sequence[tuple[UUID, UUID, Seen]]) -> list[Flag]:
    if one.visited_at is None or one.location is None:
        return []
    others = [seen for visit, shopper, seen in around if shopper == one.shopper_id and visit != one.visit_id]
    return rules.travel_flags(Seen(one.visited_at, one.location), others)


def _looks(session: Session, visit_id: UUID) -> tuple[list[Look], list[Look]]:
    """The pictures of this visit, and those they are compared with: equal files anywhere, the same shopper's and place's."""
    connection = session.connection()
    columns = (col(Evidence.sha256), col(Evidence.look))
    here = [
        Look(*row)
        for row in connection.execute(
            sa.select(*columns).where(col(Evidence.visit_id) == visit_id, col(Evidence.file).is_not(None))
        )
    ]
    if not here:
        return [], []
    elsewhere = sa.and_(col(Evidence.visit_id) != visit_id, col(Evidence.file).is_not(None))
    same = sa.select(*columns).where(col(Evidence.sha256).in_([one.sha256 for one in here]), elsewhere)
    this = sa.select(col(Visit.shopper_id), col(Visit.location_id)).where(col(Visit.id) == visit_id)
    shopper, location = connection.execute(this).one()
    theirs = (
        sa.select(*columns)
        .join(Visit, col(Visit.id) == col(Evidence.visit_id))
        .where(
            sa.or_(col(Visit.shopper_id) == shopper, col(Visit.location_id) == location),
            elsewhere,
            col(Evidence.look) != "",
        )
        .order_by(col(Visit.submitted_at).desc())
        .limit(MOST_LOOKS)
    )
    return here, [Look(*row) for question in (same, theirs) for row in connection.execute(question)]
