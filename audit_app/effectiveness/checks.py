"""The questions a careful reader asks of a study, answered from its own figures, each with a way to what it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit_app.effectiveness import wording
from audit_app.effectiveness.reading import SETTLED, Reading
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.sensitivity import LEAD_ALARM
from audit_app.kit.i18n import _, format_number, gettext, ngettext

GOOD, FAIR, BAD = "good", "fair", "bad"
ALARM = 2.0
"""Standard errors beyond which a check has found something."""


@dataclass(frozen=True)
class Check:
    """One question to the study, its answer, and what it means."""

    title: str
    value: str
    tone: str
    text: str
    leads_to: tuple[str, ...] = ()
    """Where its figure opens to: rows (places, weeks, visits), effects, the items on the page, or those of hygiene."""


def checks_of(story: Reading) -> list[Check]:
    """The questions a careful reader asks, answered from the study's own figures."""
    found = story.findings.diagnostics
    checks = [_places(found), _memory(found), _shoppers(found)]
    checks += [
        _noise(story),
        _hidden(found),
        _leads(found),
        _placebo(found),
        _ceiling(story),
        _overlap(story, found),
        _alone(story),
    ]
    checks.append(_family(story))
    return [one for one in checks if one is not None]


def _places(found: Mapping[str, Any]) -> Check:
    places, visits = int(found.get("n_locations") or 0), int(found.get("n_visits") or 0)
    weeks = int(found.get("n_weeks") or 0)
    return Check(
        gettext(_("How much was compared?")),
        wording.sizes(places, weeks, visits),
        GOOD if places >= 40 and weeks >= 40 else FAIR,
        gettext(
            _("Each place is compared with itself over time, and with its region in the same week. So neither good nor bad places, nor seasons, can pass for the effect of an item.")
        ),
        ("places", "weeks", "visits"),
    )  # fmt: skip


def _memory(found: Mapping[str, Any]) -> Check | None:
    half_life = found.get("half_life")
    if half_life is None:
        return None
    return Check(
        gettext(_("Do habits last?")),
        ngettext("half-life %(num)s week", "half-life %(num)s weeks", round(half_life)),
        GOOD if half_life >= 4 else FAIR,
        gettext(
            _("After this time half of a change in behaviour has worn off. The longer it is, the more a visit tells about the weeks around it; below four weeks visits would have to come more often.")
        ),
        ("visits",),
    )  # fmt: skip


def _shoppers(found: Mapping[str, Any]) -> Check | None:
    sd = found.get("shopper_sd")
    if sd is None:
        return None
    strict = len(found.get("strict_shoppers") or [])
    return Check(
        gettext(_("Do shoppers judge alike?")),
        gettext(_("spread %(points)s points of 100"), points=format_number(100 * sd, 1)),
        GOOD if sd < 0.03 else FAIR if sd < 0.08 else BAD,
        gettext(_("Some see a fault where others see none. What a shopper gives everywhere was taken out before anything was compared."))
        + (" " + ngettext("%(num)s shopper stands out.", "%(num)s shoppers stand out.", strict) if strict else ""),
        ("visits",),
    )  # fmt: skip


def _noise(story: Reading) -> Check | None:
    known = [one.finding.reliability for one in story.lines if one.finding.reliability is not None]
    if not known:
        return None
    middle = sorted(known)[len(known) // 2]
    return Check(
        gettext(_("How much does one visit tell?")),
        gettext(_("%(share)s %% signal"), share=format_number(100 * middle, 0)),
        GOOD if middle >= 0.15 else FAIR,
        gettext(
            _("So much of the ups and downs of a usual item is real change; the rest is the chance of a single visit. The study takes the noise out; whoever correlates raw visits finds effects several times too small.")
        ),
        ("noise",),
    )  # fmt: skip


def _worst(found: Mapping[str, Any], key: str) -> tuple[str, float] | None:
    values = {name: value for name, value in (found.get(key) or {}).items() if value is not None}
    if not values:
        return None
    name = max(values, key=lambda one: abs(values[one]))
    return name, float(values[name])


def _hidden(found: Mapping[str, Any]) -> Check | None:
    worst = _worst(found, "gamma_z")
    if worst is None:
        return None
    name, z = worst
    alarm = abs(z) > ALARM
    return Check(
        gettext(_("Is there a hidden common cause?")),
        gettext(_("signs of one, in: %(outcome)s"), outcome=wording.outcome_name(name)) if alarm else gettext(_("no sign of one")),
        BAD if alarm else GOOD,
        gettext(
            _("When all items seem to move an outcome together, something behind them may move both, such as a new manager. That common part was taken out of every estimate.")
        ),
        ("effects",),
    )  # fmt: skip


def _leads(found: Mapping[str, Any]) -> Check | None:
    leads = found.get("leads") or {}
    values = {
        name: max(abs(one.get("index_z") or 0.0), abs(one.get("mean_z") or 0.0))
        for name, one in leads.items()
        if isinstance(one, Mapping)
    }
    if not values:
        return None
    name = max(values, key=lambda one: values[one])
    alarm = values[name] > LEAD_ALARM
    return Check(
        gettext(_("Does compliance predict the past?")),
        gettext(_("yes, in: %(outcome)s"), outcome=wording.outcome_name(name)) if alarm else gettext(_("no")),
        BAD if alarm else GOOD,
        gettext(
            _("What is done next month cannot sell anything today. If it seems to, sales move compliance and not the reverse, and the wording of the verdicts becomes weaker.")
        ),
        ("weeks",),
    )  # fmt: skip


def _placebo(found: Mapping[str, Any]) -> Check | None:
    tested = {
        name: one for name, one in (found.get("placebo") or {}).items() if isinstance(one, Mapping) and one.get("tested")
    }  # fmt: skip
    if not tested:
        return None
    hits = sum(int(one.get("found") or 0) for one in tested.values())
    items = sum(int(one.get("tested") or 0) for one in tested.values())
    return Check(
        gettext(_("Does it find effects where none can be?")),
        ngettext("%(hits)s of %(num)s item", "%(hits)s of %(num)s items", items, hits=hits),
        GOOD if hits <= 1 else BAD,
        gettext(
            _("How many people come in that week cannot depend on what staff do after they came in. Items that seem to change it show how easily the method is fooled here.")
        ),
        ("weeks",),
    )  # fmt: skip


def _ceiling(story: Reading) -> Check:
    stuck = [one for one in story.lines if any(e.verdict is Verdict.NO_VARIATION for e in one.effects)]
    return Check(
        gettext(_("Is there anything to compare?")),
        ngettext("%(num)s item never varies", "%(num)s items never vary", len(stuck)),
        GOOD if len(stuck) <= len(story.lines) / 4 else FAIR,
        gettext(
            _("An item that is nearly always done, or nearly never, cannot be tested. It is called hygiene, never “no effect”.")
        ),
        ("hygiene",),
    )  # fmt: skip


def _overlap(story: Reading, found: Mapping[str, Any]) -> Check | None:
    values = [
        one.get("largest_overlap")
        for one in (found.get("outcomes") or {}).values()
        if one.get("largest_overlap") is not None
    ]
    if not values:
        return None
    most = 1 - 1 / max(max(values), 1.0)  # of the item's ups and downs, from its inflation of variance
    return Check(
        gettext(_("Can items be told apart?")),
        gettext(_("largest overlap %(share)s %%"), share=format_number(100 * most, 0)),
        GOOD if most < 0.8 else FAIR if most < 0.9 else BAD,
        gettext(
            _("Items that always rise and fall together share their credit. Where the overlap is large, ask them as one item or test one of them in a pilot.")
        ),
        ("overlap",) if any("collinear" in one.finding.flags for one in story.lines) else ("effects",),
    )  # fmt: skip


def _alone(story: Reading) -> Check | None:
    settled = [one for one in story.lines if any(effect.verdict in SETTLED for effect in one.effects)]
    if not settled:
        return None
    leaning = [one for one in settled if "one_location" in one.finding.flags]
    return Check(
        gettext(_("Does it hang on a single place?")),
        ngettext("%(num)s finding does", "%(num)s findings do", len(leaning)) if leaning else gettext(_("no finding does")),
        FAIR if leaning else GOOD,
        gettext(
            _("Every effect was computed again without each place in turn. A finding that would be gone without one of them is marked, and worded weaker.")
        ),
        ("alone",) if leaning else ("places",),
    )  # fmt: skip


def _family(story: Reading) -> Check:
    plan = story.plan
    tested = int(story.findings.diagnostics.get("n_tested") or len(story.lines))
    return Check(
        gettext(_("Was luck counted in?")),
        ngettext("%(num)s item in a family", "%(num)s items in a family", tested),
        GOOD,
        gettext(
            _("Who asks many questions finds something by luck. Of the items called “pays” or “harmful” at most %(share)s %% are expected to be luck (%(rule)s), for each outcome."),
            share=format_number(100 * plan.false_discovery),
            rule="Benjamini–Yekutieli" if plan.strict else "Benjamini–Hochberg",
        ),
        ("effects",),
    )  # fmt: skip


__all__ = ["Check", "checks_of"]
