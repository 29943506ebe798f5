"""The two versions side by side, as documents; the classes of the differences stand in `changes`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.changes import (
    Change,
    ChangeClass,
    RuleChange,
    changes_between,
    rule_changes_between,
)
from audit_app.standards.rules.problems import StandardNotUnderstood
from audit_app.standards.rules.reading import read_version

__all__ = ["Change", "ChangeClass", "Comparison", "changes_between", "comparison_of", "items_of", "marked"]

Document = Mapping[str, Any]


def items_of(document: Document) -> dict[str, tuple[str, dict[str, Any]]]:
    """Item code → (section code, item) of a document, in the order they are asked."""
    return {
        str(item.get("code")): (str(section.get("code")), item)
        for section in document.get("sections") or ()
        for item in section.get("items") or ()
    }


@dataclass(frozen=True)
class ItemDifference:
    """An item beside itself: what it was and what it is, either of which may be missing, and why it is classed so."""

    item: str
    change: Change | None
    fields: tuple[str, ...]
    section_before: str
    section_after: str
    before: Document | None
    after: Document | None

    @property
    def kind(self) -> str:
        """Its class; empty while one of the versions is not finished."""
        return str(self.change.kind) if self.change else ""

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to show."""
        return self.before is None or self.after is None or bool(self.fields)


@dataclass(frozen=True)
class SectionDifference:
    """A section beside itself, without its items."""

    code: str
    fields: tuple[str, ...]
    before: Document | None
    after: Document | None


@dataclass(frozen=True)
class Comparison:
    """Two versions beside each other: the keys of the whole, the sections and the items."""

    before: Document
    after: Document
    fields: tuple[str, ...]
    sections: tuple[SectionDifference, ...]
    items: tuple[ItemDifference, ...]
    rules: tuple[RuleChange, ...]
    moved: bool
    classed: bool

    @property
    def changed_items(self) -> tuple[ItemDifference, ...]:
        """Those with something to show."""
        return tuple(one for one in self.items if one.is_changed)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs at all."""
        return not (self.fields or self.sections or self.changed_items or self.moved)

    @property
    def breaks_total(self) -> bool:
        """Whether totals before and after are two different numbers."""
        return any(rule.kind is ChangeClass.NEW for rule in self.rules)

    def count(self, kind: str) -> int:
        """How many items are of that class."""
        return sum(one.kind == kind for one in self.items)


def comparison_of(before: Document | None, after: Document) -> Comparison:
    """Everything that differs between two documents; nothing before: everything is new. Drafts need not be finished."""
    try:
        old_version = read_version(before) if before else None
        new_version = read_version(after)
    except StandardNotUnderstood:
        return _side_by_side(before or {}, after, {}, (), classed=False)
    changes = {change.item: change for change in changes_between(old_version, new_version)}
    rules = rule_changes_between(old_version, new_version) if old_version else ()
    return _side_by_side(
        canonical(old_version) if old_version else {},
        canonical(new_version),
        changes,
        tuple(rules),
        classed=True,
    )


def _differing(before: Document, after: Document) -> list[str]:
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


def _side_by_side(
    old: Document,
    new: Document,
    changes: Mapping[str, Change],
    rules: tuple[RuleChange, ...],
    *,
    classed: bool,
) -> Comparison:
    was, now = items_of(old), items_of(new)
    kept_before = [code for code in was if code in now]
    kept_after = [code for code in now if code in was]
    return Comparison(
        before=old,
        after=new,
        fields=tuple(key for key in _differing(old, new) if key not in ("sections", "version")),
        sections=_sections(old, new),
        items=tuple(_item(code, was.get(code), now.get(code), changes.get(code)) for code in {**now, **was}),
        rules=rules,
        moved=kept_before != kept_after,
        classed=classed,
    )


def _item(
    code: str,
    before: tuple[str, dict[str, Any]] | None,
    after: tuple[str, dict[str, Any]] | None,
    change: Change | None,
) -> ItemDifference:
    fields = _differing(before[1], after[1]) if before and after else []
    if before and after and before[0] != after[0]:
        fields.append("section")
    return ItemDifference(
        item=code,
        change=change,
        fields=tuple(fields),
        section_before=before[0] if before else "",
        section_after=after[0] if after else "",
        before=before[1] if before else None,
        after=after[1] if after else None,
    )


def _sections(old: Document, new: Document) -> tuple[SectionDifference, ...]:
    before = {str(one.get("code")): one for one in old.get("sections") or ()}
    after = {str(one.get("code")): one for one in new.get("sections") or ()}
    found = []
    for code in {**after, **before}:
        was, now = before.get(code), after.get(code)
        fields = [key for key in _differing(was or {}, now or {}) if key != "items"]
        if fields:
            found.append(SectionDifference(code, tuple(fields), was, now))
    return tuple(found)


@dataclass(frozen=True)
class Piece:
    """A run of words: in both texts, only in the old one, or only in the new one."""

    kind: str
    words: str


def marked(before: str, after: str) -> list[Piece]:
    """The two texts as one, word by word, with what went and what came."""
    old, new = re.findall(r"\S+\s*|\s+", before), re.findall(r"\S+\s*|\s+", after)
    found: list[Piece] = []
    bare_old, bare_new = [word.strip() for word in old], [word.strip() for word in new]
    for tag, a, b, c, d in SequenceMatcher(None, bare_old, bare_new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(new[c:d])))
            continue
        if b > a:
            found.append(Piece("gone", "".join(old[a:b])))
        if d > c:
            found.append(Piece("new", "".join(new[c:d])))
    return found
