"""How good one answer is: a fraction from 0 (worst) to 1 (best), exact.

r = points of the chosen option ÷ points of the best one · several options: Σ chosen ÷ Σ positive ·
scale: (v − min) ÷ (max − min) · number, duration, time: points of the range ÷ best points. Always held within 0 and 1,
so points below zero can spoil a choice of several but never make an answer worth less than nothing.
"""

from fractions import Fraction

from audit_app.standards.rules.definition import Item, held


def ratio_of_codes(item: Item, codes: tuple[str, ...]) -> Fraction:
    """The ratio of chosen options."""
    if len(codes) == 1:
        return item.ratio_by_option[codes[0]]
    options = item.option_by_code
    return held(sum((options[code].points for code in codes), Fraction(0)) / item.best)


def ratio_of_number(item: Item, number: Fraction) -> Fraction:
    """The ratio of a place on the scale, or of the range a number falls in."""
    if item.scale:
        return held((number - item.scale.min) / (item.scale.max - item.scale.min))
    points = item.ranges[0].points
    for part in item.ranges[1:]:
        if part.start is not None and number >= part.start:
            points = part.points
    return held(points / item.best)
