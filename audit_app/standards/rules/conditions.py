"""Reads the conditions of show_if and applies_if.

An item's condition may only look back, at items that stand earlier: then the form can be walked from top to bottom,
no circle is possible, and one pass decides what is shown.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.answers import AnswerNotUnderstood, read_answer
from audit_app.standards.rules.definition import (
    DEEPEST_CONDITION,
    LARGEST_VALUE,
    MOST_CONDITIONS,
    NUMERIC,
    AllOf,
    AnswerType,
    AnyOf,
    AtLeast,
    AtMost,
    Comparison,
    Condition,
    Is,
    Item,
    Not,
)
from audit_app.standards.rules.fields import QUOTE_IT, Fields, exact, shown
from audit_app.standards.rules.values import read_decimal, read_duration, read_time

_COMBINERS: Final = ("all", "any", "not")

_Compare = Callable[[Fields], Condition | None]


def read_show_if(
    fields: Fields, earlier: Mapping[str, Item | None], all_codes: frozenset[str]
) -> Condition | None:
    """The condition on earlier items; `earlier` holds None for an item that could not be read itself."""

    def compare(at: Fields) -> Condition | None:
        at.only("item", "is", "at_least", "at_most")
        subject = at.get("item")
        if not isinstance(subject, str):
            at.wrong("item", _("name the earlier item whose answer decides"))
            return None
        if subject not in earlier:
            at.wrong(
                "item",
                _("“%(item)s” does not stand earlier; a condition can only look at items above")
                if subject in all_codes
                else _("there is no item “%(item)s”"),
                item=shown(subject),
            )
            return None
        item = earlier[subject]
        return None if item is None else _item_comparison(at, item)

    return _condition(fields, compare)


def read_applies_if(fields: Fields) -> Condition | None:
    """The condition on the location's attributes."""

    def compare(at: Fields) -> Condition | None:
        at.only("attribute", "is", "at_least", "at_most")
        subject = at.line("attribute")
        if not subject:
            at.wrong("attribute", _("name the location's attribute that decides"))
            return None
        return _attribute_comparison(at, subject)

    return _condition(fields, compare)


def _condition(fields: Fields, compare: _Compare) -> Condition | None:
    budget = [MOST_CONDITIONS]

    def read(at: Fields, depth: int) -> Condition | None:
        budget[0] -= 1
        if depth > DEEPEST_CONDITION or budget[0] < 0:
            if budget[0] >= -1:
                at.wrong((), _("this condition is too large; say it more simply"))
            return None
        combiners = [key for key in _COMBINERS if at.has(key)]
        if not combiners:
            return compare(at)
        if len(at.raw) > 1:
            at.wrong((), _("only one of all, any, not or a comparison can stand here"))
            return None
        if combiners[0] == "not":
            inner = at.entry("not")
            part = read(inner, depth + 1) if inner else None
            return Not(part) if part else None
        entries = at.entries(combiners[0], MOST_CONDITIONS)
        if not entries:
            at.wrong(combiners[0], _("at least one condition must stand here"))
        parts = tuple(part for entry in entries if (part := read(entry, depth + 1)))
        if not parts:
            return None
        return AllOf(parts) if combiners[0] == "all" else AnyOf(parts)

    return read(fields, 1)


def _one_comparison(at: Fields) -> str | None:
    found = [key for key in ("is", "at_least", "at_most") if at.has(key)]
    if len(found) != 1:
        at.wrong((), _("exactly one of is, at_least and at_most must stand here"))
        return None
    return found[0]


def _texts(at: Fields) -> list[tuple[int, str]]:
    """The members of `is` as text, with their index."""
    members = at.members("is")
    if members is not None and not members:
        at.wrong("is", _("name at least one answer"))
    found: list[tuple[int, str]] = []
    for index, raw in enumerate(members or []):
        if isinstance(raw, bool):
            at.wrong(("is", index), QUOTE_IT)
        elif isinstance(raw, list | tuple | dict) or raw is None or not str(raw).strip():
            at.wrong(("is", index), _("this must be a text"))
        else:
            found.append((index, str(raw).strip()))
    return found


def _item_comparison(at: Fields, item: Item) -> Condition | None:
    key = _one_comparison(at)
    if key == "is":
        if item.type is AnswerType.TEXT:
            at.wrong(
                "item",
                _("“%(item)s” is answered in free words; a condition cannot rest on them"),
                item=item.code,
            )
            return None
        values: set[str] = set()
        for index, text in _texts(at):
            try:
                answer = read_answer(item, text)
            except AnswerNotUnderstood:
                at.wrong(
                    ("is", index),
                    _("“%(answer)s” is no answer to “%(item)s”"),
                    answer=shown(text),
                    item=item.code,
                )
                continue
            if answer.is_na or len(answer.codes) == 1:
                values.update(answer.codes)
            else:
                at.wrong(("is", index), _("name one answer at a time"))
        return Is(item.code, tuple(sorted(values))) if values else None
    if key is None:
        return None
    if item.type not in NUMERIC:
        at.wrong(
            "item", _("“%(item)s” is not answered by a number; only “is” can compare it"), item=item.code
        )
        return None
    bound = read_value(item.type, at.get(key))
    if bound is None or abs(bound) > LARGEST_VALUE:
        at.wrong(
            key,
            _("“%(value)s” cannot be compared with the answers to “%(item)s”"),
            value=shown(at.get(key)),
            item=item.code,
        )
        return None
    return AtLeast(item.code, bound) if key == "at_least" else AtMost(item.code, bound)


def _attribute_comparison(at: Fields, subject: str) -> Condition | None:
    key = _one_comparison(at)
    if key == "is":
        values = {text for _index, text in _texts(at)}
        return Is(subject, tuple(sorted(values))) if values else None
    if key is None:
        return None
    bound = at.number(key, -LARGEST_VALUE, LARGEST_VALUE, places=6)
    if bound is None:
        return None
    return AtLeast(subject, bound) if key == "at_least" else AtMost(subject, bound)


def read_value(kind: AnswerType, raw: object) -> Fraction | None:
    """A number in the unit of this type of answer: seconds for durations, minutes since midnight for times."""
    if isinstance(raw, str):
        text = raw.strip()
        if kind is AnswerType.TIME:
            return read_time(text)
        return read_duration(text) if kind is AnswerType.DURATION else read_decimal(text)
    number = exact(raw)
    if number is None or kind is AnswerType.TIME or (number * 10**6).denominator != 1:
        return None
    return None if kind is AnswerType.DURATION and number < 0 else number


def comparisons_in(condition: Condition) -> tuple[Comparison, ...]:
    """All comparisons a condition is made of, from left to right."""
    if isinstance(condition, AllOf | AnyOf):
        return tuple(one for part in condition.parts for one in comparisons_in(part))
    return comparisons_in(condition.part) if isinstance(condition, Not) else (condition,)
