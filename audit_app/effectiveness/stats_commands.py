"""The command `stats`: the general statistics of the studies, so that anyone can check them from outside. JSON in and out."""

import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
import numpy as np

from audit_app.effectiveness.rules import agreement, exams, surveys
from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.importance import importance
from audit_app.effectiveness.rules.kernel import Errors, least_squares, poisson
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg
from audit_app.effectiveness.rules.panel import CannotEstimate, Panel
from audit_app.effectiveness.rules.sensitivity import robustness_values
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _, gettext
from audit_app.kit.strict_json import read_object

Given = dict[str, Any]


def field(given: Given, name: str) -> Any:
    """A field that must be there."""
    if name not in given:
        raise BadInput(_("“%(field)s” is missing."), field=name)
    return given[name]


def number(given: Given, name: str, default: float | None = None) -> float:
    """One number."""
    value = given.get(name) if default is not None else field(given, name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(_("“%(field)s” must be a number."), field=name)
    return float(value)


def count(given: Given, name: str) -> int:
    """One whole number that is not negative."""
    value = number(given, name)
    if value != int(value) or value < 0:
        raise BadInput(_("“%(field)s” must be a whole number that is not negative."), field=name)
    return int(value)


def column(value: Any, name: str, rows: int | None = None) -> Floats:
    """A list of numbers; null becomes NaN, which never leaves this module."""
    if not isinstance(value, list):
        raise BadInput(_("“%(field)s” must be a list of numbers."), field=name)
    if rows is not None and len(value) != rows:
        raise BadInput(_("The columns are not equally long."))
    for one in value:
        if one is not None and (isinstance(one, bool) or not isinstance(one, int | float)):
            raise BadInput(_("“%(field)s” must be a list of numbers."), field=name)
    return np.array([np.nan if one is None else float(one) for one in value], dtype=np.float64)


def labels(value: Any, name: str, rows: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A list of names or numbers as codes, and which of them are there."""
    if not isinstance(value, list) or any(isinstance(one, list | dict) for one in value):
        raise BadInput(_("“%(field)s” must be a list of names or numbers."), field=name)
    if len(value) != rows:
        raise BadInput(_("The columns are not equally long."))
    seen: dict[Any, int] = {}
    keys = [(type(one) is str, one) for one in value]  # so that 1 and "1" stay two places
    code = np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
    return code, np.array([one is not None for one in value], bool)


def columns(given: Given, rows: int) -> tuple[list[str], Floats]:
    """The columns of x by name."""
    x = field(given, "x")
    if not isinstance(x, dict) or not x:
        raise BadInput(_("“x” must be an object of at least one named column."))
    return list(x), np.column_stack([column(value, name, rows) for name, value in x.items()])


def fe(given: Given) -> Given:
    """Two-way fixed effects."""
    model, kind = given.get("model", "ols"), given.get("se") or "cr1"
    if model not in {"ols", "poisson"} or kind not in {"cr1", "cv3"}:
        raise BadInput(_("The model is ols or poisson, se is cr1 or cv3."))
    y = column(field(given, "y"), "y")
    rows = len(y)
    names, x = columns(given, rows)
    there = np.isfinite(y) & np.isfinite(x).all(1)
    groups: dict[str, Any] = {}
    for name in ("entity", "period", "cluster"):
        value = field(given, name) if name == "entity" else given.get(name)
        groups[name], known = (None, there) if value is None else labels(value, name, rows)
        there = there & known
    if groups["entity"] is None:
        raise BadInput(_("“%(field)s” is missing."), field="entity")
    extra = {
        name: column(given[name], name, rows) for name in ("weights", "offset") if given.get(name) is not None
    }
    for one in extra.values():
        there = there & np.isfinite(one)
    if not there.any():
        raise CannotEstimate(_("No row is complete."))
    y, x = y[there], x[there]
    entity, period, cluster = (None if one is None else one[there] for one in groups.values())
    assert entity is not None
    panel = Panel(entity, period, cluster)
    w, offset = (extra[name][there] if name in extra else None for name in ("weights", "offset"))
    if model == "ols":
        fit = least_squares(panel, x, y if offset is None else y - offset, w, Errors(kind))[0]
    else:
        fit = poisson(panel, x, y, offset, w, Errors(kind))
    told = [bool(kept) for kept in fit.kept]
    return {
        "coef": {name: float(b) if ok else None for name, b, ok in zip(names, fit.coef, told, strict=True)},
        "se": {name: float(s) if ok else None for name, s, ok in zip(names, fit.se, told, strict=True)},
        "dof": fit.dof,
        "n": fit.n,
    }


def relative_weights(given: Given) -> Given:
    """Johnson's relative weights and LMG (Shapley) parts: both add up to `r2`. `shares` holds the same as shares of 1."""
    y = column(field(given, "y"), "y")
    names, x = columns(given, len(y))
    there = np.isfinite(y) & np.isfinite(x).all(1)
    found = importance(y[there], x[there])
    parts = {"johnson": found.johnson, "lmg": found.lmg}
    return {
        **{kind: dict(zip(names, one.tolist(), strict=True)) for kind, one in parts.items()},
        "r2": found.r2,
        "exact": found.exact,
        "shares": {
            kind: dict(zip(names, (one / one.sum()).tolist(), strict=True)) if one.sum() > 0 else None
            for kind, one in parts.items()
        },
    }


def bh(given: Given) -> Given:
    """Benjamini-Hochberg; a missing p has no q and does not count."""
    p = column(field(given, "p"), "p")
    there = np.isfinite(p)
    if ((p[there] < 0) | (p[there] > 1)).any():
        raise BadInput(_("A p lies between 0 and 1."))
    q = np.full(len(p), np.nan)
    q[there] = benjamini_hochberg(p[there])
    return {"q": q.tolist()}


def wilson(given: Given) -> Given:
    """Wilson's interval of a share."""
    low, high = surveys.wilson(count(given, "x"), count(given, "n"), number(given, "level", 0.95))
    return {"low": low, "high": high}


def nps(given: Given) -> Given:
    """Net promoter score with its interval."""
    invited = None if given.get("invited") is None else count(given, "invited")
    p, o, d = (count(given, name) for name in ("promoters", "passives", "detractors"))
    found = asdict(surveys.nps(p, o, d, invited, number(given, "level", 0.95)))
    found["warnings"] = [gettext(one["text"], **one["values"]) for one in found["warnings"]]
    return found


def alpha(given: Given) -> Given:
    """Krippendorff's alpha."""
    level = given.get("level", "nominal")
    if level not in list(agreement.Metric):
        raise BadInput(_("The level is nominal, ordinal, interval or ratio."))
    ratings = field(given, "ratings")
    if not isinstance(ratings, list) or not ratings or not isinstance(ratings[0], list):
        raise BadInput(_("“%(field)s” must be a list of lists."), field="ratings")
    width = len(ratings[0])
    if level == "nominal":  # names will do
        flat = [one for row in ratings if isinstance(row, list) for one in row]
        code, there = labels(flat, "ratings", width * len(ratings))
        table = np.where(there, code, np.nan).reshape(len(ratings), width)
    else:
        table = np.vstack([column(row, "ratings", width) for row in ratings])
    found = agreement.alpha(table, agreement.Metric(level))
    return {"alpha": found.alpha, "low": found.low, "high": found.high, "units": found.units}


def item_analysis(given: Given) -> Given:
    """Difficulty and discrimination of an exam's questions."""
    matrix = field(given, "matrix")
    if not isinstance(matrix, list) or not matrix or not isinstance(matrix[0], list):
        raise BadInput(_("“%(field)s” must be a list of lists."), field="matrix")
    return asdict(exams.analyse(np.vstack([column(row, "matrix", len(matrix[0])) for row in matrix])))


def robustness(given: Given) -> Given:
    """Robustness value."""
    dof = number(given, "dof")
    if dof <= 0:
        raise BadInput(_("“%(field)s” must be above 0."), field="dof")
    return {"rv": float(robustness_values(np.array([number(given, "t")]), dof)[0])}


def sample_size(given: Given) -> Given:
    """How many answers a margin needs."""
    population = None if given.get("population") is None else count(given, "population")
    level = number(given, "level", 0.95)
    return {"n": surveys.sample_size(number(given, "p"), number(given, "margin"), level, population)}


TOOLS: dict[str, Callable[[Given], Given]] = {
    "fe": fe,
    "relative-weights": relative_weights,
    "bh": bh,
    "wilson": wilson,
    "nps": nps,
    "alpha": alpha,
    "item-analysis": item_analysis,
    "robustness": robustness,
    "sample-size": sample_size,
}


def plain(value: Any) -> Any:
    """The same without numbers that are none."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@click.command()
@click.argument("tool", type=click.Choice(list(TOOLS)))
def stats(tool: str) -> None:
    """Compute one of the studies' statistics: JSON on standard input, JSON on standard output; null is missing.

    \b
    fe                model (ols, poisson), y, x {name: values}, entity, period, cluster, weights, offset, se (cr1, cv3)
                      → coef, se {name: value}, dof, n
    relative-weights  y, x → johnson, lmg {name: part of R²}: both add up to r2 (Johnson 2000; Lindeman, Merenda,
                      Gold 1980); exact (false: LMG from 2,000 sampled orders, above 20 columns); shares: the same of 1
    bh                p → q
    wilson            x, n, level → low, high
    nps               promoters, passives, detractors, invited, level → nps, low, high, response_rate, bounds, warnings
    alpha             ratings (observers × units), level (nominal, ordinal, interval, ratio) → alpha, low, high
    item-analysis     matrix (takers × items, 0/1) → difficulty, discrimination, kr20, sem
    robustness        t, dof → rv
    sample-size       p, margin, level, population → n
    """
    given = read_object(sys.stdin.buffer.read())
    with np.errstate(all="ignore"):
        found = TOOLS[tool](given)
    click.echo(json.dumps(plain(found), ensure_ascii=False, allow_nan=False))
