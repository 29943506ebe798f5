"""How fast submissions are taken: a demo server of its own, 32 clients, one submission a visit.

    python benchmarks/submissions.py            600 submissions, SQLite
    AUDIT_DATABASE_URL=postgresql://… python benchmarks/submissions.py --visits 2000

Prints submissions a second, waiting times, and the server's CPU time a submission (from /proc). Goals (contracts.md 4):
at least 130 a second, 99 of 100 within 300 ms, at most 5 CPU-ms each.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from audit_app.kit.db import make_engines, read
from audit_app.organisation.models import Location
from audit_app.settings import read_settings
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.answers import evidence_for, read_answer
from audit_app.standards.rules.definition import AnswerType, Item, Version
from audit_app.standards.rules.visibility import Visibility, visibility
from audit_app.visits.models import Visit

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


def parcels(url: str, visits: list[str]) -> list[tuple[str, bytes]]:
    """Path and body of one submission for each visit."""
    made = []
    with read(make_engines(url)) as session:
        for visit_id in visits:
            visit = session.get_one(Visit, UUID(visit_id))
            place = session.get_one(Location, visit.location_id)
            answers = answers_for(version_by_id(session, visit.version_id), dict(place.attributes))
            body = {"submission_id": str(uuid4()), "base_version": 0, "answers": answers, "evidence": []}
            made.append((f"/api/v1/visits/{visit_id}/submission", json.dumps(body).encode()))
    return made


def cpu_seconds(pid: int) -> float:
    """What the process has used so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


async def send_all(
    url: str, token: str, work: list[tuple[str, bytes]], clients: int
) -> tuple[list[float], dict[int, int]]:
    """Send everything over kept connections; waiting times in seconds, and how often each status came."""
    target = urlsplit(url)
    queue = list(reversed(work))
    times: list[float] = []
    statuses: dict[int, int] = {}

    async def client() -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        while queue:
            path, body = queue.pop()
            head = (
                f"PUT {path} HTTP/1.1\r\nHost: {target.netloc}\r\nAuthorization: Bearer {token}\r\n"
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

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, statuses


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=600)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--port", type=int, default=8179)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "audit_app.cli", "demo", "--small", "--json", "--data", folder,
            "--port", str(chosen.port), "--submittable", str(chosen.visits),
        ]  # fmt: skip
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
        try:
            assert server.stdout is not None
            demo = json.loads(server.stdout.readline())
            work = parcels(read_settings(data=Path(folder)).database_url, demo["visits"])
            warm, work = work[:20], work[20:]
            asyncio.run(send_all(demo["url"], demo["token"], warm, 4))
            before, began = cpu_seconds(server.pid), time.perf_counter()
            times, statuses = asyncio.run(send_all(demo["url"], demo["token"], work, chosen.clients))
            took, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - before
        finally:
            server.terminate()
            server.wait(30)
    times.sort()
    print(
        f"submissions        {len(times)} of {len(json.loads(work[0][1])['answers'])} answers, {chosen.clients} clients"
    )
    print(f"statuses           {statuses}")
    print(f"a second           {len(times) / took:8.1f}   (goal 130)")
    print(f"median             {times[len(times) // 2] * 1000:8.1f} ms")
    print(f"99 of 100 within   {times[int(len(times) * 0.99)] * 1000:8.1f} ms (goal 300)")
    print(f"server CPU each    {cpu / len(times) * 1000:8.2f} ms (goal 5)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
