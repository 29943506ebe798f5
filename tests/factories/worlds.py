"""A small world with a known truth: locations whose habits come and go, shoppers who see moments, customers who buy."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from audit_app.effectiveness.rules.facts import Facts

DAYS = 7


def make_world(
    *,
    effects=(0.5, 0.0, 0.0, -0.5, 0.0),
    locations=60,
    weeks=52,
    visits=26,
    regions=3,
    shoppers=12,
    unknown=0.05,
    seed=8,
):
    """Facts in which item j changes the log of conversion by effects[j] from never to always.

    Better locations do everything better and also sell more, which is what misleads a plain correlation.
    """
    rng = np.random.default_rng(seed)
    items = len(effects)
    quality = rng.standard_normal(locations)
    fade = 0.5 ** (1 / 8)
    habit = rng.standard_normal((locations, weeks, items))
    for week in range(1, weeks):
        habit[:, week] = fade * habit[:, week - 1] + np.sqrt(1 - fade**2) * habit[:, week]
    done = 1 / (1 + np.exp(-(0.5 + 0.7 * quality[:, None, None] + 1.5 * habit)))
    region = np.arange(locations) % regions
    visitors = rng.poisson(2000, (locations, weeks)).astype(float)
    season = 0.05 * np.sin(np.arange(weeks) / 8)[None, :] + 0.02 * region[:, None]
    log_rate = np.log(0.2) + 0.4 * quality[:, None] + season + (done - 0.6) @ np.array(effects)
    sales = rng.binomial(visitors.astype(int), np.minimum(np.exp(log_rate), 0.95)).astype(float)
    revenue = np.round(sales * 30 * np.exp(rng.normal(0, 0.03, sales.shape)), 2)
    complaints = rng.poisson(sales * 0.01).astype(float)
    spread = np.linspace(0, weeks * DAYS, visits + 1)[:-1]
    day = np.minimum(
        spread[None, :] + rng.uniform(0, weeks * DAYS / visits, (locations, visits)), weeks * DAYS - 1
    )
    day = np.sort(day.astype(int), axis=1)
    location = np.repeat(np.arange(locations), visits)
    at = day.ravel()
    ratio = (rng.random((len(at), items)) < done[location, at // DAYS]).astype(np.float32)
    ratio[rng.random(ratio.shape) < unknown] = np.nan
    return Facts(
        locations=tuple(f"L{s + 1:03d}" for s in range(locations)),
        regions=tuple(f"R{r + 1}" for r in region),
        formats=("shop",) * locations,
        items=tuple(f"item_{j + 1}" for j in range(items)),
        first_day=date(2025, 1, 6),
        weeks=weeks,
        visits=tuple(f"V{v + 1:05d}" for v in range(len(at))),
        location=location.astype(np.int32),
        day=at.astype(np.int32),
        shopper=rng.integers(0, shoppers, len(at)).astype(np.int32),
        version=np.ones(len(at), np.int32),
        ratio=ratio,
        on_list=np.ones(ratio.shape, bool),
        measures={"visitors": visitors, "transactions": sales, "revenue": revenue, "complaints": complaints},
        days_covered=np.full((locations, weeks), DAYS, np.int32),
    )


def with_answers(facts, item, answers):
    """The facts with other answers to one item."""
    ratio = facts.ratio.copy()
    ratio[:, item] = answers
    return replace(facts, ratio=ratio)


def with_measures(facts, **measures):
    """The facts with some measures replaced."""
    return replace(facts, measures={**facts.measures, **measures})


def reordered(facts, order):
    """The same facts with the locations in another order."""
    place = np.argsort(order)
    location = place[facts.location].astype(np.int32)
    rows = np.lexsort((facts.day, location))
    return replace(
        facts,
        locations=tuple(facts.locations[s] for s in order),
        regions=tuple(facts.regions[s] for s in order),
        visits=tuple(facts.visits[v] for v in rows),
        location=location[rows],
        day=facts.day[rows],
        shopper=facts.shopper[rows],
        version=facts.version[rows],
        ratio=facts.ratio[rows],
        on_list=facts.on_list[rows],
        measures={name: values[order] for name, values in facts.measures.items()},
        days_covered=facts.days_covered[order],
    )


def write_world(facts: Facts, folder: Path) -> Path:
    """The four files of a folder; a week's numbers all stand on its first day."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {1.0: "pass", 0.5: "partial", 0.0: "fail"}

    def write(name, head, rows):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)

    def day(number):
        return str(facts.first_day + timedelta(days=int(number)))

    write(
        "locations.csv",
        ["location", "region", "format"],
        zip(facts.locations, facts.regions, facts.formats, strict=True),
    )
    write(
        "visits.csv",
        ["visit", "location", "date", "employee", "shopper", "checklist_version"],
        (
            [
                facts.visits[v],
                facts.locations[facts.location[v]],
                day(facts.day[v]),
                "",
                f"S{facts.shopper[v]}",
                1,
            ]
            for v in range(len(facts.visits))
        ),
    )
    write(
        "answers.csv",
        ["visit", "item", "answer", "weight"],
        (
            [facts.visits[v], facts.items[j], words.get(float(facts.ratio[v, j]), "na"), 1]
            for v in range(len(facts.visits))
            for j in range(len(facts.items))
        ),
    )
    names = list(facts.measures)
    write(
        "outcomes.csv",
        ["location", "date", *names],
        (
            [facts.locations[s], day(7 * w), *(facts.measures[name][s, w] for name in names)]
            for s in range(len(facts.locations))
            for w in range(facts.weeks)
        ),
    )
    return folder
