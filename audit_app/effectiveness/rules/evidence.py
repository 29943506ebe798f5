"""Everything a study worked out, before it is put into verdicts and words."""

from dataclasses import dataclass

from audit_app.effectiveness.rules.answers import Answer, Numbers
from audit_app.effectiveness.rules.core import Core
from audit_app.effectiveness.rules.facts import Facts, Flags
from audit_app.effectiveness.rules.findings import Doubt, Reason
from audit_app.effectiveness.rules.matrix import Variation
from audit_app.effectiveness.rules.plan import Plan


@dataclass(frozen=True)
class Evidence:
    """The numbers of a study."""

    facts: Facts
    plan: Plan
    seen: Flags
    """(S,) locations that can be compared with themselves"""
    about: Variation
    usable: Numbers
    """(U,) numbers of the items with a path"""
    told: Core | None
    answers: tuple[Answer, ...]
    why: dict[int, Reason]
    """Why an item cannot be tested, by its number."""
    found: tuple[Doubt, ...]

    @property
    def family(self) -> tuple[Answer, ...]:
        """The outcomes items can change."""
        return tuple(answer for answer in self.answers if not answer.outcome.placebo)
