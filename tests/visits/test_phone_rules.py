"""The phone's rules and the server's are held to the same cases: those written in rule_cases.json, and many made by chance."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from audit_app.standards.rules.answers import answers_in, evidence_for, read_given
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.visibility import Visibility, missing, progress, visibility
from audit_app.visits.rules.phone import form_rules
from tests.standards.documents import standard, with_sections

RULES = Path(__file__).parents[2] / "static" / "phone" / "rules.js"
CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "rule_cases.json").read_text(encoding="utf-8")
)

YES_NO_NUMBER = ({"na": True}, {"type": "number", "na": True})


def read(case: dict[str, Any]) -> Version:
    """The standard of a case: its sections, or its items in one section."""
    return read_version(with_sections(*case["sections"]) if "sections" in case else standard(*case["items"]))


def by_server(version: Version, entries: dict[str, Any], attributes: dict[str, str]) -> dict[str, Any]:
    """What the server's rules make of it, as text."""
    givens, odd = read_given(version, entries)
    seen = visibility(version, answers_in(givens), attributes)
    return {
        "seen": {code: how.value for code, how in seen.items()},
        "missing": [[one.item, one.what.value] for one in missing(version, givens, attributes)],
        "progress": [
            [row.answered, row.total, row.required_left, row.lacking]
            for row in progress(version, givens, attributes)
        ],
        "asks": {
            code: [kind.value for kind in kinds]
            for code, given in givens.items()
            if given.answer
            and seen[code] is Visibility.SHOWN
            and (kinds := evidence_for(version.item_by_code[code], given.answer))
        },
        "odd": sorted({problem.item for problem in odd}),
    }


ASK = """cases => cases.map(({form, entries}) => {
  // Filled in another way before: what the rules remember of one answer means nothing to the next.
  const others = Object.values(entries).reverse();
  Rules.standing(form, Object.fromEntries(Object.keys(entries).map((code, n) => [code, others[n]])));
  const now = Rules.standing(form, entries);
  return {
    seen: now.seen,
    missing: now.missing.map((one) => [one.item, one.what]),
    progress: now.sections.map((row) => [row.answered, row.total, row.required_left, row.lacking]),
    asks: now.asks,
    odd: Object.keys(now.given).filter((code) => now.given[code].odd).sort(),
  };
})"""


@pytest.fixture(scope="module")
def by_phone(chromium):
    """Asks the phone's rules about many cases at once, in a real browser."""
    page = chromium.new_page()
    page.add_script_tag(path=str(RULES))

    def ask(cases: list[tuple[Version, dict[str, Any], dict[str, str]]]) -> list[dict[str, Any]]:
        given = [
            {"form": {**form_rules(version), "attributes": attributes}, "entries": entries}
            for version, entries, attributes in cases
        ]
        return list(page.evaluate(ASK, given))

    yield ask
    page.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_server_keeps_to_the_cases(case):
    found = by_server(read(case), case.get("entries", {}), case.get("attributes", {}))

    assert {key: found[key] for key in case["expect"]} == case["expect"]


@pytest.mark.browser
def test_the_phone_keeps_to_the_same_cases(by_phone):
    found = by_phone([(read(case), case.get("entries", {}), case.get("attributes", {})) for case in CASES])

    assert {
        case["name"]: {key: one[key] for key in case["expect"]}
        for case, one in zip(CASES, found, strict=True)
    } == {case["name"]: case["expect"] for case in CASES}


def made_by_chance(chance: random.Random) -> tuple[Version, dict[str, Any], dict[str, str]]:
    """A standard with every kind of question and condition, answers good and odd, and a place."""
    kinds = ["yes_no", "scale", "single", "multiple", "number", "duration", "time", "text", "photo", "signature", "pass_partial_fail"]  # fmt: skip
    options = [{"code": c, "points": p} for c, p in (("a", 2), ("b", 1), ("c", chance.choice([0, -1])))]
    sections: list[dict[str, Any]] = []
    earlier: list[tuple[str, str]] = []

    def comparison() -> dict[str, Any]:
        code, kind = chance.choice(earlier)
        if kind in ("number", "scale"):
            return {"item": code, chance.choice(["at_least", "at_most"]): chance.choice([1, 2.5, 3])}
        if kind == "duration":
            return {"item": code, "at_least": "1:30"}
        if kind == "time":
            return {"item": code, "at_most": "12:30"}
        values = {"yes_no": ["yes", "no"], "pass_partial_fail": ["pass", "partial", "fail"]}.get(
            kind, ["a", "b"]
        )
        return {"item": code, "is": [chance.choice(values)]}

    def condition(make: Any, depth: int = 0) -> dict[str, Any]:
        roll = chance.random()
        if depth > 2 or roll < 0.5:
            return dict(make())
        if roll < 0.65:
            return {"not": condition(make, depth + 1)}
        return {chance.choice(["all", "any"]): [condition(make, depth + 1) for _ in range(2)]}

    def of_place() -> dict[str, Any]:
        return chance.choice(
            [
                {"attribute": "patio", "is": ["Yes", "ß"]},
                {"attribute": "seats", "at_least": 10},
                {"attribute": "seats", "at_most": 9.5},
            ]
        )

    for s in range(3):
        rows = []
        for index in range(5):
            kind = chance.choice(kinds)
            item: dict[str, Any] = {
                "type": kind,
                "required": chance.random() < 0.6,
                "na": chance.random() < 0.5,
            }
            if kind in ("single", "multiple"):
                item["options"] = options
            if kind == "scale":
                item["scale"] = {"min": 1, "max": 5}
            if kind in ("number", "duration") and chance.random() < 0.7:
                item["ranges"] = [{"points": 5}, {"from": 2.5, "points": 3}, {"from": 90, "points": 0}]
            if kind == "number" and chance.random() < 0.5:
                item |= {"min": 0, "max": 100}
            scored = (
                kind in ("yes_no", "scale", "single", "multiple", "pass_partial_fail") or "ranges" in item
            )
            if chance.random() < 0.6:
                item["evidence"] = {"any": [chance.choice(["comment", "photo"])]}
                if scored:
                    item["evidence"]["miss"] = ["comment", "photo"]
                if item["na"]:
                    item["evidence"]["na"] = ["comment"]
            usable = [one for one in earlier if one[1] not in ("text", "photo", "signature")]
            if usable and chance.random() < 0.5:
                earlier[:] = usable
                item["show_if"] = condition(comparison)
            if chance.random() < 0.2:
                item["applies_if"] = condition(of_place)
            rows.append(item)
            earlier.append((f"s{s}_i{index}", kind))
        section: dict[str, Any] = {"items": rows}
        if chance.random() < 0.2:
            section["applies_if"] = condition(of_place)
        sections.append(section)
    version = read_version(with_sections(*sections))
    said = ["yes", "no", "a", "b", "c", "a;c", "b; a", "pass", "partial", "fail", "3", "5", "2,5", "1e3", "1:30", "0:59", "2:00:01", "12:30", "9:05", "24:00", "na", "NA", "given", "words", "101", "-1", "007", "1.0000000"]  # fmt: skip
    entries = {}
    for item in version.items:
        if chance.random() < 0.8:
            fitting = {
                "yes_no": ["yes", "no"],
                "pass_partial_fail": ["pass", "partial", "fail"],
                "single": ["a", "b", "c"],
                "multiple": ["a;b", "c", "a"],
                "scale": ["1", "4", "5"],
                "number": ["2", "2.5", "95"],
                "duration": ["1:29", "90", "1:31"],
                "time": ["12:29", "12:31"],
            }.get(item.type.value, ["given"])
            entry: dict[str, Any] = {"answer": chance.choice(fitting if chance.random() < 0.7 else said)}
            if chance.random() < 0.4:
                entry["comment"] = chance.choice(["so it was", " "])
            if chance.random() < 0.4:
                entry["evidence"] = ["0" * 64]
            entries[item.code] = entry
    attributes = {"patio": chance.choice(["YES", " yes ", "no", "SS"]), "seats": chance.choice(["9.5", "10", "many", "9.50001", "+10"])}  # fmt: skip
    return version, entries, {k: v for k, v in attributes.items() if chance.random() < 0.8}


@pytest.mark.browser
def test_both_agree_on_many_forms_made_by_chance(by_phone):
    chance = random.Random(4)
    cases = [made_by_chance(chance) for _ in range(120)]

    ours = [by_server(*case) for case in cases]

    assert by_phone(cases) == ours
    assert {how for one in ours for how in one["seen"].values()} == {"shown", "hidden", "not_applying"}
    assert sum(bool(one["odd"]) for one in ours) > 20
    assert sum(bool(one["asks"]) for one in ours) > 20
