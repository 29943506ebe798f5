"""Fixed effects: against explicit dummies, an established library, published numbers, and odd panels."""

import warnings

import numpy as np
import pandas as pd
import pytest

from audit_app.effectiveness.rules.kernel import Errors, least_squares, poisson
from audit_app.effectiveness.rules.panel import CannotEstimate, Panel


@pytest.fixture(scope="module")
def world():
    """A ragged, unsorted panel: 24 places in 3 regions, 20 weeks, three outcomes."""
    rng = np.random.default_rng(1)
    entity, period = np.repeat(np.arange(24), 20), np.tile(np.arange(20), 24)
    there = rng.permutation(np.flatnonzero(rng.random(480) < 0.75))
    entity, period = entity[there], period[there]
    x = rng.standard_normal((len(there), 3)) + rng.standard_normal(24)[entity][:, None] + 3
    base = x @ [0.0, 0.1, -0.2] + rng.standard_normal(24)[entity] + rng.standard_normal(20)[period] * 0.3
    counts = rng.poisson(np.exp(base / 3)).astype(float)
    counts[entity == 3] = 0
    return {
        "entity": entity, "period": period, "region": entity % 3, "pair": entity // 2, "day": rng.integers(0, 12, len(there)),
        "x": x, "y": base + rng.standard_normal(len(there)), "w": rng.random(len(there)) + 0.2, "counts": counts,
        "offset": rng.standard_normal(len(there)) * 0.2,
    }  # fmt: skip


def dummies(*labels):
    """Columns of 0 and 1, the first of each but the first set left out."""
    sets = [(label[:, None] == np.unique(label)[None, :]).astype(float) for label in labels]
    return np.hstack([sets[0], *(s[:, 1:] for s in sets[1:])])


def by_dummies(world, labels, cluster, weights, k):
    """Coefficients and CR1 errors from the full matrix, K given."""
    x, y, w = world["x"], world["y"], np.ones(len(world["y"])) if weights is None else weights
    z = np.hstack([x, dummies(*labels)])
    bread = np.linalg.pinv(z.T @ (z * w[:, None]))
    coef = bread @ (z.T @ (w * y))
    e = w * (y - z @ coef)
    scores = np.array([(z[cluster == g] * e[cluster == g, None]).sum(0) for g in np.unique(cluster)])
    g, n = len(scores), len(y)
    v = g / (g - 1) * (n - 1) / (n - k) * bread @ scores.T @ scores @ bread
    return coef[:3], np.sqrt(np.diag(v))[:3]


@pytest.mark.parametrize("weighted", [False, True])
def test_two_way_effects_equal_explicit_dummies(world, weighted):
    w = world["w"] if weighted else None
    periods = len(np.unique(world["period"]))
    for cluster, k in (("entity", 3 + periods), ("region", 3 + periods), ("day", 3 + 24 + periods - 1)):
        coef, se = by_dummies(world, (world["entity"], world["period"]), world[cluster], w, k)

        fit = least_squares(
            Panel(world["entity"], world["period"], world[cluster]), world["x"], world["y"], w
        )[0]

        assert fit.coef == pytest.approx(coef, rel=1e-9, abs=1e-11)
        assert fit.se == pytest.approx(se, rel=1e-9)


def test_regions_with_weeks_of_their_own_are_blocks(world):
    period = world["period"] + 100 * world["region"]
    coef, _se = by_dummies(world, (world["entity"], period), world["entity"], None, 3)

    panel = Panel(world["entity"], period)

    assert len(panel.blocks) == 3
    assert least_squares(panel, world["x"], world["y"])[0].coef == pytest.approx(coef, rel=1e-9)


@pytest.mark.timeout(300)  # the library compiles itself at its first call
def test_equals_an_established_library(world):
    """pyfixest 0.60. Clusters have names of their own: where one is called like an effect, its K depends on chance."""
    warnings.simplefilter("ignore")
    import pyfixest

    names = ["x0", "x1", "x2"]
    frame = pd.DataFrame(world["x"], columns=names).assign(
        **{
            name: world[name] for name in ("entity", "period", "y", "w", "counts", "offset", "region", "pair")
        },
        place=world["entity"],
        regional=world["period"] + 100 * world["region"],
    )
    x = world["x"]
    panel = Panel(world["entity"], frame["regional"], frame["place"])
    right = "x0 + x1 + x2 | entity + regional"
    for w in (None, "w"):
        theirs = pyfixest.feols(f"y ~ {right}", frame, vcov={"CRV1": "place"}, weights=w, fixef_tol=1e-12)
        mine = least_squares(panel, x, world["y"], None if w is None else world["w"])[0]
        assert mine.coef == pytest.approx(theirs.coef().to_numpy(), rel=1e-8)
        assert mine.se == pytest.approx(theirs.se().to_numpy(), rel=1e-8)
    theirs = pyfixest.fepois(
        f"counts ~ {right}", frame, vcov={"CRV1": "pair"}, offset="offset", weights="w", fixef_tol=1e-13, iwls_tol=1e-14
    )  # fmt: skip
    mine = poisson(
        Panel(world["entity"], frame["regional"], frame["pair"]),
        x,
        world["counts"],
        world["offset"],
        world["w"],
    )
    assert mine.coef == pytest.approx(theirs.coef().to_numpy(), rel=1e-8)
    assert mine.se == pytest.approx(theirs.se().to_numpy(), rel=1e-8)
    assert mine.n == theirs._N


def test_poisson_solves_its_score_equations(world):
    fit = poisson(Panel(world["entity"], world["period"]), world["x"], world["counts"], world["offset"])

    assert fit.scores.sum(0) == pytest.approx(np.zeros(3), abs=1e-8)
    assert np.abs(np.bincount(world["entity"], fit.residuals)).max() < 1e-8
    assert np.abs(np.bincount(world["period"], fit.residuals)).max() < 1e-8
    assert (fit.residuals[world["entity"] == 3] == 0).all()


@pytest.mark.parametrize("cluster", ["entity", "pair", "day"])
def test_jackknife_is_the_true_delete_one(world, cluster):
    period = world["period"] + 100 * world["region"]
    fit = least_squares(
        Panel(world["entity"], period, world[cluster]), world["x"], world["y"], world["w"], Errors.CV3
    )[0]

    each = []
    for g in np.unique(world[cluster]):
        k = world[cluster] != g
        part = Panel(world["entity"][k], period[k], world[cluster][k])
        each.append(least_squares(part, world["x"][k], world["y"][k], world["w"][k])[0].coef)
    apart = np.array(each) - fit.coef

    assert fit.without == pytest.approx(np.array(each), abs=1e-11)
    assert fit.se == pytest.approx(np.sqrt((len(each) - 1) / len(each) * (apart**2).sum(0)), rel=1e-9)


def test_jackknife_of_counts_is_the_true_delete_one_and_the_short_form_is_near(world):
    panel = Panel(world["entity"], world["period"])
    fit = poisson(panel, world["x"], world["counts"], world["offset"], errors=Errors.CV3)
    short = poisson(panel, world["x"], world["counts"], world["offset"], errors=Errors.SHORT)

    k = world["entity"] != 7
    part = poisson(
        Panel(world["entity"][k], world["period"][k]), world["x"][k], world["counts"][k], world["offset"][k]
    )

    assert np.abs(fit.without - part.coef).sum(1).min() < 1e-9
    assert short.se == pytest.approx(fit.se, rel=0.05)


def test_longley():
    """NIST StRD Longley (certified values), one entity, one cluster per year: a hard case for sums of squares."""
    data = np.array([
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947], [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949], [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951], [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953], [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955], [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957], [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959], [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961], [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ])  # fmt: skip
    certified = [15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359, -0.511041056535807e-01, 1829.15146461355]  # fmt: skip

    fit = least_squares(Panel(np.zeros(16), cluster=np.arange(16)), data[:, 1:], data[:, 0])[0]

    assert fit.coef == pytest.approx(certified, rel=1e-9)


def test_columns_that_cannot_be_told_apart_are_named_and_harm_nothing(world):
    x = np.column_stack(
        [world["x"], world["entity"], world["x"][:, 0] * 2 - world["x"][:, 1], np.ones(len(world["y"]))]
    )

    fit = least_squares(Panel(world["entity"], world["period"]), x, world["y"])[0]

    assert fit.kept.tolist() == [True, True, True, False, False, False]
    assert fit.absorbed.tolist() == [False, False, False, True, False, True]
    assert fit.coef[:3] == pytest.approx(
        least_squares(Panel(world["entity"], world["period"]), world["x"], world["y"])[0].coef
    )
    assert np.isfinite(fit.coef).all()
    assert np.isinf(fit.se[3:]).all()


def test_rows_of_weight_nothing_and_rows_alone_are_left_out(world):
    w = np.where(world["period"] % 2 == 0, world["w"], 0.0)
    k = w > 0
    lonely = np.append(world["entity"], 99)

    halved = least_squares(Panel(world["entity"], world["period"]), world["x"], world["y"], w)[0]
    fewer = least_squares(Panel(world["entity"][k], world["period"][k]), world["x"][k], world["y"][k], w[k])[
        0
    ]
    with_one = Panel(lonely, np.append(world["period"], 0))

    assert halved.coef == pytest.approx(fewer.coef, rel=1e-10)
    assert halved.se == pytest.approx(fewer.se, rel=1e-10)
    assert (halved.n, halved.clusters) == (fewer.n, fewer.clusters)
    assert with_one.n == len(world["y"])


def test_many_rows_go_the_fast_way_to_the_same_numbers():
    rng = np.random.default_rng(3)
    entity, period = np.repeat(np.arange(600), 100), np.tile(np.arange(100), 600)
    x = rng.standard_normal((60_000, 60)) + 50
    y = rng.standard_normal(60_000)
    fast = least_squares(Panel(entity, period), x, y)[0]
    half = [
        least_squares(Panel(entity, period), x[:, :40], y)[0],
        least_squares(Panel(entity, period), x, y, np.full(60_000, 2.0))[0],
    ]

    by_hand = x.reshape(600, 100, 60)
    within = (
        by_hand - by_hand.mean(1, keepdims=True) - by_hand.mean(0, keepdims=True) + by_hand.mean((0, 1))
    ).reshape(-1, 60)

    assert fast.coef == pytest.approx(np.linalg.lstsq(within, y, rcond=None)[0], rel=1e-8, abs=1e-12)
    assert half[1].se == pytest.approx(fast.se, rel=1e-9)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda w: w.update(entity=np.zeros(len(w["y"]), int)), "clusters"),
        (lambda w: w.update(period=np.arange(len(w["y"]))), "one row only"),
        (lambda w: w.update(y=np.where(w["period"] == 2, np.nan, w["y"])), "not a number"),
        (lambda w: w.update(x=np.where(w["x"] > 4, np.inf, w["x"])), "not a number"),
        (lambda w: w.update(w=-w["w"]), "negative"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_words(world, spoil, words):
    w = dict(world)
    spoil(w)
    with pytest.raises(CannotEstimate, match=words), np.errstate(invalid="ignore"):
        least_squares(Panel(w["entity"], w["period"]), w["x"], w["y"], w["w"])


def test_counts_of_nothing_and_separation_are_refused(world):
    panel = Panel(world["entity"], world["period"])
    with pytest.raises(CannotEstimate, match="zero"):
        poisson(panel, world["x"], np.zeros(panel.rows))
    with pytest.raises(CannotEstimate, match="negative"):
        poisson(panel, world["x"], world["counts"] - 5)
    with pytest.raises(CannotEstimate, match="separates"), np.errstate(all="ignore"):
        poisson(panel, (world["counts"] > 0).astype(float), world["counts"])
