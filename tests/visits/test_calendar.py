"""The calendar's days: the clock of the place decides, counts are whole, names are the first few."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from audit_app.kit.db import Engines, write
from audit_app.organisation.rules import Scope
from audit_app.visits.models import VisitState
from audit_app.visits.queries.calendar import Day, days
from audit_app.visits.queries.desk import Filters
from tests.factories.organisation import make_location
from tests.factories.visits import make_version, make_visit

FIRST, LAST = date(2026, 3, 23), date(2026, 4, 5)
NOW = datetime(2026, 4, 10, tzinfo=UTC)
EVERYWHERE = Scope(True, frozenset(), frozenset())


def _days(session: Session, each: int = 4) -> dict[date, Day]:
    return days(session, FIRST, LAST, Filters(), EVERYWHERE, NOW, each)


@pytest.fixture
def session_of(both_engines: Engines):
    with write(both_engines) as session:
        yield session


def test_the_clock_of_the_place_decides_the_day(session_of: Session) -> None:
    late = datetime(2026, 3, 27, 20, 40, tzinfo=UTC)
    version = make_version(session_of)
    for code, timezone in (
        ("lisbon", "Europe/Lisbon"),
        ("almaty", "Asia/Almaty"),
        ("kathmandu", "Asia/Kathmandu"),
        ("apia", "Pacific/Apia"),
    ):
        place = make_location(session_of, code)
        place.timezone = timezone
        visit = make_visit(session_of, place, version, None)
        visit.visited_at, visit.state = late, VisitState.RELEASED
    session_of.flush()

    found = _days(session_of)

    assert {on: day.count for on, day in found.items()} == {date(2026, 3, 27): 1, date(2026, 3, 28): 3}
    assert [entry.timezone for entry in found[date(2026, 3, 27)].entries] == ["Europe/Lisbon"]


def test_many_are_counted_and_the_first_few_are_named(session_of: Session) -> None:
    place = make_location(session_of, "old-town")
    version = make_version(session_of)
    begin = datetime(2026, 3, 25, 8, 0, tzinfo=UTC)
    for n in range(9):
        visit = make_visit(session_of, place, version, None)
        visit.visited_at, visit.state = begin + timedelta(minutes=17 * n), VisitState.RELEASED
    for n in range(3):
        visit = make_visit(session_of, place, version, None)
        visit.due_on = date(2026, 3, 25) if n else date(2026, 4, 2)
    called_off = make_visit(session_of, place, version, None)
    called_off.due_on, called_off.state = date(2026, 3, 25), VisitState.CANCELLED
    session_of.flush()

    found = _days(session_of)

    whole = found[date(2026, 3, 25)]
    assert whole.count == 11
    assert [entry.at for entry in whole.entries] == [begin + timedelta(minutes=17 * n) for n in range(4)]
    only_due = found[date(2026, 4, 2)]
    assert (only_due.count, [entry.at for entry in only_due.entries]) == (1, [None])
    assert [entry.at is None for entry in _days(session_of, 10)[date(2026, 3, 25)].entries] == [False] * 9 + [
        True
    ]
    assert _days(session_of, 20)[date(2026, 3, 25)].count == 11
