"""Answers that hang together: drawn for many visits at once from their hidden qualities, item by item.

Each item has an ease, a pull (how strongly it follows the visit's quality) and a side (service, site, taught, feeling). What a
visit does not see (`show_if`, `applies_if`) is taken out by the same rules the checklist uses, so no hidden item is answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from audit_app.standards.rules.answers import Answer, evidence_for, is_miss, read_answer
from audit_app.standards.rules.definition import AnswerType, Evidence, Item, Version
from seeds.quality import Floats, Latent

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ease:
    """`ease` is the log-odds of the best answer in an average visit; `na` the share of N/A."""

    ease: float = 1.2
    pull: float = 0.8
    side: str = "service"
    na: float = 0.06


EASE: Final[dict[str, Ease]] = {
    "parking_space": Ease(1.5, 0.2, "site", 0.35),
    "front_photo": Ease(na=0.12),
    "window_clean": Ease(1.7, 0.9, "site", 0.01),
    "entrance_clear": Ease(2.7, 0.8, "site"),
    "staff_ready": Ease(0.9),
    "greeted": Ease(1.5, 1.1),
    "greeting_look": Ease(1.2, 0.5),
    "name_badge": Ease(1.9, 0.6, "service", 0.03),
    "help_started": Ease(0.8, 1.0),
    "open_question": Ease(0.1, 0.9, "taught"),
    "needs_found": Ease(0.2, 0.7, "taught"),
    "size_help": Ease(0.9, 0.9, "service", 0.78),
    "fabric_answer": Ease(0.9, 0.7, "service", 0.04),
    "tried_on": Ease(2.8, 0.1),
    "fitting_state": Ease(1.4, 0.9, "site"),
    "fitting_equipment": Ease(1.6, 0.4, "site"),
    "fitting_help": Ease(0.3, 1.0),
    "match_offered": Ease(0.0, 1.1, "taught"),
    "match_how": Ease(0.2, 0.7, "taught"),
    "no_pressure": Ease(2.5, 0.2, "service", 0.45),
    "saving_told": Ease(-0.7, 0.6, "taught"),
    "bought": Ease(2.9, 0.2),
    "loyal_benefit": Ease(1.2, 0.6, "service", 0.55),
    "price_right": Ease(6.5, 0.3, "site"),
    "receipt_given": Ease(6.5, 0.3),
    "farewell": Ease(1.9, 0.8),
    "returns_answer": Ease(0.6, 0.8, "service", 0.03),
    "care_told": Ease(-0.2, 0.8, "taught", 0.15),
    "collect_sign": Ease(1.5, 0.6, "site"),
    "floor_clean": Ease(1.9, 0.9, "site"),
    "exit_clear": Ease(6.4, 0.3, "site", 0.3),
    "toilet_seen": Ease(-0.7, 0.0, "site"),
    "toilet_clean": Ease(1.1, 1.0, "site"),
    "polite": Ease(4.2, 0.8),
}
DURATIONS: Final[dict[str, tuple[float, float, float, float]]] = {
    # median seconds, pull of the service, pull of a full shop, share of zeros
    "greeting_seconds": (17, -0.45, 0.25, 0.0),
    "fitting_wait": (55, -0.1, 0.6, 0.55),
    "queue_time": (75, -0.15, 0.7, 0.05),
}
SCALES: Final[dict[str, tuple[float, float, float]]] = {
    # mean, pull, spread, in steps of the scale
    "felt_welcome": (3.9, 0.75, 0.6),
    "would_recommend": (7.8, 1.3, 1.1),
}
_STEPS = (0.0, 1.1, 2.1, 3.0)
"""How far below the best each next level of an answer with several lies."""

COMMENTED: Final = frozenset({"match_offered", "fitting_help", "size_help", "open_question"})
"""Misses that shoppers like to explain unasked."""


class Question:
    """One item, ready to be answered many times; remembers how each answer reads and what it must be shown by."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.ease = EASE.get(item.code, Ease())
        self._known: dict[str, tuple[Answer, bool, bool, bool]] = {}

    def read(self, text: str) -> tuple[Answer, bool, bool, bool]:
        """The answer, whether it wants a comment, whether it wants a photo, whether it is a miss."""
        known = self._known.get(text)
        if known is None:
            answer = read_answer(self.item, text)
            wanted = evidence_for(self.item, answer)
            photo = Evidence.PHOTO in wanted or (self.item.type is AnswerType.PHOTO and not answer.is_na)
            known = (answer, Evidence.COMMENT in wanted, photo, is_miss(self.item, answer))
            if len(self._known) < 5000:
                self._known[text] = known
        return known

    def draw(self, chance: np.random.Generator, hidden: Latent, clocks: Sequence[str]) -> list[str]:
        """One answer text a visit; "" where it is left empty."""
        found = self._draw(chance, hidden, clocks)
        if not self.item.na:
            return found
        left_out = chance.random(len(hidden)) < self.ease.na
        return ["na" if out else text for text, out in zip(found, left_out.tolist(), strict=True)]

    def _draw(self, chance: np.random.Generator, hidden: Latent, clocks: Sequence[str]) -> list[str]:
        item, count = self.item, len(hidden)
        quality: Floats = getattr(hidden, self.ease.side)
        if item.type is AnswerType.TIME:
            return list(clocks)
        if item.type in (AnswerType.PHOTO, AnswerType.SIGNATURE):
            return ["given"] * count
        if item.type is AnswerType.TEXT:
            return ["…" if some else "" for some in (chance.random(count) < 0.42).tolist()]
        if item.type is AnswerType.MULTIPLE:
            return self._several(chance, quality, hidden.moved(item.code))
        if item.options:
            return self._one(chance, quality, hidden.moved(item.code))
        if item.type is AnswerType.SCALE:
            return self._scale(chance, hidden)
        if item.type is AnswerType.DURATION:
            return self._duration(chance, hidden)
        return self._number(chance, quality)

    def _luck(self, chance: np.random.Generator, quality: Floats, ease: float) -> Floats:
        return ease + self.ease.pull * quality + chance.logistic(0, 1, len(quality))

    def _one(self, chance: np.random.Generator, quality: Floats, moved: Floats) -> list[str]:
        """Options by their points: the better the visit, the higher the level; equals are drawn by lot."""
        by_points: dict[Fraction, list[str]] = {}
        for option in self.item.options:
            by_points.setdefault(option.points, []).append(option.code)
        levels = [by_points[points] for points in sorted(by_points, reverse=True)]
        worth = self._luck(chance, quality, self.ease.ease) + moved
        level = np.zeros(len(quality), dtype=np.int64)
        for lower in range(1, len(levels)):
            level[worth < -_STEPS[min(lower - 1, len(_STEPS) - 1)]] = lower
        lot = chance.random(len(quality)).tolist()
        return [levels[at][int(one * len(levels[at]))] for at, one in zip(level.tolist(), lot, strict=True)]

    def _several(self, chance: np.random.Generator, quality: Floats, moved: Floats) -> list[str]:
        good = [number for number, option in enumerate(self.item.options) if option.points > 0]
        none = next((option.code for option in self.item.options if option.points == 0), None)
        marks: Whole = np.zeros(len(quality), dtype=np.int64)
        for place, number in enumerate(good):
            ease = self.ease.ease + (0.9, 0.6, 0.0, -0.9, -0.4)[place % 5]
            marks |= (self._luck(chance, quality, ease) + moved > 0).astype(np.int64) << number
        texts: dict[int, str] = {}
        for mark in set(marks.tolist()):
            chosen = [o.code for number, o in enumerate(self.item.options) if mark >> number & 1]
            texts[mark] = ";".join(chosen) or none or self.item.options[good[0]].code
        return [texts[mark] for mark in marks.tolist()]

    def _scale(self, chance: np.random.Generator, hidden: Latent) -> list[str]:
        scale = self.item.scale
        assert scale is not None
        width = scale.max - scale.min
        mean, pull, spread = SCALES.get(self.item.code, (scale.min + 0.7 * width, 0.18 * width, 0.14 * width))
        felt = mean + pull * hidden.feeling + chance.normal(0, spread, len(hidden))
        return [str(v) for v in np.clip(np.rint(felt), scale.min, scale.max).astype(int).tolist()]

    def _duration(self, chance: np.random.Generator, hidden: Latent) -> list[str]:
        bad = [float(part.start) for part in self.item.ranges if part.start is not None]
        usual = (0.6 * bad[0] if bad else 120.0, -0.2, 0.3, 0.0)
        median, pull, crowd, zeros = DURATIONS.get(self.item.code, usual)
        spent = median * np.exp(
            pull * hidden.service
            + crowd * hidden.busy
            - 0.4 * hidden.moved(self.item.code)
            + chance.normal(0, 0.7, len(hidden))
        )
        # People say “twenty seconds” and “four minutes”.
        spent = np.where(spent < 90, np.rint(spent / 5) * 5, np.rint(spent / 30) * 30)
        spent[chance.random(len(hidden)) < zeros] = 0
        high = float(self.item.max) if self.item.max is not None else 36_000.0
        return [str(v) for v in np.clip(spent, 0, high).astype(int).tolist()]

    def _number(self, chance: np.random.Generator, quality: Floats) -> list[str]:
        low = float(self.item.min) if self.item.min is not None else 0.0
        high = float(self.item.max) if self.item.max is not None else low + 20
        share = np.clip(0.93 + 0.06 * quality + chance.normal(0, 0.08, len(quality)), 0, 1)
        return [str(v) for v in np.rint(low + (high - low) * share).astype(int).tolist()]


Draw = Callable[[np.random.Generator, Latent, Sequence[str]], list[list[str]]]


def questions(version: Version) -> list[Question]:
    """All items of a version, ready to be answered."""
    return [Question(item) for item in version.items]
