"""What to mend first: how many points of the total each item costs on average. Pure.

For one visit an item loses  share of its section in the total × weight ÷ weights counted in the section × (1 − r)
(sections), or  weight ÷ weights counted × (1 − r)  (pooled): what the score would gain had the item been done,
plus its share of what a capped total lost. Averaged over the visits in which the item was counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from audit_app.scoring.rules.intervals import Estimate, wilson
from audit_app.scoring.rules.score import Score, StepKind
from audit_app.standards.rules.definition import Aggregation, Effect, Item, Version


@dataclass
class Tally:
    """One item over several visits."""

    item: Item
    counted: int = 0
    full: int = 0
    lost: Fraction = field(default_factory=Fraction)
    critical: int = 0
    remarks: list[str] = field(default_factory=list)

    @property
    def share(self) -> Estimate:
        """In how many of the visits it was done fully, with Wilson's interval."""
        return wilson(self.full, self.counted)

    @property
    def cost(self) -> float:
        """Average loss in shares of the total, 0..1."""
        return float(self.lost / self.counted) if self.counted else 0.0


def losses_of(version: Version, score: Score) -> dict[str, Fraction]:
    """What each counted item took from the total of this visit, as a share 0..1."""
    possible = {section.code: section.possible for section in score.sections if section.possible}
    if version.aggregation is Aggregation.SECTIONS:
        weights = {section.code: section.weight for section in score.sections if section.possible}
        whole = sum(weights.values(), Fraction())
        part = {code: weights[code] / whole / possible[code] for code in weights} if whole else {}
    else:
        whole = sum(possible.values(), Fraction())
        part = dict.fromkeys(possible, 1 / whole) if whole else {}
    return {
        term.item: part[term.section] * term.weight * (1 - term.ratio)
        for term in score.terms
        if term.counted and not term.bonus and term.ratio is not None and term.section in part
    }


def critical_losses_of(score: Score) -> dict[str, Fraction]:
    """What caps and zeroed totals took beyond the items themselves, shared equally among the misses that did it."""
    found: dict[str, Fraction] = {}
    for step in score.steps:
        if step.kind is StepKind.TOTAL_CAP and step.before is not None and step.after is not None:
            guilty = [
                miss.item for miss in score.critical if miss.effect in (Effect.CAP_TOTAL, Effect.ZERO_TOTAL)
            ]
            for item in guilty:
                found[item] = found.get(item, Fraction()) + (step.before - step.after) / len(guilty)
    return found


NEWEST = 3
"""A critical miss in one of so many newest visits is mended before anything else."""


def tallies(visits: Iterable[tuple[Version, Score, Mapping[str, str]]]) -> list[Tally]:
    """Items over visits (newest first): critical misses of the newest three visits lead, then what costs most.

    Each visit: its version, score, and the remark (comment) by item. An item's wording is that of the newest visit.
    A miss that is only flagged does not lead.
    """
    found: dict[str, Tally] = {}
    urgent: set[str] = set()
    for place, (version, score, remarks) in enumerate(visits):
        missed = {miss.item for miss in score.critical if miss.effect is not Effect.FLAG}
        held = critical_losses_of(score)
        if place < NEWEST:
            urgent |= missed
        for code, lost in losses_of(version, score).items():
            tally = found.setdefault(code, Tally(version.item_by_code[code]))
            tally.counted += 1
            tally.full += lost == 0
            tally.lost += lost + held.get(code, 0)
            if code in missed:
                tally.critical += 1
            if lost and remarks.get(code) and len(tally.remarks) < 3:
                tally.remarks.append(remarks[code])
    return sorted(
        (one for one in found.values() if one.lost),
        key=lambda one: (one.item.code not in urgent, -one.cost, one.item.code),
    )
