"""The app: the only place that sees everything. Settings in, an ASGI application out."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import anyio.to_thread
import structlog
from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.datastructures import Cookie, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.types import Message, Scope
from sqlmodel import Session

from audit_app import flows, navigation, openapi
from audit_app.effectiveness import pilot_routes, pilot_rows
from audit_app.effectiveness import routes as effectiveness_routes
from audit_app.effectiveness.reporting import report_kind
from audit_app.effectiveness.running import study_kind
from audit_app.home import routes as home_routes
from audit_app.imports import api as imports_api
from audit_app.imports import routes as imports_routes
from audit_app.imports import source_routes as imports_source_routes
from audit_app.kit import clock, csrf, i18n, jobs, web
from audit_app.kit.db import Engines, fresh_statistics, make_engines, session_for
from audit_app.kit.errors import AuditError
from audit_app.kit.joined import joined_file
from audit_app.kit.pages import asset_url, make_environment, static_files
from audit_app.kit.refusals import on_audit_error, on_fault, on_http_error, on_not_signed_in, request_id
from audit_app.kit.serving import answer_heads, calm_memory, security_headers, set_up_logs
from audit_app.kit.worker import Kind, Worker
from audit_app.organisation import door, network_routes, people_routes, token_routes
from audit_app.organisation import routes as organisation_routes
from audit_app.outcomes import routes as outcomes_routes
from audit_app.outcomes import source_routes as outcomes_source_routes
from audit_app.scoring import routes as scoring_routes
from audit_app.scoring import what_if_routes
from audit_app.settings import Settings, read_settings
from audit_app.standards import routes as standards_routes
from audit_app.system import routes as system_routes
from audit_app.visits import api as visits_api
from audit_app.visits import (
    desk_routes,
    evidence_api,
    field_routes,
    kept_routes,
    phone_routes,
    picture_routes,
    planning_routes,
    review_routes,
)
from audit_app.visits.actions.parts import sweep
from audit_app.visits.actions.release import expire_lapsed, release_due
from audit_app.visits.letters import person_mark

log = structlog.get_logger("audit_app")

ROUTES: list[Any] = [
    home_routes.Home,
    pilot_routes.PlanPilots,
    pilot_routes.ReadPilots,
    pilot_routes.Changes,
    pilot_rows.PilotRows,
    effectiveness_routes.Asking,
    effectiveness_routes.Deciding,
    effectiveness_routes.Files,
    effectiveness_routes.RowsBehind,
    effectiveness_routes.Reading,
    imports_routes.Imports,
    imports_routes.Exports,
    imports_api.ImportFiles,
    imports_source_routes.BringSources,
    outcomes_routes.Coverage,
    outcomes_source_routes.Sources,
    organisation_routes.ComeIn,
    organisation_routes.OwnAccount,
    network_routes.Network,
    people_routes.People,
    token_routes.Tokens,
    scoring_routes.Results,
    scoring_routes.Why,
    scoring_routes.Own,
    standards_routes.ReadStandards,
    standards_routes.BeginStandards,
    standards_routes.PublishStandards,
    standards_routes.EditDraft,
    standards_routes.ActOnDraft,
    standards_routes.AddPictures,
    standards_routes.ShowPictures,
    what_if_routes.WhatIfScored,
    system_routes.Health,
    system_routes.Documentation,
    desk_routes.Desk,
    planning_routes.Planning,
    review_routes.Reviewing,
    kept_routes.KeptReports,
    field_routes.OwnVisits,
    field_routes.Checklist,
    field_routes.Photos,
    picture_routes.GuidePictures,
    visits_api.FieldApi,
    evidence_api.EvidenceApi,
    joined_file,
    phone_routes.PhoneApp,
    phone_routes.PhonePages,
    phone_routes.PhoneApi,
]
"""Every controller of the app."""


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
        and not scope["path"].startswith(("/static/", "/joined/", "/health/"))
    ):
        cookie = Cookie(
            key=web.VISITOR,
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


def clockwork(settings: Settings) -> list[jobs.Job]:
    """What the app does by itself, once a minute."""

    def release(session: Session) -> int:
        return len(release_due(session, clock.now(), settings.visits, flows.announcer(session)))

    def expire(session: Session) -> int:
        return len(expire_lapsed(session, clock.now()))

    swept: set[date] = set()

    def clear_parts(_session: Session) -> int:
        today = clock.now().date()
        if today in swept:
            return 0
        swept.clear()
        swept.add(today)
        return sweep(settings.paths.parts, clock.now())

    tidied: set[date] = set()

    def tidy(session: Session) -> int:
        today = clock.now().date()
        if today in tidied:
            return 0
        tidied.clear()
        tidied.add(today)
        return int(fresh_statistics(session))

    return [
        jobs.Job("release results", release),
        jobs.Job("expire visits", expire),
        jobs.Job("clear parts of uploads", clear_parts),
        jobs.Job("statistics of the database", tidy),
    ]


def long_jobs() -> list[Kind]:
    """What the worker does, here or in a process of its own."""
    return [study_kind(), report_kind()]


def worker_of(settings: Settings, engines: Engines, executor: str = "web") -> Worker:
    """Whoever does the long jobs of this installation."""
    url = engines.writing.url.render_as_string(hide_password=False)
    return Worker(engines, url, settings.paths.data, long_jobs(), executor)


@contextlib.asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """64 threads for waiting on the database, calm garbage collection, the clockwork, and engines closed at the end."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(64))
    anyio.to_thread.current_default_thread_limiter().total_tokens = 64
    calm_memory()
    engines: Engines = app.state.engines
    worker: Worker | None = app.state.worker
    if worker:
        worker.start()
    try:
        async with jobs.running(engines, clockwork(app.state.settings)):
            yield
    finally:
        gc.unfreeze()
        if worker:
            await anyio.to_thread.run_sync(worker.stop)
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
            "worker": worker_of(settings, engines) if settings.worker_inside else None,
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
            # A long form repeats itself further back than gzip looks: a third fewer bytes for the same work.
            backend="brotli",
            brotli_quality=4,
            brotli_gzip_fallback=True,
            gzip_compress_level=5,
            minimum_size=1000,
            exclude=["^/evidence/"],
        ),
        openapi_config=OpenAPIConfig(
            title="audit_app",
            version="1",
            render_plugins=[openapi.Document()],
            openapi_router=openapi.OnlyTheDocument("/api/v1", route_handlers=[], guards=[web.requires()]),
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
    app.asgi_handler = answer_heads(app.asgi_handler)
    _check_guards(app)
    return app
