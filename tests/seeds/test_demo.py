"""The command `audit-app demo`: made once, kept after, never over somebody's own data."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import select

from audit_app import demo
from audit_app.kit.db import make_engines, read, write
from audit_app.organisation.models import Person
from audit_app.visits.models import Visit
from seeds import chain
from seeds.size import SMALL
from tests.factories.organisation import make_person
from tests.support.app import settings_for


def quiet(_text: str) -> None:
    """Says nothing."""


def prepared(data: Path, submittable: int = 0, *, reset: bool = False) -> demo.Ready:
    return demo.prepare(settings_for(data), SMALL, submittable, reset=reset, tell=quiet)


def test_the_second_start_keeps_what_is_there(tmp_path: Path) -> None:
    ready = prepared(tmp_path)
    engines = make_engines(ready.settings.database_url)
    with write(engines) as session:
        visits = session.exec(select(sa.func.count()).select_from(Visit)).one()
        session.connection().execute(
            sa.update(Visit).where(Visit.state == "offered").values(state="declined")
        )  # type: ignore[arg-type]
    prepared(tmp_path)
    with read(engines) as session:
        assert session.exec(select(sa.func.count()).select_from(Visit)).one() == visits
        assert session.exec(select(Visit.id).where(Visit.state == "offered")).all() == []
    engines.dispose()
    prepared(tmp_path, reset=True)
    engines = make_engines(ready.settings.database_url)
    with read(engines) as session:
        assert session.exec(select(Visit.id).where(Visit.state == "offered")).all()
    engines.dispose()


def test_submittable_visits_are_topped_up(tmp_path: Path) -> None:
    first = prepared(tmp_path, 3)
    second = prepared(tmp_path, 5)
    assert len(first.visits) == 3
    assert set(first.visits) < set(second.visits)
    assert len(second.visits) == 5
    assert first.token
    assert second.token != first.token
    engines = make_engines(first.settings.database_url)
    with read(engines) as session:
        shopper = session.exec(select(Person).where(Person.id == chain.person_id(chain.LOADER))).one()
        mine = session.exec(select(Visit).where(Visit.shopper_id == shopper.id)).all()
    engines.dispose()
    assert {visit.state for visit in mine} == {"accepted"}
    assert sorted(str(visit.id) for visit in mine) == sorted(second.visits)


def test_somebodys_own_data_is_left_alone(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    demo.migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    with write(engines) as session:
        make_person(session, "Otto")
    for reset in (False, True):
        with pytest.raises(demo.NotADemo):
            prepared(tmp_path, reset=reset)
    with read(engines) as session:
        assert [person.name for person in session.exec(select(Person)).all()] == ["Otto"]
    engines.dispose()


def test_a_demo_broken_off_says_so_and_can_be_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(chain, "_write_rows", stop)
        with pytest.raises(KeyboardInterrupt):
            prepared(tmp_path)
    with pytest.raises(demo.BrokenOff):
        prepared(tmp_path)
    prepared(tmp_path, reset=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_said_before_anything_is_made() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(demo.PortTaken):
            demo.ensure_free(taken.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    def run(*words: str) -> subprocess.Popen[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("AUDIT_")}
        return subprocess.Popen(
            [sys.executable, "-m", "audit_app.cli", "demo", "--small", "--data", str(tmp_path), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            cwd=Path(__file__).parents[2],
        )

    return run


def test_json_is_one_line_once_it_answers(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    port = free_port()
    process = start("--json", "--submittable", "2", "--port", str(port))
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert httpx.get(f"{said['url']}/health/ready").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    assert rest == ""
    assert "visits" in errors
    assert set(said) == {"url", "accounts", "data", "token", "visits"}
    assert said["url"] == f"http://127.0.0.1:{port}"
    assert said["data"] == str(tmp_path)
    assert len(said["visits"]) == 2
    assert all(set(account) == {"role", "email", "password", "locale"} for account in said["accounts"])
    assert len({account["role"] for account in said["accounts"]}) == 11
