"""How fast submissions of 60 answers are taken, scoring included: 32 clients, one submission a visit.

    python -m benchmarks.submissions                        one process on SQLite, then two on PostgreSQL
    python -m benchmarks.submissions --engine postgres --visits 2000

Real servers (`audit-app serve`) on a database of their own; PostgreSQL is a private cluster that writes through to the disk.
Prints submissions a second, waiting times, and the servers' CPU time a submission (from /proc). Goals (contracts.md 4): at
least 130 a second, 99 of 100 within 300 ms, at most 5 CPU-ms each; other work on the machine shows in the first two.
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

from audit_app.kit import clock
from audit_app.kit.db import make_engines, write
from audit_app.migrations import state as migrations
from audit_app.organisation.actions import make_token
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.answers import evidence_for, read_answer
from audit_app.standards.rules.definition import AnswerType, Item, Version
from audit_app.standards.rules.visibility import Visibility, visibility
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import DOCUMENT, make_version, make_visit, text
from tests.support import postgres as cluster

ROOT = Path(__file__).resolve().parent.parent


def good_answer(item: Item) -> str:
    """An answer the item takes, preferably the best one."""
    if item.options:
        return max(item.options, key=lambda option: option.points).code
    if item.scale:
        return str(item.scale.max)
    if item.type is AnswerType.TIME:
        return "12:30"
    if item.type in (AnswerType.NUMBER, AnswerType.DURATION):
        return str(int(max(item.min or Fraction(0), Fraction(1))))
    return "given" if item.type in (AnswerType.PHOTO, AnswerType.SIGNATURE) else "Nothing else."


def answers_for(version: Version, attributes: dict[str, str]) -> list[dict[str, Any]]:
    """A whole set of answers, as a phone would send it."""
    texts: dict[str, str] = {}
    found = []
    for item in version.items:
        said = {code: read_answer(version.item_by_code[code], text) for code, text in texts.items()}
        if visibility(version, said, attributes)[item.code] is not Visibility.SHOWN:
            continue
        texts[item.code] = good_answer(item)
        entry: dict[str, Any] = {
            "item": item.code,
            "answer": texts[item.code],
            "at": "2026-11-20T10:00:00+02:00",
        }
        wanted = [kind.value for kind in evidence_for(item, read_answer(item, texts[item.code]))]
        if "comment" in wanted:
            entry["comment"] = "As it was seen on the spot."
        if "photo" in wanted or item.type in (AnswerType.PHOTO, AnswerType.SIGNATURE):
            entry["evidence"] = [f"{len(found):064x}"]
        found.append(entry)
    return found


KINDS = ("yes_no",) * 7 + ("number", "scale", "text")


def sixty() -> dict[str, Any]:
    """Six sections of ten: 42 times yes, no or not applicable, six numbers, six scales, six notes."""
    rows: list[dict[str, Any]] = []
    for n in range(60):
        kind = KINDS[n % 10]
        row: dict[str, Any] = {"code": f"q{n}", "text": text(f"Question {n}?"), "type": kind}
        if kind == "yes_no":
            row["na"] = True
        if kind == "number":
            row["ranges"] = [{"points": 5}, {"from": 3, "points": 3}, {"from": 10, "points": 0}]
        if kind == "scale":
            row["scale"] = {"min": 1, "max": 5}
        rows.append(row)
    sections = [{"code": f"s{n}", "title": text(f"Part {n}"), "items": rows[n * 10 :][:10]} for n in range(6)]
    return {**DOCUMENT, "code": "sixty", "sections": sections}


def prepare(url: str, visits: int) -> tuple[str, list[tuple[str, bytes]]]:
    """Accepted visits in a fresh database: a token to send them with, and path and body of one submission for each."""
    migrations.upgrade(url)
    engines = make_engines(url)
    made = []
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        version, place = make_version(session, sixty()), make_location(session)
        token = make_token(session, mara, ["visits:write"], "benchmark", clock.now())
        for _n in range(visits):
            visit = make_visit(session, place, version, mara)
            answers = answers_for(version_by_id(session, version.id), {})
            body = {"submission_id": str(uuid4()), "base_version": 0, "answers": answers, "evidence": []}
            made.append((f"/api/v1/visits/{visit.id}/submission", json.dumps(body).encode()))
    engines.dispose()
    return token, made


def cpu_seconds(pid: int) -> float:
    """What the process has used so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


async def send_all(
    ports: list[int], token: str, work: list[tuple[str, bytes]], clients: int
) -> tuple[list[float], dict[int, int]]:
    """Send everything over kept connections; waiting times in seconds, and how often each status came."""
    queue = list(reversed(work))
    times: list[float] = []
    statuses: dict[int, int] = {}

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while queue:
            path, body = queue.pop()
            head = (
                f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            began = time.perf_counter()
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
            times.append(time.perf_counter() - began)
            status = int(answer.split(" ", 2)[1])
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(client(ports[n % len(ports)]) for n in range(clients)))
    return times, statuses


@contextlib.contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'audit.db'}"
        return
    os.environ[cluster.OWNER] = str(os.getpid())
    own = Path(tempfile.gettempdir()) / f"audit-pg-{secrets.token_hex(6)}"
    cluster.start(own, fsync="on", synchronous_commit="on", full_page_writes="on")
    try:
        yield cluster.Postgres(own).url("postgres")
    finally:
        cluster.stop(own)


@contextlib.contextmanager
def servers(url: str, folder: Path, ports: list[int]) -> Iterator[list[int]]:
    """One server a port; their process ids, once they answer."""
    env = {**os.environ, "AUDIT_DATABASE_URL": url, "AUDIT_WORKER": "apart", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "audit_app.cli", "serve", "--data", str(folder), "--port"]
    started = [
        subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=ROOT)
        for port in ports
    ]  # fmt: skip
    try:
        for port in ports:
            until = time.monotonic() + 180
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=30).close()
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)
        yield [server.pid for server in started]
    finally:
        for server in started:
            server.terminate()
        for server in started:
            server.wait(30)


def run(engine: str, visits: int, clients: int, port: int) -> None:
    """One engine's table."""
    ports = [port] if engine == "sqlite" else [port, port + 1]
    with tempfile.TemporaryDirectory() as name, database(engine, Path(name)) as url:
        token, work = prepare(url, visits + 40)
        with servers(url, Path(name), ports) as pids:
            asyncio.run(send_all(ports, token, work[:40], 4))
            before, began = sum(map(cpu_seconds, pids)), time.perf_counter()
            times, statuses = asyncio.run(send_all(ports, token, work[40:], clients))
            took, cpu = time.perf_counter() - began, sum(map(cpu_seconds, pids)) - before
    times.sort()
    answers = len(json.loads(work[0][1])["answers"])
    print(f"-- {engine}, {len(ports)} process{'es' if len(ports) > 1 else ''}; load {os.getloadavg()[0]:.1f}")
    print(f"submissions        {len(times)} of {answers} answers, {clients} clients")
    print(f"statuses           {statuses}")
    print(f"a second           {len(times) / took:8.1f}   (goal 130)")
    print(f"median             {times[len(times) // 2] * 1000:8.1f} ms")
    print(f"99 of 100 within   {times[int(len(times) * 0.99)] * 1000:8.1f} ms (goal 300)")
    print(f"server CPU each    {cpu / len(times) * 1000:8.2f} ms (goal 5)")


def main() -> int:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--port", type=int, default=8178)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), action="append")
    chosen = parser.parse_args()
    for engine in chosen.engine or ("sqlite", "postgres"):
        run(engine, chosen.visits, chosen.clients, chosen.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
