"""Intervals that are honest with few visits: Student's t for a mean, Wilson's for a share. Pure."""

from dataclasses import dataclass
from math import sqrt

# Two-sided 95 % points of Student's t for 1 … 30 degrees of freedom (any statistics textbook, e.g. NIST e-Handbook
# 1.3.6.7.2); beyond, the next smaller tabulated value is taken, which errs on the wide side.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_T_BEYOND = ((40, 2.021), (60, 2.000), (120, 1.980), (10**9, 1.960))
_Z = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A mean or share with its 95 % interval; None where nothing can be said. Units are those of what went in."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None

    def overlaps(self, other: "Estimate") -> bool:
        """Whether the two may be the same: then nobody is ranked above the other."""
        if None in (self.low, self.high, other.low, other.high):
            return True
        return self.low <= other.high and other.low <= self.high  # type: ignore[operator]


def t_95(degrees: int) -> float:
    """The two-sided 95 % point of Student's t."""
    if degrees <= len(_T):
        return _T[degrees - 1]
    smaller = _T[-1]
    for up_to, value in _T_BEYOND:
        if degrees < up_to:
            return smaller
        smaller = value
    return smaller


def mean_of_sums(n: int, total: float, squares: float, *, low: float = 0.0, high: float = 1000.0) -> Estimate:
    """The mean of n values from their sum and sum of squares, with Student's interval, cut at the scale's ends.

    With fewer than three values there is a mean and no interval: two visits say next to nothing about the spread.
    """
    if n == 0:
        return Estimate(0, None)
    # PostgreSQL sums large integers as decimals, which do not mix with the roots below.
    n, total, squares = int(n), float(total), float(squares)
    mean = total / n
    if n < 3:
        return Estimate(n, mean)
    variance = max(0.0, (squares - n * mean * mean) / (n - 1))
    # Scores that happen to be equal do not make the next visit certain: the spread is taken as half a percent point at least.
    half = t_95(n - 1) * sqrt(max(variance, 25.0) / n)
    return Estimate(n, mean, max(low, mean - half), min(high, mean + half))


def wilson(successes: int, n: int, z: float = _Z) -> Estimate:
    """A share of n (at the normal point z; 95 % if not told) with Wilson's score interval (Wilson 1927): 4 of 4 still spans 51–100 %."""
    if n == 0:
        return Estimate(0, None)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(n, p, max(0.0, centre - half), min(1.0, centre + half))
