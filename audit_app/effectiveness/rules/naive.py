"""What the usual practice would have said: correlate visit scores with sales, visit by visit, and believe it.

Shown beside the study only to explain why it misleads: good locations do most things right and sell more, so useless
items look effective.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Facts, Floats
from audit_app.effectiveness.rules.plan import Model
from audit_app.effectiveness.rules.weeks import Rows
from audit_app.kit.later import later

stats = later("scipy.stats")


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
    known = ~np.isnan(x)
    n = known.sum(0).astype(np.float64)
    some = np.maximum(n, 1)
    x = np.where(known, x, 0.0)
    mean_x = x.sum(0) / some
    mean_y = (known * y[:, None]).sum(0) / some
    dx = np.where(known, x - mean_x, 0.0)
    dy = np.where(known, y[:, None] - mean_y, 0.0)
    xx, xy, yy = (dx * dx).sum(0), (dx * dy).sum(0), (dy * dy).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        fine = (n > 2) & (xx > 1e-9) & (yy > 0)
        slope = np.where(fine, xy / xx, np.nan)
        r2 = np.clip(xy**2 / (xx * yy), 0, 1 - 1e-15)
        t = np.sqrt(r2 * (n - 2) / (1 - r2))
        p = np.where(fine, 2 * stats.t.sf(t, np.maximum(n - 2, 1)), np.nan)
        se = np.where(fine, np.abs(slope) / np.maximum(t, 1e-12), np.nan)
    return Naive(slope, se, p)
