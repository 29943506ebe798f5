"""How well each item is really done at each place, week by week: the truth behind the visits' answers and the sales.

Every item at every place has its own slow path (habits form and fade, half of a change is gone after thirteen weeks), beside
the place's character, its drift, the training of one region, and busy weeks. A visit sees one draw of it; customers live in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from seeds.answers import EASE, Ease
from seeds.chance import numbers
from seeds.places import TRAINED_REGION, Place
from seeds.quality import TRAINED_DAYS, Character, Floats

WEEKS: Final = 54
"""Weeks of the paths, counted back from the day the demo is made."""
HALF_LIFE: Final = 13.0
HABIT: Final = 0.6
"""Spread of an item's path in log-odds."""
MOVED: Final[dict[str, float]] = {
    "greeted": 1.7,
    "help_started": 1.4,
    "fitting_help": 2.2,
    "match_offered": 2.1,
    "saving_told": 2.1,
    "returns_answer": 1.9,
    "open_question": 1.6,
    "window_clean": 1.3,
    "fitting_state": 1.2,
}
"""Items whose habits move more: campaigns, new colleagues, a manager who asks for it. What never moves cannot be studied."""
LUCK: Final = 0.6
"""Spread of a visit around its place and week (people and luck), which customers average over."""

Shock = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """`moved[item][place, week]` in log-odds; `shock[place, week]`: how much fuller than usual; week 0 is the oldest."""

    moved: dict[str, npt.NDArray[np.float32]]
    shock: Shock

    def of(self, item: str, place: npt.NDArray[np.int64], week: npt.NDArray[np.int64]) -> Floats:
        """The path of an item at the visits' places and weeks."""
        found = self.moved.get(item)
        return np.zeros(len(place)) if found is None else found[place, week].astype(np.float64)


def week_of(at: datetime, now: datetime) -> int:
    """The week of a moment, the last one being `WEEKS - 1`."""
    back = int((now - at).total_seconds() // (7 * 86_400))
    return max(0, min(WEEKS - 1, WEEKS - 1 - back))


def _slow(chance: np.random.Generator, count: int, keep: float) -> Floats:
    """Paths of spread one that forget slowly."""
    draws = chance.standard_normal((count, WEEKS))
    for week in range(1, WEEKS):
        draws[:, week] = keep * draws[:, week - 1] + np.sqrt(1 - keep * keep) * draws[:, week]
    return draws


def paths(all_places: list[Place]) -> Paths:
    """One path for each item at each place, drawn from a stream of the place."""
    names = [name for name, ease in EASE.items() if ease.pull > 0]
    spread = np.array([MOVED.get(name, HABIT) for name in names])
    whole = np.empty((len(names), len(all_places), WEEKS), dtype=np.float32)
    shock = np.empty((len(all_places), WEEKS))
    for number, place in enumerate(all_places):
        chance = numbers("path", place.code)
        whole[:, number] = _slow(chance, len(names), 0.5 ** (1 / HALF_LIFE)) * spread[:, None]
        shock[number] = _slow(chance, 1, 0.6)[0]
    whole -= 0.2 * shock  # in a full week everything is done a little less
    return Paths({name: whole[number] for number, name in enumerate(names)}, shock)


def done(item: str, known: Paths, all_places: list[Place], characters: list[Character]) -> Floats:
    """The share of customers for whom the item is done, by place and week."""
    ease = EASE.get(item, Ease(pull=0.2))
    weeks = np.arange(WEEKS)
    days_ago = (WEEKS - 1 - weeks) * 7 + 3.5
    level = np.array([one.site if ease.side == "site" else one.service for one in characters])
    drift = np.array([one.drift for one in characters])[:, None] * (0.5 - days_ago / 365)
    trained = np.array([place.own and place.city.region == TRAINED_REGION for place in all_places])
    taught = 0.75 * (trained[:, None] & (days_ago < TRAINED_DAYS)) if ease.side == "taught" else 0.0
    quality = level[:, None] + (0.5 if ease.side == "site" else 1.0) * drift + taught
    odds = ease.ease + ease.pull * quality + known.moved[item]
    # Customers meet many people and days: the average over that spread lies nearer to one half (logistic-normal).
    odds = odds / np.sqrt(1 + 0.346 * (LUCK * ease.pull) ** 2)
    found: Floats = 1 / (1 + np.exp(-odds))
    return found
