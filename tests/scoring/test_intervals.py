"""Intervals against known answers."""

from decimal import Decimal

import pytest

from audit_app.scoring.rules.intervals import mean_of_sums, t_95, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (4, 4, 0.510, 1.0),
        (1, 1, 0.207, 1.0),
        (0, 10, 0.0, 0.278),
        (5, 10, 0.237, 0.763),
        (81, 263, 0.255, 0.366),
    ],
)
def test_wilson_gives_the_published_intervals(k, n, low, high):
    found = wilson(k, n)

    assert (round(found.low, 3), round(found.high, 3)) == (
        pytest.approx(low, abs=0.001),
        pytest.approx(high, abs=0.001),
    )


def test_mean_and_interval_of_five_scores():
    values = [700, 750, 800, 850, 900]

    found = mean_of_sums(5, sum(values), sum(v * v for v in values))

    assert found.value == 800
    assert found.high - found.value == pytest.approx(2.776 * 79.0569 / 5**0.5, rel=1e-3)


def test_two_visits_have_a_mean_and_no_interval_and_none_have_nothing():
    assert mean_of_sums(2, 1500, 1_130_000).low is None
    assert mean_of_sums(0, 0, 0).value is None
    assert wilson(0, 0).value is None


def test_equal_scores_are_not_certainty():
    found = mean_of_sums(4, 4000, 4_000_000)

    assert found.low < 1000
    assert found.high == 1000


@pytest.mark.parametrize(
    ("degrees", "value"), [(1, 12.706), (30, 2.042), (35, 2.042), (40, 2.021), (100, 2.0), (10**6, 1.98)]
)
def test_t_errs_on_the_wide_side_between_the_lines_of_the_table(degrees, value):
    assert t_95(degrees) == value


def test_no_ranking_when_intervals_overlap():
    assert wilson(3, 4).overlaps(wilson(4, 4))
    assert not wilson(1, 100).overlaps(wilson(90, 100))


def test_sums_that_come_as_decimals_from_postgresql_give_the_same_interval():
    assert mean_of_sums(Decimal(4), Decimal(3000), Decimal(2_300_000)) == mean_of_sums(4, 3000, 2_300_000)
