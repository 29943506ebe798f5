"""What was acknowledged survives SIGKILL, and clients that hang up leave nothing behind; `make torture` does it for long."""

import pytest

from audit_app.kit.db import make_engines
from tests.support.cutting import cut_many, hang_up_within, settled
from tests.support.mortal import PATIENCE, Mortal, judge, kills, make_field, submit_all

VISITS, KILLS, CUTS = 40, 2, 100

pytestmark = pytest.mark.timeout(400)  # the first of them waits until a process has read all our modules


@pytest.mark.parametrize(
    ("address", "plant", "finds"),
    [
        ("sqlite", None, set()),
        pytest.param("postgres", None, set(), marks=pytest.mark.postgres),
        ("sqlite", "ack-before-commit", {"lost"}),
        ("sqlite", "no-key", {"duplicated"}),
    ],
    indirect=["address"],
)
def test_what_is_acknowledged_survives_a_killed_server(nursery, address, tmp_path, plant, finds):
    many = VISITS if plant is None else VISITS // 3
    world = make_field(address, many)
    server = Mortal(nursery, tmp_path, address, plant)
    server.start()

    sending = submit_all(server, world, kills(server, KILLS if plant is None else 1, many), clients=4)
    server.kill()

    engines = make_engines(address)
    verdict = judge(engines, world, sending)
    engines.dispose()
    assert (len(sending.told) == many) or plant
    assert finds <= set(verdict.wrong()), verdict.wrong()
    assert bool(verdict.wrong()) == bool(plant), verdict.wrong()


@pytest.mark.parametrize(
    ("address", "plant"),
    [
        ("sqlite", None),
        ("sqlite", "turn-kept"),
    ],
    indirect=["address"],
)
def test_who_hangs_up_leaves_nothing_behind(nursery, address, tmp_path, plant):
    world = make_field(address, 30)
    server = Mortal(nursery, tmp_path, address, plant)
    server.start()

    cuts = cut_many(server, world, world.cookie, CUTS if plant is None else 0)
    if plant:
        hang_up_within(server, world)
    left = settled(server, PATIENCE if plant is None else 1)
    taken = submit_all(server, world, lambda _sending: iter(())) if plant is None else None
    server.kill()

    assert any(left.values()) == bool(plant), left
    if taken is not None:
        assert cuts.cut >= CUTS
        assert 500 not in cuts.statuses, cuts.statuses
        assert len(taken.told) + len(taken.refused) == 30
