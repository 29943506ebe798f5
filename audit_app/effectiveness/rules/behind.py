"""What the drawings of a study are made of: plain sums of its inputs, no model.

Compliance over time, the same item by version, weeks before and after a visit, and places side by side beside the same
place over time: that last pair shows why a naive correlation misleads. All numbers are descriptions; verdicts never
come from here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit_app.effectiveness.rules.facts import Facts, Floats, Places
from audit_app.effectiveness.rules.plan import Model, Outcome

PERIOD_WEEKS = 4
LAGS = tuple(range(-8, 9))
"""Weeks of the outcome counted from the week of the visit."""
BINS = 10
MONTH = 365.25 / 12
Document = dict[str, Any]


def behind(facts: Facts, outcomes: Sequence[Outcome]) -> Document:
    """All drawings' numbers as one document."""
    known = [one for one in outcomes if one.count in facts.measures and one.exposure in facts.measures]
    residuals = {one.name: residual(facts, one) for one in known}
    names = list(residuals)
    stacked = np.stack([residuals[name] for name in names]) if names else np.empty((0, 0, 0))
    return {
        "first_day": facts.first_day.isoformat(),
        "weeks": facts.weeks,
        "period_weeks": PERIOD_WEEKS,
        "items": {item: _item(facts, j) for j, item in enumerate(facts.items)},
        "lags": lags(facts, names, stacked),
        "sides": sides(facts, {one: residuals[one.name] for one in known}),
        "network": network(facts),
        "survey": survey(facts),
    }


def periods(facts: Facts) -> int:
    """How many periods of four weeks there are; the last one may be shorter."""
    return -(-facts.weeks // PERIOD_WEEKS)


def _item(facts: Facts, j: int) -> Document:
    ratio = facts.ratio[:, j].astype(float)
    known = np.isfinite(ratio)
    period = (facts.day // 7 // PERIOD_WEEKS)[known]
    many = periods(facts)
    n = np.bincount(period, minlength=many)[:many]
    total = np.bincount(period, ratio[known], minlength=many)[:many]
    squares = np.bincount(period, ratio[known] ** 2, minlength=many)[:many]
    by_version = {}
    for number in np.unique(facts.version[facts.on_list[:, j]]).tolist():
        there = known & (facts.version == number)
        if there.any():
            by_version[str(number)] = [int(there.sum()), float(ratio[there].mean())]
    values, counts = np.unique(ratio[known], return_counts=True)
    return {
        "n": n.tolist(),
        "mean": [float(t / c) if c else None for t, c in zip(total, n, strict=True)],
        "sd": [
            float(np.sqrt(max(s / c - (t / c) ** 2, 0))) if c > 1 else None
            for s, t, c in zip(squares, total, n, strict=True)
        ],
        "versions": by_version,
        "not_applicable": int((facts.on_list[:, j] & ~known).sum()),
        "answers": [
            [float(v), int(c)] for v, c in sorted(zip(values, counts, strict=True), key=lambda p: -p[1])[:6]
        ],
        "locations": int(np.unique(facts.location[known]).size),
    }


def rate(facts: Facts, outcome: Outcome) -> Floats:
    """(S, W) the outcome itself: a rate, or a mean; NaN where it is not known."""
    above = np.asarray(facts.measures[outcome.count], dtype=float)
    below = np.asarray(facts.measures[outcome.exposure], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def residual(facts: Facts, outcome: Outcome) -> Floats:
    """(S, W) what is left of the outcome once the location's own level and its region's week are taken out.

    Logs of a rate; for rare counts and means the value itself, counts as a share of their mean.
    """
    value = rate(facts, outcome)
    if outcome.model is Model.LOG_RATE:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(value > 0, np.log(value), np.nan)
    elif outcome.model is Model.POISSON:
        middle = np.nanmean(value) if np.isfinite(value).any() else 0.0
        value = value / middle - 1 if middle > 0 else np.full_like(value, np.nan)
    region = np.unique(np.asarray(facts.regions, dtype=object).astype(str), return_inverse=True)[1]
    left = value.copy()
    for _round in range(6):
        left = left - _mean(left, 1)[:, None]
        for r in range(int(region.max()) + 1 if region.size else 0):
            here = region == r
            left[here] -= _mean(left[here], 0)[None, :]
    return left


def _mean(values: Floats, axis: int) -> Floats:
    known = np.isfinite(values)
    n = known.sum(axis)
    total = np.where(known, values, 0).sum(axis)
    return np.where(n > 0, total / np.maximum(n, 1), 0.0)


def lags(facts: Facts, names: Sequence[str], residuals: Floats) -> Document:
    """Outcome of the weeks around a visit: places whose visit found the item done, against those where it was missed.

    Per item and outcome and lag: [difference, standard error (by location)]. A bump that begins before the visit says
    that compliance lasts; one that lies only before it says that good weeks make good compliance, not the reverse.
    """
    found: Document = {item: {} for item in facts.items}
    if not names:
        return found
    slope, spread, squares = _around(facts, residuals)
    for k, name in enumerate(names):
        for j, item in enumerate(facts.items):
            found[item][name] = [
                [float(slope[k, at, j]), float(spread[k, at, j])]
                if squares[k, at, j] > 1e-9
                else [None, None]
                for at in range(len(LAGS))
            ]
    return found


def _around(facts: Facts, residuals: Floats) -> tuple[Floats, Floats, Floats]:
    """(K, lags, J) slopes, their errors by location, and sums of squares.

    Visits are first added up by location and week, where they meet the same outcomes; then a slope and its error need
    only two sums of each location: of x y and of x². So 200,000 visits cost two products of matrices a location.
    """
    items, shifts = len(facts.items), len(LAGS) * len(residuals)
    known = np.isfinite(facts.ratio)
    mean = np.where(known, facts.ratio, 0).sum(0, dtype=float) / np.maximum(known.sum(0), 1)
    shape = (len(residuals), len(LAGS), items)
    products, squares, crossed, doubled, fourth = (np.zeros((shifts, items)) for _sum in range(5))
    begins = np.searchsorted(facts.location, np.arange(len(facts.locations) + 1))
    for s in np.unique(facts.location).tolist():
        rows = slice(begins[s], begins[s + 1])
        x = np.where(known[rows], facts.ratio[rows] - mean, 0.0)
        y = _shifted(residuals[:, s], facts.day[rows] // 7)
        there = np.isfinite(y)
        xy, xx = np.where(there, y, 0.0) @ x, there.astype(float) @ (x * x)
        products += xy
        squares += xx
        crossed += xy * xy
        doubled += xy * xx
        fourth += xx * xx
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = products / squares
        # The sum over locations of (xy - slope x²)², written out.
        spread = np.sqrt(np.maximum(crossed - 2 * slope * doubled + slope**2 * fourth, 0)) / squares
    return slope.reshape(shape), spread.reshape(shape), squares.reshape(shape)


def _shifted(outcomes: Floats, week: Places) -> Floats:
    """(K x lags, visits) a location's outcomes in the weeks around its visits; NaN beyond the period."""
    many, weeks = outcomes.shape
    edge = np.full((many, max(LAGS)), np.nan)
    padded = np.concatenate([edge, outcomes, edge], axis=1)
    at = week[None, :] + np.array(LAGS)[:, None] + max(LAGS)
    found: Floats = padded[:, np.clip(at, 0, weeks + 2 * max(LAGS) - 1)].reshape(many * len(LAGS), -1)
    return found


def sides(facts: Facts, outcomes: Mapping[Outcome, Floats]) -> Document:
    """Per outcome and item: mean outcome of places from seldom to often compliant (naive), and of one place's weeks around
    its own mean.
    """
    found: Document = {outcome.name: {} for outcome in outcomes}
    many = len(facts.locations)
    week = np.minimum(facts.day // 7, facts.weeks - 1)
    levels = {outcome: _mean(rate(facts, outcome), 1) for outcome in outcomes}
    weekly = {
        outcome: left[facts.location, week] if facts.location.size else np.empty(0)
        for outcome, left in outcomes.items()
    }
    for j, item in enumerate(facts.items):
        ratio = facts.ratio[:, j].astype(float)
        known = np.isfinite(ratio)
        n = np.bincount(facts.location[known], minlength=many)
        total = np.bincount(facts.location[known], ratio[known], minlength=many)
        own = np.where(n > 0, total / np.maximum(n, 1), np.nan)
        moved = ratio - own[facts.location]
        # Sorted once: the order of those whose week has an outcome is a part of the order of all.
        sorted_rows = np.flatnonzero(known)[np.argsort(moved[known], kind="stable")]
        for outcome, y in weekly.items():
            seen = (n >= 3) & (levels[outcome] > 0)
            rows = sorted_rows[np.isfinite(y[sorted_rows])]
            order = np.argsort(own[seen], kind="stable")
            found[outcome.name][item] = {
                "between": _binned(own[seen][order], levels[outcome][seen][order]),
                "within": _binned(moved[rows], y[rows], bins=2),
            }
    return found


def _binned(x: Floats, y: Floats, bins: int = BINS) -> list[list[float]]:
    """Means of both in groups of equal size, from the least x to the most; they come sorted by x."""
    if x.size < 2 * bins or float(np.ptp(x)) == 0:
        return []
    parts = zip(np.array_split(x, bins), np.array_split(y, bins), strict=True)
    return [[float(first.mean()), float(second.mean()), int(first.size)] for first, second in parts]


def network(facts: Facts) -> Document:
    """Measures of a usual location in a usual month, which turn an effect into money, and counts of what there is."""
    days = np.asarray(facts.days_covered, dtype=float)
    usual: dict[str, float | None] = {}
    for name, values in facts.measures.items():
        known = np.isfinite(values) & (days > 0)
        covered = float(days[known].sum())
        usual[name] = float(values[known].sum() / covered * MONTH) if covered else None
    seen = np.zeros((len(facts.locations), facts.weeks), dtype=bool)
    if facts.location.size:
        seen[facts.location, np.minimum(facts.day // 7, facts.weeks - 1)] = True
    return {
        "usual_month": usual,
        "locations": len(facts.locations),
        "visits": len(facts.visits),
        "weeks": facts.weeks,
        "location_weeks": int((days > 0).sum()),
        "weeks_with_visits": int(seen.sum()),
        "visits_a_month": float(len(facts.visits) / max(facts.weeks, 1) * MONTH / 7),
        "measures": sorted(facts.measures),
    }


def survey(facts: Facts) -> Document:
    """Totals of a survey's answers, where the measures have them."""
    names = {"promoters": "promoters", "detractors": "detractors", "invited": "survey_invited"}
    found = {
        name: float(np.nansum(facts.measures[measure]))
        for name, measure in names.items()
        if measure in facts.measures
    }
    if not {"promoters", "detractors"} <= found.keys() or "passives" not in facts.measures:
        return {}
    passives = float(np.nansum(facts.measures["passives"]))
    return {**found, "answers": found["promoters"] + found["detractors"] + passives}


def per_month(network_document: Mapping[str, Any], measure: str) -> float | None:
    """A measure of a usual location in a usual month."""
    value = (network_document.get("usual_month") or {}).get(measure)
    return float(value) if value is not None else None
