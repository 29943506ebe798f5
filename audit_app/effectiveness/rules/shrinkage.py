"""What an effect is likely to be, knowing all the others (step 9): an adaptive mixture of nothing and normals.

b_j ~ pi_0 δ_0 + Σ_k pi_k N(0, s_k²), weights by EM with a mild prior on nothing (Stephens 2017, "ash"). The posterior
mean ranks items and goes into prognosis and money; the local false sign rate is a second opinion beside q.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Floats
from audit_app.kit.later import later

special = later("scipy.special")


WIDTHS = 12
PRIOR = 3.0
"""Imaginary items without effect that are added to the mixture's first part."""


@dataclass(frozen=True)
class Shrunk:
    """Posterior of each item (J,)."""

    mean: Floats
    sd: Floats
    false_sign: Floats
    """Chance that the effect is nought or has the other sign."""
    nothing: float
    """Share of items estimated to do nothing."""


def shrink(estimate: Floats, se: Floats) -> Shrunk:
    """Posterior means of effects with these estimates and standard errors (finite, positive)."""
    typical = float(np.median(se))
    low = typical / 5
    high = 2 * float(np.sqrt(max(float(np.max(estimate**2 - se**2)), 0.1 * typical**2)))
    width = np.r_[0.0, np.geomspace(low, max(high, 2 * low), WIDTHS)]
    variance = se[:, None] ** 2 + width[None, :] ** 2
    log = -0.5 * (estimate[:, None] ** 2 / variance + np.log(variance))
    likelihood = np.exp(log - log.max(1, keepdims=True))
    share = np.full(len(width), 0.5 / WIDTHS)
    share[0] = 0.5
    prior = np.r_[PRIOR, np.zeros(WIDTHS)]
    for _ in range(500):
        belongs = likelihood * share
        belongs /= belongs.sum(1, keepdims=True)
        new = belongs.sum(0) + prior
        new /= new.sum()
        moved = float(np.abs(new - share).max())
        share = new
        if moved < 1e-7:
            break
    belongs = likelihood * share
    belongs /= belongs.sum(1, keepdims=True)
    keep = width[None, :] ** 2 / variance
    mean, spread = keep * estimate[:, None], keep * se[:, None] ** 2
    posterior = (belongs * mean).sum(1)
    second = (belongs * (spread + mean**2)).sum(1)
    below = (belongs[:, 1:] * special.ndtr(-mean[:, 1:] / np.sqrt(spread[:, 1:]))).sum(1)
    above = belongs[:, 1:].sum(1) - below
    return Shrunk(
        posterior,
        np.sqrt(np.maximum(second - posterior**2, 0)),
        np.clip(np.minimum(below, above) + belongs[:, 0], 0, 1),
        float(share[0]),
    )
