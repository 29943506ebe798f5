"""The rows behind a study's figures, out of its own snapshot: visits, weeks of places, places; of one item or of all.

Numbers of rows are known before any is made, so a page of fifty costs the same in a network of two thousand places.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Facts, Flags
from audit_app.kit.errors import NotFound

Numbers = npt.NDArray[np.intp]


class RowKind(StrEnum):
    """What a row is."""

    VISITS = "visits"
    WEEKS = "weeks"
    PLACES = "places"


class Answered(StrEnum):
    """Which answers of an item."""

    FULL = "full"
    PART = "part"
    MISSED = "missed"
    NA = "na"


@dataclass(frozen=True)
class Asked:
    """Which rows are wanted; what is empty holds for all."""

    item: str = ""
    place: str = ""
    version: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    answer: Answered | None = None

    @property
    def query(self) -> dict[str, str]:
        """The same as it stands in an address."""
        given = {
            "place": self.place,
            "version": "" if self.version is None else str(self.version),
            "from_on": self.from_on.isoformat() if self.from_on else "",
            "to_on": self.to_on.isoformat() if self.to_on else "",
            "answer": self.answer or "",
        }
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True)
class Rows:
    """Headings, how many rows there are, and any of them."""

    headings: tuple[str, ...]
    total: int
    make: Callable[[int, int], Iterator[tuple[Any, ...]]] = field(repr=False)

    def page(self, number: int, size: int) -> list[tuple[Any, ...]]:
        """One page, counted from 1."""
        return list(self.make((number - 1) * size, min(number * size, self.total)))


def asked_of(query: Mapping[str, str], item: str = "") -> Asked:
    """From an address; what cannot be meant is not asked."""

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(str(query.get(name) or ""))
        except ValueError:
            return None

    version, answer = str(query.get("version") or ""), str(query.get("answer") or "")
    return Asked(
        item=item,
        place=str(query.get("place") or "")[:100],
        version=int(version) if version.isdecimal() and len(version) < 7 else None,
        from_on=day("from_on"),
        to_on=day("to_on"),
        answer=Answered(answer) if item and answer in set(Answered) else None,
    )


def rows_of(facts: Facts, kind: str, asked: Asked) -> Rows:
    """The rows of that kind."""
    if (asked.item and asked.item not in facts.items) or kind not in set(RowKind):
        raise NotFound
    made = {RowKind.VISITS: _visits, RowKind.WEEKS: _weeks, RowKind.PLACES: _places}
    return made[RowKind(kind)](facts, asked)


def _wanted_visits(facts: Facts, asked: Asked) -> Flags:
    wanted: Flags = np.ones(len(facts.visits), dtype=bool)
    if asked.item:
        ratio = facts.ratio[:, facts.items.index(asked.item)]
        known = np.isfinite(ratio)
        on_list = facts.on_list[:, facts.items.index(asked.item)]
        wanted = {
            None: known,
            Answered.NA: on_list & ~known,
            Answered.FULL: known & (ratio > 0.9999),
            Answered.MISSED: known & (ratio < 0.0001),
            Answered.PART: known & (ratio >= 0.0001) & (ratio <= 0.9999),
        }[asked.answer]
    if asked.place:
        there = np.array([code == asked.place for code in facts.locations], dtype=bool)
        wanted = wanted & there[facts.location]
    if asked.version is not None:
        wanted = wanted & (facts.version == asked.version)
    if asked.from_on is not None:
        wanted = wanted & (facts.day >= (asked.from_on - facts.first_day).days)
    if asked.to_on is not None:
        wanted = wanted & (facts.day <= (asked.to_on - facts.first_day).days)
    return wanted


def _visits(facts: Facts, asked: Asked) -> Rows:
    """Id, place, region, the week, version, and the answer as a share of full marks (or how many items were answered)."""
    chosen = np.flatnonzero(_wanted_visits(facts, asked))
    j = facts.items.index(asked.item) if asked.item else None

    def make(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        for v in chosen[start:stop].tolist():
            s = int(facts.location[v])
            week = facts.first_day + timedelta(weeks=int(facts.day[v]) // 7)
            head = (facts.visits[v], facts.locations[s], facts.regions[s], week, int(facts.version[v]))
            if j is not None:
                yield (*head, asked.item, _share(facts.ratio[v, j]))
            else:
                ratio = facts.ratio[v]
                known = np.isfinite(ratio)
                yield (*head, int(known.sum()), _share(ratio[known].mean()) if known.any() else None)

    last = ("item", "answer_ratio") if asked.item else ("answered_items", "mean_answer_ratio")
    return Rows(("visit", "location", "region", "week_from", "version", *last), len(chosen), make)


def _weeks(facts: Facts, asked: Asked) -> Rows:
    """Place, week, days with numbers, visits (that answered the item), their mean, and the measures."""
    shape = (len(facts.locations), facts.weeks)
    n, total = _sums(facts, asked)
    wanted = facts.days_covered > 0
    if asked.place:
        wanted = wanted & np.array([code == asked.place for code in facts.locations], dtype=bool)[:, None]
    mondays = np.arange(facts.weeks) * 7
    if asked.from_on is not None:
        wanted = wanted & (mondays + 6 >= (asked.from_on - facts.first_day).days)
    if asked.to_on is not None:
        wanted = wanted & (mondays <= (asked.to_on - facts.first_day).days)
    if asked.answer is not None or asked.version is not None:
        wanted = wanted & (n > 0)
    chosen = np.flatnonzero(wanted)
    names = sorted(facts.measures)

    def make(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        for at in chosen[start:stop].tolist():
            s, w = divmod(at, shape[1])
            yield (
                facts.locations[s],
                facts.regions[s],
                facts.first_day + timedelta(weeks=w),
                int(facts.days_covered[s, w]),
                int(n[s, w]),
                _share(total[s, w] / n[s, w]) if n[s, w] else None,
                *(_number(facts.measures[name][s, w]) for name in names),
            )

    return Rows(
        ("location", "region", "week_from", "days", "visits", "mean_answer_ratio", *names), len(chosen), make
    )


def _places(facts: Facts, asked: Asked) -> Rows:
    """Each place with its visits, their mean, its weeks with numbers, and the sums of the measures over these."""
    n, total = _sums(facts, asked)
    visits, done = n.sum(1), total.sum(1)
    weeks = np.asarray((facts.days_covered > 0).sum(1))
    wanted = (visits > 0) | (weeks > 0) if not asked.item else visits > 0
    if asked.place:
        wanted = wanted & np.array([code == asked.place for code in facts.locations], dtype=bool)
    chosen = np.flatnonzero(wanted)
    if asked.item:  # from those that do it seldom to those that do it often, as the drawing has them
        chosen = chosen[np.argsort(done[chosen] / np.maximum(visits[chosen], 1), kind="stable")]
    names = sorted(facts.measures)
    sums = {name: np.nansum(facts.measures[name], axis=1) for name in names}
    known = {name: np.asarray(np.isfinite(facts.measures[name]).any(1)) for name in names}

    def make(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        for s in chosen[start:stop].tolist():
            yield (
                facts.locations[s],
                facts.regions[s],
                int(visits[s]),
                _share(done[s] / visits[s]) if visits[s] else None,
                int(weeks[s]),
                *(_number(sums[name][s]) if known[name][s] else None for name in names),
            )

    return Rows(
        ("location", "region", "visits", "mean_answer_ratio", "weeks_with_numbers", *names), len(chosen), make
    )


def _sums(facts: Facts, asked: Asked) -> tuple[Any, Any]:
    """(S, W) wanted visits, and the sum of their answers: of the item, or the mean over a visit's items."""
    chosen = np.flatnonzero(_wanted_visits(facts, asked))
    if asked.item:
        value = np.nan_to_num(facts.ratio[chosen, facts.items.index(asked.item)].astype(float))
    else:
        answers = facts.ratio[chosen].astype(float)
        value = np.nansum(answers, axis=1) / np.maximum(np.isfinite(answers).sum(1), 1)
    shape = (len(facts.locations), facts.weeks)
    at = (facts.location[chosen], np.clip(facts.day[chosen] // 7, 0, facts.weeks - 1))
    n = np.zeros(shape, dtype=int)
    total = np.zeros(shape)
    np.add.at(n, at, 1)
    np.add.at(total, at, value)
    return n, total


def _share(value: Any) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _number(value: Any) -> float | int | None:
    number = float(value)
    if not np.isfinite(number):
        return None
    return int(number) if number == int(number) else round(number, 2)
