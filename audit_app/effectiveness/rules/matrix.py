"""Answers as numbers: one row per visit, one column per item, what all locations share taken out (step 1).

An item's column is its stable code, whatever version of the standard the visit was made with. Where an item was not
answered, did not apply or was not on the list, nothing is known: such cells are marked, never counted as failures.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Facts, Flags, Floats, Places, Ratios

Numbers = npt.NDArray[np.int64]
PERIOD = 4
"""Weeks whose network mean is taken out together: long enough for a steady mean, short enough to follow a campaign."""
FEWEST = 30
"""Visits a period should hold on average; with fewer, periods are longer."""
FIRM = 8.0
"""Answers at which a region's own mean counts half."""
RARE_SHARE, RARE_VISITS = 0.01, 5
"""No variation (contracts.md 6): fewer than 1 % of the answered visits, or fewer than 5, differ from the commonest."""
JUDGED = 10
"""Answers below which not even that can be said."""
SAME = 0.98
"""Correlation of answers from which two items cannot be told apart."""


@dataclass(frozen=True)
class Variation:
    """How the answers of each item vary; arrays of length J."""

    answered: Places
    mean: Floats
    """NaN where nobody answered."""
    rare: Floats
    """Share of answered visits that differ from the commonest answer; NaN where nobody answered."""
    unanswered: Flags
    """Too few answers to say anything."""
    constant: Flags
    """No variation: cannot be tested."""


@dataclass(frozen=True)
class Matrix:
    """Residual answers of the items that vary."""

    z: Floats
    """(V, J) answer minus the network mean of its period; 0 where unknown."""
    known: Flags
    """(V, J)"""


def variation(facts: Facts) -> Variation:
    """Counts, means and the share of uncommon answers of every item."""
    ratio = facts.ratio
    known = ~np.isnan(ratio)
    answered = known.sum(0)
    total = np.where(known, ratio, 0.0).sum(0, dtype=np.float64)
    commonest = np.zeros(ratio.shape[1], dtype=np.int64)
    for item in range(ratio.shape[1]):
        values = ratio[known[:, item], item]
        if values.size:
            commonest[item] = np.unique(values, return_counts=True)[1].max()
    differ = answered - commonest
    some = np.maximum(answered, 1)
    unanswered = answered < JUDGED
    return Variation(
        answered=answered.astype(np.int32),
        mean=np.where(answered > 0, total / some, np.nan),
        rare=np.where(answered > 0, differ / some, np.nan),
        unanswered=unanswered,
        constant=~unanswered & ((differ < RARE_SHARE * answered) | (differ < RARE_VISITS)),
    )


def residuals(ratio: Ratios, week: Places, company: Places) -> Matrix:
    """Answers (V, J) minus what the item did in their period of (usually) four weeks in the network and in the region.

    What all locations, or those of a region, do at the same time (a campaign, a season, a new wording) is no difference
    between them, and the outcome models take the same out of the outcomes by region and week. A region's mean counts
    n / (n + `FIRM`) of its difference from the network's, n its answers. `company` (V,) is the visit's group of
    locations (weeks.companies).
    """
    known = ~np.isnan(ratio)
    value = np.where(known, ratio, 0.0).astype(np.float64)
    weeks = int(week.max()) + 1 if week.size else 1
    periods = max(1, min(weeks // PERIOD, len(ratio) // FEWEST))
    period = np.minimum(week.astype(np.int64) * periods // weeks, periods - 1)
    mean, _count = _means(value, known, period, periods)
    value = np.where(known, value - mean[period], 0.0)
    companies = int(company.max()) + 1 if company.size else 1
    if companies > 1:
        cell = company.astype(np.int64) * periods + period
        mean, count = _means(value, known, cell, companies * periods)
        value = np.where(known, value - (mean * count / (count + FIRM))[cell], 0.0)
    return Matrix(value, known)


def _means(value: Floats, known: Flags, group: Numbers, groups: int) -> tuple[Floats, Floats]:
    """Means of the known values by group, and how many there are; (groups, J) each."""
    total = np.zeros((groups, value.shape[1]))
    count = np.zeros((groups, value.shape[1]))
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    present = group[order][starts]
    total[present] = np.add.reduceat(value[order], starts, axis=0)
    count[present] = np.add.reduceat(known[order].astype(np.float64), starts, axis=0)
    return total / np.maximum(count, 1), count


def twins(matrix: Matrix) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of items that are answered alike wherever both are: nobody can tell them apart."""
    z, known = matrix.z, matrix.known.astype(np.float64)
    both = known.T @ known
    cross = z.T @ z
    left = (z * z).T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(cross) / np.sqrt(left * left.T)
    alike[(both < JUDGED) | ~np.isfinite(alike)] = 0.0
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(alike, 1) >= SAME)]
