"""`make torture`, the server's half: killed again and again, cut off, without its database, without room on the disk.

Not collected by `make test`; a short run of the first two is `tests/visits/test_crash.py`, where planted mistakes show that
losses would be found. AUDIT_KILLS (20) says how often each server is killed, AUDIT_PAYLOADS (1,000) how much is sent to it
meanwhile, AUDIT_CUTS (2,000) how many lines are cut, AUDIT_SEED makes another run of it.
"""

import os
import resource
import secrets
import sys
import tempfile
import time
from pathlib import Path

import pytest

from audit_app.kit.db import make_engines
from audit_app.migrations import state as migrations
from tests.support import postgres as cluster
from tests.support.cutting import cut_many, settled
from tests.support.mortal import Mortal, Sending, judge, kills, make_field, submit_all

KILLS = int(os.environ.get("AUDIT_KILLS", "20"))
PAYLOADS = int(os.environ.get("AUDIT_PAYLOADS", "1000"))
CUTS = int(os.environ.get("AUDIT_CUTS", "2000"))
SEED = int(os.environ.get("AUDIT_SEED", "7"))
SECONDS_AWAY = 5.0
"""How long a database that comes back may be felt."""

pytestmark = pytest.mark.timeout(3600)
both = pytest.mark.parametrize(
    ("address", "processes"),
    [("sqlite", 1), ("postgres", 2)],
    indirect=["address"],
    ids=["sqlite", "postgres"],
)


def verdict_on(url, world, sending):
    """What is wrong; nothing is what it should say."""
    engines = make_engines(url)
    try:
        return judge(engines, world, sending).wrong()
    finally:
        engines.dispose()


def tell(words: str) -> None:
    """Figures, for whoever watches."""
    sys.stdout.write(f"\n{words}\n")
    sys.stdout.flush()


@both
def test_killed_again_and_again(nursery, address, tmp_path, processes, request):
    world = make_field(address, PAYLOADS)
    server = Mortal(nursery, tmp_path, address, processes=processes)
    server.start()
    began = time.monotonic()

    sending = submit_all(server, world, kills(server, KILLS, PAYLOADS, SEED), seed=SEED)
    server.kill()

    wrong = verdict_on(address, world, sending)
    tell(
        f"{request.node.callspec.id}: {len(sending.told)} of {PAYLOADS} acknowledged in {sending.tries} tries and "
        f"{sending.again} repeats, {KILLS} kills of {processes}, {time.monotonic() - began:.0f} s; wrong: {wrong or 0}"
    )
    assert len(sending.told) == PAYLOADS
    assert wrong == {}


@both
def test_who_hangs_up_leaves_nothing_behind(nursery, address, tmp_path, processes, request):
    world = make_field(address, 200)
    server = Mortal(nursery, tmp_path, address)
    server.start()

    cuts = cut_many(server, world, world.cookie, CUTS, seed=SEED)
    began = time.monotonic()
    left = settled(server)
    took = time.monotonic() - began
    server.kill()

    tell(f"{request.node.callspec.id}: {cuts}; quiet after {took:.2f} s")
    assert not any(left.values()), left
    # A machine with much else to do may be too busy for some (503); a fault would be 500.
    assert 500 not in cuts.statuses, cuts.statuses


@pytest.fixture
def own_cluster():
    """A PostgreSQL that may be restarted, and keeps what it has acknowledged."""
    folder = Path(tempfile.gettempdir()) / f"audit-pg-{secrets.token_hex(6)}"
    cluster.start(folder, synchronous_commit="on")
    yield cluster.Postgres(folder)
    cluster.stop(folder)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_the_database_is_restarted_under_load(nursery, own_cluster, tmp_path, how):
    name = own_cluster.create()
    url = own_cluster.url(name)
    migrations.upgrade(url)
    world = make_field(url, PAYLOADS)
    server = Mortal(nursery, tmp_path, url)
    server.start()
    away: list[float] = []
    back: list[float] = []

    def between(sending: Sending):
        for n in range(3):
            while len(sending.told) < PAYLOADS * (n + 1) // 5 and not sending.refused:
                time.sleep(0.005)
            away.append(time.monotonic())
            cluster.control(own_cluster.folder, "restart", f"--mode={how}")
            back.append(time.monotonic())
            yield

    sending = submit_all(server, world, between, seed=SEED)
    server.kill()

    # From the moment the database is there again: the last 503 of that restart, and the first receipt after it.
    spans = list(zip(back, [*away[1:], time.monotonic()], strict=True))
    felt = [max((b - at for b in sending.busy if at <= b < end), default=0.0) for at, end in spans]
    healed = [min(g - at for g in sending.good if g >= at) for at in back]
    wrong = verdict_on(url, world, sending)
    tell(
        f"{how}: {len(sending.told)} of {PAYLOADS} acknowledged, 503 was heard {len(sending.busy)} times, after the database "
        f"was back for {[f'{one:.2f}' for one in felt]} s, first receipt after {[f'{one:.2f}' for one in healed]} s; wrong: {wrong or 0}"
    )
    assert len(sending.told) == PAYLOADS
    assert wrong == {}
    assert max(felt) <= SECONDS_AWAY
    assert max(healed) <= SECONDS_AWAY


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_no_room_on_the_disk(nursery, address, tmp_path):
    """No file of the server may grow: nothing is acknowledged; when it may again, everything goes on without a restart."""
    world = make_field(address, 60)
    parcels = world.parcels()
    server = Mortal(nursery, tmp_path, address)
    server.start()
    first = submit_all(server, world, lambda _sending: iter(()), parcels=parcels[:20])

    def room(size: int) -> None:
        resource.prlimit(server.pids[0], resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    room(1)
    heard = [
        server.ask("PUT", f"/api/v1/visits/{one.visit}/submission", one.body, world.headers)
        for one in parcels[20:40]
    ]
    alive = server.ask("GET", "/health/live")[0]
    room(resource.RLIM_INFINITY)
    second = submit_all(server, world, lambda _sending: iter(()), parcels=parcels[20:])
    server.kill()

    second.told.update(first.told)
    wrong = verdict_on(address, world, second)
    codes = {(status, said["code"]) for status, said in heard}
    tell(f"no room: 20 sent, heard {codes}; then {len(second.told)} of 60 acknowledged; wrong: {wrong or 0}")
    assert {status for status, _code in codes} == {503}
    assert alive == 200
    assert len(second.told) == 60
    assert wrong == {}
