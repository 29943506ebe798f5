"""What a study is asked: outcomes with their good direction, controls, thresholds, and how thorough it shall be."""

from dataclasses import dataclass, field
from enum import StrEnum


class Model(StrEnum):
    """How an outcome is modelled (effectiveness.md 1.1 step 5)."""

    LOG_RATE = "log_rate"
    """Weighted least squares on the log of a rate."""
    POISSON = "poisson"
    """Poisson pseudo-maximum-likelihood with an offset, for rare counts."""
    MEAN = "mean"
    """Weighted least squares on a mean, such as NPS: the estimate is in the outcome's own points, not in logs."""


@dataclass(frozen=True)
class Outcome:
    """A rate customers make: `count` per `exposure`. The good direction is +1 (conversion) or -1 (complaints)."""

    name: str
    count: str
    """Measure above the line, such as transactions."""
    exposure: str
    """Measure below the line, such as visitors."""
    good: int = 1
    model: Model = Model.LOG_RATE
    smallest: float = 0.03
    """Smallest effect worth having, as a change of the log rate from never to always (of the mean for Model.MEAN)."""
    placebo: bool = False
    """An outcome that cannot react, such as visitors: anything found there is a warning."""


CONVERSION = Outcome("conversion", "transactions", "visitors", 1, Model.LOG_RATE, 0.03)
TICKET = Outcome("ticket", "revenue", "transactions", 1, Model.LOG_RATE, 0.018)
COMPLAINTS = Outcome("complaints", "complaints", "transactions", -1, Model.POISSON, 0.09)
REPEAT = Outcome("repeat", "repeat_customers", "transactions", 1, Model.LOG_RATE, 0.024)
USUAL = (CONVERSION, TICKET, COMPLAINTS, REPEAT)


@dataclass(frozen=True)
class Plan:
    """The parameters of a study; with the facts and the code's version they fix every digit of the result."""

    outcomes: tuple[Outcome, ...] = USUAL
    """One family of tests each. Those whose measures are missing are left out and named."""
    covariates: tuple[str, ...] = ()
    """Further measures held constant (staff hours, promotion), beside log visitors."""
    false_discovery: float = 0.05
    strict: bool = False
    """Benjamini-Yekutieli instead of Benjamini-Hochberg."""
    level: float = 0.95
    thorough: bool = False
    """Standard errors by leaving out groups of locations through the whole pipeline (25 groups)."""
    groups: int = 25
    seed: int = 1
    misread: float = 0.02
    """Share of answers taken to be wrong even from careful shoppers: where true compliance moves by 1, the recorded
    moves by 1 - 2 × this, and effects are told for the true one."""
    kept: frozenset[str] = field(default_factory=frozenset)
    """Items kept by law or by choice: hygiene, whatever the numbers say."""
    disagreement: frozenset[str] = field(default_factory=frozenset)
    """Items about which raters disagree (alpha below .667 on at least 30 double-rated units)."""
