"""How what the items explain of an outcome falls on each of them: a description for who asks for it, never a verdict.

Taken from compliance paths and outcomes from which the study has already removed places, region-weeks and controls, and
the noise of single visits: on raw answers the shares would repeat the confounding the study is there to avoid. Up to
fifteen items by averaging over all orders of entry (LMG), beyond by Johnson's relative weights. The range is from drawing
places again with replacement.
"""

from typing import Any, Final

import numpy as np

from audit_app.effectiveness.rules.answers import Answer
from audit_app.effectiveness.rules.evidence import Evidence
from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.importance import lmg, relative_weights
from audit_app.effectiveness.rules.plan import Model

ALL_ORDERS: Final = 15
"""Items up to which all orders of entry are averaged."""
DRAWS: Final = 200
GROUPS: Final = 400
"""Places drawn one by one up to this number; with more, they are drawn in so many groups."""
Document = dict[str, Any]


def shares(study: Evidence) -> Document:
    """Per outcome: R² of the items together, the method, and share and range of each item."""
    found = {}
    for answer in study.family:
        one = shares_of(answer, study.facts.items, study.plan.seed)
        if one is not None:
            found[answer.outcome.name] = one
    return found


def shares_of(answer: Answer, items: tuple[str, ...], seed: int) -> Document | None:
    """The shares of one outcome; None where the items explain nothing."""
    values, group = residualised(answer)
    many = values.shape[1] - 1
    method = lmg if many <= ALL_ORDERS else None

    def parts(products: Floats) -> Floats | None:
        size = np.sqrt(np.diag(products))
        if not (size > 0).all():
            return None
        r = products / np.outer(size, size)
        found = method(r[:-1, :-1], r[:-1, -1])[0] if method else relative_weights(r[:-1, :-1], r[:-1, -1])
        return found if found.sum() > 0 else None

    count = int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    pieces = np.split(values[order], np.searchsorted(group[order], np.arange(1, count)))
    by_group = np.stack([piece.T @ piece for piece in pieces])
    told = parts(by_group.sum(0))
    if told is None:
        return None
    rng = np.random.default_rng(seed)
    drawn = [
        again / again.sum()
        for _draw in range(DRAWS)
        if (again := parts(np.tensordot(np.bincount(rng.integers(0, count, count), minlength=count), by_group, 1)))
        is not None
    ]  # fmt: skip
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0) if drawn else (told * np.nan, told * np.nan)
    return {
        "r2": float(told.sum()),
        "method": "lmg" if method else "johnson",
        "items": {
            items[int(j)]: [float(told[k] / told.sum()), *(_known(low[k]), _known(high[k]))]
            for k, j in enumerate(answer.items)
        },
    }


def residualised(answer: Answer) -> tuple[Floats, np.ndarray[Any, Any]]:
    """(N, K + 1) paths and, last, the outcome, without places, region-weeks and controls, each row times the root of its
    weight; and the group of places each row belongs to.

    Of a Poisson model this is the last round of its weighted least squares: the working outcome, weighted by the mean.
    """
    effects, rows = answer.effects, answer.rows
    many = len(answer.items)
    left = effects.fit.residuals
    weights = effects.weights
    if rows.model is Model.POISSON:
        weights = rows.count - left
        left = np.divide(left, weights, out=np.zeros_like(left), where=weights > 0)
    elif weights is None:
        weights = np.ones(len(left))
    inside = weights > 0
    if effects.panel.kept is not None:
        inside &= effects.panel.kept
    panel = effects.panel if inside.all() else effects.panel.only(inside)
    if panel.kept is not None:
        inside = panel.kept
    columns = panel.residuals(effects.columns, panel.sweep(panel.weights(weights)))
    values = np.column_stack([columns[:, :many], columns @ effects.fit.coef + left])[inside]
    root = np.sqrt(weights[inside])[:, None]
    values, controls = values * root, columns[inside, many:] * root
    if controls.shape[1]:
        values = values - controls @ np.linalg.lstsq(controls, values, rcond=None)[0]
    place = np.unique(rows.location[inside], return_inverse=True)[1]
    return values, place % GROUPS


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
