"""Answers read once: against their version, at one location, with what the visit saw of the form. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit_app.standards.rules.answers import Answer, AnswerNotUnderstood, Given, answers_in, read_given
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.visibility import Visibility, visibility


@dataclass(frozen=True)
class Filled:
    """A filled form: everything that checking, scoring and flagging ask about it."""

    version_id: UUID
    version: Version
    attributes: Mapping[str, str]
    givens: Mapping[str, Given]
    answers: Mapping[str, Answer]
    seen: Mapping[str, Visibility]
    unread: tuple[AnswerNotUnderstood, ...]
    first: bool = True
    """Whether the visit had no revision before this one."""


def fill(
    version_id: UUID,
    version: Version,
    document: Mapping[str, Mapping[str, Any]],
    attributes: Mapping[str, str],
    *,
    first: bool = True,
) -> Filled:
    """The answers document as read; what cannot be read is in `unread`."""
    givens, unread = read_given(version, document)
    answers = answers_in(givens)
    seen = visibility(version, answers, attributes)
    return Filled(version_id, version, attributes, givens, answers, seen, tuple(unread), first)
