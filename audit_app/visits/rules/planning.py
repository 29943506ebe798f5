"""Who may be sent where, when and with which standard. Pure; every refusal is a sentence beside its field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.visits.models import VisitKind

ROTATION_DAYS = 30
"""The same shopper is not sent to the same place again within so many days: faces are remembered."""
LONGEST_WINDOW_DAYS = 366
GRACE_DAYS = 1
"""A visit nobody made expires when this many days have passed since it was due."""
FARTHEST_DAYS = 3 * 366


@dataclass(frozen=True)
class Problem:
    """Why something cannot be: a sentence (msgid) and what fills it."""

    text: str
    values: tuple[tuple[str, Any], ...] = ()


class CannotPlan(AuditError):
    """This visit cannot be planned so. Please look at the marked fields."""

    status = 422
    code = "cannot_plan"

    def __init__(self, problems: dict[str, Problem]) -> None:
        self.problems = problems
        first = next(iter(problems.values()))
        super().__init__(first.text, **dict(first.values))


@dataclass(frozen=True)
class Place:
    """What planning must know of a location: its own day of today counts."""

    active: bool
    own: bool
    today: date


@dataclass(frozen=True)
class Checklist:
    """What planning must know of a version of a standard."""

    published: bool
    kinds: frozenset[str]
    channels: frozenset[str]


@dataclass(frozen=True)
class Stay:
    """A time somebody was at the place, or is going to be: one day once visited, the window before."""

    first: date
    last: date


@dataclass(frozen=True)
class Candidate:
    """What planning must know of whoever is to go."""

    person_id: UUID
    active: bool
    shopper: bool
    auditor: bool
    works_there: bool
    stays: tuple[Stay, ...]
    """Their other visits to the same place that were not called off."""


def kind_at(place: Place, wanted: str) -> str:
    """A competitor's place makes the visit a benchmark by itself; at an own place nothing is one."""
    if not place.own:
        return VisitKind.COMPETITOR
    return wanted


def window_problems(from_on: date, due_on: date, today: date) -> dict[str, Problem]:
    """What is wrong with a window, by field."""
    if due_on < from_on:
        return {"due_on": Problem(_("The last day lies before the first one."))}
    if due_on < today:
        return {
            "due_on": Problem(_("This window is over already. Please choose days that are still to come."))
        }
    if from_on < today:
        return {"from_on": Problem(_("The first day lies in the past. Please choose today or later."))}
    if (due_on - from_on).days > LONGEST_WINDOW_DAYS:
        return {"due_on": Problem(_("A window may last a year at most."))}
    if (due_on - today).days > FARTHEST_DAYS:
        return {"due_on": Problem(_("That is more than three years ahead."))}
    return {}


def checklist_problems(checklist: Checklist, kind: str, channel: str) -> dict[str, Problem]:
    """Whether this version may be used for such a visit."""
    found: dict[str, Problem] = {}
    if not checklist.published:
        found["version"] = Problem(_("Only a published version can be used for a visit."))
    elif kind not in checklist.kinds:
        found["version"] = Problem(
            {
                VisitKind.COMPETITOR: _("This standard may not be used at competitors."),
                VisitKind.AUDIT: _("This standard may not be used for announced audits."),
            }.get(VisitKind(kind), _("This standard may not be used for mystery visits."))
        )
    elif channel not in checklist.channels:
        found["channel"] = Problem(_("This standard is not made for that channel."))
    return found


def days_between(a: Stay, b: Stay) -> int:
    """How many days lie between two times; 0 when they touch or overlap."""
    return max((a.first - b.last).days, (b.first - a.last).days, 0)


def too_soon(stays: Iterable[Stay], wanted: Stay) -> int | None:
    """The fewest days to another stay of the same person at the place, when that is fewer than the rotation asks for."""
    gaps = [days_between(stay, wanted) for stay in stays]
    nearest = min(gaps, default=ROTATION_DAYS)
    return nearest if nearest < ROTATION_DAYS else None


def person_problems(
    who: Candidate, kind: str, wanted: Stay, *, rotation_reason: str = ""
) -> dict[str, Problem]:
    """Why this person may not go; the rotation alone may be set aside, with a reason."""
    if not who.active:
        return {"person": Problem(_("This person's account is switched off."))}
    if kind == VisitKind.MYSTERY and not who.shopper:
        return {
            "person": Problem(_("A mystery visit is made by a shopper: auditors are known to the place."))
        }
    if kind == VisitKind.AUDIT and not who.auditor:
        return {"person": Problem(_("An announced audit is made by an auditor."))}
    if not (who.shopper or who.auditor):
        return {"person": Problem(_("This person is neither a shopper nor an auditor."))}
    if who.works_there:
        return {"person": Problem(_("This person works or worked at that location. Please choose another."))}
    gap = too_soon(who.stays, wanted)
    if gap is not None and kind != VisitKind.AUDIT and not rotation_reason.strip():
        return {
            "rotation_reason": Problem(
                _(
                    "This shopper has another visit there only %(gap)s days away; the rule is %(days)s. "
                    "Choose another one, or say why it must be the same."
                ),
                (("gap", gap), ("days", ROTATION_DAYS)),
            )
        }
    return {}


def plan_problems(
    place: Place,
    checklist: Checklist,
    kind: str,
    channel: str,
    from_on: date,
    due_on: date,
    *,
    with_employee: bool,
) -> dict[str, Problem]:
    """Everything that speaks against such a visit, by field; nothing about who goes."""
    found: dict[str, Problem] = {}
    if not place.active:
        found["location"] = Problem(_("This location is closed."))
    if place.own and kind == VisitKind.COMPETITOR:
        found["kind"] = Problem(_("This is one of our own places, so it cannot be a competitor visit."))
    else:
        found |= checklist_problems(checklist, kind, channel)
    found |= window_problems(from_on, due_on, place.today)
    if with_employee and kind == VisitKind.COMPETITOR:
        found["employee"] = Problem(_("No staff member of a competitor may be named."))
    return found


def is_lapsed(due_on: date, today: date) -> bool:
    """Whether a visit that nobody began has run out of its window and the day of grace."""
    return today > due_on + timedelta(days=GRACE_DAYS)
