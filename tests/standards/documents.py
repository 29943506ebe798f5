"""Small documents of standards for the tests of rules."""

from copy import deepcopy
from typing import Any

from audit_app.kit.yaml import read_yaml

CONTRACT = """
code: shop-floor
version: 3
title: {en: Shop floor, ru: Торговый зал, uk: Торговий зал}
aggregation: sections            # or pooled
bonus_cap: 100
bands: [{from: 0, name: {en: Fail}}, {from: 75, name: {en: Pass}}]
pass_mark: 75
sections:
  - code: welcome
    title: {en: Welcome}
    weight: 2
    pass_mark: 60
    items:
      - code: entered
        text: {en: Did you get in?}
        type: yes_no
      - code: greeted            # the identity, for ever
        text: {en: Were you greeted within 30 seconds?}
        type: single
        options: [{code: "yes", points: 5}, {code: late, points: 3}, {code: "no", points: 0}]
        weight: 4
        na: true
        bonus: false
        critical: {below: 1, effect: cap_total, at: 50}
        evidence: {"no": [comment, photo]}
        show_if: {item: entered, is: ["yes"]}
        applies_if: {attribute: patio, is: ["yes"]}
        incident: {when: ["no"], type: service.greeting, priority: 3}
"""


def contract() -> dict[str, Any]:
    """The example of contracts.md 3, with the item it refers to."""
    document = read_yaml(CONTRACT)
    assert isinstance(document, dict)
    return document


def standard(*items: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """One section of these items, numbered i0, i1 … where they have no code; other keys go to the version."""
    full = [
        {"code": f"i{index}", "text": "Was it so?", "type": "yes_no", **item}
        for index, item in enumerate(items)
    ]
    document: dict[str, Any] = {
        "code": "test",
        "version": 1,
        "title": "Test",
        "sections": [{"code": "only", "title": "Only", "items": full}],
    }
    return deepcopy({**document, **keys})


def with_sections(*sections: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Sections s0, s1 … of items that get codes and texts where they have none."""
    full = []
    for s, section in enumerate(sections):
        items = [
            {"code": f"s{s}_i{index}", "text": "Was it so?", "type": "yes_no", **item}
            for index, item in enumerate(section["items"])
        ]
        full.append({"code": f"s{s}", "title": "Section", **section, "items": items})
    return deepcopy({"code": "test", "version": 1, "title": "Test", "sections": full, **keys})


def changed(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The document with one part replaced (or added); `...` takes it out."""
    copy = deepcopy(document)
    here: Any = copy
    for step in path[:-1]:
        here = here[step]
    if value is ...:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return copy
