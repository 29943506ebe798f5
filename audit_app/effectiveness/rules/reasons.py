"""Every verdict and decision says why in one sentence that a shop owner understands.

Values are text: numbers with a point (the reader's language puts its own sign), outcomes and items by their codes,
several separated by ", ".
"""

import math

from audit_app.effectiveness.rules.findings import Reason
from audit_app.effectiveness.rules.plan import Model, Outcome
from audit_app.kit.i18n import _

FAR = 10
"""Times the visits made so far beyond which a pilot is the better advice."""


def size(value: float, model: Model, *, signed: bool = False) -> str:
    """A change of the log as percent, of a mean as points, with one decimal and, if wanted, its sign."""
    number = 100 * math.expm1(min(value, 5.0)) if model is not Model.MEAN else value
    text = f"{abs(number):.1f}"
    if text == "0.0":
        return text
    return f"{'-' if number < 0 else '+' if signed else ''}{text}"


def of_effect(outcome: Outcome, estimate: float, low: float, high: float) -> Reason:
    """Pays or harmful: how much, between what."""
    up = estimate > 0
    near, far = (low, high) if up else (-high, -low)
    if outcome.model is Model.MEAN:
        text = (
            _(
                "Where it is done always instead of never, %(outcome)s is %(effect)s points higher (%(low)s to %(high)s)."
            )
            if up
            else _(
                "Where it is done always instead of never, %(outcome)s is %(effect)s points lower (%(low)s to %(high)s)."
            )
        )
        shown = [size(value, outcome.model) for value in (abs(estimate), near, far)]
    else:
        text = (
            _(
                "Where it is done always instead of never, %(outcome)s is %(effect)s %% higher (%(low)s to %(high)s %%)."
            )
            if up
            else _(
                "Where it is done always instead of never, %(outcome)s is %(effect)s %% lower (%(low)s to %(high)s %%)."
            )
        )
        shown = [_lower(value, up=up) for value in (estimate, low if up else high, high if up else low)]
    return Reason(text, {"outcome": outcome.name, "effect": shown[0], "low": shown[1], "high": shown[2]})


def _lower(value: float, *, up: bool) -> str:
    """Percent in the direction of the sentence: a fall of .05 in logs reads "4.9 lower"."""
    number = 100 * math.expm1(min(value, 5.0))
    text = f"{(number if up else -number):.1f}"
    return "0.0" if text == "-0.0" else text


def of_nothing(outcome: Outcome, low: float, high: float) -> Reason:
    """No evidence: the interval is inside what would matter."""
    text = (
        _("Too small to matter: %(outcome)s changes by %(low)s to %(high)s points, less than %(smallest)s.")
        if outcome.model is Model.MEAN
        else _(
            "Too small to matter: %(outcome)s changes by %(low)s to %(high)s %%, less than %(smallest)s %%."
        )
    )
    return Reason(text, {"outcome": outcome.name, **_between(outcome, low, high), "smallest": size(outcome.smallest, outcome.model)})  # fmt: skip


def of_doubt(outcome: Outcome, low: float, high: float, visits: int | None, so_far: int) -> Reason:
    """Not enough data: what is still possible, and what it would take."""
    values = {"outcome": outcome.name, **_between(outcome, low, high)}
    if visits is None or visits > FAR * so_far:
        text = (
            _(
                "%(outcome)s may change by %(low)s to %(high)s points. Visits alone will hardly settle it: try a pilot."
            )
            if outcome.model is Model.MEAN
            else _(
                "%(outcome)s may change by %(low)s to %(high)s %%. Visits alone will hardly settle it: try a pilot."
            )
        )
        return Reason(text, values)
    text = (
        _(
            "%(outcome)s may change by %(low)s to %(high)s points. More visits that would settle it: about %(visits)s."
        )
        if outcome.model is Model.MEAN
        else _(
            "%(outcome)s may change by %(low)s to %(high)s %%. More visits that would settle it: about %(visits)s."
        )
    )
    return Reason(text, {**values, "visits": str(rounded(visits))})


def _between(outcome: Outcome, low: float, high: float) -> dict[str, str]:
    return {"low": size(low, outcome.model, signed=True), "high": size(high, outcome.model, signed=True)}


def rounded(visits: int) -> int:
    """About so many: two leading digits say all that is known."""
    step: int = 10 ** max(len(str(visits)) - 2, 0)
    return -(-visits // step) * step


NEVER = Reason(_("Nobody has answered it yet."))


def few_answers(answered: int) -> Reason:
    """Too few answers for any verdict."""
    return Reason(
        _("Only %(answered)s visits answered it: too few to say anything."), {"answered": str(answered)}
    )


def constant(answered: int, rare: float) -> Reason:
    """No variation."""
    differ = round(rare * answered)
    return Reason(
        _("Of %(answered)s answers only %(differ)s differ from the usual one: what it does cannot be seen."),
        {"answered": str(answered), "differ": str(differ)},
    )


def twin(other: str) -> Reason:
    """Two items answered alike."""
    return Reason(
        _("Always answered like %(other)s: nobody can tell which of the two does anything."), {"other": other}
    )


NO_SIGNAL = Reason(
    _(
        "What visits saw of it looks like chance: no ups and downs that last, so there is nothing to compare yet."
    )
)
NOT_SEPARATE = Reason(_("It moves exactly with other items or with footfall: its own share cannot be told."))


KEPT = Reason(_("Kept by law or by choice, whatever the numbers say."))
DISAGREE = Reason(_("Raters do not agree about it: make clear what counts, then measure again."))
HYGIENE = Reason(
    _(
        "Practically always answered alike, so its effect cannot be seen: keep it by choice, or ask it less often."
    )
)


def keep(outcomes: list[str]) -> Reason:
    """Pays somewhere, harmful nowhere."""
    return Reason(_("It pays (%(outcomes)s) and harms nowhere."), {"outcomes": ", ".join(outcomes)})


def rework(good: list[str], bad: list[str]) -> Reason:
    """Harmful somewhere."""
    if good:
        return Reason(
            _("It helps (%(good)s) but also harms (%(bad)s): change it so that the gain stays."),
            {"good": ", ".join(good), "bad": ", ".join(bad)},
        )
    return Reason(
        _("Where it is done more, results are worse (%(bad)s): change what is asked, or how."),
        {"bad": ", ".join(bad)},
    )


def drop(outcomes: list[str]) -> Reason:
    """No evidence on every outcome."""
    return Reason(
        _(
            "Shown to be too small to matter on every outcome (%(outcomes)s): asking it costs more than it tells."
        ),
        {"outcomes": ", ".join(outcomes)},
    )


def wait(visits: int | None, so_far: int) -> Reason:
    """Anything else."""
    if visits is None or visits > FAR * so_far:
        return Reason(_("Not settled, and more visits alone will hardly tell: try a pilot."))
    return Reason(_("Not settled yet. More visits that would tell: about %(visits)s; or a pilot."), {"visits": str(rounded(visits))})  # fmt: skip
