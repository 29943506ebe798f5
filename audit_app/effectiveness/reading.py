"""A study as it is read: one line an item, its effects in percent and money, grouped by what to do."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from audit_app.effectiveness import wording
from audit_app.effectiveness.rules.behind import per_month
from audit_app.effectiveness.rules.findings import Decision, Estimate, Findings, ItemFinding, Verdict
from audit_app.effectiveness.rules.plan import Model, Outcome, Plan
from audit_app.kit.i18n import _, gettext

SETTLED = (Verdict.PAYS, Verdict.HARMFUL)
ORDER = (Decision.KEEP, Decision.REWORK, Decision.DROP, Decision.HYGIENE, Decision.WAIT)


@dataclass(frozen=True)
class Money:
    """What turns effects into money: a usual location's month, and what a complaint costs."""

    currency: str
    revenue: float | None
    complaints: float | None
    complaint_cost: float | None

    def base(self, outcome: Outcome) -> float | None:
        """What the share is taken of: a usual place's revenue a month, or its complaints."""
        if outcome.name in ("conversion", "ticket"):
            return self.revenue
        return self.complaints if outcome.name == "complaints" and self.complaint_cost else None

    def worth(self, outcome: Outcome, change: float | None) -> float | None:
        """Money a month and shop of a change of the log; None where the outcome has no price."""
        if change is None or outcome.model is Model.MEAN:
            return None
        share = math.expm1(min(max(change, -20.0), 20.0))
        if outcome.name in ("conversion", "ticket") and self.revenue is not None:
            return share * self.revenue
        if outcome.name == "complaints" and self.complaints is not None and self.complaint_cost:
            return -share * self.complaints * self.complaint_cost
        return None


@dataclass(frozen=True)
class Effect:
    """What one item does to one outcome, in the unit it is shown in."""

    raw: Estimate
    outcome: Outcome
    name: str
    value: float | None
    low: float | None
    high: float | None
    shrunk: float | None
    mde: float | None
    smallest: float
    naive: float | None
    worth: float | None
    worth_low: float | None
    worth_high: float | None
    strength: str
    doubted: bool
    needed: int | None
    """Further visits that would settle it, where that many can be made at all."""

    @property
    def verdict(self) -> Verdict:
        return self.raw.verdict

    @property
    def good(self) -> bool | None:
        """Whether the change goes the good way; None where it is not known."""
        return None if self.value is None else self.value * self.outcome.good > 0

    @property
    def text(self) -> str:
        """`+1.4 %`"""
        return wording.effect_text(self.value, self.outcome.model)

    @property
    def interval(self) -> str:
        """`+0.6 to +2.2 %`"""
        return wording.range_text(self.low, self.high, self.outcome.model)


@dataclass(frozen=True)
class Name:
    """An item's text and where it stands, taken from the newest version that has it."""

    text: Mapping[str, str]
    section: Mapping[str, str]
    kind: str
    guidance: Mapping[str, str]
    versions: tuple[int, ...]
    classes: tuple[tuple[int, str], ...]
    """Version number and how the item changed there: same, comparable, new, gone."""
    minutes: float
    in_force: bool


@dataclass(frozen=True)
class Experiment:
    """What a pilot found about an item and an outcome: where chance decided who started when."""

    pilot_id: UUID
    outcome: str
    name: str
    verdict: Verdict
    text: str
    interval: str
    until: date
    version: int | None = None
    """The version that was tried as a whole, of which the item was only a part; None: the item alone."""

    @property
    def outranks(self) -> bool:
        """Whether it settles something about the item; then it counts more than what was observed."""
        return self.version is None and self.verdict in (*SETTLED, Verdict.NO_EVIDENCE)


@dataclass(frozen=True)
class Line:
    """One item of the study."""

    item: str
    name: Name
    finding: ItemFinding
    effects: tuple[Effect, ...]
    sentence: str
    """What was found, in one plain sentence or two."""
    reason: str
    """Why this decision is proposed."""
    taken: Any = None
    """The newest decision of a person, if there is one."""
    experiments: tuple[Experiment, ...] = ()
    """What pilots found about it, by outcome."""

    @property
    def outranked(self) -> bool:
        """Whether an experiment says more than the study."""
        return any(one.outranks for one in self.experiments)

    def tried(self, outcome: str) -> Experiment | None:
        """The experiment that outranks what was observed on that outcome."""
        return next((one for one in self.experiments if one.outcome == outcome and one.outranks), None)

    @property
    def proposed(self) -> Decision:
        return self.finding.decision

    @property
    def lead(self) -> Effect | None:
        """The effect that counts: the surest settled one, else the one nearest to being settled."""
        return lead_of(self.effects)

    @property
    def worth(self) -> float | None:
        """Money a month and shop, always instead of never, over the outcomes where it is settled."""
        known = [one.worth for one in self.effects if one.worth is not None and one.verdict in SETTLED]
        return sum(known) if known else None

    @property
    def to_win(self) -> float | None:
        """What is left of it from today's share to always."""
        if self.worth is None or self.finding.mean is None:
            return None
        return self.worth * (1 - self.finding.mean)

    @property
    def needed(self) -> int | None:
        """Fewest further visits that would settle one of its outcomes; None where visits alone will hardly do."""
        found = [one.needed for one in self.effects if one.needed]
        return min(found) if found else None

    def on(self, outcome: str) -> Effect | None:
        """Its effect on that outcome."""
        return next((one for one in self.effects if one.outcome.name == outcome), None)


@dataclass(frozen=True)
class Group:
    """Items with the same decision."""

    decision: Decision
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Reading:
    """A whole study, ready for pages, tables and the report."""

    plan: Plan
    extras: Mapping[str, Any]
    findings: Findings
    behind: Mapping[str, Any]
    lines: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]
    money: Money

    @property
    def groups(self) -> list[Group]:
        """Lines by decision, in the order a reader wants them, the most valuable first."""
        return [
            Group(decision, found)
            for decision in ORDER
            if (found := tuple(sorted((o for o in self.lines if o.proposed is decision), key=_by_value)))
        ]

    def line(self, item: str) -> Line | None:
        """The line of an item."""
        return next((one for one in self.lines if one.item == item), None)

    @property
    def serious(self) -> bool:
        """Whether something stands against trusting the verdicts."""
        return any(doubt.serious for doubt in self.findings.doubts)

    @property
    def minutes(self) -> float:
        """What the list costs in minutes of a visit."""
        return sum(one.name.minutes for one in self.lines)

    def minutes_of(self, decision: Decision) -> float:
        """The part of items with this decision."""
        return sum(one.name.minutes for one in self.lines if one.proposed is decision)

    @property
    def settled(self) -> list[Line]:
        """Items of which something was shown on any outcome."""
        return [one for one in self.lines if any(effect.verdict in SETTLED for effect in one.effects)]

    @property
    def trade_offs(self) -> list[Line]:
        """Items that pay on one outcome and harm another."""
        return [
            one
            for one in self.lines
            if {Verdict.PAYS, Verdict.HARMFUL} <= {effect.verdict for effect in one.effects}
        ]


def _by_value(line: Line) -> tuple[float, float, str]:
    lead = line.lead
    size = abs(lead.shrunk or lead.value or 0.0) if lead else 0.0
    return (
        -(line.worth or 0.0),
        -size if line.proposed is not Decision.WAIT else (line.needed or 1e12),
        line.item,
    )


def lead_of(effects: Sequence[Effect]) -> Effect | None:
    """The effect a sentence begins with."""

    def order(effect: Effect) -> tuple[int, float]:
        if effect.verdict in SETTLED:
            return (0, effect.raw.q if effect.raw.q is not None else 1.0)
        if effect.verdict is Verdict.NOT_ENOUGH and effect.value is not None:
            return (1, effect.raw.p if effect.raw.p is not None else 1.0)
        return (2 if effect.value is not None else 3, effect.raw.p if effect.raw.p is not None else 1.0)

    return min(effects, key=order) if effects else None


WEAKENING = frozenset({"leads", "placebo", "one_location"})
"""Flags of an item under which it only “moves together with” the outcome."""


FAR = 10
"""Times the visits made so far beyond which a pilot is the better advice."""


def effect_of(estimate: Estimate, outcome: Outcome, money: Money, doubted: bool, visits: int) -> Effect:
    """An estimate in the unit it is shown in; money and prognosis from the shrunk value (method, step 9)."""

    def shown(value: float | None) -> float | None:
        return wording.in_percent(value, outcome.model)

    best = estimate.shrunk if estimate.shrunk is not None else estimate.estimate
    ends = [money.worth(outcome, estimate.ci_low), money.worth(outcome, estimate.ci_high)]
    low, high = sorted(ends) if None not in ends else (None, None)  # type: ignore[type-var]
    return Effect(
        raw=estimate,
        outcome=outcome,
        name=wording.outcome_name(outcome.name),
        value=shown(estimate.estimate),
        low=shown(estimate.ci_low),
        high=shown(estimate.ci_high),
        shrunk=shown(best),
        mde=shown(estimate.mde80),
        smallest=shown(outcome.smallest) or 0.0,
        naive=shown(estimate.naive),
        worth=money.worth(outcome, best),
        worth_low=low,
        worth_high=high,
        strength=wording.strength(estimate, doubted),
        doubted=doubted,
        needed=round_up(estimate.visits_needed)
        if estimate.visits_needed and estimate.visits_needed <= FAR * max(visits, 1)
        else None,
    )


def round_up(visits: int) -> int:
    """About so many: two digits say all that is known."""
    step = 10 ** max(len(str(visits)) - 2, 0)
    return int(-(-visits // step) * step)


def sentence_of(effect: Effect | None, finding: ItemFinding) -> str:
    """What was found, so that a shop owner understands it."""
    if effect is None:
        return gettext(_("No outcome of the study could be compared with it."))
    values = {"outcome": effect.name, "effect": effect.text, "interval": effect.interval}
    if effect.verdict in SETTLED:
        if effect.doubted:
            return gettext(
                _(
                    "%(outcome)s moves together with it: %(effect)s where it is done always instead of never "
                    "(%(interval)s)."
                ),
                **values,
            )
        return gettext(
            _("%(outcome)s: %(effect)s where it is done always instead of never (%(interval)s)."), **values
        )
    if effect.verdict is Verdict.NO_VARIATION:
        if finding.mean is not None and finding.mean > 0.5:
            return gettext(
                _("Nearly always done: without a difference between visits nothing can be compared.")
            )
        return gettext(_("Nearly always the same answer: without a difference nothing can be compared."))
    if effect.verdict is Verdict.NO_EVIDENCE:
        return gettext(
            _("%(outcome)s: whatever it does lies within %(interval)s, too small to matter (%(limit)s)."),
            limit="±" + wording.effect_text(effect.smallest, effect.outcome.model).lstrip("+"),
            **values,
        )
    if effect.low is None or wording.is_wide(effect.low, effect.high, effect.outcome.model):
        return gettext(_("%(outcome)s: too little is known to say anything."), outcome=effect.name)
    return gettext(_("%(outcome)s: somewhere within %(interval)s. That is not settled yet."), **values)


def read(
    plan: Plan,
    extras: Mapping[str, Any],
    findings: Findings,
    behind: Mapping[str, Any],
    names: Mapping[str, Name],
    taken: Mapping[str, Any],
) -> Reading:
    """Put it together in the language of the present request."""
    network = behind.get("network") or {}
    money = Money(
        str(extras.get("currency") or "EUR"),
        per_month(network, "revenue"),
        per_month(network, "complaints"),
        extras.get("complaint_cost"),
    )
    known = {one.name: one for one in plan.outcomes}
    by_item: dict[str, list[Estimate]] = {}
    for estimate in findings.estimates:
        if estimate.outcome in known and not known[estimate.outcome].placebo:
            by_item.setdefault(estimate.item, []).append(estimate)
    place = {one.name: n for n, one in enumerate(plan.outcomes)}
    texts = {item: name.text for item, name in names.items()}
    lines = []
    for finding in findings.items:
        doubted = bool(WEAKENING & set(finding.flags))
        effects = tuple(
            effect_of(one, known[one.outcome], money, doubted, int(network.get("visits") or 0))
            for one in sorted(by_item.get(finding.item, ()), key=lambda one: place[one.outcome])
        )
        lines.append(
            Line(
                item=finding.item,
                name=names.get(finding.item) or unknown(finding.item),
                finding=finding,
                effects=effects,
                sentence=sentence_of(lead_of(effects), finding),
                reason=wording.said(finding.reason, texts),
                taken=taken.get(finding.item),
            )
        )
    seen = {one.outcome for one in findings.estimates}
    outcomes = tuple(one for one in plan.outcomes if one.name in seen and not one.placebo)
    return Reading(plan, extras, findings, behind, tuple(lines), outcomes, money)


def unknown(item: str) -> Name:
    """An item that stands in no version any more."""
    return Name({"en": item}, {}, "", {}, (), (), 0.0, False)


def with_taken(reading: Reading, taken: Mapping[str, Any]) -> Reading:
    """The same study with what people decided since."""
    return replace(reading, lines=tuple(replace(one, taken=taken.get(one.item)) for one in reading.lines))


def with_experiments(reading: Reading, found: Mapping[str, Sequence[Experiment]]) -> Reading:
    """The same study beside what pilots found, by item."""
    return replace(
        reading,
        lines=tuple(replace(one, experiments=tuple(found.get(one.item, ()))) for one in reading.lines),
    )
