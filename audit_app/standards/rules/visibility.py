"""Which items a visit sees, what is still missing, and how far it has come.

An item that does not apply to the location, or is hidden by its condition, is not asked: it leaves the score's numerator and
denominator. Conditions on answers know three values: an item that is unanswered, hidden, not applying or N/A says neither yes
nor no, `not` of that is still neither, and an item is shown only when its condition is surely true. (`is: ["na"]` asks for N/A
by name.) Attributes of a location are a list that somebody keeps: an attribute that is not there simply has no value, so every
comparison with it is false and `not` of it is true.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from audit_app.standards.rules.answers import Answer, Answers, Given, answers_in, evidence_for
from audit_app.standards.rules.definition import (
    BY_EVIDENCE,
    NA,
    AllOf,
    AnyOf,
    AtLeast,
    Comparison,
    Condition,
    Evidence,
    Is,
    Item,
    Not,
    Version,
)
from audit_app.standards.rules.fields import exact

Attributes = Mapping[str, str]
"""Attribute → value, as the location has them."""


class Visibility(StrEnum):
    SHOWN = "shown"
    HIDDEN = "hidden"
    NOT_APPLYING = "not_applying"


def visibility(version: Version, answers: Answers, attributes: Attributes) -> dict[str, Visibility]:
    """Every item's code, in order, with whether this visit sees it."""
    seen: dict[str, Visibility] = {}
    for section in version.sections:
        section_applies = section.applies_if is None or applies(section.applies_if, attributes)
        for item in section.items:
            if not section_applies or (
                item.applies_if is not None and not applies(item.applies_if, attributes)
            ):
                seen[item.code] = Visibility.NOT_APPLYING
            elif item.show_if is not None and _truth(item.show_if, answers, seen) is not True:
                seen[item.code] = Visibility.HIDDEN
            else:
                seen[item.code] = Visibility.SHOWN
    return seen


def visible_items(version: Version, answers: Answers, attributes: Attributes) -> tuple[Item, ...]:
    """The items this visit sees, in order."""
    seen = visibility(version, answers, attributes)
    return tuple(item for item in version.items if seen[item.code] is Visibility.SHOWN)


def applies(condition: Condition, attributes: Attributes) -> bool:
    """Whether a location with these attributes meets the condition."""
    if isinstance(condition, AllOf):
        return all(applies(part, attributes) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(applies(part, attributes) for part in condition.parts)
    if isinstance(condition, Not):
        return not applies(condition.part, attributes)
    value = attributes.get(condition.subject, "").strip()
    if isinstance(condition, Is):
        return value.casefold() in {wanted.casefold() for wanted in condition.values}
    number = exact(value)
    if number is None:
        return False
    return number >= condition.bound if isinstance(condition, AtLeast) else number <= condition.bound


def _truth(condition: Condition, answers: Answers, seen: Mapping[str, Visibility]) -> bool | None:
    """True, False, or None where an answer is missing (Kleene's logic)."""
    if isinstance(condition, AllOf | AnyOf):
        decisive = isinstance(condition, AnyOf)
        parts = [_truth(part, answers, seen) for part in condition.parts]
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if isinstance(condition, Not):
        inner = _truth(condition.part, answers, seen)
        return None if inner is None else not inner
    answer = answers.get(condition.subject)
    if answer is None or seen.get(condition.subject) is not Visibility.SHOWN:
        return None
    return compares(condition, answer)


def compares(comparison: Comparison, answer: Answer) -> bool | None:
    """One comparison with one answer; None when the answer is N/A and was not asked for by name."""
    if isinstance(comparison, Is):
        if answer.is_na and NA not in comparison.values:
            return None
        return any(code in comparison.values for code in answer.codes)
    if answer.is_na or answer.number is None:
        return None
    return (
        answer.number >= comparison.bound
        if isinstance(comparison, AtLeast)
        else answer.number <= comparison.bound
    )


class Lacking(StrEnum):
    ANSWER = "answer"
    COMMENT = "comment"
    PHOTO = "photo"


@dataclass(frozen=True)
class Missing:
    """Something that keeps a visit from being sent: this item still needs an answer, a comment or a photo."""

    item: str
    section: str
    what: Lacking


def missing(
    version: Version,
    givens: Mapping[str, Given],
    attributes: Attributes,
    seen: Mapping[str, Visibility] | None = None,
) -> tuple[Missing, ...]:
    """What is still to answer, to explain and to prove, in the order of the form. `seen`: the visibility, where known."""
    if seen is None:
        seen = visibility(version, answers_in(givens), attributes)
    return tuple(
        Missing(item.code, version.section_of[item.code].code, what)
        for item in version.items
        if seen[item.code] is Visibility.SHOWN
        for what in _lacking(item, givens.get(item.code, _NOTHING))
    )


_NOTHING: Final = Given(None)


def _lacking(item: Item, given: Given) -> Iterable[Lacking]:
    if given.answer is None:
        return [Lacking.ANSWER] if item.required else []
    lacking: list[Lacking] = []
    wanted = evidence_for(item, given.answer)
    by_picture = item.type in BY_EVIDENCE and not given.answer.is_na
    if Evidence.COMMENT in wanted and not given.comment:
        lacking.append(Lacking.COMMENT)
    if (Evidence.PHOTO in wanted or by_picture) and not given.evidence:
        lacking.append(Lacking.PHOTO)
    return lacking


@dataclass(frozen=True)
class Progress:
    """“12 of 40 · 3 required left”: counted over what this visit sees. `lacking` counts proofs still to give."""

    section: str
    answered: int
    total: int
    required_left: int
    lacking: int


def progress(version: Version, givens: Mapping[str, Given], attributes: Attributes) -> tuple[Progress, ...]:
    """How far each section has come, in order; a section this visit does not see at all has a total of 0."""
    seen = visibility(version, answers_in(givens), attributes)
    rows: list[Progress] = []
    for section in version.sections:
        answered = total = required_left = lacking = 0
        for item in section.items:
            if seen[item.code] is not Visibility.SHOWN:
                continue
            total += 1
            given = givens.get(item.code, _NOTHING)
            answered += given.answer is not None
            for what in _lacking(item, given):
                required_left += what is Lacking.ANSWER
                lacking += what is not Lacking.ANSWER
        rows.append(Progress(section.code, answered, total, required_left, lacking))
    return tuple(rows)


def progress_in_all(rows: Iterable[Progress]) -> Progress:
    """The same for the whole visit."""
    rows = tuple(rows)
    return Progress(
        section="",
        answered=sum(row.answered for row in rows),
        total=sum(row.total for row in rows),
        required_left=sum(row.required_left for row in rows),
        lacking=sum(row.lacking for row in rows),
    )
