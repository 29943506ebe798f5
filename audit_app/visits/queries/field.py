"""What a shopper or auditor sees of their own visits: lists, the sheet to fill, receipts, photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.models import Brand, Location, Role
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard
from audit_app.standards.models import StandardVersion as VersionRow
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.definition import Version
from audit_app.visits.models import (
    Draft,
    Evidence,
    EvidenceState,
    Review,
    ReviewDecision,
    Revision,
    RevisionState,
    Visit,
    VisitFlag,
    VisitState,
    VisitStep,
)
from audit_app.visits.queries.access import DESK, result_readable_by
from audit_app.visits.rules import drafts
from audit_app.visits.rules.entries import Entry
from audit_app.visits.rules.submission import opened_items

_MINUTES: Any = VersionRow.__table__.c.document["minutes"].as_integer()  # type: ignore[attr-defined]
"""How long filling takes, read inside the database, so that no whole document travels for a list."""

SHOWN_TO_SHOPPER = tuple(state for state in VisitState if state is not VisitState.PLANNED)
MOST_SENT = 30
"""Finished visits in the list; the newest first."""


@dataclass(frozen=True)
class VisitLine:
    """A visit in the list of whoever makes it."""

    id: UUID
    state: str
    kind: str
    channel: str
    place: str
    brand: str
    city: str
    timezone: str
    from_on: date
    due_on: date
    minutes: int | None
    title: Mapping[str, str]
    submitted_at: datetime | None
    return_due_at: datetime | None
    draft_at: datetime | None
    flagged: bool = False
    """Whether something looked unusual that they may still say a word to."""


def my_visits(session: Session, person_id: UUID) -> list[VisitLine]:
    """Everything open of this person by its due day, then the newest finished ones; one query each."""
    open_states = [
        VisitState.RETURNED,
        VisitState.OFFERED,
        VisitState.STARTED,
        VisitState.ACCEPTED,
    ]
    done = [state for state in SHOWN_TO_SHOPPER if state not in open_states]
    unanswered = (
        sa.select(sa.literal(1))
        .select_from(VisitFlag)
        .where(col(VisitFlag.visit_id) == col(Visit.id), col(VisitFlag.answer) == "")
        .exists()
    )
    base = (
        sa.select(
            col(Visit.id),
            col(Visit.state),
            col(Visit.kind),
            col(Visit.channel),
            col(Location.name),
            col(Brand.name),
            col(Location.city),
            col(Location.timezone),
            col(Visit.from_on),
            col(Visit.due_on),
            _MINUTES,
            col(Standard.title),
            col(Visit.submitted_at),
            col(Visit.return_due_at),
            col(Draft.updated_at),
            sa.and_(col(Visit.state) == VisitState.SUBMITTED, unanswered),
        )
        .join(Location, col(Location.id) == col(Visit.location_id))
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .join(VersionRow, col(VersionRow.id) == col(Visit.version_id))
        .join(Standard, col(Standard.id) == col(VersionRow.standard_id))
        .outerjoin(Draft, col(Draft.visit_id) == col(Visit.id))
        .where(col(Visit.shopper_id) == person_id)
    )
    connection = session.connection()
    rows = connection.execute(
        base.where(col(Visit.state).in_(open_states)).order_by(col(Visit.due_on), col(Visit.id)).limit(200)
    ).all()
    sent = connection.execute(
        base.where(col(Visit.state).in_(done))
        .order_by(col(Visit.submitted_at).desc().nulls_last(), col(Visit.due_on).desc())
        .limit(MOST_SENT)
    ).all()
    return [VisitLine(*tuple(row)) for row in [*rows, *sent]]


@dataclass(frozen=True)
class Place:
    """Where a visit goes."""

    name: str
    brand: str
    city: str
    timezone: str
    attributes: Mapping[str, str]


_PLACE = (
    sa.select(
        col(Location.name),
        col(Brand.name),
        col(Location.city),
        col(Location.timezone),
        col(Location.attributes),
    )
    .join(Brand, col(Brand.id) == col(Location.brand_id))
    .where(col(Location.id) == sa.bindparam("location"))
)


def place_of(session: Session, visit: Visit) -> Place:
    """The location of a visit."""
    return Place(*session.connection().execute(_PLACE, {"location": visit.location_id}).one())


@dataclass(frozen=True)
class Sheet:
    """A visit as it is filled: its version, its place, what was answered and what may be."""

    visit: Visit
    version: Version
    place: Place
    notebook: drafts.Notebook
    sent: Mapping[str, Entry] = field(default_factory=dict)
    """The answers that came back with a return; empty before the first submission."""
    sent_number: int = 0
    opened: frozenset[str] | None = None
    """What a correction may change; None: everything."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def answers(self) -> dict[str, Entry]:
        """What would be sent now."""
        return drafts.answers_over(self.sent, self.notebook)


def sheet_of(session: Session, visit: Visit) -> Sheet:
    """Everything needed to show or save answers of a visit that was loaded for whoever fills it."""
    version = version_by_id(session, visit.version_id)
    place = place_of(session, visit)
    notebook = notebook_of(session, visit.id)
    if visit.state != VisitState.RETURNED or visit.revision_id is None:
        return Sheet(visit, version, place, notebook)
    sent, number = revision_answers(session, visit.revision_id)
    reasons, note = return_reasons(session, visit.id)
    opened = opened_items(version, sent, reasons, place.attributes)
    return Sheet(visit, version, place, notebook, sent, number, opened, reasons, note)


def void_reason(session: Session, visit: Visit) -> str:
    """Why a visit does not count; empty for one that does."""
    if visit.state != VisitState.VOID:
        return ""
    steps = sa.select(col(VisitStep.reason)).where(
        col(VisitStep.visit_id) == visit.id, col(VisitStep.to_state) == VisitState.VOID
    )
    found = session.connection().execute(steps.order_by(col(VisitStep.at).desc()).limit(1))
    return found.scalar_one_or_none() or ""


_NOTEBOOK = sa.select(col(Draft.base), col(Draft.answers), col(Draft.bases), col(Draft.conflicts)).where(
    col(Draft.visit_id) == sa.bindparam("visit")
)


def notebook_of(session: Session, visit_id: UUID) -> drafts.Notebook:
    """The draft as values; an empty one when nothing was given yet."""
    row = session.connection().execute(_NOTEBOOK, {"visit": visit_id}).one_or_none()
    return drafts.Notebook(*row) if row else drafts.Notebook()


def revision_answers(session: Session, revision_id: UUID) -> tuple[dict[str, Entry], int]:
    """The answers of a revision and its number."""
    row = (
        session.connection()
        .execute(
            sa.select(col(Revision.answers), col(Revision.number)).where(col(Revision.id) == revision_id)
        )
        .one()
    )
    return dict(row[0]), row[1]


def return_reasons(session: Session, visit_id: UUID) -> tuple[dict[str, str], str]:
    """Why the visit came back: reasons by item, and a note for the whole."""
    row = (
        session.connection()
        .execute(
            sa.select(col(Review.reasons), col(Review.note))
            .where(col(Review.visit_id) == visit_id, col(Review.decision) == ReviewDecision.RETURN)
            .order_by(col(Review.at).desc())
            .limit(1)
        )
        .one_or_none()
    )
    return (dict(row[0]), row[1]) if row else ({}, "")


@dataclass(frozen=True)
class Receipt:
    """What whoever sent a submission holds in hand."""

    id: UUID
    visit_id: UUID
    number: int
    received_at: datetime
    sha256: str
    state: str
    missing_evidence: tuple[str, ...]
    first: bool = False


def receipt_of(session: Session, visit_id: UUID, revision_id: UUID, *, first: bool = False) -> Receipt:
    """The receipt of a revision, with the photos that have not arrived yet."""
    row = (
        session.connection()
        .execute(
            sa.select(
                col(Revision.number),
                col(Revision.received_at),
                col(Revision.sha256),
                col(Revision.state),
                col(Revision.answers),
            ).where(col(Revision.id) == revision_id, col(Revision.visit_id) == visit_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound
    promised = {sha for entry in row[4].values() for sha in entry.get("evidence") or ()}
    return Receipt(
        revision_id,
        visit_id,
        row[0],
        row[1],
        row[2],
        row[3],
        tuple(sorted(promised & set(awaited(session, visit_id)))) if promised else (),
        first,
    )


def awaited(session: Session, visit_id: UUID) -> list[str]:
    """The photos of a visit that were promised and have not arrived."""
    return list(
        session.exec(
            select(Evidence.sha256)
            .where(Evidence.visit_id == visit_id, Evidence.state == EvidenceState.EXPECTED)
            .distinct()
        ).all()
    )


def last_revision(session: Session, visit_id: UUID) -> UUID | None:
    """The newest submission of a visit that counts."""
    return session.exec(
        select(Revision.id)
        .where(Revision.visit_id == visit_id, Revision.state == RevisionState.ACCEPTED)
        .order_by(col(Revision.number).desc())
        .limit(1)
    ).first()


@dataclass(frozen=True)
class Photo:
    """A photo beside an answer; `id` leads to its file once it has arrived."""

    id: UUID
    item: str
    sha256: str
    state: str
    here: bool
    reason: str = ""


def photos_of(session: Session, visit_id: UUID) -> dict[tuple[str, str], Photo]:
    """Every photo of a visit by item and SHA-256."""
    rows = session.connection().execute(
        sa.select(
            col(Evidence.id),
            col(Evidence.item),
            col(Evidence.sha256),
            col(Evidence.state),
            col(Evidence.file),
            col(Evidence.reason),
        ).where(col(Evidence.visit_id) == visit_id)
    )
    return {
        (row[1], row[2]): Photo(row[0], row[1], row[2], row[3], row[4] is not None, row[5]) for row in rows
    }


@dataclass(frozen=True)
class Awaited:
    """A photo somebody promised: the rows it fills, whether it is here already, and the zone of its place."""

    ids: Sequence[UUID]
    missing: bool
    timezone: str


def awaited_photo(session: Session, person_id: UUID, sha256: str) -> Awaited | None:
    """Where this photo of this person belongs; None when no answer of theirs names it."""
    rows = (
        session.connection()
        .execute(
            sa.select(col(Evidence.id), col(Evidence.file), col(Location.timezone))
            .join(Visit, col(Visit.id) == col(Evidence.visit_id))
            .join(Location, col(Location.id) == col(Visit.location_id))
            .where(col(Evidence.sha256) == sha256, col(Visit.shopper_id) == person_id)
        )
        .all()
    )
    if not rows:
        return None
    return Awaited([row[0] for row in rows], any(row[1] is None for row in rows), rows[0][2])


def photo_for(session: Session, evidence_id: UUID, actor: Actor) -> Evidence:
    """A photo whose file this reader may see: their own, one to plan or review, or one of a result they may read."""
    found = session.exec(
        select(Evidence)
        .join(Visit, col(Visit.id) == col(Evidence.visit_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(
            Evidence.id == evidence_id,
            col(Evidence.file).is_not(None),
            sa.or_(
                col(Visit.shopper_id) == actor.id,
                locations_within(actor.scope(*DESK, Role.REVIEWER)),
                result_readable_by(actor),
            ),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found
