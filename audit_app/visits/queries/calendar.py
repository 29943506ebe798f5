"""Visits by day: on the day they were made, else on the day they are due; counts for every day, names for the first few.

A month of a large chain is 20,000 visits and its page names a hundred. So the database counts them by the hour and by
the clock of their place, which is enough to know every place's day, and only the hours that hold the first few of a day
are read as visits.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from audit_app.kit.i18n import zone
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Scope
from audit_app.visits.models import Visit, VisitState
from audit_app.visits.queries.desk import Filters, conditions

HIDDEN = (VisitState.CANCELLED, VisitState.DECLINED, VisitState.VOID)
"""What was called off is not work of any day."""
SLOT = 900
"""Seconds: every clock on earth differs from UTC by a multiple of a quarter of an hour."""


@dataclass(frozen=True)
class Entry:
    """One visit in a day."""

    id: UUID
    state: str
    kind: str
    place: str
    at: datetime | None
    """When it was made; None while it is only due."""
    timezone: str


@dataclass
class Day:
    """How many, and the first of them."""

    on: date
    count: int = 0
    entries: list[Entry] = field(default_factory=list)


def days(
    session: Session, first: date, last: date, filters: Filters, scope: Scope, now: datetime, each: int
) -> dict[date, Day]:
    """The days from first to last that have visits; three questions. `each` is how many entries a day shows."""
    where = [*conditions(session, filters, scope, now), col(Visit.state).not_in(HIDDEN)]
    found: dict[date, Day] = {}
    slots = _made_by_slot(session, first, last, where)
    for (on, _slot), count in sorted(slots.items()):
        day = found.setdefault(on, Day(on))
        day.count += count
    for on, entry in _made(session, _spans(slots, each), where):
        if on in found and len(found[on].entries) < each:
            found[on].entries.append(entry)
    for on, place, count, entry in _due(session, first, last, where, each):
        day = found.setdefault(on, Day(on))
        if len(day.entries) < each:
            day.entries.append(entry)
        if place == 1:
            day.count += count
    return found


def _made_by_slot(
    session: Session, first: date, last: date, where: list[ColumnElement[bool]]
) -> Counter[tuple[date, int]]:
    """How many were made, by the place's day and the quarter of an hour."""
    # A day of a place begins up to 14 hours before and ends up to 12 hours after the day of UTC.
    begin = datetime.combine(first, time(0), UTC) - timedelta(hours=14)
    end = datetime.combine(last, time(0), UTC) + timedelta(hours=36)
    seconds = sa.cast(sa.extract("epoch", col(Visit.visited_at)), sa.BigInteger)
    slot: Any = (seconds // SLOT).label("slot")
    rows = session.connection().execute(
        sa.select(slot, col(Location.timezone), sa.func.count())
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(col(Visit.visited_at) >= begin, col(Visit.visited_at) < end, *where)
        .group_by(slot, col(Location.timezone))
    )
    counts: Counter[tuple[date, int]] = Counter()
    for number, timezone, count in rows:
        on = datetime.fromtimestamp(number * SLOT, zone(timezone)).date()
        if first <= on <= last:
            counts[on, number] += count
    return counts


def _spans(slots: Counter[tuple[date, int]], each: int) -> list[tuple[datetime, datetime]]:
    """The spans of time that hold the first `each` visits of every day, joined where they meet."""
    chosen: set[int] = set()
    taken: Counter[date] = Counter()
    for (on, number), count in sorted(slots.items()):
        if taken[on] < each:
            chosen.add(number)
            taken[on] += count
    spans: list[tuple[int, int]] = []
    for number in sorted(chosen):
        if spans and spans[-1][1] == number:
            spans[-1] = (spans[-1][0], number + 1)
        else:
            spans.append((number, number + 1))
    return [(datetime.fromtimestamp(a * SLOT, UTC), datetime.fromtimestamp(b * SLOT, UTC)) for a, b in spans]


_ENTRY = (
    col(Visit.id),
    col(Visit.state),
    col(Visit.kind),
    col(Location.name),
    col(Visit.visited_at),
    col(Location.timezone),
)


def _made(
    session: Session, spans: Sequence[tuple[datetime, datetime]], where: list[ColumnElement[bool]]
) -> Iterator[tuple[date, Entry]]:
    """The visits of these spans with their place's day, the earliest first."""
    if not spans:
        return
    at = col(Visit.visited_at)
    # One search in the index for each span: SQLite would walk through everything for spans joined by OR.
    parts = (
        sa.select(*_ENTRY)
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(at >= begin, at < end, *where)
        for begin, end in spans
    )
    whole = sa.union_all(*parts).subquery()
    rows = session.connection().execute(sa.select(whole).order_by(whole.c.visited_at, whole.c.id))
    for row in rows:
        entry = Entry(*row)
        assert entry.at is not None
        yield entry.at.astimezone(zone(entry.timezone)).date(), entry


def _due(
    session: Session, first: date, last: date, where: list[ColumnElement[bool]], each: int
) -> Iterator[tuple[date, int, int, Entry]]:
    """Of the visits that are only due: the first of every day, with their number in it and how many there are."""
    inner = sa.select(
        col(Visit.id).label("id"),
        col(Visit.due_on).label("on"),
        sa.func.row_number().over(partition_by=col(Visit.due_on), order_by=col(Visit.id)).label("number"),
        sa.func.count().over(partition_by=col(Visit.due_on)).label("count"),
    ).where(col(Visit.due_on).between(first, last), col(Visit.visited_at).is_(None), *where)
    due = inner.subquery()
    rows = session.connection().execute(
        sa.select(due.c.on, due.c.number, due.c.count, *_ENTRY)
        .join(Visit, col(Visit.id) == due.c.id)
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(due.c.number <= each)
        .order_by(due.c.on, due.c.number)
    )
    for on, number, count, *entry in rows:
        yield on, number, count, Entry(*entry)
