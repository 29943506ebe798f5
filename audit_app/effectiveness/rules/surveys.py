"""Shares, NPS and sample sizes: intervals, and warnings where few of the asked have answered."""

from dataclasses import dataclass
from math import ceil, sqrt

from audit_app.effectiveness.rules.distributions import normal_quantile
from audit_app.effectiveness.rules.findings import Reason
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.scoring.rules import intervals

LOW_RESPONSE = 0.20
"""Below this share of answers, who did not answer decides more than who did (effectiveness.md 1.6)."""
FEW = 30


def z_of(level: float) -> float:
    """The two-sided normal point of a level such as .95."""
    if not 0 < level < 1:
        raise BadInput(_("A level lies between 0 and 1, such as 0.95."))
    return normal_quantile(0.5 + level / 2)


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float | None, float | None]:
    """Wilson's score interval (Wilson 1927) of a share; None for none of none."""
    if not 0 <= successes <= n:
        raise BadInput(_("The count must lie between 0 and n."))
    share = intervals.wilson(successes, n, z_of(level))
    return share.low, share.high


@dataclass(frozen=True)
class Nps:
    """Promoters less detractors in percent of the answers, between -100 and 100."""

    nps: float | None
    low: float | None
    high: float | None
    response_rate: float | None
    bounds: tuple[float, float] | None
    """What it could be if those who did not answer were all detractors, or all promoters."""
    warnings: tuple[Reason, ...]


def nps(
    promoters: int, passives: int, detractors: int, invited: int | None = None, level: float = 0.95
) -> Nps:
    """Adjusted Wald, 3/4 added to promoters and detractors, n + 3: the best performer of Rocks (2016); cut at +-100."""
    n = promoters + passives + detractors
    if min(promoters, passives, detractors) < 0:
        raise BadInput(_("Counts cannot be negative."))
    if invited is not None and invited < n:
        raise BadInput(_("More people answered than were invited."))
    z = z_of(level)
    warnings = []
    rate = n / invited if invited else None
    if n == 0:
        return Nps(None, None, None, rate, None, (Reason(_("Nobody has answered.")),))
    score = (promoters - detractors) / n
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = z * sqrt((p + d - (p - d) ** 2) / (n + 3))
    bounds = None
    if rate is not None:
        bounds = (100 * (rate * score - (1 - rate)), 100 * (rate * score + (1 - rate)))
        if rate < LOW_RESPONSE:
            warnings.append(
                Reason(
                    _("Only %(percent)s %% of those asked have answered: the others may think otherwise."),
                    {"percent": round(100 * rate, 1)},
                )
            )
    else:
        warnings.append(
            Reason(_("It is not known how many were asked, so nobody can tell whom these answers stand for."))
        )
    if n < FEW:
        warnings.append(
            Reason(_("Answers: only %(n)s. The interval is wide; wait for more before comparing."), {"n": n})
        )
    return Nps(
        100 * score, max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half)), rate, bounds, tuple(warnings)
    )  # fmt: skip


def sample_size(p: float, margin: float, level: float = 0.95, population: int | None = None) -> int:
    """Answers needed for a share p within a margin; fewer are needed of a small population (Cochran 1977, 4.4)."""
    if not (0 <= p <= 1 and 0 < margin < 1):
        raise BadInput(_("The share lies between 0 and 1, the margin above 0 and below 1."))
    if population is not None and population < 1:
        raise BadInput(_("A population has at least one member."))
    z = z_of(level)
    n = z * z * p * (1 - p) / (margin * margin)
    if population is not None:
        n = n / (1 + (n - 1) / population)
    # A whole number that floating point has nudged up is still that number.
    return max(1, ceil(n - 1e-9))


def design_effect(per_cluster: float, icc: float) -> float:
    """By how much visits clustered in locations must be more (Kish 1965)."""
    return 1 + (per_cluster - 1) * icc
