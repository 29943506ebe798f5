"""How strict each shopper is (step 2): some see a failure where others see none, and that is not the location's doing."""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Floats, Places
from audit_app.effectiveness.rules.matrix import Matrix

ROUNDS = 30
OUTLYING = 2.0
"""Standard deviations of severity from which a shopper is named."""


@dataclass(frozen=True)
class Severity:
    """Effects of shoppers on the mean answer of a visit (positive: kinder), shrunk by their number of visits."""

    effect: Floats
    """(R,) by shopper number."""
    visits: Places
    """(R,)"""
    sd: float
    """Standard deviation among shoppers."""
    residual_sd: float
    """Standard deviation of one visit's mean around location and shopper."""


def severity(matrix: Matrix, location: Places, shopper: Places) -> Severity:
    """Crossed effects of locations and shoppers on the visit's mean residual, alternating; shoppers by empirical Bayes.

    A shopper's effect is shrunk by v / (v + s² / n): v the variance among shoppers, s² that of visits, n their visits.
    Shoppers below 0 are unknown and get no effect. Where shoppers and locations cannot be separated (every location has
    its own shopper) the effects come out as 0, and the location keeps what it had.
    """
    count = np.maximum(matrix.known.sum(1), 1)
    mean = matrix.z.sum(1) / count
    shoppers = int(shopper.max()) + 1 if shopper.size else 0
    at = np.where(shopper >= 0, shopper, shoppers)
    # Who came once cannot be compared with themselves elsewhere; the visit tells about the location.
    often = np.bincount(at, minlength=shoppers + 1) >= 2
    at = np.where(often[at], at, shoppers)
    locations = int(location.max()) + 1
    by_location = np.maximum(np.bincount(location, minlength=locations), 1)
    visits = np.bincount(at, minlength=shoppers + 1)
    by_shopper = np.maximum(visits, 1)
    free = len(mean) - np.count_nonzero(np.bincount(location)) - np.count_nonzero(visits[:shoppers])
    nothing = Severity(np.zeros(shoppers + 1), visits.astype(np.int32), 0.0, float(mean.std()))
    if shoppers < 2 or free < 10 or not _crossed(location, at, shoppers):
        return nothing
    effect = np.zeros(shoppers + 1)
    weight = np.where(np.arange(shoppers + 1) < shoppers, visits, 0).astype(np.float64)
    between = within = 0.0
    for _ in range(ROUNDS):
        level = np.bincount(location, mean - effect[at], minlength=locations) / by_location
        raw = np.bincount(at, mean - level[location], minlength=shoppers + 1) / by_shopper
        raw[shoppers] = 0.0
        rest = mean - level[location] - raw[at]
        within = float(rest @ rest) / free
        centre = float(np.average(raw, weights=weight))
        between = max(float(np.average((raw - centre) ** 2 - within / by_shopper, weights=weight)), 0.0)
        if between == 0.0:
            return nothing
        effect = (raw - centre) * between / (between + within / by_shopper)
        effect[shoppers] = 0.0
    return Severity(effect, visits.astype(np.int32), float(np.sqrt(between)), float(np.sqrt(within)))


def _crossed(location: Places, at: Places, shoppers: int) -> bool:
    """Whether most visits are by shoppers who have been at several locations: only then can the two be told apart."""
    pairs = np.unique(at.astype(np.int64) * (int(location.max()) + 1) + location)
    places = np.bincount(pairs // (int(location.max()) + 1), minlength=shoppers + 1)[:shoppers]
    visits = np.bincount(at, minlength=shoppers + 1)[:shoppers]
    return bool(visits.sum() > 0 and visits[places > 1].sum() > 0.5 * visits.sum())


def without_severity(matrix: Matrix, found: Severity, shopper: Places) -> Matrix:
    """The residuals with each shopper's severity taken out of what they said."""
    named = np.where(shopper >= 0, shopper, len(found.effect) - 1)
    return Matrix(np.where(matrix.known, matrix.z - found.effect[named][:, None], 0.0), matrix.known)
