"""How fast scoring is, beside a loop that is already lean.

`python benchmarks/scoring.py [VISITS]` (default 200,000 visits of 60 items) prints one table. What is compared:

* one visit: `score_of` with all terms and steps, as the page shows it (goal: at most 1 ms);
* the floor: a plain Python loop over the very same encoded answers, whole numbers only, one table look-up per answer, no objects,
  no fractions, one gcd per visit. It knows just the rules this standard uses, so it is faster than a general loop could be;
* bulk: `score_many` on the same encoded answers, all rules, everything a re-score stores (goal: 20 times the floor, 10 s, 2 GB);
* from the database's documents: JSON text → encoded → scored, end to end.

Best of several runs in one process, because the machine may be busy; all results are compared with each other first.
"""

import gc
import json
import random
import resource
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from math import gcd
from operator import getitem
from typing import Any

from audit_app.scoring.bulk import score_many
from audit_app.scoring.encoding import Columns, encode_documents
from audit_app.scoring.rules.score import score_of
from audit_app.standards.rules.answers import read_answers
from audit_app.standards.rules.definition import Aggregation, Effect, Is, Version
from audit_app.standards.rules.reading import read_version

SECTIONS, PER_SECTION = 6, 10


def standard(aggregation: str) -> Version:
    """Sixty items as real standards have them: options, scales, N/A, two criticals, a cap, a bonus, a condition, a patio."""
    sections = []
    for s in range(SECTIONS):
        items: list[dict[str, Any]] = []
        for i in range(PER_SECTION):
            item: dict[str, Any] = {
                "code": f"s{s}_i{i}",
                "text": "Was it so?",
                "type": "yes_no",
                "weight": 1 + i % 4,
                "na": i % 2 == 0,
            }
            if i == 3:
                item |= {
                    "type": "single",
                    "options": [
                        {"code": "yes", "points": 5},
                        {"code": "late", "points": 3},
                        {"code": "no", "points": 0},
                    ],
                }
            if i == 4:
                item |= {"type": "scale", "scale": {"min": 1, "max": 5}}
            if i == 5:
                item |= {"type": "pass_partial_fail"}
            if i == 6:
                item |= {"show_if": {"item": f"s{s}_i0", "is": ["yes"]}}
            if i == 7 and s == 2:
                item |= {"applies_if": {"attribute": "patio", "is": ["yes"]}}
            if i == 8 and s in (1, 4):
                item |= {"critical": {"effect": "cap_total", "at": 60} if s == 1 else {"effect": "fail"}}
            if i == 9 and s == 5:
                item |= {"bonus": True}
            items.append(item)
        sections.append({"code": f"s{s}", "title": f"Section {s}", "weight": 1 + s % 3, "items": items})
    return read_version(
        {
            "code": "benchmark",
            "version": 1,
            "title": "Benchmark",
            "aggregation": aggregation,
            "pass_mark": 75,
            "bands": [
                {"from": 0, "name": "Poor"},
                {"from": 60, "name": "Fair"},
                {"from": 85, "name": "Good"},
            ],
            "sections": sections,
        }
    )


def documents(version: Version, count: int) -> list[bytes]:
    """Revisions as the database keeps them."""
    chance = random.Random(20261122)
    choices = {
        item.code: [option.code for option in item.options] or [str(number) for number in range(1, 6)]
        for item in version.items
    }
    found = []
    for _visit in range(count):
        answers = {}
        for item in version.items:
            answer = chance.choice(choices[item.code])
            if item.na and chance.random() < 0.08:
                answer = "na"
            answers[item.code] = {
                "answer": answer,
                "comment": "",
                "evidence": [],
                "at": "2026-11-22T10:00:00Z",
            }
        found.append(json.dumps(answers).encode())
    return found


def lean_loop(columns: Columns) -> list[tuple[int, int, bool]]:
    """The floor: numerator, denominator in lowest terms, and whether a `fail` was missed.

    Earned and possible travel in one number, so a section is one `sum(map(getitem, …))`: about as little as Python can do.
    """
    version = columns.version
    r = 60  # every ratio of this standard is a whole number of sixtieths
    number = {item.code: index for index, item in enumerate(version.items)}
    tables = [
        [
            0
            if state.ratio is None
            else int(state.ratio * r) * int(item.weight) << 16 | (0 if item.bonus else int(item.weight))
            for state in table.states
        ]
        for item, table in zip(version.items, columns.tables, strict=True)
    ]
    conditional = [
        (number[item.code], number[item.show_if.subject], columns.tables[number[item.show_if.subject]].states)
        for item in version.items
        if isinstance(item.show_if, Is)
    ]
    shown_by = [
        (index, subject, [one.truths == (True,) for one in states]) for index, subject, states in conditional
    ]
    patio = [at.get("patio") == "yes" for at in columns.attributes]
    patio_item = next(number[item.code] for item in version.items if item.applies_if)
    cap_item, fail_item = (
        next(number[i.code] for i in version.items if i.critical and i.critical.effect is effect)
        for effect in (Effect.CAP_TOTAL, Effect.FAIL)
    )
    cap_miss, fail_miss = (
        [state.ratio is not None and state.ratio < 1 for state in columns.tables[index].states]
        for index in (cap_item, fail_item)
    )
    weights = [int(section.weight) for section in version.sections]
    pooled = version.aggregation is Aggregation.POOLED
    parts = [
        (s * PER_SECTION, (s + 1) * PER_SECTION, tables[s * PER_SECTION : (s + 1) * PER_SECTION], weights[s])
        for s in range(SECTIONS)
    ]
    results = []
    rows = zip(*(column.tolist() for column in columns.states), strict=True)
    for place, states in zip(columns.places.tolist(), rows, strict=True):
        row = list(states)
        for index, subject, truth in shown_by:
            if not truth[row[subject]]:
                row[index] = 1
        if not patio[place]:
            row[patio_item] = 1
        if pooled:
            packed = sum(map(getitem, tables, row))
            above, below = packed >> 16, (packed & 0xFFFF) * r
        else:
            above, below, total_weight = 0, 1, 0
            for start, end, part, weight in parts:
                packed = sum(map(getitem, part, row[start:end]))
                possible = packed & 0xFFFF
                if possible:
                    above = above * possible + weight * (packed >> 16) * below
                    below *= possible
                    total_weight += weight
            below *= r * total_weight
        if above > below:
            above = below
        if cap_miss[row[cap_item]] and above * 5 > below * 3:
            above, below = 3, 5
        divisor = gcd(above, below) or 1
        results.append((above // divisor, below // divisor, fail_miss[row[fail_item]]))
    return results


def best_of(runs: int, act: Callable[[], Any]) -> tuple[float, Any]:
    """The quickest run, in seconds, and its result."""
    quickest, result = float("inf"), None
    for _run in range(runs):
        gc.collect()
        began = time.perf_counter()
        result = act()
        quickest = min(quickest, time.perf_counter() - began)
    return quickest, result


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{count:,} visits × {SECTIONS * PER_SECTION} items\n")
    for aggregation in ("pooled", "sections"):
        measure(aggregation, count)


def measure(aggregation: str, count: int) -> None:
    """One aggregation: compares all results, then prints its part of the table."""
    attributes = ({"patio": "yes"}, {"patio": "no"})
    version = standard(aggregation)
    raw = documents(version, count)
    texts = {code: entry["answer"] for code, entry in json.loads(raw[0]).items()}
    answers = read_answers(version, texts)
    one, _score = best_of(200, lambda: score_of(version, answers, attributes[0]))
    read, _answers = best_of(50, lambda: read_answers(version, texts))
    places = [visit % 2 for visit in range(count)]
    encoding, columns = best_of(1, lambda: encode_documents(version, raw, places, attributes))
    bulk, scores = best_of(5, lambda: score_many(columns))
    lean, floor = best_of(2, lambda: lean_loop(columns))

    lean_pairs = [(above, below) for above, below, _failed in floor]
    bulk_pairs = list(zip(scores.numerators.tolist(), scores.denominators.tolist(), strict=True))
    assert lean_pairs == bulk_pairs, "the floor and the bulk disagree"
    for visit in range(0, count, max(1, count // 200)):
        exact = score_of(version, columns.answers_of(visit), attributes[visit % 2])
        assert exact.ratio == scores.ratio(visit) == Fraction(*bulk_pairs[visit])
        assert exact.passed == scores.passed_of(visit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{aggregation}")
    print(f"  one visit, score_of        {one * 1000:9.3f} ms   (reading its answers {read * 1000:.3f} ms)")
    print(f"  lean Python loop           {lean:9.3f} s    the floor, already encoded answers")
    print(f"  bulk, the same answers     {bulk:9.3f} s    {lean / bulk:5.1f} × the floor")
    print(f"  encode JSON documents      {encoding:9.3f} s")
    print(f"  documents to scores        {encoding + bulk:9.3f} s")
    print(f"  score_of for all would be  {one * count:9.0f} s")
    print(f"  went one by one            {scores.one_by_one:9d} visits")
    print(
        f"  peak memory of the process {peak:9.0f} MB (with {sum(map(len, raw)) / 1e6:.0f} MB of documents held)\n"
    )


if __name__ == "__main__":
    main()
