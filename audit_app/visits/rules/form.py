"""A sheet as the questions of a form: what each shows, what it asks for, what was said. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit_app.kit.i18n import _, pick
from audit_app.kit.i18n import gettext as _t
from audit_app.standards.rules.definition import (
    NA,
    Item,
    Version,
)
from audit_app.standards.rules.visibility import Visibility
from audit_app.visits.rules.entries import Entry


@dataclass(frozen=True)
class Question:
    """One question on the page."""

    item: Item
    number: int
    entry: Entry
    shown: bool
    asks: tuple[str, ...]
    reason: str = ""
    said_twice: Sequence[Entry] = ()
    error: str = ""
    sent: Entry = field(default_factory=dict)
    """What had been answered when it was sent back."""

    @property
    def code(self) -> str:
        """The code of the item."""
        return self.item.code

    @property
    def answered(self) -> bool:
        """Whether something stands there as an answer."""
        return bool(self.entry.get("answer") or self.entry.get("evidence"))


@dataclass(frozen=True)
class Part:
    """A section with its questions; `questions` may all be hidden."""

    code: str
    title: Mapping[str, str]
    guidance: Mapping[str, str]
    questions: tuple[Question, ...]
    answered: int
    total: int
    left: int


def questions_of(
    version: Version,
    seen: Mapping[str, Visibility],
    answers: Mapping[str, Entry],
    asks: Mapping[str, tuple[str, ...]],
    *,
    opened: frozenset[str] | None = None,
    reasons: Mapping[str, str] | None = None,
    said_twice: Mapping[str, Sequence[Entry]] | None = None,
    errors: Mapping[str, str] | None = None,
    sent: Mapping[str, Entry] | None = None,
    standing: Mapping[str, tuple[int, int, int]] | None = None,
) -> list[Part]:
    """The sections with the questions this visit can come to; what does not apply to the place is not there at all."""
    parts: list[Part] = []
    number = 0
    for section in version.sections:
        questions: list[Question] = []
        for item in section.items:
            if seen[item.code] is Visibility.NOT_APPLYING:
                continue
            number += 1
            if opened is not None and item.code not in opened:
                continue
            questions.append(
                Question(
                    item,
                    number,
                    answers.get(item.code, {}),
                    seen[item.code] is Visibility.SHOWN,
                    asks.get(item.code, ()),
                    (reasons or {}).get(item.code, ""),
                    (said_twice or {}).get(item.code, ()),
                    (errors or {}).get(item.code, ""),
                    (sent or {}).get(item.code, {}),
                )
            )
        if questions:
            counts = (standing or {}).get(section.code, (0, 0, 0))
            parts.append(Part(section.code, section.title, section.guidance, tuple(questions), *counts))
    return parts


def mark_of(entry: Mapping[str, Any]) -> str:
    """A short mark of what a form showed, so that only what the person changed is taken for a change."""
    if not entry.get("answer") and not entry.get("comment"):
        return ""
    said = f"{entry.get('answer', '')}\x1f{entry.get('comment', '')}"
    return hashlib.blake2s(said.encode(), digest_size=4).hexdigest()


def needs_photo_field(item: Item) -> bool:
    """Whether any answer may ask for a photo, so that the form has a place for it."""
    return any("photo" in [kind.value for kind in kinds] for kinds in item.evidence.values())


_PLAIN = {
    "yes": _("Yes"),
    "no": _("No"),
    "pass": _("Done"),
    "partial": _("In part"),
    "fail": _("Not done"),
    "na": _("Not applicable"),
}


def answer_words(item: Item, text: str) -> str:
    """A stored answer as the reader would say it."""
    if not text:
        return ""
    if text == NA and item.na:
        return _t(_PLAIN[NA])
    if not item.options:
        return f"{text} {pick(item.unit)}".strip() if item.unit else text
    words = []
    for code in text.split(";"):
        option = item.option_by_code.get(code)
        own = pick(option.text) if option and option.text else ""
        words.append(own or (_t(_PLAIN[code]) if code in _PLAIN else code))
    return ", ".join(words)


@dataclass(frozen=True)
class Typed:
    """What a plain form said about one item."""

    answer: str
    comment: str
    was: str


def changed_by_form(typed: Mapping[str, Typed]) -> dict[str, Typed]:
    """Only the items whose words differ from what the form showed."""
    return {
        code: one
        for code, one in typed.items()
        if mark_of({"answer": one.answer, "comment": one.comment}) != one.was
    }
