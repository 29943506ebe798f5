"""What customers did in the demo chain: 365 days of numbers for each of our own shops, with effects that are truly there.

The truth, which a study of the demo should find as far as forty shops and a year allow (`TRUTH`: change of the log outcome when
an item goes from never to always done):

* conversion: somebody helps at the fitting room +0.30, help with choosing +0.16, a greeting +0.12, a matching item offered +0.06;
* average ticket: a matching item offered +0.22; being told of a saving, unasked, **-0.24** (people buy the cheaper piece);
* complaints per transaction: good answers about returns -0.70;
* every other item does nothing. Three things make some of those look useful to a naive eye: shops of good character sell more
  whatever their crews do (+0.15 of log conversion for one unit), full weeks bring more visitors, less care and less conversion,
  and everything follows the season. Where almost nobody ever fails (receipt, price, exits, manners) nothing can be learnt.

Beside the effects there are weekly noise that lingers (spread 0.03), regional weeks (0.015) and daily luck. Some shops have the
faults that real files have, so that the page of coverage has something to say: see `_spoil`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from audit_app.outcomes.rules.days import Days, number_of
from seeds.chance import numbers
from seeds.paths import WEEKS, Paths, done
from seeds.places import REGIONS, Place
from seeds.quality import Character, Floats

DAYS: Final = 365
TRUTH: Final[dict[str, dict[str, float]]] = {
    "conversion": {"fitting_help": 0.30, "help_started": 0.16, "greeted": 0.12, "match_offered": 0.06},
    "ticket": {"match_offered": 0.22, "saving_told": -0.24},
    "complaints": {"returns_answer": -0.70},
}
BASE: Final = {"conversion": 0.22, "ticket": 46.0, "complaints": 0.009}
CHARACTER: Final = {"conversion": 0.15, "ticket": 0.08, "complaints": -0.2}
NOISE: Final = {"conversion": 0.03, "ticket": 0.03, "complaints": 0.06}
_WEEKDAY: Final = np.array([0.82, 0.8, 0.88, 0.98, 1.22, 1.5, 0.8])
_SIZE: Final = {"flagship": 420.0, "mall": 260.0, "high street": 190.0, "outlet": 230.0}
AT_ONCE: Final = 100


def parts(
    all_places: list[Place], known: Paths, characters: list[Character], today: date
) -> Iterator[tuple[list[UUID], Days]]:
    """The days of our own shops, some shops at a time: their ids, and the days numbered by them."""
    sums = {
        outcome: sum(
            (
                effect * _centred(done(item, known, all_places, characters))
                for item, effect in effects.items()
            ),
            start=np.zeros((len(all_places), WEEKS)),
        )
        for outcome, effects in TRUTH.items()
    }
    regions = {code: number for number, (code, _title, _language) in enumerate(REGIONS)}
    common = numbers("regions").normal(0, 0.015, (len(TRUTH), len(REGIONS), WEEKS))
    own = [number for number, place in enumerate(all_places) if place.own]
    for begin in range(0, len(own), AT_ONCE):
        chosen = own[begin : begin + AT_ONCE]
        made = []
        for row, number in enumerate(chosen):
            place = all_places[number]
            shared = common[:, regions[place.city.region]]
            rates = {
                outcome: table[number] + shared[at] + CHARACTER[outcome] * characters[number].service
                for at, (outcome, table) in enumerate(sums.items())
            }
            made.append(_spoil(place, _days(row, place, rates, known.shock[number], today), today))
        yield [all_places[number].id for number in chosen], _joined(made)


def _centred(table: Floats) -> Floats:
    found: Floats = table - table.mean()
    return found


def _days(row: int, place: Place, rates: dict[str, Floats], shock: Floats, today: date) -> Days:
    """A year of one shop."""
    chance = numbers("outcomes", place.code)
    back = np.arange(DAYS, 0, -1)
    day = number_of(today) - back
    week = WEEKS - 1 - (back - 1) // 7
    weekday = (day + 3) % 7
    year_day = (day - number_of(date(today.year, 1, 1))) % 365
    season = 0.10 * np.sin(2 * np.pi * (year_day - 60) / 365) + 0.28 * np.exp(-(((year_day - 345) / 18) ** 2))
    log: dict[str, Floats] = {}
    for outcome, rate in rates.items():
        slow = np.empty(WEEKS)
        slow[0] = chance.normal()
        for at in range(1, WEEKS):
            slow[at] = 0.4 * slow[at - 1] + np.sqrt(1 - 0.16) * chance.normal()
        alpha = chance.normal(0, 0.1)
        log[outcome] = np.log(BASE[outcome]) + alpha + (rate + NOISE[outcome] * slow)[week]
    size = _SIZE.get(place.format, 200.0) * np.exp(chance.normal(0, 0.25))
    usual = size * _WEEKDAY[weekday] * np.exp(season + 0.16 * shock[week] + chance.normal(0, 0.07, DAYS))
    visitors = chance.poisson(usual).astype(np.float64)
    conversion = np.exp(log["conversion"] + 0.05 * season - 0.04 * shock[week] + chance.normal(0, 0.04, DAYS))
    sales = chance.binomial(visitors.astype(np.int64), np.clip(conversion, 0.001, 0.9)).astype(np.float64)
    spread = 0.03 + 0.6 / np.sqrt(np.maximum(sales, 1))
    ticket = np.exp(log["ticket"] + 0.1 * season + chance.normal(0, 1, DAYS) * spread)
    return Days(
        np.full(DAYS, row, dtype=np.int32),
        day.astype(np.int32),
        {
            "visitors": visitors,
            "transactions": sales,
            "revenue": np.rint(sales * ticket * 100),
            "complaints": chance.poisson(sales * np.exp(log["complaints"])).astype(np.float64),
            "staff_hours": np.rint((14 + usual / 7) * 2) / 2,
        },
    )


def _spoil(place: Place, days: Days, today: date) -> Days:
    """The faults of real files: a broken counter, late deliveries, a summer that was never sent, cents taken for money."""
    ago = number_of(today) - days.day
    values = days.values
    kept = np.ones(len(days), dtype=np.bool_)
    if place.code == "dublin-dundrum":  # the counter at the door counted one customer in eight
        broken = (ago >= 96) & (ago < 112)
        values["visitors"][broken] = np.floor(values["visitors"][broken] / 8)
    elif place.code == "bristol-broadmead":  # no counter at all
        values["visitors"][:] = np.nan
    elif place.code == "almaty-rozybakiev":  # its files begin late
        kept = ago <= 150
    elif place.code == "glasgow-buchanan-street":  # the newest ones have not come
        kept = ago > 19
    elif place.code == "kaunas-laisves":
        kept = ~((ago >= 120) & (ago < 141))
    elif place.code == "lviv-stryiska":
        values["revenue"][np.isin(ago, (40, 41))] *= 100
    elif place.code == "tallinn-ulemiste":  # the tills were offline
        for name in ("transactions", "revenue"):
            values[name][np.isin(ago, (66, 67, 201))] = 0
    elif place.code == "riga-old-town":
        kept = ~((ago >= 30) & (ago < 35))
    return days.those(kept)


def _joined(made: Sequence[Days]) -> Days:
    return Days(
        np.concatenate([one.location for one in made]),
        np.concatenate([one.day for one in made]),
        {name: np.concatenate([one.values[name] for one in made]) for name in made[0].values},
    )


def first_day(today: date) -> date:
    """The first day with numbers."""
    return today - timedelta(days=DAYS)
