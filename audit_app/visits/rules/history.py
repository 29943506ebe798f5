"""How a report came to be what it is: what was sent, what was asked, what changed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit_app.visits.rules.entries import Entry, same


@dataclass(frozen=True)
class Sending:
    """A submission that counted when it came."""

    id: UUID
    number: int
    base_id: UUID | None
    received_at: datetime
    answers: Mapping[str, Entry]


@dataclass(frozen=True)
class Asked:
    """A return: on which submission, when, why as a whole and by item."""

    revision_id: UUID | None
    at: datetime
    note: str
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One answer of a correction, before and after."""

    item: str
    before: Entry
    after: Entry
    reason: str = ""
    """What had been asked about it; empty where it only came along (a question that appeared)."""


@dataclass(frozen=True)
class Round:
    """One submission, what it changed, and what was asked about it afterwards."""

    number: int
    received_at: datetime
    changes: tuple[Change, ...]
    untouched: tuple[str, ...]
    """Items that had been sent back and came as they were."""
    asked: Asked | None


def rounds(sent: Sequence[Sending], returns: Sequence[Asked], order: Sequence[str]) -> list[Round]:
    """Every submission in its turn; `order` is the order of the questions."""
    by_id = {one.id: one for one in sent}
    asked = {one.revision_id: one for one in sorted(returns, key=lambda one: one.at)}
    place = {code: n for n, code in enumerate(order)}
    found: list[Round] = []
    before: Sending | None = None
    for one in sorted(sent, key=lambda one: one.number):
        base = by_id.get(one.base_id, before) if one.base_id else before
        before = one
        reasons = asked[base.id].reasons if base and base.id in asked else {}
        changes: list[Change] = []
        if base is not None:
            items = {*base.answers, *one.answers}
            changes = [
                Change(item, base.answers.get(item, {}), one.answers.get(item, {}), reasons.get(item, ""))
                for item in sorted(items, key=lambda code: place.get(code, len(place)))
                if not same(base.answers.get(item), one.answers.get(item))
            ]
        changed = {change.item for change in changes}
        untouched = tuple(code for code in order if code in reasons and code not in changed)
        found.append(Round(one.number, one.received_at, tuple(changes), untouched, asked.get(one.id)))
    return found
