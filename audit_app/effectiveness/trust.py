"""Whether a study can be trusted, in words: what was checked, what was found, what to do about it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from audit_app.effectiveness import wording
from audit_app.effectiveness.models import Study
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.reading import SETTLED, Line, Reading
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


@dataclass(frozen=True)
class Said:
    """A reason to doubt with its advice, in the reader's language."""

    code: str
    serious: bool
    text: str
    advice: str


@dataclass(frozen=True)
class Power:
    """What an outcome could show with the visits made so far."""

    name: str
    smallest: str
    mde: str
    places: int | None
    weeks: int | None
    enough: bool


@dataclass(frozen=True)
class Changer:
    """What it would take to settle an item on an outcome."""

    name: str
    verdict: Verdict
    text: str


def doubts_of(story: Reading) -> list[Said]:
    """The reasons to doubt, the serious ones first."""
    texts = {line.item: line.name.text for line in story.lines}
    return [
        Said(
            one.code,
            one.serious,
            wording.said(one.text, texts),
            wording.said(one.advice, texts),
        )
        for one in story.findings.doubts
    ]


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
        _overlap(found),
    ]
    checks.append(_family(story))
    return [one for one in checks if one is not None]


def _places(found: Mapping[str, Any]) -> Check:
    places, visits = int(found.get("n_locations") or 0), int(found.get("n_visits") or 0)
    weeks = int(found.get("n_weeks") or 0)
    return Check(
        gettext(_("How much was compared?")),
        gettext(
            _("%(places)s places, %(weeks)s weeks, %(visits)s visits"),
            places=format_number(places), weeks=format_number(weeks), visits=format_number(visits),
        ),
        GOOD if places >= 40 and weeks >= 40 else FAIR,
        gettext(
            _("Each place is compared with itself over time, and with its region in the same week. So neither good nor bad places, nor seasons, can pass for the effect of an item.")
        ),
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
        gettext(_("%(hits)s of %(items)s items"), hits=hits, items=items),
        GOOD if hits <= 1 else BAD,
        gettext(
            _("How many people come in that week cannot depend on what staff do after they came in. Items that seem to change it show how easily the method is fooled here.")
        ),
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
    )  # fmt: skip


def _overlap(found: Mapping[str, Any]) -> Check | None:
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
    )  # fmt: skip


def _family(story: Reading) -> Check:
    plan = story.plan
    tested = int(story.findings.diagnostics.get("n_tested") or len(story.lines))
    return Check(
        gettext(_("Was luck counted in?")),
        gettext(_("%(items)s items in a family"), items=tested),
        GOOD,
        gettext(
            _("Who asks many questions finds something by luck. Of the items called “pays” or “harmful” at most %(share)s %% are expected to be luck (%(rule)s), for each outcome."),
            share=format_number(100 * plan.false_discovery),
            rule="Benjamini–Yekutieli" if plan.strict else "Benjamini–Hochberg",
        ),
    )  # fmt: skip


def powers_of(story: Reading) -> list[Power]:
    """Per outcome: the effect that would usually have been found, beside the smallest one worth having."""
    figures = story.findings.diagnostics.get("outcomes") or {}
    powers = []
    for outcome in story.outcomes:
        known = sorted(
            abs(one.raw.mde80)
            for line in story.lines
            if (one := line.on(outcome.name)) is not None and one.raw.mde80 is not None
        )
        if not known:
            continue
        middle = known[len(known) // 2]
        mine = figures.get(outcome.name) or {}
        powers.append(
            Power(
                wording.outcome_name(outcome.name),
                wording.effect_text(wording.in_percent(outcome.smallest, outcome.model), outcome.model),
                wording.effect_text(wording.in_percent(middle, outcome.model), outcome.model),
                mine.get("locations"),
                mine.get("location_weeks"),
                middle <= outcome.smallest,
            )
        )
    return powers


FLAGS: dict[str, tuple[str, str]] = {
    "twin": (
        _("It is always answered like another item."),
        _("Ask them as one, or make clear how they differ."),
    ),
    "collinear": (
        _("It rises and falls with other items, so they share the credit."),
        _("Take the figures of these items together, or test this one in a pilot."),
    ),
    "no_signal": (
        _("Its ups and downs look like the chance of single visits."),
        _("Make clear what counts, train shoppers on it, or visit more often."),
    ),
    "untestable": (
        _("Too little is known of it to compare anything."),
        _("Wait for more answers, or ask it in more places."),
    ),
    "leads": (
        _("It seems to predict sales that came before it: sales may move it, not the reverse."),
        _("Do not act on it before a pilot has shown the direction."),
    ),
    "placebo": (
        _("It also seems to move an outcome that cannot react."),
        _("Something else moves both. Test it in a pilot."),
    ),
    "one_location": (
        _("The finding would be gone without one single place."),
        _("Look at that place's numbers first."),
    ),
    "screen": (
        _("It stands out on one outcome only, and not when all outcomes are judged together."),
        _("Take it as a hint until the next study."),
    ),
}
"""Warnings of an item: what it is, and what to do."""


def flags_of(line: Line) -> list[tuple[str, str]]:
    """The item's warnings in words."""
    return [(gettext(FLAGS[one][0]), gettext(FLAGS[one][1])) for one in line.finding.flags if one in FLAGS]


def changers_of(line: Line, story: Reading) -> list[Changer]:
    """What would change the verdict, outcome by outcome."""
    found = []
    for effect in line.effects:
        model = effect.outcome.model
        if effect.verdict in SETTLED:
            text = gettext(
                _("A hidden cause would have to explain at least %(share)s %% of what is left of both the item and the outcome to take this effect away."),
                share=format_number(100 * effect.raw.robustness, 0),
            ) if effect.raw.robustness is not None else ""  # fmt: skip
        elif effect.verdict is Verdict.NO_EVIDENCE:
            text = gettext(
                _("It would matter if effects below %(limit)s counted for you: the study was asked about that size."),
                limit=wording.effect_text(effect.smallest, model),
            )  # fmt: skip
        elif effect.verdict is Verdict.NOT_ENOUGH and effect.needed:
            text = ngettext(
                "About %(num)s more visit in the whole network; so far an effect of %(mde)s would usually have been found.",
                "About %(num)s more visits in the whole network; so far an effect of %(mde)s would usually have been found.",
                effect.needed,
                mde=wording.effect_text(effect.mde, model),
            )
        elif effect.verdict is Verdict.NO_VARIATION:
            text = gettext(_("Places where it is done differently, for example in a pilot."))
        else:
            text = wording.said(effect.raw.reason)
        if text:
            found.append(Changer(effect.name, effect.verdict, text))
    return found


def earlier_of(session: Session, study: Study, item: str) -> list[dict[str, Any]]:
    """What other finished studies of the standard found about the item, the newest first."""
    rows = []
    for one in reversed(studies.same_standard(session, study)):
        story = studies.reading_of(session, one)
        line = story.line(item)
        if line is not None:
            rows.append({"study": one, "line": line, "here": one.id == study.id})
    return rows[:12]


@dataclass(frozen=True)
class Share:
    """An item's share of explained variance: a description, never a verdict."""

    line: Line
    value: float
    low: float | None
    high: float | None


def shares_of(story: Reading) -> list[tuple[str, float | None, str, list[Share]]]:
    """Relative importance per outcome: name, explained variance, method, shares from the largest."""
    found = []
    for name, about in (story.behind.get("shares") or {}).items():
        rows = [
            Share(line, row[0], row[1] if len(row) > 1 else None, row[2] if len(row) > 2 else None)
            for item, row in (about.get("items") or {}).items()
            if (line := story.line(item)) is not None
        ]
        if rows:
            found.append(
                (
                    wording.outcome_name(name),
                    about.get("r2"),
                    about.get("method", "johnson"),
                    sorted(rows, key=lambda one: -one.value)[:12],
                )
            )
    return found


@dataclass(frozen=True)
class Survey:
    """NPS of the period with interval, response rate and warnings."""

    nps: float
    low: float
    high: float
    answers: int
    invited: int | None
    rate: float | None
    worst: tuple[float, float] | None
    low_response: bool


def surveys_of(story: Reading) -> Survey | None:
    """The survey behind an NPS outcome, by the adjusted Wald interval (¾ of an answer more on either end)."""
    totals = story.behind.get("survey") or {}
    if not totals.get("answers"):
        return None
    p, d, n = totals["promoters"], totals["detractors"], totals["answers"]
    nps = 100 * (p - d) / n
    share_p, share_d = (p + 0.75) / (n + 3), (d + 0.75) / (n + 3)
    half = 100 * 1.959964 * math.sqrt((share_p + share_d - (share_p - share_d) ** 2) / (n + 3))
    middle = 100 * (share_p - share_d)
    invited = totals.get("invited")
    rate = n / invited if invited else None
    return Survey(
        nps,
        max(middle - half, -100.0),
        min(middle + half, 100.0),
        int(n),
        int(invited) if invited else None,
        rate,
        (rate * nps - (1 - rate) * 100, rate * nps + (1 - rate) * 100) if rate is not None else None,
        rate is not None and rate < 0.2,
    )


__all__ = [
    "changers_of", "checks_of", "doubts_of", "earlier_of", "flags_of", "powers_of", "shares_of", "surveys_of",
]  # fmt: skip
