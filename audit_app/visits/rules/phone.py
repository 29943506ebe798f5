"""A version as the phone's rules read it (static/phone/rules.js): codes, conditions, points and proof, no words. Pure.

Numbers travel as decimal text, so that both sides compare them exactly. tests/visits/test_phone_rules.py holds the two
readings to the same cases.
"""

from collections.abc import Sequence
from typing import Any

from audit_app.standards.rules.definition import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Is,
    Item,
    Not,
    Section,
    Version,
)
from audit_app.standards.rules.values import write_decimal


def form_rules(version: Version) -> dict[str, Any]:
    """`sections` of items, and the names of the attributes of a place that are `asked` about."""
    asked: set[str] = set()
    sections = [_section(section, asked) for section in version.sections]
    return {"sections": sections, "asked": sorted(asked)}


def _section(section: Section, asked: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"code": section.code, "items": [_item(item, asked) for item in section.items]}
    if section.applies_if:
        found["applies_if"] = _condition(section.applies_if, "attribute", asked)
    return found


def _item(item: Item, asked: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"code": item.code, "type": item.type.value}
    if item.required:
        found["required"] = True
    if item.na:
        found["na"] = True
    if item.options:
        found["options"] = [{"code": one.code, "points": write_decimal(one.points)} for one in item.options]
    if item.scale:
        found["scale"] = {"min": item.scale.min, "max": item.scale.max}
    if item.ranges:
        found["ranges"] = [
            {"points": write_decimal(one.points)}
            | ({} if one.start is None else {"from": write_decimal(one.start)})
            for one in item.ranges
        ]
    for name, bound in (("min", item.min), ("max", item.max)):
        if bound is not None:
            found[name] = write_decimal(bound)
    if item.evidence:
        found["evidence"] = {key: [kind.value for kind in kinds] for key, kinds in item.evidence.items()}
    if item.show_if:
        found["show_if"] = _condition(item.show_if, "item", set())
    if item.applies_if:
        found["applies_if"] = _condition(item.applies_if, "attribute", asked)
    return found


def _condition(condition: Condition, subject: str, asked: set[str]) -> dict[str, Any]:
    if isinstance(condition, AllOf | AnyOf):
        return {
            "all" if isinstance(condition, AllOf) else "any": _parts(condition.parts, subject, asked),
        }
    if isinstance(condition, Not):
        return {"not": _condition(condition.part, subject, asked)}
    asked.add(condition.subject)
    if isinstance(condition, Is):
        return {subject: condition.subject, "is": list(condition.values)}
    assert isinstance(condition, AtLeast | AtMost)
    bound = "at_least" if isinstance(condition, AtLeast) else "at_most"
    return {subject: condition.subject, bound: write_decimal(condition.bound)}


def _parts(parts: Sequence[Condition], subject: str, asked: set[str]) -> list[dict[str, Any]]:
    return [_condition(part, subject, asked) for part in parts]
