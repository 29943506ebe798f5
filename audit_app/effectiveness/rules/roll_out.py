"""The design of a pilot: every location gets the change, and chance decides when (a stepped wedge).

Within strata of region and size the locations are dealt out over the steps, so that each step looks like the network.
The same dealing, repeated with other seeds, gives the p-value later (`experiment`): nothing else may decide who starts when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from audit_app.effectiveness.rules.distributions import t_quantile
from audit_app.effectiveness.rules.facts import Floats, Places
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.kit.i18n import _

FEWEST = 4
"""Locations below which chance cannot balance anything."""


@dataclass(frozen=True)
class Candidate:
    """A location as the draw sees it."""

    code: str
    region: str
    size: float
    """Customers a week; 0 where unknown."""


@dataclass(frozen=True)
class StepBalance:
    """What the locations of one step look like."""

    step: int
    locations: int
    size: float | None
    """Mean of the known sizes."""
    regions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Balance:
    """Whether the steps look alike."""

    steps: tuple[StepBalance, ...]
    largest: float | None
    """Largest difference of a step's mean log size from the network's, in standard deviations."""


def strata(places: Sequence[Candidate]) -> Places:
    """The stratum of each place: its region, and whether it is above the region's middle in size."""
    found: dict[tuple[str, bool], int] = {}
    middle = {
        region: float(np.median([one.size for one in places if one.region == region]))
        for region in {one.region for one in places}
    }
    keys = [(one.region, one.size > middle[one.region]) for one in places]
    for key in sorted(set(keys)):
        found[key] = len(found)
    return np.array([found[key] for key in keys], dtype=np.int32)


def deal(stratum: Places, steps: int, rng: np.random.Generator) -> Places:
    """The step of each place: shuffled inside its stratum, then dealt out one after the other, steps in random order."""
    order = np.lexsort((rng.random(len(stratum)), stratum))
    rounds = -(-len(stratum) // steps)
    deck = np.concatenate([rng.permutation(steps) for _k in range(rounds)])[: len(stratum)]
    out = np.empty(len(stratum), dtype=np.int32)
    out[order] = deck
    return out


def draw(places: Sequence[Candidate], steps: int, seed: int) -> Places:
    """Who starts at which step (0 …): the same places in the same order with the same seed give the same answer."""
    if len(places) < max(FEWEST, steps):
        raise CannotEstimate(
            _("A pilot needs at least %(n)s locations: one for each step, and never fewer than four."),
            n=max(FEWEST, steps),
        )
    if steps < 2:
        raise CannotEstimate(
            _("A pilot needs at least two steps: those who wait are what the others are compared with.")
        )
    return deal(strata(places), steps, np.random.default_rng(seed))


def balance(places: Sequence[Candidate], step: Places) -> Balance:
    """The table that shows whether chance was even-handed."""
    log = np.log1p([one.size for one in places])
    spread = float(log.std())
    rows, far = [], []
    for k in range(int(step.max()) + 1):
        here = [one for one, s in zip(places, step, strict=True) if s == k]
        names = sorted({one.region for one in places})
        known = [one.size for one in here if one.size > 0]
        counts = tuple((name, sum(one.region == name for one in here)) for name in names)
        rows.append(StepBalance(k, len(here), float(np.mean(known)) if known else None, counts))
        if here and spread > 0:
            far.append(abs(float(log[step == k].mean() - log.mean())) / spread)
    return Balance(tuple(rows), max(far) if far else None)


@dataclass(frozen=True)
class Noise:
    """How outcomes move without any pilot: variances of log rates."""

    week: float
    """Of a location's week around its own level and its region's week; autocorrelation made good for."""
    place: float
    """Between locations."""


def noise_of(log_rates: Floats, region: Places) -> Noise | None:
    """From past weeks, (S, W) with NaN for missing; None where there is too little."""
    y = np.array(log_rates, dtype=np.float64)
    for r in np.unique(region):
        rows = region == r
        seen = ~np.isnan(y[rows])
        n = seen.sum(0)
        mean = np.divide(np.where(seen, y[rows], 0).sum(0), n, out=np.full(y.shape[1], np.nan), where=n > 1)
        y[rows] -= mean
    seen = ~np.isnan(y)
    weeks = seen.sum(1)
    fine = weeks >= 4
    if fine.sum() < FEWEST:
        return None
    y, seen, weeks = y[fine], seen[fine], weeks[fine]
    level = np.where(seen, y, 0).sum(1) / weeks
    e = np.where(seen, y - level[:, None], 0.0)
    within = float((e**2).sum() / max(int(weeks.sum()) - len(weeks) - y.shape[1], 1))
    both = seen[:, 1:] & seen[:, :-1]
    rho = float((e[:, 1:] * e[:, :-1])[both].sum() / max(float((e[:, 1:] ** 2)[both].sum()), 1e-300))
    rho = min(max(rho, 0.0), 0.9)
    return Noise(
        within * (1 + rho) / (1 - rho), max(float(level.var(ddof=1)) - within / float(weeks.mean()), 0.0)
    )


def exposure(step: Places, first: int, between: int, weeks: int) -> Floats:
    """(I, T) 1 from the week in which a location starts: step k starts in week first + k x between."""
    return (np.arange(weeks)[None, :] >= (first + step * between)[:, None]).astype(np.float64)


def variance(x: Floats, noise: Noise) -> float:
    """Of the effect's estimate: Hussey and Hughes (2007), equation 8, for any schedule (I, T)."""
    count, weeks = x.shape
    u, w, v = x.sum(), (x.sum(0) ** 2).sum(), (x.sum(1) ** 2).sum()
    s2, t2 = noise.week, noise.place
    below = (count * u - w) * s2 + (u * u + count * weeks * u - weeks * w - count * v) * t2
    if below <= 0:
        raise CannotEstimate(_("With this schedule the effect cannot be told from the season."))
    return float(count * s2 * (s2 + weeks * t2) / below)


def least_effect(x: Floats, noise: Noise, power: float = 0.8, alpha: float = 0.05) -> float:
    """The effect on the log outcome that such a pilot finds four times out of five."""
    dof = len(x) - 1
    return float((t_quantile(1 - alpha / 2, dof) + t_quantile(power, dof)) * sqrt(variance(x, noise)))
