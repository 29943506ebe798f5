"""What follows from the numbers: verdicts, decisions, warnings, and the figures of the diagnostics page."""

from typing import Any

import numpy as np

from audit_app.effectiveness.rules import reasons
from audit_app.effectiveness.rules.answers import Answer
from audit_app.effectiveness.rules.decisions import decide
from audit_app.effectiveness.rules.diagnosis import diagnose, doubts_about
from audit_app.effectiveness.rules.evidence import Evidence
from audit_app.effectiveness.rules.facts import Flags, Floats
from audit_app.effectiveness.rules.findings import Estimate, Findings, ItemFinding, Verdict
from audit_app.effectiveness.rules.plan import Outcome
from audit_app.effectiveness.rules.sensitivity import OVERLAP
from audit_app.effectiveness.rules.verdicts import screened, verdict, visits_needed


def conclude(study: Evidence) -> Findings:
    """The findings of a study."""
    facts, plan = study.facts, study.plan
    by_name = {answer.outcome.name: answer for answer in study.family}
    estimates: list[Estimate] = []
    items: list[ItemFinding] = []
    stands = _screen(study)
    left_out = {str(doubt.text.values.get("outcome")) for doubt in study.found if doubt.code == "left_out"}
    for j, item in enumerate(facts.items):
        mine = []
        for outcome in plan.outcomes:
            if outcome.placebo or outcome.name in left_out:
                continue
            mine.append(_estimate(study, by_name.get(outcome.name), outcome, j))
        estimates += mine
        decision, reason = decide(
            mine,
            len(facts.visits),
            kept=item in plan.kept,
            disagreement=item in plan.disagreement,
            why_not=study.why.get(j),
        )
        signal, noise = _variances(study, j)
        items.append(
            ItemFinding(
                item=item,
                decision=decision,
                reason=reason,
                answered=int(study.about.answered[j]),
                mean=_number(study.about.mean[j]),
                rare=_number(study.about.rare[j]),
                signal=signal,
                noise=noise,
                reliability=None if signal is None or noise is None else signal / (signal + noise),
                flags=_flags(study, j, mine, stands),
            )
        )
    return Findings(
        tuple(estimates), tuple(items), diagnose(study), (*study.found, *doubts_about(study, estimates))
    )


def _number(value: Any) -> float | None:
    """A plain number, or None for what was not computed."""
    return float(value) if np.isfinite(value) else None


def _estimate(study: Evidence, answer: Answer | None, outcome: Outcome, j: int) -> Estimate:
    """One row of the result."""
    facts, plan = study.facts, study.plan
    naive = naive_p = None
    if answer is not None:
        naive, naive_p = _number(answer.naive.slope[j]), _number(answer.naive.p[j])
    why = study.why.get(j)
    if study.about.constant[j]:
        label, why = (
            Verdict.NO_VARIATION,
            reasons.constant(int(study.about.answered[j]), float(study.about.rare[j])),
        )
    else:
        label = Verdict.NOT_ENOUGH
    at = np.flatnonzero(answer.items == j) if answer is not None else np.zeros(0, np.intp)
    if answer is None or why is not None or not len(at):
        return Estimate(
            facts.items[j], outcome.name, None, None, None, None, None, None, None, None, None,
            label, why or reasons.NOT_SEPARATE, naive, naive_p,
        )  # fmt: skip
    k = int(at[0])
    tests = answer.tests
    b, se, mde = float(answer.estimate[k]), float(answer.se[k]), float(tests.mde[k])
    inner = float(tests.inner_low[k]), float(tests.inner_high[k])
    low, high = float(tests.low[k]), float(tests.high[k])
    label = verdict(
        b, float(tests.q[k]), *inner, good=outcome.good, smallest=outcome.smallest, fdr=plan.false_discovery
    )
    needed = None
    if label is Verdict.NOT_ENOUGH:
        needed = visits_needed(len(facts.visits), b, se, mde, smallest=outcome.smallest)
        reason = reasons.of_doubt(outcome, low, high, needed, len(facts.visits))
    elif label is Verdict.NO_EVIDENCE:
        reason = reasons.of_nothing(outcome, *inner)
    else:
        reason = reasons.of_effect(outcome, b, low, high)
    return Estimate(
        item=facts.items[j],
        outcome=outcome.name,
        estimate=b,
        se=se,
        ci_low=low,
        ci_high=high,
        p=float(tests.p[k]),
        q=float(tests.q[k]),
        mde80=mde,
        shrunk=float(answer.shrunk.mean[k]),
        visits_needed=needed,
        verdict=label,
        reason=reason,
        naive=naive,
        naive_p=naive_p,
        robustness=float(answer.robustness[k]),
    )


def _screen(study: Evidence) -> Flags:
    """(J,) items that stand out over all outcomes of the family together."""
    p: Floats = np.full((len(study.facts.items), max(len(study.family), 1)), np.nan)
    for column, answer in enumerate(study.family):
        tested = np.array([int(j) not in study.why for j in answer.items], dtype=bool)
        p[answer.items[tested], column] = answer.tests.p[tested]
    return screened(p, study.plan.false_discovery)


def _variances(study: Evidence, j: int) -> tuple[float | None, float | None]:
    """Signal and noise variance of an item, or None where no path was drawn."""
    at = np.flatnonzero(study.usable == j)
    if study.told is None or not len(at):
        return None, None
    signal, k = study.told.signal, int(at[0])
    if not signal.believed[k]:
        return 0.0, float(signal.noise_loading[k] ** 2 + signal.noise_own[k])
    return (
        float(signal.loading[k] ** 2 + signal.own[k]),
        float(signal.noise_loading[k] ** 2 + signal.noise_own[k]),
    )


def _flags(study: Evidence, j: int, mine: list[Estimate], stands: Flags) -> tuple[str, ...]:
    """Warnings of one item: twin, no_signal, collinear, leads, one_location, screen."""
    flags = []
    if study.why.get(j) is not None:
        flags.append("no_signal" if study.why[j] is reasons.NO_SIGNAL else "untestable")
    found = {e.outcome for e in mine if e.verdict in {Verdict.PAYS, Verdict.HARMFUL}}
    for answer in study.family:
        at = np.flatnonzero(answer.items == j)
        if not len(at):
            continue
        k = int(at[0])
        if answer.effects.overlap[k] > OVERLAP:
            flags.append("collinear")
        if answer.outcome.name not in found:
            continue
        if answer.alone.decides[k]:
            flags.append("one_location")
        if answer.leads is not None and answer.leads.q[k] <= study.plan.false_discovery:
            flags.append("leads")
    if found and not stands[j]:
        flags.append("screen")
    return tuple(dict.fromkeys(flags))
