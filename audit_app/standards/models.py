"""Tables of the standards: a standard, its versions, and the steps of a draft for undo."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, String, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class VersionState(StrEnum):
    """Where a version stands; only a draft may change."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Standard(SQLModel, table=True):
    """A service standard, identified by its code for ever."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    title: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The title of the newest published version, else of the draft."""
    created_at: datetime = Field(default_factory=clock.now)


class StandardVersion(SQLModel, table=True):
    """One version: the whole checklist as a document. A trigger refuses any change to a published document."""

    __tablename__ = "standard_version"
    __table_args__ = (UniqueConstraint("standard_id", "number"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id", index=True)
    number: int
    state: str = Field(default=VersionState.DRAFT, max_length=10, sa_type=String, index=True)
    document: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    fingerprint: str = Field(default="", max_length=64)
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """How each item differs from the version before: same, comparable or new."""
    edition: int = 0
    """Counts the saves of a draft; an edit names the edition it saw."""
    created_at: datetime = Field(default_factory=clock.now)
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    published_at: datetime | None = None
    published_by: UUID | None = Field(default=None, foreign_key="person.id")
    retired_at: datetime | None = None


class StandardPicture(SQLModel, table=True):
    """A picture of good practice, by the name items call it.

    A name means one picture for ever within its standard (a trigger refuses changes), so a published version keeps the
    picture it was published with, whatever a later draft uploads.
    """

    __tablename__ = "standard_picture"
    __table_args__ = (UniqueConstraint("standard_id", "name"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id")
    name: str = Field(max_length=200)
    file: str = Field(max_length=80)
    """Random name below the photos folder."""
    sha256: str = Field(max_length=64)
    """Of the picture as it is kept."""
    width: int
    height: int
    added_at: datetime = Field(default_factory=clock.now)
    added_by: UUID | None = Field(default=None, foreign_key="person.id")


class DraftStep(SQLModel, table=True):
    """What a draft was before an edit, so that the edit can be undone; once undone, what it was after it."""

    __tablename__ = "draft_step"
    __table_args__ = (UniqueConstraint("version_id", "edition"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    version_id: UUID = Field(foreign_key="standard_version.id", index=True, ondelete="CASCADE")
    edition: int
    document: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    what: str = Field(default="", max_length=200)
    made_by: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(default_factory=clock.now)
    undone: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
