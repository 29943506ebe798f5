"""Shares of what the items explain: they add up, follow the planted effects, and stand on what the study removes nothing from."""

import json
from dataclasses import replace

import numpy as np
import pytest

from audit_app.effectiveness.rules.importance import importance, lmg
from audit_app.effectiveness.rules.plan import COMPLAINTS, CONVERSION, Plan
from audit_app.effectiveness.rules.shares import residualised, shares
from audit_app.effectiveness.rules.study import evidence
from tests.factories.worlds import make_world

PLAN = Plan(outcomes=(CONVERSION, COMPLAINTS))


@pytest.fixture(scope="module")
def worked_out():
    return evidence(make_world(locations=40, weeks=40, visits=20, effects=(0.5, 0.0, -0.3)), PLAN)


def test_shares_add_up_and_follow_what_was_planted(worked_out):
    found = shares(worked_out)
    one = found["conversion"]
    parts = {item: row[0] for item, row in one["items"].items()}

    assert set(found) == {"conversion", "complaints"}
    assert one["method"] == "lmg"
    assert sum(parts.values()) == pytest.approx(1)
    assert parts["item_1"] > parts["item_3"] > parts["item_2"]
    assert all(low <= share <= high for share, low, high in one["items"].values())
    assert 0 < one["r2"] < 1
    assert found["complaints"]["r2"] < one["r2"]
    assert json.loads(json.dumps(found, allow_nan=False)) == shares(worked_out)


def test_they_stand_on_paths_and_outcomes_without_places_weeks_and_controls(worked_out):
    """The same R² as ordinary least squares with a dummy for every place and region-week has beyond these."""
    answer = worked_out.family[0]
    rows, weights = answer.rows, answer.effects.weights
    assert weights is not None
    dummies = [np.eye(int(code.max()) + 1)[code] for code in (rows.location, np.unique(rows.period, return_inverse=True)[1])]  # fmt: skip
    root = np.sqrt(weights)[:, None]
    many = len(answer.items)
    nuisance = np.hstack([*dummies, answer.effects.columns[:, many:]]) * root
    values = np.column_stack([answer.effects.columns[:, :many], rows.y]) * root
    left = values - nuisance @ np.linalg.lstsq(nuisance, values, rcond=None)[0]
    x, y = left[:, :-1], left[:, -1]
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]

    assert shares(worked_out)["conversion"]["r2"] == pytest.approx(1 - rest @ rest / (y @ y), rel=1e-6)
    np.testing.assert_allclose(residualised(answer)[0], left, atol=1e-6 * np.abs(left).max())


def test_many_items_are_told_by_johnson(worked_out, monkeypatch):
    monkeypatch.setattr("audit_app.effectiveness.rules.shares.ALL_ORDERS", 2)
    wide = shares(replace(worked_out, answers=worked_out.answers[:1]))["conversion"]

    assert wide["method"] == "johnson"
    assert wide["r2"] == pytest.approx(shares(worked_out)["conversion"]["r2"], rel=1e-6)


def test_a_twin_adds_nothing_and_shares_with_its_like():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 200))
    y = a + 0.5 * b + rng.standard_normal(200)
    alone = importance(y, np.column_stack([a, b]))
    r = np.corrcoef(np.column_stack([a, a, b, y]).T)

    told, exact = lmg(r[:-1, :-1], r[:-1, -1])

    assert exact
    assert told.sum() == pytest.approx(alone.r2)
    assert told[0] == pytest.approx(told[1])
