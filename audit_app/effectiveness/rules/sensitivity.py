"""Attempts to break a finding (step 12): hidden causes, effects before their cause, single locations."""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.distributions import t_tail
from audit_app.effectiveness.rules.effects import Effects
from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.kernel import Errors, least_squares
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg
from audit_app.effectiveness.rules.panel import CannotEstimate, Panel
from audit_app.effectiveness.rules.plan import Model
from audit_app.effectiveness.rules.weeks import Rows

LEAD = 8
"""Weeks ahead: far enough that a visit of then says little about now, near enough for most locations to be there."""
LEAD_ALARM = 4.0
"""The same for leads, which also move a little where habits last longer or shorter than the model has it."""
OVERLAP = 10.0
"""Variance inflation from which an item is said to move with others."""
ALARM = 2.0
"""|z| from which a test that should find nothing has found something."""


def robustness_values(t: Floats, dof: float) -> Floats:
    """(J,) RV = .5 (sqrt(f⁴ + 4 f²) - f²), f = |t| / sqrt(dof): Cinelli and Hazlett (2020), with clusters for rows.

    The share of the remaining variance of both item and outcome that a hidden cause would have to explain to bring
    the effect to nought.
    """
    f2 = t**2 / dof
    return np.asarray(0.5 * (np.sqrt(f2**2 + 4 * f2) - f2))


def e_value(estimate: float) -> float:
    """Least strength, as a ratio of rates, of a cause with both item and outcome (VanderWeele and Ding 2017)."""
    ratio = float(np.exp(abs(estimate)))
    return ratio + float(np.sqrt(ratio * (ratio - 1)))


@dataclass(frozen=True)
class Leads:
    """Whether compliance predicts the past; J items."""

    index_z: float
    """Of the lead of everything together, weighted by the effects found: should be near 0."""
    mean_z: float
    """Of the lead of plain mean compliance: weak sales that raise effort later make it negative."""
    t: Floats
    """(J,) of each item's lead given all items now"""
    q: Floats
    """(J,)"""


def leads(paths: Floats, rows: Rows, effects: Effects, weights: Floats) -> Leads | None:
    """Add each item's path of eight weeks later to the model, one at a time (Frisch-Waugh-Lovell), errors by location.

    `weights` (J,) are the shrunk effects by which the paths are added up. None where there is too little to test.
    """
    ahead = rows.week + LEAD < paths.shape[1]
    if rows.model is Model.POISSON or ahead.sum() < 100 or not effects.kept.any():
        return None
    location, week = rows.location[ahead], rows.week[ahead]
    later = paths[location, week + LEAD]
    both = np.column_stack([rows.y[ahead], later])
    w = None if effects.weights is None else effects.weights[ahead]
    try:
        fits = least_squares(
            Panel(location, rows.period[ahead]), effects.columns[ahead], both, w, errors=Errors.NONE
        )
    except CannotEstimate:
        return None
    rest, moved = fits[0].residuals, np.column_stack([fit.residuals for fit in fits[1:]])
    every = np.column_stack([moved, moved @ weights, moved.mean(1)])
    mass = np.ones(len(rest)) if w is None else w
    t = _added(every, rest, mass, location)
    p = 2 * t_tail(np.abs(t[:-2]), effects.dof)
    fine = np.isfinite(p)
    q = np.full(len(p), np.nan)
    if fine.any():
        q[fine] = benjamini_hochberg(p[fine])
    return Leads(float(np.nan_to_num(t[-2])), float(np.nan_to_num(t[-1])), t[:-2], q)


def _added(columns: Floats, rest: Floats, mass: Floats, location: Floats) -> Floats:
    """t of each column added alone; columns and rest are already free of everything else in the model."""
    square = (columns**2 * mass[:, None]).sum(0)
    fine = square > 1e-12 * max(float(square.max()), 1e-300)
    coef = np.where(fine, (columns * (mass * rest)[:, None]).sum(0) / np.where(fine, square, 1), 0.0)
    left = rest[:, None] - columns * coef
    starts = np.flatnonzero(np.r_[True, np.diff(location) > 0])
    score = np.add.reduceat(columns * left * mass[:, None], starts, axis=0)
    groups = len(starts)
    error = np.sqrt(groups / max(groups - 1, 1) * (score**2).sum(0)) / np.where(fine, square, 1)
    return np.where(fine & (error > 0), coef / np.where(error > 0, error, 1), np.nan)


@dataclass(frozen=True)
class Alone:
    """The location on which each item's effect leans most; J items."""

    location: np.ndarray[tuple[int], np.dtype[np.int32]]
    shift: Floats
    """Change of the estimate without it, in standard errors."""
    decides: Flags
    """Whether the effect is no longer beyond chance (|t| of 1.96) without it."""


def leaning(effects: Effects) -> Alone:
    """Leave each location out in turn: which one moves an effect most, and whether it alone makes it."""
    items = len(effects.estimate)
    if not len(effects.without):
        return Alone(np.zeros(items, np.int32), np.zeros(items), np.zeros(items, bool))
    moved = np.nan_to_num(effects.without - effects.estimate)
    worst = np.abs(moved).argmax(0)
    every = np.arange(items)
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = moved[worst, every] / effects.se
        before, after = effects.estimate / effects.se, effects.without[worst, every] / effects.se
        decides = (np.abs(before) >= 1.96) & (np.abs(after) < 1.96) & (np.abs(shift) > 0.5)
    return Alone(effects.cluster_location[worst].astype(np.int32), np.nan_to_num(shift), decides)
