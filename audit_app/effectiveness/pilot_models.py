"""Tables of the pilots: a change rolled out by lot, and when each location starts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, String
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class PilotState(StrEnum):
    """How far a pilot is. The draw never changes once it is planned."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"


class Pilot(SQLModel, table=True):
    """One item, or a whole version, that begins at every chosen location, in an order decided by chance."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id", index=True)
    item: str = Field(default="", max_length=60)
    """Empty when the whole version is tried."""
    version_id: UUID | None = Field(default=None, foreign_key="standard_version.id")
    region_id: UUID | None = Field(default=None, foreign_key="region.id")
    format: str = Field(default="", max_length=60)
    first_on: date
    """A Monday."""
    steps: int
    between: int
    """Weeks from one step to the next."""
    seed: int
    state: str = Field(default=PilotState.PLANNED, max_length=10, sa_type=String, index=True)
    least_effect: float | None = None
    """What it could find four times out of five, as a change of log conversion, when it was planned."""
    planned_by: UUID | None = Field(default=None, foreign_key="person.id")
    planned_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    reason: str = Field(default="", max_length=2000)
    """Why it was stopped."""
    result: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    measured_at: datetime | None = None


class PilotStep(SQLModel, table=True):
    """When a location starts, by lot; when it really did, by a person's word."""

    __tablename__ = "pilot_step"

    pilot_id: UUID = Field(primary_key=True, foreign_key="pilot.id")
    location_id: UUID = Field(primary_key=True, foreign_key="location.id", index=True)
    place: int
    """Its number in the draw: with stratum and seed the draw can be done again."""
    stratum: int
    step: int
    starts_on: date
    started_on: date | None = None
    noted_by: UUID | None = Field(default=None, foreign_key="person.id")
    noted_at: datetime | None = None
