"""Tables of the outcomes: what customers did per location and day, sums of weeks, doubts, and where numbers come from."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, Column, Index, String
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


def _whole() -> Any:
    """A column of whole numbers that may be unknown."""
    return Field(default=None, sa_column=Column(BigInteger, nullable=True))


class OutcomeDay(SQLModel, table=True):
    """One location on one day. An empty field is unknown, which is not zero.

    Four fixed columns, because every study reads them at a columnar rate; further numbers of the same day in `more`.
    On SQLite the key is the table itself (no rowid), so a location's days lie side by side.
    """

    __tablename__ = "outcome_day"
    __table_args__ = (Index("ix_outcome_day_day", "day"), {"sqlite_with_rowid": False})

    location_id: UUID = Field(primary_key=True, foreign_key="location.id")
    day: date = Field(primary_key=True)
    """In the location's own zone."""
    visitors: int | None = _whole()
    transactions: int | None = _whole()
    revenue_cents: int | None = _whole()
    """Money is whole cents."""
    complaints: int | None = _whole()
    more: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Further measures by name: staff_hours, promotion, returns, …"""


class OutcomeWeek(SQLModel, table=True):
    """Sums of a location's week from Monday, kept beside the days, so that no page adds up 730,000 rows."""

    __tablename__ = "outcome_week"
    __table_args__ = (Index("ix_outcome_week_monday", "monday"), {"sqlite_with_rowid": False})

    location_id: UUID = Field(primary_key=True, foreign_key="location.id")
    monday: date = Field(primary_key=True)
    days: int = 0
    """Days of the week with any number."""
    full: int = 0
    """Days that have visitors and transactions, without which there is no conversion."""
    doubts: int = 0
    visitors: int | None = _whole()
    transactions: int | None = _whole()
    revenue_cents: int | None = _whole()
    complaints: int | None = _whole()


class DoubtKind(StrEnum):
    """Why a value is doubtful. It is used as it stands until somebody mends it."""

    MORE_SALES = "more_sales"
    """More transactions than visitors."""
    ZERO = "zero"
    """Nobody came or nobody bought on a day that is usually busy."""
    JUMP = "jump"
    """Far from what this location has on this day of the week."""
    NEGATIVE = "negative"
    """Revenue below zero."""


class OutcomeDoubt(SQLModel, table=True):
    """A doubtful value and what would be usual there; made anew whenever the location's days change."""

    __tablename__ = "outcome_doubt"
    __table_args__ = (Index("ix_outcome_doubt_day", "day"),)

    location_id: UUID = Field(primary_key=True, foreign_key="location.id")
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=12, sa_type=String)
    measure: str = Field(primary_key=True, max_length=40)
    value: float
    usual: float | None = None
    """What the location has on such a day of the week (median); for more sales than visitors: the visitors."""


class OutcomeMeasure(SQLModel, table=True):
    """A further measure that came with some file or source, so that nobody must search 730,000 documents for names."""

    __tablename__ = "outcome_measure"

    name: str = Field(primary_key=True, max_length=40)
    heading: str = Field(default="", max_length=120)
    """As its owner writes it."""
    since: datetime = Field(default_factory=clock.now)


class OutcomeHeading(SQLModel, table=True):
    """What a heading of the company's files means: chosen once by a person, remembered for the next file."""

    __tablename__ = "outcome_heading"

    heading: str = Field(primary_key=True, max_length=120)
    """In plain lower-case form."""
    meaning: str = Field(max_length=40)
    """location, date, a measure's name, or empty: not used."""
    chosen_by: UUID | None = Field(default=None, foreign_key="person.id")
    chosen_at: datetime = Field(default_factory=clock.now)


class OutcomeSource(SQLModel, table=True):
    """A declared source: a table or files with receipts, and how an engine sums them to location and day."""

    __tablename__ = "outcome_source"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    expression: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Where the rows are, their location and day, the measures; read by `rules.expressions`."""
    declared_by: UUID | None = Field(default=None, foreign_key="person.id")
    declared_at: datetime = Field(default_factory=clock.now)
    brought_at: datetime | None = None
    brought_rows: int | None = None
