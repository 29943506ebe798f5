"""Weighted least squares and Poisson regression with exact fixed effects and errors clustered by place.

Wooldridge (1999) and Santos Silva & Tenreyro (2006) for the Poisson pseudo-likelihood; MacKinnon, Nielsen & Webb (2023)
for the delete-one errors. Small-sample factor of CR1: G/(G-1) x (N-1)/(N-K), K as fixest counts it (contracts.md 6).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules import deletion
from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.panel import CannotEstimate, Panel
from audit_app.effectiveness.rules.projection import Columns, project
from audit_app.kit.i18n import _

STEPS = 60
CONVERGED = 1e-8
"""Largest change of a linear predictor in a Newton step after which the next would be below 1e-15."""
RUNAWAY = 100
"""A step of the logarithm of a mean that only an estimate on its way to infinity takes."""


class Errors(StrEnum):
    """Which standard errors."""

    NONE = "none"
    CR1 = "cr1"
    CV3 = "cv3"
    """Jackknife by cluster: every estimate without a cluster is computed exactly."""
    SHORT = "short"
    """One Newton step per cluster left out, period effects re-estimated, weights held. For least squares equal to CV3."""


@dataclass(frozen=True)
class Fit:
    """Estimates of one outcome. Columns that cannot be told apart have kept = False, coefficient 0 and infinite error."""

    coef: Floats
    """(J,)"""
    se: Floats
    """(J,)"""
    covariance: Floats
    """(J, J); zero where not kept."""
    kept: Flags
    """(J,)"""
    absorbed: Flags
    """(J,) columns that do not move within places and weeks. Others not kept repeat columns before them."""
    dof: int
    """Clusters less one."""
    n: int
    """Rows used."""
    clusters: int
    cluster: npt.NDArray[np.int32]
    """(N,) row of `scores` that each row of the data belongs to; 0 on rows not used."""
    scores: Floats
    """(G, J) each cluster's pull. To first order the estimate without cluster g is coef - bread @ scores[g]."""
    bread: Floats
    """(J, J) inverse information left after the effects; zero where not kept."""
    residuals: Floats
    """(N,) y less its prediction; 0 on rows not used."""
    without: Floats | None = None
    """(G, J) estimates without each cluster (CV3 and SHORT)."""


def least_squares(
    panel: Panel,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    errors: Errors = Errors.CR1,
) -> tuple[Fit, ...]:
    """One fit per column of y; they share x, weights and the work on x. Rows of weight 0 are left out."""
    xs, ys = _matrix(x, panel), _matrix(y, panel)
    w = None if weights is None else _vector(weights, panel)
    if w is not None:
        panel = _without_zero(panel, w)
    used = panel.weights(w)
    ys = _finite(ys, panel)
    c = project(panel, xs, used)
    resid = panel.residuals(ys, c.swept)
    coef = c.solve(xs.T @ (resid if used is None else resid * used[:, None]))
    e = resid - xs @ coef + panel.spread(c.a @ coef, None if c.p is None else c.p @ coef)
    fits = []
    for k in range(ys.shape[1]):
        we = e[:, k] if used is None else e[:, k] * used
        scores = panel.by_cluster(xs, we, c.a, c.p)
        # The sum of scores would be zero in exact numbers: one step of refinement costs nothing here.
        better = coef[:, k] + c.solve(scores.sum(0)[:, None])[:, 0]
        without = None
        if errors in {Errors.CV3, Errors.SHORT}:
            without = better + deletion.steps(panel, c, xs, used, e[:, k])
        fits.append(_fit(panel, c, better, scores, e[:, k], errors, without))
    return tuple(fits)


def poisson(
    panel: Panel,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    offset: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    errors: Errors = Errors.CR1,
) -> Fit:
    """Pseudo-maximum likelihood: only the conditional mean must be right. Entities and periods of zeros only are left out."""
    xs, counts = _matrix(x, panel), _vector(y, panel)
    off = np.zeros(panel.rows) if offset is None else _vector(offset, panel)
    w = None if weights is None else _vector(weights, panel)
    if w is not None:
        panel = _without_zero(panel, w)
    inside = slice(None) if panel.kept is None else panel.kept
    if not (np.isfinite(counts[inside]).all() and np.isfinite(off[inside]).all()):
        raise CannotEstimate(_("An outcome or its exposure is not a number."))
    if (counts[inside] < 0).any():
        raise CannotEstimate(_("Counts cannot be negative."))
    panel = _with_events(panel, counts)
    if panel.kept is not None:
        counts, off = np.where(panel.kept, counts, 0.0), np.where(panel.kept, off, 0.0)
    start = _margins(panel, counts, off, w)
    coef, c, mu = _newton(panel, xs, counts, start, w, np.zeros(xs.shape[1]))
    e = counts - mu
    if panel.kept is not None:
        e = np.where(panel.kept, e, 0.0)
    scores = panel.by_cluster(xs, e if w is None else e * w, c.a, c.p)
    without = None
    if errors in {Errors.CV3, Errors.SHORT}:
        mass = mu if w is None else mu * w
        without = coef + deletion.steps(panel, c, xs, panel.weights(mass), e / mu)
        if errors is Errors.CV3:
            eta = np.log(mu) - xs @ coef
            for g in range(panel.clusters.count):
                rest = np.ones(panel.rows, bool)
                rest[panel.clusters.rows[panel.clusters.starts[g] : panel.clusters.starts[g + 1]]] = False
                without[g] = _refit(panel, rest, xs, counts, eta, w, without[g])
    return _fit(panel, c, coef, scores, e, errors, without)


def _refit(
    panel: Panel, rest: Flags, x: Floats, counts: Floats, eta: Floats, w: Floats | None, start: Floats
) -> Floats:
    """The Poisson estimate on the rest of the rows, from a start near by."""
    part = _with_events(panel.only(rest), counts)
    return _newton(part, x, counts, eta + x @ start, w, start)[0]


def _fit(
    panel: Panel, c: Columns, coef: Floats, scores: Floats, e: Floats, errors: Errors, without: Floats | None
) -> Fit:
    """Put errors beside the estimates."""
    g, n, j = panel.clusters.count, panel.n, len(coef)
    bread = c.solve(np.eye(j))
    covariance = np.zeros((j, j))
    if without is not None:
        apart = np.where(c.kept, without - coef, 0.0)
        covariance = (g - 1) / g * apart.T @ apart
    elif errors is Errors.CR1:
        k = int(c.kept.sum()) + panel.effects
        if n <= k:
            raise CannotEstimate(_("There are fewer rows than things to estimate."))
        half = scores @ bread
        covariance = g / (g - 1) * (n - 1) / (n - k) * half.T @ half
    se = np.where(c.kept, np.sqrt(np.maximum(np.diag(covariance), 0.0)), np.inf)
    e = e if panel.kept is None else np.where(panel.kept, e, 0.0)
    return Fit(
        coef=np.where(c.kept, coef, 0.0),
        se=se,
        covariance=covariance,
        kept=c.kept,
        absorbed=c.absorbed,
        dof=g - 1,
        n=n,
        clusters=g,
        cluster=panel.clusters.code,
        scores=scores,
        bread=bread,
        residuals=e,
        without=without,
    )


def _newton(
    panel: Panel, x: Floats, counts: Floats, eta: Floats, w: Floats | None, coef: Floats
) -> tuple[Floats, Columns, Floats]:
    """Newton's steps from a linear predictor that holds x @ coef; also the last projection, and the means reached."""
    coef = coef.copy()
    mu = np.exp(eta)
    deviance = _deviance(panel, counts, mu, w)
    for _step in range(STEPS):
        mass = panel.weights(mu if w is None else mu * w)
        c = project(panel, x, mass)
        r = (counts - mu) / mu
        resid = panel.residuals(r[:, None], c.swept)
        step = c.solve(x.T @ (resid * (mu if mass is None else mass)[:, None]))
        change = (
            (r[:, None] - resid) + x @ step - panel.spread(c.a @ step, None if c.p is None else c.p @ step)
        )[:, 0]
        if panel.kept is not None:
            change[~panel.kept] = 0.0
        size, share = float(np.abs(change).max()), 1.0
        if not size < RUNAWAY:
            raise CannotEstimate(_("The counts allow no estimate: some column separates the zeros."))
        while True:
            new = np.exp(eta + share * change)
            now = _deviance(panel, counts, new, w)
            if np.isfinite(now) and (now <= deviance + 1e-9 * (abs(deviance) + 1) or share < 1e-6):
                break
            share /= 2
            if share < 1e-9:
                raise CannotEstimate(_("The counts allow no estimate: some column separates the zeros."))
        eta = eta + share * change
        coef += share * step[:, 0]
        mu, deviance = new, now
        if size < CONVERGED:
            return coef, c, mu
    raise CannotEstimate(_("The counts allow no estimate: some column separates the zeros."))


def _deviance(panel: Panel, counts: Floats, mu: Floats, w: Floats | None) -> float:
    """Twice the distance of the log-likelihood from a perfect fit."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        each = np.where(counts > 0, counts * np.log(counts / mu), 0.0) - (counts - mu)
    if w is not None:
        each = each * w
    return 2 * float(each.sum() if panel.kept is None else each[panel.kept].sum())


def _margins(panel: Panel, counts: Floats, off: Floats, w: Floats | None) -> Floats:
    """The linear predictor that fits entities' and periods' totals alone: Newton then needs few steps."""
    exposure = np.exp(off - float(off.max()))
    mass = panel.weights(exposure if w is None else exposure * w)
    seen = panel.weights(counts if w is None else counts * w)
    e = panel.entities
    of_e = np.bincount(e.code, weights=seen, minlength=e.count)
    fitted = of_e / np.bincount(e.code, weights=mass, minlength=e.count)
    if panel.periods is None:
        return np.asarray(np.log(exposure * fitted[e.code]))
    p = panel.periods
    of_p = np.bincount(p.code, weights=seen, minlength=p.count)
    cells = panel.cells(mass)
    b = np.ones(p.count)
    for _round in range(8):
        for block, cell in zip(panel.blocks, cells, strict=True):
            fitted[block.entities] = of_e[block.entities] / (cell @ b[block.periods])
            b[block.periods] = of_p[block.periods] / (cell.T @ fitted[block.entities])
    return np.asarray(np.log(exposure * fitted[e.code] * b[p.code]))


def _with_events(panel: Panel, counts: Floats) -> Panel:
    """The panel without entities and periods that never saw an event: their effect is minus infinity, they say nothing."""
    while True:
        mask = panel.weights(None)
        there = np.ones(panel.rows, bool) if mask is None else mask > 0
        seen = np.where(there, counts, 0.0)
        alive = there.copy()
        for groups in (panel.entities, panel.periods):
            if groups is not None:
                alive &= (np.bincount(groups.code, weights=seen, minlength=groups.count) > 0)[groups.code]
        if not alive.any():
            raise CannotEstimate(_("The counts are all zero."))
        if bool((alive == there).all()):
            return panel
        panel = panel.only(alive)


def _without_zero(panel: Panel, w: Floats) -> Panel:
    """The panel without rows of weight 0."""
    if not np.isfinite(w).all() or (w < 0).any():
        raise CannotEstimate(_("Weights must be numbers that are not negative."))
    return panel.only(w > 0) if (w == 0).any() else panel


def _matrix(given: npt.ArrayLike, panel: Panel) -> Floats:
    """(N, J) of floats, row by row in memory; copied only if it is not so already."""
    out = np.ascontiguousarray(given, dtype=np.float64)
    out = out[:, None] if out.ndim == 1 else out
    if len(out) != panel.rows:
        raise CannotEstimate(_("The columns are not equally long."))
    return out


def _vector(given: npt.ArrayLike, panel: Panel) -> Floats:
    return _matrix(given, panel)[:, 0]


def _finite(y: Floats, panel: Panel) -> Floats:
    """Outcomes with 0 on rows that are not used, so that holes there do no harm."""
    if panel.kept is not None:
        y = np.where(panel.kept[:, None], y, 0.0)
    if not np.isfinite(y).all():
        raise CannotEstimate(_("An outcome or its exposure is not a number."))
    return y
