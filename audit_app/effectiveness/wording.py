"""Findings in the reader's words: signs, intervals, money and strength. A shop owner reads these sentences."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency, get_currency_symbol

from audit_app.effectiveness.rules.findings import Decision, Estimate, Reason, Verdict
from audit_app.effectiveness.rules.plan import Model
from audit_app.kit.i18n import _, format_number, gettext, language, ngettext, pick

OUTCOMES = {
    "conversion": _("Conversion"),
    "ticket": _("Average ticket"),
    "complaints": _("Complaints"),
    "repeat": _("Repeat visits"),
    "nps": _("NPS"),
    "csat": _("CSAT"),
    "visitors": _("Visitors"),
    "returns": _("Returns"),
}
MEANINGS = {
    "conversion": _("Share of visitors who buy: transactions ÷ visitors."),
    "ticket": _("What a customer spends at once: revenue ÷ transactions."),
    "complaints": _("Complaints per transaction. Fewer is better."),
    "repeat": _("Share of transactions by customers who came back."),
}
MEASURES = {
    "visitors": _("Visitors"),
    "transactions": _("Transactions"),
    "revenue": _("Revenue"),
    "complaints": _("Complaints"),
    "repeat_customers": _("Customers who came back"),
    "staff_hours": _("Staff hours"),
    "promotion": _("Promotion"),
    "returns": _("Returns"),
}
DECISIONS: dict[str, tuple[str, str, str]] = {
    Decision.KEEP: (_("Keep"), "good", "check"),
    Decision.REWORK: (_("Rework"), "bad", "edit"),
    Decision.DROP: (_("Drop"), "fair", "cross"),
    Decision.HYGIENE: (_("Hygiene"), "info", "lock"),
    Decision.WAIT: (_("Wait"), "", "clock"),
}
"""Word, tone and sign of each decision."""
DECISION_MEANINGS = {
    Decision.KEEP: _("It pays somewhere and harms nowhere."),
    Decision.REWORK: _(
        "It harms somewhere, or raters disagree about it: change the item or how it is asked."
    ),
    Decision.DROP: _("Shown to be too small to matter, on every outcome of the study."),
    Decision.HYGIENE: _("Kept as a minimum: it cannot be tested, or it stays by law or by choice."),
    Decision.WAIT: _("Not settled yet: more visits or a pilot will tell."),
}
VERDICTS: dict[str, tuple[str, str, str]] = {
    Verdict.PAYS: (_("pays"), "good", "check"),
    Verdict.HARMFUL: (_("harmful"), "bad", "cross"),
    Verdict.NO_EVIDENCE: (_("no evidence"), "fair", "dash"),
    Verdict.NOT_ENOUGH: (_("not enough data"), "", "clock"),
    Verdict.NO_VARIATION: (_("no variation"), "info", "lock"),
}
_NUMBER = re.compile(r"(?P<sign>[+-])?[0-9]+(\.(?P<rest>[0-9]+))?")
STRONG_BELOW = 0.01
"""A false discovery rate below this is called strong evidence."""


def outcome_name(name: str) -> str:
    """The outcome in the reader's language; names of the company's own stay as they are."""
    return gettext(OUTCOMES[name]) if name in OUTCOMES else name.replace("_", " ").capitalize()


def measure_name(name: str) -> str:
    """The same for a measure."""
    return gettext(MEASURES[name]) if name in MEASURES else name.replace("_", " ").capitalize()


def decision_word(decision: str) -> str:
    """Keep, rework, drop, hygiene, wait."""
    return gettext(DECISIONS[decision][0])


def verdict_word(verdict: str) -> str:
    """Pays, harmful, no evidence, not enough data, no variation."""
    return gettext(VERDICTS[verdict][0])


def signed(value: float | None, places: int = 1) -> str:
    """A number with its sign, by the reader's rules; a true minus, and no sign for what rounds to nothing."""
    if value is None or not math.isfinite(value):
        return "–"
    shown = format_number(abs(value), places)
    if round(abs(value), places) == 0:
        return shown
    return ("+" if value > 0 else "−") + shown


def in_percent(log_change: float | None, model: Model | str) -> float | None:
    """The change in percent of a change of the log; a mean's change stays in its own points."""
    if log_change is None:
        return None
    if model == Model.MEAN:
        return log_change
    return 100 * math.expm1(min(max(log_change, -20.0), 20.0))


def unit(model: Model | str) -> str:
    """What stands behind the number."""
    return gettext(_("points")) if model == Model.MEAN else "%"


def effect_text(value: float | None, model: Model | str) -> str:
    """`+1.4 %`, or `+3.0 points` for means."""
    return f"{signed(value)}\u00a0{unit(model)}"


LOWEST, HIGHEST = -90.0, 300.0
"""Percent beyond which an end of a range says nothing but “far”."""


def is_wide(low: float | None, high: float | None, model: Model | str) -> bool:
    """Whether the range holds nearly everything."""
    return model != Model.MEAN and (low is None or high is None or (low < LOWEST or high > HIGHEST))


def size_text(value: float | None, model: Model | str) -> str:
    """`±3.0 %`: how large, whichever way; what is beyond all measure is only called so."""
    if value is None or not math.isfinite(value):
        return "–"
    if model != Model.MEAN and abs(value) > HIGHEST:
        return gettext(_("more than ±%(size)s %%"), size=format_number(HIGHEST, 0))
    return "±" + effect_text(abs(value), model).lstrip("+")


def range_text(low: float | None, high: float | None, model: Model | str) -> str:
    """`+0.6 to +2.2 %`; an end far away is only called so."""
    if low is None or high is None:
        return "–"
    if model != Model.MEAN and low < LOWEST and high > HIGHEST:
        return gettext(_("nearly anything"))
    if model != Model.MEAN and high > HIGHEST:
        return gettext(_("%(low)s %% to far above"), low=signed(low))
    if model != Model.MEAN and low < LOWEST:
        return gettext(_("far below to %(high)s %%"), high=signed(high))
    return gettext(_("%(low)s to %(high)s"), low=signed(low), high=f"{signed(high)}\u00a0{unit(model)}")


def money(value: float | None, currency: str) -> str:
    """Money rounded to what the figure can bear, with its sign where it is below zero."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    step = 10 ** max(0, math.floor(math.log10(size)) - 1) if size >= 1 else 1
    rounded = round(size / step) * step
    text = str(
        format_currency(
            rounded, currency, format="¤#,##0" if language() == "en" else "#,##0\u00a0¤",
            locale={"en": "en_GB"}.get(language(), language()), currency_digits=False,
        )
    )  # fmt: skip
    return ("−" if value < 0 and rounded else "") + text.replace(currency, currency_sign(currency))


def currency_sign(currency: str) -> str:
    """€, ₴, £, …"""
    sign = str(get_currency_symbol(currency, locale={"en": "en_GB"}.get(language(), language())))
    # Ukrainian tables write EUR; a reader knows €.
    return str(get_currency_symbol(currency, locale="en_GB")) if sign == currency else sign


def strength(estimate: Estimate, doubted: bool) -> str:
    """How sure it is, in words; no p-value on a first page."""
    if estimate.verdict in (Verdict.PAYS, Verdict.HARMFUL):
        if doubted:
            return gettext(_("moves together with it; the cause is open"))
        if estimate.q is not None and estimate.q <= STRONG_BELOW:
            return gettext(_("strong evidence"))
        return gettext(_("good evidence"))
    if estimate.verdict is Verdict.NO_EVIDENCE:
        return gettext(_("shown to be too small to matter"))
    if estimate.verdict is Verdict.NO_VARIATION:
        return gettext(_("cannot be tested"))
    return gettext(_("not settled"))


def sizes(places: int, weeks: int, visits: int) -> str:
    """`40 places, 52 weeks, 1,654 visits`"""
    return ", ".join(
        (
            ngettext("%(num)s place", "%(num)s places", places),
            ngettext("%(num)s week", "%(num)s weeks", weeks),
            ngettext("%(num)s visit", "%(num)s visits", visits),
        )
    )


def said(reason: Reason | Mapping[str, Any], names: Mapping[str, Any] | None = None) -> str:
    """A reason as a sentence; item codes, outcomes and numbers among its values in the reader's way."""
    if isinstance(reason, Reason):
        text, values = reason.text, reason.values
    else:
        text, values = str(reason.get("text", "")), dict(reason.get("values") or {})
    if not text:
        return ""
    known = names or {}

    def word(value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(word(one) for one in value)
        plain = str(value)
        if plain in known:
            return f"“{pick(known[plain])}”" if language() == "en" else f"«{pick(known[plain])}»"
        if plain in OUTCOMES:
            return outcome_name(plain)
        if plain in MEASURES:
            return measure_name(plain)
        number = _NUMBER.fullmatch(plain)
        if number:
            places = len(number["rest"] or "")
            sign = {"-": "−", "+": "+"}.get(number["sign"] or "", "")
            return sign + format_number(Decimal(plain.lstrip("+-")), places)
        return ", ".join(word(part) for part in plain.split(", ")) if ", " in plain else plain

    return gettext(text) % {key: word(value) for key, value in values.items()}
