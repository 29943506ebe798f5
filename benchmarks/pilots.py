"""Pilots in worlds with a known truth: coverage, false positives and power of both estimates.

    python -m benchmarks.pilots [--simulator FILE] [--worlds 20] [--locations 120] [--weeks 52] [--hard]

Each world has a randomised roll-out of one item (half of the worlds: one with an effect, half: one without). The truth is
the mean change of the log rate in cells where the change had begun. --hard adds a hidden cause that moves over time.
"""

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from audit_app.effectiveness.rules.experiment import Course, measure


def simulator(path: Path) -> Any:
    """The worlds' maker."""
    spec = importlib.util.spec_from_file_location("worlds", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def logit(c: np.ndarray) -> np.ndarray:
    """The inverse of the logistic curve."""
    c = np.clip(c.astype(float), 1e-6, 1 - 1e-6)
    return np.log(c / (1 - c))


def one(module: Any, seed: int, item: int, given: argparse.Namespace) -> dict[str, float]:
    """One world: estimates and truth."""
    more = {"tv_confounding": 1.0, "climate": 0.5} if given.hard else {}
    d = module.simulate(
        n_locations=given.locations,
        n_weeks=given.weeks,
        n_items=12,
        pilot_item=item,
        seed=seed,
        effect=0.12,
        **more,
    )
    places, weeks = d["S"], d["W"]
    start = d["pilot_start"].astype(np.int32)
    begun = np.arange(weeks)[None, :] >= start[:, None]
    with_it = d["c"][:, item, :]
    without = 1 / (1 + np.exp(-(logit(with_it) - 2.0)))
    gain = d["beta"][item, 0] * (with_it - without)
    visitors, sales = (d[name].reshape(places, weeks, 7).sum(2).astype(float) for name in ("visitors", "trx"))
    course = Course(np.log(sales / visitors), sales, d["region"].astype(np.int32), start, (np.log(visitors),))
    dates = np.unique(start)

    def deal(rng: np.random.Generator) -> np.ndarray:
        return dates[rng.permutation(np.arange(places) % len(dates))].astype(np.int32)

    found = measure(course, deal, seed, draws=199)
    assert found.imputed is not None
    assert found.p_random is not None
    assert found.p_before is not None
    waiting = begun & (np.arange(weeks)[None, :] < dates[-1])
    return {
        "null": float(d["beta"][item, 0] == 0), "truth": float(gain[begun].mean()), "told": float(gain[waiting].mean()),
        "b": found.effect.estimate, "se": found.effect.se, "low": found.effect.low, "high": found.effect.high, "p": found.p_random,
        "ib": found.imputed.estimate, "ise": found.imputed.se, "ilow": found.imputed.low, "ihigh": found.imputed.high,
        "ip": found.imputed.p, "before": found.p_before,
    }  # fmt: skip


def main() -> int:
    """Print the table."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--simulator", type=Path, default=Path("../shared/tools/simulate_worlds.py"))
    ask.add_argument("--worlds", type=int, default=20)
    ask.add_argument("--locations", type=int, default=120)
    ask.add_argument("--weeks", type=int, default=52)
    ask.add_argument("--hard", action="store_true")
    given = ask.parse_args()
    if not given.simulator.exists():
        print(f"{given.simulator} is not here: name the maker of worlds with --simulator")
        return 0
    module = simulator(given.simulator)
    began = time.process_time()
    rows = []
    for seed in range(1, given.worlds + 1):
        # Which items work depends on the seed and the size alone.
        d = module.simulate(n_locations=given.locations, n_weeks=given.weeks, n_items=12, seed=seed + 9000)
        chosen = np.flatnonzero((d["beta"][:, 0] != 0) == bool(seed % 2))
        rows.append(one(module, seed + 9000, int(chosen[0]), given))
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    null = table["null"] == 1
    print(
        f"{len(rows)} worlds of {given.locations} locations x {given.weeks} weeks{', hard' if given.hard else ''}; load {os.getloadavg()[0]:.1f}; cpu {time.process_time() - began:.0f} s"
    )
    for name, low, high, p, b, se, truth in (
        ("two-way", "low", "high", "p", "b", "se", "truth"), ("imputation", "ilow", "ihigh", "ip", "ib", "ise", "told"),
    ):  # fmt: skip
        inside = (table[low] <= table[truth]) & (table[truth] <= table[high])
        print(
            f"{name:11s} coverage {inside.mean():.2f}   false positives {(table[p][null] <= 0.05).mean():.2f} of {null.sum()}   "
            f"power {(table[p][~null] <= 0.05).mean():.2f} (mean effect {np.abs(table['truth'][~null]).mean():.3f})   "
            f"mean error {np.mean(table[b] - table[truth]):+.4f}   se {table[se].mean():.4f}"
        )
    print(
        f"places on different ways before (p < .05): {(table['before'] < 0.05).mean():.2f} of worlds, expected .05"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
