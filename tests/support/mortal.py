"""Servers that die and clients that do not give up: what was acknowledged must be stored exactly once, as it was sent.

`Nursery` (a process, see nursery.py) bears a `Mortal`, a real server on a socket that outlives it; `Field` is its world of
accepted visits; `submit_all` sends one parcel a visit from several clients while the server is killed again and again;
`Verdict` compares what the clients were told with what the database holds.
"""

import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import Engines, make_engines, read, write
from audit_app.organisation.actions import make_token, open_session
from audit_app.scoring.models import VisitScore
from audit_app.visits.models import Revision, RevisionState, Visit, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit
from tests.support.nursery import INSIDE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
"""Seconds until somebody who waits says so; only a hang takes as long, also on a slow machine."""


class Nursery:
    """The process that bears servers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self._ready = False

    def tell(self, **order: Any) -> dict[str, Any]:
        """Carry out one order."""
        assert self.process.stdin
        assert self.process.stdout
        with self._lock:
            if not self._ready:
                assert json.loads(self.process.stdout.readline()) == {"ready": True}
                self._ready = True
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
            return answer

    def close(self) -> None:
        """No more orders."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One for all tests of a module: it reads our modules once."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """The address of a migrated database, of the engine that the test names."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    (tmp_path / "audit.db").write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{tmp_path / 'audit.db'}"


@dataclass
class Mortal:
    """A server of one database, on a port that stays; `processes` of them may share it."""

    nursery: Nursery
    data: Path
    url: str
    plant: str | None = None
    processes: int = 1
    pids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the port."""
        told = self.nursery.tell(do="listen")
        self.socket, self.port = told["socket"], told["port"]

    def start(self) -> None:
        """Live; whoever calls meanwhile waits at the port."""
        for _n in range(self.processes):
            told = self.nursery.tell(
                do="start", socket=self.socket, data=str(self.data), url=self.url, plant=self.plant
            )
            self.pids.append(told["pid"])

    def kill(self) -> None:
        """Die without a word."""
        while self.pids:
            self.nursery.tell(do="kill", pid=self.pids.pop())

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """One request on a connection of its own: status and JSON (or nothing)."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            raw = answer.read()
            kind = answer.headers.get("content-type", "")
            return answer.status, json.loads(raw) if "json" in kind or path == INSIDE else None
        except http.client.HTTPException as cut:
            raise OSError(type(cut).__name__) from cut
        finally:
            line.close()

    def inside(self) -> dict[str, int]:
        """What is going on in it."""
        told: dict[str, int] = self.ask("GET", INSIDE)[1]
        return told


@dataclass(frozen=True)
class Parcel:
    """What one client sends, the same bytes at every try."""

    id: UUID
    visit: UUID
    body: bytes
    note: str

    @property
    def sha256(self) -> str:
        """Of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Field:
    """Accepted visits of one shopper, and a token to send them with."""

    url: str
    token: str
    cookie: str
    visits: list[UUID]

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def parcels(self) -> list[Parcel]:
        """One a visit, each with words of its own."""
        made = []
        for n, visit in enumerate(self.visits):
            key, note = uuid4(), f"Note {n} of {visit}: " + "as it was seen on the spot. " * (n % 40)
            answers = [
                {"item": "greeted", "answer": "yes", "at": "2026-11-20T10:01:00+02:00"},
                {"item": "smile", "answer": str(n % 5 + 1)},
                {"item": "receipt", "answer": "yes"},
                {"item": "note", "answer": note.strip()},
            ]
            body = {"submission_id": str(key), "base_version": 0, "answers": answers, "evidence": []}
            made.append(Parcel(key, visit, json.dumps(body).encode(), note.strip()))
        return made


def make_field(url: str, visits: int) -> Field:
    """So many accepted visits in this migrated database."""
    engines = make_engines(url)
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        version, place = make_version(session), make_location(session)
        ids = [make_visit(session, place, version, mara).id for _n in range(visits)]
        token = make_token(session, mara, ["visits:write"], "torture", clock.now())
        cookie = open_session(session, mara, "torture", clock.now())
    engines.dispose()
    return Field(url, token, f"session={cookie}", ids)


@dataclass
class Sending:
    """What the clients were told; `down` are the seconds in which somebody heard 503 or nothing."""

    told: dict[UUID, tuple[Parcel, dict[str, Any]]] = field(default_factory=dict)
    refused: list[tuple[int, Any]] = field(default_factory=list)
    differ: list[UUID] = field(default_factory=list)
    tries: int = 0
    again: int = 0
    busy: list[float] = field(default_factory=list)
    """When 503 was heard."""
    good: list[float] = field(default_factory=list)
    """When a receipt was heard."""


def submit_all(
    server: Mortal,
    world: Field,
    between: Callable[[Sending], Iterator[None]],
    *,
    clients: int = 8,
    seed: int = 7,
    parcels: list[Parcel] | None = None,
) -> Sending:
    """Send every parcel until it is acknowledged; `between` makes the mischief, step by step, until all are sent.

    A client repeats itself with pauses that grow and vary, as phones do; some are sent once more after their receipt, some
    five times at once.
    """
    queue = list(reversed(list(enumerate(world.parcels() if parcels is None else parcels))))
    sending, lock, over = Sending(), threading.Lock(), time.monotonic() + PATIENCE * 10

    def send(parcel: Parcel) -> tuple[int, Any]:
        return server.ask("PUT", f"/api/v1/visits/{parcel.visit}/submission", parcel.body, world.headers)

    def deliver(parcel: Parcel, chance: random.Random) -> None:
        wait = 0.02
        while time.monotonic() < over:
            with lock:
                sending.tries += 1
            try:
                status, said = send(parcel)
            except OSError:
                status, said = 0, None
            now = time.monotonic()
            with lock:
                if status in (200, 201):
                    sending.told[parcel.id] = (parcel, said)
                    sending.good.append(now)
                    return
                if status == 503:
                    sending.busy.append(now)
                elif status:
                    sending.refused.append((status, said))
                    return
            time.sleep(wait * chance.uniform(0.5, 1.5))
            wait = min(wait * 2, 0.5)

    def repeat(parcel: Parcel) -> None:
        try:
            status, said = send(parcel)
        except OSError:
            return
        first = sending.told[parcel.id][1]
        with lock:
            sending.again += 1
            if status != 503 and (status not in (200, 201) or said["id"] != first["id"]):
                sending.differ.append(parcel.id)

    def client(n: int) -> None:
        chance = random.Random(seed * 1000 + n)
        while True:
            with lock:
                if not queue:
                    return
                place, parcel = queue.pop()
            deliver(parcel, chance)
            if parcel.id in sending.told and place % 7 == 0:
                if place % 21 == 0:
                    with ThreadPoolExecutor(5) as storm:
                        list(storm.map(repeat, [parcel] * 5))
                else:
                    repeat(parcel)

    with ThreadPoolExecutor(clients) as pool:
        working = [pool.submit(client, n) for n in range(clients)]
        for _step in between(sending):
            if all(one.done() for one in working):
                break
        for one in working:
            one.result()
    return sending


def kills(server: Mortal, many: int, parcels: int, seed: int = 7) -> Callable[[Sending], Iterator[None]]:
    """Kill and start again, at moments counted in receipts (so that a slow machine is killed as often) and by chance."""

    def between(sending: Sending) -> Iterator[None]:
        chance = random.Random(seed)
        gap = parcels / (many + 1)
        for n in range(many):
            wanted = gap * (n + chance.uniform(0.6, 1.4))
            until = time.monotonic() + PATIENCE
            while len(sending.told) + len(sending.refused) < wanted and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.03))
            server.kill()
            server.start()
            yield

    return between


@dataclass
class Verdict:
    """What the clients were told beside what is stored. All of it must be empty."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    """Stored without its effect: state of the visit, score, audit entry."""
    differ: list[str] = field(default_factory=list)
    """A repeat heard another receipt."""
    refused: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    """What the database or the audit chain say of themselves."""

    def wrong(self) -> dict[str, list[str]]:
        """What is not empty, at most three examples of each."""
        return {name: found[:3] for name, found in vars(self).items() if found}


def judge(engines: Engines, world: Field, sending: Sending) -> Verdict:
    """Compare; ask for it when no server is running."""
    verdict = Verdict(
        differ=[str(one) for one in sending.differ], refused=[str(one) for one in sending.refused]
    )
    with read(engines) as session:
        rows = session.exec(select(Revision)).all()
        visits = {one.id: one for one in session.exec(select(Visit)).all()}
        scores = [one.revision_id for one in session.exec(select(VisitScore)).all()]
        noted = [
            one.subject_id
            for one in session.exec(select(AuditEntry).where(AuditEntry.action == "visit.submitted")).all()
        ]
        chain = verify(session)
        if chain.broken_at is not None:
            verdict.unsound.append(f"audit chain at {chain.broken_at}: {chain.reason}")
        if engines.one_writer:
            said = session.connection().execute(sa.text("pragma integrity_check")).scalar_one()
            if said != "ok":
                verdict.unsound.append(said)
    by_visit: dict[UUID, list[Revision]] = {}
    for row in rows:
        by_visit.setdefault(row.visit_id, []).append(row)
    for key, (parcel, said) in sending.told.items():
        stored = by_visit.get(parcel.visit, [])
        if not stored:
            verdict.lost.append(str(key))
            continue
        if len(stored) > 1:
            verdict.duplicated.append(str(key))
            continue
        [row] = stored
        kept = row.answers.get("note", {}).get("answer")
        if (row.id, row.sha256, kept, row.state) != (key, parcel.sha256, parcel.note, RevisionState.ACCEPTED):
            verdict.changed.append(str(key))
        if (said["id"], said["sha256"], said["visit"]) != (str(key), parcel.sha256, str(parcel.visit)):
            verdict.changed.append(f"receipt of {key}")
        visit = visits[parcel.visit]
        whole = visit.state == VisitState.SUBMITTED and visit.revision_id == key
        if not whole or scores.count(key) != 1 or noted.count(parcel.visit) != 1:
            verdict.half.append(str(key))
    verdict.unknown = [str(row.id) for row in rows if row.visit_id not in world.visits]
    return verdict
