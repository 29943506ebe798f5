"""What a person may submit about studies."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from audit_app.effectiveness.rules.findings import Decision
from audit_app.effectiveness.rules.plan import Model, Outcome, Plan
from audit_app.kit.i18n import _
from audit_app.kit.web import Bound

CURRENCIES = ("EUR", "UAH", "GBP", "USD", "PLN", "CZK", "CHF", "SEK", "KZT", "GEL", "AMD")
MOST_WEEKS = 6 * 53


class Period(Bound):
    """Which standard, from when to when."""

    standard_id: str = Field(min_length=1, max_length=40)
    from_on: date
    to_on: date

    @model_validator(mode="after")
    def in_order(self) -> "Period":
        """A period has a beginning and an end."""
        if self.to_on < self.from_on:
            raise ValueError(_("The period ends before it begins."))
        if (self.to_on - self.from_on).days > MOST_WEEKS * 7:
            raise ValueError(_("The period is longer than six years."))
        return self


class NewStudy(Period):
    """All parameters of a study. Thresholds of an outcome are fields `smallest.NAME`, directions `good.NAME`."""

    outcomes: list[str] = Field(min_length=1, max_length=12)
    covariates: list[str] = Field(default_factory=list, max_length=12)
    false_discovery: Literal["0.01", "0.05", "0.1"] = "0.05"
    strict: bool = False
    depth: Literal["quick", "thorough"] = "quick"
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    complaint_cost: float | None = Field(default=None, ge=0, le=1_000_000)

    def plan(
        self, possible: Sequence[Outcome], smallest: dict[str, float], good: dict[str, int], kept: frozenset[str]
    ) -> Plan:  # fmt: skip
        """The plan; `smallest` in logs (points for means), `good` +1 or -1, both by outcome."""
        chosen = tuple(
            replace(
                one, smallest=smallest.get(one.name, one.smallest), good=good.get(one.name, one.good)
            )
            for one in possible
            if one.name in self.outcomes
        )  # fmt: skip
        return Plan(
            outcomes=chosen,
            covariates=tuple(self.covariates),
            false_discovery=float(self.false_discovery),
            strict=self.strict,
            thorough=self.depth == "thorough",
            kept=kept,
        )


class Decide(Bound):
    """A decision about one item."""

    taken: Decision
    reason: str = Field(default="", max_length=2000)
    review_on: date | None = None


def smallest_from(text: str, money: str, outcome: Outcome, base: float | None) -> float | None:
    """The smallest effect worth having, from percent (points for means) or from money a month and shop; None if unreadable.

    `base`: what the outcome is worth in money at present, so that an amount becomes a share of it.
    """

    def number(given: str) -> float | None:
        try:
            found = float(given.replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except ValueError:
            return None
        return found if math.isfinite(found) and found > 0 else None

    if money.strip():
        amount = number(money)
        if amount is None or not base or amount >= base:
            return None
        return math.log1p(amount / base)
    value = number(text)
    if value is None:
        return None
    if outcome.model is Model.MEAN:
        return value if value <= 100 else None
    return math.log1p(value / 100) if value <= 100 else None


class Accept(Bound):
    """All proposals of one kind."""

    decision: Decision
    reason: str = Field(default="", max_length=2000)
    review_on: date | None = None
