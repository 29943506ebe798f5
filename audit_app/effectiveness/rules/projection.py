"""What remains of the explaining columns once everything constant about a place or a week is removed."""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.panel import CHUNK, CannotEstimate, Panel, Swept, gram
from audit_app.kit.i18n import _
from audit_app.kit.later import later

linalg = later("scipy.linalg")


ABSORBED = 1e-10
"""Share of a column's variance left within places and weeks below which nothing of it is left."""
COLLINEAR = 1e-9
"""Share of what remains of a column that the columns before it do not explain, likewise."""
SMALL = 3_000_000
"""Numbers in X up to which the columns are residualised, chunk by chunk, before they are multiplied: there the last
digits count more than milliseconds. Beyond, sums are subtracted from sums (and the careful way is the way out)."""
CANCELLED = 1e-6
"""Share of a column's variance left below which a difference of large sums has lost too many digits."""


@dataclass(frozen=True)
class Columns:
    """The columns under one set of weights: their effects (a, p), the information left, and which can be told apart."""

    swept: Swept
    a: Floats
    p: Floats | None
    hessian: Floats
    kept: Flags
    absorbed: Flags
    scale: Floats
    factor: tuple[Floats, bool]

    def solve(self, right: Floats) -> Floats:
        """The inverse hessian times right-hand sides (J, q); 0 for columns that are not kept."""
        out = np.zeros_like(right)
        if self.kept.any():
            s = self.scale[self.kept, None]
            out[self.kept] = s * linalg.cho_solve(self.factor, s * right[self.kept])
        return out


def independent(h: Floats, total: Floats) -> tuple[Flags, Flags, Floats]:
    """Columns that can be told apart, those absorbed by the effects, and the scale that makes their diagonal 1."""
    d = np.diag(h)
    absorbed = ~(d > ABSORBED * total) | ~(d > 0)
    scale = np.where(absorbed, 0.0, 1 / np.sqrt(np.where(absorbed, 1.0, d)))
    r = h * scale[:, None] * scale[None, :]
    kept = np.zeros(len(d), bool)
    upper = np.zeros((0, len(d)))
    for j in np.flatnonzero(~absorbed):
        left = 1 - float(upper[:, j] @ upper[:, j])
        if left > COLLINEAR:
            row = (r[j] - upper[:, j] @ upper) / np.sqrt(left)
            upper = np.vstack([upper, row])
            kept[j] = True
    return kept, absorbed, scale


def project(panel: Panel, x: Floats, weights: Floats | None) -> Columns:
    """Remove the effects from all columns at once. Weights are zero on rows that are not kept."""
    swept = panel.sweep(weights)
    by_e = panel.entities.sums(x, weights)
    mean = by_e.sum(0) / swept.mass.sum()
    by_e -= swept.mass[:, None] * mean
    by_p = None
    if panel.periods is not None:
        mass = np.bincount(panel.periods.code, weights=weights, minlength=panel.periods.count)
        by_p = panel.periods.sums(x, weights) - mass[:, None] * mean
    a, p, right = panel.effects_of(swept, by_e, by_p)
    careful = x.size <= SMALL
    if not careful:
        raw = gram(x, weights, mean)
        h = raw - by_e.T @ (by_e / swept.mass[:, None])
        if p is not None and right is not None:
            h -= right.T @ p
        total = np.diag(raw).copy()
        careful = bool((np.diag(h) < CANCELLED * total).any())
    if careful:
        h, total = _careful(panel, x, weights, a + mean, p, mean)
    if not np.isfinite(h).all():
        raise CannotEstimate(_("A column holds something that is not a number."))
    kept, absorbed, scale = independent(h, total)
    s = scale[kept]
    inside = h[np.ix_(kept, kept)] * s[:, None] * s[None, :]
    factor = linalg.cho_factor(inside) if kept.any() else (inside, False)
    return Columns(swept, a + mean, p, h, kept, absorbed, scale, factor)


def _careful(
    panel: Panel, x: Floats, weights: Floats | None, a: Floats, p: Floats | None, mean: Floats
) -> tuple[Floats, Floats]:
    """The Gram of the residualised columns, and the columns' total sums of squares."""
    e, t = panel.entities.code, None if panel.periods is None else panel.periods.code

    def less(rows: slice) -> Floats:
        part: Floats = a[e[rows]]
        return part if p is None or t is None else part + p[t[rows]]

    total = np.zeros(x.shape[1])
    for start in range(0, len(x), CHUNK):
        part = (x[start : start + CHUNK] - mean) ** 2
        total += part.sum(0) if weights is None else weights[start : start + CHUNK] @ part
    return gram(x, weights, less), total
