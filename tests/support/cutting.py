"""Clients that hang up: requests over bare sockets, cut at a place made by chance, on lines that were used before or not."""

import contextlib
import hashlib
import json
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

from audit_app.kit import csrf
from tests.support.mortal import PATIENCE, Field, Mortal
from tests.support.nursery import SECRET


@dataclass
class Cuts:
    """How the lines ended."""

    before: int = 0
    """In the middle of what was sent."""
    unheard: int = 0
    """All was sent, nothing was read."""
    within: int = 0
    """In the middle of the answer."""
    whole: int = 0
    """Not at all."""
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def cut(self) -> int:
        """All that were cut."""
        return self.before + self.unheard + self.within


def requests(world: Field, cookie: str, chance: random.Random) -> list[bytes]:
    """One request of each kind that holds something while it is at work: drafts, submissions, photos, forms, pages."""
    visit = chance.choice(world.visits)
    answers = [
        {"item": "greeted", "answer": "yes"},
        {"item": "smile", "answer": "4"},
        {"item": "receipt", "answer": "yes"},
        {"item": "note", "answer": "word " * chance.randrange(900)},
    ]
    parcel = {"submission_id": str(uuid4()), "base_version": 0, "answers": answers, "evidence": []}
    draft = {"base": 0, "answers": {"note": {"answer": "word " * chance.randrange(900)}}}
    photo = chance.randbytes(60_000)
    token = f"Authorization: Bearer {world.token}"
    ours = f"Cookie: {cookie}\r\nX-CSRF-Token: {csrf.make(SECRET, cookie.partition('=')[2])}"
    stranger = f"Cookie: visitor=nobody\r\nX-CSRF-Token: {csrf.make(SECRET, 'nobody')}"
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=cut"
    many = (
        b'--cut\r\nContent-Disposition: form-data; name="words"\r\n\r\n' + b"w" * 20_000 + b"\r\n--cut--\r\n"
    )
    made = [
        _request("PUT", f"/api/v1/visits/{visit}/draft", token, json.dumps(draft).encode()),
        _request("PUT", f"/api/v1/visits/{visit}/draft", ours, json.dumps(draft).encode()),
        _request("PUT", f"/api/v1/visits/{visit}/submission", token, json.dumps(parcel).encode()),
        _request("PUT", f"/api/v1/evidence/{hashlib.sha256(photo).hexdigest()}", token, photo, "image/jpeg"),
        _request("PUT", f"/api/v1/visits/{visit}/reports/{uuid4()}", ours, b'{"kind": "closed"}'),
        _request("POST", f"/my/visits/{visit}/report", ours, many, parts),
        _request("POST", f"/my/visits/{visit}/start", ours, many, parts),
        _request("POST", f"/my/visits/{visit}/answers", ours, b"a-note=" + b"b" * 3000, form),
        _request("POST", f"/my/visits/{visit}/answers", ours, many, parts),
        _request("GET", "/my/visits", ours),
        _request("GET", f"/my/visits/{visit}/checklist", ours),
        _request("GET", "/static/phone/outbox.js", ""),
    ]
    if chance.random() < 0.02:  # a wrong password costs half a second of work on purpose
        body = b"email=nobody%40example.org&password=wrong"
        return [_request("POST", "/sign-in", stranger, body, form)]
    return made


def _request(method: str, path: str, header: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", header]
    if method != "GET":
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([one for one in lines if one] + ["", ""]).encode() + body


def hang_up(line: socket.socket, chance: random.Random) -> None:
    """Close it, politely or as a killed browser's system does."""
    if chance.random() < 0.5:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def _answer(line: socket.socket) -> int:
    """Read one answer whole; its status."""
    with line.makefile("rb") as lines:
        status = int(lines.readline().split()[1])
        length = 0
        while (one := lines.readline().strip()) != b"":
            name, _colon, value = one.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        lines.read(length)
    return status


def cut_many(
    server: Mortal, world: Field, cookie: str, many: int, *, clients: int = 16, seed: int = 7
) -> Cuts:
    """Until `many` lines were cut: in what is sent, before the answer or within it, also after whole requests before."""
    cuts, lock = Cuts(), threading.Lock()

    def one(chance: random.Random) -> None:
        line = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _n in range(chance.choice([0, 0, 1, 3])):
            line.sendall(chance.choice(requests(world, cookie, chance)))
            status = _answer(line)
            with lock:
                cuts.whole += 1
                cuts.statuses[status] = cuts.statuses.get(status, 0) + 1
        raw = chance.choice(requests(world, cookie, chance))
        how = chance.choice(["before", "before", "unheard", "within"])
        at = chance.randrange(1, len(raw)) if how == "before" else len(raw)
        # In two pieces, so that the server begins before the line is cut.
        line.sendall(raw[: at // 2])
        time.sleep(chance.choice([0, 0, 0.005]))
        line.sendall(raw[at // 2 : at])
        if how == "within":
            line.recv(chance.randrange(1, 200))
        else:
            time.sleep(chance.choice([0, 0, 0.001, 0.02]))
        hang_up(line, chance)
        with lock:
            setattr(cuts, how, getattr(cuts, how) + 1)

    def client(n: int) -> None:
        chance = random.Random(seed * 1000 + n)
        while cuts.cut < many:
            with contextlib.suppress(ConnectionError):
                one(chance)

    working = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(clients)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join(PATIENCE * 3)
    assert not any(thread.is_alive() for thread in working), "somebody waits for an answer for ever"
    return cuts


def hang_up_within(server: Mortal, world: Field) -> None:
    """One client that hangs up in the middle of its answers."""
    raw = _request(
        "PUT", f"/api/v1/visits/{world.visits[0]}/draft", f"Authorization: Bearer {world.token}", b"{}  "
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(raw[:-1])
        while not server.inside()["requests"]:
            time.sleep(0.01)


def settled(server: Mortal, patience: float = PATIENCE) -> dict[str, int]:
    """What is left inside once nobody asks any more; all noughts as soon as that is true."""
    until = time.monotonic() + patience
    while True:
        told = server.inside()
        left = {
            name: told[name] for name in ("requests", "threads", "turn", "connections", "waiting", "at_work")
        }
        if not any(left.values()) or time.monotonic() > until:
            return left
        time.sleep(0.05)
