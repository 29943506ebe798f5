"""Effects of the items on one outcome: location and region × week effects, controls, errors by location (5 and 6).

    log rate of location s in week t = a_s + g_rt + d' controls_st + Σ_j b_j path_sjt + e_st
Errors are jackknifed by location (CV3: MacKinnon, Nielsen and Webb 2023), exactly, with t on one less than the number
of locations.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.kernel import Errors, Fit, least_squares, poisson
from audit_app.effectiveness.rules.panel import Panel
from audit_app.effectiveness.rules.plan import Model
from audit_app.effectiveness.rules.weeks import Rows, precision


@dataclass(frozen=True)
class Effects:
    """Of J items on one outcome; NaN where an item cannot be told from the others."""

    estimate: Floats
    se: Floats
    without: Floats
    """(G, J) estimates without each location"""
    cluster_location: Floats
    """(G,) number of the location"""
    overlap: Floats
    """(J,) variance inflation: how much of the item's path the other columns follow; 1 is none"""
    kept: Flags
    dof: int
    n: int
    residual_sd: float
    control_t: dict[str, float]
    """t of each control"""
    fit: Fit
    columns: Floats
    """(N, J + C) what was fitted"""
    weights: Floats | None
    panel: Panel


def effects_of(paths: Floats, rows: Rows, errors: Errors = Errors.CV3) -> Effects:
    """Fit one outcome to compliance paths (S, W, J)."""
    items = paths.shape[2]
    at = paths[rows.location, rows.week]
    controls = rows.controls - rows.controls.mean(0) if rows.controls.size else rows.controls
    columns = np.ascontiguousarray(np.hstack([at, controls]))
    panel = Panel(rows.location, rows.period)
    weights: Floats | None = None
    if rows.model is Model.POISSON:
        # Re-estimating the weights for every location left out would change nothing that shows.
        short = Errors.SHORT if errors is Errors.CV3 else errors
        fit = poisson(panel, columns, rows.count, np.log(rows.exposure), errors=short)
        sd = float(np.std(fit.residuals))
    else:
        first = least_squares(panel, columns, rows.y, errors=Errors.NONE)[0]
        weights = precision(first.residuals, rows.information)
        fit = least_squares(panel, columns, rows.y, weights, errors)[0]
        sd = float(np.std(fit.residuals))
    kept = fit.kept[:items]
    nothing = np.where(kept, 0.0, np.nan)
    diagonal = np.diag(fit.bread)
    information = np.zeros(len(diagonal))
    if fit.kept.any():
        inner = np.linalg.inv(fit.bread[np.ix_(fit.kept, fit.kept)])
        information[fit.kept] = np.diag(inner)
    location = np.zeros(fit.clusters)
    inside = np.ones(len(rows.location), bool) if panel.kept is None else panel.kept
    location[fit.cluster[inside]] = rows.location[inside]
    with np.errstate(invalid="ignore", divide="ignore"):
        control_t = {
            name: float(fit.coef[items + c] / fit.se[items + c])
            for c, name in enumerate(rows.names)
            if fit.kept[items + c] and fit.se[items + c] > 0
        }
    return Effects(
        estimate=fit.coef[:items] + nothing,
        se=np.where(kept, fit.se[:items], np.nan),
        without=(fit.without[:, :items] if fit.without is not None else np.zeros((0, items))) + nothing,
        cluster_location=location,
        overlap=np.where(kept, (information * diagonal)[:items], np.nan),
        kept=kept,
        dof=fit.dof,
        n=fit.n,
        residual_sd=sd,
        control_t=control_t,
        fit=fit,
        columns=columns,
        weights=weights,
        panel=panel,
    )
