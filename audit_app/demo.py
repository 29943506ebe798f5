"""The demo: a believable chain in a folder of its own, made at the first start, kept at the next, and then served."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from audit_app.kit import clock
from audit_app.kit.db import Engines, make_engines, write
from audit_app.kit.errors import AuditError
from audit_app.migrations import state as migrations
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.settings import Settings, read_settings
from seeds import chain
from seeds.people import ACCOUNTS, PASSWORD
from seeds.size import Size

TOKEN_SCOPES = ("visits:read", "visits:write")
"""What the token of `--submittable` may do: read its visits, fill and send them, add photos."""

Tell = Callable[[str], None]


class NotADemo(AuditError):
    """This database holds something that is not the demo. Choose another folder with --data."""


class BrokenOff(AuditError):
    """The demo was broken off while it was made. Start again with --reset."""


class PortTaken(AuditError):
    """Another program listens on this port. Choose another one with --port."""


@dataclass(frozen=True)
class Ready:
    """A demo that can be served: its settings, and what `--submittable` asked for."""

    settings: Settings
    token: str | None
    visits: list[str]


def demo_settings(data: Path | None, port: int) -> Settings:
    """The usual settings; people come by http on this machine unless the environment says otherwise."""
    env = dict(os.environ)
    env.setdefault("AUDIT_BASE_URL", f"http://127.0.0.1:{port}")
    return read_settings(env, data=data)


def ensure_free(port: int) -> None:
    """Say that the port is taken before minutes are spent on data."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken from None


def prepare(settings: Settings, size: Size, submittable: int, *, reset: bool, tell: Tell) -> Ready:
    """Bring the schema up to date, make the chain if nothing is there, and the extra visits that were asked for."""
    settings.paths.data.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    try:
        found = chain.look(engines)
        if reset and not found.empty:
            if not found.demo:
                raise NotADemo
            engines.dispose()
            _forget(settings)
            engines = make_engines(settings.database_url)
            found = chain.look(engines)
        if found.empty:
            tell("Making the demo chain …")
            password_hash = actions.hash_password(PASSWORD)
            chain.seed(engines, settings.paths.photos, size, clock.now(), password_hash, tell)
        elif not found.demo:
            raise NotADemo
        elif not found.whole:
            raise BrokenOff
        if not submittable:
            return Ready(settings, None, [])
        token, visits = _submittable(engines, size, submittable)
        return Ready(settings, token, visits)
    finally:
        engines.dispose()


def _submittable(engines: Engines, size: Size, count: int) -> tuple[str, list[str]]:
    shopper, visits = chain.ready_to_submit(engines, size, count, clock.now())
    with write(engines) as session:
        person = session.get_one(Person, shopper)
        token = actions.make_token(session, person, list(TOKEN_SCOPES), "demo", clock.now())
    return token, [str(visit) for visit in visits]


def _forget(settings: Settings) -> None:
    """Remove the demo's database and photos; the caller has made sure that it is a demo."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        for ending in ("", "-wal", "-shm"):
            Path(url.database + ending).unlink(missing_ok=True)
    else:
        migrations.downgrade(settings.database_url, "base")
    shutil.rmtree(settings.paths.photos, ignore_errors=True)
    shutil.rmtree(settings.paths.parts, ignore_errors=True)
    migrations.upgrade(settings.database_url)


def as_json(ready: Ready, port: int) -> str:
    """One line for programs."""
    line: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}",
        "accounts": [
            {"role": one.role, "email": one.email, "password": PASSWORD, "locale": one.locale}
            for one in ACCOUNTS
        ],
        "data": str(ready.settings.paths.data.resolve()),
    }
    if ready.token is not None:
        line |= {"token": ready.token, "visits": ready.visits}
    return json.dumps(line, ensure_ascii=False)


def as_table(ready: Ready, port: int) -> str:
    """The same for people."""
    rows = [(one.role.replace("_", " "), one.email, one.locale, one.sees) for one in ACCOUNTS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "",
        f"  Alder Lane, a chain that does not exist, is at  http://127.0.0.1:{port}",
        f"  Everybody's password is  {PASSWORD}",
        "",
    ]
    for role, email, locale, sees in rows:
        lines.append(f"  {role:<{widths[0]}}  {email:<{widths[1]}}  {locale:<{widths[2]}}  {sees}")
    lines += ["", f"  Everything is kept in {ready.settings.paths.data}. Stop with Ctrl+C.", ""]
    if ready.token is not None:
        lines += [f"  Token for programs: {ready.token}", f"  Visits to submit: {len(ready.visits)}", ""]
    return "\n".join(lines)
