"""A process that has read all our modules once and bears servers quickly: each is a process of its own, made to be killed.

    python -m tests.support.nursery        orders come as lines of JSON, each is answered by one

`{"do": "listen"}` opens a port of this machine that outlives its servers, so that nobody else takes it between two lives;
`{"do": "start", "socket": …, "data": …, "url": …, "plant": …}` forks a server on it and gives its pid;
`{"do": "kill", "pid": …}` kills it with SIGKILL and waits until it is gone. When the orders end, all servers end.
A plant is a known mistake: a test that looks for losses must find it, or it proves nothing.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import uvicorn
from litestar import Litestar

from audit_app.app import create_app, state_of
from audit_app.kit.db import make_engines
from audit_app.settings import read_settings
from audit_app.visits import api
from audit_app.visits.actions import submission

SECRET = "a-secret-of-servers-that-die-0123456789"
PLANTS = ("ack-before-commit", "no-key", "turn-kept")
INSIDE = "/-/inside"
"""Where a server of ours tells what is going on in it."""


def plant(bug: str) -> None:
    """Put a known mistake into this process."""
    real: Any = submission.take_in
    if bug == "ack-before-commit":
        # A group is acknowledged while it still waits in memory for the next one to be written.
        waiting: list[submission.Sent] = []

        def too_early(engines: Any, batch: Any, now: Any, announcer: Any) -> Any:
            before, waiting[:] = list(waiting), list(batch)
            if before:
                real(engines, before, now, announcer)
            accepted = submission.RevisionState.ACCEPTED
            return [
                submission.Receipt(one.parcel.id, one.visit_id, 1, now, one.sha256, accepted, (), True)
                for one in batch
            ], []

        api.take_in = too_early
    elif bug == "no-key":
        # What comes again is taken again, under an id of the server's own.
        rules: Any = submission.rules
        rules.may_send = lambda _state: True
        moved: Any = submission
        moved.move_submitted = lambda *_all: None

        def anew(engines: Any, batch: Any, now: Any, announcer: Any) -> Any:
            fresh = [replace(one, parcel=replace(one.parcel, id=uuid4())) for one in batch]
            return real(engines, fresh, now, announcer)

        api.take_in = anew
    elif bug == "turn-kept":
        # Whoever hangs up while a body is on its way keeps the turn to write.
        body: Any = api.Request.body

        async def in_turn(self: Any) -> bytes:
            engines = self.app.state.engines
            if engines.one_writer:
                await engines._lock.acquire()
            said: bytes = await body(self)
            if engines.one_writer:
                engines._lock.release()
            return said

        api.Request.body = in_turn
    else:
        raise ValueError(bug)


class Watched:
    """The app, and how many are inside."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self.inside = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Count, pass on; or tell."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == INSIDE:
            body = json.dumps(self._told()).encode()
            headers = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            return await send({"type": "http.response.body", "body": body})
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1

    def _told(self) -> dict[str, Any]:
        state: Any = self.app.state
        engines = state.engines
        return {
            "requests": self.inside,
            "threads": anyio.to_thread.current_default_thread_limiter().borrowed_tokens,
            "turn": engines._lock.locked(),
            "connections": engines.reading.pool.checkedout() + engines.writing.pool.checkedout(),
            "waiting": len(state.intake._waiting) + len(state.arrivals._waiting),
            "at_work": state.intake._at_work + state.arrivals._at_work,
            "tasks": len(asyncio.all_tasks()),
        }


def serve(app: Litestar, order: dict[str, Any], listening: socket.socket) -> None:
    """Be a server until killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the nursery
    if order.get("plant"):
        plant(order["plant"])
    env = {
        "AUDIT_SECRET_KEY": SECRET,
        "AUDIT_BASE_URL": "http://127.0.0.1",
        "AUDIT_WORKER": "apart",
        "AUDIT_LOG": "json",
        **({"AUDIT_DATABASE_URL": order["url"]} if order.get("url") else {}),
    }
    settings = read_settings(env, data=Path(order["data"]))
    app.state = state_of(settings, make_engines(settings.database_url))
    log = os.open(Path(order["data"]) / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    config = uvicorn.Config(Watched(app), log_level="warning", access_log=False, lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])


def tell(answer: dict[str, Any]) -> None:
    """One line to whoever gave the order."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out orders until there are no more."""
    with tempfile.TemporaryDirectory() as nowhere:
        app = create_app(
            read_settings({"AUDIT_WORKER": "apart", "AUDIT_SECRET_KEY": SECRET}, data=Path(nowhere))
        )
    alive: set[int] = set()
    ports: dict[int, socket.socket] = {}
    tell({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "listen":
            port = socket.create_server(("127.0.0.1", 0), backlog=512)
            ports[port.fileno()] = port
            tell({"socket": port.fileno(), "port": port.getsockname()[1]})
        elif order["do"] == "start":
            pid = os.fork()
            if pid == 0:
                try:
                    os.close(0)
                    serve(app, order, ports[order["socket"]])
                finally:
                    os._exit(1)
            alive.add(pid)
            tell({"pid": pid})
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(order["pid"], signal.SIGKILL)
            os.waitpid(order["pid"], 0)
            alive.discard(order["pid"])
            tell({"gone": order["pid"]})
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)  # nothing of it is needed any more, and tidying up takes long


if __name__ == "__main__":
    main()
