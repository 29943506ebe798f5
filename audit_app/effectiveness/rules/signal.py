"""How much of the answers is the location and how much is chance (step 3), the errors-in-variables step.

Two visits to one location are made by different people on different days, so their errors are independent: what their
answers have in common is the location. For items j, k and visits v, w that lie `lag` weeks apart
    E[z_vj z_wk] = B_jk + C_jk rho^lag   (v ≠ w),      E[z_vj z_vk] = B_jk + C_jk + U_jk,
with rho = .5^(1 / half-life): B stays for ever (the location's level), C comes and goes (the signal that is used), U is
the noise of one visit (the customer of the moment, the employee, the shopper). Moments over all pairs of visits of one
location (Fuller 1987; Griliches and Hausman 1986).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Flags, Floats, Places
from audit_app.effectiveness.rules.matrix import Matrix

HALF_LIVES = (3.0, 3.4, 3.8, 4.3, 4.8, 5.4, 6.1, 6.9, 7.7, 8.7, 9.7, 11.0, 12.3, 13.9, 15.6, 17.5, 19.7, 22.2, 25.0, 28.0, 31.6, 36.0, 40.0)  # fmt: skip
"""Weeks tried; in between nothing changes that could be measured."""
USUAL = 13.0
"""Where the answers do not tell."""
FARTHEST = 52
"""Weeks between two visits up to which they are compared: what lies farther apart says little about weeks near by."""
TYPICAL = (0.1, 0.1)
"""Signal within locations as a share of one visit's noise, and how far networks differ in it: leaned on by small ones."""
LEAST_NOISE = 0.02
"""Variance below which the noise of one visit is not believed: a visit sees one moment."""


@dataclass(frozen=True)
class Batch:
    """Visits of locations that have equally many: L locations, n visits each."""

    locations: Places
    """(L,)"""
    rows: Places
    """(L, n) rows of the matrix"""


@dataclass(frozen=True)
class Signal:
    """Variances within locations over time. J items."""

    half_life: float
    raw: Floats
    """(J, J) moments of the signal before they are tidied: may be negative on the diagonal."""
    raw_se: Floats
    """(J,) standard errors of the diagonal of `raw`, by location."""
    loading: Floats
    """(J,) of the signal's common factor: what makes items move together"""
    own: Floats
    """(J,) variance of the signal that is the item's own"""
    noise_loading: Floats
    """(J,) of the common factor of one visit's noise"""
    noise_own: Floats
    """(J,)"""
    uncertainty: Floats
    """(J,) relative standard error of the item's signal variance"""
    believed: Flags
    """(J,) whether there is a signal at all: raw variance not below zero by more than its standard error"""

    @property
    def covariance(self) -> Floats:
        """(J, J) of the signal."""
        return np.outer(self.loading, self.loading) + np.diag(self.own)

    @property
    def noise(self) -> Floats:
        """(J, J) covariance of the noise of one visit."""
        return np.outer(self.noise_loading, self.noise_loading) + np.diag(self.noise_own)


def batches(location: Places) -> Iterator[Batch]:
    """The visits of each location, equally long ones together (rows are sorted by location)."""
    which, start, count = np.unique(location, return_index=True, return_counts=True)
    for n in np.unique(count):
        chosen = count == n
        for part in np.array_split(np.flatnonzero(chosen), max(1, int(chosen.sum() * n * n // 2_000_000))):
            yield Batch(
                which[part].astype(np.int32), (start[part][:, None] + np.arange(n)[None, :]).astype(np.int32)
            )


def half_life(matrix: Matrix, location: Places, week: Places) -> float:
    """Weeks in which half of a location's deviation is gone: least squares of the pooled correlogram on a grid."""
    product = np.zeros(FARTHEST)
    pairs = np.zeros(FARTHEST)
    known = matrix.known.astype(np.float64)
    for batch in batches(location):
        n = batch.rows.shape[1]
        if n < 2:
            continue
        z = matrix.z[batch.rows]
        both = known[batch.rows]
        upper = np.triu_indices(n, 1)
        lag = np.abs(week[batch.rows][:, upper[0]] - week[batch.rows][:, upper[1]])
        near = lag < FARTHEST
        together = z @ z.transpose(0, 2, 1)
        counted = both @ both.transpose(0, 2, 1)
        product += np.bincount(lag[near], together[:, upper[0], upper[1]][near], minlength=FARTHEST)
        pairs += np.bincount(lag[near], counted[:, upper[0], upper[1]][near], minlength=FARTHEST)
    seen = pairs > 0
    if seen.sum() < 3:
        return USUAL
    lags, y, weight = np.flatnonzero(seen), product[seen] / pairs[seen], pairs[seen]
    best, found = np.inf, USUAL
    for candidate in HALF_LIVES:
        design = np.column_stack([np.ones(len(lags)), 0.5 ** (lags / candidate)])
        normal = design.T @ (design * weight[:, None])
        if np.linalg.cond(normal) > 1e12:
            continue
        level, slope = np.linalg.solve(normal, design.T @ (weight * y))
        error = float(weight @ (y - design @ (level, slope)) ** 2)
        if slope > 0 and error < best:
            best, found = error, candidate
    return found


def signal(matrix: Matrix, location: Places, week: Places, weeks: float | None = None) -> Signal:
    """Signal and noise of all items: moments, then one common factor and own parts for each, shrunk where they are weak."""
    life = half_life(matrix, location, week) if weeks is None else weeks
    fade = (0.5 ** (1 / life)) ** np.arange(float(week.max() - week.min()) + 1 if week.size else 1.0)
    known = matrix.known.astype(np.float64)
    parts = [_Part.of(matrix.z[b.rows], known[b.rows], fade[_lags(week, b)]) for b in batches(location)]
    parts = [part for part in parts if part is not None]
    total = [np.sum([getattr(part, name).sum(0) for part in parts], axis=0) for name in _Part.NAMES]
    ones, faded, same, n_ones, n_faded, n_faded2, n_same = total
    n_ones, n_same = np.maximum(n_ones, 1e-9), np.maximum(n_same, 1)
    share = n_faded / n_ones
    spread = n_faded2 - n_faded * share
    usable = spread > 1e-9 * np.maximum(n_faded2, 1e-9)
    spread = np.where(usable, spread, np.inf)
    persistent = (faded - share * ones) / spread
    level = ones / n_ones - persistent * share
    noise = np.where(usable, same / n_same - level - persistent, same / n_same)
    variance = np.zeros_like(persistent)
    of_mean = 0.0
    for part in parts:
        told = part.faded - share * part.ones
        expected = level * (part.n_faded - share * part.n_ones) + persistent * (
            part.n_faded2 - share * part.n_faded
        )
        pull = (told - expected) / spread
        variance += (pull**2).sum(0)
        of_mean += float((np.trace(pull, axis1=1, axis2=2) ** 2).sum()) / len(variance) ** 2
    return _tidy(life, _even(persistent), _even(noise), variance, of_mean, np.diag(usable))


@dataclass(frozen=True)
class _Part:
    """Sums over the pairs of visits of each location of a batch: (L, J, J) each, products and their counts."""

    ones: Floats
    faded: Floats
    same: Floats
    n_ones: Floats
    n_faded: Floats
    n_faded2: Floats
    n_same: Floats

    NAMES = ("ones", "faded", "same", "n_ones", "n_faded", "n_faded2", "n_same")

    @staticmethod
    def of(z: Floats, known: Floats, fade: Floats) -> "_Part":
        """Products of pairs v ≠ w (plain and faded by rho^lag), of a visit with itself, and how many there were."""
        n = z.shape[1]
        other = fade * (1 - np.eye(n))
        zt, kt = z.transpose(0, 2, 1), known.transpose(0, 2, 1)
        same, n_same = zt @ z, kt @ known
        sums, counts = z.sum(1), known.sum(1)
        return _Part(
            ones=sums[:, :, None] * sums[:, None, :] - same,
            faded=zt @ (other @ z),
            same=same,
            n_ones=counts[:, :, None] * counts[:, None, :] - n_same,
            n_faded=kt @ (other @ known),
            n_faded2=kt @ ((other * other) @ known),
            n_same=n_same,
        )


def _lags(week: Places, batch: Batch) -> Places:
    at = week[batch.rows]
    found: Places = np.abs(at[:, :, None] - at[:, None, :])
    return found


def _even(square: Floats) -> Floats:
    return (square + square.T) / 2


def _tidy(
    life: float, persistent: Floats, noise: Floats, variance: Floats, of_mean: float, usable: Flags
) -> Signal:
    """One common factor and own variances; own variances are shrunk towards what is typical by how uncertain they are.

    Free covariance matrices are too noisy (measured worse). What is typical is the items' median; in small networks,
    where even that is uncertain, it leans on `TYPICAL`. Own signal never falls below a fifth of it, own noise never
    below `LEAST_NOISE`. `variance` (J, J) and `of_mean` are sampling variances of the moments and of their mean diagonal.
    """
    loading = one_factor(persistent, variance)
    noise_loading = one_factor(noise, variance)
    raw = np.diag(persistent)
    own = raw - loading**2
    sampling = np.diag(variance)
    usual, width = (share * float(np.mean(np.diag(noise))) for share in TYPICAL)
    firm = width**2 / (width**2 + of_mean)
    middle = max(firm * float(np.median(own)) + (1 - firm) * usual, 0.2 * usual, 1e-5)
    between = max(float(np.var(own)) - float(sampling.mean()), 0.0)
    keep = between / (between + sampling + 1e-15)
    own = np.maximum(middle + (own - middle) * keep, 0.2 * middle)
    unsure = np.sqrt(keep * sampling + (0.1 * middle) ** 2 * (between == 0)) / (own + loading**2)
    return Signal(
        half_life=life,
        raw=persistent,
        raw_se=np.sqrt(sampling),
        loading=loading,
        own=own,
        noise_loading=noise_loading,
        noise_own=np.maximum(np.diag(noise) - noise_loading**2, LEAST_NOISE),
        uncertainty=unsure,
        believed=usable & (raw > -np.sqrt(sampling)),
    )


def one_factor(square: Floats, variance: Floats) -> Floats:
    """Loadings l with l_j l_k near the off-diagonal of a noisy matrix, shrunk to their mean by their own uncertainty."""
    items = len(square)
    off = square - np.diag(np.diag(square))
    mean = off.sum() / (items * (items - 1)) if items > 2 else 0.0
    if mean <= 0:
        return np.zeros(items)
    loading = np.full(items, np.sqrt(mean))
    others = np.ones(items)
    for _ in range(200):
        others = np.maximum((loading**2).sum() - loading**2, 1e-12)
        new = 0.5 * (loading + off @ loading / others)
        moved = float(np.abs(new - loading).max())
        loading = new
        if moved < 1e-9:
            break
    uncertain = (variance - np.diag(np.diag(variance))) @ loading**2 / others**2
    between = max(float(loading.var()) - float(uncertain.mean()), 0.0)
    centre = loading.mean()
    shrunk: Floats = centre + (loading - centre) * between / (between + uncertain + 1e-15)
    return shrunk
