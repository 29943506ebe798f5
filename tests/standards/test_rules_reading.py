"""Reading a standard: everything that is wrong, each with its place and a sentence; and the schema agrees."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from audit_app.kit.yaml import read_yaml
from audit_app.standards.rules.definition import MOST_ITEMS, Effect, Tone
from audit_app.standards.rules.problems import StandardNotUnderstood
from audit_app.standards.rules.reading import check_draft, read_version
from tests.standards.documents import changed, contract, standard, with_sections

SCHEMA = Draft202012Validator(json.loads(Path("checklists/schema.json").read_text(encoding="utf-8")))
CHECKLISTS = sorted(Path("checklists").glob("*/*.yaml"))

ITEM = ("sections", 0, "items", 1)


def one(**keys: Any) -> dict[str, Any]:
    """A standard of a yes/no item, a number with ranges, a text, and this one."""
    first = {"code": "entered", "na": True}
    waited = {"code": "waited", "type": "number", "ranges": [{"points": 5}, {"from": 3, "points": 0}]}
    said = {"code": "said", "type": "text"}
    return standard(first, waited, said, {"code": "it", **keys})


THREE = {"en": "a", "ru": "б", "uk": "в"}

GOOD: dict[str, dict[str, Any]] = {
    "the contract's example": contract(),
    "the least": standard({}),
    "text in three languages": changed(
        standard({"text": THREE}, title=THREE, languages=["en", "ru", "uk"]), ("sections", 0, "title"), THREE
    ),
    "numbers as text": standard({"weight": "2.5"}, pass_mark="75", bands=[{"from": "0", "name": "a"}]),
    "decimals": standard({"weight": Decimal("0.125")}),
    "no bonus cap": standard({}, bonus_cap=None, bands=[{"from": 0, "name": "a"}, {"from": 120, "name": "b"}]),
    "scale": one(type="scale", scale={"min": 0, "max": 10, "low": "bad", "high": "good"}),
    "scale by default": one(type="scale"),
    "multiple with a spoiler": one(type="multiple", options=[{"code": "a", "points": 2}, {"code": "b", "points": -1}]),
    "asked, not scored": one(type="single", weight=0, options=[{"code": "a"}, {"code": "b"}]),
    "yes/no with own points": one(options=[{"code": "yes", "points": 0}, {"code": "no", "points": 1}]),
    "partial with own words": one(type="pass_partial_fail", options=[{"code": "pass", "points": 2}, {"code": "partial", "text": "Half"}, {"code": "fail", "points": 0}]),
    "duration": one(type="duration", min=0, max="10:00", ranges=[{"points": 2}, {"from": "1:30", "points": 1}, {"from": 300, "points": 0}]),
    "time": one(type="time", ranges=[{"points": 1}, {"from": "09:30", "points": 0}]),
    "number not scored": one(type="number", unit={"en": "minutes"}),
    "photo": one(type="photo", evidence={"any": ["comment"]}),
    "evidence on miss and na": one(type="scale", na=True, evidence={"miss": ["comment"], "na": ["comment"], "any": ["photo"]}),
    "every combination": one(show_if={"all": [{"item": "entered", "is": ["yes", "na"]}, {"any": [{"item": "waited", "at_least": 2}, {"not": {"item": "waited", "at_most": "9.5"}}]}]}),
    "attributes": one(applies_if={"any": [{"attribute": "patio", "is": ["yes"]}, {"attribute": "seats", "at_least": 10}]}),
    "critical for each effect": standard(*({"critical": {"effect": str(effect), **({"at": 50} if "cap" in effect else {})}} for effect in Effect)),
    "incident on miss": one(type="scale", incident={"when": ["miss"], "type": "service", "priority": 1}),
    "segments": one(segments=["loyal", "promising"]),
}  # fmt: skip


def bad(
    label: str, document: dict[str, Any], path: tuple[str | int, ...], words: str, schema: bool = True
) -> Any:
    return pytest.param(document, path, words, schema, id=label)


AT = ("sections", 0, "items", 3)
BAD = [
    bad("unknown key", standard({}, colour="red"), ("colour",), "not known here"),
    bad("unknown key of an item", one(colour="red"), (*AT, "colour"), "not known here"),
    bad("code missing", changed(standard({}), ("code",), ...), ("code",), "code is missing"),
    bad("code in capitals", standard({}, code="Shop"), ("code",), "cannot be a code"),
    bad("version missing", changed(standard({}), ("version",), ...), ("version",), "missing"),
    bad("version 0", standard({}, version=0), ("version",), "whole number"),
    bad("title missing", changed(standard({}), ("title",), ...), ("title",), "text is missing"),
    bad("title blank", standard({}, title="  "), ("title",), "text is missing"),
    bad("title a boolean", standard({}, title={"en": True}), ("title", "en"), "quotes"),
    bad("odd language", standard({}, title={"english": "a"}), ("title", "english"), "language code"),
    bad("a control sign", standard({}, title={"en": "a\x07"}), ("title", "en"), "control", schema=False),
    bad("a language missing", standard({}, title={"en": "a", "ru": "б"}, languages=["en", "ru"]), ("sections", 0, "title", "ru"), "“ru” is missing", schema=False),
    bad("no common language", standard({"text": {"ru": "б"}}), ("languages",), "no language is common", schema=False),
    bad("unknown channel", standard({}, channels=["pigeon"]), ("channels", 0), "not known here"),
    bad("no kinds", standard({}, kinds=[]), ("kinds",), "at least one"),
    bad("unknown aggregation", standard({}, aggregation="mean"), ("aggregation",), "not known here"),
    bad("bonus cap below 100", standard({}, bonus_cap=90), ("bonus_cap",), "between 100 and"),
    bad("pass mark above 100", standard({}, pass_mark=101), ("pass_mark",), "between 0 and 100"),
    bad("pass mark in words", standard({}, pass_mark="high"), ("pass_mark",), "not a number"),
    bad("first band not 0", standard({}, bands=[{"from": 10, "name": "a"}]), ("bands", 0, "from"), "begin at 0"),
    bad("bands not rising", standard({}, bands=[{"from": 0, "name": "a"}, {"from": 50, "name": "b"}, {"from": 50, "name": "c"}]), ("bands", 2, "from"), "must rise", schema=False),
    bad("a band above the cap", standard({}, bands=[{"from": 0, "name": "a"}, {"from": 101, "name": "b"}]), ("bands", 1, "from"), "between 0 and 100", schema=False),
    bad("bands 0-74 and 75-100", standard({}, bands=[{"from": 0, "to": 74, "name": "a"}, {"from": 75, "to": 100, "name": "b"}]), ("bands", 0, "to"), "74.5 would have no band"),
    bad("a band with an end", standard({}, bands=[{"from": 0, "to": 100, "name": "b"}]), ("bands", 0, "to"), "no end of its own"),
    bad("no sections", standard({}, sections=[]), ("sections",), "at least one section"),
    bad("sections no list", standard({}, sections={"a": 1}), ("sections",), "a list must stand"),
    bad("a section without items", with_sections({"items": []}), ("sections", 0, "items"), "at least one item"),
    bad("a section of no weight", with_sections({"weight": 0, "items": [{}]}), ("sections", 0, "weight"), "above 0"),
    bad("two sections of one code", with_sections({"code": "a", "items": [{}]}, {"code": "a", "items": [{}]}), ("sections", 1, "code"), "used twice", schema=False),
    bad("two items of one code", standard({"code": "a"}, {"code": "a"}), (*ITEM, "code"), "used twice", schema=False),
    bad("a code with a digit first", one(code="1st"), (*AT, "code"), "cannot be a code"),
    bad("no type", changed(one(), (*AT, "type"), ...), (*AT, "type"), "must stand here"),
    bad("unknown type", one(type="essay"), (*AT, "type"), "not known here"),
    bad("required in words", one(required="yes"), (*AT, "required"), "true or false"),
    bad("weight below 0", one(weight=-1), (*AT, "weight"), "between 0 and"),
    bad("too many decimals", one(weight="0.1234"), (*AT, "weight"), "too many decimals"),
    bad("weight on a text", one(type="text", weight=2), (*AT, "weight"), "never scored"),
    bad("weight on a number without ranges", one(type="number", weight=2), (*AT, "weight"), "without ranges"),
    bad("a photo as bonus", one(type="photo", bonus=True), (*AT, "bonus"), "cannot be a bonus"),
    bad("a bonus of no weight", one(bonus=True, weight=0), (*AT, "bonus"), "cannot be a bonus"),
    bad("options on a scale", one(type="scale", options=[{"code": "a"}]), (*AT, "options"), "no meaning"),
    bad("no options", one(type="single"), (*AT, "options"), "missing"),
    bad("one option", one(type="single", options=[{"code": "a", "points": 1}]), (*AT, "options"), "at least two"),
    bad("options twice", one(type="single", options=[{"code": "a", "points": 1}, {"code": "a"}]), (*AT, "options", 1, "code"), "twice", schema=False),
    bad("a reserved option", one(type="single", options=[{"code": "na", "points": 1}, {"code": "a", "points": 1}, {"code": "b"}]), (*AT, "options", 0, "code"), "meaning of its own"),
    bad("an option read as a boolean", one(type="single", options=[{"code": True, "points": 1}, {"code": "a"}]), (*AT, "options", 0, "code"), "quotes"),
    bad("a third answer to yes/no", one(options=[{"code": "yes", "points": 1}, {"code": "no"}, {"code": "maybe"}]), (*AT, "options", 2, "code"), "only the options yes, no"),
    bad("no no", one(options=[{"code": "yes", "points": 1}]), (*AT, "options"), "“no” is missing"),
    bad("best points 0", one(type="single", options=[{"code": "a", "points": 0}, {"code": "b", "points": -1}]), (*AT, "options"), "more than 0 points", schema=False),
    bad("best points 0 of several", one(type="multiple", options=[{"code": "b", "points": -1}]), (*AT, "options"), "more than 0 points", schema=False),
    bad("scale upside down", one(type="scale", scale={"min": 5, "max": 1}), (*AT, "scale", "max"), "above its beginning", schema=False),
    bad("ranges on yes/no", one(ranges=[{"points": 1}]), (*AT, "ranges"), "no meaning"),
    bad("first range with a beginning", one(type="number", ranges=[{"from": 0, "points": 1}]), (*AT, "ranges", 0, "from"), "very bottom", schema=False),
    bad("range without a beginning", one(type="number", ranges=[{"points": 1}, {"points": 0}]), (*AT, "ranges", 1, "from"), "where it begins", schema=False),
    bad("ranges not rising", one(type="number", ranges=[{"points": 1}, {"from": 3, "points": 0}, {"from": 3, "points": 0}]), (*AT, "ranges", 2, "from"), "must rise", schema=False),
    bad("range without points", one(type="number", ranges=[{"points": 1}, {"from": 3}]), (*AT, "ranges", 1, "points"), "points are missing"),
    bad("a time that is none", one(type="time", ranges=[{"points": 1}, {"from": "25:00", "points": 0}]), (*AT, "ranges", 1, "from"), "no answer", schema=False),
    bad("best range 0", one(type="number", ranges=[{"points": 0}]), (*AT, "ranges"), "more than 0 points", schema=False),
    bad("limits upside down", one(type="number", min=5, max=1), (*AT, "max"), "smaller", schema=False),
    bad("a limit on a time", one(type="time", min=5), (*AT, "min"), "no meaning"),
    bad("a unit on a scale", one(type="scale", unit="m"), (*AT, "unit"), "no meaning"),
    bad("cap above 100", one(critical={"effect": "cap_total", "at": 101}), (*AT, "critical", "at"), "between 0 and 100"),
    bad("cap without a percentage", one(critical={"effect": "cap_section"}), (*AT, "critical", "at"), "needs the percentage"),
    bad("a percentage without a cap", one(critical={"effect": "fail", "at": 50}), (*AT, "critical", "at"), "only cap_section"),
    bad("below 0", one(critical={"effect": "fail", "below": 0}), (*AT, "critical", "below"), "above 0"),
    bad("below above 1", one(critical={"effect": "fail", "below": 2}), (*AT, "critical", "below"), "at most 1"),
    bad("no effect", one(critical={"below": 1}), (*AT, "critical", "effect"), "must stand here"),
    bad("critical text", one(type="text", critical={"effect": "fail"}), (*AT, "critical"), "can be critical"),
    bad("evidence for an unknown answer", one(evidence={"late": ["photo"]}), (*AT, "evidence", "late"), "no answer here", schema=False),
    bad("evidence for na", one(evidence={"na": ["photo"]}), (*AT, "evidence", "na"), "na: true", schema=False),
    bad("evidence for a key read as a boolean", one(evidence={False: ["photo"]}), (*AT, "evidence", "False"), "quotes", schema=False),
    bad("unknown evidence", one(evidence={"no": ["video"]}), (*AT, "evidence", "no", 0), "not known here"),
    bad("incident for an unknown answer", one(incident={"when": ["late"], "type": "a"}), (*AT, "incident", "when", 0), "no answer here", schema=False),
    bad("incident read as a boolean", one(incident={"when": [False], "type": "a"}), (*AT, "incident", "when", 0), "quotes"),
    bad("incident of a text", one(type="text", incident={"when": ["miss"], "type": "a"}), (*AT, "incident"), "can open an incident"),
    bad("priority 5", one(incident={"when": ["no"], "type": "a", "priority": 5}), (*AT, "incident", "priority"), "1 to 4"),
    bad("looks ahead", standard({"show_if": {"item": "i1", "is": ["yes"]}}, {}), ("sections", 0, "items", 0, "show_if", "item"), "does not stand earlier", schema=False),
    bad("looks at itself", one(show_if={"item": "it", "is": ["yes"]}), (*AT, "show_if", "item"), "does not stand earlier", schema=False),
    bad("looks at nothing", one(show_if={"item": "gone", "is": ["yes"]}), (*AT, "show_if", "item"), "no item “gone”", schema=False),
    bad("looks for an unknown answer", one(show_if={"item": "entered", "is": ["late"]}), (*AT, "show_if", "is", 0), "no answer to “entered”", schema=False),
    bad("looks for na that cannot be", one(show_if={"item": "waited", "is": ["na"]}), (*AT, "show_if", "is", 0), "no answer to", schema=False),
    bad("looks for a boolean", one(show_if={"item": "entered", "is": [True]}), (*AT, "show_if", "is", 0), "quotes"),
    bad("looks at words", one(show_if={"item": "said", "is": ["x"]}), (*AT, "show_if", "item"), "free words", schema=False),
    bad("counts a yes", one(show_if={"item": "entered", "at_least": 1}), (*AT, "show_if", "item"), "not answered by a number", schema=False),
    bad("two comparisons", one(show_if={"item": "waited", "at_least": 1, "at_most": 2}), (*AT, "show_if"), "exactly one"),
    bad("all and any", one(show_if={"all": [{"item": "entered", "is": ["yes"]}], "any": [{"item": "entered", "is": ["yes"]}]}), (*AT, "show_if"), "only one of"),
    bad("an attribute in show_if", one(show_if={"attribute": "patio", "is": ["yes"]}), (*AT, "show_if", "attribute"), "not known here"),
    bad("an item in applies_if", one(applies_if={"item": "entered", "is": ["yes"]}), (*AT, "applies_if", "item"), "not known here"),
    bad("no values", one(applies_if={"attribute": "patio", "is": []}), (*AT, "applies_if", "is"), "at least one answer"),
    bad("a folder in a picture", one(picture="../x.jpg"), (*AT, "picture"), "without folders"),
    bad("too long", one(text="x" * 5001), (*AT, "text", "en"), "too long"),
    bad("too many items", with_sections({"items": [{}] * 200}, {"items": [{}] * 101}), ("sections",), f"at most {MOST_ITEMS}", schema=False),
]  # fmt: skip


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD.keys())
def test_good_documents_are_read_and_fit_the_schema(document: dict[str, Any]) -> None:
    assert check_draft(document) == []
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


@pytest.mark.parametrize(("document", "path", "words", "schema"), BAD)
def test_bad_documents_name_the_place_and_the_reason(
    document: dict[str, Any], path: tuple[str | int, ...], words: str, schema: bool
) -> None:
    problems = check_draft(document)

    assert path in [problem.path for problem in problems]
    assert any(words in problem.sentence for problem in problems if problem.path == path), problems
    if schema:
        assert not SCHEMA.is_valid(document)


@pytest.mark.parametrize("path", CHECKLISTS, ids=lambda path: path.parent.name)
def test_our_own_checklists_are_good(path: Path) -> None:
    document = read_yaml(path.read_bytes())

    version = read_version(document)

    assert version.languages == ("en", "ru", "uk")
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


def test_all_problems_come_at_once() -> None:
    document = standard(
        {"required": "often", "colour": "red", "type": "essay"}, pass_mark=200, code="No Good"
    )

    with pytest.raises(StandardNotUnderstood) as refusal:
        read_version(document)

    assert len(refusal.value.problems) == 5
    assert len(str(refusal.value).splitlines()) == 5
    assert refusal.value.status == 422


def test_a_place_as_people_read_it() -> None:
    document = contract()
    document["sections"][0]["items"][1]["critical"]["at"] = 500

    (problem,) = check_draft(document)

    assert problem.place == "sections[0].items[1] `greeted` › critical.at"
    assert str(problem) == f"{problem.place}: the number must lie between 0 and 100, not 500"


def test_an_unquoted_yes_as_an_option_says_to_quote_it() -> None:
    document = read_yaml(
        'code: a\nversion: 1\ntitle: A\nsections:\n- code: s\n  title: S\n  items:\n  - {code: i, text: T, type: single, options: [{code: yes, points: 1}, {code: "no"}]}\n'
    )

    problems = check_draft(document)

    assert any('Write "yes" or "no" in quotes' in problem.sentence for problem in problems)
    assert any(problem.place == "sections[0].items[0] `i` › options[0].code" for problem in problems)


def test_what_was_read_is_exact() -> None:
    version = read_version(contract())
    greeted = version.item_by_code["greeted"]

    assert (greeted.weight, greeted.best) == (Fraction(4), Fraction(5))
    assert greeted.critical is not None
    assert (greeted.critical.below, greeted.critical.effect, greeted.critical.at) == (1, Effect.CAP_TOTAL, 50)
    assert [band.tone for band in version.bands] == [Tone.BAD, Tone.GOOD]
    assert version.languages == ("en",)
    assert read_version(standard({"weight": Decimal("0.1")})).items[0].weight == Fraction(1, 10)
    assert read_version(standard({"weight": 0.1})).items[0].weight == Fraction(1, 10)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_keys = st.sampled_from(
    ["code", "version", "title", "sections", "items", "text", "type", "options", "scale", "ranges", "show_if", "critical",
     "evidence", "incident", "weight", "bands", "all", "not", "item", "is", "from", "points", "languages", "min", "unit"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_editor_may_send_anything(data: st.DataObject) -> None:
    """A good document with parts replaced by rubbish: problems, never an exception."""
    document: Any = data.draw(st.sampled_from(list(GOOD.values())))
    document = json.loads(json.dumps(document, default=str))
    for _change in range(data.draw(st.integers(1, 3))):
        here = document
        for _step in range(data.draw(st.integers(0, 7))):
            if isinstance(here, dict) and here:
                key = data.draw(st.sampled_from(sorted(here)))
                if not isinstance(here[key], dict | list):
                    break
                here = here[key]
            elif isinstance(here, list) and here:
                here = here[data.draw(st.integers(0, len(here) - 1))]
            else:
                break
        if isinstance(here, dict):
            here[data.draw(_keys)] = data.draw(_json)
        elif isinstance(here, list):
            here.append(data.draw(_json))

    for problem in check_draft(document):
        assert problem.sentence
        assert isinstance(problem.place, str)


@pytest.mark.parametrize(
    "rubbish", [None, [], "text", 5, {}, {1: 2}, {"sections": [[]]}, {"sections": [{"items": [5]}]}]
)
def test_rubbish_is_a_problem_too(rubbish: Any) -> None:
    assert check_draft(rubbish)


def test_the_readme_of_the_checklists_tells_the_truth() -> None:
    text = Path("checklists/README.md").read_text(encoding="utf-8")
    shortest = text.split("```yaml\n")[1].split("```")[0]

    assert read_version(read_yaml(shortest)).languages == ("en", "ru", "uk")
    for name in ("section", "item"):
        for key in SCHEMA.schema["$defs"][name]["properties"]:
            assert f"`{key}`" in text, key
    for key in SCHEMA.schema["properties"]:
        assert f"| `{key}`" in text, key


def test_every_key_of_the_schema_is_described() -> None:
    def nameless(part: Any, at: str) -> list[str]:
        if isinstance(part, list):
            return [found for index, one in enumerate(part) for found in nameless(one, f"{at}[{index}]")]
        if not isinstance(part, dict):
            return []
        found = [
            f"{at}.{key}"
            for key, value in part.get("properties", {}).items()
            if "if" not in at.split(".") and isinstance(value, dict) and "description" not in value
        ]
        for key, value in part.items():
            if key not in ("if", "then", "else", "allOf", "not", "prefixItems"):
                found += nameless(value, f"{at}.{key}")
        return found

    assert nameless(SCHEMA.schema, "") == []


def test_a_single_problem_goes_on_after_a_colon() -> None:
    with pytest.raises(StandardNotUnderstood) as refused:
        read_version([])

    said = refused.value.text % refused.value.values
    assert said.startswith("The standard cannot be used: a standard is made of keys and values")
