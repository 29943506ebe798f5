"""Pages for administrators: who signs in here, with which roles, and how far each reaches."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock, web
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, bind, get, post, requires, see
from audit_app.organisation import actions, forms, people_actions, queries
from audit_app.organisation import people_queries as ask
from audit_app.organisation.models import Person, Role
from audit_app.organisation.rules import Actor

R = Request[Actor, Any, Any]
STATES = ("on", "waiting", "off")
ORDER = tuple(str(role) for role in Role)


def _values(typed: FormMultiDict) -> dict[str, str]:
    return {key: str(value) for key, value in typed.items()}


def _form_page(request: R, session: Session, values: dict[str, str], errors: dict[str, str]) -> Template:
    regions, locations = ask.choices_of_places(session)
    return web.page(
        request,
        "organisation/person_new.html",
        status_code=422 if errors else 200,
        values=values,
        errors=errors,
        roles=ORDER,
        regions=regions,
        locations=locations,
    )


def _show(
    request: R,
    session: Session,
    person: Person,
    *,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
    token: str = "",
) -> Template:
    regions, locations = ask.choices_of_places(session)
    base = request.app.state.settings.web.base_url
    link = base + request.app.route_reverse("people.invitation", token=token) if token else ""
    return web.page(
        request,
        "organisation/person.html",
        status_code=422 if errors else 200,
        person=person,
        shopper=ask.shopper_of(session, person.id),
        reaches=queries.reaches_of(session, person.id),
        sessions=queries.sessions_of(session, person.id, clock.now()),
        roles=ORDER,
        regions=regions,
        locations=locations,
        errors=errors or {},
        values=values or {},
        link=link,
    )


class People(Controller):
    """Everybody who signs in."""

    path = "/people"
    guards = [requires(Role.ADMINISTRATOR)]

    @get("/", name="people.index")
    def index(
        self,
        request: R,
        session: Db,
        q: FromQuery[str] = "",
        role: FromQuery[str] = "",
        account: FromQuery[str] = "",
        sort: FromQuery[str] = "name",
        page: FromQuery[int] = 1,
    ) -> Template:
        """The list."""
        number = min(max(page, 1), 10_000)
        role, account = role if role in ORDER else "", account if account in STATES else ""
        rows, total = ask.people(session, search=q[:100], role=role, state=account, sort=sort, page=number)
        return web.page(
            request,
            "organisation/people.html",
            rows=rows,
            total=total,
            number=number,
            pages=max(1, -(-total // ask.PAGE)),
            q=q,
            role=role,
            account=account,
            sort=sort,
            roles=ORDER,
            filtered=bool(q or role or account),
        )

    @get("/new", name="people.new")
    def new(self, request: R, session: Db) -> Template:
        """The form for somebody new."""
        return _form_page(request, session, {"locale": request.user.locale}, {})

    @post("/", name="people.invite")
    def invite(self, request: R, session: Db, typed: Typed) -> Template:
        """Add a person; the page that follows shows the link, once."""
        form, errors = bind(forms.InvitePerson, typed)
        if form is None:
            return _form_page(request, session, _values(typed), {k: _t(v) for k, v in errors.items()})
        try:
            person, token = people_actions.invite(
                session,
                name=form.name,
                email=form.email,
                role=form.role,
                region_id=form.region,
                location_id=form.location,
                locale=form.locale,
                by=request.user,
                now=clock.now(),
            )
        except actions.EmailTaken as taken:
            return _form_page(request, session, _values(typed), {"email": _t(taken.text)})
        except AuditError as refused:
            return _form_page(request, session, _values(typed), {"role": _t(refused.text)})
        session.flush()
        return _show(request, session, person, token=token)

    @get("/{person_id:uuid}", name="people.show")
    def show(self, request: R, session: Db, person_id: FromPath[UUID]) -> Template:
        """One person: roles, devices, what can be done."""
        return _show(request, session, ask.person_by_id(session, person_id))

    @post("/{person_id:uuid}", name="people.change")
    def change(self, request: R, session: Db, typed: Typed, person_id: FromPath[UUID]) -> Template | Redirect:
        """Another name, address or language."""
        person = ask.person_by_id(session, person_id)
        form, errors = bind(forms.ChangePerson, typed)
        if form is None:
            errors = {key: _t(text) for key, text in errors.items()}
            return _show(request, session, person, errors=errors, values=_values(typed))
        try:
            people_actions.change(
                session, person, form.name, form.email, form.locale, request.user, clock.now()
            )
        except actions.EmailTaken as taken:
            return _show(request, session, person, errors={"email": _t(taken.text)}, values=_values(typed))
        return see(request, "people.show", person_id=person.id, said=("good", _t("Saved.")))

    @post("/{person_id:uuid}/roles", name="people.grant")
    def grant(self, request: R, session: Db, typed: Typed, person_id: FromPath[UUID]) -> Template | Redirect:
        """Give a role."""
        person = ask.person_by_id(session, person_id)
        form, errors = bind(forms.GrantRole, typed)
        if form is not None:
            try:
                people_actions.grant(
                    session, person, form.role, form.region, form.location, request.user, clock.now()
                )
            except AuditError as refused:
                errors = {"role": refused.text}
        if errors:
            errors = {key: _t(text) for key, text in errors.items()}
            return _show(request, session, person, errors=errors, values=_values(typed))
        said = _t("The role is given. %(name)s signs in anew.", name=person.name)
        return see(request, "people.show", person_id=person.id, said=("good", said))

    @post("/{person_id:uuid}/roles/{grant_id:uuid}/revoke", name="people.revoke")
    def revoke(
        self, request: R, session: Db, person_id: FromPath[UUID], grant_id: FromPath[UUID]
    ) -> Redirect:
        """Take a role away."""
        found = ask.grant_of(session, person_id, grant_id)
        actions.revoke(session, found, request.user, clock.now())
        return see(request, "people.show", person_id=person_id, said=("good", _t("The role is taken away.")))

    @post("/{person_id:uuid}/active", name="people.set_active")
    def set_active(self, request: R, session: Db, typed: Typed, person_id: FromPath[UUID]) -> Redirect:
        """Switch the account on or off."""
        person = ask.person_by_id(session, person_id)
        on = typed.get("active") == "yes"
        actions.set_active(session, person, on, request.user, clock.now())
        said = _t("The account is switched on.") if on else _t("The account is switched off.")
        return see(request, "people.show", person_id=person.id, said=("good", said))

    @post("/{person_id:uuid}/sign-out", name="people.sign_out_everywhere")
    def sign_out(self, request: R, session: Db, person_id: FromPath[UUID]) -> Redirect:
        """End every session of the person."""
        person = ask.person_by_id(session, person_id)
        people_actions.sign_out_everywhere(session, person, request.user, clock.now())
        return see(
            request, "people.show", person_id=person.id, said=("good", _t("Signed out on every device."))
        )

    @post("/{person_id:uuid}/link", name="people.new_link")
    def new_link(self, request: R, session: Db, person_id: FromPath[UUID]) -> Template:
        """A fresh link to choose a password; older ones stop working. Shown once, so the page answers at once."""
        person = ask.person_by_id(session, person_id)
        token = actions.invite_again(session, person, request.user, clock.now())
        return _show(request, session, person, token=token)
