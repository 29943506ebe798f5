"""False discovery rate: how many of the findings may be chance."""

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Floats


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """q of each p: the least false discovery rate at which it is found. Benjamini and Hochberg (1995)."""
    given = np.asarray(p, dtype=np.float64)
    count = len(given)
    order = np.argsort(given, kind="stable")
    steps = given[order] * count / np.arange(1, count + 1)
    q = np.empty(count)
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q


def benjamini_yekutieli(p: npt.ArrayLike) -> Floats:
    """The same for any dependence between the tests. Benjamini and Yekutieli (2001)."""
    given = np.asarray(p, dtype=np.float64)
    harmonic = float((1 / np.arange(1, len(given) + 1)).sum())
    return np.minimum(benjamini_hochberg(given) * harmonic, 1.0)
