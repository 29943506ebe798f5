"""Pages of declared sources. To bring numbers in is an import and stands there."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock, web
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, get, post, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.outcomes import actions, queries
from audit_app.outcomes.engines import FOLDER, engine_of
from audit_app.outcomes.forms import ROWS, document_of, usual_values
from audit_app.outcomes.rules.expressions import SourceNotUnderstood, read_expression

R = Request[Actor, Any, Any]
DECLARERS: Final = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER)
LONGEST: Final = 200_000


def show_sources(
    request: R,
    session: Session,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status_code: int = 200,
    **more: Any,
) -> Template:
    """The list and the form; of the engine only its kind is told, never its address."""
    return web.page(
        request,
        "outcomes/sources.html",
        status_code=status_code,
        sources=queries.sources(session),
        values=values or usual_values(),
        errors=errors or {},
        rows=range(ROWS),
        engine=engine_of(request.app.state.settings.analytics_url),
        folder=FOLDER,
        **more,
    )


class Sources(Controller):
    """Where numbers are summed in the engine that holds them."""

    path = "/outcomes/sources"
    guards = [requires(*DECLARERS)]

    @get("/", name="outcomes.sources")
    def index(self, request: R, session: Db) -> Template:
        """The declared sources, and the form for another one."""
        return show_sources(request, session)

    @post("/", name="outcomes.declare_source")
    def declare(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """Declare one."""
        values = {key: str(value)[:LONGEST] for key, value in typed.items()}
        try:
            expression = read_expression(document_of(values))
            actions.declare_source(session, values.get("name", ""), expression, request.user.id, clock.now())
        except SourceNotUnderstood as refused:
            errors = {refused.place: _t(refused.text, **refused.values)}
            return show_sources(request, session, values=values, errors=errors, status_code=422)
        return see(
            request,
            "outcomes.sources",
            said=("good", _t("The source is declared. Bring its numbers in now.")),
        )

    @post("/{source_id:uuid}/forget", name="outcomes.forget_source")
    def forget(self, request: R, session: Db, source_id: FromPath[UUID]) -> Redirect:
        """Remove a declaration."""
        actions.forget_source(session, source_id, request.user.id, clock.now())
        return see(
            request,
            "outcomes.sources",
            said=("good", _t("The source is removed. The numbers it brought stay.")),
        )
