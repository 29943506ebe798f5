"""Where numbers and visits meet, and whether that is enough for a study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

WEEKS: Final = 52
"""How far back the page looks, in whole weeks."""
ENOUGH_WEEKS: Final = 12
ENOUGH_VISITS: Final = 4
"""A location takes part with so many weeks of visitors and transactions, and so many visits."""
FEW_LOCATIONS: Final = 10
GOOD_LOCATIONS: Final = 30
"""Below the first no honest interval can be given (a location is one witness); from the second on it is steady."""
STALE_DAYS: Final = 7


class Look(StrEnum):
    """What a week looks like."""

    NONE = "none"
    HALF = "half"
    FULL = "full"
    ODD = "odd"


class Lack(StrEnum):
    """What a location lacks; also the filter of the list."""

    NUMBERS = "numbers"
    """Visits, but no numbers."""
    VISITORS = "visitors"
    """Numbers, but no visitors or transactions: no conversion."""
    STALE = "stale"
    """The newest numbers have not come."""
    GAPS = "gaps"
    """Weeks in between are missing."""
    VISITS = "visits"
    """Numbers, but fewer visits than a study needs."""
    DOUBTS = "doubts"
    """Doubtful values."""


@dataclass(frozen=True)
class Week:
    """One week of one location: days with numbers, days with visitors and transactions, doubts, visits."""

    monday: date
    days: int = 0
    full: int = 0
    doubts: int = 0
    visits: int = 0

    @property
    def look(self) -> Look:
        """One word for its colour."""
        if not self.days:
            return Look.NONE
        if self.doubts:
            return Look.ODD
        return Look.FULL if self.full == 7 else Look.HALF


@dataclass(frozen=True)
class Run:
    """Equal weeks side by side: drawn, and read out, as one."""

    look: Look
    first: date
    last: date
    at: int
    weeks: int


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def first_monday(today: date) -> date:
    """The first Monday of the period, which ends with the last whole week."""
    return monday_of(today) - timedelta(weeks=WEEKS)


def filled(first: date, known: Mapping[date, Week]) -> list[Week]:
    """All weeks of the period, those nobody knows of included."""
    mondays = (first + timedelta(weeks=number) for number in range(WEEKS))
    return [known.get(monday, Week(monday)) for monday in mondays]


def runs_of(weeks: Sequence[Week]) -> list[Run]:
    """The weeks as runs of equal looks."""
    found: list[Run] = []
    for number, week in enumerate(weeks):
        if found and found[-1].look is week.look:
            last = found.pop()
            found.append(Run(last.look, last.first, week.monday, last.at, last.weeks + 1))
        else:
            found.append(Run(week.look, week.monday, week.monday, number, 1))
    return found


@dataclass(frozen=True)
class Sums:
    """What is known of one location over the whole period."""

    weeks: int = 0
    """Weeks with any number."""
    full_weeks: int = 0
    """Weeks with visitors and transactions on every day."""
    full_days: int = 0
    doubts: int = 0
    first: date | None = None
    last: date | None = None
    """Mondays of the first and last week with numbers."""
    visits: int = 0

    def lacks(self, today: date) -> frozenset[Lack]:
        """What is missing here."""
        found: set[Lack] = set()
        if self.weeks == 0:
            if self.visits:
                found.add(Lack.NUMBERS)
            return frozenset(found)
        assert self.first is not None
        assert self.last is not None
        if not self.full_days:
            found.add(Lack.VISITORS)
        if self.last + timedelta(days=6 + STALE_DAYS) < monday_of(today):
            found.add(Lack.STALE)
        if (self.last - self.first).days // 7 + 1 > self.weeks:
            found.add(Lack.GAPS)
        if self.visits < ENOUGH_VISITS:
            found.add(Lack.VISITS)
        if self.doubts:
            found.add(Lack.DOUBTS)
        return frozenset(found)

    @property
    def takes_part(self) -> bool:
        """Whether a study of conversion can learn from this location."""
        return self.full_days >= 7 * ENOUGH_WEEKS and self.visits >= ENOUGH_VISITS


class Answer(StrEnum):
    """Can a study be run?"""

    NOTHING = "nothing"
    NO = "no"
    ROUGH = "rough"
    YES = "yes"


@dataclass(frozen=True)
class Readiness:
    """The answer, how many locations take part, and what is missing, the most frequent first."""

    answer: Answer
    taking_part: int
    locations: int
    lacks: tuple[tuple[Lack, int], ...] = field(default=())
    doubts: int = 0


def readiness(places: Sequence[Sums], today: date) -> Readiness:
    """The whole network at a glance."""
    part = sum(one.takes_part for one in places)
    counts = dict.fromkeys(Lack, 0)
    for one in places:
        for lack in one.lacks(today):
            counts[lack] += 1
    # A doubtful value costs a day, a gap some weeks: they stand behind what costs a whole location.
    order = sorted((lack for lack in Lack if counts[lack]), key=lambda one: (_COSTS[one], -counts[one]))
    if not any(one.weeks for one in places):
        answer = Answer.NOTHING
    elif part < FEW_LOCATIONS:
        answer = Answer.NO
    else:
        answer = Answer.ROUGH if part < GOOD_LOCATIONS else Answer.YES
    return Readiness(
        answer,
        part,
        len(places),
        tuple((lack, counts[lack]) for lack in order),
        sum(one.doubts for one in places),
    )


_COSTS: Final = {
    Lack.NUMBERS: 0,
    Lack.VISITORS: 0,
    Lack.VISITS: 0,
    Lack.STALE: 1,
    Lack.GAPS: 1,
    Lack.DOUBTS: 2,
}
