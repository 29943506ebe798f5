"""What customers did, location-week by location-week: the rows an outcome model is fitted to (step 5)."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from audit_app.effectiveness.rules.facts import Facts, Flags, Floats, Places
from audit_app.effectiveness.rules.plan import Model, Outcome

FOOTFALL = "visitors"
"""The measure held constant wherever it is known: busy weeks lower both compliance and conversion."""
ZEROS = 0.01
"""Share of location-weeks without a single count from which a log rate would lose them: the Poisson model keeps them."""
FEWEST_WEEKS = 3
"""Weeks with numbers below which a location cannot be compared with itself."""
COMPANY = 3
"""Locations a region needs for a week of its own; smaller regions share one."""


@dataclass(frozen=True)
class Rows:
    """N location-weeks of one outcome."""

    location: Places
    """(N,)"""
    week: Places
    """(N,)"""
    period: Places
    """(N,) region × week"""
    count: Floats
    """(N,) above the line"""
    exposure: Floats
    """(N,) below the line"""
    information: Floats
    """(N,) how many customers stand behind the rate: its variance falls with one over this."""
    controls: Floats
    """(N, C) what is held constant"""
    names: tuple[str, ...]
    """C names of controls"""
    model: Model
    zeros: float
    """Share of location-weeks without a count."""

    def only(self, keep: Flags) -> "Rows":
        """The rows of the locations to keep (S,)."""
        chosen = keep[self.location]
        return replace(
            self,
            location=self.location[chosen],
            week=self.week[chosen],
            period=self.period[chosen],
            count=self.count[chosen],
            exposure=self.exposure[chosen],
            information=self.information[chosen],
            controls=self.controls[chosen],
        )

    @property
    def y(self) -> Floats:
        """The log rate, or the mean."""
        return self.count / self.exposure if self.model is Model.MEAN else np.log(self.count / self.exposure)


def companies(regions: tuple[str, ...]) -> Places:
    """(S,) the group of locations that share a week: the region, or one pool of all regions that are too small."""
    sizes = Counter(regions)
    large = sorted(name for name, size in sizes.items() if size >= COMPANY and name)
    rest = [name for name in sizes if name not in large]
    pooled = sum(sizes[name] for name in rest)
    if rest and pooled < COMPANY and large:
        # Too few to stand alone even together: they join the smallest region that can.
        host = min(large, key=lambda name: (sizes[name], name))
        number = {name: at for at, name in enumerate(large)} | dict.fromkeys(rest, large.index(host))
    else:
        number = {name: at for at, name in enumerate(large)} | dict.fromkeys(rest, len(large))
    return np.array([number[name] for name in regions], dtype=np.int32)


def rows_of(facts: Facts, outcome: Outcome, seen: Flags, covariates: tuple[str, ...] = ()) -> Rows | None:
    """The rows of an outcome at the locations in `seen` (S,), or None where its measures are missing or always nought."""
    count, exposure = facts.measures.get(outcome.count), facts.measures.get(outcome.exposure)
    if outcome.placebo:
        exposure = facts.days_covered.astype(np.float64)
    if count is None or exposure is None:
        return None
    usable = np.isfinite(count) & np.isfinite(exposure) & (facts.days_covered > 0) & seen[:, None]
    with np.errstate(invalid="ignore"):
        usable &= (exposure > 0) & ((count >= 0) | (outcome.model is Model.MEAN))
    controls, names = _controls(facts, outcome, covariates)
    for column in controls:
        usable &= np.isfinite(column)
    usable &= (usable.sum(1) >= FEWEST_WEEKS)[:, None]
    if not usable.any() or not (count[usable] != 0).any():
        return None
    zeros = float(np.mean(count[usable] == 0))
    model = outcome.model
    if model is Model.LOG_RATE and zeros > ZEROS:
        model = Model.POISSON
    if model is Model.LOG_RATE:
        usable &= np.where(usable, count, 0.0) > 0
    location, week = np.nonzero(usable)
    weeks = facts.weeks
    y, x = count[usable], exposure[usable]
    # A share of customers is as sure as its counts; money per customer as its customers.
    information = y if model is not Model.MEAN and y.sum() <= x.sum() else x
    return Rows(
        location=location.astype(np.int32),
        week=week.astype(np.int32),
        period=(companies(facts.regions)[location].astype(np.int64) * weeks + week).astype(np.int32),
        count=y,
        exposure=x,
        information=information,
        controls=np.column_stack([column[usable] for column in controls])
        if controls
        else np.zeros((len(y), 0)),
        names=names,
        model=model,
        zeros=zeros,
    )


def _controls(
    facts: Facts, outcome: Outcome, covariates: tuple[str, ...]
) -> tuple[list[Floats], tuple[str, ...]]:
    """Columns (S, W) held constant: log footfall per day, its surroundings, response rate for surveys, covariates."""
    columns: list[Floats] = []
    names: list[str] = []
    days = np.maximum(facts.days_covered, 1).astype(np.float64)
    footfall = facts.measures.get(FOOTFALL)
    if footfall is not None and not outcome.placebo and np.isfinite(footfall).any():
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.where(footfall > 0, np.log(np.maximum(footfall, 1e-9) / days), np.nan)
        columns.append(log)
        names.append("log visitors")
    invited = facts.measures.get("survey_invited")
    if outcome.model is Model.MEAN and invited is not None:
        answers = facts.measures[outcome.exposure]
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(np.where(invited > 0, answers / invited, np.nan))
        names.append("response rate")
    for name in covariates:
        measure = facts.measures.get(name)
        if measure is not None and name not in (outcome.count, outcome.exposure, FOOTFALL):
            columns.append(measure / days)
            names.append(name)
    return columns, tuple(names)


def precision(residual: Floats, information: Floats) -> Floats:
    """(N,) weights 1 / (s0² + k / information), mean about 1: s0² and k by regressing squared residuals (moments)."""
    design = np.column_stack([np.ones(len(residual)), 1 / np.maximum(information, 1)])
    square = residual**2
    mean = float(square.mean())
    if mean == 0.0:
        return np.ones(len(residual))
    steady, falling = np.linalg.lstsq(design, square, rcond=None)[0]
    steady, falling = max(float(steady), 1e-2 * mean), max(float(falling), 0.0)
    return np.asarray(mean / (steady + falling * design[:, 1]))
