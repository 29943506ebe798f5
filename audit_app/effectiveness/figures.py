"""What the drawings and tables of a study need beside its lines: scales, sorted rows, points."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from audit_app.effectiveness import wording
from audit_app.effectiveness.reading import SETTLED, Effect, Line, Reading
from audit_app.effectiveness.rules.behind import LAGS
from audit_app.effectiveness.rules.plan import Model, Outcome
from audit_app.kit.i18n import format_day, pick

SORTS = ("item", "effect", "worth", "sure", "done", "needed")


@dataclass(frozen=True)
class Scale:
    """A symmetric scale around nothing, in the unit shown."""

    limit: float
    ticks: tuple[float, ...]
    smallest: float

    def at(self, value: float) -> float:
        """Where a value stands, 0 to 1 from left to right, held within the drawing."""
        return (min(max(value, -self.limit), self.limit) + self.limit) / (2 * self.limit)


def nice(value: float) -> float:
    """The next round number."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 2.5, 4, 5, 10) if step * size >= value * 0.999)


def scale_of(effects: Sequence[Effect]) -> Scale:
    """Wide enough for what is settled and for most of the rest; what is wider gets an arrow."""
    ends = sorted(max(abs(one.low), abs(one.high)) for one in effects if one.low is not None and one.high is not None)  # fmt: skip
    settled = [
        max(abs(one.low), abs(one.high))
        for one in effects
        if one.low is not None and one.high is not None and one.verdict in SETTLED
    ]
    smallest = max((one.smallest for one in effects), default=3.0)
    usual = ends[int(len(ends) * 0.6)] if ends else smallest
    limit = nice(max([*settled, usual, 2 * smallest]))
    return Scale(limit, (-limit, -limit / 2, 0.0, limit / 2, limit), smallest)


def sorted_lines(lines: Sequence[Line], outcome: str, sort: str) -> list[Line]:
    """Lines in the order asked for; what is not known stands last in either direction."""
    key, down = sort.lstrip("-"), sort.startswith("-")

    def value(line: Line) -> float | str | None:
        effect = line.on(outcome)
        if key == "item":
            return pick(line.name.text).casefold()
        if key == "done":
            return line.finding.mean
        if effect is None:
            return None
        if key == "worth":
            return effect.worth
        if key == "needed":
            return effect.needed
        if key == "sure":
            return effect.raw.q
        return effect.value * effect.outcome.good if effect.value is not None else None

    known = [line for line in lines if value(line) is not None]
    rest = [line for line in lines if value(line) is None]
    return sorted(known, key=value, reverse=down) + rest  # type: ignore[arg-type]


def usual_order(lines: Sequence[Line], outcome: str) -> list[Line]:
    """Settled ones by size, then the rest by what is most probable: the way a forest plot is read."""

    def order(line: Line) -> tuple[int, float]:
        effect = line.on(outcome)
        if effect is None or effect.value is None:
            return (2, 0.0)
        return (0 if effect.verdict in SETTLED else 1, -(effect.shrunk or effect.value) * effect.outcome.good)

    return sorted(lines, key=order)


def filtered(lines: Sequence[Line], *, decision: str, q: str) -> list[Line]:
    """Lines of a decision whose text, section or code holds the words."""
    words = q.casefold().split()
    return [
        one
        for one in lines
        if (not decision or one.proposed == decision)
        and all(
            word in f"{pick(one.name.text)} {pick(one.name.section)} {one.item}".casefold() for word in words
        )
    ]


def compliance_points(behind: Mapping[str, Any], item: str) -> list[dict[str, Any]]:
    """Compliance over time for the trend drawing: mean of four weeks with its 95 % interval."""
    about = (behind.get("items") or {}).get(item)
    if not about:
        return []
    first = date.fromisoformat(behind["first_day"])
    step = int(behind["period_weeks"])
    points = []
    for number, (n, mean, sd) in enumerate(zip(about["n"], about["mean"], about["sd"], strict=True)):
        label = format_day(first + timedelta(weeks=step * number), "d MMM yy")
        half = 1.96 * (sd or 0.0) / math.sqrt(n) if n > 1 and mean is not None else None
        points.append(
            {
                "label": label,
                "from_on": (first + timedelta(weeks=step * number)).isoformat(),
                "to_on": (first + timedelta(weeks=step * (number + 1), days=-1)).isoformat(),
                "value": mean,
                "n": n,
                "low": max(mean - half, 0.0) if half is not None else None,
                "high": min(mean + half, 1.0) if half is not None else None,
            }
        )
    return points


@dataclass(frozen=True)
class LagPoint:
    """The difference in the outcome so many weeks from the visit, in the unit shown."""

    lag: int
    value: float
    low: float
    high: float


def lag_points(behind: Mapping[str, Any], item: str, outcome: Outcome) -> list[LagPoint]:
    """The weeks around a visit: places where the item was done against those where it was missed."""
    rows = ((behind.get("lags") or {}).get(item) or {}).get(outcome.name) or []
    factor = 1.0 if outcome.model is Model.MEAN else 100.0
    return [
        LagPoint(
            lag, factor * value, factor * (value - 1.96 * spread), factor * (value + 1.96 * spread)
        )
        for lag, (value, spread) in zip(LAGS, rows, strict=False)
        if value is not None and spread is not None
    ]  # fmt: skip


def lag_limit(points: Sequence[LagPoint]) -> float:
    """Half the height of the drawing: most whiskers fit."""
    ends = sorted(max(abs(one.low), abs(one.high)) for one in points)
    return nice(ends[int(len(ends) * 0.9)]) if ends else 1.0


@dataclass(frozen=True)
class SidePoint:
    """A group of places (or of weeks): how often they do the item, and their outcome in percent from the usual."""

    x: float
    y: float
    n: int


def sides_of(behind: Mapping[str, Any], item: str, outcome: str) -> tuple[list[SidePoint], list[SidePoint]]:
    """Places side by side, and the same places around their own usual level, in the same percent: one scale fits both."""
    found = ((behind.get("sides") or {}).get(outcome) or {}).get(item) or {}
    levels = [(x, math.log(y), n) for x, y, n in found.get("between") or [] if y > 0]
    usual = sum(y * n for _x, y, n in levels) / max(sum(n for _x, _y, n in levels), 1)
    between = [SidePoint(x, 100 * (y - usual), n) for x, y, n in levels]
    within = [SidePoint(x, 100 * y, n) for x, y, n in found.get("within") or []]
    return between, within


@dataclass(frozen=True)
class NaiveCount:
    """What a usual correlation would have said of one outcome, beside what holds."""

    outcome: Outcome
    name: str
    tested: int
    naive_found: int
    found: int
    both: int
    opposite: int


CALLED = ("naive", "shown", "both", "opposite")


def called(reading: Reading, outcome: str, which: str) -> list[Line]:
    """The items that a correlation calls effective at 5 %, that the study has shown, or that both do; else all."""
    names = [one.name for one in reading.outcomes]
    name = outcome if outcome in names else next(iter(names), "")
    return [
        line
        for line in reading.lines
        if (effect := line.on(name)) is not None and (which not in CALLED or which in _called(effect))
    ]


def _called(effect: Effect) -> set[str]:
    naive = effect.raw.naive_p is not None and effect.raw.naive_p < 0.05
    shown = effect.verdict in SETTLED
    found = {word for word, so in (("naive", naive), ("shown", shown)) if so}
    if naive and shown:
        found.add("both" if _same_way(effect) else "opposite")
    return found


def naive_counts(reading: Reading) -> list[NaiveCount]:
    """Per outcome: items a correlation calls effective at 5 %, and how many of them hold."""
    found = []
    for outcome in reading.outcomes:
        effects = [one for line in reading.lines if (one := line.on(outcome.name)) is not None]
        words = [_called(one) for one in effects]
        tested = sum(one.raw.naive_p is not None for one in effects)
        counts = [sum(word in one for one in words) for word in CALLED]
        found.append(NaiveCount(outcome, wording.outcome_name(outcome.name), tested, *counts))
    return found


def _same_way(effect: Effect) -> bool:
    return (effect.naive or 0.0) * (effect.value or 0.0) > 0
