"""Walks through many visits, some thousands at a time, and adds up what the plan's tables say.

The order is that of `score_of`: what was asked → sums by section → section effects → aggregation → bonus → total caps → fail.
Chunks are small enough to stay in the processor's cache.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final

import numpy as np

from audit_app.scoring.asked import Asked
from audit_app.scoring.encoding import Columns, Whole
from audit_app.scoring.plan import Plan, SectionPlan, TooWide, is_pooled
from audit_app.scoring.results import NO_SCORE, BulkScores, Flags
from audit_app.scoring.rules.score import has_pass_rule
from audit_app.scoring.sums import (
    Rows,
    Sums,
    added_up,
    common_divisor,
    distinct_in,
    factors_of,
    field_of,
    halves_of,
    joins_of,
    rows_of,
)
from audit_app.standards.rules.definition import Effect

_CHUNK: Final = 1 << 14


class Work:
    """The tables of one run, and the walk over its chunks."""

    def __init__(self, columns: Columns, plan: Plan, scores: BulkScores) -> None:
        self.columns = columns
        self.plan = plan
        self.scores = scores
        self.version = columns.version
        self.joins = tuple(joins_of(part) for part in plan.sections)
        self.asked = Asked(columns)
        self.pass_rule = has_pass_rule(self.version)
        self.critical_row = {code: row for row, code in enumerate(scores.critical_items)}
        thresholds = [band.start / 100 for band in self.version.bands]
        if self.version.pass_mark is not None:
            thresholds.append(self.version.pass_mark / 100)
        widest = max([2001, *(max(one.numerator, one.denominator) for one in thresholds)])
        # No total's numerator or denominator may pass this, so that every comparison below stays within 63 bits.
        self.limit = (1 << 62) // widest
        self._check_widths()

    def run(self) -> list[int]:
        """Scores chunk by chunk; gives the visits that must be scored one by one."""
        left: list[int] = []
        for start in range(0, self.columns.visits, _CHUNK):
            left.extend(self._chunk(start, min(start + _CHUNK, self.columns.visits)))
        return left

    def _check_widths(self) -> None:
        for part in self.plan.sections:
            mark = Fraction(0) if part.section.pass_mark is None else part.section.pass_mark / 100
            if part.largest_possible * part.r * max(mark.numerator, mark.denominator) >= 1 << 62:
                raise TooWide
        if is_pooled(self.version):
            r, parts = self.plan.r, self.plan.sections
            largest = sum(part.largest_possible * r + part.largest_bonus * (r // part.r) for part in parts)
            if largest >= self.limit:
                raise TooWide

    def _chunk(self, start: int, end: int) -> list[int]:
        states = self.asked.states(start, end)
        rows = slice(start, end)
        na = np.zeros(end - start, dtype=np.int64)
        could = np.zeros(end - start, dtype=np.int64)
        missed: dict[str, Flags] = {}
        sections: list[Sums] = []
        for index, (part, joins) in enumerate(zip(self.plan.sections, self.joins, strict=True)):
            words = added_up(part, joins, states, end - start)
            na += field_of(words, part.na)
            could += field_of(words, part.could)
            sums = Sums(part, field_of(words, part.earned), field_of(words, part.possible), None, None)
            if part.largest_bonus:
                sums.bonus, sums.bonus_weight = (
                    field_of(words, part.bonus),
                    field_of(words, part.bonus_weight),
                )
            self._section_effects(part, words, sums, missed)
            self.scores.section_numerators[index, rows] = sums.earned
            np.multiply(sums.possible, part.r, out=self.scores.section_denominators[index, rows])
            sections.append(sums)
        for code, flags in missed.items():
            self.scores.critical[self.critical_row[code], rows] = flags
        self.scores.na[rows] = na
        self.scores.could_count[rows] = could
        failed = self._any_missed(missed, Effect.FAIL, end - start)
        if is_pooled(self.version):
            numerators, denominators = self._pooled(sections, missed)
            self._finish(np.arange(start, end), numerators, denominators, sections, failed, slice(None))
            return []
        return self._by_sections(start, end, sections, missed, failed)

    # ------------------------------------------------------------------ critical effects

    def _section_effects(
        self, part: SectionPlan, words: Sequence[Whole], sums: Sums, missed: dict[str, Flags]
    ) -> None:
        for item_plan in part.items:
            critical = item_plan.item.critical
            if item_plan.miss is None or critical is None:
                continue
            flags = field_of(words, item_plan.miss).astype(np.bool_)
            missed[item_plan.item.code] = flags
            if critical.effect in (Effect.ZERO_SECTION, Effect.CAP_SECTION):
                cap = (
                    Fraction(0)
                    if critical.effect is Effect.ZERO_SECTION
                    else (critical.at or Fraction(0)) / 100
                )
                at = np.flatnonzero(flags)
                sums.earned[at] = np.minimum(sums.earned[at], sums.possible[at] * int(cap * part.r))

    def _any_missed(self, missed: dict[str, Flags], effect: Effect, count: int) -> Flags:
        found = np.zeros(count, dtype=np.bool_)
        for item in self.version.items:
            if item.critical and item.critical.effect is effect and item.code in missed:
                found |= missed[item.code]
        return found

    def _hold(
        self,
        numerators: Whole,
        denominators: Whole,
        missed: dict[str, Flags],
        rows: Rows | None,
    ) -> None:
        """Bonus cap, then total caps. The denominators are multiples of every cap's own, so the division leaves nothing."""
        cap = self.version.bonus_cap
        if cap is not None and any(part.largest_bonus for part in self.plan.sections):
            share = cap / 100
            np.minimum(numerators, denominators // share.denominator * share.numerator, out=numerators)
        for item in self.version.items:
            critical = item.critical
            if critical is None or critical.effect not in (Effect.ZERO_TOTAL, Effect.CAP_TOTAL):
                continue
            share = (
                Fraction(0) if critical.effect is Effect.ZERO_TOTAL else (critical.at or Fraction(0)) / 100
            )
            flags = missed[item.code] if rows is None else missed[item.code][rows]
            at = np.flatnonzero(flags)
            numerators[at] = np.minimum(
                numerators[at], denominators[at] // share.denominator * share.numerator
            )

    # ------------------------------------------------------------------ aggregation

    def _pooled(self, sections: Sequence[Sums], missed: dict[str, Flags]) -> tuple[Whole, Whole]:
        r = self.plan.r
        numerators = np.zeros_like(sections[0].earned)
        denominators = np.zeros_like(numerators)
        for sums in sections:
            factor = r // sums.part.r
            numerators += sums.earned * factor
            denominators += sums.possible
            if sums.bonus is not None:
                numerators += sums.bonus * factor
        denominators *= r
        self._hold(numerators, denominators, missed, None)
        return numerators, denominators

    def _by_sections(
        self, start: int, end: int, sections: Sequence[Sums], missed: dict[str, Flags], failed: Flags
    ) -> list[int]:
        """Finds one denominator for the chunk; where it would be too large, for ever smaller groups of like visits."""
        left: list[int] = []
        waiting: list[Rows | None] = [None]
        while waiting:
            rows = waiting.pop()
            try:
                numerators, denominators = self._weighted(sections, missed, rows)
            except TooWide:
                groups = halves_of(sections, rows, end - start)
                if not groups:
                    left.extend((np.arange(start, end) if rows is None else rows + start).tolist())
                waiting.extend(groups)
                continue
            where = slice(None) if rows is None else rows
            at = np.arange(start, end) if rows is None else rows + start
            self._finish(at, numerators, denominators, sections, failed, where)
        return left

    def _weighted(
        self, sections: Sequence[Sums], missed: dict[str, Flags], rows: Rows | None
    ) -> tuple[Whole, Whole]:
        weight_scale = lcm(*(sums.part.section.weight.denominator for sums in sections))
        weights = [int(sums.part.section.weight * weight_scale) for sums in sections]
        parts = [rows_of(sums, rows) for sums in sections]
        seen = [distinct_in(sums.possible, sums.part.largest_possible) for sums in parts]
        extra = [
            distinct_in(sums.bonus_weight, sums.part.largest_bonus // sums.part.r)
            if sums.part.section.only_bonus and sums.bonus_weight is not None
            else []
            for sums in parts
        ]
        whole = lcm(self.plan.r, *(
            value * sums.part.r
            for sums, values, more in zip(parts, seen, extra, strict=True)
            for value in (*values, *more) if value
        ))  # fmt: skip
        if whole * sum(weights) >= self.limit:
            raise TooWide
        numerators = np.zeros_like(parts[0].earned)
        denominators = np.zeros_like(numerators)
        largest = 0
        for sums, weight, values, more in zip(parts, weights, seen, extra, strict=True):
            part = sums.part
            factors = factors_of(values, part, whole, weight, part.largest_possible)
            highest = int(factors.max())
            largest += part.largest_bonus * highest + part.largest_possible * part.r * highest
            if largest >= 1 << 62:
                raise TooWide
            factor = factors[sums.possible]
            numerators += sums.earned * factor
            denominators += np.where(sums.possible > 0, weight, 0)
            if sums.bonus is None or sums.bonus_weight is None:
                continue
            if part.section.only_bonus:
                factors = factors_of(more, part, whole, weight, part.largest_bonus // part.r)
                factor = factors[sums.bonus_weight]
                largest += part.largest_bonus * int(factors.max())
                if largest >= 1 << 62:
                    raise TooWide
            numerators += sums.bonus * factor
        numerators[denominators == 0] = 0
        denominators *= whole
        if int(numerators.max(initial=0)) >= self.limit:
            raise TooWide
        self._hold(numerators, denominators, missed, rows)
        return numerators, denominators

    # ------------------------------------------------------------------ what the number means

    def _finish(
        self,
        at: Rows,
        numerators: Whole,
        denominators: Whole,
        sections: Sequence[Sums],
        failed: Flags,
        where: slice | Rows,
    ) -> None:
        scores, version = self.scores, self.version
        scored = denominators > 0
        numerators[~scored] = 0
        safe = np.where(scored, denominators, 1)
        divisor = common_divisor(numerators, safe)
        scores.numerators[at] = numerators // divisor
        scores.denominators[at] = np.where(scored, safe // divisor, 0)
        scores.tenths[at] = np.where(scored, (2000 * numerators + safe) // (2 * safe), NO_SCORE)
        lost = failed[where]
        if version.bands:
            band = np.full(len(numerators), -1, dtype=np.int16)
            for one in version.bands:
                share = one.start / 100
                band += (numerators * share.denominator >= share.numerator * safe).astype(np.int16)
            scores.band[at] = np.where(scored, np.where(lost, 0, band), NO_SCORE)
        passed = np.full(len(numerators), NO_SCORE, dtype=np.int8)
        if self.pass_rule:
            good = np.ones(len(numerators), dtype=np.bool_)
            if version.pass_mark is not None:
                share = version.pass_mark / 100
                good &= numerators * share.denominator >= share.numerator * safe
            for sums in sections:
                mark = sums.part.section.pass_mark
                if mark is not None:
                    share = mark / 100
                    possible = sums.possible[where] * sums.part.r
                    good &= (possible == 0) | (
                        sums.earned[where] * share.denominator >= share.numerator * possible
                    )
            passed = np.where(scored, good, NO_SCORE).astype(np.int8)
        scores.passed[at] = np.where(lost, 0, passed)
