"""Pages to come in: sign-in, sign-out, invitation, language and theme, own account."""

from typing import Any

from anyio import CapacityLimiter, to_thread
from litestar import Controller, Request
from litestar import get as async_get
from litestar import post as async_post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from audit_app.kit import clock, i18n
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import (
    Db,
    Typed,
    bind,
    everyone,
    get,
    go,
    page,
    post,
    requires,
    safe_next,
    see,
    set_cookie,
)
from audit_app.organisation import actions, forms, queries, rules
from audit_app.organisation.models import Person

R = Request[rules.Actor, Any, Any]


_two_at_once: list[CapacityLimiter] = []


def _hashing() -> CapacityLimiter:
    """Two passwords are worked on at once: each takes 64 MiB, and a crowd of strangers must not take it all."""
    if not _two_at_once:
        _two_at_once.append(CapacityLimiter(2))
    return _two_at_once[0]


def _address(request: R) -> str:
    return request.client.host if request.client else "unknown"


class ComeIn(Controller):
    """Sign-in and what belongs to it; contracts.md 2."""

    guards = [everyone]

    @async_get("/sign-in", name="people.sign_in")
    async def show(self, request: R, next: FromQuery[str] = "/") -> Template | Redirect:
        """The sign-in page; whoever is signed in goes on at once."""
        if request.scope.get("user"):
            return go(request, safe_next(next))
        return page(request, "organisation/sign_in.html", next=safe_next(next), email="", error="")

    @async_post("/sign-in", name="people.sign_in_now", status_code=200)
    async def sign_in(self, request: R, typed: Typed) -> Template | Redirect:
        """Check address and password; the cookie changes with every sign-in. The slow hash is computed outside the turn."""
        form, _errors = bind(forms.SignIn, typed)
        email, password = (form.email.strip(), form.password) if form else ("", "")
        onward = safe_next(str(typed.get("next") or "/"))
        settings, engines = request.app.state.settings, request.app.state.engines
        now = clock.now()
        # The browser that was signed in before may go on trying for its owner: the limit by account must not lock
        # a victim out, so it holds for the pair of account and address, the wider one for the address alone.
        subjects = [
            actions.subject_of(settings.web.secret, "pair", f"{email}|{_address(request)}"),
            actions.subject_of(settings.web.secret, "account", email),
        ]

        def look(session: Session) -> Person | None:
            actions.ensure_tries_left(session, subjects[:1], now)
            return queries.person_by_email(session, email)

        def fail(text: str, status: int) -> Template:
            return page(
                request,
                "organisation/sign_in.html",
                status_code=status,
                next=onward,
                email=email,
                error=_t(text),
            )

        try:
            person = await read_async(engines, look)
        except actions.TooManyTries as refused:
            return fail(refused.text, refused.status)
        known = person.password_hash if person and person.active else None
        if (
            not await to_thread.run_sync(actions.verify_password, known, password, limiter=_hashing())
            or person is None
        ):
            await write_async(engines, lambda session: actions.note_failure(session, subjects, now))
            return fail(actions.WrongSignIn().text, 422)
        device = request.headers.get("user-agent", "")

        def begin(session: Session) -> str:
            return actions.open_session(session, session.get_one(Person, person.id), device, now)

        token = await write_async(engines, begin)
        answer = go(request, onward)
        set_cookie(answer, settings.web.secure, settings.web.cookie, token)
        # Pages that nobody is behind (an unknown address, the way out) speak the same language.
        set_cookie(answer, settings.web.secure, "language", person.locale, max_age=365 * 86400)
        return answer

    @post("/language", name="people.set_language")
    def set_language(self, request: R, session: Db, typed: Typed) -> Redirect:
        """Change the language of the pages, for a person or for this browser."""
        language = i18n.use_language(str(typed.get("locale") or typed.get("language")))
        actor = request.scope.get("user")
        if actor:
            actions.set_language(session, actor, language, clock.now())
        answer = go(request, safe_next(str(typed.get("next") or "/")))
        set_cookie(answer, request.app.state.settings.web.secure, "language", language, max_age=365 * 86400)
        return answer

    @post("/theme", name="people.set_theme")
    def set_theme(self, request: R, typed: Typed) -> Redirect:
        """Light, dark, or as the device says; kept in this browser."""
        theme = str(typed.get("theme"))
        answer = go(request, safe_next(str(typed.get("next") or "/")))
        value = theme if theme in ("light", "dark") else "auto"
        set_cookie(answer, request.app.state.settings.web.secure, "theme", value, max_age=365 * 86400)
        return answer

    @get("/invitation/{token:str}", name="people.invitation")
    def invitation(self, request: R, session: Db, token: FromPath[str]) -> Template:
        """The page behind a one-time link; 404 when it was used or is over."""
        found = queries.open_invitation(session, actions.digest(token), clock.now())
        person = session.get_one(Person, found.person_id)
        return page(request, "organisation/invitation.html", token=token, person=person, error="")

    @async_post("/invitation/{token:str}", name="people.accept_invitation", status_code=200)
    async def accept(self, request: R, typed: Typed, token: FromPath[str]) -> Template | Redirect:
        """Choose the password and come in."""
        settings, engines = request.app.state.settings, request.app.state.engines
        now = clock.now()

        def look(session: Session) -> Person:
            return session.get_one(
                Person, queries.open_invitation(session, actions.digest(token), now).person_id
            )

        person = await read_async(engines, look)
        password = str(typed.get("password") or "")
        try:
            rules.check_password(password, context=(person.name, person.email))
        except AuditError as weak:
            return page(
                request,
                "organisation/invitation.html",
                status_code=weak.status,
                token=token,
                person=person,
                error=_t(weak.text),
            )
        hashed = await to_thread.run_sync(actions.hash_password, password, limiter=_hashing())
        device = request.headers.get("user-agent", "")

        def choose(session: Session) -> str:
            chosen = actions.accept_invitation(session, token, hashed, now)
            return actions.open_session(session, chosen, device, now)

        cookie = await write_async(engines, choose)
        answer = go(request, "/")
        set_cookie(answer, settings.web.secure, settings.web.cookie, cookie)
        return answer


class OwnAccount(Controller):
    """What anybody signed in may do with their own account."""

    guards = [requires()]

    @post("/sign-out", name="people.sign_out")
    def sign_out(self, request: R, session: Db) -> Response[Any]:
        """End this session; the old cookie is dead at once."""
        actions.close_session(session, request.user, clock.now())
        answer = see(request, "people.sign_in")
        answer.delete_cookie(request.app.state.settings.web.cookie, path="/")
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    @post("/account/other-devices", name="people.sign_out_others")
    def sign_out_others(self, request: R, session: Db) -> Redirect:
        """Sign out every other device."""
        n = actions.close_other_sessions(session, request.user, clock.now())
        said = i18n.ngettext(
            "%(num)s other device was signed out.", "%(num)s other devices were signed out.", n
        )
        return see(request, "people.account", said=("good", said))

    @get("/account", name="people.account")
    def account(self, request: R, session: Db) -> Template:
        """Name, roles, devices."""
        return page(
            request,
            "organisation/account.html",
            sessions=queries.sessions_of(session, request.user.id, clock.now()),
            reaches=queries.reaches_of(session, request.user.id),
        )


__all__ = ["ComeIn", "FormMultiDict", "OwnAccount"]
