"""Short names for handlers: what comes in, who may, and the three ways to answer (page, see, refuse).

Handlers are plain functions in a thread; `Db` is the session of the request's one transaction (see `kit.db`).
`requires(...)` is the only guard: it names the roles, so the role × route matrix can be read off the routes.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import litestar
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect, Response, Template
from pydantic import BaseModel, ValidationError
from sqlmodel import Session

from audit_app.kit import i18n
from audit_app.kit.errors import BadInput, NotFound, TooLarge
from audit_app.kit.i18n import _

get = partial(litestar.get, sync_to_thread=True)
post = partial(litestar.post, sync_to_thread=True, status_code=200)
put = partial(litestar.put, sync_to_thread=True)

Db = NamedDependency[Session]
"""The session of this request."""
Announce = NamedDependency[Callable[[object], None]]
"""Tells what happened, so that later slices act in the same transaction; see flows.py."""
Typed = NamedDependency[FormMultiDict]
"""What the person typed: the fields of the form, already checked for odd characters."""

M = TypeVar("M", bound=BaseModel)

FLASH = "flash"
VISITOR = "visitor"
"""Cookie of a browser that is not signed in; only the tokens of its forms hang on it."""
MOST_FIELDS = 5000
"""No form of ours has more fields than this."""
TONES = ("good", "fair", "bad", "info")


class SignedIn(Protocol):
    """What the kit needs to know of whoever is signed in."""

    id: UUID
    roles: frozenset[str]


class NotSignedIn(Exception):
    """Nobody is signed in; the app answers with the sign-in page, or 401 for programs."""


def requires(
    *roles: str,
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard: somebody with one of these roles (none named: anybody signed in). Others get 404, as if nothing were here."""
    wanted = frozenset(str(role) for role in roles)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        actor: SignedIn | None = connection.scope.get("user")
        if actor is None:
            raise NotSignedIn
        if wanted and not wanted & actor.roles:
            raise NotFound
        scopes: frozenset[str] | None = connection.scope.get("state", {}).get("token_scopes")
        if scopes is not None and not connection.scope["path"].startswith("/api/"):
            raise NotFound

    guard.roles = wanted  # type: ignore[attr-defined]
    return guard


async def everyone(_connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard that lets everybody in; every route names one, so none is public by oversight."""


everyone.roles = None  # type: ignore[attr-defined]


def is_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asked for a part of the page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


class Block(Template):
    """One named block of a template, rendered alone for htmx."""

    def __init__(self, name: str, block: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.block = block

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> Any:
        """Render the block instead of the whole template."""
        request = kwargs.get("request") or args[1]
        engine = request.app.template_engine.engine
        template = engine.get_template(self.template_name)
        context = template.new_context({**self.create_template_context(request), **self.context})
        text = "".join(template.blocks[self.block](context))
        return Response(
            content=text,
            media_type="text/html; charset=utf-8",
            status_code=self.status_code,
            headers=self.headers,
            cookies=self.cookies,
            background=self.background,
        ).to_asgi_response(*args, **kwargs)


def page(
    request: Request[Any, Any, Any],
    name: str,
    *,
    fragment: str = "content",
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Template:
    """The whole page, or only its named block when htmx asked for a fragment."""
    extra = dict(headers or {})
    context = {**request.app.state.furniture(request), **context}
    if is_fragment(request):
        return Block(name, fragment, context=context, status_code=status_code, headers=extra)
    return Template(name, context=context, status_code=status_code, headers=extra)


def as_stranger(request: Request[Any, Any, Any]) -> None:
    """Bind forms to a cookie that a stranger's browser keeps; made when the first page is shown."""
    state = request.scope["state"]
    state["binding"] = request.cookies.get(VISITOR) or secrets.token_urlsafe(24)
    if VISITOR not in request.cookies:
        state["new_visitor"] = state["binding"]


def greet(request: Request[Any, Any, Any]) -> None:
    """At an address that leads nowhere no door is passed: find the language and whose forms these are all the same."""
    i18n.use_language(
        request.cookies.get("language") or i18n.negotiate(request.headers.get("accept-language", ""))
    )
    if session := request.cookies.get(request.app.state.settings.web.cookie):
        request.scope["state"]["binding"] = session
    else:
        as_stranger(request)


def pack_flash(secret: str, tone: str, text: str) -> str:
    """A small signed cookie value, so that the next page can say what was done."""
    body = base64.urlsafe_b64encode(json.dumps([tone, text]).encode()).decode().rstrip("=")
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()[:32]}"


def unpack_flash(secret: str, value: str | None) -> list[tuple[str, str]]:
    """The words of the cookie, if we wrote them."""
    if not value or "." not in value:
        return []
    body, _dot, mark = value.rpartition(".")
    ours = hmac.new(secret.encode(), body.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
    if not hmac.compare_digest(ours.encode(), mark.encode("utf-8", "replace")):
        return []
    tone, text = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return [(str(tone), str(text))]


def see(
    request: Request[Any, Any, Any],
    name: str,
    *,
    said: tuple[str, str] | None = None,
    anchor: str = "",
    **params: Any,
) -> Redirect:
    """303 to a named route; `said` is (tone, sentence already translated) for the next page to show."""
    return go(
        request, request.app.route_reverse(name, **params) + (f"#{anchor}" if anchor else ""), said=said
    )


def go(request: Request[Any, Any, Any], path: str, *, said: tuple[str, str] | None = None) -> Redirect:
    """303 to a path of ours."""
    web = request.app.state.settings.web
    answer = Redirect(path, status_code=303)
    if said:
        set_cookie(answer, web.secure, FLASH, pack_flash(web.secret, *said), max_age=60)
    return answer


def set_cookie(answer: Response[Any], secure: bool, key: str, value: str, max_age: int | None = None) -> None:
    """A cookie of ours: for the whole site, not for scripts, not for other sites."""
    answer.cookies.append(
        Cookie(key=key, value=value, path="/", httponly=True, samesite="lax", secure=secure, max_age=max_age)
    )


def safe_next(path: str | None) -> str:
    """Where to go after sign-in: a path of ours and nothing else."""
    if (
        not path
        or not path.startswith("/")
        or path.startswith(("//", "/\\"))
        or any(ord(c) < 33 for c in path)
    ):
        return "/"
    return path


def clean_text(value: str) -> str:
    """Refuse what one of the databases cannot keep: NUL and lone surrogates."""
    if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadInput(_("The text holds characters that cannot be stored. Please type it again."))
    return value


async def read_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The form as it came. Reading two million fields would hold everybody up, so they are counted before."""
    if request.content_type[0] == RequestEncodingType.URL_ENCODED:
        body = await request.body()
        if body.count(b"&") >= MOST_FIELDS:
            raise TooLarge
    try:
        return await request.form()
    except (UnicodeError, LookupError):
        # A part that is not in the alphabet it names, or names one that does not exist.
        raise BadInput from None


async def typed_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The fields of the form; a provider for `Typed`."""
    form = await read_form(request)
    for key, value in form.multi_items():
        clean_text(key)
        if isinstance(value, str):
            clean_text(value)
    return form


class Bound(BaseModel):
    """Base of the shapes a person may submit: unknown fields are ignored, text is trimmed."""

    model_config = {"extra": "ignore", "str_strip_whitespace": True, "str_max_length": 20000}


def bind(shape: type[M], form: FormMultiDict | Mapping[str, Any]) -> tuple[M | None, dict[str, str]]:
    """The value, or the errors by field as msgids; many-valued fields of the shape receive all their values."""
    data: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        if isinstance(form, FormMultiDict):
            many = str(field.annotation).startswith(("list", "set", "frozenset"))
            if many:
                data[name] = [v for v in form.getall(name, []) if v != ""]
            elif name in form:
                data[name] = form[name]
        elif name in form:
            data[name] = form[name]
    try:
        return shape.model_validate(
            {k: v for k, v in data.items() if v != "" or shape.model_fields[k].is_required()}
        ), {}
    except ValidationError as wrong:
        errors: dict[str, str] = {}
        for one in wrong.errors():
            field_name = str(one["loc"][0]) if one["loc"] else ""
            errors.setdefault(field_name, WORDS.get(one["type"]) or _plain(one["msg"]))
        return None, errors


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


WORDS = {
    "missing": _("Please fill this in."),
    "string_too_short": _("Please fill this in."),
    "string_too_long": _("This is too long."),
    "date_from_datetime_parsing": _("Please give a date, such as 2026-11-22."),
    "date_parsing": _("Please give a date, such as 2026-11-22."),
    "int_parsing": _("Please give a whole number."),
    "float_parsing": _("Please give a number."),
    "uuid_parsing": _("Please choose one from the list."),
    "enum": _("Please choose one from the list."),
    "literal_error": _("Please choose one from the list."),
    "greater_than_equal": _("This is too small."),
    "less_than_equal": _("This is too large."),
}
"""Plain words for the errors a form can have."""
