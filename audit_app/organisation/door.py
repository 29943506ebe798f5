"""The door: every request passes here once. It finds out who comes, in which language, and whether the form is ours.

Situation: Litestar's stock sessions adopt an id the client chose and never rotate it.
Choice: our own random cookie, kept as a hash; unknown ids are nobody; a new id at each sign-in. Roles are read anew
with every request, so a role taken away is gone with the next click.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from audit_app.kit import clock, csrf, i18n
from audit_app.kit.db import Engines, read, write_async
from audit_app.kit.i18n import _
from audit_app.kit.together import Together
from audit_app.kit.web import VISITOR, NotSignedIn, as_stranger, typed_form
from audit_app.organisation import actions, queries, rules
from audit_app.organisation.models import Role
from audit_app.settings import Settings

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


Arrivals = Together[tuple[str, str], Any]


def make_arrivals(engines: Engines) -> Arrivals:
    """Who comes: those who come while others are looked up are looked up together, and nobody from memory.

    Asked for `("token", digest)` or `("cookie", digest)`; a role taken away is gone with the next request.
    """

    def look(keys: list[tuple[str, str]]) -> list[Any]:
        now = clock.now()
        # The idle limit of shoppers is the longer one; a manager's is checked afterwards.
        since = now - timedelta(hours=rules.SHOPPER_SESSION_HOURS["idle"])
        with read(engines) as session:
            found = {
                (kind, digest): queries.actor_of_token(session, digest)
                if kind == "token"
                else queries.actor_of_session(session, digest, now, since)
                for kind, digest in set(keys)
            }
        return [found[key] for key in keys]

    return Together(look, most=32)


class NotOurForm(PermissionDeniedException):
    """The form did not come from our page, or the page is too old."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This page is too old, or the request came from elsewhere. Please go back, reload and try again."
            )
        )


class Door(ASGIMiddleware):
    """Sets `scope["user"]`, the language, and refuses unsafe requests without our token."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in, or raise."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        state = scope["litestar_app"].state
        settings: Settings = state.settings
        engines: Engines = state.engines
        scope["user"] = None
        scope["state"].setdefault("began", time.perf_counter())
        bearer = request.headers.get("authorization", "")
        if bearer[:7].lower() == "bearer ":
            await self._by_token(scope, bearer[7:].strip())
        else:
            await self._by_cookie(scope, request, engines, settings)
        actor = scope["user"]
        i18n.use_language(
            actor.locale
            if actor
            else request.cookies.get("language") or i18n.negotiate(request.headers.get("accept-language", ""))
        )
        if request.method not in csrf.SAFE and "token_scopes" not in scope["state"]:
            if actor is None and scope["path"].startswith("/api/"):
                raise NotSignedIn  # a program without a token hears that, and not of a page that is too old
            await self._check_form(scope, request, settings)
        try:
            await next_app(scope, receive, send)
        finally:
            await self._close_uploads(scope)

    @staticmethod
    async def _close_uploads(scope: Scope) -> None:
        """Close files that came with a form read here: Litestar does so only where the handler was reached."""
        form = ScopeState.from_scope(scope).form
        for value in form.values() if isinstance(form, Mapping) else ():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, UploadFile):
                    await one.close()

    @staticmethod
    async def _by_token(scope: Scope, token: str) -> None:
        arrivals: Arrivals = scope["litestar_app"].state.arrivals
        found: tuple[rules.Actor, frozenset[str]] | None = await arrivals.ask(
            ("token", actions.digest(token))
        )
        scope["state"]["token_scopes"] = frozenset()
        if found:
            scope["user"], scope["state"]["token_scopes"] = found

    async def _by_cookie(
        self, scope: Scope, request: Request[Any, Any, Any], engines: Engines, settings: Settings
    ) -> None:
        cookie = request.cookies.get(settings.web.cookie)
        scope["state"]["binding"] = cookie or request.cookies.get(VISITOR) or ""
        if not cookie or len(cookie) > 100:
            return as_stranger(request)
        now = clock.now()

        arrivals: Arrivals = scope["litestar_app"].state.arrivals
        found: queries.SessionFound | None = await arrivals.ask(("cookie", actions.digest(cookie)))
        if found is None:
            return as_stranger(request)
        field_work = found.actor.roles <= {Role.SHOPPER, Role.AUDITOR}
        hours = rules.SHOPPER_SESSION_HOURS if field_work else rules.SESSION_HOURS
        if found.seen_at < now - timedelta(hours=hours["idle"]):
            return as_stranger(request)
        scope["user"] = found.actor
        session_id = found.actor.session_id
        if session_id and found.seen_at < now - timedelta(minutes=20):
            await write_async(engines, lambda session: actions.touch_session(session, session_id, now))
        return None

    @staticmethod
    async def _check_form(scope: Scope, request: Request[Any, Any, Any], settings: Settings) -> None:
        web = settings.web
        if not csrf.same_site(
            web.base_url,
            request.headers.get("host", ""),
            request.headers.get("origin"),
            request.headers.get("sec-fetch-site"),
        ):
            raise NotOurForm
        token = request.headers.get(csrf.HEADER)
        if request.content_type[0] in FORMS:
            # Read and refused here, before a handler takes its session: Litestar resolves dependencies side by side,
            # and a form that fails beside a session just opening would leave the turn to write taken.
            form = await typed_form(request)
            token = token or form.get(csrf.FIELD)
        if not csrf.fits(web.secret, scope["state"]["binding"], token if isinstance(token, str) else None):
            raise NotOurForm
