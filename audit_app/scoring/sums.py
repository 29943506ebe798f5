"""Looking up and adding up: the sums of one section over one chunk of visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit_app.scoring.encoding import States, Whole
from audit_app.scoring.plan import Place, SectionPlan, TooWide

_JOINED: Final = 1 << 13
_WIDEST_TABLE: Final = 1 << 20

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Join:
    """Several items looked up at once: their states as the digits of one number, and one table for all."""

    items: tuple[int, ...]
    widths: tuple[int, ...]
    words: tuple[Whole, ...]


def joins_of(part: SectionPlan) -> tuple[Join, ...]:
    joins: list[Join] = []
    items: list[int] = []
    widths: list[int] = []
    words: list[Whole] = []
    for item in part.items:
        width = len(item.words[0])
        if items and len(words[0]) * width > _JOINED:
            joins.append(Join(tuple(items), tuple(widths), tuple(words)))
            items, widths, words = [], [], []
        if items:
            words = [np.add.outer(old, new).ravel() for old, new in zip(words, item.words, strict=True)]
        else:
            words = list(item.words)
        items.append(item.index)
        widths.append(width)
    joins.append(Join(tuple(items), tuple(widths), tuple(words)))
    return tuple(joins)


@dataclass
class Sums:
    """One section in one chunk: after its critical effects, in whole numbers."""

    part: SectionPlan
    earned: Whole
    possible: Whole
    bonus: Whole | None
    bonus_weight: Whole | None


def added_up(part: SectionPlan, joins: Sequence[Join], states: Sequence[States], count: int) -> list[Whole]:
    words = [np.zeros(count, dtype=np.int64) for _word in range(part.words)]
    for join in joins:
        index = states[join.items[0]].astype(np.uint16)  # _JOINED keeps it below 65536
        for item, width in zip(join.items[1:], join.widths[1:], strict=True):
            index *= width
            index += states[item]
        for word, table in zip(words, join.words, strict=True):
            word += table.take(index)
    return words


def field_of(words: Sequence[Whole], place: Place) -> Whole:
    word = words[place.word]
    return (word >> place.shift) & place.mask if place.shift else word & place.mask


def among(column: States, wanted: Sequence[int], count: int) -> Flags:
    """Where the state is one of these; comparing is faster than looking up while they are few."""
    if len(wanted) > 4:
        table = np.zeros(count, dtype=np.bool_)
        table[list(wanted)] = True
        return table[column]
    found = np.zeros(len(column), dtype=np.bool_)
    for state in wanted:
        found |= column == state
    return found


def common_divisor(one: Whole, other: Whole) -> Whole:
    """The greatest common divisor; in 32 bits where they suffice, which is three times faster."""
    if int(one.max(initial=0)) < 1 << 32 and int(other.max(initial=0)) < 1 << 32:
        return np.gcd(one.astype(np.uint32), other.astype(np.uint32)).astype(np.int64)
    return np.gcd(one, other)


def rows_of(sums: Sums, rows: Rows | None) -> Sums:
    if rows is None:
        return sums
    return Sums(
        sums.part,
        sums.earned[rows],
        sums.possible[rows],
        None if sums.bonus is None else sums.bonus[rows],
        None if sums.bonus_weight is None else sums.bonus_weight[rows],
    )


def distinct_in(values: Whole, largest: int) -> list[int]:
    """The different values; by a table of flags where that is small, else by sorting."""
    if largest > _WIDEST_TABLE:
        return [int(value) for value in np.unique(values)]
    flags = np.zeros(largest + 1, dtype=np.bool_)
    flags[values] = True
    return [int(value) for value in np.flatnonzero(flags)]


def factors_of(values: Sequence[int], part: SectionPlan, whole: int, weight: int, largest: int) -> Whole:
    """possible → weight · whole ÷ (possible · R): what one unit of earned is worth on the chunk's denominator."""
    if largest > _WIDEST_TABLE:
        raise TooWide
    factors = np.zeros(largest + 1, dtype=np.int64)
    for value in values:
        if value:
            factors[value] = weight * (whole // (value * part.r))
    return factors


def halves_of(sections: Sequence[Sums], rows: Rows | None, count: int) -> list[Rows | None]:
    """Splits visits into two groups of like possible points; nothing when all of them are alike already."""
    rows = np.arange(count, dtype=np.int64) if rows is None else rows
    keys = [key[rows] for sums in sections for key in (sums.possible, sums.bonus_weight) if key is not None]
    order = np.lexsort(keys[::-1])
    ordered = [key[order] for key in keys]
    changes = np.flatnonzero(np.any([key[1:] != key[:-1] for key in ordered], axis=0)) + 1
    if not len(changes):
        return []
    middle = int(changes[len(changes) // 2])
    return [rows[order[:middle]], rows[order[middle:]]]
