"""Pages of the network: brands, regions, locations and who works there. Administrators edit, quality managers read."""

from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from litestar import Controller, Request
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock, web
from audit_app.kit.errors import AuditError, BadInput, NotFound
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, bind, get, post, requires, see
from audit_app.organisation import forms
from audit_app.organisation import network_actions as act
from audit_app.organisation import network_queries as ask
from audit_app.organisation.models import Brand, Employee, Location, Region, Role
from audit_app.organisation.queries import location_in_scope
from audit_app.organisation.rules import Actor, Scope

R = Request[Actor, Any, Any]
READERS = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER)
EDIT = [requires(Role.ADMINISTRATOR)]


@cache
def zones() -> tuple[str, ...]:
    """Names of time zones people choose from: continents and cities, and UTC."""
    continents = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return ("UTC", *sorted(one for one in available_timezones() if one.split("/")[0] in continents))


def _reach(request: R) -> Scope:
    return request.user.scope(*READERS)


def _values(typed: FormMultiDict) -> dict[str, str]:
    return {key: str(value) for key, value in typed.items()}


def _said(changed: bool) -> tuple[str, str]:
    return ("good", _t("Saved.")) if changed else ("info", _t("Nothing was changed."))


def show_location(
    request: R,
    session: Session,
    location_id: UUID,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> Template:
    """The page of a location, with the form of a new employee as it was typed."""
    return web.page(
        request,
        "organisation/location.html",
        status_code=422 if errors else 200,
        full=ask.location_full(session, location_id, _reach(request)),
        may_edit=request.user.has(Role.ADMINISTRATOR),
        errors=errors or {},
        values=values or {},
    )


def show_names(
    request: R,
    session: Session,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
    form: str = "",
) -> Template:
    """Brands and regions, with the form that came back."""
    return web.page(
        request,
        "organisation/names.html",
        status_code=422 if errors else 200,
        brands=ask.brands(session),
        regions=ask.regions(session),
        may_edit=request.user.has(Role.ADMINISTRATOR),
        errors=errors or {},
        values=values or {},
        form=form,
    )


def _location_form(
    request: R,
    session: Session,
    values: dict[str, Any],
    attributes: list[tuple[str, str]],
    errors: dict[str, str],
    location: Location | None = None,
) -> Template:
    return web.page(
        request,
        "organisation/location_form.html",
        status_code=422 if errors else 200,
        values=values,
        attributes=[*attributes, *[("", "")] * 3],
        errors=errors,
        location=location,
        brands=ask.brands(session),
        regions=ask.regions(session),
        zones=zones(),
    )


def _read_location(typed: FormMultiDict) -> tuple[dict[str, Any], dict[str, str]]:
    """What to write, or the errors by field, translated."""
    form, errors = bind(forms.DescribeLocation, typed)
    errors = {key: _t(text) for key, text in errors.items()}
    attributes: dict[str, str] = {}
    try:
        keys, values = typed.getall("attribute", []), typed.getall("value", [])
        attributes = act.read_attributes([str(one) for one in keys], [str(one) for one in values])
    except BadInput as odd:
        errors["attribute"] = _t(odd.text, **odd.values)
    if form is None or errors:
        return {}, errors
    found = form.model_dump(exclude={"brand", "region"})
    return {**found, "brand_id": form.brand, "region_id": form.region, "attributes": attributes}, {}


def _pairs(typed: FormMultiDict) -> list[tuple[str, str]]:
    rows = zip(typed.getall("attribute", []), typed.getall("value", []), strict=False)
    return [(str(key), str(value)) for key, value in rows if key or value]


def _rename(request: R, session: Session, thing: Brand | Region | None, typed: FormMultiDict) -> Redirect:
    if thing is None:
        raise NotFound
    form, _errors = bind(forms.Rename, typed)
    if form is None:
        return see(request, "network.names", said=("bad", _t("A name must not be empty.")))
    changed = act.rename(session, thing, form.name, request.user, clock.now())
    return see(request, "network.names", said=_said(changed))


def _employee_page(
    request: R, employee: Employee, location: Location, values: dict[str, Any], errors: dict[str, str]
) -> Template:
    return web.page(
        request,
        "organisation/employee.html",
        status_code=422 if errors else 200,
        employee=employee,
        location=location,
        values=values,
        errors=errors,
    )


class Network(Controller):
    """Brands, regions, locations, employees: both roles look, administrators change."""

    path = "/network"
    guards = [requires(*READERS)]

    @get("/", name="network.locations")
    def locations(
        self,
        request: R,
        session: Db,
        q: FromQuery[str] = "",
        region: FromQuery[UUID | None] = None,
        brand: FromQuery[UUID | None] = None,
        status: FromQuery[str] = "",
        sort: FromQuery[str] = "name",
        page: FromQuery[int] = 1,
    ) -> Template:
        """The list of locations."""
        number = min(max(page, 1), 10_000)
        chosen = ask.Filter(q.strip()[:100], region, brand, status if status in ("on", "off") else "")
        rows, total = ask.locations(session, _reach(request), chosen, sort=sort, page=number)
        return web.page(
            request,
            "organisation/locations.html",
            rows=rows,
            total=total,
            number=number,
            pages=max(1, -(-total // ask.PAGE)),
            chosen=chosen,
            sort=sort,
            brands=ask.brands(session),
            regions=ask.regions(session),
            may_edit=request.user.has(Role.ADMINISTRATOR),
        )

    @get("/locations/{location_id:uuid}", name="network.location")
    def location(self, request: R, session: Db, location_id: FromPath[UUID]) -> Template:
        """One location with its people."""
        return show_location(request, session, location_id)

    @get("/names", name="network.names")
    def names(self, request: R, session: Db) -> Template:
        """Brands and regions."""
        return show_names(request, session)

    @get("/locations/new", name="network.new_location", guards=EDIT)
    def new_location(self, request: R, session: Db) -> Template:
        """The form of a new location."""
        return _location_form(request, session, {"timezone": request.user.timezone}, [], {})

    @post("/locations", name="network.add_location", guards=EDIT)
    def add_location(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """Add it."""
        values, errors = _read_location(typed)
        if not errors:
            try:
                location = act.add_location(session, values, request.user, clock.now())
                return see(
                    request,
                    "network.location",
                    location_id=location.id,
                    said=("good", _t("The location is added.")),
                )
            except act.CodeTaken as taken:
                errors = {"code": _t(taken.text)}
        return _location_form(request, session, _values(typed), _pairs(typed), errors)

    @get("/locations/{location_id:uuid}/edit", name="network.edit_location", guards=EDIT)
    def edit_location(self, request: R, session: Db, location_id: FromPath[UUID]) -> Template:
        """The form of a known location."""
        location = location_in_scope(session, location_id, _reach(request))
        values = {**location.model_dump(), "brand": location.brand_id, "region": location.region_id or ""}
        return _location_form(request, session, values, list(location.attributes.items()), {}, location)

    @post("/locations/{location_id:uuid}", name="network.change_location", guards=EDIT)
    def change_location(
        self, request: R, session: Db, typed: Typed, location_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Change it."""
        location = location_in_scope(session, location_id, _reach(request))
        values, errors = _read_location(typed)
        if not errors:
            try:
                changed = act.change_location(session, location, values, request.user, clock.now())
                return see(request, "network.location", location_id=location.id, said=_said(changed))
            except act.CodeTaken as taken:
                errors = {"code": _t(taken.text)}
        return _location_form(request, session, _values(typed), _pairs(typed), errors, location)

    @post("/locations/{location_id:uuid}/active", name="network.set_location_active", guards=EDIT)
    def set_location_active(
        self, request: R, session: Db, typed: Typed, location_id: FromPath[UUID]
    ) -> Redirect:
        """Close it for new visits, or open it again."""
        location = location_in_scope(session, location_id, _reach(request))
        changed = act.set_location_active(
            session, location, typed.get("active") == "yes", request.user, clock.now()
        )
        return see(request, "network.location", location_id=location.id, said=_said(changed))

    @post("/locations/{location_id:uuid}/employees", name="network.add_employee", guards=EDIT)
    def add_employee(
        self, request: R, session: Db, typed: Typed, location_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Somebody new."""
        location = location_in_scope(session, location_id, _reach(request))
        form, errors = bind(forms.DescribeEmployee, typed)
        if form is not None:
            try:
                act.add_employee(session, location, form.model_dump(), request.user, clock.now())
            except AuditError as refused:
                errors = {"code": refused.text}
        if errors:
            errors = {key: _t(text) for key, text in errors.items()}
            return show_location(request, session, location_id, errors, _values(typed))
        return see(
            request,
            "network.location",
            location_id=location.id,
            anchor="employees",
            said=("good", _t("The employee is added.")),
        )

    @get("/employees/{employee_id:uuid}", name="network.employee", guards=EDIT)
    def employee(self, request: R, session: Db, employee_id: FromPath[UUID]) -> Template:
        """The form of an employee."""
        found, location = ask.employee_in_scope(session, employee_id, _reach(request))
        return _employee_page(request, found, location, found.model_dump(), {})

    @post("/employees/{employee_id:uuid}", name="network.change_employee", guards=EDIT)
    def change_employee(
        self, request: R, session: Db, typed: Typed, employee_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Change the employee."""
        found, location = ask.employee_in_scope(session, employee_id, _reach(request))
        form, errors = bind(forms.DescribeEmployee, typed)
        if form is not None:
            try:
                changed = act.change_employee(session, found, form.model_dump(), request.user, clock.now())
                return see(
                    request,
                    "network.location",
                    location_id=location.id,
                    anchor="employees",
                    said=_said(changed),
                )
            except act.CodeTaken as taken:
                errors = {"code": taken.text}
        return _employee_page(
            request, found, location, _values(typed), {key: _t(text) for key, text in errors.items()}
        )

    @post("/employees/{employee_id:uuid}/active", name="network.set_employee_active", guards=EDIT)
    def set_employee_active(
        self, request: R, session: Db, typed: Typed, employee_id: FromPath[UUID]
    ) -> Redirect:
        """Somebody left, or came back."""
        found, location = ask.employee_in_scope(session, employee_id, _reach(request))
        changed = act.set_employee_active(
            session, found, typed.get("active") == "yes", request.user, clock.now()
        )
        return see(
            request, "network.location", location_id=location.id, anchor="employees", said=_said(changed)
        )

    @post("/brands", name="network.add_brand", guards=EDIT)
    def add_brand(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """A new brand."""
        form, errors = bind(forms.NameIt, typed)
        if form is not None:
            try:
                act.add_brand(session, form.code, form.name, form.own == "yes", request.user, clock.now())
                return see(request, "network.names", said=("good", _t("The brand is added.")))
            except act.CodeTaken as taken:
                errors = {"code": taken.text}
        return show_names(
            request, session, {key: _t(text) for key, text in errors.items()}, _values(typed), "brand"
        )

    @post("/regions", name="network.add_region", guards=EDIT)
    def add_region(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """A new region."""
        form, errors = bind(forms.NameIt, typed)
        if form is not None:
            try:
                act.add_region(session, form.code, form.name, request.user, clock.now())
                return see(request, "network.names", said=("good", _t("The region is added.")))
            except act.CodeTaken as taken:
                errors = {"code": taken.text}
        return show_names(
            request, session, {key: _t(text) for key, text in errors.items()}, _values(typed), "region"
        )

    @post("/brands/{brand_id:uuid}", name="network.rename_brand", guards=EDIT)
    def rename_brand(self, request: R, session: Db, typed: Typed, brand_id: FromPath[UUID]) -> Redirect:
        """Another name for a brand."""
        return _rename(request, session, session.get(Brand, brand_id), typed)

    @post("/regions/{region_id:uuid}", name="network.rename_region", guards=EDIT)
    def rename_region(self, request: R, session: Db, typed: Typed, region_id: FromPath[UUID]) -> Redirect:
        """Another name for a region."""
        return _rename(request, session, session.get(Region, region_id), typed)
