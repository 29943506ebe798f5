"""Database engines and sessions: one request, one transaction, on SQLite and PostgreSQL alike.

Situation: SQLite has one writer; threads that wait for it inside the pool can starve the one that must commit.
Choice: a reading engine (`query_only`) for safe methods and a writing one (BEGIN IMMEDIATE); on SQLite writers queue
for an `asyncio.Lock` before they take a thread, and commit in a thread. PostgreSQL needs no lock.
Refused: one engine for both (readers wait for writers), advanced-alchemy's autocommit (swallows commit errors).
"""

import asyncio
import contextlib
import errno
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from audit_app.kit.audit import seal
from audit_app.kit.errors import Busy

WAIT_SECONDS = 5.0
"""How long a request waits for its turn to write, or for a connection, before it answers 503."""
SEAT_SECONDS = 20.0
"""How long a page waits for its place when very many are asked for at once."""
READERS = 32
"""Pages at work at once in a process; fewer than there are threads and connections, so that none of them waits for those."""
WRITERS = 16
"""The same for those who write, where more than one may (PostgreSQL)."""

T = TypeVar("T")


@contextlib.asynccontextmanager
async def _held(lock: asyncio.Lock | asyncio.Semaphore, seconds: float) -> AsyncIterator[None]:
    try:
        await asyncio.wait_for(lock.acquire(), seconds)
    except TimeoutError:
        raise Busy from None
    try:
        yield
    finally:
        lock.release()


@dataclass
class Engines:
    """The two engines of one database and the turn its writers take."""

    reading: Engine
    writing: Engine
    one_writer: bool
    ends: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(16))
    """Threads for commits and for giving connections back: were they the common ones, those who wait in them for a
    connection could keep the holders of connections from ending."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WRITERS))
    _seats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn to write (of one on SQLite, of some on PostgreSQL); raises `Busy` after `WAIT_SECONDS`."""
        async with _held(self._lock if self.one_writer else self._places, WAIT_SECONDS):
            yield

    def seat(self) -> AbstractAsyncContextManager[None]:
        """Wait for a place to read: whoever waits here takes neither a thread nor a connection from those at work."""
        return _held(self._seats, SEAT_SECONDS)

    def dispose(self) -> None:
        """Close every connection."""
        self.reading.dispose()
        self.writing.dispose()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def fresh_statistics(session: Session) -> bool:
    """Let SQLite look at tables that have grown, or its plans stay those of an empty database. PostgreSQL does so itself."""
    if session.get_bind().dialect.name != "sqlite":
        return False
    connection = session.connection()
    connection.exec_driver_sql("pragma analysis_limit=1000")
    connection.exec_driver_sql("pragma optimize=0x10002")
    return True


def _sqlite(path: str, *, query_only: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=64,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def set_up(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # pysqlite's own BEGIN would start a reading transaction before a write
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=10000"):
            raw.execute(f"pragma {pragma}")
        # SQLite's own knows the letters of ASCII only: a search for "київ" must find "Київ".
        raw.create_function("lower", 1, _lower, deterministic=True)
        raw.execute("pragma cache_size=-16000")
        raw.execute("pragma mmap_size=268435456")
        if query_only:
            raw.execute("pragma query_only=on")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if query_only else "BEGIN IMMEDIATE")

    return engine


def make_engines(url: str) -> Engines:
    """The engines for a database address (`sqlite:///file` or `postgresql+psycopg://…`)."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        assert parts.database is not None
        Path(parts.database).parent.mkdir(parents=True, exist_ok=True)
        return Engines(
            _sqlite(parts.database, query_only=True),
            _sqlite(parts.database, query_only=False),
            one_writer=True,
        )
    # A pool of 48 fits the 64 threads of the server; pre-ping heals it after the database was restarted.
    common: dict[str, Any] = {
        "pool_size": 48,
        "max_overflow": 0,
        "pool_timeout": WAIT_SECONDS,
        "pool_pre_ping": True,
    }
    reading = create_engine(url, **common, execution_options={"postgresql_readonly": True})
    return Engines(reading, create_engine(url, **common), one_writer=False)


@contextlib.contextmanager
def read(engines: Engines) -> Iterator[Session]:
    """A session that cannot write, for threads outside a request."""
    with Session(engines.reading, expire_on_commit=False) as session:
        yield session


@contextlib.contextmanager
def write(engines: Engines) -> Iterator[Session]:
    """One transaction, sealed and committed at the end, for commands and jobs (SQLite waits by its busy timeout)."""
    with Session(engines.writing, expire_on_commit=False) as session:
        yield session
        commit(session)


def commit(session: Session) -> None:
    """Seal the audit entries of this transaction, then commit: nothing is acknowledged before this returned."""
    seal(session)
    session.commit()


async def read_async(engines: Engines, ask: Callable[[Session], T]) -> T:
    """Ask in a thread, with a reading session."""

    def go() -> T:
        with read(engines) as session:
            return ask(session)

    return await to_thread.run_sync(go)


async def write_async(engines: Engines, act: Callable[[Session], T]) -> T:
    """Act in a thread, in a transaction of its own, when it is our turn; for handlers that must not hold the turn."""

    def go() -> T:
        with write(engines) as session:
            return act(session)

    async with engines.turn():
        return await to_thread.run_sync(go)


async def session_for(engines: Engines, *, writing: bool) -> AsyncGenerator[Session, None]:
    """The session of one request: reading for safe methods, else a transaction that commits when the handler returns."""
    if not writing:
        async with engines.seat():
            session = Session(engines.reading, expire_on_commit=False)
            try:
                yield session
            finally:
                await to_thread.run_sync(session.close, limiter=engines.ends)
        return
    async with engines.turn():
        session = Session(engines.writing, expire_on_commit=False)
        try:
            yield session
            await to_thread.run_sync(commit, session, limiter=engines.ends)
        finally:
            await to_thread.run_sync(session.close, limiter=engines.ends)


def is_overload(error: BaseException) -> bool:
    """Whether the database could not be had just now (locked, pool empty, away): a 503, not a fault of the request."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, OperationalError)


def is_full(error: BaseException) -> bool:
    """Whether there was no room on the disk: of the database, or for a file of ours."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.orig, "sqlstate", None) == "53100" or "disk is full" in str(error.orig)
