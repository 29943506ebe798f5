"""What to mend first: how many points of the total each item costs on average. Pure.

For one visit an item loses  share of its section in the total × weight ÷ weights counted in the section × (1 − r)
(sections), or  weight ÷ weights counted × (1 − r)  (pooled): exactly what the score would gain had the item been done,
before critical effects. Averaged over the visits in which the item was counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from audit_app.scoring.rules.intervals import Estimate, wilson
from audit_app.scoring.rules.score import Score
from audit_app.standards.rules.definition import Aggregation, Item, Version


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


def tallies(visits: Iterable[tuple[Version, Score, Mapping[str, str]]]) -> list[Tally]:
    """Items over visits (newest first), the costliest first; a critical miss outweighs any cost.

    Each visit: its version, score, and the remark (comment) by item. An item's wording is that of the newest visit.
    """
    found: dict[str, Tally] = {}
    for version, score, remarks in visits:
        missed = {miss.item for miss in score.critical}
        for code, lost in losses_of(version, score).items():
            tally = found.setdefault(code, Tally(version.item_by_code[code]))
            tally.counted += 1
            tally.full += lost == 0
            tally.lost += lost
            if code in missed:
                tally.critical += 1
            if lost and remarks.get(code) and len(tally.remarks) < 3:
                tally.remarks.append(remarks[code])
    return sorted(
        (one for one in found.values() if one.lost), key=lambda one: (-one.critical, -one.cost, one.item.code)
    )
