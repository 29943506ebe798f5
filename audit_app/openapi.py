"""The document of the API for programs: what Litestar reads off the handlers, and what only we know.

Handlers read raw bodies (hashes are over the bytes), so bodies, refusals and tokens are described here, and in the shapes
of the slices. A route under /api/v1 without an entry in `CALLS` fails the test.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Router
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin

from audit_app.kit.refusals import RETRY_AFTER
from audit_app.visits import shapes

_TEXT: Final = {"type": "string"}
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

ERROR: Final = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {**_TEXT, "description": "For programs; it does not change."},
        "message": {**_TEXT, "description": "For people, in their language."},
        "fields": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "Each place that is wrong, with its reason.",
        },
        "received": {"type": "integer", "description": "With wrong_offset: the bytes that are here."},
        "request_id": {
            **_TEXT,
            "description": "Tell it to whoever runs the service; it stands in their log.",
        },
    },
}


def _json(schema: Mapping[str, Any], example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema), **({"example": dict(example)} if example else {})}}


def _answer(
    words: str, schema: Mapping[str, Any], example: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {"description": words, "content": _json(schema, example)}


_UPLOADED: Final = {"sha256": shapes.PHOTO_SHA, "state": "uploaded"}
_PART: Final = {"sha256": shapes.PHOTO_SHA, "state": "part", "received": 131072}
_RANGE: Final = {
    "name": "Content-Range",
    "in": "header",
    "required": False,
    "schema": {**_TEXT, "pattern": "^bytes [0-9]+-[0-9]+/[0-9]+$"},
    "description": "Names the part when the file comes in parts, such as bytes 0-131071/400000. Parts come in order; "
    "one that was sent before may come again. Parts nobody continues are forgotten after three days.",
}

CALLS: Final[Mapping[tuple[str, str], tuple[dict[str, Any], dict[int, Any], tuple[int, ...], str]]] = {
    ("put", "/api/v1/visits/{visit_id}/draft"): (
        _json(shapes.DRAFT, shapes.DRAFT_EXAMPLE),
        {200: _answer("Merged: the draft as it is now, with what was given twice.", shapes.MERGED)},
        (401, 404, 409, 413, 422, 503),
        "draft",
    ),
    ("put", "/api/v1/visits/{visit_id}/submission"): (
        _json(shapes.SUBMISSION, shapes.SUBMISSION_EXAMPLE),
        {
            201: _answer("Taken.", shapes.RECEIPT, shapes.RECEIPT_EXAMPLE),
            200: _answer("The same again; it was taken before.", shapes.RECEIPT),
            202: _answer("Kept beside another one; a person decides.", shapes.RECEIPT),
        },
        (401, 404, 409, 410, 413, 422, 503),
        "submission",
    ),
    ("put", "/api/v1/visits/{visit_id}/reports/{report_id}"): (
        _json(shapes.REPORT, shapes.REPORT_EXAMPLE),
        {200: _answer("Kept under this id; the same again changes nothing.", shapes.REPORT_KEPT)},
        (401, 404, 413, 422, 503),
        "report",
    ),
    ("get", "/api/v1/evidence/{sha256}"): (
        {},
        {200: _answer("How far the upload is.", shapes.UPLOAD, _PART)},
        (401, 404, 422, 429, 503),
        "evidence",
    ),
    ("put", "/api/v1/evidence/{sha256}"): (
        {"image/jpeg": _FILE, "image/png": _FILE, "image/webp": _FILE},
        {
            201: _answer("Kept.", shapes.UPLOAD, _UPLOADED),
            200: _answer("The same again; it is here already.", shapes.UPLOAD, _UPLOADED),
            202: _answer("This part is kept; more is to come.", shapes.UPLOAD, _PART),
        },
        (401, 404, 409, 413, 422, 429, 503),
        "evidence",
    ),
    ("post", "/api/v1/imports/{kind}"): (
        {"text/csv": _FILE, "application/octet-stream": _FILE, "multipart/form-data": _FILE},
        {200: {"description": "The report: new, changed, same, bad, and every problem with its place."}},
        (401, 403, 404, 409, 413, 422, 429, 503),
        "",
    ),
}
"""Body, answers, refusals of each call, and the name under which the shapes explain their codes."""


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
    body, answers, refusals, name = known
    responses = {str(status): answer for status, answer in answers.items()}
    responses |= {str(status): _refusal(status, name) for status in refusals}
    extra: dict[str, Any] = {"responses": responses}
    if body:
        extra["requestBody"] = {"required": True, "content": body}
    if (method, path) == ("put", "/api/v1/evidence/{sha256}"):
        extra["parameters"] = [*call.get("parameters", []), _RANGE]
    if path.endswith("/imports/{kind}"):
        state = {"name": "state", "in": "query", "required": False, "schema": _TEXT}
        key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": _TEXT}
        extra["parameters"] = [*call.get("parameters", []), state, key]
    return {**call, **extra}


def _refusal(status: int, name: str) -> dict[str, Any]:
    """A refusal with its codes, each with an example of what is said."""
    codes = shapes.REFUSED.get(name, {}).get(status) or shapes.BUSY.get(status, {})
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Error"}}
    words = REFUSALS[status]
    if codes:
        words = f"{words} Codes: " + " ".join(f"`{code}`: {meaning}" for code, meaning in codes.items())
        content["examples"] = {
            code: {"summary": meaning, "value": {"code": code, "message": meaning}}
            for code, meaning in codes.items()
        }
    answer: dict[str, Any] = {"description": words, "content": {"application/json": content}}
    if status in RETRY_AFTER:
        answer["headers"] = {"Retry-After": {"schema": _TEXT, "description": "Seconds to wait."}}
    return answer


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
