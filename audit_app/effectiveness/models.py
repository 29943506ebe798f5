"""Tables of the studies: what was asked, what was found, what people decided, and the reports made of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, Index, LargeBinary, String
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class StudyState(StrEnum):
    """How far a study is; one that is done never changes."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (StudyState.QUEUED, StudyState.RUNNING)


class Study(SQLModel, table=True):
    """A question to the data: one standard, one period, and the parameters that fix every digit of the answer."""

    __table_args__ = (Index("ix_study_standard_asked", "standard_id", "asked_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id")
    from_on: date
    to_on: date
    plan: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Outcomes, controls, thresholds, thorough or quick, currency: `rules.document` reads and writes it."""
    thorough: bool = False
    state: str = Field(default=StudyState.QUEUED, max_length=10, sa_type=String, index=True)
    stage: str = Field(default="", max_length=200)
    """What is being done, as a msgid."""
    share: int = 0
    """How much of it is done, in percent."""
    attempt: int = 1
    """Counts the times it was handed to a worker: a stop in between hands it over again."""
    inputs_hash: str = Field(default="", max_length=64)
    result_hash: str = Field(default="", max_length=64)
    code_version: str = Field(default="", max_length=40)
    asked_by: UUID | None = Field(default=None, foreign_key="person.id")
    asked_at: datetime = Field(default_factory=clock.now)
    began_at: datetime | None = None
    seen_at: datetime | None = None
    """The last sign of life of whoever computes it."""
    ended_at: datetime | None = None
    problem: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Why it failed: `text` (msgid) and `values`."""


class StudyResult(SQLModel, table=True):
    """What a study found: append-only, so that a decision can always be traced to the numbers it was taken on."""

    __tablename__ = "study_result"

    study_id: UUID = Field(primary_key=True, foreign_key="study.id")
    findings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    behind: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What the drawings are made of: compliance over time, weeks before and after, places side by side."""
    facts: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    """The inputs themselves, packed: every figure opens to its rows even after the data have moved on."""
    made_at: datetime = Field(default_factory=clock.now)


class ItemDecision(SQLModel, table=True):
    """What a person decided about an item, on which study, and why: append-only; the newest one holds."""

    __tablename__ = "item_decision"
    __table_args__ = (Index("ix_item_decision_standard", "standard_id", "item", "at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id")
    item: str = Field(max_length=60)
    study_id: UUID = Field(foreign_key="study.id", index=True)
    proposed: str = Field(max_length=10)
    taken: str = Field(max_length=10)
    reason: str = Field(default="", max_length=2000)
    review_on: date | None = Field(default=None, index=True)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(default_factory=clock.now)


class StudyReport(SQLModel, table=True):
    """A PDF of a study in one language; made once, kept with the study."""

    __tablename__ = "study_report"

    study_id: UUID = Field(primary_key=True, foreign_key="study.id")
    locale: str = Field(primary_key=True, max_length=2)
    state: str = Field(default=StudyState.QUEUED, max_length=10, sa_type=String, index=True)
    attempt: int = 1
    problem: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    document: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    asked_by: UUID | None = Field(default=None, foreign_key="person.id")
    asked_at: datetime = Field(default_factory=clock.now)
    seen_at: datetime | None = None
    ended_at: datetime | None = None
