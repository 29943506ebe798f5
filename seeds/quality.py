"""How good each visit was at heart, before anybody answered anything: place, people, season, training, and luck.

One unit is about the spread between the visits of the chain. Answers follow from it item by item (`answers`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from seeds.chance import numbers, stream
from seeds.people import People
from seeds.places import TRAINED_REGION, Place
from seeds.plan import Plan

Floats = npt.NDArray[np.float64]

TRAINED_DAYS = 140
"""So many days ago the crews of one region were trained."""


@dataclass(frozen=True)
class Latent:
    """One number a visit for service, for the state of the shop, for what the training taught, and for feelings."""

    service: Floats
    site: Floats
    taught: Floats
    feeling: Floats
    busy: Floats
    moved: Callable[[str], Floats]
    """How far above its usual the habit of an item stood there and then, in log-odds."""

    def __len__(self) -> int:
        return len(self.service)


@dataclass(frozen=True)
class Character:
    """What a place is like: its level and its slow drift over a year, for service and for the shop itself."""

    service: float
    site: float
    drift: float


def characters(all_places: list[Place]) -> list[Character]:
    """One for each place; competitors differ as much as our own do."""
    found = []
    for place in all_places:
        chance = stream("character", place.code)
        found.append(Character(chance.gauss(0, 0.45), chance.gauss(0, 0.5), chance.gauss(0.1, 0.3)))
    return found


def latent(
    visits: list[Plan],
    all_places: list[Place],
    found: People,
    known: list[Character],
    now: datetime,
    chunk: int,
    habits: Callable[[str], Floats],
) -> Latent:
    """The visits' hidden qualities; `habits` knows the slow path of each item at these visits."""
    draw = numbers("latent", chunk)
    count = len(visits)
    rows = np.array([_row(plan, all_places, found, known, now) for plan in visits], dtype=float).reshape(
        count, 6
    )
    service_of, site_of, drift, severity, training, busy = rows.T
    luck = draw.normal(0, 0.55, (3, count))
    service = service_of + drift - 0.3 * busy - 0.8 * severity + luck[0]
    site = site_of + 0.5 * drift - 0.25 * busy - 0.4 * severity + luck[1]
    return Latent(
        service=service,
        site=site,
        taught=service + 0.75 * training,
        feeling=0.8 * service + 0.2 * site - 0.5 * severity + 0.6 * luck[2],
        busy=busy,
        moved=habits,
    )


def _row(
    plan: Plan, all_places: list[Place], found: People, known: list[Character], now: datetime
) -> tuple[float, ...]:
    place, character = all_places[plan.place], known[plan.place]
    at = plan.visited_at or now
    days_ago = (now - at).total_seconds() / 86_400
    skill = found.skill.get(plan.employee, 0.0) if plan.employee else 0.0
    trained = place.own and place.city.region == TRAINED_REGION and days_ago < TRAINED_DAYS
    who = plan.shopper
    announced = 0.35 if plan.kind == "audit" else 0.0
    return (
        character.service + skill + announced,
        character.site + announced,
        character.drift * (0.5 - days_ago / 365),
        who.severity if who else 0.0,
        1.0 if trained else 0.0,
        1.0 if plan.busy else 0.0,
    )
