"""Shapes of what the desk may submit about visits."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from audit_app.kit.web import Bound
from audit_app.visits.models import Channel, VisitKind

Text = Field(default="", max_length=2000)


class PlanVisit(Bound):
    """The form of a plan; place and people are typed and looked up afterwards."""

    location: str = Field(min_length=1, max_length=300)
    version: UUID
    kind: VisitKind = VisitKind.MYSTERY
    channel: Channel = Channel.IN_PERSON
    from_on: date
    due_on: date
    how: Literal["nobody", "offer", "assign"] = "nobody"
    person: str = Field(default="", max_length=400)
    employee: str = Field(default="", max_length=300)
    rotation_reason: str = Text


class GiveVisit(Bound):
    """Who is to go."""

    person: str = Field(min_length=1, max_length=400)
    how: Literal["offer", "assign"] = "offer"
    rotation_reason: str = Text


class MoveWindow(Bound):
    """Other days."""

    from_on: date
    due_on: date


class Because(Bound):
    """A reason in one's own words."""

    reason: str = Text


class VoidVisit(Because):
    """Why a visit does not count, with a common reason to choose, and whether its shopper is paid."""

    cause: str = Field(default="", max_length=40)
    paid: Literal["rule", "yes", "no"] = "rule"


class ApproveVisit(Bound):
    """A reviewer agrees with the answers they saw."""

    revision: UUID
    without: str = Text


class JudgeEvidence(Bound):
    """Whether a photo is taken."""

    verdict: Literal["accepted", "refused"]
    reason: str = Field(default="", max_length=500)
