"""A version's rules as whole numbers: which table to look up, how wide each sum can grow.

All fractions of a section are put on one denominator R (of its ratios and of its caps), all weights of the version on another,
so every sum is a sum of whole numbers. Several sums travel in one 64-bit word, each in a field wide enough for its largest
value, so one addition adds them all and no carry can cross from one field into the next.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

import numpy as np

from audit_app.scoring.encoding import UNANSWERED, Columns, StatesOf, Whole
from audit_app.standards.rules.definition import Aggregation, Critical, Effect, Item, Section, Version

WORD: Final = 62
"""Bits of a 64-bit word that a sum may use: one for the sign, one to spare."""


class TooWide(Exception):
    """The numbers of this version do not fit into machine words; score it visit by visit."""


@dataclass(frozen=True)
class Place:
    """Where a sum lives: `word >> shift & mask`."""

    word: int
    shift: int
    mask: int


@dataclass(frozen=True)
class ItemPlan:
    """`words[k][state]` is what an answer in this state adds to word k of its section."""

    index: int
    item: Item
    words: tuple[Whole, ...]
    miss: Place | None


@dataclass(frozen=True)
class SectionPlan:
    """`earned` is in units of 1 ÷ (scale · R), `possible` of 1 ÷ scale, where `scale` is the version's."""

    section: Section
    items: tuple[ItemPlan, ...]
    words: int
    r: int
    earned: Place
    possible: Place
    bonus: Place
    bonus_weight: Place
    na: Place
    could: Place
    largest_possible: int
    largest_bonus: int


@dataclass(frozen=True)
class Plan:
    version: Version
    scale: int
    sections: tuple[SectionPlan, ...]

    @property
    def r(self) -> int:
        """One denominator for the ratios of all sections and for every limit the total is held at."""
        limits = [_share(item.critical) for item in self.version.items if item.critical]
        cap = self.version.bonus_cap
        return lcm(*(part.r for part in self.sections), *(limit.denominator for limit in limits),
                   (cap / 100).denominator if cap is not None else 1)  # fmt: skip


def plan_of(columns: Columns) -> Plan:
    """The plan for these answers; raises `TooWide` where a sum could leave its word."""
    version = columns.version
    scale = lcm(*(item.weight.denominator for item in version.items))
    start = 0
    sections: list[SectionPlan] = []
    for section in version.sections:
        end = start + len(section.items)
        sections.append(_section_plan(section, start, columns.tables[start:end], scale))
        start = end
    return Plan(version, scale, tuple(sections))


def _share(critical: Critical) -> Fraction:
    return critical.at / 100 if critical.at is not None else Fraction(0)


@dataclass
class _Fields:
    """Gives every sum its bits, opening a new word when the last one is full."""

    word: int = 0
    used: int = 0

    def place(self, largest: int) -> Place:
        bits = largest.bit_length()
        if bits > WORD:
            raise TooWide
        if self.used + bits > WORD:
            self.word, self.used = self.word + 1, 0
        place = Place(self.word, self.used, (1 << bits) - 1)
        self.used += bits
        return place


def _section_plan(section: Section, start: int, tables: tuple[StatesOf, ...], scale: int) -> SectionPlan:
    ratios = [state.ratio for table in tables for state in table.states if state.ratio is not None]
    caps = [
        _share(item.critical)
        for item in section.items
        if item.critical and item.critical.effect in (Effect.CAP_SECTION, Effect.ZERO_SECTION)
    ]
    r = lcm(*(number.denominator for number in [*ratios, *caps]))
    regular = sum(int(item.weight * scale) for item in section.items if item.scored and not item.bonus)
    extra = sum(int(item.weight * scale) for item in section.items if item.scored and item.bonus)
    fields = _Fields()
    places = {
        "earned": fields.place(regular * r),
        "possible": fields.place(regular),
        "na": fields.place(len(section.items)),
        "could": fields.place(len(section.items)),
        "bonus": fields.place(extra * r),
        "bonus_weight": fields.place(extra),
    }
    misses = {item.code: fields.place(1) for item in section.items if item.critical}
    items = tuple(
        _item_plan(start + index, item, table, places, misses.get(item.code), fields.word + 1, r, scale)
        for index, (item, table) in enumerate(zip(section.items, tables, strict=True))
    )
    return SectionPlan(
        section=section,
        items=items,
        words=fields.word + 1,
        r=r,
        largest_possible=regular,
        largest_bonus=extra * r,
        **places,
    )


def _item_plan(
    index: int,
    item: Item,
    table: StatesOf,
    places: dict[str, Place],
    miss: Place | None,
    words: int,
    r: int,
    scale: int,
) -> ItemPlan:
    weight = int(item.weight * scale)
    sums = [[0] * len(table.states) for _word in range(words)]

    def add(place: Place, state: int, value: int) -> None:
        sums[place.word][state] += value << place.shift

    for number, state in enumerate(table.states):
        asked = number == UNANSWERED or state.is_na or state.ratio is not None
        if asked and item.scored and not item.bonus:
            add(places["could"], number, 1)
            add(places["na"], number, int(state.is_na))
        if state.ratio is None:
            continue
        if miss and item.critical and state.ratio < item.critical.below:
            add(miss, number, 1)
        if item.scored:
            earned, possible = ("bonus", "bonus_weight") if item.bonus else ("earned", "possible")
            add(places[earned], number, int(state.ratio * r) * weight)
            add(places[possible], number, weight)
    return ItemPlan(index, item, tuple(np.array(column, dtype=np.int64) for column in sums), miss)


def is_pooled(version: Version) -> bool:
    return version.aggregation is Aggregation.POOLED
