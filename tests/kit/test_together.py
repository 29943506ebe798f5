"""Those who come together go together, and nobody suffers for another."""

import asyncio
import contextlib
import functools
import operator

import pytest

from audit_app.kit.errors import Busy
from audit_app.kit.together import Together
from tests.support.loops import in_a_loop_of_its_own


def test_who_comes_meanwhile_goes_with_the_next_group():
    groups = []

    def act(keys):
        groups.append(list(keys))
        return [key * 2 for key in keys]

    async def run():
        together = Together(act, most=4)
        return await asyncio.gather(*(together.ask(n) for n in range(11)))

    assert in_a_loop_of_its_own(run) == [n * 2 for n in range(11)]
    assert [len(group) for group in groups] == [4, 4, 3]
    assert functools.reduce(operator.iadd, groups, []) == list(range(11))


def test_nobody_is_left_standing_between_two_groups():
    async def run():
        together = Together(lambda keys: keys, most=2)
        for n in range(200):
            assert await asyncio.wait_for(together.ask(n), 5) == n

    in_a_loop_of_its_own(run)


def test_each_hears_its_own_refusal():
    def act(keys):
        return [ValueError(str(key)) if key % 2 else key for key in keys]

    async def run():
        together = Together(act, most=8)
        return await asyncio.gather(*(together.ask(n) for n in range(6)), return_exceptions=True)

    found = in_a_loop_of_its_own(run)
    assert [str(one) if isinstance(one, ValueError) else one for one in found] == [0, "1", 2, "3", 4, "5"]


def test_without_a_turn_all_hear_it_and_the_next_ones_go_on():
    turns = []

    @contextlib.asynccontextmanager
    async def turn():
        turns.append(1)
        if len(turns) == 1:
            raise Busy
        yield

    async def run():
        together = Together(lambda keys: keys, most=2, turn=turn)
        first = await asyncio.gather(*(together.ask(n) for n in range(3)), return_exceptions=True)
        assert all(isinstance(one, Busy) for one in first)
        assert await together.ask(7) == 7

    in_a_loop_of_its_own(run)


def test_an_act_that_breaks_is_heard_by_its_whole_group():
    def act(keys):
        raise RuntimeError("broke")

    async def run():
        together = Together(act, most=4)
        with pytest.raises(RuntimeError):
            await together.ask(1)

    in_a_loop_of_its_own(run)


def test_an_act_that_forgets_somebody_leaves_nobody_waiting():
    async def run():
        together = Together(lambda keys: keys[1:], most=4)
        with pytest.raises(RuntimeError, match="1 asked, 0 were answered"):
            await asyncio.wait_for(together.ask(1), 60)

    in_a_loop_of_its_own(run)
