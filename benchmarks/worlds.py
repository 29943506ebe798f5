"""How good the study is, in worlds whose truth is known: coverage, false discoveries, power, wrong verdicts.

    python -m benchmarks.worlds --tools DIR [--reference DIR] [--worlds medium,null] [--seeds 9000] [--runs 20]

DIR holds `simulate_worlds.py`, the simulator (or set AUDIT_WORLDS to it); the reference implementation is compared when its folder is given.
Without a simulator nothing is measured and nothing fails. Each line is a mean over worlds; beside ours stand what people
usually do (Pearson per item; least squares of all items without location effects) and the reference, on the same worlds.
Seeds from 9000 on were never used for tuning.
"""

import argparse
import importlib
import os
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from scipy import stats

from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg
from audit_app.effectiveness.rules.naive import correlate
from audit_app.effectiveness.rules.plan import USUAL, Outcome, Plan
from audit_app.effectiveness.rules.study import run
from audit_app.effectiveness.rules.weeks import Rows, rows_of

WORLDS: dict[str, dict[str, Any]] = {
    "medium": {},
    "sparse": {"visits_per_month": 1.0},
    "strong_conf": {"confounding": 2.0},
    "correlated": {"climate": 0.8},
    "fast": {"half_life": 5.0},
    "slow": {"half_life": 30.0},
    "regimes": {"regimes": 1},
    "feedback": {"feedback": 0.3},
    "correlated_tv": {"climate": 0.8, "tv_confounding": 1.0},
    "hard_tv": {"tv_confounding": 1.0},
    "null": {"effect": 0.0},
    "small": {"n_locations": 40, "n_weeks": 52},
    "large": {"n_locations": 800},
}
MEASURES = {
    "visitors": "visitors",
    "transactions": "trx",
    "revenue": "revenue",
    "complaints": "complaints",
    "repeat_customers": "repeat",
}
COLUMNS = (
    "cover", "fdr", "any", "power", "power3", "wrong sign", "no evid.", "wrong n.e.", "not enough", "rank", "slope", "mde",
)  # fmt: skip


@dataclass
class Said:
    """What a method says about every item of a world."""

    estimate: Any
    low: Any
    high: Any
    q: Any
    mde: Any = None
    nothing: Any = None
    """Where it says "no evidence"."""
    names: dict[str, Any] = field(default_factory=dict)


def facts_of(world: dict[str, Any], weekly: dict[str, Any]) -> Facts:
    """The study's view of a simulated world."""
    places = world["S"]
    return Facts(
        locations=tuple(f"L{s + 1:04d}" for s in range(places)),
        regions=tuple(f"R{r + 1}" for r in world["region"]),
        formats=tuple("ABC"[f] for f in world["fmt"]),
        items=tuple(f"IT{j + 1:03d}" for j in range(world["J"])),
        first_day=date(2024, 1, 1),
        weeks=world["W"],
        visits=tuple(f"V{v + 1:06d}" for v in range(len(world["vl"]))),
        location=world["vl"].astype(np.int32),
        day=world["vd"].astype(np.int32),
        shopper=world["shopper"].astype(np.int32),
        version=world["version"].astype(np.int32),
        ratio=world["x"].astype(np.float32),
        on_list=world["onlist"],
        measures={name: weekly[key].astype(np.float64) for name, key in MEASURES.items()},
        days_covered=np.full((places, world["W"]), 7, dtype=np.int32),
    )


def judged(said: Said, truth: Any, smallest: float) -> dict[str, float]:
    """The figures of one method in one world."""
    told = np.isfinite(said.estimate)
    found, real = (said.q <= 0.05) & told, truth != 0
    large = np.abs(truth) >= smallest
    nothing = np.zeros(len(truth), bool) if said.nothing is None else said.nothing & ~found
    some = real.any() and told.sum() > 2
    return {
        "cover": float(np.mean(((said.low <= truth) & (truth <= said.high))[told])) if told.any() else np.nan,
        "fdr": float((found & ~real).sum() / max(found.sum(), 1)),
        "any": float(found.any()),
        "power": float((found & real).sum() / real.sum()) if some else np.nan,
        "power3": float((found & large).sum() / large.sum()) if large.any() else np.nan,
        "wrong sign": float((found & real & (said.estimate * truth < 0)).sum()),
        "no evid.": float(nothing.sum()),
        "wrong n.e.": float((nothing & large).sum()),
        "not enough": float(np.mean(~found & ~nothing)),
        "rank": float(stats.spearmanr(said.estimate[told], truth[told])[0]) if some else np.nan,
        "slope": float(np.polyfit(truth[told], said.estimate[told], 1)[0]) if some else np.nan,
        "mde": np.nan if said.mde is None else float(np.nanmedian(said.mde)),
    }


def ours(facts: Facts, outcome: Outcome, thorough: bool) -> tuple[Said, float]:
    """Our study, and its processor time."""
    began = time.process_time()
    findings = run(facts, Plan(outcomes=(outcome,), thorough=thorough))
    spent = time.process_time() - began
    rows = [e for e in findings.estimates if e.outcome == outcome.name]

    def column(name: str) -> Any:
        return np.array([np.nan if getattr(e, name) is None else getattr(e, name) for e in rows])

    return Said(
        column("estimate"),
        column("ci_low"),
        column("ci_high"),
        np.nan_to_num(column("q"), nan=1.0),
        column("mde80"),
        np.array([e.verdict is Verdict.NO_EVIDENCE for e in rows]),
    ), spent


def pearson(facts: Facts, rows: Rows) -> Said:
    """Correlate each item with the week's result over visits."""
    found = correlate(facts, rows)
    half = 1.96 * found.se
    return Said(
        found.slope,
        found.slope - half,
        found.slope + half,
        benjamini_hochberg(np.nan_to_num(found.p, nan=1.0)),
        2.8 * found.se,
    )


def plain(facts: Facts, rows: Rows) -> Said:
    """Least squares of the week's result on all items of the visit, no location effects, classical errors."""
    table = np.full((len(facts.locations), facts.weeks), np.nan)
    table[rows.location, rows.week] = rows.y
    y = table[facts.location, np.minimum(facts.day // 7, facts.weeks - 1)]
    there = np.isfinite(y)
    x = facts.ratio[there].astype(np.float64)
    mean = np.nanmean(x, axis=0)
    design = np.column_stack([np.ones(len(x)), np.where(np.isnan(x), mean, x)])
    inverse = np.linalg.pinv(design.T @ design)
    b = inverse @ (design.T @ y[there])
    rest = y[there] - design @ b
    free = len(x) - design.shape[1]
    se = np.sqrt(np.diag(inverse) * (rest @ rest) / free)[1:]
    b = b[1:]
    p = 2 * stats.t.sf(np.abs(b / se), free)
    return Said(b, b - 1.96 * se, b + 1.96 * se, benjamini_hochberg(p), 2.8 * se)


def reference(
    module: Any, world: dict[str, Any], weekly: dict[str, Any], outcome: Outcome
) -> tuple[Said, Said]:
    """The reference on the same world: with the right rule for "no evidence", and with its own."""
    paths, info = module.compliance(world, "factor")
    b, se, dof = module.fit(world, weekly, paths, outcome.name, cr3=True)
    b, se, _gamma, _z = module.climate_adjust(b, se, info["load"], info["psi"])
    wide = np.sqrt(se**2 + (0.7 * b * info["cv"]) ** 2)
    outer, inner = stats.t.ppf([0.975, 0.95], dof)
    mde = (outer + stats.t.ppf(0.8, dof)) * se
    q = benjamini_hochberg(2 * stats.t.sf(np.abs(b / se), dof))
    low, high = b - outer * wide, b + outer * wide
    right = (b - inner * wide > -outcome.smallest) & (b + inner * wide < outcome.smallest)
    return Said(b, low, high, q, mde, right), Said(b, low, high, q, mde, mde <= outcome.smallest)


def measured(
    simulator: Any, module: Any, name: str, seeds: range, outcome: Outcome, number: int, thorough: bool
) -> tuple[dict[str, list[dict[str, float]]], float]:
    """All methods on all seeds of one world, and our mean processor time."""
    table: dict[str, list[dict[str, float]]] = {}
    spent = 0.0
    for seed in seeds:
        world = simulator.simulate(seed=seed, **WORLDS[name])
        weekly = simulator.weekly(world)
        facts = facts_of(world, weekly)
        truth = world["beta"][:, number]
        rows = rows_of(facts, outcome, np.ones(len(facts.locations), bool))
        assert rows is not None
        mine, seconds = ours(facts, outcome, thorough)
        spent += seconds
        said = {"Pearson": pearson(facts, rows), "plain OLS": plain(facts, rows), "ours": mine}
        if module is not None:
            said["reference"], said["reference, its rule"] = reference(module, world, weekly, outcome)
        for method, answer in said.items():
            table.setdefault(method, []).append(judged(answer, truth, outcome.smallest))
    return table, spent / max(len(seeds), 1)


def show(name: str, table: dict[str, list[dict[str, float]]], spent: float) -> None:
    """One block of lines."""
    runs = len(next(iter(table.values())))
    print(f"\n{name} ({runs} worlds; our processor time {spent:.2f} s each)")
    print(f"{'':22}" + "".join(f"{column:>11}" for column in COLUMNS))
    for method, figures in table.items():
        means = []
        for column in COLUMNS:
            values = np.array([figure[column] for figure in figures])
            fine = values[np.isfinite(values)]
            means.append(f"{fine.mean():11.3f}" if fine.size else f"{'-':>11}")
        print(f"{method:22}" + "".join(means), flush=True)


def main() -> None:
    """Run the worlds asked for."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--tools", default=os.environ.get("AUDIT_WORLDS"), help="folder of the simulator")
    ask.add_argument("--reference", default=os.environ.get("AUDIT_REFERENCE"), help="folder of the reference")
    ask.add_argument("--worlds", default=",".join(WORLDS))
    ask.add_argument("--seeds", type=int, default=9000, help="first seed")
    ask.add_argument("--runs", type=int, default=5)
    ask.add_argument("--outcome", default="conversion")
    ask.add_argument("--thorough", action="store_true")
    asked = ask.parse_args()
    if not asked.tools:
        print("worlds: no simulator given (--tools DIR or AUDIT_WORLDS), nothing measured")
        return
    sys.path[:0] = [folder for folder in (asked.tools, asked.reference) if folder]
    simulator = importlib.import_module("simulate_worlds")
    module = importlib.import_module("effectiveness_pipeline") if asked.reference else None
    outcome = next(one for one in USUAL if one.name == asked.outcome)
    number = simulator.OUTCOMES.index(asked.outcome)
    for name in asked.worlds.split(","):
        seeds = range(asked.seeds, asked.seeds + asked.runs)
        show(name, *measured(simulator, module, name, seeds, outcome, number, asked.thorough))


if __name__ == "__main__":
    main()
