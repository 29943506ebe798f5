"""A hidden cause that moves with the general mood of a location (step 7): its share is estimated and taken out.

If something unseen and changing (a good manager's spring) moved both outcome and compliance, it would bias all items
along one known direction: w = (l / psi) / (1 + sum l² / psi), the weights by which the items tell the common factor.
Most items do nothing, so a robust line through the origin of effects on w finds gamma; gamma w is taken out of every
effect. Confounder-adjusted testing (Wang, Zhao, Hastie and Owen 2017); Tukey's biweight.
"""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Floats

TUKEY = 4.685
"""95 % efficient where errors are normal."""
FEWEST = 8
"""Items below which "most do nothing" cannot carry a slope."""


@dataclass(frozen=True)
class Climate:
    """Effects and errors after the hidden cause is taken out, and the alarm."""

    estimate: Floats
    se: Floats
    gamma: float
    z: float | None
    """Gamma in its standard errors: beyond 2 a hidden common cause is likely. None: too few items to tell."""
    direction: Floats
    """(J,) w"""


def without_climate(estimate: Floats, se: Floats, loading: Floats, own: Floats) -> Climate:
    """Take out what a hidden common cause would do; all arguments by item (J,)."""
    direction = (loading / own) / (1 + (loading**2 / own).sum())
    x, y = direction / se, estimate / se
    telling = x > 0
    if telling.sum() < FEWEST:
        return Climate(estimate, se, 0.0, None, np.zeros_like(direction))
    gamma = float(np.median(y[telling] / x[telling]))
    spread, keep = 1.0, np.ones_like(x)
    for _ in range(100):
        rest = y - gamma * x
        spread = max(float(np.median(np.abs(rest))) / 0.6745, 1.0)
        far = rest / (TUKEY * spread)
        keep = np.where(np.abs(far) < 1, (1 - far**2) ** 2, 0.0)
        weight = float((keep * x * x).sum())
        if weight <= 0:
            return Climate(estimate, se, 0.0, None, np.zeros_like(direction))
        new = float((keep * x * y).sum()) / weight
        moved, gamma = abs(new - gamma), new
        if moved < 1e-10:
            break
    error = spread / float(np.sqrt((keep * x * x).sum()))
    return Climate(
        estimate - gamma * direction,
        np.sqrt(se**2 + (error * direction) ** 2),
        gamma,
        gamma / error,
        direction,
    )
