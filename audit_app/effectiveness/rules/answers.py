"""One outcome studied: its rows, its effects with and without the climate, its tests, and attempts to break them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.climate import Climate, without_climate
from audit_app.effectiveness.rules.core import Core
from audit_app.effectiveness.rules.effects import Effects, effects_of
from audit_app.effectiveness.rules.facts import Facts, Flags, Floats
from audit_app.effectiveness.rules.naive import Naive, correlate
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.effectiveness.rules.plan import Outcome, Plan
from audit_app.effectiveness.rules.sensitivity import Alone, Leads, leads, leaning, robustness_values
from audit_app.effectiveness.rules.shrinkage import Shrunk, shrink
from audit_app.effectiveness.rules.verdicts import Tests, tests
from audit_app.effectiveness.rules.weeks import Rows
from audit_app.kit.i18n import _

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Answer:
    """What was found about one outcome. Arrays run over the K items in `items` unless they say otherwise."""

    outcome: Outcome
    rows: Rows
    items: Numbers
    """(K,) numbers of the items, among all of the facts"""
    chosen: Flags
    """(U,) which of the items with a path these are"""
    estimate: Floats
    se: Floats
    dof: int
    climate: Climate
    effects: Effects
    tests: Tests
    shrunk: Shrunk
    robustness: Floats
    alone: Alone
    leads: Leads | None
    naive: Naive
    """All J items of the facts"""


def answer_of(facts: Facts, plan: Plan, outcome: Outcome, told: Core, usable: Numbers, rows: Rows) -> Answer:
    """Study one outcome; raises CannotEstimate where no item moves by itself or too little is there to compare."""
    chosen = told.signal.believed.copy()
    effects = effects_of(told.paths[:, :, chosen], rows)
    separate = effects.kept & np.isfinite(effects.se) & (effects.se > 0)
    if not separate.any():
        raise CannotEstimate(_("No item moves by itself."))
    if not separate.all():
        chosen[np.flatnonzero(chosen)[~separate]] = False
        effects = effects_of(told.paths[:, :, chosen], rows)
    signal = told.signal
    climate = without_climate(effects.estimate, effects.se, signal.loading[chosen], signal.own[chosen])
    sharp = 1 - 2 * plan.misread
    estimate, se = sharp * climate.estimate, sharp * climate.se
    shrunk = shrink(estimate, se)
    return Answer(
        outcome=outcome,
        rows=rows,
        items=usable[chosen],
        chosen=chosen,
        estimate=estimate,
        se=se,
        dof=effects.dof,
        climate=climate,
        effects=effects,
        tests=tests(
            estimate,
            se,
            signal.uncertainty[chosen],
            effects.dof,
            level=plan.level,
            strict=plan.strict,
        ),
        shrunk=shrunk,
        robustness=robustness_values(estimate / se, effects.dof),
        alone=leaning(effects),
        leads=None if outcome.placebo else leads(told.paths[:, :, chosen], rows, effects, shrunk.mean),
        naive=correlate(facts, rows),
    )


def with_errors(answer: Answer, se: Floats, dof: int, plan: Plan) -> Answer:
    """The answer with the standard errors of a thorough study, which hold the calibration's uncertainty already."""
    return replace(
        answer,
        se=se,
        dof=dof,
        tests=tests(answer.estimate, se, np.zeros_like(se), dof, level=plan.level, strict=plan.strict),
        shrunk=shrink(answer.estimate, se),
        robustness=robustness_values(answer.estimate / se, dof),
    )
