"""A small standard, a published version of it, and visits in any state."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from audit_app.organisation.models import Location, Person
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.standards.rules.canonical import canonical, fingerprint
from audit_app.visits.models import Channel, Revision, Visit, VisitKind, VisitState

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def text(words: str) -> dict[str, str]:
    """The same words marked in each language, so that a test can tell them apart."""
    return {"en": words, "ru": f"{words} (ru)", "uk": f"{words} (uk)"}


DOCUMENT: dict[str, Any] = {
    "code": "small-shop",
    "version": 1,
    "title": text("Small shop"),
    "brief": text("Walk in and look around."),
    "languages": ["en", "ru", "uk"],
    "channels": ["in_person"],
    "kinds": ["mystery", "audit", "competitor"],
    "minutes": 10,
    "aggregation": "sections",
    "bands": [{"from": 0, "name": text("Weak"), "tone": "bad"}, {"from": 75, "name": text("Good"), "tone": "good"}],
    "pass_mark": 75,
    "sections": [
        {
            "code": "welcome",
            "title": text("Welcome"),
            "weight": 2,
            "items": [
                {"code": "greeted", "text": text("Were you greeted?"), "type": "yes_no", "weight": 4, "na": True,
                 "evidence": {"no": ["comment"]}},
                {"code": "smile", "text": text("Was the greeting friendly?"), "type": "scale",
                 "scale": {"min": 1, "max": 5}, "nature": "feeling", "weight": 1,
                 "show_if": {"item": "greeted", "is": ["yes"]}},
            ],
        },
        {
            "code": "till",
            "title": text("At the till"),
            "items": [
                {"code": "receipt", "text": text("Did you get a receipt?"), "type": "yes_no", "weight": 2,
                 "critical": {"effect": "cap_total", "at": 50}, "evidence": {"no": ["comment", "photo"]}},
                {"code": "note", "text": text("Anything else?"), "type": "text", "required": False},
            ],
        },
    ],
}  # fmt: skip
"""Two sections, four items: a condition, a critical item, required proof, an optional note."""

ALL_YES = {"greeted": {"answer": "yes"}, "smile": {"answer": "5"}, "receipt": {"answer": "yes"}}


def make_version(
    session: Session, document: dict[str, Any] | None = None, number: int = 1
) -> StandardVersion:
    """A published version (a new standard each time unless its code exists)."""
    whole = canonical({**(document or DOCUMENT), "version": number})
    standard = Standard(code=f"{whole['code']}-{uuid4().hex[:6]}", title=whole["title"])
    session.add(standard)
    session.flush()
    version = StandardVersion(
        standard_id=standard.id,
        number=number,
        state=VersionState.PUBLISHED,
        document=whole,
        fingerprint=fingerprint(whole),
        published_at=NOON - timedelta(days=30),
    )
    session.add(version)
    session.flush()
    return version


def make_visit(
    session: Session,
    location: Location,
    version: StandardVersion,
    shopper: Person | None = None,
    state: VisitState = VisitState.ACCEPTED,
    **more: Any,
) -> Visit:
    """A visit in that state, due next week."""
    visit = Visit(
        location_id=location.id,
        version_id=version.id,
        shopper_id=shopper.id if shopper else None,
        state=state,
        kind=more.pop("kind", VisitKind.MYSTERY),
        channel=Channel.IN_PERSON,
        from_on=more.pop("from_on", date(2026, 11, 1)),
        due_on=more.pop("due_on", date(2026, 11, 30)),
        **more,
    )
    session.add(visit)
    session.flush()
    return visit


def make_revision(
    session: Session,
    visit: Visit,
    answers: dict[str, Any] | None = None,
    number: int = 1,
    revision_id: UUID | None = None,
) -> Revision:
    """A submission that counts."""
    revision = Revision(
        id=revision_id or uuid4(),
        visit_id=visit.id,
        number=number,
        answers=ALL_YES if answers is None else answers,
        sha256="0" * 64,
        by_id=visit.shopper_id,
        finished_at=NOON,
        received_at=NOON,
    )
    session.add(revision)
    session.flush()
    visit.revision_id = revision.id
    visit.visited_at = visit.visited_at or NOON
    session.add(visit)
    session.flush()
    return revision
