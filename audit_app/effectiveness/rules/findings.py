"""What a study found: an estimate for each item and outcome, a decision for each item, and reasons to doubt."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Of one item on one outcome (contracts.md 6)."""

    PAYS = "pays"
    HARMFUL = "harmful"
    NO_EVIDENCE = "no evidence"
    NOT_ENOUGH = "not enough data"
    NO_VARIATION = "no variation"


class Decision(StrEnum):
    """What to do with an item over all outcomes; proposed by rule, taken by a person."""

    KEEP = "keep"
    REWORK = "rework"
    DROP = "drop"
    HYGIENE = "hygiene"
    WAIT = "wait"


@dataclass(frozen=True)
class Reason:
    """A sentence as a msgid with its values, so that it reads in every language: `gettext(reason.text, **reason.values)`."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """What one item does to one outcome. None means: not computed (never: zero)."""

    item: str
    outcome: str
    estimate: float | None
    """Change of the log outcome when the item goes from never to always done."""
    se: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    q: float | None
    """False discovery rate within the family: one outcome, the items with a p."""
    mde80: float | None
    """Effect that would be found four times out of five with the visits made so far."""
    shrunk: float | None
    """Posterior mean under the mixture of all items: for ranking, prognosis and money."""
    visits_needed: int | None
    """More visits in the whole network until the smallest effect could be settled; None where it is settled or cannot be."""
    verdict: Verdict
    reason: Reason
    naive: float | None = None
    """What correlating visit scores with sales would have said, as a change of the log outcome."""
    naive_p: float | None = None
    robustness: float | None = None
    """Strength a hidden cause would need with item and outcome to explain the effect away (share of variance)."""


@dataclass(frozen=True)
class ItemFinding:
    """The item over all outcomes: the decision proposed, and what is known of the item itself."""

    item: str
    decision: Decision
    reason: Reason
    answered: int
    """Visits that answered it."""
    mean: float | None
    """Mean ratio over the answered visits."""
    rare: float | None
    """Share of answered visits that differ from the commonest answer: below .01 nothing can be tested."""
    signal: float | None
    """Variance of true compliance within locations over time."""
    noise: float | None
    """Variance of a single visit's answer around it."""
    reliability: float | None
    """Share of signal in one visit's movement: signal / (signal + noise)."""
    flags: tuple[str, ...] = ()
    """Codes of the item's warnings, such as `collinear`, `leads`, `one_location`; texts in phrases."""


@dataclass(frozen=True)
class Doubt:
    """A reason to doubt, and what to do about it."""

    code: str
    serious: bool
    """Whether verdicts should be worded weaker because of it."""
    text: Reason
    advice: Reason


@dataclass(frozen=True)
class Findings:
    """The whole result of a study."""

    estimates: tuple[Estimate, ...]
    items: tuple[ItemFinding, ...]
    diagnostics: dict[str, Any]
    """half_life, shopper_sd, gamma_z by outcome, n_locations, n_weeks, n_visits, leads, placebo, … (plain JSON values)."""
    doubts: tuple[Doubt, ...] = ()
