"""The general statistics against numbers that were published; each test names where."""

import json
from math import nan

import numpy as np
import pytest
from click.testing import CliRunner

from audit_app.cli import main
from audit_app.effectiveness.rules import agreement, exams, surveys
from audit_app.effectiveness.rules.agreement import Metric
from audit_app.effectiveness.rules.importance import importance, lmg, relative_weights
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg, benjamini_yekutieli
from audit_app.effectiveness.rules.sensitivity import e_value, robustness_values


def test_benjamini_and_hochberg_1995():
    """Their example of 15 p-values: four hypotheses rejected at 5 % (table 1)."""
    p = np.array([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0])  # fmt: skip

    q = benjamini_hochberg(p[::-1])[::-1]

    assert (q <= 0.05).sum() == 4
    assert q[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert q[5] == pytest.approx(0.0298 * 15 / 7)  # stepped down from the seventh
    assert benjamini_yekutieli(p)[0] == pytest.approx(0.0015 * (1 / np.arange(1, 16)).sum())


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_newcombe_1998_table_1_wilson(x, n, low, high):
    assert surveys.wilson(x, n) == pytest.approx((low, high), abs=5e-5)


def test_nps_and_its_bounds():
    """Variance p + d - (p - d)^2 with 3/4 added at both ends and n + 3 (Rocks 2016)."""
    found = surveys.nps(60, 25, 15, invited=1000)

    p, d = 60.75 / 103, 15.75 / 103
    half = 1.959963984540054 * ((p + d - (p - d) ** 2) / 103) ** 0.5
    assert found.nps == pytest.approx(45)
    assert (found.low, found.high) == pytest.approx((100 * (p - d - half), 100 * (p - d + half)))
    assert found.bounds == pytest.approx((4.5 - 90, 4.5 + 90))
    assert len(found.warnings) == 1
    assert surveys.nps(10, 0, 0, 10).high == 100
    assert surveys.nps(0, 0, 0, 10).nps is None


def test_sample_sizes_of_the_textbook():
    """Krejcie and Morgan (1970) table 1, and the well-known 385."""
    assert surveys.sample_size(0.5, 0.05) == 385
    assert [surveys.sample_size(0.5, 0.05, population=n) for n in (100, 1000, 10_000)] == [80, 278, 370]
    assert surveys.design_effect(20, 0.1) == pytest.approx(2.9)


def test_krippendorff_2011_worked_example():
    """Computing Krippendorff's alpha-reliability, example C/D: 4 observers, 12 units, missing ratings."""
    ratings = np.array([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ])  # fmt: skip
    published = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}

    for metric, expected in published.items():
        found = agreement.alpha(ratings, Metric(metric), draws=200)
        assert found.alpha == pytest.approx(expected, abs=5e-4)
        assert found.low < found.alpha <= found.high <= 1
    assert agreement.alpha(np.ones((2, 5)), Metric.NOMINAL).alpha is None
    again = [agreement.alpha(ratings, Metric.NOMINAL, draws=50, seed=3) for _ in range(2)]
    assert again[0] == again[1]


def test_kappa_and_intraclass_correlation():
    """Cohen's kappa: 20 of 45 example of Fleiss (yes/no 20, 5, 10, 15: .4). ICC: Shrout and Fleiss (1979), .29."""
    first = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
    second = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    judges = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

    assert agreement.kappa(first, second) == pytest.approx(0.4)
    assert agreement.kappa(first, second, weights="quadratic") == pytest.approx(0.4)
    assert agreement.icc(judges) == pytest.approx(0.2898, abs=5e-5)


def test_lsat6():
    """Bock and Lieberman (1970): five questions, 1000 takers, by pattern."""
    patterns = {
        "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4, "01000": 1,
        "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15, "10000": 10, "10001": 29, "10010": 14, "10011": 81,
        "10100": 3, "10101": 28, "10110": 15, "10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173,
        "11100": 11, "11101": 61, "11110": 28, "11111": 298,
    }  # fmt: skip
    matrix = np.repeat([[int(c) for c in p] for p in patterns], list(patterns.values()), axis=0)

    found = exams.analyse(matrix)

    assert found.difficulty == pytest.approx((0.924, 0.709, 0.553, 0.763, 0.870))
    assert found.discrimination == pytest.approx((0.113, 0.153, 0.173, 0.144, 0.122), abs=5e-4)
    assert found.kr20 == pytest.approx(0.295, abs=5e-4)
    assert found.sem == pytest.approx(0.869, abs=5e-4)


def test_robustness_value_of_the_darfur_study():
    """Cinelli and Hazlett (2020), section 5: t = 4.18, 783 degrees of freedom, RV = 13.9 %."""
    assert robustness_values(np.array([4.18]), 783)[0] == pytest.approx(0.139, abs=5e-4)
    assert robustness_values(np.array([0.0]), 10)[0] == 0
    assert e_value(np.log(3.9)) == pytest.approx(7.26, abs=5e-3)  # VanderWeele and Ding (2017): breastfeeding


def test_relative_weights_and_lmg_split_the_explained_variance():
    """Two columns: LMG by hand (Grömping 2007, 2.2). Johnson (2000) equals LMG for two. Both add up to R² always."""
    r = np.array([[1.0, 0.5], [0.5, 1.0]])
    v = np.array([0.6, 0.4])
    r2 = v @ np.linalg.solve(r, v)

    shares, exact = lmg(r, v)

    assert exact
    assert shares == pytest.approx([(0.36 + r2 - 0.16) / 2, (0.16 + r2 - 0.36) / 2])
    assert relative_weights(r, v) == pytest.approx(shares)


def test_the_command_gives_parts_of_r2_and_the_same_as_shares_of_one():
    """y = a with a and b uncorrelated: R² is 1 and all of it a's; with noise the parts add up to R² and the shares to 1."""
    plain = json.loads(
        ask("relative-weights", {"y": [1, 2, 3, 4], "x": {"a": [1, 2, 3, 4], "b": [1, -1, -1, 1]}}).output
    )
    assert plain["johnson"] == pytest.approx({"a": 1, "b": 0}, abs=1e-9)

    rng = np.random.default_rng(6)
    x = rng.standard_normal((40, 3)) @ (np.eye(3) + 0.3)
    y = x @ [1, 0.5, 0] + rng.standard_normal(40)
    columns = dict(zip("abc", x.T.tolist(), strict=True))
    found = json.loads(ask("relative-weights", {"y": y.tolist(), "x": columns}).output)
    fitted = np.linalg.lstsq(np.column_stack([np.ones(40), x]), y, rcond=None)[0]
    r2 = 1 - ((y - np.column_stack([np.ones(40), x]) @ fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    for kind in ("johnson", "lmg"):
        assert sum(found[kind].values()) == pytest.approx(found["r2"]) == pytest.approx(r2)
        assert sum(found["shares"][kind].values()) == pytest.approx(1)
        assert found["shares"][kind]["a"] == pytest.approx(found[kind]["a"] / r2)


def test_sampled_orders_come_near_the_exact_shares():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((300, 6)) @ (np.eye(6) + 0.4)
    y = x @ [1, 0.5, 0, 0, 0.2, 0] + rng.standard_normal(300)

    exact = importance(y, x)
    wide = importance(y, np.column_stack([x, rng.standard_normal((300, 16))]))

    assert exact.exact
    assert exact.johnson.sum() == pytest.approx(exact.r2)
    assert exact.lmg.sum() == pytest.approx(exact.r2)
    assert not wide.exact
    assert wide.lmg.sum() == pytest.approx(wide.r2)
    assert wide.lmg[:6] == pytest.approx(exact.lmg, abs=0.02)


def ask(tool, given):
    """One call of the command."""
    return CliRunner().invoke(
        main, ["stats", tool], input=given if isinstance(given, str) else json.dumps(given)
    )


PANEL = {
    "y": [1.0, 2.0, 4.0, 2.0, 3.0, 7.0, 1.0, None, 2.5, 3.0],
    "x": {"a": [1, 2, 3, 1, 2, 5, 1, 1, 2, 2], "b": [2, 4, 6, 2, 4, 10, 2, 2, 4, 4]},
    "entity": ["k", "k", "k", "m", "m", "m", "n", "n", "n", "n"],
    "period": None,
    "cluster": None,
    "weights": None,
    "offset": None,
}


def test_command_fits_and_says_null_for_what_repeats():
    for model in ("ols", "poisson"):
        for se in ("cr1", "cv3"):
            given = PANEL | {"model": model, "se": se}
            answer = ask("fe", given)
            assert answer.exit_code == 0, answer.output
            found = json.loads(answer.output)
            assert found["coef"]["b"] is None
            assert found["se"]["b"] is None
            assert found["se"]["a"] > 0
            assert (found["dof"], found["n"]) == (2, 9)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        ("bh", {"p": [0.01, None, 0.04]}, {"q": [0.02, None, 0.04]}),
        ("wilson", {"x": 0, "n": 0, "level": 0.95}, {"low": None, "high": None}),
        ("sample-size", {"p": 0.5, "margin": 0.05, "level": 0.95, "population": None}, {"n": 385}),
        ("robustness", {"t": 0, "dof": 5}, {"rv": 0.0}),
        ("item-analysis", {"matrix": [[1, 1], [1, 0]]}, {"difficulty": [1.0, 0.5], "discrimination": [None, None], "kr20": 0.0, "sem": 0.5}),
        ("alpha", {"ratings": [["a", "b"], ["a", "b"]], "level": "nominal"}, {"alpha": 1.0, "low": 1.0, "high": 1.0, "units": 2}),
        ("nps", {"promoters": 0, "passives": 0, "detractors": 0, "invited": None, "level": 0.95},
         {"nps": None, "low": None, "high": None, "response_rate": None, "bounds": None, "warnings": ["Nobody has answered."]}),
    ],
)  # fmt: skip
def test_command_answers_in_json_without_numbers_that_are_none(tool, given, expected):
    answer = ask(tool, given)

    assert answer.exit_code == 0, answer.output
    assert (
        json.loads(answer.output) == pytest.approx(expected, abs=1e-12)
        if tool == "robustness"
        else json.loads(answer.output) == expected
    )


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("fe", "{"), ("fe", "[]"), ("fe", '{"y": [NaN]}'), ("fe", {}), ("fe", {"y": ["one"], "x": {}, "entity": []}),
        ("fe", {"y": [1, 2], "x": {"a": [1]}, "entity": [1, 2]}), ("fe", PANEL | {"entity": list(range(10))}),
        ("fe", PANEL | {"entity": [1] * 10}), ("fe", PANEL | {"weights": [-1] * 10}), ("fe", PANEL | {"model": "logit"}),
        ("fe", PANEL | {"model": "poisson", "y": [0] * 10}), ("fe", PANEL | {"y": [None] * 10}), ("fe", PANEL | {"cluster": [[1]] * 10}),
        ("relative-weights", {"y": [1, 1, 1], "x": {"a": [1, 2, 3]}}), ("relative-weights", {"y": [1, 2], "x": {"a": [1, 2]}}),
        ("bh", {"p": [1.5]}), ("bh", {"p": "x"}), ("wilson", {"x": 5, "n": 3, "level": 0.95}), ("wilson", {"x": 1.5, "n": 3, "level": 0.95}),
        ("wilson", {"x": 1, "n": 3, "level": 95}), ("nps", {"promoters": 5, "passives": 1, "detractors": 1, "invited": 3}),
        ("alpha", {"ratings": [[1, 2]], "level": "ordinal"}), ("alpha", {"ratings": [[1], [1, 2]], "level": "ordinal"}), ("alpha", {"ratings": [1], "level": "nominal"}),
        ("alpha", {"ratings": [[1, 2], [1, 2]], "level": "other"}), ("item-analysis", {"matrix": [[1, 2], [0, 1]]}), ("item-analysis", {"matrix": [[1]]}),
        ("robustness", {"t": 1, "dof": 0}), ("sample-size", {"p": 2, "margin": 0.05}), ("sample-size", {"p": 0.5, "margin": 0, "level": 0.95}),
    ],
)  # fmt: skip
def test_command_refuses_bad_input_in_one_sentence(tool, given):
    answer = ask(tool, given)

    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert answer.output.count("\n") == 1
