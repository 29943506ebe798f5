"""When a place may see its results: after a delay, and never so few at once that a visit gives its shopper away.

Situation: with one result on the page, a manager can guess who the only stranger of that week was.
Choice: approved mystery visits wait until so many of the same place are due together. Announced audits have no secret
and wait for the delay only. Competitor visits become readable for headquarters; no place ever sees them.
Refused: counting audits, or results released earlier, towards the minimum; both can be told apart by the reader.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit_app.visits.models import VisitKind


@dataclass(frozen=True)
class Approved:
    """An approved visit that is not released yet."""

    visit_id: UUID
    location_id: UUID
    kind: str
    approved_at: datetime


@dataclass(frozen=True)
class Waiting:
    """Why a visit waits: until a moment (None: the delay is over), and for so many more visits at its location."""

    until: datetime | None
    more: int


@dataclass(frozen=True)
class Outcome:
    """Which visits may be released now, and why the others wait."""

    ready: tuple[UUID, ...]
    waiting: dict[UUID, Waiting]


def sort_out(approved: Iterable[Approved], now: datetime, delay: timedelta, minimum: int) -> Outcome:
    """Release or wait, for all approved visits of some locations; a location must be given whole."""
    rows = sorted(approved, key=lambda row: (row.approved_at, row.visit_id))
    dues: dict[UUID, list[datetime]] = defaultdict(list)
    for row in rows:
        if row.kind == VisitKind.MYSTERY:
            dues[row.location_id].append(row.approved_at + delay)
    ready: list[UUID] = []
    waiting: dict[UUID, Waiting] = {}
    for row in rows:
        due_at = row.approved_at + delay
        together = dues[row.location_id] if row.kind == VisitKind.MYSTERY else [due_at]
        wanted = minimum if row.kind == VisitKind.MYSTERY else 1
        # The moment at which enough of the place are due; approvals stand in order of time, so dues do too.
        moment = max(due_at, together[wanted - 1]) if len(together) >= wanted else None
        if moment is not None and moment <= now:
            ready.append(row.visit_id)
        elif moment is not None:
            waiting[row.visit_id] = Waiting(until=moment, more=0)
        else:
            waiting[row.visit_id] = Waiting(
                until=due_at if due_at > now else None, more=wanted - len(together)
            )
    return Outcome(tuple(ready), waiting)


def is_return_overdue(return_due_at: datetime | None, now: datetime) -> bool:
    """Whether the shopper's time to correct a returned visit has run out; it stays returned, and the desk sees it."""
    return return_due_at is not None and return_due_at < now
