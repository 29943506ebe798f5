"""Doubtful values: what is impossible, and what is far from the location's own habit on that day of the week."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit_app.outcomes.models import DoubtKind
from audit_app.outcomes.rules.days import Days, Floats
from audit_app.outcomes.rules.measures import REVENUE, TRANSACTIONS, VISITORS

LOOKED_AT: Final = (VISITORS, TRANSACTIONS, REVENUE)
ENOUGH: Final = 8
"""So many equal days of the week make a habit."""
BUSY: Final = 5.0
"""A usual value from which a zero is odd: a kiosk that sells three things may well sell none."""
FACTOR: Final = 3.0
SPREADS: Final = 6.0
"""A jump is more than three times the usual (or less than a third) and six robust standard deviations away."""


@dataclass(frozen=True)
class Doubts:
    """Rows of `days` that are doubtful, each with its kind and measure."""

    row: npt.NDArray[np.intp]
    kind: tuple[DoubtKind, ...]
    measure: tuple[str, ...]
    value: Floats
    usual: Floats


def doubts_in(days: Days) -> Doubts:
    """The doubtful values, in the order of the rows. Revenue is in cents as everywhere in `Days`."""
    found: list[tuple[npt.NDArray[np.intp], DoubtKind, str, Floats]] = []

    def note(where: npt.NDArray[np.bool_], kind: DoubtKind, measure: str, usual: Floats) -> None:
        rows = np.flatnonzero(where)
        if len(rows):
            found.append((rows, kind, measure, usual[rows]))

    nothing = np.full(len(days), np.nan)
    visitors = days.values.get(VISITORS, nothing)
    sales = days.values.get(TRANSACTIONS, nothing)
    note(sales > visitors, DoubtKind.MORE_SALES, TRANSACTIONS, visitors)
    if REVENUE in days.values:
        note(days.values[REVENUE] < 0, DoubtKind.NEGATIVE, REVENUE, nothing)
    for measure in LOOKED_AT:
        values = days.values.get(measure)
        if values is None or not len(values):
            continue
        usual, spread = _habits(days, values)
        scale = 100 if measure == REVENUE else 1
        note((values == 0) & (usual >= BUSY * scale), DoubtKind.ZERO, measure, usual)
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.abs(np.log(values / usual))
        far = (values > 0) & (usual > 0) & (away > np.maximum(np.log(FACTOR), SPREADS * spread))
        # A slow day of a small shop is no jump: the root of the usual count is what chance alone does.
        loud = np.abs(values - usual) > SPREADS * scale * np.sqrt(np.maximum(usual / scale, 1))
        note(far & loud, DoubtKind.JUMP, measure, usual)
    if not found:
        empty = np.zeros(0)
        return Doubts(np.zeros(0, dtype=np.intp), (), (), empty, empty)
    row = np.concatenate([rows for rows, _kind, _measure, _usual in found])
    kind = [kind for rows, kind, _measure, _usual in found for _row in rows]
    measure_of = [measure for rows, _kind, measure, _usual in found for _row in rows]
    usual_of = np.concatenate([usual for _rows, _kind, _measure, usual in found])
    order = np.argsort(row, kind="stable")
    value = np.array([days.values[measure_of[n]][row[n]] for n in order])
    return Doubts(
        row[order],
        tuple(kind[n] for n in order),
        tuple(measure_of[n] for n in order),
        value,
        usual_of[order],
    )


def _habits(days: Days, values: Floats) -> tuple[Floats, Floats]:
    """For each row the median of its location and day of the week, and the location's robust spread around it (in logs)."""
    weekday = (days.day + 3) % 7  # the first of January 1970 was a Thursday
    group = days.location.astype(np.int64) * 7 + weekday
    median, count = _medians(group, values)
    usual = np.where(count >= ENOUGH, median, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(np.log(values / usual))
    away[~np.isfinite(away)] = np.nan
    spread, _count = _medians(days.location.astype(np.int64), away)
    return usual, 1.4826 * np.nan_to_num(spread)


def _medians(group: npt.NDArray[np.int64], values: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """For each row the median of its group without gaps, and how many values the group has: one sort, no loop."""
    known = np.flatnonzero(~np.isnan(values))
    median, count = np.full(len(values), np.nan), np.zeros(len(values), dtype=np.int64)
    if not len(known):
        return median, count
    order = known[np.lexsort((values[known], group[known]))]
    names, begin, size = np.unique(group[order], return_index=True, return_counts=True)
    low, high = begin + (size - 1) // 2, begin + size // 2
    middle = (values[order[low]] + values[order[high]]) / 2
    at = np.minimum(np.searchsorted(names, group), len(names) - 1)
    there = names[at] == group
    median[there], count[there] = middle[at[there]], size[at[there]]
    return median, count
