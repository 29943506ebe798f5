"""The document of the API for programs: what Litestar reads off the handlers, and what only we know.

Handlers read raw bodies (hashes are over the bytes), so bodies, refusals and tokens are described here. A route under
/api/v1 without an entry in `CALLS` fails the test.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Router
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin

_TEXT: Final = {"type": "string"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_SHA: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_UUID: Final = {"type": "string", "format": "uuid"}
_ANSWER: Final = {
    "answer": {**_TEXT, "description": "An option's code, a;b, a number, a time, words, or na."},
    "comment": _TEXT,
    "evidence": {"type": "array", "items": _SHA},
    "at": _MOMENT,
}
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}

REFUSALS: Final[Mapping[int, str]] = {
    401: "No token, or one that is not valid any more.",
    403: "The token lacks the scope.",
    404: "Nothing is here, or nothing of yours.",
    409: "Different bytes under the same name, or not the time for it: the code says which.",
    410: "The visit is closed or withdrawn.",
    413: "The body is too large.",
    422: "What was sent cannot be taken; fields names each place.",
    429: "Too often; Retry-After says when to come again.",
    503: "Busy; Retry-After says when to come again.",
}

DRAFT: Final = {
    "type": "object",
    "required": ["answers"],
    "properties": {
        "base": {"type": "integer", "description": "The version of the draft the changes were made on."},
        "answers": {
            "type": "object",
            "description": "Changed answers by item; null takes one back.",
            "additionalProperties": {"type": ["object", "null"], "properties": _ANSWER},
        },
    },
}
SUBMISSION: Final = {
    "type": "object",
    "required": ["submission_id", "answers"],
    "properties": {
        "submission_id": _UUID,
        "base_version": {"type": ["integer", "null"]},
        "started_at": _MOMENT,
        "finished_at": _MOMENT,
        "device_now": _MOMENT,
        "answers": {
            "type": "array",
            "items": {"type": "object", "required": ["item"], "properties": {"item": _TEXT, **_ANSWER}},
        },
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sha256"],
                "properties": {"sha256": _SHA, "bytes": {"type": "integer"}, "type": _TEXT},
            },
        },
    },
}
REPORT: Final = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["closed", "recognised"]}, "words": _TEXT, "at": _MOMENT},
}
RECEIPT: Final = {
    "type": "object",
    "properties": {
        "id": _UUID,
        "visit": _UUID,
        "received_at": _MOMENT,
        "sha256": _SHA,
        "state": _TEXT,
        "missing_evidence": {"type": "array", "items": _SHA},
    },
}
ERROR: Final = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {**_TEXT, "description": "For programs; it does not change."},
        "message": {**_TEXT, "description": "For people, in their language."},
        "fields": {"description": "Each place that is wrong, with its reason."},
        "request_id": _TEXT,
    },
}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}


CALLS: Final[Mapping[tuple[str, str], tuple[dict[str, Any], dict[int, Any], tuple[int, ...]]]] = {
    ("put", "/api/v1/visits/{visit_id}/draft"): (
        _json(DRAFT),
        {200: {"description": "Merged: the draft as it is now, with what was given twice."}},
        (401, 404, 409, 410, 413, 422, 503),
    ),
    ("put", "/api/v1/visits/{visit_id}/submission"): (
        _json(SUBMISSION),
        {
            201: {"description": "Taken.", "content": _json(RECEIPT)},
            200: {"description": "The same again; it was taken before.", "content": _json(RECEIPT)},
            202: {"description": "Kept beside another one; a person decides.", "content": _json(RECEIPT)},
        },
        (401, 404, 409, 410, 413, 422, 503),
    ),
    ("put", "/api/v1/visits/{visit_id}/reports/{report_id}"): (
        _json(REPORT),
        {200: {"description": "Kept under this id; the same again changes nothing."}},
        (401, 404, 409, 413, 422, 503),
    ),
    ("put", "/api/v1/evidence/{sha256}"): (
        {"image/jpeg": _FILE, "image/png": _FILE, "image/webp": _FILE},
        {201: {"description": "Kept."}, 200: {"description": "The same again; it is here already."}},
        (401, 404, 413, 422, 503),
    ),
    ("post", "/api/v1/imports/{kind}"): (
        {"text/csv": _FILE, "application/octet-stream": _FILE, "multipart/form-data": _FILE},
        {200: {"description": "The report: new, changed, same, bad, and every problem with its place."}},
        (401, 403, 404, 409, 413, 422, 429, 503),
    ),
}
"""Body, answers and refusals of each call."""


def described(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The document with tokens, bodies, answers and refusals."""
    whole = {**schema, "security": [{"token": []}]}
    parts = {**schema.get("components", {})}
    parts["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "Made by `audit-app token EMAIL --scope …` or on the page of tokens.",
        }
    }
    parts["schemas"] = {**parts.get("schemas", {}), "Error": ERROR}
    whole["components"] = parts
    whole["paths"] = {
        path: {method: _call(path, method, call) for method, call in calls.items()}
        for path, calls in schema.get("paths", {}).items()
    }
    return whole


def _call(path: str, method: str, call: Mapping[str, Any]) -> dict[str, Any]:
    known = CALLS.get((method, path))
    if known is None:
        return dict(call)
    body, answers, refusals = known
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    responses = {str(status): answer for status, answer in answers.items()}
    responses |= {str(status): {"description": REFUSALS[status], "content": error} for status in refusals}
    extra: dict[str, Any] = {"requestBody": {"required": True, "content": body}, "responses": responses}
    if path.endswith("/imports/{kind}"):
        state = {"name": "state", "in": "query", "required": False, "schema": _TEXT}
        key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": _TEXT}
        extra["parameters"] = [*call.get("parameters", []), state, key]
    return {**call, **extra}


class Document(JsonRenderPlugin):
    """/api/v1/openapi.json."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The described document."""
        return self.render_json(request, described(openapi_schema))


class OnlyTheDocument(Router):
    """Litestar adds a page of its own for every other address here; ours answers in JSON, as all of /api does."""

    def register(self, value: Any) -> list[Any]:
        """Take the document, leave the page."""
        if isinstance(value, BaseRouteHandler) and value.fn.__name__ == "handle_schema_path_not_found":
            return []
        return list(super().register(value))
