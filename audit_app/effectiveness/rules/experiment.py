"""What a change did: a randomised pilot, or a before and after with places to compare.

Two estimates: fixed effects of location and region x week (efficient where the effect is the same everywhere), and
imputation (Borusyak, Jaravel and Spiess 2024: effects fitted on cells not yet treated, what is above them averaged),
which stays right when effects grow or differ. Errors by leaving out locations. Of a pilot, p by dealing the starts anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.distributions import f_tail, t_quantile, t_tail
from audit_app.effectiveness.rules.facts import Flags, Floats, Places
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.kernel import Errors, least_squares, poisson
from audit_app.effectiveness.rules.panel import CannotEstimate, Panel
from audit_app.kit.i18n import _

NEVER = -1
LEADS = 4
"""Four-week spans before the start that are tested for a trend."""
SPAN = 4
DRAWS = 499
_NONE_LEFT = _(
    "All places started at once, and none is left to compare with: the change cannot be told from the season."
)


@dataclass(frozen=True)
class Course:
    """An outcome of locations over weeks, and when each started. Log rates; NaN where a week has no numbers."""

    y: Floats
    """(S, W)"""
    count: Floats
    """(S, W) events behind each rate: a week of few sales says less."""
    region: Places
    """(S,)"""
    start: Places
    """(S,) week of the start; NEVER for places that only serve as a comparison."""
    controls: tuple[Floats, ...] = ()
    """(S, W) each, such as log visitors."""


@dataclass(frozen=True)
class Effect:
    """Of one estimate, on the log outcome."""

    estimate: float
    se: float
    low: float
    high: float
    p: float
    """From Student's t with locations less one."""
    dof: int


@dataclass(frozen=True)
class Moment:
    """One point of the event study: weeks from the start (the first of four), and what was above the expected."""

    weeks: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """Everything that is said about one outcome of a pilot."""

    effect: Effect
    imputed: Effect | None
    p_random: float | None
    """Share of starts dealt anew that show as much; None where starts were not drawn."""
    moments: tuple[Moment, ...]
    p_before: float | None
    """Joint test of the weeks before: small means that places were on different ways already."""
    locations: int
    weeks: int


@dataclass(frozen=True)
class _Rows:
    """The weeks that have numbers, in rows."""

    where: tuple[Places, Places]
    y: Floats
    place: Places
    period: Places
    controls: Floats
    treated: Flags
    weights: Floats


def measure(course: Course, deal: Callable[[np.random.Generator], Places] | None = None, seed: int = 1, draws: int = DRAWS) -> Outcome:  # fmt: skip
    """Both estimates, the event study, and for a drawn pilot the p-value of the draw. `deal` draws starts anew."""
    rows = _rows(course)
    if not rows.treated.any():
        raise CannotEstimate(_("Nobody has started yet."))
    if not (~rows.treated).any() or len(np.unique(course.start)) < 2:
        raise CannotEstimate(_NONE_LEFT)
    rows = _weighted(course, rows)
    panel = Panel(rows.place, rows.period)
    x = np.column_stack([rows.treated.astype(np.float64), rows.controls])
    fit = least_squares(panel, x, rows.y, rows.weights, Errors.CV3)[0]
    if not fit.kept[0]:
        raise CannotEstimate(_NONE_LEFT)
    effect = _effect(float(fit.coef[0]), float(fit.se[0]), fit.dof)
    p_random = None if deal is None else _redealt(course, rows, panel, effect.estimate, deal, seed, draws)
    imputed, moments = _imputed(course, rows)
    before, p_before = _before(course, rows)
    return Outcome(
        effect, imputed, p_random, (*before, *moments), p_before, len(course.start), course.y.shape[1]
    )


def measure_counts(course: Course) -> Outcome:
    """Of rare counts, such as complaints: `y` holds counts, `count` what they could have been (transactions)."""
    fine = np.where(course.count > 0, course.y, np.nan)
    rows = _rows(Course(fine, course.count, course.region, course.start, course.controls))
    if not rows.treated.any():
        raise CannotEstimate(_("Nobody has started yet."))
    x = np.column_stack([rows.treated.astype(np.float64), rows.controls])
    fit = poisson(
        Panel(rows.place, rows.period), x, rows.y, np.log(course.count[rows.where]), errors=Errors.SHORT
    )
    if not fit.kept[0]:
        raise CannotEstimate(_NONE_LEFT)
    effect = _effect(float(fit.coef[0]), float(fit.se[0]), fit.dof)
    return Outcome(effect, None, None, (), None, len(course.start), course.y.shape[1])


def verdict(outcome: Outcome, good: int, smallest: float, q: float, level: float = 0.05) -> Verdict:
    """Of a randomised pilot: by its q; no evidence only where the 90 % interval lies inside the smallest effect."""
    effect = outcome.effect
    if q <= level:
        return Verdict.PAYS if effect.estimate * good > 0 else Verdict.HARMFUL
    half = float(t_quantile(0.95, effect.dof)) * effect.se
    inside = effect.estimate - half > -smallest and effect.estimate + half < smallest
    return Verdict.NO_EVIDENCE if inside else Verdict.NOT_ENOUGH


def _effect(estimate: float, se: float, dof: int) -> Effect:
    half = float(t_quantile(0.975, dof)) * se
    p = 2 * float(t_tail(abs(estimate) / se, dof)) if se > 0 else 1.0
    return Effect(estimate, se, estimate - half, estimate + half, p, dof)


def _rows(course: Course) -> _Rows:
    weeks = course.y.shape[1]
    there = np.isfinite(course.y)
    for control in course.controls:
        there = there & np.isfinite(control)
    s, t = np.nonzero(there)
    if not len(s):
        raise CannotEstimate(_("There are no numbers of customers in these weeks."))
    start = np.where(course.start == NEVER, weeks, course.start)
    return _Rows(
        where=(s.astype(np.int32), t.astype(np.int32)),
        y=course.y[s, t],
        place=s.astype(np.int32),
        period=(course.region[s] * weeks + t).astype(np.int32),
        controls=np.column_stack([c[s, t] for c in course.controls])
        if course.controls
        else np.empty((len(s), 0)),
        treated=t >= start[s],
        weights=np.ones(len(s)),
    )


def _weighted(course: Course, rows: _Rows) -> _Rows:
    """Weights 1 / (s² + k / count), both by moments from residuals of a plain fit (effectiveness.md 1.1, step 5)."""
    x = np.column_stack([rows.treated.astype(np.float64), rows.controls])
    fit = least_squares(Panel(rows.place, rows.period), x, rows.y, errors=Errors.NONE)[0]
    e2 = fit.residuals**2
    a = np.column_stack([np.ones(len(e2)), 1 / np.maximum(course.count[rows.where], 1)])
    v = np.linalg.lstsq(a, e2, rcond=None)[0]
    v = np.maximum(v, [1e-2 * e2.mean(), 0])
    spread = a @ v
    weights = spread.mean() / np.maximum(spread, 1e-12)
    return _Rows(rows.where, rows.y, rows.place, rows.period, rows.controls, rows.treated, weights)


def _redealt(course: Course, rows: _Rows, panel: Panel, seen: float, deal: Callable[[np.random.Generator], Places], seed: int, draws: int) -> float:  # fmt: skip
    """Share of other draws (this one counted) whose estimate is as far from nothing: exact whatever the errors' shape."""
    rng = np.random.default_rng(seed)
    s, t = rows.where
    weeks = course.y.shape[1]
    w = panel.weights(rows.weights)
    swept = panel.sweep(w)
    y = panel.residuals(np.column_stack([rows.y, rows.controls]), swept)
    mass = np.ones(len(s)) if w is None else w
    if y.shape[1] > 1:
        c = y[:, 1:]
        inside = np.linalg.pinv(c.T @ (c * mass[:, None]))
        rest = y[:, 0] - c @ (inside @ (c.T @ (mass * y[:, 0])))
    else:
        c, inside, rest = np.empty((len(s), 0)), np.empty((0, 0)), y[:, 0]
    beyond = 0
    for begin in range(0, draws, 100):
        starts = np.array([deal(rng) for _k in range(min(100, draws - begin))])
        starts = np.where(starts == NEVER, weeks, starts)
        d = panel.residuals((t[:, None] >= starts.T[s]).astype(np.float64), swept)
        d -= c @ (inside @ (c.T @ (d * mass[:, None])))
        size = ((d * d) * mass[:, None]).sum(0)
        estimates = (d.T @ (mass * rest)) / np.maximum(size, 1e-12)
        beyond += int((np.abs(estimates) >= abs(seen) - 1e-12).sum())
    return (beyond + 1) / (draws + 1)


def _expected(course: Course, rows: _Rows, slope: Floats, left_out: int | None = None) -> Floats:
    """(rows,) what each cell would be without the change, from cells not yet treated; NaN where nothing tells."""
    y = rows.y - rows.controls @ slope
    out = np.full(len(y), np.nan)
    regions = course.region[rows.place]
    only = None if left_out is None else course.region[left_out]
    for r in np.unique(regions):
        if only is not None and r != only:
            continue
        here = regions == r
        out[here] = _two_way(
            y[here], rows.weights[here], rows.place[here], rows.where[1][here],
            ~rows.treated[here] & (rows.place[here] != (NEVER if left_out is None else left_out)),
        )  # fmt: skip
    return out + rows.controls @ slope


def _two_way(y: Floats, w: Floats, place: Places, week: Places, free: Flags) -> Floats:
    """Place and week effects from the free cells, laid over all cells; NaN where a place or week has no free cell."""
    names, s = np.unique(place, return_inverse=True)
    times, t = np.unique(week, return_inverse=True)
    s, t = s.reshape(-1), t.reshape(-1)
    cell = np.zeros((len(names), len(times)))
    np.add.at(cell, (s[free], t[free]), w[free])
    n, m = cell.sum(1), cell.sum(0)
    of_s = np.bincount(s[free], weights=(w * y)[free], minlength=len(names))
    of_t = np.bincount(t[free], weights=(w * y)[free], minlength=len(times))
    share = np.divide(cell, n[:, None], out=np.zeros_like(cell), where=n[:, None] > 0)
    system = np.diag(m) - cell.T @ share
    g = np.linalg.pinv(system, rcond=1e-10, hermitian=True) @ (of_t - share.T @ of_s)
    a = np.divide(of_s - cell @ g, n, out=np.full(len(n), np.nan), where=n > 0)
    return np.asarray(np.where(m[t] > 0, a[s] + g[t], np.nan))


def _imputed(course: Course, rows: _Rows) -> tuple[Effect | None, list[Moment]]:
    """What treated cells have above the expected, on average and by weeks since the start; errors by leaving out places."""
    free = ~rows.treated
    slope, without = _slopes(rows, free)
    whole = _expected(course, rows, slope)
    since = rows.where[1] - course.start[rows.place]
    spans = np.where(rows.treated, since // SPAN, -1)
    above = np.where(rows.treated, rows.y - whole, np.nan)
    names = [k for k in range(int(spans.max()) + 1) if np.isfinite(above[spans == k]).any()]
    if not names:
        return None, []
    points = _averages(above, spans, names, rows.weights)
    others = []
    for place in np.unique(rows.place):
        expected = whole.copy()
        if rows.controls.shape[1]:
            expected = _expected(course, rows, without.get(int(place), slope))
        again = _expected(course, rows, without.get(int(place), slope), int(place))
        touched = np.isin(rows.place, np.flatnonzero(course.region == course.region[place]))
        expected = np.where(touched, again, expected)
        rest = np.where(rows.treated & (rows.place != place), rows.y - expected, np.nan)
        others.append(_averages(rest, spans, names, rows.weights))
    apart = np.array(others) - points
    count = len(others)
    se = np.sqrt((count - 1) / count * np.nansum(apart**2, axis=0))
    moments = []
    for k, b, error in zip(names, points[1:], se[1:], strict=True):
        one = _effect(float(b), float(error), count - 1)
        moments.append(Moment(k * SPAN, one.estimate, one.low, one.high))
    return _effect(float(points[0]), float(se[0]), count - 1), moments


def _averages(above: Floats, spans: Places, names: list[int], w: Floats) -> Floats:
    """Weighted means of all, then of each span."""
    fine = np.isfinite(above)

    def mean(part: Flags) -> float:
        return float(np.average(above[part], weights=w[part])) if part.any() else np.nan

    return np.array([mean(fine), *(mean(fine & (spans == k)) for k in names)])


def _slopes(rows: _Rows, free: Flags) -> tuple[Floats, dict[int, Floats]]:
    """How the controls move the outcome where nothing has changed yet; also without each place."""
    if not rows.controls.shape[1]:
        return np.empty(0), {}
    panel = Panel(rows.place, rows.period, keep=free)
    fit = least_squares(panel, rows.controls, rows.y, np.where(free, rows.weights, 0.0), Errors.CV3)[0]
    assert fit.without is not None
    used = free & (np.abs(fit.residuals) > 0)
    number = {int(p): int(g) for p, g in zip(rows.place[used], fit.cluster[used], strict=True)}
    return fit.coef, {place: fit.without[g] for place, g in number.items()}


def _before(course: Course, rows: _Rows) -> tuple[list[Moment], float | None]:
    """Spans before the start, among cells not yet treated, against what lies further back; their joint test."""
    free = ~rows.treated & (course.start[rows.place] != NEVER)
    ahead = course.start[rows.place] - rows.where[1]
    spans = np.where(free, (ahead - 1) // SPAN, LEADS)
    leads = np.column_stack([(spans == k).astype(np.float64) for k in range(LEADS)])
    use = ~rows.treated
    try:
        panel = Panel(rows.place, rows.period, keep=use)
        fit = least_squares(
            panel, np.column_stack([leads, rows.controls]), rows.y, np.where(use, rows.weights, 0.0), Errors.CV3
        )[0]  # fmt: skip
    except CannotEstimate:
        return [], None
    kept = np.flatnonzero(fit.kept[:LEADS])
    if not len(kept):
        return [], None
    moments = []
    for k in kept[::-1]:
        one = _effect(float(fit.coef[k]), float(fit.se[k]), fit.dof)
        moments.append(Moment(-int(k + 1) * SPAN, one.estimate, one.low, one.high))
    v = fit.covariance[np.ix_(kept, kept)]
    b = fit.coef[kept]
    f = float(b @ np.linalg.pinv(v, hermitian=True) @ b) / len(kept)
    # The jackknife's covariance of several estimates is itself uncertain: Hotelling's correction of the degrees.
    dof = fit.dof - len(kept) + 1
    return moments, f_tail(f * dof / fit.dof, len(kept), dof) if dof > 0 else None
