"""Rounding, for the eye only: percentages half up to one decimal. Rules compare fractions, never these."""

from fractions import Fraction


def tenths(ratio: Fraction) -> int:
    """Tenths of a percent, half up: 2/3 → 667."""
    return (2000 * ratio.numerator + ratio.denominator) // (2 * ratio.denominator)


def percent(ratio: Fraction) -> str:
    """2/3 → "66.7"."""
    whole, tenth = divmod(tenths(ratio), 10)
    return f"{whole}.{tenth}"


def fraction(ratio: Fraction) -> str:
    """In lowest terms: "2/3", and "1" for a whole number."""
    return str(ratio)
