"""How long a whole study takes, and how much memory: steps of the arrays, and files read and written.

    python -m benchmarks.effectiveness [--small]

A world of its own is made each time in a process of its own: habits that come and go, noisy visits, sales. Goals:
a normal network (150 locations, 52 weeks) in 3 s; 200 locations, 104 weeks, 40 items, 3 outcomes from CSV in 10 s;
2,000 locations, 52 weeks, 60 items, 3 outcomes in 60 s and 4 GB.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from audit_app.effectiveness.commands import write
from audit_app.effectiveness.folder import read_folder
from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.plan import COMPLAINTS, CONVERSION, TICKET, Plan
from audit_app.effectiveness.rules.study import run

# locations, weeks, items, visits per location, from files?, seconds, GB
SIZES = {
    "normal": (150, 52, 40, 24, False, 3.0, 4.0),
    "files": (200, 104, 40, 48, True, 10.0, 4.0),
    "large": (2000, 52, 60, 24, False, 60.0, 4.0),
}


def make_facts(locations: int, weeks: int, items: int, visits: int) -> Facts:
    """A world of that size; its truth is no matter here."""
    rng = np.random.default_rng(1)
    habit = rng.standard_normal((locations, weeks, items), dtype=np.float32)
    for week in range(1, weeks):
        habit[:, week] = 0.95 * habit[:, week - 1] + 0.31 * habit[:, week]
    done = 1 / (1 + np.exp(-(1 + habit)))
    visitors = rng.poisson(1000, (locations, weeks))
    effect = np.where(np.arange(items) % 3 == 0, 0.05, 0.0)
    sales = rng.binomial(visitors, np.minimum(0.25 * np.exp((done - 0.7) @ effect), 0.9))
    location = np.repeat(np.arange(locations), visits).astype(np.int32)
    day = np.sort(rng.integers(0, weeks * 7, (locations, visits)), axis=1).ravel().astype(np.int32)
    ratio = (rng.random((len(day), items)) < done[location, day // 7]).astype(np.float32)
    ratio[rng.random(ratio.shape) < 0.05] = np.nan
    return Facts(
        locations=tuple(f"L{s:05d}" for s in range(locations)),
        regions=tuple(f"R{s % 8}" for s in range(locations)),
        formats=("",) * locations,
        items=tuple(f"item_{j:02d}" for j in range(items)),
        first_day=date(2025, 1, 6),
        weeks=weeks,
        visits=tuple(f"V{v:06d}" for v in range(len(day))),
        location=location,
        day=day,
        shopper=rng.integers(0, max(12, len(day) // 150), len(day)).astype(np.int32),
        version=np.ones(len(day), np.int32),
        ratio=ratio,
        on_list=np.ones(ratio.shape, bool),
        measures={
            "visitors": visitors.astype(float),
            "transactions": sales.astype(float),
            "revenue": np.round(sales * 30 * np.exp(rng.normal(0, 0.05, sales.shape)), 2),
            "complaints": rng.poisson(sales * 0.01).astype(float),
        },
        days_covered=np.full((locations, weeks), 7, np.int32),
    )


def write_files(facts: Facts, folder: Path) -> None:
    """The four files, every day of the week with a seventh of its numbers."""
    words = {1.0: "pass", 0.0: "fail"}

    def put(name: str, head: list[str], rows: object) -> None:
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)  # type: ignore[arg-type]

    days = [str(facts.first_day + timedelta(days=d)) for d in range(7 * facts.weeks)]
    put("locations.csv", ["location", "region"], zip(facts.locations, facts.regions, strict=True))
    put(
        "visits.csv",
        ["visit", "location", "date", "shopper", "checklist_version"],
        (
            [name, facts.locations[s], days[d], f"S{r}", 1]
            for name, s, d, r in zip(facts.visits, facts.location, facts.day, facts.shopper, strict=True)
        ),
    )
    put(
        "answers.csv",
        ["visit", "item", "answer", "weight"],
        (
            [name, item, words.get(value, "na"), 1]
            for name, row in zip(facts.visits, facts.ratio.tolist(), strict=True)
            for item, value in zip(facts.items, row, strict=True)
        ),
    )
    names = list(facts.measures)
    weekly = np.stack([facts.measures[name] for name in names])
    put(
        "outcomes.csv",
        ["location", "date", *names],
        (
            [facts.locations[s], days[7 * w + k], *(np.round(weekly[:, s, w] // 7 + (k == 0) * (weekly[:, s, w] % 7), 2))]
            for s in range(len(facts.locations))
            for w in range(facts.weeks)
            for k in range(7)
        ),
    )  # fmt: skip


def measure(name: str) -> dict[str, float]:
    """One size, in this process; memory is its whole peak, making the world included."""
    locations, weeks, items, visits, files, *_goal = SIZES[name]
    facts = make_facts(locations, weeks, items, visits)
    plan = Plan(outcomes=(CONVERSION, TICKET, COMPLAINTS))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if files:
            write_files(facts, folder)
        began, spent = time.perf_counter(), time.process_time()
        if files:
            facts = read_folder(folder)
        findings = run(facts, plan)
        if files:
            write(findings, plan, folder / "out")
        wall, cpu = time.perf_counter() - began, time.process_time() - spent
    return {"wall": wall, "cpu": cpu, "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}


def main() -> None:
    """All sizes, each in a process of its own."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--small", action="store_true", help="without the large network")
    ask.add_argument("--one", choices=SIZES, help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)), file=sys.stderr)
        return
    print(
        f"load {os.getloadavg()[0]:.1f}\n{'':8}{'wall s':>9}{'cpu s':>9}{'goal s':>9}{'GB':>8}{'goal GB':>9}"
    )
    for name, (*_size, seconds, memory) in SIZES.items():
        if asked.small and name == "large":
            continue
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.effectiveness", "--one", name],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            check=True,
            text=True,
        )
        found = json.loads(done.stderr.strip().splitlines()[-1])
        print(
            f"{name:8}{found['wall']:9.1f}{found['cpu']:9.1f}{seconds:9.0f}{found['gb']:8.2f}{memory:9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
