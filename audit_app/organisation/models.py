"""Tables of the organisation."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class Role(StrEnum):
    """What a person may be here; contracts.md 2."""

    ADMINISTRATOR = "administrator"
    QUALITY_MANAGER = "quality_manager"
    REVIEWER = "reviewer"
    TRAINER = "trainer"
    REGION_MANAGER = "region_manager"
    LOCATION_MANAGER = "location_manager"
    EMPLOYEE = "employee"
    PROCESS_OWNER = "process_owner"
    EXECUTIVE = "executive"
    SHOPPER = "shopper"
    AUDITOR = "auditor"


class Brand(SQLModel, table=True):
    """A name over the door: our own, or a competitor's."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    own: bool = True


class Region(SQLModel, table=True):
    """A part of the network with one manager over it."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)


class Location(SQLModel, table=True):
    """A place a customer can go to, or call."""

    __table_args__ = (
        CheckConstraint("latitude is null or latitude between -90 and 90", name="location_latitude"),
        CheckConstraint("longitude is null or longitude between -180 and 180", name="location_longitude"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    brand_id: UUID = Field(foreign_key="brand.id", index=True)
    region_id: UUID | None = Field(default=None, foreign_key="region.id", index=True)
    format: str = Field(default="", max_length=60)
    city: str = Field(default="", max_length=120)
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = Field(default="UTC", max_length=60)
    attributes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    active: bool = True


class Person(SQLModel, table=True):
    """Somebody who signs in."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    """Always in lower case."""
    name: str = Field(max_length=120)
    password_hash: str | None = Field(default=None, max_length=255)
    locale: str = Field(default="en", max_length=2)
    timezone: str = Field(default="UTC", max_length=60)
    active: bool = True
    created_at: datetime = Field(default_factory=clock.now)


class Grant(SQLModel, table=True):
    """A role of a person and its reach: the whole network when neither region nor location is named."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint("region_id is null or location_id is null", name="grant_one_reach"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    role: str = Field(max_length=20, sa_type=String)
    """One of `Role`."""
    region_id: UUID | None = Field(default=None, foreign_key="region.id", index=True)
    location_id: UUID | None = Field(default=None, foreign_key="location.id", index=True)


class Employee(SQLModel, table=True):
    """Somebody who works at a location; `person_id` when they sign in too."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    location_id: UUID = Field(foreign_key="location.id", index=True)
    role: str = Field(default="", max_length=60)
    hired_on: date | None = None
    active: bool = True
    person_id: UUID | None = Field(default=None, foreign_key="person.id", unique=True)


class Shopper(SQLModel, table=True):
    """What only the planners know of a shopper; stores never see a field of it."""

    person_id: UUID = Field(primary_key=True, foreign_key="person.id", ondelete="CASCADE")
    code: str = Field(max_length=60, unique=True)
    phone: str = Field(default="", max_length=40)
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    latitude: float | None = None
    longitude: float | None = None


class WebSession(SQLModel, table=True):
    """A signed-in browser; only the SHA-256 of the cookie is kept."""

    __tablename__ = "web_session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    created_at: datetime = Field(default_factory=clock.now)
    seen_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    device: str = Field(default="", max_length=120)


class Invitation(SQLModel, table=True):
    """A one-time link to choose a password: the first one, or a new one."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    made_by: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    used_at: datetime | None = None


class ApiToken(SQLModel, table=True):
    """A key for programs; only its SHA-256 is kept (it is long and random, a slow hash would only cost)."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    name: str = Field(default="", max_length=120)
    made_at: datetime = Field(default_factory=clock.now)
    revoked_at: datetime | None = None


class SignInFailure(SQLModel, table=True):
    """A wrong try; only these count towards the limits. `subject` is a keyed hash of the account or the address."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_subject_at", "subject", "at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    subject: str = Field(max_length=64)
    at: datetime = Field(default_factory=clock.now)


class IdempotencyKey(SQLModel, table=True):
    """The answer once given to a POST of the API, so that the same request again gets the same answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", ondelete="CASCADE")
    key: str = Field(max_length=120)
    sha256: str = Field(max_length=64)
    status: int
    answer: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(default_factory=clock.now)
