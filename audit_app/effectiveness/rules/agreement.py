"""Do raters agree? Krippendorff's alpha with an interval, kappa, and the intraclass correlation of two-way designs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.kit.i18n import _
from audit_app.kit.later import later

sparse = later("scipy.sparse")


DRAWS = 1000


class Metric(StrEnum):
    """What a difference between two ratings means."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(frozen=True)
class Agreement:
    """Alpha: 1 full agreement, 0 chance. None where ratings never differ: there is nothing to agree about."""

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    """Units rated at least twice."""


def distances(values: Floats, marginals: Floats, metric: Metric) -> Floats:
    """Squared differences between values (Krippendorff 2011, "Computing Krippendorff's alpha-reliability")."""
    a, b = values[:, None], values[None, :]
    if metric is Metric.NOMINAL:
        return np.asarray((a != b).astype(np.float64))
    if metric is Metric.INTERVAL:
        return np.asarray((a - b) ** 2)
    if metric is Metric.RATIO:
        total = a + b
        return np.asarray(np.divide(a - b, total, out=np.zeros_like(total), where=total != 0) ** 2)
    upto = np.cumsum(marginals)
    rank = np.arange(len(values))
    low, high = np.minimum.outer(rank, rank), np.maximum.outer(rank, rank)
    # Ratings from the lower to the higher value, less half of those at both ends.
    between = upto[high] - upto[low] + marginals[low] - (marginals[low] + marginals[high]) / 2
    return np.asarray(np.where(low == high, 0.0, between) ** 2)


def alpha(
    ratings: Floats, metric: Metric, *, level: float = 0.95, draws: int = DRAWS, seed: int = 1
) -> Agreement:
    """Of observers x units with NaN for missing; the interval by drawing units anew (percentiles)."""
    given = np.asarray(ratings, dtype=np.float64)
    there = ~np.isnan(given)
    rated = there.sum(0) >= 2
    given, there = given[:, rated], there[:, rated]
    units = int(rated.sum())
    if units < 2:
        raise CannotEstimate(_("At least two units must be rated twice."))
    if metric is Metric.RATIO and (given[there] < 0).any():
        raise CannotEstimate(_("Ratios cannot be negative."))
    values, code = np.unique(given[there], return_inverse=True)
    k = len(values)
    if k > 2000:
        raise CannotEstimate(_("There are too many different ratings."))
    counts = np.zeros((units, k))
    np.add.at(counts, (np.nonzero(there)[1], code.reshape(-1)), 1)
    pairs = _pairs(counts)

    def of(weights: Floats) -> float | None:
        n = weights @ counts
        coincidence = np.asarray(pairs.T @ weights).reshape(k, k)
        d = distances(values, n, metric)
        expected = float(n @ d @ n) / (n.sum() - 1)
        return None if expected <= 0 else 1 - float((coincidence * d).sum()) / expected

    point = of(np.ones(units))
    if point is None:
        return Agreement(None, None, None, units)
    rng = np.random.default_rng(seed)
    drawn = [of(rng.multinomial(units, np.full(units, 1 / units)).astype(float)) for _k in range(draws)]
    # A draw in which ratings never differ is one of full agreement.
    spread = np.array([1.0 if one is None else one for one in drawn])
    low, high = np.quantile(spread, [0.5 - level / 2, 0.5 + level / 2])
    return Agreement(point, float(low), float(high), units)


def _pairs(counts: Floats) -> Any:
    """(units, k * k) ordered pairs of ratings inside each unit, each unit weighing as many as its ratings."""
    k = counts.shape[1]
    rows, cells, shares = [], [], []
    for u, row in enumerate(counts):
        seen = np.flatnonzero(row)
        both = np.outer(row[seen], row[seen]) - np.diag(row[seen])
        rows.append(np.full(both.size, u))
        cells.append((seen[:, None] * k + seen[None, :]).ravel())
        shares.append(both.ravel() / (row.sum() - 1))
    return sparse.csr_matrix(
        (np.concatenate(shares), (np.concatenate(rows), np.concatenate(cells))), shape=(len(counts), k * k)
    )


def kappa(first: Floats, second: Floats, *, weights: str = "none") -> float | None:
    """Cohen's kappa of two raters (1960), or weighted (1968): none, linear, quadratic. None where chance is certain."""
    values, code = np.unique(np.concatenate([first, second]), return_inverse=True)
    a, b = np.split(code.reshape(-1), 2)
    k = len(values)
    seen = np.zeros((k, k))
    np.add.at(seen, (a, b), 1 / len(a))
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    cost = {"none": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weights]
    chance = float((cost * np.outer(seen.sum(1), seen.sum(0))).sum())
    return None if chance == 0 else 1 - float((cost * seen).sum()) / chance


def icc(scores: Floats) -> float | None:
    """ICC(2,1) of units x raters (Shrout and Fleiss 1979): raters drawn from many, single ratings, absolute agreement."""
    n, k = scores.shape
    mean = scores.mean()
    rows = k * ((scores.mean(1) - mean) ** 2).sum() / (n - 1)
    columns = n * ((scores.mean(0) - mean) ** 2).sum() / (k - 1)
    left = ((scores - mean) ** 2).sum() - rows * (n - 1) - columns * (k - 1)
    error = left / ((n - 1) * (k - 1))
    below = rows + (k - 1) * error + k * (columns - error) / n
    return None if below == 0 else float((rows - error) / below)
