"""The steps of the study one by one, against answers that can be worked out by hand or by brute force."""

import numpy as np
import pytest
from scipy import stats

from audit_app.effectiveness import figures
from audit_app.effectiveness.rules import paths as kriging
from audit_app.effectiveness.rules import verdicts as judging
from audit_app.effectiveness.rules.climate import without_climate
from audit_app.effectiveness.rules.decisions import decide
from audit_app.effectiveness.rules.distributions import f_tail, normal_quantile, t_quantile, t_tail
from audit_app.effectiveness.rules.findings import Decision, Estimate, Reason, Verdict
from audit_app.effectiveness.rules.matrix import Matrix, residuals, variation
from audit_app.effectiveness.rules.paths import compliance_paths
from audit_app.effectiveness.rules.severity import severity
from audit_app.effectiveness.rules.shrinkage import shrink
from audit_app.effectiveness.rules.signal import Signal, half_life, one_factor, signal
from audit_app.effectiveness.rules.verdicts import screened, simes, verdict, visits_needed
from audit_app.effectiveness.rules.weeks import companies, precision
from tests.factories.worlds import make_world, with_answers

INT = np.int32


def test_paths_are_the_best_linear_prediction_also_where_answers_are_missing(monkeypatch):
    """Brute force: generalised least squares for the levels, conditional expectation for the path, answered cells only."""
    monkeypatch.setattr(kriging, "ROUNDS", 200)
    rng = np.random.default_rng(1)
    loading, own = np.array([0.1, 0.15, 0.05]), np.array([0.02, 0.03, 0.01])
    noise_loading, noise_own = np.array([0.1, 0.2, 0.15]), np.array([0.15, 0.1, 0.2])
    found = Signal(
        6.0, np.eye(3), np.ones(3), loading, own, noise_loading, noise_own, np.ones(3), np.ones(3, bool)
    )
    week = np.array([0, 2, 3, 7, 8, 11], INT)
    z = rng.normal(0, 0.4, (6, 3))
    known = np.ones((6, 3), bool)
    known[[0, 1, 4, 4], [1, 1, 0, 2]] = False
    z[~known] = 0.0

    found_paths = compliance_paths(Matrix(z, known), np.zeros(6, INT), week, 1, 12, found)[0]

    fade = 0.5 ** (1 / 6.0)
    cells = np.argwhere(known)
    v, j = cells[:, 0], cells[:, 1]
    close = fade ** np.abs(week[v][:, None] - week[v][None, :]).astype(float)
    covariance = found.covariance[np.ix_(j, j)] * close + found.noise[np.ix_(j, j)] * (
        v[:, None] == v[None, :]
    )
    level = np.eye(3)[j]
    y = z[v, j]
    inverse = np.linalg.inv(covariance)
    mean = np.linalg.solve(level.T @ inverse @ level, level.T @ inverse @ y)
    rest = inverse @ (y - level @ mean)
    for t in range(12):
        cross = found.covariance[:, j] * fade ** np.abs(t - week[v]).astype(float)[None, :]
        assert found_paths[t] == pytest.approx(cross @ rest, abs=1e-9)


def test_few_rounds_are_near_enough(monkeypatch):
    rng = np.random.default_rng(2)
    found = Signal(10.0, np.eye(2), np.ones(2), np.array([0.1, 0.1]), np.array([0.02, 0.02]), np.array([0.1, 0.1]), np.array([0.15, 0.15]), np.ones(2), np.ones(2, bool))  # fmt: skip
    week = np.arange(0, 48, 2, dtype=INT)
    known = np.ones((24, 2), bool)
    known[:8, 0] = False
    matrix = Matrix(np.where(known, rng.normal(0, 0.4, (24, 2)), 0), known)

    usual = compliance_paths(matrix, np.zeros(24, INT), week, 1, 48, found)
    monkeypatch.setattr(kriging, "ROUNDS", 300)
    exact = compliance_paths(matrix, np.zeros(24, INT), week, 1, 48, found)

    assert np.abs(usual - exact).max() < 0.02 * np.abs(exact).max()


def test_one_visit_tells_nothing_about_change():
    found = Signal(
        10.0,
        np.eye(1),
        np.ones(1),
        np.zeros(1),
        np.ones(1),
        np.zeros(1),
        np.ones(1),
        np.ones(1),
        np.ones(1, bool),
    )
    matrix = Matrix(np.ones((1, 1)), np.ones((1, 1), bool))

    assert (compliance_paths(matrix, np.zeros(1, INT), np.zeros(1, INT), 1, 5, found) == 0).all()


def test_signal_and_noise_of_a_known_process_are_recovered():
    """Two common factors, own parts and a half-life that were put in: 400 locations, 30 visits each."""
    rng = np.random.default_rng(3)
    locations, visits, items, life = 400, 30, 4, 10.0
    week = np.tile(np.arange(visits) * 3, locations).astype(INT)
    location = np.repeat(np.arange(locations), visits).astype(INT)
    fade = 0.5 ** (3 / life)

    def moving(shape):
        out = rng.standard_normal(shape)
        for at in range(1, visits):
            out[:, at] = fade * out[:, at - 1] + np.sqrt(1 - fade**2) * out[:, at]
        return out

    loading = np.array([0.10, 0.12, 0.08, 0.10])
    true = moving((locations, visits, 1)) * loading + 0.12 * moving((locations, visits, items))
    noise = 0.15 * rng.standard_normal((locations, visits, 1)) + 0.3 * rng.standard_normal(
        (locations, visits, items)
    )
    z = (true + noise + 0.2 * rng.standard_normal((locations, 1, items))).reshape(-1, items)
    matrix = Matrix(z, np.ones(z.shape, bool))

    assert half_life(matrix, location, week) == pytest.approx(life, rel=0.25)
    found = signal(matrix, location, week, life)
    assert found.loading == pytest.approx(loading, abs=0.03)
    assert found.own == pytest.approx(np.full(items, 0.0144), rel=0.25)
    assert np.diag(found.noise) == pytest.approx(np.full(items, 0.1125), rel=0.05)
    assert found.believed.all()


def test_pure_chance_has_no_signal_and_mostly_is_not_believed():
    rng = np.random.default_rng(4)
    z = rng.normal(0, 0.4, (200 * 20, 6))
    found = signal(
        Matrix(z, np.ones(z.shape, bool)), np.repeat(np.arange(200), 20).astype(INT), np.tile(np.arange(20) * 2, 200).astype(INT), 13.0
    )  # fmt: skip

    assert np.abs(np.diag(found.raw)).max() < 0.02


def test_one_factor_of_an_exact_matrix():
    loading = np.array([0.2, 0.3, 0.1, 0.25])

    found = one_factor(np.outer(loading, loading) + np.diag([1, 2, 3, 4]), np.zeros((4, 4)))

    assert found == pytest.approx(loading, abs=1e-6)
    assert (one_factor(-np.ones((4, 4)), np.zeros((4, 4))) == 0).all()
    assert (one_factor(np.ones((1, 1)), np.zeros((1, 1))) == 0).all()


def test_what_all_locations_of_a_region_do_together_is_taken_out():
    """A campaign in one region leaves nothing in the residuals but the own half that counts less."""
    week = np.tile(np.arange(0, 40, 2), 60).astype(INT)
    location = np.repeat(np.arange(60), 20).astype(INT)
    company = (np.arange(60) % 2).astype(INT)
    campaign = ((company[location] == 0) & (week >= 20)).astype(float)
    answers = (0.2 + 0.5 * campaign)[:, None].astype(np.float32)

    z = residuals(answers, week, location, company).z

    # Of .5 next to nothing is left, but for the period in which it begins; regions count n / (n + 8).
    assert np.mean(np.abs(z) < 0.04) > 0.85


def test_shoppers_severity_is_recovered_and_known_ones_only():
    rng = np.random.default_rng(5)
    location = np.repeat(np.arange(80), 25).astype(INT)
    shopper = rng.integers(0, 15, len(location)).astype(INT)
    strict = rng.normal(0, 0.1, 15)
    z = (
        strict[shopper][:, None]
        + rng.normal(0, 0.4, (len(location), 20))
        + rng.normal(0, 0.2, 80)[location][:, None]
    )
    matrix = Matrix(z, np.ones(z.shape, bool))

    found = severity(matrix, location, shopper)

    assert np.corrcoef(found.effect[:15], strict)[0, 1] > 0.95
    assert found.sd == pytest.approx(strict.std(), rel=0.25)
    own = severity(matrix, location, location)  # every location has its own shopper
    assert (own.effect == 0).all()


def test_a_hidden_cause_is_found_along_its_direction_and_taken_out():
    rng = np.random.default_rng(6)
    loading, own = rng.uniform(0.05, 0.2, 40), rng.uniform(0.01, 0.03, 40)
    direction = (loading / own) / (1 + (loading**2 / own).sum())
    se = np.full(40, 0.01)
    true = np.where(np.arange(40) < 6, 0.08, 0.0)

    clean = without_climate(true + rng.normal(0, 0.01, 40), se, loading, own)
    moved = without_climate(true + 0.5 * direction + rng.normal(0, 0.01, 40), se, loading, own)

    assert abs(clean.z) < 2
    assert moved.z > 5
    assert moved.gamma == pytest.approx(0.5, abs=0.15)
    assert np.abs(moved.estimate - true).mean() < 0.015
    assert (moved.se >= se).all()
    assert without_climate(true[:5], se[:5], loading[:5], own[:5]).z is None


def test_shrinkage_keeps_what_is_clear_and_takes_back_what_is_not():
    estimate = np.r_[0.5, np.random.default_rng(7).normal(0, 0.02, 30)]

    found = shrink(estimate, np.full(31, 0.02))

    assert found.mean[0] == pytest.approx(0.5, rel=0.05)
    assert np.abs(found.mean[1:]).max() < 0.5 * np.abs(estimate[1:]).max()
    assert found.false_sign[0] < 1e-6
    assert found.nothing > 0.7


def test_weights_follow_the_counts_behind_a_rate():
    rng = np.random.default_rng(8)
    count = rng.integers(20, 2000, 40_000).astype(float)
    rest = rng.normal(0, np.sqrt(0.0025 + 1 / count))

    weight = precision(rest, count)

    assert weight / weight.max() == pytest.approx((0.0025 + 1 / count.max()) / (0.0025 + 1 / count), rel=0.1)


def test_no_variation_is_below_one_in_a_hundred_or_below_five():
    world = make_world(locations=20, visits=50, unknown=0.0)  # 1,000 visits

    def constant(differ, answered=1000):
        answers = np.ones(1000)
        answers[:differ] = 0
        answers[answered:] = np.nan
        return bool(variation(with_answers(world, 0, answers)).constant[0])

    assert [constant(n) for n in (0, 9, 10, 11)] == [True, True, False, False]
    assert [constant(n, 100) for n in (4, 5)] == [True, False]


@pytest.mark.parametrize(
    ("regions", "together"),
    [
        (("a", "a", "a", "b", "b", "b"), [0, 0, 0, 1, 1, 1]),
        (("a", "a", "a", "b", "c", "d"), [0, 0, 0, 1, 1, 1]),  # three lone ones share their weeks
        (("a", "a", "a", "b"), [0, 0, 0, 0]),  # one alone joins the smallest that can
        (("", "", "", ""), [0, 0, 0, 0]),
    ],
)
def test_regions_too_small_for_weeks_of_their_own(regions, together):
    assert companies(regions).tolist() == together


@pytest.mark.parametrize(
    ("b", "q", "low", "high", "good", "expected"),
    [
        (0.05, 0.01, 0.02, 0.08, 1, Verdict.PAYS),
        (0.05, 0.01, 0.02, 0.08, -1, Verdict.HARMFUL),
        (-0.05, 0.05, -0.08, -0.02, 1, Verdict.HARMFUL),
        (0.01, 0.01, 0.005, 0.015, 1, Verdict.PAYS),  # small, and found: the false discovery rate comes first
        (0.01, 0.30, -0.01, 0.029, 1, Verdict.NO_EVIDENCE),
        (0.01, 0.30, -0.01, 0.030, 1, Verdict.NOT_ENOUGH),  # on the edge is not inside
        (0.0, 0.90, -0.05, 0.05, 1, Verdict.NOT_ENOUGH),
    ],
)
def test_the_verdict_is_decided_by_q_and_the_ninety_percent_interval(b, q, low, high, good, expected):
    assert verdict(b, q, low, high, good=good, smallest=0.03, fdr=0.05) is expected


def test_intervals_carry_the_calibration_error_and_p_does_not():
    found = judging.tests(np.array([0.1]), np.array([0.02]), np.array([0.5]), 100, level=0.95, strict=False)
    wide = np.sqrt(0.02**2 + (0.7 * 0.1 * 0.5) ** 2)

    assert found.high - found.low == pytest.approx(2 * 1.98397 * wide, rel=1e-4)
    assert found.inner_high - found.inner_low == pytest.approx(2 * 1.66023 * wide, rel=1e-4)
    assert found.p == pytest.approx(2.5e-6, rel=0.05)
    assert found.mde == pytest.approx((1.98397 + 0.84523) * 0.02, rel=1e-4)


def test_visits_needed():
    assert visits_needed(1000, 0.0, 0.02, 0.056, smallest=0.03) == 2485  # 1000 (.056 / .03)^2 in all
    assert (
        visits_needed(1000, 0.02, 0.0105, 0.0294, smallest=0.03) == 59
    )  # 1.96 errors from nought come first
    assert visits_needed(1000, 0.0, 1.0, 2.8, smallest=0.03) is None


def test_the_screen_over_outcomes():
    p = np.array([[0.001, 0.9, np.nan], [0.04, 0.03, 0.9], [0.5, 0.6, 0.7], [np.nan, np.nan, np.nan]])

    assert simes(p)[:3] == pytest.approx([0.002, 0.06, 0.7])
    assert np.isnan(simes(p)[3])
    assert screened(p, 0.05).tolist() == [True, False, False, False]


def told(*verdicts):
    return [
        Estimate("i", f"o{n}", *([None] * 8), 700 if v is Verdict.NOT_ENOUGH else None, v, Reason(""))
        for n, v in enumerate(verdicts)
    ]


PAYS, HARMS, NOTHING, UNSURE, SAME = Verdict.PAYS, Verdict.HARMFUL, Verdict.NO_EVIDENCE, Verdict.NOT_ENOUGH, Verdict.NO_VARIATION  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "more", "expected"),
    [
        ((PAYS, UNSURE, NOTHING), {}, Decision.KEEP),
        ((PAYS, HARMS), {}, Decision.REWORK),
        ((HARMS, NOTHING), {}, Decision.REWORK),
        ((PAYS, PAYS), {"disagreement": True}, Decision.REWORK),
        ((NOTHING, NOTHING, NOTHING), {}, Decision.DROP),
        ((NOTHING, NOTHING, UNSURE), {}, Decision.WAIT),
        ((UNSURE,), {}, Decision.WAIT),
        ((SAME, SAME), {}, Decision.HYGIENE),
        ((HARMS, PAYS), {"kept": True}, Decision.HYGIENE),
        ((NOTHING,), {"kept": True}, Decision.HYGIENE),
        ((), {}, Decision.WAIT),
    ],
)
def test_the_decision_follows_from_the_verdicts(verdicts, more, expected):
    decision, reason = decide(told(*verdicts), 1000, **{"kept": False, "disagreement": False, **more})

    assert decision is expected
    assert reason.text


def test_both_drawings_of_the_naive_reading_are_in_percent_from_the_usual():
    found = {"between": [[0.2, 0.20, 3], [0.8, 0.25, 3]], "within": [[-0.1, -0.01, 40], [0.1, 0.01, 40]]}

    between, within = figures.sides_of({"sides": {"conversion": {"tidy": found}}}, "tidy", "conversion")

    assert [round(point.y, 2) for point in between] == [-11.16, 11.16]
    assert [round(point.y, 2) for point in within] == [-1.0, 1.0]


def test_tails_and_quantiles_are_those_of_scipy_stats() -> None:
    t = np.array([-40.0, -2.5, -0.1, 0.0, 0.3, 1.96, 7.0, 200.0, np.nan])
    for dof in (1, 2, 24, 39, 1999, 2.5):
        np.testing.assert_array_equal(t_tail(t, dof), stats.t.sf(t, dof))
        for share in (0.025, 0.5, 0.8, 0.95, 0.975):
            assert t_quantile(share, dof) == stats.t.ppf(share, dof)
            assert f_tail(1.7, 3, dof) == stats.f.sf(1.7, 3, dof)
            assert normal_quantile(share) == stats.norm.ppf(share)
