"""Visits and their answers: rows and what is known in, a plan out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from audit_app.imports.rules.lines import Line, Sheet, noon, read_day
from audit_app.imports.rules.places import TWICE
from audit_app.imports.rules.plans import Plan, Planner, Status
from audit_app.kit.i18n import _
from audit_app.scoring.rules.document import RowProblem
from audit_app.standards.rules.answers import AnswerNotUnderstood, Given, read_answer
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.visibility import Lacking, missing
from audit_app.visits.models import Channel, VisitKind, VisitState

STATES = ("planned", "accepted", "submitted", "approved", "released", "void")
"""States an imported visit may be put into; approved unless told otherwise."""
MADE = frozenset({VisitState.SUBMITTED, VisitState.APPROVED, VisitState.RELEASED, VisitState.VOID})
UNDER_WAY = {VisitState.STARTED: VisitState.ACCEPTED, VisitState.RETURNED: VisitState.SUBMITTED}
"""What a row under way arrives as: drafts and the reasons of a return stand in no file."""


@dataclass(frozen=True)
class Spot:
    """A location as a visit needs it."""

    id: UUID
    timezone: str
    own: bool


@dataclass(frozen=True)
class Made:
    """A visit as a row gives it."""

    reference: str
    location_id: UUID
    version_id: UUID
    kind: str
    channel: str
    shopper_id: UUID | None
    employee_id: UUID | None
    day: date
    visited_at: datetime | None
    state: str = field(default="", compare=False)
    """The state to arrive in; a visit that is here already goes its own way."""
    exact: bool = field(default=False, compare=False)
    """Whether the row gives the hour and not the day alone."""
    approved_at: datetime | None = field(default=None, compare=False)
    released_at: datetime | None = field(default=None, compare=False)


@dataclass
class KnownForVisits:
    """What a file of visits points at. `versions`: code of the standard → number → (id, channels)."""

    spots: Mapping[str, Spot] = field(default_factory=dict)
    shoppers: Mapping[str, UUID] = field(default_factory=dict)
    employees: Mapping[str, UUID] = field(default_factory=dict)
    versions: Mapping[str, Mapping[int, tuple[UUID, tuple[str, ...]]]] = field(default_factory=dict)
    newest: Mapping[str, int] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    visits: Mapping[str, Made] = field(default_factory=dict)


def is_same(row: Made, here: Made) -> bool:
    """Whether a row says what is here.

    What it leaves open is no difference: who went (an auditor stands in no file of shoppers), and the hour.
    """
    return here == replace(
        row,
        shopper_id=row.shopper_id or here.shopper_id,
        visited_at=row.visited_at if row.exact else here.visited_at,
    )


def plan_visits(sheet: Sheet, known: KnownForVisits, state: str | None, now: datetime) -> Plan[Made]:
    """What this file of visits would do. A known number with the same row is the same; with another one it is wrong.

    `state` is for all rows; without one each row's own counts, approved where it names none.
    """
    planner: Planner[Made] = Planner(sheet)
    take = planner.take
    for _line in take.each():
        reference = take.text("visit", 80, needed=True)
        if reference:
            planner.once("visit", reference, TWICE)
        made = _visit(planner, reference, known, state, now)
        before = known.visits.get(reference)
        if made is not None and before is not None and not is_same(made, before):
            take.wrong(
                "visit", _("the visit “%(code)s” is here already and differs from this row"), code=reference
            )
        if made is None:
            planner.show(Status.BAD)
        else:
            planner.sort_in(made, Status.SAME if before else Status.NEW)
    return planner.done()


def _visit(
    planner: Planner[Made], reference: str, known: KnownForVisits, wanted: str | None, now: datetime
) -> Made | None:
    take = planner.take
    said = take.choice("state", [str(one) for one in VisitState], VisitState.APPROVED)
    state = wanted or str(UNDER_WAY.get(VisitState(said), said) if said in set(VisitState) else said)
    code = take.code("location")
    spot = known.spots.get(code)
    if code and spot is None:
        take.wrong("location", _("there is no location “%(code)s”"), code=code)
    version = _version(planner, known)
    own = spot is None or spot.own
    kind = take.choice(
        "kind", [str(one) for one in VisitKind], VisitKind.MYSTERY if own else VisitKind.COMPETITOR
    )
    if spot and not take.failed and spot.own == (kind == VisitKind.COMPETITOR):
        text = (
            _("“%(code)s” is our own; a visit there is mystery or audit")
            if spot.own
            else _("“%(code)s” is a competitor's; a visit there is of the kind competitor")
        )
        take.wrong("kind", text, code=code)
    channels = version[1] if version else ()
    channel = take.choice(
        "channel", [str(one) for one in Channel], channels[0] if channels else Channel.IN_PERSON
    )
    shopper = _pointed(planner, "shopper", known.shoppers, _("there is no shopper “%(code)s”"))
    if state == VisitState.ACCEPTED and shopper is None and not take.cell("shopper"):
        if wanted:
            take.wrong("shopper", _("an accepted visit needs a shopper"))
        state = VisitState.PLANNED  # of an auditor who is not in this file: to be given to somebody anew
    employee = _pointed(planner, "employee", known.employees, _("there is no employee “%(code)s”"))
    if employee and not own:
        take.wrong("employee", _("the staff of competitors is never recorded"))
    day, moment = _when(planner, spot.timezone if spot else "UTC")
    # East of us the next day has begun already.
    if day and state in MADE and day > (now + timedelta(days=1)).date():
        take.wrong("date", _("this day has not come yet; import planned visits with the state planned"))
    zone = spot.timezone if spot else "UTC"
    visited = (moment or noon(day, zone)) if day and state in MADE else None
    approved, released = _decided(planner, state, visited, zone, now)
    if take.failed or spot is None or version is None or day is None:
        return None
    return Made(
        reference, spot.id, version[0], kind, channel, shopper, employee, day, visited, state,
        exact=visited is not None and moment is not None, approved_at=approved, released_at=released,
    )  # fmt: skip


def _decided(
    planner: Planner[Made], state: str, visited: datetime | None, zone: str, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When it was approved and released, as the row says, else when it was made: the past is not dated today.

    So the delay before a release counts from the visit, and what is older than that is released at once.
    """
    take = planner.take
    approved = take.moment("approved_at", zone)
    released = take.moment("released_at", zone)
    for name, said in (("approved_at", approved), ("released_at", released)):
        if said and said > now:
            take.wrong(name, _("this moment has not come yet"))
    if approved and released and released < approved:
        take.wrong("released_at", _("a result is released after it is approved"))
    if state not in (VisitState.APPROVED, VisitState.RELEASED) or visited is None:
        return None, None
    approved = approved or min(visited, released or visited, now)
    return approved, (released or approved) if state == VisitState.RELEASED else None


def _pointed(planner: Planner[Made], name: str, known: Mapping[str, UUID], text: str) -> UUID | None:
    code = planner.take.code(name, needed=False)
    found = known.get(code) or known.get(code.lower())
    if code and found is None:
        planner.take.wrong(name, text, code=code)
    return found


def _version(planner: Planner[Made], known: KnownForVisits) -> tuple[UUID, tuple[str, ...]] | None:
    take = planner.take
    code = take.code("standard")
    number = take.whole("version", 1, 1_000_000)
    versions = known.versions.get(code, {})
    if take.failed or not code:
        return None
    if not versions:
        text = (
            _("the standard “%(code)s” has no published version yet")
            if code in known.drafts
            else _("there is no standard “%(code)s”")
        )
        take.wrong("standard", text, code=code)
        return None
    wanted = number if number is not None else known.newest.get(code, max(versions))
    if wanted not in versions:
        take.wrong("version", _("“%(code)s” has no published version %(number)s"), code=code, number=wanted)
        return None
    return versions[wanted]


def _when(planner: Planner[Made], zone: str) -> tuple[date | None, datetime | None]:
    take = planner.take
    said = take.cell("date")
    if take.cell("visited_at") or (said and read_day(said) is None):
        name = "visited_at" if take.cell("visited_at") else "date"
        plain = read_day(take.cell(name))
        if plain:
            return plain, None
        moment = take.moment(name, zone)
        return (moment.date(), moment) if moment else (None, None)
    if not said:
        take.wrong("date", _("the day of the visit is missing"))
    return (take.day("date") if said else None), None


@dataclass(frozen=True)
class Reply:
    """One answer as a row gives it, its spelling canonical."""

    visit: str
    item: str
    answer: str
    comment: str
    given: Given


@dataclass
class Asked:
    """An imported visit that answers may belong to; `answers` are those it has already."""

    id: UUID
    version: Version
    version_id: UUID
    state: str
    source: str
    shopper_id: UUID | None
    visited_at: datetime | None
    attributes: Mapping[str, str]
    answers: Mapping[str, Mapping[str, Any]] | None = None


@dataclass
class RepliesPlan:
    """The plan for answers, with the replies gathered by visit."""

    plan: Plan[Reply]
    by_visit: dict[str, list[Reply]] = field(default_factory=dict)
    incomplete: int = 0


def plan_replies(sheet: Sheet, visits: Mapping[str, Asked]) -> RepliesPlan:
    """What this file of answers would do. A visit with one bad row stays out whole: half a visit has no honest score."""
    planner: Planner[Reply] = Planner(sheet)
    take = planner.take
    replies: dict[str, list[tuple[Line, Reply]]] = {}
    bad_visits: dict[str, int] = {}
    taken: dict[tuple[str, str], int] = {}
    for line in take.each():
        reference = take.text("visit", 80, needed=True)
        asked = visits.get(reference)
        reply = _reply(planner, reference, asked, taken)
        if reply is None:
            bad_visits.setdefault(reference, line.number)
            planner.show(Status.BAD)
        else:
            replies.setdefault(reference, []).append((line, reply))
            planner.show(Status.NEW)
    whole = RepliesPlan(planner.plan)
    plan = whole.plan
    for reference, rows in replies.items():
        asked = visits[reference]
        if reference in bad_visits:
            _leave_out(
                planner,
                rows,
                _("another row of this visit cannot be taken (line %(line)s)"),
                bad_visits[reference],
            )
        elif asked.answers is None:
            plan.new.extend(reply for _line, reply in rows)
            whole.by_visit[reference] = [reply for _line, reply in rows]
            givens = {reply.item: reply.given for _line, reply in rows}
            whole.incomplete += any(
                gap.what is Lacking.ANSWER for gap in missing(asked.version, givens, asked.attributes)
            )
        elif _document([reply for _line, reply in rows]) == _stored(asked.answers):
            plan.same += len(rows)
        else:
            _leave_out(
                planner,
                rows,
                _("this visit has answers already, and they differ from this file"),
                rows[0][0].number,
            )
    if whole.incomplete:
        plan.notes = (
            *plan.notes,
            _("Some visits lack answers to required items; they are scored on what there is."),
        )
    same = {
        reference for reference in replies if reference not in whole.by_visit and reference not in bad_visits
    }
    plan.shown = [
        (line, Status.SAME if status is Status.NEW and _cell(sheet, line) in same else status)
        for line, status in plan.shown
    ]
    bad_numbers = {line.number for line in take.bad}
    plan.shown = [(line, Status.BAD if line.number in bad_numbers else status) for line, status in plan.shown]
    planner.done()
    return whole


def _cell(sheet: Sheet, line: Line) -> str:
    return line.cells[sheet.place["visit"]].strip()


def _leave_out(planner: Planner[Reply], rows: list[tuple[Line, Reply]], text: str, because: int) -> None:
    planner.take.bad.extend(line for line, _reply in rows)
    planner.take.problems.extend(
        RowProblem(line.number, "visit", text, {"line": because}) for line, _reply in rows
    )


def _reply(
    planner: Planner[Reply], reference: str, asked: Asked | None, taken: dict[tuple[str, str], int]
) -> Reply | None:
    take = planner.take
    if asked is None:
        if reference:
            take.wrong("visit", _("there is no visit “%(code)s”; import the visits first"), code=reference)
        return None
    if asked.source != "import":
        take.wrong(
            "visit",
            _("the visit “%(code)s” was not imported; its answers come from the shopper"),
            code=reference,
        )
        return None
    if asked.state not in MADE:
        take.wrong("visit", _("the visit “%(code)s” has not been made yet"), code=reference)
        return None
    code = take.code("item")
    item = asked.version.item_by_code.get(code)
    if item is None:
        if code:
            take.wrong("item", _("there is no item “%(code)s” in this version of the standard"), code=code)
        return None
    first = taken.setdefault((reference, code), take.line.number)
    if first != take.line.number:
        take.wrong(
            "item", _("“%(code)s” of this visit was answered in line %(line)s already"), code=code, line=first
        )
        return None
    comment = take.text("comment", 5000, lines=True)
    said = take.cell("answer")
    answer = None
    try:
        answer = read_answer(item, said) if said else None
    except AnswerNotUnderstood as odd:
        take.wrong("answer", odd.text, **odd.values)
    if take.failed:
        return None
    return Reply(reference, code, answer.text if answer else "", comment, Given(answer, comment))


def _document(replies: list[Reply]) -> dict[str, tuple[str, str]]:
    return {one.item: (one.answer, one.comment) for one in replies if one.answer or one.comment}


def _stored(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    return {
        item: (str(entry.get("answer") or ""), str(entry.get("comment") or ""))
        for item, entry in answers.items()
    }


def answers_document(replies: list[Reply]) -> dict[str, dict[str, str]]:
    """The answers of one visit as a revision keeps them."""
    found: dict[str, dict[str, str]] = {}
    for one in replies:
        entry = {"answer": one.answer} if one.answer else {}
        if one.comment:
            entry["comment"] = one.comment
        if entry:
            found[one.item] = entry
    return found
