"""What the answers of one visit come to, exactly, step by step.

Order of the rules (contracts.md 3): section effects → aggregation → bonus → total caps (the lowest wins) → fail.

* **Counted** is an item that is shown, answered, not N/A, of weight above 0 and no bonus. All else leaves numerator and
  denominator. A section in which nothing is counted leaves too; nothing counted at all is no score: neither 0 nor 100.
* **Section effects**: `zero_section` and `cap_section` hold the section's share of full marks at 0 or at their cap; the
  lowest wins. In pooled aggregation the section's earned points shrink accordingly while its possible points stay.
* **Aggregation**: pooled Σ w·r ÷ Σ w over counted items · sections Σ W·S ÷ Σ W over sections with a counted item.
* **Bonus** adds to what is earned and never to what is possible, and it comes after the section effects, so a section held
  at 0 does not take a bonus back. Pooled: Σ w·r of the bonus items ÷ Σ w counted. Sections: a bonus item adds to its own
  section's numerator only, W·(w·r ÷ Σ w counted there) ÷ Σ W; if its section leaves, the bonus leaves with it. A section
  that holds nothing but bonus items acts as one bonus of the weight W: it adds W·S ÷ Σ W, where S is its own share of full
  marks, and is never part of Σ W. Raising a bonus answer can therefore never lower the total, in either aggregation.
  The total is then held at `bonus_cap` (100 % unless the version says otherwise).
* **Critical miss**: r below the item's threshold, on any shown and answered item that has a ratio: a bonus or an item of
  weight 0 can be critical too, its effect needs no weight.
* **Passed** is None when the version knows no pass mark (total or section) and no `fail`; otherwise true when the total and
  every section that counts reach their marks, unrounded, and no `fail` happened. Sections are judged without bonus.
* **N/A share**: N/A answers ÷ shown items that could have counted, because N/A is the cheapest way to game a score.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.scoring.rules.percent import percent, tenths
from audit_app.standards.rules.answers import Answer, Answers, ratio_of
from audit_app.standards.rules.definition import (
    Aggregation,
    Band,
    Critical,
    Effect,
    Item,
    Section,
    Version,
)
from audit_app.standards.rules.values import write_decimal
from audit_app.standards.rules.visibility import Attributes, Visibility, visibility

RULE_VERSION: Final = "1"
_ZERO, _ONE, _HUNDRED = Fraction(0), Fraction(1), Fraction(100)


class Why(StrEnum):
    """Why an item counts as it does, or not at all."""

    SCORED = "scored"
    SECTION_ZEROED = "section_zeroed"
    SECTION_CAPPED = "section_capped"
    BONUS = "bonus"
    BONUS_LEFT = "bonus_left"
    NOT_APPLICABLE = "not_applicable"
    HIDDEN = "hidden"
    NOT_APPLYING = "not_applying"
    NOT_SCORED = "not_scored"
    UNANSWERED = "unanswered"


WHY: Final[Mapping[Why, str]] = {
    Why.SCORED: _("Counted: weight × share of full marks."),
    Why.SECTION_ZEROED: _("Counted, but a critical miss sets the whole section to 0."),
    Why.SECTION_CAPPED: _("Counted, but a critical miss caps the whole section."),
    Why.BONUS: _("Bonus: adds to what is earned, never to what is possible."),
    Why.BONUS_LEFT: _("Bonus without effect: nothing else in its section is counted."),
    Why.NOT_APPLICABLE: _("Answered as not applicable, so it leaves the score."),
    Why.HIDDEN: _("Not asked, because of an earlier answer, so it leaves the score."),
    Why.NOT_APPLYING: _("Does not apply to this location, so it leaves the score."),
    Why.NOT_SCORED: _("Asked, but not part of the score."),
    Why.UNANSWERED: _("Not answered, so it leaves the score."),
}


class StepKind(StrEnum):
    SECTION_EFFECT = "section_effect"
    AGGREGATION = "aggregation"
    BONUS = "bonus"
    BONUS_CAP = "bonus_cap"
    TOTAL_CAP = "total_cap"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Term:
    """One item's part. `ratio` is None where there is nothing to judge; `counted` is true where it moves the score."""

    item: str
    section: str
    answer: str | None
    ratio: Fraction | None
    weight: Fraction
    counted: bool
    bonus: bool
    why: Why

    @property
    def earned(self) -> Fraction:
        """Weight × ratio of what is counted, before effects on its section."""
        return self.weight * self.ratio if self.counted and self.ratio is not None else _ZERO

    @property
    def sentence(self) -> str:
        """The msgid of the reason."""
        return WHY[self.why]


@dataclass(frozen=True, slots=True)
class CriticalMiss:
    item: str
    section: str
    ratio: Fraction
    effect: Effect
    at: Fraction | None


@dataclass(frozen=True, slots=True)
class SectionScore:
    """`earned` ÷ `possible` is `before`; `ratio` is after the section's critical effects; None when nothing counts.

    `bonus` is Σ w·r of its bonus items, `bonus_weight` their Σ w.
    """

    code: str
    weight: Fraction
    earned: Fraction
    possible: Fraction
    bonus: Fraction
    bonus_weight: Fraction
    before: Fraction | None
    ratio: Fraction | None
    pass_mark: Fraction | None
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to the total, for “Why this score?”: `text` is a msgid that `values` complete."""

    kind: StepKind
    text: str
    values: Mapping[str, Any]
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class Score:
    ratio: Fraction | None
    base: Fraction | None
    bonus: Fraction
    sections: tuple[SectionScore, ...]
    terms: tuple[Term, ...]
    critical: tuple[CriticalMiss, ...]
    steps: tuple[Step, ...]
    passed: bool | None
    band: Band | None
    na_share: Fraction | None
    rule_version: str = RULE_VERSION

    @property
    def percent(self) -> str | None:
        return None if self.ratio is None else percent(self.ratio)

    @property
    def tenths(self) -> int | None:
        return None if self.ratio is None else tenths(self.ratio)


def score_of(
    version: Version,
    answers: Answers,
    attributes: Attributes,
    seen: Mapping[str, Visibility] | None = None,
) -> Score:
    """The score of one visit. A pure function: the same arguments give the same score for ever.

    `seen` is the visibility of exactly these arguments, where the caller has it already.
    """
    if seen is None:
        seen = visibility(version, answers, attributes)
    terms: list[Term] = []
    misses: list[CriticalMiss] = []
    sections: list[SectionScore] = []
    steps: list[Step] = []
    not_applicable = could_count = 0
    for section in version.sections:
        cap = _ONE
        mine: list[Term] = []
        for item in section.items:
            term, miss = _term(item, section, answers.get(item.code), seen[item.code])
            mine.append(term)
            if item.scored and not item.bonus and seen[item.code] is Visibility.SHOWN:
                could_count += 1
                not_applicable += term.why is Why.NOT_APPLICABLE
            if miss is not None:
                misses.append(miss)
                cap = min(cap, _section_cap(miss))
        score = _section_score(section, mine, cap)
        if score.before is not None and score.ratio is not None and score.ratio < score.before:
            steps.append(_section_step(score))
            why = Why.SECTION_ZEROED if score.ratio == 0 else Why.SECTION_CAPPED
            mine = [_because(term, why) if term.why is Why.SCORED else term for term in mine]
        elif score.before is None and version.aggregation is Aggregation.SECTIONS and not section.only_bonus:
            mine = [
                _because(term, Why.BONUS_LEFT, counted=False) if term.why is Why.BONUS else term
                for term in mine
            ]
        sections.append(score)
        terms.extend(mine)

    base, bonus = _aggregate(version, sections, steps)
    ratio = base
    if base is None:
        terms = [
            _because(term, Why.BONUS_LEFT, counted=False) if term.why is Why.BONUS else term for term in terms
        ]
    else:
        ratio = _with_bonus(version, base, bonus, steps)
        ratio = _with_total_caps(ratio, misses, steps)
    failed = any(miss.effect is Effect.FAIL for miss in misses)
    if failed:
        steps.append(_fail_step(misses, ratio))
    return Score(
        ratio=ratio,
        base=base,
        bonus=bonus,
        sections=tuple(sections),
        terms=tuple(terms),
        critical=tuple(misses),
        steps=tuple(steps),
        passed=_passed(version, ratio, sections, failed),
        band=_band(version, ratio, failed),
        na_share=Fraction(not_applicable, could_count) if could_count else None,
    )


def _term(
    item: Item, section: Section, answer: Answer | None, seen: Visibility
) -> tuple[Term, CriticalMiss | None]:
    ratio: Fraction | None = None
    miss: CriticalMiss | None = None
    counted = False
    if seen is not Visibility.SHOWN:
        why = Why.HIDDEN if seen is Visibility.HIDDEN else Why.NOT_APPLYING
    elif answer is None:
        why = Why.UNANSWERED if item.scored else Why.NOT_SCORED
    elif answer.is_na:
        why = Why.NOT_APPLICABLE if item.scored else Why.NOT_SCORED
    else:
        ratio = ratio_of(item, answer)
        counted = item.scored and ratio is not None
        why = (Why.BONUS if item.bonus else Why.SCORED) if counted else Why.NOT_SCORED
        if ratio is not None and item.critical is not None and ratio < item.critical.below:
            miss = CriticalMiss(item.code, section.code, ratio, item.critical.effect, item.critical.at)
    said = None if answer is None or seen is not Visibility.SHOWN else answer.text
    return Term(item.code, section.code, said, ratio, item.weight, counted, item.bonus, why), miss


def _because(term: Term, why: Why, *, counted: bool = True) -> Term:
    return Term(term.item, term.section, term.answer, term.ratio, term.weight, counted, term.bonus, why)


def _section_cap(miss: CriticalMiss) -> Fraction:
    if miss.effect is Effect.ZERO_SECTION:
        return _ZERO
    if miss.effect is Effect.CAP_SECTION and miss.at is not None:
        return miss.at / 100
    return _ONE


def _section_score(section: Section, terms: list[Term], cap: Fraction) -> SectionScore:
    counted = [term for term in terms if term.counted and not term.bonus]
    extra = [term for term in terms if term.counted and term.bonus]
    earned, possible = _earned(counted), _sum(term.weight for term in counted)
    bonus, bonus_weight = (_earned(extra), _sum(term.weight for term in extra)) if extra else (_ZERO, _ZERO)
    before = earned / possible if possible else None
    ratio = None if before is None else min(before, cap)
    passed = None if ratio is None or section.pass_mark is None else ratio * _HUNDRED >= section.pass_mark
    return SectionScore(
        section.code,
        section.weight,
        earned,
        possible,
        bonus,
        bonus_weight,
        before,
        ratio,
        section.pass_mark,
        passed,
    )


def _earned(terms: Iterable[Term]) -> Fraction:
    above: dict[int, int] = {}
    for term in terms:
        if ratio := term.ratio:
            below = term.weight.denominator * ratio.denominator
            above[below] = above.get(below, 0) + term.weight.numerator * ratio.numerator
    return _together(above)


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    above: dict[int, int] = {}
    for number in numbers:
        below = number.denominator
        above[below] = above.get(below, 0) + number.numerator
    return _together(above)


def _together(above: Mapping[int, int]) -> Fraction:
    """Exact, and quick where many numbers share few denominators: numerators were added first, by denominator."""
    common = lcm(*above)
    return Fraction(sum(total * (common // below) for below, total in above.items()), common)


def _aggregate(
    version: Version, sections: list[SectionScore], steps: list[Step]
) -> tuple[Fraction | None, Fraction]:
    """The total before bonus, and what the bonus adds to it."""
    counting = [score for score in sections if score.ratio is not None]
    if not counting:
        return None, _ZERO
    bonus = _ZERO
    if version.aggregation is Aggregation.POOLED:
        earned = sum((score.ratio * score.possible for score in counting if score.ratio is not None), _ZERO)
        possible = _sum(score.possible for score in counting)
        base = earned / possible
        bonus = _sum(score.bonus for score in sections if score.bonus) / possible
        text = _("%(earned)s earned of %(possible)s possible points: %(after)s %%")
        values = {"earned": _points(earned), "possible": _points(possible), "after": percent(base)}
    else:
        weights = _sum(score.weight for score in counting)
        base = _sum(score.weight * score.ratio for score in counting if score.ratio is not None) / weights
        for section, score in zip(version.sections, sections, strict=True):
            if not score.bonus:
                continue
            if section.only_bonus and score.bonus_weight:
                bonus += score.weight * score.bonus / score.bonus_weight / weights
            elif score.possible:
                bonus += score.weight * score.bonus / score.possible / weights
        text = _("%(count)s sections by their weights: %(after)s %%")
        values = {"count": str(len(counting)), "after": percent(base)}
    steps.append(Step(StepKind.AGGREGATION, text, values, None, base))
    return base, bonus


def _with_bonus(version: Version, base: Fraction, bonus: Fraction, steps: list[Step]) -> Fraction:
    if not bonus:
        return base
    total = base + bonus
    values: dict[str, Any] = {"bonus": percent(bonus), "after": percent(total)}
    steps.append(Step(StepKind.BONUS, _("Bonus: +%(bonus)s points, so %(after)s %%"), values, base, total))
    if version.bonus_cap is None or total * _HUNDRED <= version.bonus_cap:
        return total
    held = version.bonus_cap / 100
    values = {"cap": _points(version.bonus_cap)}
    steps.append(
        Step(StepKind.BONUS_CAP, _("With bonus the total may reach %(cap)s %% at most"), values, total, held)
    )
    return held


def _with_total_caps(ratio: Fraction, misses: list[CriticalMiss], steps: list[Step]) -> Fraction:
    lowest: tuple[Fraction, CriticalMiss] | None = None
    for miss in misses:
        if miss.effect is Effect.ZERO_TOTAL:
            cap = _ZERO
        elif miss.effect is Effect.CAP_TOTAL and miss.at is not None:
            cap = miss.at / 100
        else:
            continue
        if lowest is None or cap < lowest[0]:
            lowest = (cap, miss)
    if lowest is None or lowest[0] >= ratio:
        return ratio
    cap, miss = lowest
    values = {"item": miss.item, "cap": _points(cap * _HUNDRED)}
    text = _("Critical miss “%(item)s”: the total is held at %(cap)s %%")
    steps.append(Step(StepKind.TOTAL_CAP, text, values, ratio, cap))
    return cap


def _section_step(score: SectionScore) -> Step:
    assert score.before is not None
    assert score.ratio is not None
    values = {"section": score.code, "before": percent(score.before), "after": percent(score.ratio)}
    text = _("Critical miss in section “%(section)s”: %(before)s %% becomes %(after)s %%")
    return Step(StepKind.SECTION_EFFECT, text, values, score.before, score.ratio)


def _fail_step(misses: list[CriticalMiss], ratio: Fraction | None) -> Step:
    items = ", ".join(miss.item for miss in misses if miss.effect is Effect.FAIL)
    text = _("Critical miss “%(items)s”: not passed and in the lowest band, whatever the number")
    return Step(StepKind.FAIL, text, {"items": items}, ratio, ratio)


def has_pass_rule(version: Version) -> bool:
    """Whether a visit of this version can be passed or failed at all."""
    return (
        version.pass_mark is not None
        or any(section.pass_mark is not None for section in version.sections)
        or any(_fails(item.critical) for item in version.items)
    )


def _fails(critical: Critical | None) -> bool:
    return critical is not None and critical.effect is Effect.FAIL


def _passed(
    version: Version, ratio: Fraction | None, sections: list[SectionScore], failed: bool
) -> bool | None:
    if failed:
        return False
    if ratio is None or not has_pass_rule(version):
        return None
    if version.pass_mark is not None and ratio * _HUNDRED < version.pass_mark:
        return False
    return all(score.passed is not False for score in sections)


def _band(version: Version, ratio: Fraction | None, failed: bool) -> Band | None:
    if ratio is None or not version.bands:
        return None
    if failed:
        return version.bands[0]
    reached = ratio * _HUNDRED
    return next(band for band in reversed(version.bands) if band.start <= reached)


def _points(number: Fraction) -> str:
    """Points as people read them: exact where that is short, else rounded to two decimals."""
    if (number * 1000).denominator == 1:
        return write_decimal(number)
    hundredths = (200 * number.numerator + number.denominator) // (2 * number.denominator)
    return write_decimal(Fraction(hundredths, 100))
