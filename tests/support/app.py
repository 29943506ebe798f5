"""A database for each test, an app on it, and a browser-like client that signs in as anybody.

`engines` is a migrated SQLite file of its own, copied from one made per run; `both_engines` runs the test twice, on
SQLite and on PostgreSQL. `session` is a writing session that is rolled back at the end. `client` speaks to the app as a
browser would; `client.sign_in(person)` gives it a session without the slow password.
"""

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import event
from sqlmodel import Session

from audit_app import app as app_module
from audit_app.app import create_app
from audit_app.kit import clock
from audit_app.kit.db import Engines, make_engines, write
from audit_app.migrations import state as migrations
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.settings import Settings, read_settings

SECRET = "a-secret-of-the-tests-0123456789-abcdef"


def settings_for(data: Path, url: str | None = None, **more: str) -> Settings:
    """Settings of a test: loopback, no delay of its own."""
    env = {"AUDIT_SECRET_KEY": SECRET, "AUDIT_BASE_URL": "http://127.0.0.1", **more}
    if url:
        env["AUDIT_DATABASE_URL"] = url
    return read_settings(env, data=data)


# What a real process does once and slowly, a run of a thousand tests does cheaply: passwords are hashed by the same
# Argon2id with the least work (before any test module makes one), and memory is sorted once a worker, not once an app.
actions._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
actions._NOBODY = actions._hasher.hash("nobody")
app_module.calm_memory()
app_module.calm_memory = lambda: None


_idle: dict[bool, list[Litestar]] = {}


@contextlib.contextmanager
def app_on(settings: Settings, engines: Engines) -> Iterator[Litestar]:
    """An app on this database; one that another test has finished with is used again, with a state of its own."""
    idle = _idle.setdefault(settings.web.secure, [])
    app = idle.pop() if idle else create_app(settings, engines)
    app.state = app_module.state_of(settings, engines)
    yield app
    idle.append(app)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, made once a run."""
    path = tmp_path_factory.mktemp("template") / "audit.db"
    migrations.upgrade(f"sqlite:///{path}")
    engines = make_engines(f"sqlite:///{path}")
    with engines.writing.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engines.dispose()
    return path


@pytest.fixture
def engines(tmp_path: Path, migrated_file: Path) -> Iterator[Engines]:
    """The engines of a fresh SQLite database."""
    path = tmp_path / "audit.db"
    shutil.copy(migrated_file, path)
    made = make_engines(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def both_engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    """Twice: on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("engines")
        return
    made = make_engines(request.getfixturevalue("postgres_url"))
    yield made
    made.dispose()


@pytest.fixture
def session(engines: Engines) -> Iterator[Session]:
    """A writing session; what the test writes is rolled back unless it commits."""
    with Session(engines.writing, expire_on_commit=False) as made:
        yield made


class Browser:
    """A client that keeps cookies, reads the form's token from pages and sends it with what it posts."""

    def __init__(self, client: TestClient[Any], engines: Engines, settings: Settings) -> None:
        self.http = client
        self.engines = engines
        self.settings = settings
        self.token = ""

    def sign_in(self, person: Person | UUID) -> "Browser":
        """Become this person, with a fresh session."""
        person_id = person if isinstance(person, UUID) else person.id
        with write(self.engines) as session:
            found = session.get_one(Person, person_id)
            cookie = actions.open_session(session, found, "test", clock.now() - timedelta(seconds=1))
        self.http.cookies.clear()
        self.http.cookies.set(self.settings.web.cookie, cookie)
        self.token = self._token(self.http.get("/account").text)
        return self

    def sign_out(self) -> "Browser":
        """Forget all cookies."""
        self.http.cookies.clear()
        self.token = self._token(self.http.get("/sign-in").text)
        return self

    @staticmethod
    def _token(text: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        return found.group(1) if found else ""

    def get(self, path: str, *, fragment: bool = False, **kwargs: Any) -> httpx.Response:
        """Ask for a page, or for the part htmx would ask for."""
        headers = {**kwargs.pop("headers", {}), **({"HX-Request": "true"} if fragment else {})}
        return self.http.get(path, headers=headers, follow_redirects=False, **kwargs)

    def post(self, path: str, data: Any = None, *, fragment: bool = False, **kwargs: Any) -> httpx.Response:
        """Send a form with our token."""
        headers = {**kwargs.pop("headers", {}), **({"HX-Request": "true"} if fragment else {})}
        if data is None or isinstance(data, dict):
            data = {"csrf_token": self.token, **(data or {})}
        return self.http.post(path, data=data, headers=headers, follow_redirects=False, **kwargs)

    def put(self, path: str, **kwargs: Any) -> httpx.Response:
        """Send JSON or bytes, as our scripts do."""
        headers = {"x-csrf-token": self.token, **kwargs.pop("headers", {})}
        return self.http.put(path, headers=headers, follow_redirects=False, **kwargs)


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[[Engines], Browser]]:
    """A maker of clients on given engines."""
    with contextlib.ExitStack() as opened:

        def make(engines: Engines, **settings: str) -> Browser:
            chosen = settings_for(tmp_path, None, **settings)
            app = opened.enter_context(app_on(chosen, engines))
            client: TestClient[Any] = TestClient(
                app, base_url="http://127.0.0.1", raise_server_exceptions=False
            )
            return Browser(opened.enter_context(client), engines, chosen)

        yield make


@pytest.fixture
def client(engines: Engines, make_client: Callable[[Engines], Browser]) -> Browser:
    """A browser at an app with an empty database."""
    return make_client(engines)


@pytest.fixture
def count_queries() -> Callable[[Engines, Callable[[], object]], int]:
    """Counts the statements that an action sends to the database, BEGIN and the like left out."""

    def count(engines: Engines, act: Callable[[], object]) -> int:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
                seen.append(statement)

        for engine in (engines.reading, engines.writing):
            event.listen(engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            for engine in (engines.reading, engines.writing):
                event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count
