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
"""Answers at which a region's difference from the network counts half."""
RARE_SHARE, RARE_VISITS = 0.01, 5
"""No variation (contracts.md 6): fewer than 1 % of the answered visits, or fewer than 5, differ from the commonest."""
JUDGED = 10
"""Answers below which not even that can be said."""
_AT_ONCE = 2048
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


def residuals(ratio: Ratios, week: Places, location: Places, company: Places) -> Matrix:
    """Answers (V, J) minus what the item did in their period of (usually) four weeks in the network and in the region.

    What all locations, or those of a region, do at the same time (a campaign, a season, a new wording) is no difference
    between them, and the outcome models take the same out of the outcomes by region and week. `company` is the group of
    each location (S,): weeks.companies.
    """
    known = ~np.isnan(ratio)
    value = np.where(known, ratio, 0.0).astype(np.float64)
    weeks = int(week.max()) + 1 if week.size else 1
    periods = max(1, min(weeks // PERIOD, len(ratio) // FEWEST))
    period = np.minimum(week.astype(np.int64) * periods // weeks, periods - 1)
    told = known.astype(np.float64)
    own = _Groups.of(location.astype(np.int64) * periods + period)
    value = _less_mean(value, told, _Groups.of(period), own, 0.0)
    if company.size and company.max() > 0:
        region = _Groups.of(company[location].astype(np.int64) * periods + period)
        value = _less_mean(value, told, region, own, FIRM)
    return Matrix(value, known)


@dataclass(frozen=True)
class _Groups:
    """Visits in groups: their order (None where they stand in it already), where each begins, and each visit's own."""

    order: Numbers | None
    starts: Numbers
    which: Numbers

    @staticmethod
    def of(group: Numbers) -> "_Groups":
        """The groups of these numbers."""
        order = None if (group[1:] >= group[:-1]).all() else np.argsort(group, kind="stable")
        new = np.r_[True, np.diff(group if order is None else group[order]) > 0]
        which = np.cumsum(new) - 1
        if order is not None:
            which[order] = which.copy()
        return _Groups(order, np.flatnonzero(new), which)

    def sums(self, values: Floats) -> Floats:
        """(groups, J) sums of the visits' values."""
        return np.add.reduceat(values if self.order is None else values[self.order], self.starts, axis=0)


def _less_mean(value: Floats, told: Floats, group: _Groups, own: _Groups, firm: float) -> Floats:
    """Values less the mean of their group, in which the location's own values count half; `told` is 1 where known, else 0.

    Counted fully, the errors of a location's visits would be taken off its other visits in the period, counted not at
    all, the errors of the others would be added to all of them: both bend what its visits have in common (the signal),
    by -1/n and +1/n of the noise. At a half the two cancel. `firm` answers of nought are added to every mean.
    """
    total, count = group.sums(value), group.sums(told)
    mine, few = own.sums(value) / 2, own.sums(told) / 2
    left = np.empty_like(value)
    for start in range(0, len(value), _AT_ONCE):  # so that what is worked on stays in the processor's cache
        part = slice(start, start + _AT_ONCE)
        theirs, ours = group.which[part], own.which[part]
        half = few[ours]
        weight = np.maximum(count[theirs] - half + firm, 1e-9)
        mean = (total[theirs] - mine[ours]) / weight
        left[part] = (value[part] - mean) / (1 - np.minimum(half / weight, 0.5)) * told[part]
    return left


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
