"""How good one answer is: a fraction from 0 (worst) to 1 (best), exact.

r = points of the chosen option ÷ points of the best one · several options: Σ chosen ÷ Σ positive ·
scale: (v − min) ÷ (max − min) · number, duration, time: points of the range ÷ best points. Always held within 0 and 1,
so points below zero can spoil a choice of several but never make an answer worth less than nothing.
"""

from collections.abc import Iterable
from fractions import Fraction

from audit_app.standards.rules.definition import Item

_ZERO, _ONE = Fraction(0), Fraction(1)


def _held(ratio: Fraction) -> Fraction:
    return min(max(ratio, _ZERO), _ONE)


def ratio_of_codes(item: Item, codes: Iterable[str]) -> Fraction:
    """The ratio of chosen options."""
    options = item.option_by_code
    return _held(sum((options[code].points for code in codes), _ZERO) / item.best)


def ratio_of_number(item: Item, number: Fraction) -> Fraction:
    """The ratio of a place on the scale, or of the range a number falls in."""
    if item.scale:
        return _held((number - item.scale.min) / (item.scale.max - item.scale.min))
    points = item.ranges[0].points
    for part in item.ranges[1:]:
        if part.start is not None and number >= part.start:
            points = part.points
    return _held(points / item.best)
