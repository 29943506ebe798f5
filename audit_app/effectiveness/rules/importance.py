"""Shares of explained variance, for people who ask for them: a description, never a verdict."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.kit.i18n import _

EXACT = 20
"""Columns up to which all 2^J subsets are fitted."""
ORDERS = 2000
SINGULAR = 1e-9
"""What is left of a column that other columns tell already."""


@dataclass(frozen=True)
class Importance:
    """How the explained variance falls on the columns. Johnson's and LMG's parts both add up to R²."""

    r2: float
    johnson: Floats
    lmg: Floats
    exact: bool
    """Whether LMG stands on all subsets, not on sampled orders."""


def correlations(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Correlations among the columns, and of each with y."""
    z = np.column_stack([x, y]).astype(np.float64)
    if len(z) < 3:
        raise CannotEstimate(_("At least three rows are needed."))
    z -= z.mean(0)
    size = np.sqrt((z * z).sum(0))
    if (size <= 1e-12 * np.maximum(1.0, np.abs(np.column_stack([x, y])).max(0))).any():
        raise CannotEstimate(_("A column that never changes has no share."))
    r = (z / size).T @ (z / size)
    return r[:-1, :-1], r[:-1, -1]


def importance(y: Floats, x: Floats, seed: int = 1) -> Importance:
    """Johnson's relative weights and LMG (Shapley) shares from data."""
    r, v = correlations(y, x)
    johnson = relative_weights(r, v)
    shares, exact = lmg(r, v, seed)
    return Importance(float(johnson.sum()), johnson, shares, exact)


def relative_weights(r: Floats, v: Floats) -> Floats:
    """Johnson (2000): through the nearest uncorrelated columns; equal to Genizi (1993)."""
    w, q = np.linalg.eigh(r)
    there = w > 1e-10 * w.max()
    root = (q[:, there] * np.sqrt(w[there])) @ q[:, there].T
    inverse = (q[:, there] / np.sqrt(w[there])) @ q[:, there].T
    return np.asarray((root**2) @ (inverse @ v) ** 2)


def lmg(r: Floats, v: Floats, seed: int = 1) -> tuple[Floats, bool]:
    """Lindeman, Merenda and Gold (1980): what a column adds to R², averaged over all orders of entry."""
    j = len(v)
    if j > EXACT:
        return _sampled(r, v, seed), False
    r2 = _all_subsets(r, v)
    masks = np.arange(1 << j)
    size = np.zeros(1 << j, np.int64)
    for k in range(j):
        size += (masks >> k) & 1
    # Orders in which exactly the members of a subset stand before the column: s! (J-1-s)! / J!
    log = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, j + 1)))))
    weight = np.exp(log[:j] + log[j - 1 :: -1][:j] - log[j])
    shares = np.empty(j)
    for k in range(j):
        without = masks[(masks >> k) & 1 == 0]
        shares[k] = weight[size[without]] @ (r2[without | (1 << k)] - r2[without])
    return shares, True


def _all_subsets(r: Floats, v: Floats) -> Floats:
    """R² of every subset, by its bits.

    Column by column, every subset so far either takes it in (what the rest have in common with it goes) or leaves it.
    A column that the subset already tells adds nothing.
    """
    left = np.block([[r, v[:, None]], [v[None, :], np.ones((1, 1))]])[None]
    for _column in range(len(v)):
        pivot, row, rest = left[:, 0, 0], left[:, 0, 1:], left[:, 1:, 1:]
        share = np.where(pivot > SINGULAR, 1 / np.maximum(pivot, SINGULAR), 0.0)
        left = np.concatenate([rest, rest - share[:, None, None] * row[:, :, None] * row[:, None, :]])
    return np.asarray(1 - left[:, 0, 0])


def _sampled(r: Floats, v: Floats, seed: int) -> Floats:
    """The average over random orders, each with its reverse: what a column adds is read off one Cholesky factor."""
    rng, j = np.random.default_rng(seed), len(v)
    w, q = np.linalg.eigh(r)
    if w[0] < 1e-9:  # twins share what they explain together
        r = (q * np.maximum(w, 1e-9)) @ q.T
    shares = np.zeros(j)
    for _k in range(ORDERS // 2):
        order: npt.NDArray[np.intp] = rng.permutation(j)
        for o in (order, order[::-1]):
            lower = np.linalg.cholesky(r[np.ix_(o, o)])
            shares[o] += np.linalg.solve(lower, v[o]) ** 2
    return shares / (2 * (ORDERS // 2))
