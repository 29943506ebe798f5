"""Tails and quantiles of Student's t, Fisher's F and the normal law: the very functions that `scipy.stats` calls.

Importing all of `scipy.stats` for these four takes longer than a small study does; `tests/effectiveness/test_parts.py` holds
them to it, digit by digit.
"""

from typing import Any

from audit_app.kit.later import later

special = later("scipy.special")


def t_tail(t: Any, dof: Any) -> Any:
    """Probability of a value above `t`, for `dof` degrees of freedom."""
    return special.stdtr(dof, -t)


def t_quantile(share: float, dof: Any) -> Any:
    """The value below which this share lies."""
    return special.stdtrit(dof, share)


def f_tail(f: float, above: float, below: float) -> float:
    """Probability of an F beyond this one."""
    return float(special.fdtrc(above, below, f))


def normal_quantile(share: float) -> float:
    """The value below which this share of a normal law lies."""
    return float(special.ndtri(share))
