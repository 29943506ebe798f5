"""A private PostgreSQL for the tests, and a fresh migrated database for each test that asks for one.

One cluster serves a whole run, however many pytest-xdist workers there are: the first worker that needs it makes it in
a temporary folder, the others wait for it at a file lock, and the pytest process that was started by hand stops it.
It listens only on a socket inside that folder, and it forgets nothing but durability (no fsync). If pytest is killed,
a small watcher ends the server. A machine without PostgreSQL fails these tests, it does not skip them.

Fixtures: `postgres_url` (migrated), `empty_postgres_url` (no table yet), `postgres` (as many databases as you like).
"""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from audit_app.migrations import state as migrations

FOLDER = "TESTS_POSTGRES_FOLDER"
OWNER = "TESTS_POSTGRES_OWNER"
USER = "audit"
MISSING = "PostgreSQL's programs were not found; `make test` installs them, by hand it is: apt-get install postgresql"

SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
}

WATCH = """
while kill -0 "$1"; do sleep 1; done
[ -f "$2/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"
rm -rf "$2" "$2.lock"
"""


def find_programs() -> Path:
    """The folder with `initdb` and `pg_ctl`, the newest version first; Debian keeps them out of the PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]), reverse=True
    )
    on_path = shutil.which("initdb")
    found = [*debian, *([Path(on_path)] if on_path else [])]
    if not found:
        pytest.fail(MISSING, pytrace=False)
    return found[0].parent


def server_account() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root, so root hands it to another account; anyone else runs it as himself."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.fail("PostgreSQL does not run as root, and there is no account postgres or nobody", pytrace=False)


def run_as(account: pwd.struct_passwd, folder: Path, command: list[str]) -> None:
    """Run one of PostgreSQL's programs; what it says stands in the failure when it fails."""
    other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    said = folder / "said.log"
    # A file and not a pipe: the server inherits it, and a pipe would never be seen to end.
    with said.open("ab") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            check=False,
            **other,
        )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{said.read_text(errors='replace')}", pytrace=False)


def control(folder: Path, *words: str) -> None:
    """`pg_ctl` on the cluster in this folder: start, or restart in one of its ways; returns when it is done."""
    command = [
        str(find_programs() / "pg_ctl"),
        f"--pgdata={folder / 'data'}",
        f"--log={folder / 'server.log'}",
    ]
    run_as(server_account(), folder, [*command, "--wait", *words])


def start(folder: Path, **more: str) -> None:
    """Make a cluster in the folder and start it, with the watcher that ends it should pytest be killed."""
    programs = find_programs()
    account = server_account()
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    run_as(
        account,
        folder,
        [
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
    )
    options = {**SERVER_OPTIONS, **more, "unix_socket_directories": str(folder)}
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in options.items())
    control(folder, "start")
    subprocess.Popen(
        ["/bin/sh", "-c", WATCH, "watch", os.environ[OWNER], str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).returncode = 0  # it outlives us on purpose; an unset code would be warned about as a forgotten process


def stop(folder: Path) -> None:
    """Stop the cluster without ceremony, nobody needs its data, and remove every trace."""
    running = folder / "data" / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(running.read_text().splitlines()[0]), signal.SIGQUIT)
        patience = time.monotonic() + 5
        while running.exists() and time.monotonic() < patience:
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)
    Path(f"{folder}.lock").unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process of the run at a time."""
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Postgres:
    """The run's cluster: hands out addresses of new databases."""

    folder: Path

    def url(self, database: str) -> str:
        """The address as libpq, psycopg and SQLAlchemy read it."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def run(self, statement: sql.Composable) -> list[tuple[object, ...]]:
        """One statement outside of any transaction, as CREATE DATABASE wants it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create(self, *, template: str = "template0") -> str:
        """A new database with a name of its own; gives the name."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return name

    def drop(self, name: str) -> None:
        """Drop a database even if a test forgot a connection."""
        self.run(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a fresh database that is gone afterwards."""
        name = self.create(template=self.migrated_template()) if migrated else self.create()
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def migrated_template(self) -> str:
        """The database that every migrated one is copied from; made once per run."""
        name = "migrated"
        with locked(self.folder):
            if not self.run(sql.SQL("select 1 from pg_database where datname = {}").format(name)):
                draft = self.create()
                try:
                    migrations.upgrade(self.url(draft))
                except BaseException:
                    self.drop(draft)
                    raise
                # Only a finished one bears the name, so a migration that broke off is never copied.
                self.run(
                    sql.SQL("alter database {} rename to {}").format(
                        sql.Identifier(draft), sql.Identifier(name)
                    )
                )
        return name


def pytest_configure(config: pytest.Config) -> None:
    """The pytest that was started by hand names the folder; xdist's workers inherit the name."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = str(Path(tempfile.gettempdir()) / f"audit-pg-{secrets.token_hex(6)}")
        os.environ[OWNER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """The same one stops the cluster, if any test made it start."""
    if not hasattr(config, "workerinput") and FOLDER in os.environ:
        stop(Path(os.environ[FOLDER]))


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The run's PostgreSQL, started by whoever asks first."""
    folder = Path(os.environ[FOLDER])
    with locked(folder):
        if not (folder / "running").exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a start that failed has left
            start(folder)
            (folder / "running").touch()
    return Postgres(folder)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a fresh database without a single table, for trying migrations."""
    with postgres.database(migrated=False) as url:
        yield url
