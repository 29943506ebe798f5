"""Planning: the form of a visit, and what planners do with one afterwards."""

from uuid import UUID

from litestar import Controller
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.i18n import LANGUAGES, _, ngettext
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Announce, Db, Typed, bind, get, page, post, requires, see
from audit_app.organisation.models import Employee, Location, Role
from audit_app.standards.models import StandardVersion
from audit_app.visits import forms, words
from audit_app.visits.actions import planning, release
from audit_app.visits.desk_routes import R, id_of, show
from audit_app.visits.models import Visit, VisitKind
from audit_app.visits.queries import access, desk
from audit_app.visits.queries import planning as facts
from audit_app.visits.rules.planning import CannotPlan
from audit_app.visits.rules.void import ReasonMissing, Voiding, VoidRefused

CHOOSE_PLACE = _("Please choose one location from the list, or type its code.")
CHOOSE_PERSON = _("Please choose one person from the list, or type their address.")
CHOOSE_EMPLOYEE = _("Nobody of that name works at this location.")


def in_words(problems: CannotPlan) -> dict[str, str]:
    """The refusals by field, in the reader's language."""
    return {name: _t(one.text, **dict(one.values)) for name, one in problems.problems.items()}


def said_in(form: FormMultiDict) -> dict[str, str]:
    """What was typed, as text, to be shown again."""
    return {name: str(value) for name, value in form.multi_items() if isinstance(value, str)}


def scenario_in(form: FormMultiDict) -> dict[str, str]:
    """The scenario by language, without the empty ones."""
    texts = {code: str(form.get(f"scenario.{code}") or "").strip()[:5000] for code in LANGUAGES}
    return {code: text for code, text in texts.items() if text}


def shown(request: R, session: Session, typed: dict[str, str], errors: dict[str, str]) -> Template:
    """The form of a plan."""
    scope = request.user.scope(*access.DESK)
    place = facts.location_typed(session, typed.get("location", ""), scope)
    return page(
        request,
        "visits/desk/plan.html",
        status_code=422 if errors else 200,
        typed=typed,
        errors=errors,
        versions=desk.published_versions(session),
        locations=desk.locations_like(session, "" if place else typed.get("location", ""), scope),
        people=desk.people_like(session, ""),
        employees=desk.employees_at(session, place.id if place else None),
        scenario={code: typed.get(f"scenario.{code}", "") for code in LANGUAGES},
        words=words,
        kinds=[VisitKind.MYSTERY, VisitKind.AUDIT],
    )


class Planning(Controller):
    """What only planners may do."""

    path = "/desk/visits"
    guards = [requires(*access.DESK)]

    @get("/plan", name="visits.plan")
    def form(
        self, request: R, session: Db, like: FromQuery[str] = "", place: FromQuery[str] = ""
    ) -> Template:
        """The empty form; `like` fills it from another visit, `place` names a location."""
        typed = {"location": place[:300]}
        if like and (key := id_of(like)):
            typed = _as_typed(session, access.visit_of_desk(session, key, request.user))
        return shown(request, session, typed, {})

    @post("/plan", name="visits.plan_now")
    def plan(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """Plan the visit, or give the form back with what is wrong beside each field."""
        form, wrong = bind(forms.PlanVisit, typed)
        errors = {name: _t(text) for name, text in wrong.items()}
        if form is None:
            return shown(request, session, said_in(typed), errors)
        scope = request.user.scope(*access.DESK)
        location = facts.location_typed(session, form.location, scope)
        person = facts.person_typed(session, form.person) if form.person and form.how != "nobody" else None
        version = session.get(StandardVersion, form.version)
        if location is None:
            errors["location"] = _t(CHOOSE_PLACE)
        if version is None:
            errors["version"] = _t(_("Please choose one from the list."))
        if form.how != "nobody" and person is None:
            errors["person"] = _t(CHOOSE_PERSON)
        employee = None
        if location is not None and form.employee:
            employee = facts.employee_typed(session, form.employee, location.id)
            if employee is None:
                errors["employee"] = _t(CHOOSE_EMPLOYEE)
        if errors or location is None or version is None:
            return shown(request, session, said_in(typed), errors)
        plan = planning.Plan(
            location=location,
            version=version,
            kind=form.kind,
            channel=form.channel,
            from_on=form.from_on,
            due_on=form.due_on,
            scenario=scenario_in(typed),
            employee=employee,
            person=person,
            how=form.how,
            rotation_reason=form.rotation_reason,
        )
        try:
            visit = planning.plan_visit(session, plan, request.user, clock.now())
        except CannotPlan as refused:
            return shown(request, session, said_in(typed), in_words(refused))
        said = {
            "nobody": _("The visit is planned. Nobody has been asked yet."),
            "offer": _("The visit is planned and offered."),
            "assign": _("The visit is planned and given."),
        }[form.how]
        return see(request, "visits.at_desk", visit_id=visit.id, said=("good", _t(said)))

    @get("/locations", name="visits.location_choices")
    def locations(self, request: R, session: Db, location: FromQuery[str] = "") -> Template:
        """Locations for what was typed so far."""
        found = desk.locations_like(session, location.strip()[:200], request.user.scope(*access.DESK))
        return page(request, "visits/desk/choices.html", fragment="locations", locations=found)

    @get("/people", name="visits.people_choices")
    def people(self, request: R, session: Db, person: FromQuery[str] = "") -> Template:
        """Shoppers and auditors for what was typed so far."""
        found = desk.people_like(session, person.strip()[:200])
        return page(request, "visits/desk/choices.html", fragment="people", people=found, words=words)

    @get("/employees", name="visits.employee_choices")
    def employees(self, request: R, session: Db, location: FromQuery[str] = "") -> Template:
        """Who works at the location that was chosen."""
        place = facts.location_typed(session, location, request.user.scope(*access.DESK))
        found = desk.employees_at(session, place.id if place else None)
        return page(request, "visits/desk/choices.html", fragment="employees", employees=found)

    @post("/{visit_id:uuid}/give", name="visits.give")
    def give(self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID]) -> Template | Redirect:
        """Offer the visit to somebody, or give it at once."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        form, wrong = bind(forms.GiveVisit, typed)
        if form is None:
            return _back(request, session, visit, typed, {n: _t(t) for n, t in wrong.items()}, "give")
        person = facts.person_typed(session, form.person)
        if person is None:
            return _back(request, session, visit, typed, {"person": _t(CHOOSE_PERSON)}, "give")
        how = form.how
        try:
            planning.give_visit(session, visit, person, how, form.rotation_reason, request.user, clock.now())
        except CannotPlan as refused:
            return _back(request, session, visit, typed, in_words(refused), "give")
        said = _t("The visit is offered.") if how == "offer" else _t("The visit is given.")
        return see(request, "visits.at_desk", visit_id=visit_id, said=("good", said))

    @post("/{visit_id:uuid}/take-back", name="visits.take_back")
    def take_back(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Redirect:
        """Withdraw the offer or the assignment."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        planning.take_back(session, visit, request.user, clock.now())
        said = _t("The visit is planned again; nobody has it.")
        return see(request, "visits.at_desk", visit_id=visit_id, said=("good", said))

    @post("/{visit_id:uuid}/window", name="visits.move_window")
    def move_window(
        self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Other days."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        form, wrong = bind(forms.MoveWindow, typed)
        if form is None:
            return _back(request, session, visit, typed, {n: _t(t) for n, t in wrong.items()}, "window")
        try:
            planning.move_window(session, visit, form.from_on, form.due_on, request.user, clock.now())
        except CannotPlan as refused:
            return _back(request, session, visit, typed, in_words(refused), "window")
        return see(request, "visits.at_desk", visit_id=visit_id, said=("good", _t("The window is moved.")))

    @post("/{visit_id:uuid}/cancel", name="visits.cancel")
    def cancel(self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID]) -> Template | Redirect:
        """Call the visit off."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        try:
            planning.cancel_visit(session, visit, reason_in(typed), request.user, clock.now())
        except ReasonMissing as refused:
            return _back(request, session, visit, typed, {"reason": _t(refused.text)}, "cancel")
        return see(
            request, "visits.at_desk", visit_id=visit_id, said=("good", _t("The visit is called off."))
        )

    @post("/{visit_id:uuid}/void", name="visits.void")
    def void(
        self, request: R, session: Db, typed: Typed, announce: Announce, visit_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Declare that the visit does not count."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        try:
            planning.void_visit(session, visit, voiding_in(typed), request.user, clock.now(), announce)
        except VoidRefused as refused:
            return _back(request, session, visit, typed, wrong_void(refused), "void")
        said = _t("The visit does not count any more.")
        return see(request, "visits.at_desk", visit_id=visit_id, said=("good", said))

    @post("/{visit_id:uuid}/release", name="visits.release", guards=[requires(Role.QUALITY_MANAGER)])
    def release(self, request: R, session: Db, announce: Announce, visit_id: FromPath[UUID]) -> Redirect:
        """Release now what the rule allows, instead of within the minute."""
        visit = access.visit_to_plan(session, visit_id, request.user)
        settings = request.app.state.settings.visits
        done = release.release_by_hand(session, visit, request.user.id, clock.now(), settings, announce)
        said = ngettext("%(num)s result is released.", "%(num)s results are released.", len(done))
        return see(request, "visits.at_desk", visit_id=visit_id, said=("good", said))


def reason_in(typed: FormMultiDict) -> str:
    """The words why."""
    form, _wrong = bind(forms.Because, typed)
    return form.reason if form else ""


def voiding_in(typed: FormMultiDict) -> Voiding:
    """What was said about a visit that is not to count; an unreadable form says nothing."""
    form, _wrong = bind(forms.VoidVisit, typed)
    return Voiding(form.cause, form.reason, form.paid) if form else Voiding()


def wrong_void(refused: VoidRefused) -> dict[str, str]:
    """What is missing, at its field."""
    return {refused.field: _t(refused.text)}


def _back(
    request: R, session: Session, visit: Visit, typed: FormMultiDict, errors: dict[str, str], opened: str
) -> Template:
    return show(request, session, visit, status_code=422, errors=errors, typed=said_in(typed), opened=opened)


def _as_typed(session: Session, visit: Visit) -> dict[str, str]:
    """Another visit as the form would have been typed; its days and its person are left open."""
    location = session.get_one(Location, visit.location_id)
    employee = session.get(Employee, visit.employee_id) if visit.employee_id else None
    return {
        "location": f"{location.name} ({location.code})",
        "version": str(visit.version_id),
        "kind": visit.kind,
        "channel": visit.channel,
        "employee": f"{employee.name} ({employee.code})" if employee else "",
        **{f"scenario.{code}": text for code, text in visit.scenario.items()},
    }
