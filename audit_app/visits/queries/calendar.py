"""Visits by day: on the day they were made, else on the day they are due; counts for every day, names for the first few."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from audit_app.kit.i18n import zone
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Scope
from audit_app.visits.models import Visit, VisitState
from audit_app.visits.queries.desk import Filters, conditions

HIDDEN = (VisitState.CANCELLED, VisitState.DECLINED, VisitState.VOID)
"""What was called off is not work of any day."""
MOST = 20_000


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
    made: int = 0
    entries: list[Entry] = field(default_factory=list)


def days(
    session: Session, first: date, last: date, filters: Filters, scope: Scope, now: datetime, each: int
) -> dict[date, Day]:
    """The days from first to last that have visits; two questions. `each` is how many entries a day shows."""
    where = conditions(session, filters, scope, now)
    found: dict[date, Day] = {}
    # A day of a place begins up to 14 hours before and ends up to 12 hours after the day of UTC.
    begin = datetime.combine(first, time(0), UTC) - timedelta(hours=14)
    end = datetime.combine(last, time(0), UTC) + timedelta(hours=36)
    # Ids stay as the database keeps them; a month of a large chain has 20,000, and a page shows a hundred.
    key, spot = sa.type_coerce(col(Visit.id), sa.String), sa.type_coerce(col(Visit.location_id), sa.String)
    columns = (key.label("id"), col(Visit.state), col(Visit.kind), spot.label("place"))
    made = sa.select(*columns, col(Visit.visited_at), col(Visit.due_on))
    made = made.where(col(Visit.visited_at) >= begin, col(Visit.visited_at) < end)
    due = sa.select(*columns, col(Visit.visited_at), col(Visit.due_on))
    due = due.where(col(Visit.due_on).between(first, last), col(Visit.visited_at).is_(None))
    both = sa.union_all(
        *(
            part.where(col(Visit.state).not_in(HIDDEN), *where).limit(MOST).subquery().select()
            for part in (made, due)
        )
    ).subquery()
    places = {
        row.id: (row.name, row.timezone)
        for row in session.connection().execute(
            sa.select(
                sa.type_coerce(col(Location.id), sa.String).label("id"),
                col(Location.name),
                col(Location.timezone),
            )
        )
    }
    for ident, state, kind, location_id, visited_at, due_on in session.connection().execute(
        sa.select(both).order_by(both.c.visited_at.is_(None), both.c.visited_at, both.c.due_on, both.c.id)
    ):
        place, timezone = places[location_id]
        on = visited_at.astimezone(zone(timezone)).date() if visited_at else due_on
        if not first <= on <= last:
            continue
        day = found.get(on) or found.setdefault(on, Day(on))
        day.count += 1
        day.made += visited_at is not None
        if len(day.entries) < each:
            day.entries.append(Entry(UUID(str(ident)), state, kind, place, visited_at, timezone))
    return found
