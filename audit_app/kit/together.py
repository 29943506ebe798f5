"""Going together: those who come while one group is at work leave with the next, in one thread and one transaction.

Situation: two hundred requests a second that each take a thread, a connection, a BEGIN and an fsync of their own spend
their time on the way, not on the work.
Choice: whoever asks joins a queue; a worker takes all who wait (up to a limit) at once. Nobody waits for company: when
no group is at work, one alone leaves at once. Each gets an answer of its own, after the group's work is done.
Refused: a fixed pause to collect company (it makes a quiet service slow), keeping answers for later (they grow stale),
several groups beside each other (measured: smaller groups, and a fifth more work for the processor on PostgreSQL).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from anyio import to_thread

K = TypeVar("K")
V = TypeVar("V")


def _at_once() -> AbstractAsyncContextManager[None]:
    return contextlib.nullcontext()


class Together(Generic[K, V]):
    """`act` gets what was asked for, in order, and gives as many answers; an answer that is an exception is raised.

    `turn` is awaited before a group is formed.
    """

    def __init__(
        self,
        act: Callable[[list[K]], Sequence[V | Exception]],
        *,
        most: int,
        turn: Callable[[], AbstractAsyncContextManager[None]] = _at_once,
    ) -> None:
        self._act = act
        self._most = most
        self._turn = turn
        self._waiting: deque[tuple[K, asyncio.Future[V]]] = deque()
        self._at_work = 0
        self._workers: set[asyncio.Task[None]] = set()

    async def ask(self, one: K) -> V:
        """The answer to one question; raises what its own part of the work raised."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if not self._at_work:
            self._at_work += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._go()
        finally:
            # Between the last look at the queue and this line nobody else runs, so nobody is left standing.
            self._at_work -= 1

    async def _go(self) -> None:
        group: list[tuple[K, asyncio.Future[V]]] = []
        answers: Sequence[V | Exception]
        try:
            async with self._turn():
                group = self._leave(self._most)
                if not group:
                    return
                answers = await to_thread.run_sync(self._act, [one for one, _future in group])
        except Exception as error:  # nobody may wait for ever: each of them hears it
            # No turn to be had, then it is to be had for none of those who wait.
            group = group or self._leave(len(self._waiting))
            answers = [error] * len(group)
        if len(answers) != len(group):
            answers = [RuntimeError(f"{len(group)} asked, {len(answers)} were answered")] * len(group)
        for (_one, future), answer in zip(group, answers, strict=True):
            if future.done():
                continue  # whoever asked is gone
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _leave(self, most: int) -> list[tuple[K, asyncio.Future[V]]]:
        return [self._waiting.popleft() for _place in range(min(most, len(self._waiting)))]
