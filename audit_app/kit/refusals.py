"""Refusals: an error as a page, a fragment or JSON, each in kind, with the request's id; never a word of the machine."""

import secrets
import time
from typing import Any

import structlog
from litestar import MediaType, Request
from litestar.exceptions import HTTPException, InternalServerException
from litestar.response import Response
from litestar.types import Scope

from audit_app.kit import csrf, web
from audit_app.kit.db import is_full, is_overload
from audit_app.kit.errors import AuditError, Busy, NoRoom, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t

log = structlog.get_logger("audit_app")


RETRY_AFTER = {503: "2", 429: "15"}
"""Seconds after which asking again makes sense."""


def request_id(scope: Scope) -> str:
    """The id of this request: on the error page, in the answer's header and in the log."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        state.setdefault("began", time.perf_counter())
        state["request_id"] = secrets.token_hex(8)
    return str(state["request_id"])


def arrive(request: Request[Any, Any, Any]) -> None:
    """Where no door was passed (an unknown address), find the language first: the refusal is said in it."""
    if "binding" not in request.scope.setdefault("state", {}):
        web.greet(request)


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asked."""
    return request.scope["path"].startswith("/api/") or "application/json" in request.headers.get(
        "accept", ""
    )


def refuse(request: Request[Any, Any, Any], status: int, code: str, text: str, **more: Any) -> Response[Any]:
    """An error as a page, a fragment or JSON, each in kind, with the request's id."""
    headers = {"retry-after": RETRY_AFTER[status]} if status in RETRY_AFTER else {}
    if wants_json(request):
        body = {"code": code, "message": text, "request_id": request_id(request.scope), **more}
        return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)
    request.scope.setdefault("user", None)
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
    arrive(request)
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
    arrive(request)
    status = error.status_code
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        # Whoever asked is gone before the request was whole: nobody's fault, and nobody reads the answer.
        return Response("", status_code=400, media_type=MediaType.TEXT)
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
    arrive(request)
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
    if is_full(cause) or is_full(error):
        log.error("no room", request_id=request_id(request.scope))
        return on_audit_error(request, NoRoom())
    if is_overload(error):
        log.warning("busy", request_id=request_id(request.scope), error=type(error).__name__)
        return on_audit_error(request, Busy())
    log.exception("fault", request_id=request_id(request.scope), exc_info=error)
    return refuse(
        request, 500, "fault", _t("Something broke on our side. Nothing was changed. Please try again.")
    )
