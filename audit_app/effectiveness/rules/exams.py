"""How good an exam's questions are: classical item analysis of takers x questions, each right (1) or wrong (0)."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.kit.i18n import _


@dataclass(frozen=True)
class ItemAnalysis:
    """None where a number is not defined: a question everybody gets right discriminates nothing."""

    difficulty: tuple[float, ...]
    """Share of right answers."""
    discrimination: tuple[float | None, ...]
    """Correlation with the score on the other questions (corrected point-biserial)."""
    kr20: float | None
    sem: float | None
    """Standard error of measurement, in points."""


def analyse(matrix: Floats) -> ItemAnalysis:
    """KR-20 (Kuder and Richardson 1937) with the variance of the population, as alpha is; SEM = s sqrt(1 - KR-20)."""
    m = np.asarray(matrix, dtype=np.float64)
    if m.ndim != 2 or m.shape[0] < 2 or m.shape[1] < 1:
        raise CannotEstimate(_("At least two takers and one question are needed."))
    if not np.isin(m, (0, 1)).all():
        raise CannotEstimate(_("Each answer is 1 (right) or 0 (wrong)."))
    total, p = m.sum(1), m.mean(0)
    k = m.shape[1]
    s2 = float(total.var())
    kr20 = None
    if k > 1 and s2 > 0:
        kr20 = k / (k - 1) * (1 - float((p * (1 - p)).sum()) / s2)
    return ItemAnalysis(
        difficulty=tuple(float(one) for one in p),
        discrimination=tuple(_correlation(m[:, j], total - m[:, j]) for j in range(k)),
        kr20=kr20,
        sem=None if kr20 is None else sqrt(s2) * sqrt(max(1 - kr20, 0.0)),
    )


def _correlation(a: Floats, b: Floats) -> float | None:
    """Pearson's; None where one of them never changes."""
    a, b = a - a.mean(), b - b.mean()
    below = float((a @ a) * (b @ b))
    return None if below <= 1e-20 * len(a) ** 2 else float(a @ b) / sqrt(below)
