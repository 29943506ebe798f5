"""Seeded chance: a stream of its own for every subject, so that a change in one leaves the others as they were."""

import random
from uuid import UUID

import numpy as np

SEED = "alder-lane"


def stream(*names: str | int) -> random.Random:
    """The stream of that name."""
    return random.Random("/".join([SEED, *map(str, names)]))


def numbers(*names: str | int) -> np.random.Generator:
    """The same for whole columns of numbers."""
    return np.random.default_rng(stream(*names).getrandbits(64))


def new_id(chance: random.Random) -> UUID:
    """The next random id of a stream."""
    return UUID(int=chance.getrandbits(128), version=4)


def named_id(*names: str | int) -> UUID:
    """The id of a thing with a name: always the same one, whatever else is made."""
    return new_id(stream("id", *names))
