"""Days with numbers, for a location."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from audit_app.organisation.models import Location
from audit_app.outcomes.models import OutcomeDay

MONDAY = date(2026, 10, 5)


def make_days(
    session: Session, location: Location, first: date = MONDAY, days: int = 7, **values: Any
) -> list[OutcomeDay]:
    """Consecutive days with the same honest numbers; `values` replaces some of them."""
    made = []
    for number in range(days):
        usual: dict[str, Any] = {
            "visitors": 100,
            "transactions": 25,
            "revenue_cents": 100_050,
            "complaints": 1,
        }
        day = OutcomeDay(location_id=location.id, day=first + timedelta(days=number), **{**usual, **values})
        session.add(day)
        made.append(day)
    session.flush()
    return made
