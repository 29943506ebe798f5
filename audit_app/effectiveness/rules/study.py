"""The whole study: facts and plan in, findings out. Each step stands in the module of its name; here is their order.

Nothing is drawn at random except the groups of a thorough study, and those by the plan's seed and the locations' codes:
the same facts, plan and code give the same digits.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from audit_app.effectiveness.rules import doubts, reasons
from audit_app.effectiveness.rules.answers import Answer, Numbers, answer_of, with_errors
from audit_app.effectiveness.rules.conclusions import conclude
from audit_app.effectiveness.rules.core import Core, core, visited
from audit_app.effectiveness.rules.evidence import Evidence
from audit_app.effectiveness.rules.facts import Facts, Flags, Places
from audit_app.effectiveness.rules.findings import Doubt, Findings, Reason
from audit_app.effectiveness.rules.matrix import Variation, residuals, twins, variation
from audit_app.effectiveness.rules.measures import with_surveys
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.effectiveness.rules.plan import Outcome, Plan
from audit_app.effectiveness.rules.thorough import jackknifed
from audit_app.effectiveness.rules.weeks import FOOTFALL, companies, rows_of
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

Tell = Callable[[float, str], None]
LEAST_LOCATIONS = 5
LEAST_WEEKS = 8
FOOTFALL_TEST = Outcome(FOOTFALL, FOOTFALL, "days", placebo=True)
"""Items cannot change how many people come in that week: what seems to is a warning."""


class CannotStudy(BadInput):
    """There is too little to study."""

    code = "cannot_study"


def silence(share: float, stage: str) -> None:
    """Tell nobody."""


def run(facts: Facts, plan: Plan, tell: Tell = silence) -> Findings:
    """Study the items of a standard. `tell` hears the share done and the stage; what it raises ends the study."""
    findings = conclude(evidence(facts, plan, tell))
    tell(1.0, "done")
    return findings


def evidence(facts: Facts, plan: Plan, tell: Tell = silence) -> Evidence:
    """Everything that is worked out before it is put into verdicts."""
    tell(0.0, "answers")
    facts = replace(facts, measures=with_surveys(facts.measures))
    week = (facts.day // 7).astype(np.int32)
    seen = _comparable(facts)
    about = variation(facts)
    company = companies(facts.regions)
    usable, why = _testable(facts, about, week)
    told: Core | None = None
    if len(usable):
        tell(0.05, "paths")
        told = core(facts.ratio[:, usable], facts.location, week, facts.shopper, company, facts.weeks)
        for j in usable[~told.signal.believed]:
            why.setdefault(int(j), reasons.NO_SIGNAL)
    share = 0.2 if plan.thorough else 0.95
    answers, found = _answers(
        facts, plan, seen, told, usable, lambda done, stage: tell(0.1 + (share - 0.1) * done, stage)
    )
    if plan.thorough and answers:
        errors, dof = jackknifed(
            facts, plan, usable, seen, answers, lambda done: tell(share + (0.95 - share) * done, "thorough")
        )
        answers = [with_errors(answer, se, dof, plan) for answer, se in zip(answers, errors, strict=True)]
    tell(0.95, "verdicts")
    return Evidence(facts, plan, seen, about, usable, told, tuple(answers), why, tuple(found))


def _comparable(facts: Facts) -> Flags:
    """(S,) locations that can be compared with themselves; refuses where there is too little of anything."""
    if not facts.items:
        raise CannotStudy(_("There are no items to study."))
    if facts.weeks < LEAST_WEEKS:
        raise CannotStudy(
            _("Weeks in the period: only %(weeks)s. A study needs at least %(least)s."),
            weeks=facts.weeks,
            least=LEAST_WEEKS,
        )
    seen = visited(facts.location, facts.ratio, len(facts.locations))
    if seen.sum() < LEAST_LOCATIONS:
        raise CannotStudy(
            _(
                "Locations with two visits or more: only %(count)s. A study compares at least %(least)s with themselves."
            ),
            count=int(seen.sum()),
            least=LEAST_LOCATIONS,
        )
    return seen


def _testable(facts: Facts, about: Variation, week: Places) -> tuple[Numbers, dict[int, Reason]]:
    """Items whose paths are drawn, and why others (or some of these) cannot be tested, by number.

    Of items that are always answered alike one is kept, so that the others are not blamed for what it does; but no
    verdict is given on any of them.
    """
    why = {
        int(j): reasons.few_answers(int(about.answered[j])) if about.answered[j] else reasons.NEVER
        for j in np.flatnonzero(about.unanswered)
    }
    varying = np.flatnonzero(~about.unanswered & ~about.constant)
    doubled: set[int] = set()
    if len(varying):
        for first, later in twins(
            residuals(facts.ratio[:, varying], week, facts.location, np.zeros(len(facts.locations), np.int32))
        ):
            a, b = int(varying[first]), int(varying[later])
            why.setdefault(a, reasons.twin(facts.items[b]))
            why[b] = reasons.twin(facts.items[a])
            doubled.add(b)
    return np.array([j for j in varying if int(j) not in doubled], dtype=np.intp), why


def _answers(
    facts: Facts, plan: Plan, seen: Flags, told: Core | None, usable: Numbers, tell: Tell
) -> tuple[list[Answer], list[Doubt]]:
    """Every outcome that can be studied, the footfall test among them, and what had to be left out."""
    outcomes = [*plan.outcomes]
    if FOOTFALL in facts.measures and all(outcome.name != FOOTFALL for outcome in outcomes):
        outcomes.append(FOOTFALL_TEST)
    answers: list[Answer] = []
    found: list[Doubt] = []
    possible = False
    for number, outcome in enumerate(outcomes):
        tell(number / len(outcomes), outcome.name)
        rows = rows_of(facts, outcome, seen, plan.covariates)
        if rows is None or len(np.unique(rows.location)) < LEAST_LOCATIONS:
            if not outcome.placebo:
                found.append(doubts.left_out(outcome.name))
            continue
        possible = possible or not outcome.placebo
        if told is None or not told.signal.believed.any():
            continue
        try:
            answers.append(answer_of(facts, plan, outcome, told, usable, rows))
        except CannotEstimate:
            if not outcome.placebo:
                found.append(doubts.not_estimated(outcome.name))
    if not possible:
        raise CannotStudy(
            _("None of the outcomes has numbers for at least %(least)s locations with visits."),
            least=LEAST_LOCATIONS,
        )
    return answers, found
