"""What the usual practice would have said: correlate visit scores with sales, visit by visit, and believe it.

Shown beside the study only to explain why it misleads: good locations do most things right and sell more, so useless
items look effective.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.distributions import t_tail
from audit_app.effectiveness.rules.facts import Facts, Floats
from audit_app.effectiveness.rules.plan import Model
from audit_app.effectiveness.rules.weeks import Rows


@dataclass(frozen=True)
class Naive:
    """Pearson per item over visits: slope of the week's outcome on the answer, its p, its interval's half width."""

    slope: Floats
    se: Floats
    p: Floats


def correlate(facts: Facts, rows: Rows) -> Naive:
    """(J,) each, NaN where an item never varies among visits whose week has the outcome."""
    table = np.full((len(facts.locations), facts.weeks), np.nan)
    if rows.model is Model.POISSON:
        rate = rows.count.sum() / rows.exposure.sum()
        value = (rows.count / rows.exposure - rate) / rate
    else:
        value = rows.y
    table[rows.location, rows.week] = value
    y = table[facts.location, np.minimum(facts.day // 7, facts.weeks - 1)]
    there = np.isfinite(y)
    x, y = facts.ratio[there].astype(np.float64), y[there]
    known = (~np.isnan(x)).astype(np.float64)
    n = known.sum(0)
    some = np.maximum(n, 1)
    x = np.nan_to_num(x, copy=False)
    y = y - y.mean() if len(y) else y
    mean_x, mean_y = x.sum(0) / some, y @ known / some
    x -= mean_x
    x *= known
    # What is left of x sums to nothing, so the mean of y cannot change their product.
    xx, xy, squares = np.einsum("vj,vj->j", x, x), y @ x, (y * y) @ known
    yy = squares - n * mean_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        fine = (n > 2) & (xx > 1e-9) & (yy > 1e-12 * squares)
        slope = np.where(fine, xy / xx, np.nan)
        r2 = np.clip(xy**2 / (xx * yy), 0, 1 - 1e-15)
        t = np.sqrt(r2 * (n - 2) / (1 - r2))
        p = np.where(fine, 2 * t_tail(t, np.maximum(n - 2, 1)), np.nan)
        se = np.where(fine, np.abs(slope) / np.maximum(t, 1e-12), np.nan)
    return Naive(slope, se, p)
