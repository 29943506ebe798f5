"""How far the study can be trusted: figures for its diagnostics page, and the warnings that follow from them."""

from typing import Any

import numpy as np

from audit_app.effectiveness.rules import doubts
from audit_app.effectiveness.rules.answers import Answer
from audit_app.effectiveness.rules.evidence import Evidence
from audit_app.effectiveness.rules.findings import Doubt, Estimate, Verdict
from audit_app.effectiveness.rules.plan import Model
from audit_app.effectiveness.rules.sensitivity import ALARM, LEAD_ALARM
from audit_app.effectiveness.rules.severity import OUTLYING
from audit_app.effectiveness.rules.weeks import FOOTFALL

MANY_VISITS = 5
"""Visits from which a shopper can be called strict or kind."""


def diagnose(study: Evidence) -> dict[str, Any]:
    """Plain JSON values: numbers, texts, lists and mappings of them; None where something was not computed."""
    facts = study.facts
    counts = np.bincount(facts.location, minlength=len(facts.locations))[study.seen]
    told = study.told
    return {
        "half_life": None if told is None else told.signal.half_life,
        "shopper_sd": None if told is None else told.severity.sd,
        "strict_shoppers": _outlying(study),
        "gamma_z": {a.outcome.name: a.climate.z for a in study.family},
        "n_locations": int(study.seen.sum()),
        "n_weeks": int(facts.weeks),
        "n_visits": len(facts.visits),
        "n_items": len(facts.items),
        "n_tested": int(max((len(a.items) for a in study.family), default=0)),
        "visits_per_location": float(np.median(counts)),
        "missing_weeks": missing_weeks(study),
        "thorough": study.plan.thorough,
        "level": study.plan.level,
        "false_discovery": study.plan.false_discovery,
        "family": "Benjamini-Yekutieli" if study.plan.strict else "Benjamini-Hochberg",
        "outcomes": {a.outcome.name: _figures(a) for a in study.family},
        "placebo": {
            a.outcome.name: {"found": _found(study, a), "tested": len(a.items)}
            for a in study.answers
            if a.outcome.placebo
        },
        "leads": {
            a.outcome.name: {"index_z": a.leads.index_z, "mean_z": a.leads.mean_z}
            for a in study.family
            if a.leads is not None
        },
    }


def _figures(answer: Answer) -> dict[str, Any]:
    """Of one outcome."""
    strongest = {
        name: float(t * t / (t * t + answer.effects.dof)) for name, t in answer.effects.control_t.items()
    }
    return {
        "model": str(answer.rows.model),
        "good": answer.outcome.good,
        "smallest": answer.outcome.smallest,
        "location_weeks": answer.effects.n,
        "locations": answer.effects.fit.clusters,
        "dof": answer.dof,
        "residual_sd": answer.effects.residual_sd,
        "zeros": answer.rows.zeros,
        "gamma": answer.climate.gamma,
        "median_mde80": float(np.median(answer.tests.mde)),
        "share_without_effect": answer.shrunk.nothing,
        "largest_overlap": float(np.nanmax(answer.effects.overlap)),
        "controls": answer.effects.control_t,
        "control_strength": strongest,
    }


def missing_weeks(study: Evidence) -> float:
    """Share of weeks without numbers between each visited location's first and last week with numbers."""
    covered = study.facts.days_covered[study.seen] > 0
    some = covered.any(1)
    if not some.any():
        return 1.0
    covered = covered[some]
    first, last = covered.argmax(1), covered.shape[1] - 1 - covered[:, ::-1].argmax(1)
    return float(1 - covered.sum() / (last - first + 1).sum())


def _outlying(study: Evidence) -> list[dict[str, float]]:
    """Shoppers beyond two standard deviations of severity, by their number; positive effects are kind."""
    if study.told is None or study.told.severity.sd == 0:
        return []
    found = study.told.severity
    return [
        {"shopper": int(k), "effect": float(found.effect[k]), "visits": int(found.visits[k])}
        for k in np.flatnonzero(
            (np.abs(found.effect[:-1]) > OUTLYING * found.sd) & (found.visits[:-1] >= MANY_VISITS)
        )
    ]


def _found(study: Evidence, answer: Answer) -> int:
    """Items that seem to change an outcome."""
    return int((answer.tests.q <= study.plan.false_discovery).sum())


def doubts_about(study: Evidence, estimates: list[Estimate]) -> list[Doubt]:
    """The warnings, the serious ones first."""
    facts = study.facts
    found: list[Doubt] = []
    locations = int(study.seen.sum())
    if locations < doubts.FEW_LOCATIONS:
        found.append(doubts.small_network(locations))
    if facts.weeks < doubts.FEW_WEEKS:
        found.append(doubts.short_period(facts.weeks))
    visits = float(np.median(np.bincount(facts.location, minlength=len(facts.locations))[study.seen]))
    if visits < doubts.FEW_VISITS:
        found.append(doubts.seldom_visited(visits))
    footfall = FOOTFALL in facts.measures and bool(np.isfinite(facts.measures[FOOTFALL]).any())
    if not footfall:
        found.append(doubts.NO_FOOTFALL)
    if len(set(facts.regions)) < 2 and not any(facts.regions):
        found.append(doubts.NO_REGIONS)
    missing = missing_weeks(study)
    if missing > doubts.GAPS:
        found.append(doubts.gaps(missing))
    if study.told is not None:
        silent = int((~study.told.signal.believed).sum())
        if silent:
            found.append(doubts.no_signal(silent))
        outlying = _outlying(study)
        if outlying:
            found.append(doubts.uneven_shoppers(len(outlying)))
    for answer in study.answers:
        found += _about_outcome(study, answer, footfall)
    leaning = {
        (int(j), answer.outcome.name)
        for answer in study.family
        for j, decides in zip(answer.items, answer.alone.decides, strict=True)
        if decides
    }
    number = {item: j for j, item in enumerate(facts.items)}
    alone = sum(
        e.verdict in {Verdict.PAYS, Verdict.HARMFUL} and (number[e.item], e.outcome) in leaning
        for e in estimates
    )
    if alone:
        found.append(doubts.leans_on_one(alone))
    return sorted(found, key=lambda doubt: not doubt.serious)


def _about_outcome(study: Evidence, answer: Answer, footfall: bool) -> list[Doubt]:
    outcome, found = answer.outcome, []
    if outcome.placebo:
        hits = _found(study, answer)
        # With many items one in twenty families has a chance finding; two are no chance.
        if hits > 1 or (answer.climate.z is not None and abs(answer.climate.z) > 2 * ALARM):
            found.append(doubts.placebo_found(outcome.name, hits, controlled=outcome.name == FOOTFALL))
        return found
    missing = int(study.seen.sum()) - len(np.unique(answer.rows.location))
    if missing:
        found.append(doubts.without_numbers(outcome.name, missing))
    if answer.climate.z is not None and abs(answer.climate.z) > ALARM:
        found.append(doubts.hidden_cause(outcome.name, answer.climate.z))
    if answer.leads is not None and max(abs(answer.leads.index_z), abs(answer.leads.mean_z)) > LEAD_ALARM:
        found.append(doubts.leads_found(outcome.name))
    if answer.rows.model is Model.POISSON and outcome.model is Model.LOG_RATE:
        found.append(doubts.counted_instead(outcome.name, answer.rows.zeros))
    invited = study.facts.measures.get("survey_invited")
    if outcome.model is Model.MEAN and invited is not None:
        there = invited[answer.rows.location, answer.rows.week]
        rate = float(answer.rows.exposure.sum() / max(float(np.nansum(there)), 1.0))
        if rate < doubts.LOW_RESPONSE:
            found.append(doubts.few_answer_surveys(outcome.name, rate))
    return found
