"""The clockwork: functions the app calls by itself, once a minute, each in a transaction of its own.

Situation: results are released and windows close without anybody pressing a button.
Choice: one asyncio task in the app's life; every round takes the writing turn like a request does. On PostgreSQL an
advisory lock of the transaction lets one process do the round, the others skip it; on SQLite there is one process.
Refused: a thread of its own (would starve the writers of SQLite), cron (a clone must work without it).
"""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlmodel import Session

from audit_app.kit.db import Engines, write_async

log = structlog.get_logger("audit_app")

EVERY = 60.0
"""Seconds between two rounds."""


@dataclass(frozen=True)
class Job:
    """Something to do each round; `act` says in one number how much it did."""

    name: str
    act: Callable[[Session], int]


def _alone(session: Session, name: str) -> bool:
    """Whether this process may do the job now; the lock goes with the transaction."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    key = zlib.crc32(f"audit_app.{name}".encode())
    return bool(session.connection().execute(sa.select(sa.func.pg_try_advisory_xact_lock(key))).scalar_one())


async def round_of(engines: Engines, jobs: Sequence[Job]) -> None:
    """Do every job once; one that fails leaves a line in the log and never stops the others."""
    for job in jobs:

        def act(session: Session, job: Job = job) -> int:
            return job.act(session) if _alone(session, job.name) else 0

        try:
            done = await write_async(engines, act)
        except Exception as error:  # the next round tries again
            log.exception("clockwork", job=job.name, error=type(error).__name__)
        else:
            if done:
                log.info("clockwork", job=job.name, done=done)


@contextlib.asynccontextmanager
async def running(engines: Engines, jobs: Sequence[Job], every: float = EVERY) -> AsyncIterator[None]:
    """Do the rounds while the block lasts; a round that has begun is finished before the end."""
    stop = asyncio.Event()

    async def tick() -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every)
                return
            await round_of(engines, jobs)

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        stop.set()
        await task
