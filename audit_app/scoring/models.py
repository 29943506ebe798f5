"""The table of scores."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from audit_app.kit import clock


class VisitScore(SQLModel, table=True):
    """What one revision came to under one version and rule version; a trigger refuses any change of the result.

    The inputs stand beside the result (revision, version, attributes of the location that day), so the terms can be
    shown again by the same pure function at any time.
    """

    __tablename__ = "visit_score"
    __table_args__ = (
        UniqueConstraint("revision_id", "version_id", "rule_version"),
        Index("ix_visit_score_visit", "visit_id", "current"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    revision_id: UUID = Field(foreign_key="revision.id")
    version_id: UUID = Field(foreign_key="standard_version.id", index=True)
    rule_version: str = Field(max_length=20)
    attributes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    ratio: str | None = Field(default=None, max_length=4000)
    """The exact score as a fraction in lowest terms, such as 2/3; None where nothing was counted."""
    tenths: int | None = None
    """The score in tenths of a percent, rounded half up: for lists and sorting only."""
    passed: bool | None = None
    band: int | None = None
    """Place of the band in the version's list."""
    critical: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    na_share: str = Field(default="0", max_length=20)
    sections: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Code and tenths of each section."""
    current: bool = True
    """Whether this is the score of the visit; older ones stay."""
    computed_at: datetime = Field(default_factory=clock.now)


class ResultMonth(SQLModel, table=True):
    """Sums of the released scores of a location, standard, kind and month: what trends and lists are drawn from.

    Kept in the transaction that releases (or voids) a visit, so a page never adds up 200,000 rows. Sums are of tenths
    of a percent and their squares: mean and spread follow exactly; `actions.count_months` makes them anew from the scores.
    """

    __tablename__ = "result_month"

    location_id: UUID = Field(primary_key=True, foreign_key="location.id")
    standard_id: UUID = Field(primary_key=True, foreign_key="standard.id")
    kind: str = Field(primary_key=True, max_length=12)
    month: date = Field(primary_key=True, index=True)
    """The first day of the month of the visit, in the location's zone."""
    n: int = 0
    total: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    squares: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    passed: int = 0
    """How many of them passed (of those whose version has a pass mark)."""
    judged: int = 0
