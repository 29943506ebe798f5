"""Declaring a visit void: why it does not count, and whether its shopper is paid all the same (product.md 5).

For the common reasons there is a rule: who found the doors shut has done the work and is paid, who was recognised, went
elsewhere or left the brief is not. A person may decide otherwise, in words of their own that stay in the history.
"""

from dataclasses import dataclass
from typing import Literal

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _

Choice = Literal["rule", "yes", "no"]


@dataclass(frozen=True)
class Cause:
    """A common reason, and whether the rule pays for it."""

    text: str
    paid: bool


CAUSES: dict[str, Cause] = {
    "spotted": Cause(_("The shopper was recognised."), paid=False),
    "closed": Cause(_("The location was closed."), paid=True),
    "wrong_place": Cause(_("The visit was made at another place."), paid=False),
    "not_made": Cause(_("The visit was not made as the brief asks."), paid=False),
}


class VoidRefused(AuditError):
    """Something about declaring a visit void is still to be said."""

    status = 422
    field = "reason"


class ReasonMissing(VoidRefused):
    """Please say why; the reason stays in the history of the visit."""

    code = "reason_missing"


class PaymentUnsaid(VoidRefused):
    """Please say whether the shopper is paid: the rule knows the common reasons only."""

    field = "paid"


class ExceptionUnsaid(VoidRefused):
    """The rule says otherwise about paying for this reason. Please say in your own words why."""


@dataclass(frozen=True)
class Voiding:
    """What was said when a visit was declared void: a common reason, words beside it, and about the payment."""

    cause: str = ""
    words: str = ""
    paid: Choice = "rule"

    @property
    def by_rule(self) -> bool | None:
        """What the rule says about paying; None when it says nothing."""
        known = CAUSES.get(self.cause)
        return known.paid if known else None


def is_paid(said: Voiding) -> bool:
    """Whether the shopper is paid, or what is still to be said."""
    if not said.words.strip() and said.by_rule is None:
        raise ReasonMissing
    if said.paid == "rule":
        if said.by_rule is None:
            raise PaymentUnsaid
        return said.by_rule
    paid = said.paid == "yes"
    if said.by_rule is not None and paid != said.by_rule and not said.words.strip():
        raise ExceptionUnsaid
    return paid
