"""Pages of the pilots: the list, a plan with its draw, one pilot with its staircase and its result; what begins where."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from math import ceil, exp
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template
from pydantic import Field, field_validator
from sqlmodel import Session

from audit_app.effectiveness import pilot_actions as actions
from audit_app.effectiveness import pilot_queries as queries
from audit_app.effectiveness.pilot_models import Pilot
from audit_app.effectiveness.pilot_queries import PLANNERS, READERS
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.kit import clock
from audit_app.kit.errors import AuditError, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Bound, Db, Typed, bind, get, page, post, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard, StandardVersion

R = Request[Actor, Any, Any]
CHOOSE = _("Please choose one from the list.")
NAMES = {"conversion": _("Conversion"), "ticket": _("Average ticket"), "complaints": _("Complaints")}


class NewPilot(Bound):
    """What a person may ask of a pilot."""

    standard: UUID
    what: str = Field(min_length=1, max_length=80)
    """`item:CODE` or `version:ID`."""
    region: UUID | None = None
    format: str = Field(default="", max_length=60)
    first_on: date
    steps: int = Field(ge=2, le=12)
    between: int = Field(ge=1, le=26)
    seed: int = Field(ge=0, le=2**31 - 1)

    @field_validator("first_on")
    @classmethod
    def a_monday(cls, value: date) -> date:
        """Weeks of outcomes begin on Mondays."""
        if value.weekday():
            raise ValueError(_("Please choose a Monday: numbers of customers are compared week by week."))
        return value


class NoteStart(Bound):
    """A place began on a day."""

    location: UUID
    on: date


class Stop(Bound):
    """Why a pilot is stopped."""

    reason: str = Field(min_length=3, max_length=2000)


def tenths(log: float | None) -> int | None:
    """A change of a log rate in tenths of a percent."""
    return None if log is None else round(1000 * (exp(log) - 1))


def least_of(log: float | None) -> int | None:
    """The least effect that can be found; never shown as nothing."""
    found = tenths(log)
    return None if found is None else max(found, 1)


def page_of(request: R) -> int:
    """The page asked for in the address; whatever is odd is the first."""
    said = str(request.query_params.get("page") or "1")
    return min(max(int(said), 1), 100_000) if said.isdecimal() and len(said) < 8 else 1


def everywhere(actor: Actor, *roles: str) -> None:
    """Pilots are about the whole network."""
    if not actor.scope(*roles).everything:
        raise NotFound


def wanted_of(session: Session, form: NewPilot, today: date) -> tuple[actions.Wanted | None, dict[str, str]]:
    """The pilot asked for, or what is wrong by field."""
    possible = queries.triable(session, form.standard)
    kind, _colon, value = form.what.partition(":")
    item = value if kind == "item" and value in dict(possible.items) else ""
    version = next(
        (key for key, _n, _s in possible.versions if kind == "version" and str(key) == value), None
    )
    errors = {}
    if not item and version is None:
        errors["what"] = CHOOSE
    if form.region is not None and form.region not in {one.id for one in queries.regions(session)}:
        errors["region"] = CHOOSE
    if form.first_on < today:
        errors["first_on"] = _("This day has passed.")
    if errors:
        return None, errors
    return actions.Wanted(
        form.standard, item, version, form.region, form.format, form.first_on, form.steps, form.between, form.seed
    ), {}  # fmt: skip


def form_page(request: R, session: Session, typed: Mapping[str, Any], errors: dict[str, str], drawn: actions.Drawn | None = None, wanted: actions.Wanted | None = None) -> Template:  # fmt: skip
    """The form, and below it what the draw would be."""
    standards = queries.standards_to_try(session)
    chosen = next((one for one in standards if str(one.id) == str(typed.get("standard", ""))), None)
    rows = []
    if drawn is not None and wanted is not None:
        rows = [
            {
                "step": one,
                "on": wanted.first_on + timedelta(weeks=one.step * wanted.between),
                "names": [p.name for p, s in zip(drawn.places, drawn.step, strict=True) if s == one.step],
            }
            for one in drawn.balance.steps
        ]
    return page(
        request,
        "effectiveness/pilot_new.html",
        status_code=422 if errors else 200,
        standards=standards,
        chosen=chosen,
        possible=queries.triable(session, chosen.id) if chosen else None,
        regions=queries.regions(session),
        formats=queries.formats(session),
        typed={key: str(typed.get(key) or "") for key in NewPilot.model_fields},
        errors={name: _t(text) for name, text in errors.items()},
        rows=rows,
        drawn=drawn,
        least=least_of(drawn.least_effect) if drawn else None,
        again=secrets.randbelow(1_000_000),
    )


class PlanPilots(Controller):
    """For those who may try a change."""

    path = "/pilots"
    guards = [requires(*PLANNERS)]

    @get("/new", name="pilots.new")
    def form(self, request: R, session: Db) -> Template:
        """Choose a standard, then what is tried and where; the draw is shown before anything is kept."""
        everywhere(request.user, *PLANNERS)
        today = clock.now().date()
        typed = dict(request.query_params)
        if "steps" not in typed:
            monday = today + timedelta(days=7 - today.weekday(), weeks=2)
            usual = {"first_on": monday, "steps": 4, "between": 4, "seed": secrets.randbelow(1_000_000)}
            return form_page(request, session, {**usual, **typed}, {})
        return preview(request, session, typed, today)

    @post("/new", name="pilots.plan")
    def plan(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """Keep the draw that was shown."""
        everywhere(request.user, *PLANNERS)
        now = clock.now()
        form, errors = bind(NewPilot, typed)
        if form is None:
            return form_page(request, session, typed, errors)
        wanted, wrong = wanted_of(session, form, now.date())
        if wanted is None:
            return form_page(request, session, typed, wrong)
        try:
            pilot = actions.plan_pilot(session, wanted, request.user.id, now)
        except (CannotEstimate, actions.PlacesTaken) as refused:
            return form_page(request, session, typed, {"steps": _t(refused.text, **refused.values)})
        return see(request, "pilots.show", pilot_id=pilot.id, said=("good", _t(_("The pilot is planned and drawn. Start it when the places have been told their dates."))))  # fmt: skip

    @post("/{pilot_id:uuid}/start", name="pilots.start")
    def start(self, request: R, session: Db, pilot_id: FromPath[UUID]) -> Redirect:
        """The dates hold from now on."""
        pilot = queries.pilot_for(session, pilot_id, request.user, for_change=True)
        actions.start_pilot(session, pilot, request.user.id, clock.now())
        return see(request, "pilots.show", pilot_id=pilot_id, said=("good", _t(_("The pilot runs."))))

    @post("/{pilot_id:uuid}/begun", name="pilots.note_start")
    def note_start(self, request: R, session: Db, pilot_id: FromPath[UUID], typed: Typed) -> Template | Redirect:  # fmt: skip
        """A place really began."""
        pilot = queries.pilot_for(session, pilot_id, request.user, for_change=True)
        form, errors = bind(NoteStart, typed)
        if form is None:
            return show(request, session, pilot, 1, errors)
        try:
            actions.note_start(session, pilot, form.location, form.on, request.user.id, clock.now())
        except AuditError as refused:
            return show(request, session, pilot, 1, {"on": refused.text or str(refused)})
        return see(request, "pilots.show", pilot_id=pilot_id, said=("good", _t(_("Noted."))))

    @post("/{pilot_id:uuid}/measure", name="pilots.measure")
    def measure(self, request: R, session: Db, pilot_id: FromPath[UUID]) -> Redirect:
        """What the change did until now."""
        pilot = queries.pilot_for(session, pilot_id, request.user, for_change=True)
        actions.measure_pilot(session, pilot, request.user.id, clock.now())
        return see(request, "pilots.show", pilot_id=pilot_id, said=("good", _t(_("The result is computed."))))

    @post("/{pilot_id:uuid}/stop", name="pilots.stop")
    def stop(self, request: R, session: Db, pilot_id: FromPath[UUID], typed: Typed) -> Template | Redirect:
        """Nobody new starts."""
        pilot = queries.pilot_for(session, pilot_id, request.user, for_change=True)
        form, errors = bind(Stop, typed)
        if form is None:
            return show(request, session, pilot, 1, errors)
        actions.stop_pilot(session, pilot, form.reason, request.user.id, clock.now())
        return see(request, "pilots.show", pilot_id=pilot_id, said=("info", _t(_("The pilot is stopped."))))


class ReadPilots(Controller):
    """For those who read what concerns the whole network."""

    path = "/pilots"
    guards = [requires(*READERS)]

    @get("/", name="pilots.index")
    def index(self, request: R, session: Db) -> Template:
        """All pilots, newest first."""
        everywhere(request.user, *READERS)
        number = page_of(request)
        rows, total = queries.listed(session, clock.now().date(), number)
        return page(
            request, "effectiveness/pilots.html", rows=rows, total=total, number=number,
            pages=max(1, -(-total // 50)), may_plan=request.user.has(*PLANNERS),
        )  # fmt: skip

    @get("/{pilot_id:uuid}", name="pilots.show")
    def one(self, request: R, session: Db, pilot_id: FromPath[UUID]) -> Template:
        """One pilot: who starts when, what is late, and what it did."""
        pilot = queries.pilot_for(session, pilot_id, request.user)
        return show(request, session, pilot, page_of(request), {})


class Changes(Controller):
    """For those who run a place."""

    path = "/changes"
    guards = [requires(Role.LOCATION_MANAGER)]

    @get("/", name="pilots.changes")
    def changes(self, request: R, session: Db) -> Template:
        """What begins at their place and when; nothing of other places."""
        mine = request.user.scope(Role.LOCATION_MANAGER).locations
        rows = queries.changes_at(session, sorted(mine))
        standards = {one.id: one for one in queries.standards_to_try(session)}
        return page(
            request,
            "effectiveness/pilot_changes.html",
            today=clock.now().date(),
            rows=[
                {"step": step, "name": name, "text": queries.wording_of(session, pilot), "standard": standards.get(pilot.standard_id)}
                for pilot, step, name in rows
            ],
        )  # fmt: skip


def preview(request: R, session: Session, typed: Mapping[str, Any], today: date) -> Template:
    """The form with its draw."""
    form, errors = bind(NewPilot, typed)
    if form is None:
        return form_page(request, session, typed, errors)
    wanted, wrong = wanted_of(session, form, today)
    if wanted is None:
        return form_page(request, session, typed, wrong)
    try:
        drawn = actions.draw(session, wanted, today)
    except CannotEstimate as refused:
        return form_page(request, session, typed, {"steps": _t(refused.text, **refused.values)})
    return form_page(request, session, typed, {}, drawn, wanted)


def show(request: R, session: Session, pilot: Pilot, number: int, errors: dict[str, str]) -> Template:
    """The page of one pilot."""
    today = clock.now().date()
    standard = session.get_one(Standard, pilot.standard_id)
    version = session.get(StandardVersion, pilot.version_id) if pilot.version_id else None
    everyone = queries.joined(session, pilot.id)
    stairs = []
    last = pilot.first_on + timedelta(weeks=pilot.steps * pilot.between)
    span = (last - pilot.first_on).days
    for k in range(pilot.steps):
        here = [one.step for one in everyone if one.step.step == k]
        on = pilot.first_on + timedelta(weeks=k * pilot.between)
        stairs.append(
            {
                "on": on, "places": len(here), "begun": sum(one.started_on is not None for one in here),
                "late": sum(one.started_on is None for one in here) if on <= today else 0,
                "share": (on - pilot.first_on).days / span,
            }
        )  # fmt: skip
    weeks_in = (min(max(today, pilot.first_on), last) - pilot.first_on).days / span
    return page(
        request,
        "effectiveness/pilot.html",
        status_code=422 if errors else 200,
        pilot=pilot,
        standard=standard,
        version=version,
        text=queries.wording_of(session, pilot),
        stairs=stairs,
        passed=weeks_in if pilot.first_on <= today else None,
        rows=everyone[queries.PAGE * (number - 1) : queries.PAGE * number],
        number=number,
        pages=max(1, -(-len(everyone) // queries.PAGE)),
        total=len(everyone),
        waiting=[one for one in everyone if one.step.started_on is None and one.step.starts_on <= today],
        outcomes=[in_words(one) for one in pilot.result.get("outcomes", [])],
        until=date.fromisoformat(pilot.result["until"]) if pilot.result else None,
        least=least_of(pilot.least_effect),
        today=today,
        errors={name: _t(text) for name, text in errors.items()},
        may_plan=request.user.scope(*PLANNERS).everything,
    )


def in_words(one: Mapping[str, Any]) -> dict[str, Any]:
    """A result as the page shows it: percent instead of logs, the drawing's points, names in the reader's language."""
    name = _t(NAMES.get(one["name"], one["name"]))
    if "why" in one:
        text, values = one["why"], one["values"]
        return {"name": name, "why": _t(text, **values)}
    points: list[dict[str, Any]] = [
        {"label": f"{m['weeks']:+d}" if m["weeks"] else "0", "value": exp(m["estimate"]) - 1, "low": exp(m["low"]) - 1, "high": exp(m["high"]) - 1}
        for m in one["moments"]
    ]  # fmt: skip
    reach = max([0.01, *(abs(p[side]) for p in points for side in ("low", "high"))])
    reach = min(reach, 4 * max([0.01, *(abs(p["value"]) for p in points)]))
    reach = ceil(reach * 100) / 100  # whole percents at the ends of the scale
    for p in points:
        p["low"], p["high"] = max(p["low"], -reach), min(p["high"], reach)
    return {
        "name": name,
        "verdict": one["verdict"],
        "up": one["estimate"] > 0,
        "size": abs(tenths(one["estimate"]) or 0),
        "low": tenths(one["low"]),
        "high": tenths(one["high"]),
        "p": one["p"],
        "luck": max(2, round(1 / one["p"])) if 0 < one["p"] < 0.5 else None,
        "imputed": one["imputed"]
        and {side: tenths(one["imputed"][side]) for side in ("estimate", "low", "high")},
        "before": one["before"],
        "points": points,
        "reach": reach,
        "smallest": tenths(one["smallest"]),
    }
