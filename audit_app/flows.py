"""After this, do that: every consequence that crosses slices, in one table.

An action tells a fact through `announce`; what follows runs in the same transaction, in this order. If one of them
fails, nothing has happened.
"""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from audit_app.scoring.actions import count_release, score_visit, uncount_release
from audit_app.standards.events import StandardPublished, StandardRetired
from audit_app.visits.events import VisitApproved, VisitReleased, VisitReturned, VisitSubmitted, VisitVoided

Tell = Callable[[object], None]
Act = Callable[[Session, Any, Tell], None]

AFTER: dict[type, list[Act]] = {
    StandardPublished: [],
    StandardRetired: [],
    VisitSubmitted: [score_visit],
    VisitApproved: [],
    VisitReturned: [],
    VisitReleased: [count_release],
    VisitVoided: [uncount_release],
}
"""Which actions follow which event."""


def announcer(session: Session) -> Tell:
    """A function that tells an event to everybody who acts on it."""

    def announce(event: object) -> None:
        for act in AFTER[type(event)]:
            act(session, event, announce)

    return announce
