"""Tables of the visits."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, Index, String, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class VisitState(StrEnum):
    """The twelve states of product.md 5."""

    PLANNED = "planned"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    STARTED = "started"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    RELEASED = "released"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    VOID = "void"


class VisitKind(StrEnum):
    """Why somebody goes: unknown to the place, announced, or at a competitor's."""

    MYSTERY = "mystery"
    AUDIT = "audit"
    COMPETITOR = "competitor"


class Channel(StrEnum):
    """How the visit is made."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    CHAT = "chat"
    SOCIAL = "social"
    WEB_ORDER = "web_order"
    DELIVERY = "delivery"


class Visit(SQLModel, table=True):
    """One planned or made check of a location."""

    __table_args__ = (
        Index("ix_visit_state_due", "state", "due_on"),
        Index("ix_visit_shopper_state", "shopper_id", "state"),
        Index("ix_visit_location_visited", "location_id", "visited_at", "state", "kind", "version_id"),
        Index("ix_visit_state_submitted", "state", "submitted_at"),
        Index("ix_visit_due", "due_on", "id"),
        Index("ix_visit_kind_due", "kind", "due_on"),
        Index("ix_visit_state_location", "state", "location_id"),
        Index("ix_visit_state_visited", "state", "visited_at"),
        Index("ix_visit_from", "from_on"),
        Index("ix_visit_visited", "visited_at"),
        Index("ix_visit_shopper_visited", "shopper_id", "visited_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reference: str | None = Field(default=None, max_length=80, unique=True)
    """The name other systems gave it (column `visit` of an import)."""
    location_id: UUID = Field(foreign_key="location.id")
    version_id: UUID = Field(foreign_key="standard_version.id", index=True)
    kind: str = Field(default=VisitKind.MYSTERY, max_length=12, sa_type=String)
    channel: str = Field(default=Channel.IN_PERSON, max_length=12, sa_type=String)
    state: str = Field(default=VisitState.PLANNED, max_length=10, sa_type=String)
    shopper_id: UUID | None = Field(default=None, foreign_key="person.id")
    employee_id: UUID | None = Field(default=None, foreign_key="employee.id", index=True)
    from_on: date
    due_on: date
    scenario: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What is special about this visit, beside the brief of the standard; by language."""
    source: str = Field(default="app", max_length=10)
    """app, import or demo."""
    planned_by: UUID | None = Field(default=None, foreign_key="person.id")
    planned_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    visited_at: datetime | None = None
    submitted_at: datetime | None = None
    return_due_at: datetime | None = None
    approved_at: datetime | None = None
    released_at: datetime | None = None
    revision_id: UUID | None = None
    """The revision that counts (the newest one that was accepted)."""
    void_paid: bool | None = None
    """Whether the shopper of a void visit is paid; None while it counts, and where nobody said."""


class VisitStep(SQLModel, table=True):
    """A change of state: when, by whom, why."""

    __tablename__ = "visit_step"
    __table_args__ = (
        Index(
            "ix_visit_step_report",
            "visit_id",
            sqlite_where=text("from_state = 'report'"),
            postgresql_where=text("from_state = 'report'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    at: datetime = Field(default_factory=clock.now)
    from_state: str = Field(default="", max_length=10)
    to_state: str = Field(max_length=10)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=2000)


class Draft(SQLModel, table=True):
    """The answers given so far, one document a visit; `base` counts the saves, `bases` says when each item last changed."""

    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    base: int = 0
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    bases: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    conflicts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Items changed on two devices at once: both answers, until a person chooses."""
    updated_at: datetime = Field(default_factory=clock.now)


class RevisionState(StrEnum):
    """Whether a submission counts, or is kept beside because somebody else's came first."""

    ACCEPTED = "accepted"
    CONFLICT = "conflict"


class Revision(SQLModel, table=True):
    """One submission, kept as it came: append-only. Its id is made on the phone."""

    __table_args__ = (
        UniqueConstraint("visit_id", "number"),
        Index(
            "ix_revision_kept",
            "state",
            "visit_id",
            sqlite_where=text("state = 'conflict'"),
            postgresql_where=text("state = 'conflict'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    number: int
    base_id: UUID | None = Field(default=None, foreign_key="revision.id")
    state: str = Field(default=RevisionState.ACCEPTED, max_length=10, sa_type=String)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    sha256: str = Field(max_length=64)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    device_now: datetime | None = None
    received_at: datetime = Field(default_factory=clock.now)
    place: dict[str, float] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """Where the phone was when it was sent, if the shopper let it say so: latitude, longitude, accuracy in metres."""
    inspected: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether odd things were looked for when it came (imported reports were not made on a phone of ours)."""


class KeptChoice(SQLModel, table=True):
    """What a person decided about a submission that was kept beside another one; without a row nobody has decided yet."""

    __tablename__ = "kept_choice"

    revision_id: UUID = Field(primary_key=True, foreign_key="revision.id")
    taken: bool
    """Whether its answers count now (as a new revision) or it was only looked at and laid aside."""
    reason: str = Field(max_length=1000)
    by_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(default_factory=clock.now)


class VisitFlag(SQLModel, table=True):
    """Something odd about a visit, with its numbers, and what the shopper says to it; see rules/flags.py."""

    __tablename__ = "visit_flag"
    __table_args__ = (UniqueConstraint("visit_id", "code"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    code: str = Field(max_length=20)
    numbers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(default_factory=clock.now)
    answer: str = Field(default="", max_length=1000)
    answered_at: datetime | None = None


class CommentMark(SQLModel, table=True):
    """The mark of a long comment (a hash of its bare letters), to notice when it stands in another report."""

    __tablename__ = "comment_mark"

    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    item: str = Field(primary_key=True, max_length=64)
    mark: str = Field(max_length=32, index=True)


class EvidenceState(StrEnum):
    """What became of a photo: promised, here, taken or refused."""

    EXPECTED = "expected"
    UPLOADED = "uploaded"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Evidence(SQLModel, table=True):
    """A photo or signature for an item. The file is re-encoded; place and time from its metadata are kept here only."""

    __table_args__ = (UniqueConstraint("visit_id", "item", "sha256"), Index("ix_evidence_sha256", "sha256"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    item: str = Field(max_length=60)
    sha256: str = Field(max_length=64)
    """Of the bytes the phone sent."""
    state: str = Field(default=EvidenceState.EXPECTED, max_length=10, sa_type=String)
    reason: str = Field(default="", max_length=500)
    file: str | None = Field(default=None, max_length=80)
    """Random name below the photos folder; never the sender's name."""
    source: str = Field(default="", max_length=8, sa_column_kwargs={"server_default": ""})
    """What the phone says of it: camera, library, hand; empty when nobody said."""
    media_type: str = Field(default="image/jpeg", max_length=40)
    bytes: int = 0
    width: int = 0
    height: int = 0
    look: str = Field(default="", max_length=16)
    """Perceptual hash of the picture, 64 bits in hex, to notice a reused photo."""
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    added_at: datetime = Field(default_factory=clock.now)


class ReviewDecision(StrEnum):
    """What a reviewer may decide."""

    APPROVE = "approve"
    RETURN = "return"
    VOID = "void"


class Review(SQLModel, table=True):
    """A reviewer's decision on one revision; `reasons` by item when it goes back."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    revision_id: UUID | None = Field(default=None, foreign_key="revision.id")
    decision: str = Field(max_length=10, sa_type=String)
    reasons: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    note: str = Field(default="", max_length=2000)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(default_factory=clock.now)
