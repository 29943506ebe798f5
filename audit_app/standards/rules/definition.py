"""What a version of a standard is, once it has been read: frozen values, exact numbers.

A `Version` is only ever made by `reading.read_version`, so whoever holds one may rely on everything that reader checks:
codes are unique, bands leave no hole, conditions look back and never forward, the best answer of a scored item is worth
more than nothing. Numbers are `Fraction`: a weight of 0.1 is a tenth, not something near it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

Text = Mapping[str, str]
"""Language → words, for instance {"en": "Greeted", "ru": "Поздоровались"}."""

LANGUAGES: Final = ("en", "ru", "uk")

# Limits, in one place; the schema and its test repeat them.
MOST_SECTIONS: Final = 60
MOST_ITEMS: Final = 300
MOST_OPTIONS: Final = 60
MOST_RANGES: Final = 60
MOST_BANDS: Final = 20
MOST_CODES: Final = 60
LONGEST_CODE: Final = 64
LONGEST_TITLE: Final = 300
LONGEST_TEXT: Final = 5_000
LARGEST_WEIGHT: Final = 10_000
LARGEST_POINTS: Final = 100_000
LARGEST_VALUE: Final = 10**12
WIDEST_SCALE: Final = 100
DEEPEST_CONDITION: Final = 6
MOST_CONDITIONS: Final = 60

NA: Final = "na"
GIVEN: Final = "given"
ANY: Final = "any"
MISS: Final = "miss"
RESERVED: Final = frozenset({NA, ANY, MISS})
"""Words with a meaning of their own, so no option may be called so."""


class AnswerType(StrEnum):
    YES_NO = "yes_no"
    SCALE = "scale"
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    TEXT = "text"
    PHOTO = "photo"
    SIGNATURE = "signature"
    PASS_PARTIAL_FAIL = "pass_partial_fail"  # noqa: S105 - an answer type, no password


WITH_OPTIONS: Final = frozenset(
    {AnswerType.YES_NO, AnswerType.SINGLE, AnswerType.MULTIPLE, AnswerType.PASS_PARTIAL_FAIL}
)
WITH_RANGES: Final = frozenset({AnswerType.NUMBER, AnswerType.DURATION, AnswerType.TIME})
NUMERIC: Final = WITH_RANGES | {AnswerType.SCALE}
NEVER_SCORED: Final = frozenset({AnswerType.TEXT, AnswerType.PHOTO, AnswerType.SIGNATURE})
BY_EVIDENCE: Final = frozenset({AnswerType.PHOTO, AnswerType.SIGNATURE})


class Nature(StrEnum):
    FACT = "fact"
    FEELING = "feeling"


class Channel(StrEnum):
    IN_PERSON = "in_person"
    PHONE = "phone"
    CHAT = "chat"
    SOCIAL = "social"
    WEB_ORDER = "web_order"
    DELIVERY = "delivery"


class VisitKind(StrEnum):
    MYSTERY = "mystery"
    AUDIT = "audit"
    COMPETITOR = "competitor"


class Aggregation(StrEnum):
    POOLED = "pooled"
    SECTIONS = "sections"


class Tone(StrEnum):
    BAD = "bad"
    FAIR = "fair"
    GOOD = "good"


class Effect(StrEnum):
    """What a critical miss does."""

    FLAG = "flag"
    ZERO_SECTION = "zero_section"
    ZERO_TOTAL = "zero_total"
    CAP_SECTION = "cap_section"
    CAP_TOTAL = "cap_total"
    FAIL = "fail"


CAPS: Final = frozenset({Effect.CAP_SECTION, Effect.CAP_TOTAL})


class Evidence(StrEnum):
    COMMENT = "comment"
    PHOTO = "photo"


def held(ratio: Fraction) -> Fraction:
    """A ratio within 0 and 1."""
    return min(max(ratio, Fraction(0)), Fraction(1))


@dataclass(frozen=True)
class Is:
    """The subject's answer (or attribute) is one of these."""

    subject: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class AtLeast:
    """The subject's number is this or more."""

    subject: str
    bound: Fraction


@dataclass(frozen=True)
class AtMost:
    """The subject's number is this or less."""

    subject: str
    bound: Fraction


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Comparison = Is | AtLeast | AtMost
Condition = Comparison | AllOf | AnyOf | Not
"""On earlier items in `show_if`, on the location's attributes in `applies_if`."""


@dataclass(frozen=True)
class Option:
    code: str
    text: Text
    points: Fraction
    guidance: Text


@dataclass(frozen=True)
class Scale:
    min: int
    max: int
    low: Text
    high: Text


@dataclass(frozen=True)
class Range:
    """From `start` (None: from the very bottom) up to the next range's start, this many points."""

    start: Fraction | None
    points: Fraction


@dataclass(frozen=True)
class Critical:
    """A ratio under `below` is a critical miss; `at` is the cap in percent, for the two caps only."""

    below: Fraction
    effect: Effect
    at: Fraction | None


@dataclass(frozen=True)
class Incident:
    """These answers (or `miss`: anything short of full marks) open an incident of this type."""

    when: tuple[str, ...]
    type: str
    priority: int


@dataclass(frozen=True)
class Item:
    code: str
    text: Text
    type: AnswerType
    guidance: Text
    picture: str
    nature: Nature
    required: bool
    weight: Fraction
    na: bool
    bonus: bool
    options: tuple[Option, ...]
    scale: Scale | None
    ranges: tuple[Range, ...]
    unit: Text
    min: Fraction | None
    max: Fraction | None
    critical: Critical | None
    evidence: Mapping[str, tuple[Evidence, ...]]
    show_if: Condition | None
    applies_if: Condition | None
    segments: tuple[str, ...]
    incident: Incident | None
    hygiene: bool = False
    """Kept as a minimum, by law or by choice: no study proposes to drop it."""

    @cached_property
    def best(self) -> Fraction:
        """What a perfect answer is worth in points; 0 where points mean nothing."""
        if self.type is AnswerType.MULTIPLE:
            return sum((option.points for option in self.options if option.points > 0), Fraction(0))
        if self.options:
            return max(option.points for option in self.options)
        if self.ranges:
            return max(part.points for part in self.ranges)
        return Fraction(1) if self.type is AnswerType.SCALE else Fraction(0)

    @cached_property
    def has_ratio(self) -> bool:
        """Whether an answer can be better or worse at all (a weight of 0 does not change that)."""
        return self.best > 0

    @cached_property
    def scored(self) -> bool:
        """Whether the item can move the score."""
        return self.has_ratio and self.weight > 0

    @cached_property
    def ratio_by_option(self) -> Mapping[str, Fraction]:
        """What one option is worth as a share of the best, looked up so often that it is kept."""
        return {option.code: held(option.points / self.best) for option in self.options}

    @cached_property
    def option_by_code(self) -> Mapping[str, Option]:
        return {option.code: option for option in self.options}

    @cached_property
    def kept(self) -> dict[object, Any]:
        """What pure functions found out about short answers to this item: visits repeat the same few words for years."""
        return {}


@dataclass(frozen=True)
class Section:
    code: str
    title: Text
    guidance: Text
    weight: Fraction
    pass_mark: Fraction | None
    segments: tuple[str, ...]
    applies_if: Condition | None
    items: tuple[Item, ...]

    @cached_property
    def only_bonus(self) -> bool:
        """A section of extras: it can add to the total and never take from it."""
        return any(item.scored for item in self.items) and all(
            item.bonus for item in self.items if item.scored
        )


@dataclass(frozen=True)
class Band:
    """From this percentage up to the next band's, compared unrounded."""

    start: Fraction
    name: Text
    tone: Tone


@dataclass(frozen=True)
class Version:
    code: str
    version: int
    title: Text
    description: Text
    brief: Text
    languages: tuple[str, ...]
    channels: tuple[Channel, ...]
    kinds: tuple[VisitKind, ...]
    minutes: int | None
    aggregation: Aggregation
    bonus_cap: Fraction | None
    bands: tuple[Band, ...]
    pass_mark: Fraction | None
    sections: tuple[Section, ...]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items, in the order they are asked."""
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def item_by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def section_of(self) -> Mapping[str, Section]:
        """Item code → its section."""
        return {item.code: section for section in self.sections for item in section.items}


def in_language(text: Text, language: str) -> str:
    """The words in this language, else in the first there is; empty when there are none."""
    return text.get(language) or next((words for words in text.values() if words), "")
