"""Who does the long jobs: a thread beside the pages, or `audit-app worker` as a process of its own.

The tables of a slice say what waits; the worker hands it to the durable queue under a fixed name, so asking twice runs
once. Nothing of DBOS is loaded before the first job, which keeps starts and tests quick.
"""

import importlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import make_url
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.db import Engines, read

log = structlog.get_logger("audit_app")

EVERY = 60.0
"""Seconds between two looks when nobody wakes the worker."""
LOST_AFTER = timedelta(seconds=15)
"""A job without a sign of life for so long has lost its worker."""


@dataclass(frozen=True)
class Waiting:
    """A job that a table names: its row, how often it was handed over, and its last sign of life (None: not begun)."""

    subject: str
    attempt: int
    seen_at: datetime | None


@dataclass(frozen=True)
class Hands:
    """What the work is done with."""

    engines: Engines
    database_url: str
    stopping: threading.Event


@dataclass(frozen=True)
class Kind:
    """A kind of long job."""

    name: str
    waiting: Callable[[Session], list[Waiting]]
    act: Callable[[Hands, str], None]


def jobs_url(database_url: str, data: Path) -> str:
    """Where the queue is kept: beside the app's data, never in its SQLite file; in PostgreSQL in a schema of its own."""
    if make_url(database_url).get_backend_name() == "postgresql":
        return database_url
    return f"sqlite:///{(data / 'jobs.db').resolve()}"


class Worker:
    """One thread that looks what waits and hands it over."""

    def __init__(
        self, engines: Engines, database_url: str, data: Path, kinds: Sequence[Kind], executor: str = "web"
    ) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._hands = Hands(engines, database_url, threading.Event())
        self._url = jobs_url(database_url, data)
        self._executor = executor
        self._wake = threading.Event()
        self._durable: Any = None
        self._expected = False
        self._taken_up: set[str] = set()
        self._thread: threading.Thread | None = None

    def start(self, every: float = EVERY) -> None:
        """Look now, when woken, and from time to time."""
        self._thread = threading.Thread(target=self._rounds, args=(every,), name="worker", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """Somebody is about to ask for something: what takes seconds to load is loaded meanwhile."""
        self._expected = True
        self._wake.set()

    def wake(self) -> None:
        """Something waits."""
        self._wake.set()

    def stop(self) -> None:
        """End; a job under way is broken off and put back."""
        self._hands.stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join(10)
        if self._durable:
            self._durable.end()
            self._durable = None

    def _rounds(self, every: float) -> None:
        while not self._hands.stopping.is_set():
            waiting = 0
            try:
                waiting = self.look()
            except Exception as error:  # the next round tries again
                log.exception("worker", error=type(error).__name__)
            woken = self._wake.wait(min(every, 5.0) if waiting else every)
            self._wake.clear()
            if woken:
                self._look_soon()

    def _look_soon(self) -> None:
        """Who wakes us may not have committed yet: look a few times within two seconds."""
        for pause in (0.1, 0.3, 0.6, 1.0):
            if self._hands.stopping.wait(pause) or self.look():
                return

    def look(self) -> int:
        """Hand over what waits; gives how much."""
        with read(self._hands.engines) as session:
            waiting = [(kind, one) for kind in self._kinds.values() for one in kind.waiting(session)]
        if (waiting or self._expected) and not self._durable and not self._hands.stopping.is_set():
            durable = importlib.import_module("audit_app.kit.durable")
            durable.launch(self._url, self._executor, {name: self._act(name) for name in self._kinds})
            self._durable = durable
        for kind, one in waiting:
            name = f"{kind.name}-{one.subject}-{one.attempt}"
            self._durable.hand_over(kind.name, one.subject, name)
            lost = one.seen_at is not None and one.seen_at < clock.now() - LOST_AFTER
            if lost and name not in self._taken_up:
                self._taken_up.add(name)
                self._durable.take_up(name)
        return len(waiting)

    def _act(self, name: str) -> Callable[[str], None]:
        def act(subject: str) -> None:
            self._kinds[name].act(self._hands, subject)

        return act
