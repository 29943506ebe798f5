"""Tokens for programs: made by whoever the program acts for, shown once, taken back by them or an administrator."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock, web
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, bind, get, post, requires, see
from audit_app.organisation import forms, token_actions, token_queries
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor, token_scopes_of

R = Request[Actor, Any, Any]


def _page(
    request: R,
    session: Session,
    *,
    made: str = "",
    errors: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Template:
    actor = request.user
    return web.page(
        request,
        "organisation/tokens.html",
        status_code=422 if errors else 200,
        rows=token_queries.tokens(session, None if actor.has(Role.ADMINISTRATOR) else actor.id),
        everybody=actor.has(Role.ADMINISTRATOR),
        scopes=token_scopes_of(actor.roles),
        made=made,
        errors=errors or {},
        values=values or {},
    )


class Tokens(Controller):
    """One's own tokens; administrators see everybody's."""

    path = "/account/tokens"
    guards = [requires()]

    @get("/", name="tokens.index")
    def index(self, request: R, session: Db) -> Template:
        """The list, and the form of a new one."""
        return _page(request, session)

    @post("/", name="tokens.make")
    def make(self, request: R, session: Db, typed: Typed) -> Template:
        """Make one for oneself; the answer shows it, the only time."""
        form, errors = bind(forms.NewToken, typed)
        values = {"name": str(typed.get("name") or ""), "scopes": typed.getall("scopes", [])}
        if form is None:
            return _page(
                request, session, errors={key: _t(text) for key, text in errors.items()}, values=values
            )
        refused = token_actions.what_is_wrong(form.scopes, request.user)
        if refused:
            return _page(request, session, errors={"scopes": _t(refused)}, values=values)
        token = token_actions.make(session, request.user, form.name, form.scopes, clock.now())
        session.flush()
        return _page(request, session, made=token)

    @post("/{token_id:uuid}/revoke", name="tokens.revoke")
    def revoke(self, request: R, session: Db, token_id: FromPath[UUID]) -> Redirect:
        """It works no more from this moment on."""
        token_actions.revoke(session, token_id, request.user, clock.now())
        return see(
            request, "tokens.index", said=("good", _t(_("The token was taken back. It works no more.")))
        )
