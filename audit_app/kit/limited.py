"""Heavy work in a process of its own: limited in time and memory, told to stop, gone when we are gone.

Situation: a study or a PDF may take minutes and gigabytes; in a thread of the server it would hold up every page, and
nothing could end it. Choice: a child that imports the function by name, reports how far it is line by line, and sends
its bytes at the end. It ends by itself when its standard input closes, so a killed server leaves no orphan.
Refused: multiprocessing (its fork copies a server with open databases; its spawn imports the app anew).
"""

import importlib
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from audit_app.kit.errors import AuditError
from audit_app.kit.later import later

structlog = later("structlog")  # the child, which starts anew each time, never logs

Tell = Callable[[str, float], None]
"""Says what is being done (a msgid) and which share of the whole is behind us."""
Work = Callable[[Mapping[str, Any], Tell], bytes]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What the child may use."""

    seconds: float
    megabytes: int


class TookTooLong(AuditError):
    """This took longer than it may. Choose a shorter period or fewer outcomes."""


class NeededTooMuch(AuditError):
    """This needed more memory than it may have. Choose a shorter period or fewer outcomes."""


class BrokeOff(AuditError):
    """Something broke on our side while this was computed. The log of the server says what."""


class Stopped(Exception):
    """Somebody asked to stop."""


def run(
    function: str,
    arguments: Mapping[str, Any],
    limits: Limits,
    tell: Tell = lambda _stage, _share: None,
    stopped: Callable[[], bool] = lambda: False,
) -> bytes:
    """The bytes that `package.module:function` makes of the arguments. Raises what an `AuditError` of the child said."""
    # The command is fixed; what varies goes through the pipe, so nothing of it is visible in a list of processes.
    child = subprocess.Popen(
        [sys.executable, "-m", "audit_app.kit.limited"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "2",
        },
    )
    try:
        return _follow(child, function, arguments, limits, tell, stopped)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()


def _follow(
    child: "subprocess.Popen[bytes]",
    function: str,
    arguments: Mapping[str, Any],
    limits: Limits,
    tell: Tell,
    stopped: Callable[[], bool],
) -> bytes:
    assert child.stdin
    assert child.stdout
    said: queue.Queue[dict[str, Any] | bytes | None] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(child.stdout, said), daemon=True)
    listener.start()
    task = {"function": function, "arguments": dict(arguments), **vars(limits)}
    child.stdin.write(json.dumps(task).encode() + b"\n")
    child.stdin.flush()
    until = time.monotonic() + limits.seconds
    while True:
        if stopped():
            raise Stopped
        if time.monotonic() > until:
            raise TookTooLong
        try:
            news = said.get(timeout=0.25)
        except queue.Empty:
            continue
        if isinstance(news, bytes):
            return news
        if news is None:
            raise TookTooLong if child.wait() == -signal.SIGXCPU else BrokeOff
        _hear(news, tell)


def _hear(news: dict[str, Any], tell: Tell) -> None:
    if "stage" in news:
        tell(str(news["stage"]), float(news["share"]))
    elif "refused" in news:
        raise AuditError(news["refused"], **news["values"])
    elif news.get("memory"):
        raise NeededTooMuch
    else:
        structlog.get_logger("audit_app").error("limited", fault=news.get("fault"))
        raise BrokeOff


def _listen(pipe: BinaryIO, said: "queue.Queue[dict[str, Any] | bytes | None]") -> None:
    try:
        for line in pipe:
            news = json.loads(line)
            said.put(pipe.read(news["bytes"]) if "bytes" in news else news)
    except (ValueError, OSError):  # the child died in the middle of a word
        pass
    said.put(None)


def _child() -> None:
    """What the child does: read the task, put on the limits, work, answer."""
    # Answers go out by a pipe of our own; a library that prints disturbs nothing.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    task = json.loads(sys.stdin.buffer.readline())
    os.nice(5)
    size = int(task["megabytes"]) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    seconds = int(task["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()

    def say(news: dict[str, Any], body: bytes = b"") -> None:
        out.write(json.dumps(news).encode() + b"\n" + body)
        out.flush()

    def tell(stage: str, share: float) -> None:
        say({"stage": str(stage), "share": share})

    try:
        module, _colon, name = str(task["function"]).partition(":")
        made = getattr(importlib.import_module(module), name)(task["arguments"], tell)
        say({"bytes": len(made)}, made)
    except AuditError as refused:
        say({"refused": refused.text, "values": dict(refused.values)})
    except MemoryError:
        say({"memory": True})
    except Exception:
        say({"fault": traceback.format_exc()})
    out.flush()
    os._exit(0)  # nothing of the child is worth an orderly end


if __name__ == "__main__":
    _child()
