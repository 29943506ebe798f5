"""How an item differs between two versions, and what that means for its trend.

*Same*: the question and its answers mean what they meant (weights, marks and places may differ). *Comparable*: reworded,
asked under other conditions, or worth other points, so the line goes on with a mark. *New*: not there before, or answered
in another way, so a new line begins. *Gone*: no longer asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.definition import AnswerType, Version


class ChangeClass(StrEnum):
    """What a change means for the trend of an item."""

    SAME = "same"
    COMPARABLE = "comparable"
    NEW = "new"
    GONE = "gone"


_BREAKING = ("type", "scale")
_COMPARABLE = (
    "text", "guidance", "nature", "options", "ranges", "unit", "min", "max", "na", "show_if", "applies_if",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One item: its class, the keys of the document that differ, and the sections it stood and stands in."""

    item: str
    kind: ChangeClass
    fields: tuple[str, ...]
    section_before: str = ""
    section_after: str = ""

    def document(self) -> dict[str, Any]:
        """The change as it is kept with the version."""
        return {"item": self.item, "class": str(self.kind), "fields": list(self.fields)}


def items_of(document: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Item code → (section code, item) of a canonical document, in the order they are asked."""
    return {
        item["code"]: (section["code"], item)
        for section in document.get("sections", [])
        for item in section.get("items", [])
    }


def changes_between(old: Version | None, new: Version) -> list[Change]:
    """Every item of both versions: those of the new one in its order, then those that are gone."""
    before = items_of(canonical(old)) if old else {}
    after = items_of(canonical(new))
    found: list[Change] = []
    for code, (section, item) in after.items():
        if code not in before:
            found.append(Change(code, ChangeClass.NEW, (), "", section))
            continue
        section_before, item_before = before[code]
        fields = [key for key in {**item_before, **item} if item_before.get(key) != item.get(key)]
        if section_before != section:
            fields.append("section")
        found.append(
            Change(code, _class_of(item_before, item, fields), tuple(fields), section_before, section)
        )
    found += [
        Change(code, ChangeClass.GONE, (), section, "")
        for code, (section, _item) in before.items()
        if code not in after
    ]
    return found


def _class_of(before: Mapping[str, Any], after: Mapping[str, Any], fields: list[str]) -> ChangeClass:
    if any(key in fields for key in _BREAKING) or _codes(before) != _codes(after):
        return ChangeClass.NEW
    return ChangeClass.COMPARABLE if any(key in fields for key in _COMPARABLE) else ChangeClass.SAME


def _codes(item: Mapping[str, Any]) -> frozenset[str]:
    """The answers one can choose; other ones make another question. Yes/no and pass/partial/fail never differ."""
    if item.get("type") not in (AnswerType.SINGLE, AnswerType.MULTIPLE):
        return frozenset()
    return frozenset(option["code"] for option in item.get("options", []))
