"""Random versions and random answers, over everything that the rules know."""

from typing import Any

from hypothesis import strategies as st

from audit_app.standards.rules.definition import AnswerType, Item, Version
from audit_app.standards.rules.reading import read_version

ATTRIBUTES = ({}, {"patio": "yes", "seats": "12"}, {"patio": "no", "seats": "40"})

_WEIGHTS = st.sampled_from([1, 1, 2, 3, 5, "0.5", "2.25", "0.125", 0])
_POINTS = st.sampled_from([0, 0, 1, 2, 3, 5, 7, 10, "2.5", -1])


@st.composite
def _options(draw: st.DrawFn) -> list[dict[str, Any]]:
    points = draw(st.lists(_POINTS, min_size=2, max_size=4))
    return [
        {"code": f"o{index}", "points": value}
        for index, value in enumerate([draw(st.sampled_from([1, 5, 9])), *points])
    ]


@st.composite
def _item(draw: st.DrawFn, code: str, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            ["yes_no", "yes_no", "single", "multiple", "scale", "pass_partial_fail", "number", "time", "text"]
        )
    )
    item: dict[str, Any] = {"code": code, "text": "Was it so?", "type": kind, "na": draw(st.booleans())}
    if kind in ("single", "multiple"):
        item["options"] = draw(_options())
    if kind == "scale":
        low = draw(st.integers(-1, 1))
        item["scale"] = {"min": low, "max": low + draw(st.integers(1, 6))}
    if kind == "number" and draw(st.booleans()):
        item["ranges"] = [
            {"points": draw(st.sampled_from([3, 4]))},
            {"from": 2, "points": draw(_POINTS)},
            {"from": "5.5", "points": 0},
        ]
    if kind == "time":
        item["ranges"] = [{"points": 2}, {"from": "10:00", "points": 1}]
    if kind != "text" and not (kind == "number" and "ranges" not in item):
        item["weight"] = draw(_WEIGHTS)
        if item["weight"] != 0 and draw(st.integers(0, 5)) == 0:
            item["bonus"] = True
        if draw(st.integers(0, 4)) == 0:
            effect = draw(
                st.sampled_from(["flag", "zero_section", "zero_total", "cap_section", "cap_total", "fail"])
            )
            item["critical"] = {"effect": effect, "below": draw(st.sampled_from([1, "0.5", "0.6"]))}
            if effect.startswith("cap"):
                item["critical"]["at"] = draw(st.sampled_from([0, 33, 50, "66.6", 100]))
    if earlier and draw(st.integers(0, 2)) == 0:
        item["show_if"] = draw(_condition(earlier))
    if draw(st.integers(0, 6)) == 0:
        item["applies_if"] = draw(_ATTRIBUTE)
    return item


_ATTRIBUTE = st.sampled_from(
    [
        {"attribute": "patio", "is": ["yes"]},
        {"not": {"attribute": "patio", "is": ["yes"]}},
        {"any": [{"attribute": "seats", "at_least": 20}, {"attribute": "patio", "is": ["yes"]}]},
    ]
)


@st.composite
def _condition(draw: st.DrawFn, earlier: list[dict[str, Any]], depth: int = 0) -> dict[str, Any]:
    form = draw(st.integers(0, 5)) if depth < 2 else 5
    if form in (0, 1):
        parts = [draw(_condition(earlier, depth + 1)) for _part in range(draw(st.integers(1, 2)))]
        return {"all" if form else "any": parts}
    if form == 2:
        return {"not": draw(_condition(earlier, depth + 1))}
    item = draw(st.sampled_from(earlier))
    if item["type"] in ("number", "scale") and draw(st.booleans()):
        return {"item": item["code"], draw(st.sampled_from(["at_least", "at_most"])): draw(st.integers(0, 4))}
    if item["type"] == "time":
        return {"item": item["code"], "at_least": "09:00"}
    answers = list(_answers_of(item))
    if item["na"]:
        answers.append("na")
    return {
        "item": item["code"],
        "is": sorted(set(draw(st.lists(st.sampled_from(answers), min_size=1, max_size=2)))),
    }


def _answers_of(item: dict[str, Any]) -> tuple[str, ...]:
    if item["type"] == "scale":
        return tuple(str(value) for value in range(item["scale"]["min"], item["scale"]["max"] + 1))
    usual = {
        "yes_no": ("yes", "no"),
        "pass_partial_fail": ("pass", "partial", "fail"),
        "number": ("1", "3", "5.5"),
    }
    return usual.get(item["type"]) or tuple(option["code"] for option in item["options"])


@st.composite
def versions(draw: st.DrawFn) -> Version:
    """A version of up to four sections with up to six items each."""
    sections = []
    earlier: list[dict[str, Any]] = []
    for s in range(draw(st.integers(1, 4))):
        items = []
        for i in range(draw(st.integers(1, 6))):
            item = draw(_item(f"s{s}_i{i}", earlier))
            items.append(item)
            if item["type"] != "text":
                earlier.append(item)
        section: dict[str, Any] = {"code": f"s{s}", "title": "Section", "items": items}
        section["weight"] = draw(st.sampled_from([1, 1, 2, "0.3", 7]))
        if draw(st.integers(0, 4)) == 0:
            section["pass_mark"] = draw(st.sampled_from([50, "66.667", 100]))
        if draw(st.integers(0, 8)) == 0:
            section["applies_if"] = draw(_ATTRIBUTE)
        sections.append(section)
    document: dict[str, Any] = {
        "code": "world",
        "version": 1,
        "title": "World",
        "aggregation": draw(st.sampled_from(["pooled", "sections"])),
        "bonus_cap": draw(st.sampled_from([100, 100, 115, None])),
        "bands": [{"from": 0, "name": "a"}, {"from": "33.3", "name": "b"}, {"from": 75, "name": "c"}],
        "sections": sections,
    }
    if draw(st.booleans()):
        document["pass_mark"] = draw(st.sampled_from([50, 75, "66.667"]))
    return read_version(document)


def texts_for(item: Item) -> st.SearchStrategy[str]:
    """Any answer the item takes but N/A."""
    if item.type is AnswerType.MULTIPLE:
        codes = [option.code for option in item.options]
        return st.lists(st.sampled_from(codes), min_size=1, unique=True).map(";".join)
    if item.options:
        return st.sampled_from([option.code for option in item.options])
    if item.scale:
        return st.integers(item.scale.min, item.scale.max).map(str)
    if item.type is AnswerType.TIME:
        return st.sampled_from(["08:59", "09:00", "9:59", "10:00", "23:59"])
    if item.type is AnswerType.NUMBER:
        return st.sampled_from(["0", "1", "1.999", "2", "3", "5.499", "5.5", "-4", "100"])
    return st.just("words")


@st.composite
def answers_for(draw: st.DrawFn, version: Version, *, complete: bool = False) -> dict[str, str]:
    """Answers to most items, some N/A, some none."""
    texts: dict[str, str] = {}
    for item in version.items:
        fate = draw(st.integers(0, 9))
        if item.na and fate < 2:
            texts[item.code] = "na"
        elif complete or fate < 9:
            texts[item.code] = draw(texts_for(item))
    return texts
