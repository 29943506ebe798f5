"""From numbers to a verdict on one item and one outcome (steps 10 and 11; contracts.md 6).

pays, harmful: q at most the false discovery rate, in the good or the bad direction.
no evidence:   otherwise, and only if the 90 % interval, calibration error included, lies inside ± the smallest effect
               (two one-sided tests at 5 %: Schuirmann 1987). What could have been found never decides.
not enough data: the rest, with the visits still needed.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.distributions import t_quantile, t_tail
from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg, benjamini_yekutieli

CALIBRATION = 0.7
"""Share of an effect's relative signal uncertainty that reaches its interval (measured on worlds)."""
POWER = 0.8
TOST = 0.90
MOST = 1000.0
"""Times the visits made so far beyond which more visits are no answer."""


@dataclass(frozen=True)
class Tests:
    """Of J items on one outcome, all finite: intervals, chances, power."""

    low: Floats
    high: Floats
    inner_low: Floats
    """Of the 90 % interval that decides "no evidence"."""
    inner_high: Floats
    p: Floats
    q: Floats
    mde: Floats
    """Effect found four times out of five: (t_.975 + t_.80) se."""


def tests(
    estimate: Floats,
    se: Floats,
    uncertainty: Floats,
    dof: int,
    *,
    level: float,
    strict: bool,
) -> Tests:
    """Intervals carry the calibration error: se² + (.7 b cv)²; p does not, for nothing is calibrated where b = 0."""
    wide = np.sqrt(se**2 + (CALIBRATION * estimate * uncertainty) ** 2)
    outer = t_quantile((1 + level) / 2, dof)
    inner = t_quantile((1 + TOST) / 2, dof)
    p = 2 * t_tail(np.abs(estimate / se), dof)
    q = (benjamini_yekutieli if strict else benjamini_hochberg)(p)
    return Tests(
        low=estimate - outer * wide,
        high=estimate + outer * wide,
        inner_low=estimate - inner * wide,
        inner_high=estimate + inner * wide,
        p=p,
        q=q,
        mde=(outer + t_quantile(POWER, dof)) * se,
    )


def verdict(
    estimate: float, q: float, inner_low: float, inner_high: float, *, good: int, smallest: float, fdr: float
) -> Verdict:
    """The verdict of one item on one outcome that could be tested."""
    if q <= fdr:
        return Verdict.PAYS if estimate * good > 0 else Verdict.HARMFUL
    if -smallest < inner_low and inner_high < smallest:
        return Verdict.NO_EVIDENCE
    return Verdict.NOT_ENOUGH


def visits_needed(visits: int, estimate: float, se: float, mde: float, *, smallest: float) -> int | None:
    """More visits in the network until the smallest effect could be settled; errors fall with the root of visits.

    visits × (mde / smallest)² in all. Where that many are made already and the verdict is still open, as many as bring
    the error down to what settles this estimate either way: it differs from nought, or lies inside ± the smallest.
    """
    if mde > smallest:
        times = (mde / smallest) ** 2
    else:
        enough = max((smallest - abs(estimate)) / 1.645, abs(estimate) / 1.96)
        times = max((se / enough) ** 2, 1.0) if enough > 0 else np.inf
    if times > MOST:
        return None
    return max(int(np.ceil(visits * (times - 1))), 1)


def simes(p: Floats) -> Floats:
    """(J,) one chance per item over its outcomes (J, O), NaN where not tested: min over k of m p_(k) / k (Simes 1986)."""
    ordered = np.sort(p, axis=1)  # NaN last
    tested = np.isfinite(ordered).sum(1)
    rank = np.arange(1, p.shape[1] + 1)
    with np.errstate(invalid="ignore"):
        each = ordered * tested[:, None] / rank[None, :]
    return np.where(tested > 0, np.nanmin(np.where(np.isfinite(each), each, np.inf), axis=1), np.nan)


def screened(p: Floats, fdr: float) -> Flags:
    """(J,) items that stand out over all outcomes together: BH of their Simes p (Benjamini and Bogomolov 2014)."""
    one = simes(p)
    out = np.zeros(len(one), dtype=bool)
    tested = np.isfinite(one)
    if tested.any():
        out[tested] = benjamini_hochberg(one[tested]) <= fdr
    return out
