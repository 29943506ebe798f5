"""Whether a study can be trusted, in words: reasons to doubt, power, what would change a verdict, shares, surveys."""

import math
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from audit_app.effectiveness import wording
from audit_app.effectiveness.models import Study
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.reading import SETTLED, Line, Reading
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.kit.i18n import _, format_number, gettext, ngettext


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

    outcome: str
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
                outcome.name,
                wording.outcome_name(outcome.name),
                wording.size_text(wording.in_percent(outcome.smallest, outcome.model), outcome.model),
                wording.size_text(wording.in_percent(middle, outcome.model), outcome.model),
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


def marked_of(story: Reading) -> list[tuple[str, str, str, list[Line]]]:
    """Items that a check marked, for the links of the checks: anchor, title, what it means, the items."""

    def those(flag: str) -> tuple[str, list[Line]]:
        return gettext(FLAGS[flag][1]), [one for one in story.lines if flag in one.finding.flags]

    return [
        ("overlap", gettext(_("Items that share their credit")), *those("collinear")),
        ("alone", gettext(_("Findings that hang on a single place")), *those("one_location")),
        ("twins", gettext(_("Items always answered alike")), *those("twin")),
    ]  # fmt: skip


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
    "changers_of", "doubts_of", "earlier_of", "flags_of", "marked_of", "powers_of", "shares_of", "surveys_of",
]  # fmt: skip
