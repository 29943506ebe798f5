"""The design and the analysis of pilots: chance is even-handed, known effects come back, nothing is read into nothing."""

import numpy as np
import pytest

from audit_app.effectiveness.rules import roll_out
from audit_app.effectiveness.rules.experiment import NEVER, Course, measure, measure_counts, verdict
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.effectiveness.rules.roll_out import Candidate, Noise

PLACES = [Candidate(f"p{k:02d}", "north" if k % 3 else "south", 100.0 + 7 * k) for k in range(48)]


def test_the_draw_is_even_within_region_and_size_and_repeats_with_its_seed():
    step = roll_out.draw(PLACES, 4, seed=5)
    found = roll_out.balance(PLACES, step)

    assert np.bincount(step).tolist() == [12, 12, 12, 12]
    for region, size in (("north", 32), ("south", 16)):
        each = [dict(one.regions)[region] for one in found.steps]
        assert max(each) - min(each) <= 2
        assert sum(each) == size
    assert found.largest < 0.5
    assert (step == roll_out.draw(PLACES, 4, seed=5)).all()
    assert (step != roll_out.draw(PLACES, 4, seed=6)).any()


@pytest.mark.parametrize(("places", "steps"), [(PLACES[:3], 2), (PLACES[:4], 5), (PLACES, 1)])
def test_a_pilot_too_small_is_refused(places, steps):
    with pytest.raises(CannotEstimate):
        roll_out.draw(places, steps, 1)


def test_hussey_and_hughes_variance_equals_generalised_least_squares():
    """Equation 8 of Hussey and Hughes (2007) against the inverse of X'V^-1X written out."""
    x = roll_out.exposure(np.array([0, 0, 1, 2, 2, 3], dtype=np.int32), 1, 1, 5)
    noise = Noise(week=0.04, place=0.09)
    places, weeks = x.shape
    v = np.kron(np.eye(places), np.eye(weeks) * noise.week + noise.place)
    z = np.column_stack([x.ravel(), np.tile(np.eye(weeks), (places, 1))])

    assert roll_out.variance(x, noise) == pytest.approx(np.linalg.inv(z.T @ np.linalg.inv(v) @ z)[0, 0])


def world(effect, seed=5, places=36, weeks=40, grows=False):
    """Rates with places, seasons by region and noise; starts at weeks 12, 18, 24, 30."""
    rng = np.random.default_rng(seed)
    region = np.arange(places, dtype=np.int32) % 3
    start = (12 + 6 * rng.permutation(np.arange(places) % 4)).astype(np.int32)
    t = np.arange(weeks)
    y = rng.standard_normal((places, 1)) * 0.2 + rng.standard_normal((3, weeks))[region] * 0.1
    since = t[None, :] - start[:, None]
    y = y + np.where(since >= 0, effect * (np.maximum(since, 0) / 10 if grows else 1), 0)
    y = y + rng.standard_normal((places, weeks)) * 0.03
    return Course(y, np.full(y.shape, 500.0), region, start)


def test_a_known_effect_comes_back_from_both_estimates():
    course = world(0.05)
    found = measure(course, lambda rng: course.start[rng.permutation(36)], draws=99)

    assert found.effect.low < 0.05 < found.effect.high
    assert found.effect.se < 0.006
    assert found.imputed.low < 0.05 < found.imputed.high
    assert found.p_random == 0.01
    assert found.p_before > 0.05
    after = [one for one in found.moments if one.weeks >= 0]
    assert [one.weeks for one in found.moments][:4] == [-16, -12, -8, -4]
    assert all(one.low < 0.055 and one.high > 0.045 for one in after)


def test_effects_that_grow_are_averaged_rightly_only_by_imputation():
    course = world(0.05, grows=True)
    since = np.arange(40)[None, :] - course.start[:, None]
    told = (since >= 0) & (np.arange(40)[None, :] < 30)  # weeks in which somebody still waits
    truth = 0.05 * (since[told] / 10).mean()

    found = measure(course)

    assert found.imputed.estimate == pytest.approx(truth, abs=0.008)
    assert found.effect.estimate < 0.7 * truth


def test_two_groups_and_one_date_give_the_difference_in_differences():
    rng = np.random.default_rng(4)
    y = rng.standard_normal((10, 12))
    start = np.array([6] * 5 + [NEVER] * 5, dtype=np.int32)
    course = Course(y, np.full(y.shape, 1e12), np.zeros(10, np.int32), start)

    found = measure(course)
    change = y[:, 6:].mean(1) - y[:, :6].mean(1)

    assert found.effect.estimate == pytest.approx(change[:5].mean() - change[5:].mean(), abs=1e-6)
    assert found.imputed.estimate == pytest.approx(found.effect.estimate, abs=1e-6)
    assert found.p_random is None


def test_places_on_different_ways_before_the_start_are_noticed():
    course = world(0.0)
    since = np.arange(40)[None, :] - course.start[:, None]
    rising = Course(course.y + np.clip(since + 16, 0, 16) * 0.01, course.count, course.region, course.start)

    assert measure(rising).p_before < 0.01


def test_without_anybody_left_to_compare_with_nothing_is_said():
    course = world(0.05)
    for start in (np.full(36, 10, np.int32), np.full(36, NEVER, np.int32), np.full(36, 60, np.int32)):
        with pytest.raises(CannotEstimate):
            measure(Course(course.y, course.count, course.region, start))


def test_rare_counts():
    rng = np.random.default_rng(2)
    base = world(0.0)
    exposure = np.full(base.y.shape, 400.0)
    treated = np.arange(40)[None, :] >= base.start[:, None]
    counts = rng.poisson(exposure * 0.01 * np.exp(base.y - 0.5 * treated)).astype(float)

    found = measure_counts(Course(counts, exposure, base.region, base.start))

    assert found.effect.low < -0.5 < found.effect.high
    assert found.effect.p < 0.001


def test_verdicts():
    strong, nothing = measure(world(0.05)), measure(world(0.0))

    assert verdict(strong, 1, 0.03, q=0.001) is Verdict.PAYS
    assert verdict(strong, -1, 0.03, q=0.001) is Verdict.HARMFUL
    assert verdict(nothing, 1, 0.03, q=0.6) is Verdict.NO_EVIDENCE
    assert verdict(nothing, 1, 0.003, q=0.6) is Verdict.NOT_ENOUGH
