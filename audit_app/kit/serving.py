"""How any app of ours is served: headers of safety, logs, HEAD requests, calm memory."""

import contextlib
import gc
import json
import logging
import sys
from typing import Any, TextIO, cast

import structlog
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "worker-src 'self'; object-src 'none'"
)


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


class PatientOutput:
    """Standard output for the log: where a line cannot be written (a full disk), the request goes on without it."""

    def write(self, text: str) -> None:
        """Write, if it can be."""
        with contextlib.suppress(OSError):
            sys.stdout.write(text)

    def flush(self) -> None:
        """Likewise."""
        with contextlib.suppress(OSError):
            sys.stdout.flush()


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
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, PatientOutput())),
        cache_logger_on_first_use=False,
    )


def answer_heads(inner: ASGIApp) -> ASGIApp:
    """HEAD is GET without the body, on every address: monitors and mail programs ask so."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.HEAD:
            return await inner(scope, receive, send)

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = HttpMethod.GET
        return await inner(scope, receive, without_body)

    return handle


def calm_memory() -> None:
    """What was imported lives as long as the process: never look through it again for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
