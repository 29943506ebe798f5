"""The review queue, what stands beside the answers, and the approved visits that wait for release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from audit_app.organisation.models import Location
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor
from audit_app.visits.models import Evidence, Revision, Visit, VisitFlag, VisitState
from audit_app.visits.queries.access import REVIEWERS
from audit_app.visits.queries.desk import MOST, PAGE, Row, rows_of
from audit_app.visits.rules.planning import GRACE_DAYS
from audit_app.visits.rules.release import Approved
from audit_app.visits.rules.review import Photo

EARLIER_REPORTS = 20
EARLIER_PHOTOS = 300


def reviewable(actor: Actor) -> ColumnElement[bool]:
    """Visits that wait for this reviewer: submitted, in reach, not their own."""
    scope = actor.scope(*REVIEWERS)
    found = [
        col(Visit.state) == VisitState.SUBMITTED,
        col(Visit.shopper_id).is_distinct_from(actor.id),
    ]
    if not scope.everything:
        found.append(col(Visit.location_id).in_(sa.select(col(Location.id)).where(locations_within(scope))))
    return and_(*found)


@dataclass(frozen=True)
class Queue:
    """One page of what waits, the longest waiting first."""

    rows: list[Row]
    total: int
    page: int
    pages: int
    photos: dict[UUID, int]


def queue(session: Session, actor: Actor, page: int = 1) -> Queue:
    """Visits to review, with how many photos each has; four questions."""
    total = waiting_count(session, actor)
    pages = max(1, -(-min(total, MOST) // PAGE))
    page = min(max(page, 1), pages)
    ids = (
        session.connection()
        .execute(
            sa.select(col(Visit.id))
            .where(reviewable(actor))
            .order_by(col(Visit.submitted_at), col(Visit.id))
            .limit(PAGE)
            .offset((page - 1) * PAGE)
        )
        .scalars()
        .all()
    )
    counted = session.connection().execute(
        sa.select(col(Evidence.visit_id), func.count())
        .where(col(Evidence.visit_id).in_(ids))
        .group_by(col(Evidence.visit_id))
    )
    photos = {key: n for key, n in counted}  # noqa: C416 - rows are not pairs to the type checker
    return Queue(rows_of(session, ids), total, page, pages, photos)


def waiting_count(session: Session, actor: Actor) -> int:
    """How many visits wait for this reviewer, at most `MOST` + 1."""
    some = sa.select(sa.literal(1)).select_from(Visit).where(reviewable(actor)).limit(MOST + 1)
    return int(
        session.connection().execute(sa.select(func.count()).select_from(some.subquery())).scalar_one()
    )


@dataclass(frozen=True)
class Neighbours:
    """The visits before and after one in the queue, and its place in it (None: not in it)."""

    before: UUID | None
    after: UUID | None
    place: int | None
    total: int


def neighbours(session: Session, actor: Actor, visit: Visit) -> Neighbours:
    """Where the visit stands in the queue; at the end one goes on at the beginning."""
    waits = reviewable(actor)
    at, key = visit.submitted_at, visit.id
    total = waiting_count(session, actor)
    if at is None:
        return Neighbours(None, None, None, total)
    earlier = or_(col(Visit.submitted_at) < at, and_(col(Visit.submitted_at) == at, col(Visit.id) < key))
    later = or_(col(Visit.submitted_at) > at, and_(col(Visit.submitted_at) == at, col(Visit.id) > key))
    up = (col(Visit.submitted_at), col(Visit.id))
    down = (col(Visit.submitted_at).desc(), col(Visit.id).desc())
    ids = sa.select(col(Visit.id)).where(waits)
    ahead = sa.select(sa.literal(1)).select_from(Visit).where(waits, earlier).limit(MOST + 1).subquery()
    before, after, first, passed = (
        session.connection()
        .execute(
            sa.select(
                ids.where(earlier).order_by(*down).limit(1).scalar_subquery(),
                ids.where(later).order_by(*up).limit(1).scalar_subquery(),
                ids.where(col(Visit.id) != key).order_by(*up).limit(1).scalar_subquery(),
                sa.select(func.count()).select_from(ahead).scalar_subquery(),
            )
        )
        .one()
    )
    place = passed + 1 if visit.state == VisitState.SUBMITTED else None
    return Neighbours(before, after or first, place, total)


def photos_elsewhere(session: Session, visit: Visit, hashes: Sequence[str]) -> list[Photo]:
    """Pictures of other visits that may be the same: equal bytes anywhere, and the shopper's latest ones to compare."""
    columns = (
        col(Evidence.item),
        col(Evidence.sha256),
        col(Evidence.look),
    )
    found: list[Any] = []
    run = session.connection().execute
    if hashes:
        found += run(
            sa.select(*columns)
            .where(col(Evidence.sha256).in_(hashes), col(Evidence.visit_id) != visit.id)
            .limit(EARLIER_PHOTOS)
        ).all()
    if visit.shopper_id and hashes:
        theirs = (
            sa.select(col(Visit.id))
            .where(col(Visit.shopper_id) == visit.shopper_id, col(Visit.id) != visit.id)
            .order_by(col(Visit.submitted_at).desc())
            .limit(EARLIER_REPORTS * 5)
        )
        found += run(
            sa.select(*columns)
            .where(col(Evidence.visit_id).in_(theirs.scalar_subquery()), col(Evidence.look) != "")
            .limit(EARLIER_PHOTOS)
        ).all()
    return [Photo(item, sha256, look) for item, sha256, look in found]


def earlier_answers(session: Session, visit: Visit) -> list[dict[str, object]]:
    """The answers of the shopper's latest other reports."""
    if visit.shopper_id is None:
        return []
    theirs = (
        sa.select(col(Visit.revision_id))
        .where(
            col(Visit.shopper_id) == visit.shopper_id,
            col(Visit.id) != visit.id,
            col(Visit.revision_id).is_not(None),
        )
        .order_by(col(Visit.submitted_at).desc())
        .limit(EARLIER_REPORTS)
    )
    rows = session.connection().execute(
        sa.select(col(Revision.answers)).where(col(Revision.id).in_(theirs.scalar_subquery()))
    )
    return list(rows.scalars().all())


def flags_of(session: Session, visit_id: UUID) -> list[VisitFlag]:
    """What was odd about a visit, in the order it was found."""
    asked = select(VisitFlag).where(VisitFlag.visit_id == visit_id)
    return list(session.exec(asked.order_by(col(VisitFlag.at), col(VisitFlag.code))).all())


def approved_visits(
    session: Session, location_id: UUID | None = None, *, for_change: bool = False
) -> list[Visit]:
    """Visits that are approved and not released, of one location or of all."""
    question = select(Visit).where(
        Visit.state == VisitState.APPROVED,
        col(Visit.approved_at).is_not(None),
        # The answers of imported visits come in a file of their own; until then there is nothing to release.
        or_(col(Visit.source) != "import", col(Visit.revision_id).is_not(None)),
    )
    if location_id is not None:
        question = question.where(Visit.location_id == location_id)
    if for_change:
        question = question.with_for_update(of=Visit)
    return list(session.exec(question).all())


def approved_facts(visit: Visit) -> Approved:
    """What the rule of release asks about a visit."""
    assert visit.approved_at is not None
    return Approved(visit.id, visit.location_id, visit.kind, visit.approved_at)


def unmade_visits(session: Session, now: datetime, most: int) -> list[tuple[Visit, str]]:
    """Visits nobody began whose last day is over in some time zone, with the zone of their place; locked for change."""
    latest = (now - timedelta(days=GRACE_DAYS) + timedelta(hours=14)).date()
    rows = session.exec(
        select(Visit, Location.timezone)
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(
            col(Visit.state).in_([VisitState.PLANNED, VisitState.OFFERED, VisitState.ACCEPTED]),
            col(Visit.due_on) < latest,
        )
        .order_by(col(Visit.due_on))
        .limit(most)
        .with_for_update(of=Visit)
    ).all()
    return [(visit, timezone) for visit, timezone in rows]
