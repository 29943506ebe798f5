"""The app: the only place that sees everything. Settings in, an ASGI application out."""

import asyncio
import contextlib
import gc
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread
import structlog
from litestar import Litestar, MediaType, Request, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import Cookie, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Response
from litestar.template import TemplateConfig
from litestar.types import Message, Scope
from sqlmodel import Session

from audit_app import flows, navigation
from audit_app.home import routes as home_routes
from audit_app.imports import api as imports_api
from audit_app.imports import routes as imports_routes
from audit_app.kit import clock, csrf, i18n, jobs, web
from audit_app.kit.db import Engines, is_overload, make_engines, session_for
from audit_app.kit.errors import AuditError, Busy, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pages import asset_url, make_environment, static_files
from audit_app.organisation import door, network_routes, people_routes
from audit_app.organisation import routes as organisation_routes
from audit_app.scoring import routes as scoring_routes
from audit_app.scoring import what_if_routes
from audit_app.settings import Settings, read_settings
from audit_app.standards import routes as standards_routes
from audit_app.system import routes as system_routes
from audit_app.visits import api as visits_api
from audit_app.visits import desk_routes, field_routes, phone_routes, planning_routes, review_routes
from audit_app.visits.actions.release import expire_lapsed, release_due
from audit_app.visits.letters import person_mark

log = structlog.get_logger("audit_app")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "worker-src 'self'; object-src 'none'"
)

ROUTES: list[Any] = [
    home_routes.Home,
    imports_routes.Imports,
    imports_routes.Exports,
    imports_api.ImportFiles,
    organisation_routes.ComeIn,
    organisation_routes.OwnAccount,
    network_routes.Network,
    people_routes.People,
    scoring_routes.Results,
    scoring_routes.Why,
    scoring_routes.Own,
    standards_routes.ReadStandards,
    standards_routes.BeginStandards,
    standards_routes.PublishStandards,
    standards_routes.EditDraft,
    standards_routes.ActOnDraft,
    what_if_routes.WhatIfScored,
    system_routes.Health,
    system_routes.Documentation,
    desk_routes.Desk,
    planning_routes.Planning,
    review_routes.Reviewing,
    field_routes.OwnVisits,
    field_routes.Checklist,
    field_routes.Photos,
    visits_api.FieldApi,
    phone_routes.PhoneApp,
    phone_routes.PhonePages,
    phone_routes.PhoneApi,
]
"""Every controller of the app."""


def security_headers(secure: bool) -> dict[str, str]:
    """What every answer carries."""
    headers = {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return headers


def _before_send(headers: dict[str, str]) -> Callable[[Message, Scope], Any]:
    # Pages are personal: no cache keeps them. Files under /static/ set their own rule.
    ours = [
        (name.encode(), value.encode()) for name, value in {**headers, "cache-control": "no-store"}.items()
    ]

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        given = list(message.get("headers", ()))
        named = {name.lower() for name, _value in given}
        state = scope.get("state", {})
        user = scope.get("user")
        handler = scope.get("route_handler")
        if user and scope["path"].startswith("/my/"):
            # Whose page this is, so that a phone shows it to nobody else.
            given.append((b"x-person", person_mark(user.id).encode()))
        message["headers"] = [
            *given,
            *(one for one in ours if one[0] not in named),
            (b"x-request-id", request_id(scope).encode()),
        ]
        log.info(
            "request",
            request_id=request_id(scope),
            method=scope.get("method"),
            route=getattr(handler, "name", None) or "-",
            status=message["status"],
            ms=round((time.perf_counter() - state.get("began", time.perf_counter())) * 1000, 1),
            user=str(user.id) if user else None,
        )

    return add


def request_id(scope: Scope) -> str:
    """The id of this request: on the error page, in the answer's header and in the log."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        state.setdefault("began", time.perf_counter())
        state["request_id"] = secrets.token_hex(8)
    return str(state["request_id"])


async def provide_session(request: Request[Any, Any, Any], state: State) -> AsyncGenerator[Session, None]:
    """The session of this request, reading or writing by its method."""
    async with contextlib.aclosing(
        session_for(state.engines, writing=request.method not in csrf.SAFE)
    ) as sessions:
        async for session in sessions:
            yield session


def provide_announce(session: web.Db) -> flows.Tell:
    """What actions tell their events to."""
    return flows.announcer(session)


def furniture_of(settings: Settings) -> Callable[[Request[Any, Any, Any]], dict[str, Any]]:
    """What every template gets: who reads, in which language, where they are and where they can go."""

    def furniture(request: Request[Any, Any, Any]) -> dict[str, Any]:
        actor = request.scope.get("user")
        path = request.scope["path"]
        query = request.scope.get("query_string", b"").decode("latin-1")
        flash = web.unpack_flash(settings.web.secret, request.cookies.get(web.FLASH))
        if flash:
            request.scope["state"]["flash_shown"] = True
        theme = request.cookies.get("theme", "auto")
        return {
            "actor": actor,
            "locale": i18n.language(),
            "theme": theme if theme in ("light", "dark") else "auto",
            "csrf_token": csrf.make(settings.web.secret, request.scope["state"].get("binding", "")),
            "flash": flash,
            "path": path + ("?" + query if query else ""),
            "nav": navigation.links(actor, path, request.app.route_reverse),
        }

    return furniture


async def keep_cookies(message: Message, scope: Scope) -> None:
    """Give a stranger's browser its cookie, and forget a flash that was shown."""
    if message["type"] != "http.response.start":
        return
    state = scope.get("state", {})
    if not (state.get("new_visitor") or state.get("flash_shown")):
        return
    secure = scope["litestar_app"].state.settings.web.secure
    answer = MutableScopeHeaders.from_message(message)
    if (
        state.get("new_visitor")
        and scope.get("method") == "GET"
        and not scope["path"].startswith(("/static/", "/health/"))
    ):
        cookie = Cookie(
            key=door.ANONYMOUS,
            value=state["new_visitor"],
            path="/",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        answer.add("set-cookie", cookie.to_header(header=""))
    if state.get("flash_shown"):
        cookie = Cookie(
            key=web.FLASH, value="", path="/", httponly=True, samesite="lax", secure=secure, max_age=0
        )
        answer.add("set-cookie", cookie.to_header(header=""))


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asked."""
    return request.scope["path"].startswith("/api/") or "application/json" in request.headers.get(
        "accept", ""
    )


def refuse(request: Request[Any, Any, Any], status: int, code: str, text: str, **more: Any) -> Response[Any]:
    """An error as a page, a fragment or JSON, each in kind, with the request's id."""
    headers = {"retry-after": "2"} if status == 503 else {}
    if wants_json(request):
        body = {"code": code, "message": text, "request_id": request_id(request.scope), **more}
        return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)
    request.scope.setdefault("user", None)
    request.scope.setdefault("state", {})
    try:
        return web.page(
            request,
            "error.html",
            status_code=status,
            headers=headers,
            status=status,
            text=text,
            request_id=request_id(request.scope),
        )
    except Exception:  # the page's own furniture is what broke: a plain sentence is better than silence
        log.exception("fault", request_id=request_id(request.scope))
        plain = f"{text} ({request_id(request.scope)})"
        return Response(plain, status_code=status, media_type=MediaType.TEXT, headers=headers)


def on_audit_error(request: Request[Any, Any, Any], error: AuditError) -> Response[Any]:
    """A refusal in words."""
    more: dict[str, Any] = {}
    if fields := getattr(error, "fields", None):
        more["fields"] = fields
    return refuse(request, error.status, error.code, _t(error.text, **error.values), **more)


def on_not_signed_in(request: Request[Any, Any, Any], _error: web.NotSignedIn) -> Response[Any]:
    """Show the way to the sign-in page; programs get 401."""
    if wants_json(request):
        return refuse(request, 401, "not_signed_in", _t("Please sign in."))
    onward = request.scope["path"] if request.method == "GET" else "/"
    target = request.app.route_reverse("people.sign_in") + f"?next={onward}"
    if web.is_fragment(request):
        return Response("", status_code=401, headers={"HX-Redirect": target})
    return web.go(request, target)


HTTP_WORDS = {
    400: _("The request cannot be read."),
    403: _("This page is too old, or the request came from elsewhere. Please go back, reload and try again."),
    404: _("There is nothing here, or nothing of yours."),
    405: _("That cannot be done here."),
    413: _("What was sent is too large."),
    415: _("What was sent is of a kind that cannot be read here."),
    422: _("What was sent cannot be read."),
    429: _("That was too often. Please wait a moment."),
}


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own refusals in our words; bad parameters in an address are simply nothing that is here."""
    status = error.status_code
    if status == 400 and request.method in csrf.SAFE and not wants_json(request):
        status = 404
    if status >= 500:
        return on_fault(request, error)
    codes = {
        400: "bad_input",
        401: "not_signed_in",
        403: "forbidden",
        404: "not_found",
        405: "not_allowed",
        413: "too_large",
    }
    return refuse(request, status, codes.get(status, "refused"), _t(HTTP_WORDS.get(status, HTTP_WORDS[400])))


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Our own mistake, or a database that is away just now."""
    if (
        isinstance(error, ExceptionGroup)
        and len(error.exceptions) == 1
        and isinstance(error.exceptions[0], AuditError)
    ):
        return on_audit_error(request, error.exceptions[0])
    cause = error.__cause__ or error
    if request.scope["path"].startswith("/static/") and isinstance(cause, ValueError | OSError):
        # A name no file can have (NUL, a thousand letters).
        return on_audit_error(request, NotFound())
    if is_overload(error):
        log.warning("busy", request_id=request_id(request.scope), error=type(error).__name__)
        return on_audit_error(request, Busy())
    log.exception("fault", request_id=request_id(request.scope), exc_info=error)
    return refuse(
        request, 500, "fault", _t("Something broke on our side. Nothing was changed. Please try again.")
    )


def set_up_logs(style: str) -> None:
    """JSON lines for machines, plain ones for a terminal; control characters never reach the line as they are."""
    renderer: Any = (
        structlog.processors.JSONRenderer(
            serializer=lambda *a, **k: json.dumps(*a, **{**k, "ensure_ascii": False})
        )
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def clockwork(settings: Settings) -> list[jobs.Job]:
    """What the app does by itself, once a minute."""

    def release(session: Session) -> int:
        return len(release_due(session, clock.now(), settings.visits, flows.announcer(session)))

    def expire(session: Session) -> int:
        return len(expire_lapsed(session, clock.now()))

    return [jobs.Job("release results", release), jobs.Job("expire visits", expire)]


def calm_memory() -> None:
    """What was imported lives as long as the process: never look through it again for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@contextlib.asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """64 threads for waiting on the database, calm garbage collection, the clockwork, and engines closed at the end."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(64))
    anyio.to_thread.current_default_thread_limiter().total_tokens = 64
    calm_memory()
    engines: Engines = app.state.engines
    try:
        async with jobs.running(engines, clockwork(app.state.settings)):
            yield
    finally:
        gc.unfreeze()
        await anyio.to_thread.run_sync(engines.dispose)


def _check_guards(app: Litestar) -> None:
    """No route without a guard that names its roles."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.name == "static" or (
                getattr(handler, "paths", None) == {"/"} and handler.name is None
            ):
                continue
            if handler.name and not any(hasattr(guard, "roles") for guard in handler.resolve_guards()):
                raise RuntimeError(f"The route {handler.name or route.path} names no guard.")


def state_of(settings: Settings, engines: Engines) -> State:
    """Everything an app keeps that hangs on its settings and its database; the rest of it is the same for all."""
    return State(
        {
            "settings": settings,
            "engines": engines,
            "arrivals": door.make_arrivals(engines),
            "intake": visits_api.make_intake(engines, flows.announcer, settings.paths.photos),
            "furniture": furniture_of(settings),
            "announcer": flows.announcer,
        }
    )


def create_app(settings: Settings | None = None, engines: Engines | None = None) -> Litestar:
    """The application for these settings (default: from the environment)."""
    chosen = settings or read_settings()
    set_up_logs(chosen.log or "plain")
    environment = make_environment()
    app = Litestar(
        route_handlers=[*ROUTES, static_files()],
        middleware=[door.Door()],
        dependencies={
            "session": Provide(provide_session),
            "announce": Provide(provide_announce, sync_to_thread=False),
            "typed": Provide(web.typed_form),
        },
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        exception_handlers={
            AuditError: on_audit_error,
            web.NotSignedIn: on_not_signed_in,
            HTTPException: on_http_error,
            Exception: on_fault,
        },
        before_send=[_before_send(security_headers(chosen.web.secure)), keep_cookies],
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=5, minimum_size=1000, exclude=["^/evidence/"]
        ),
        openapi_config=OpenAPIConfig(
            title="audit_app",
            version="1",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router("/api/v1", route_handlers=[], guards=[web.requires()]),
        ),
        include_in_schema=False,
        state=state_of(chosen, engines or make_engines(chosen.database_url)),
        lifespan=[_running],
        request_max_body_size=4 * 2**20,
        logging_config=None,
        debug=False,
    )
    environment.globals["url_for"] = app.route_reverse
    environment.globals["asset"] = asset_url
    _check_guards(app)
    return app
