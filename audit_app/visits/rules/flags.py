"""Odd things about a submission: each has a reason and a number, none is a verdict, and the shopper may answer. Pure.

A flag never refuses or delays anything: it is a sentence beside the visit for whoever reviews it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import AnswerType
from audit_app.standards.rules.filled import Filled
from audit_app.visits.rules.entries import read_moment
from audit_app.visits.rules.review import LONG_COMMENT, SAME_LOOK, SCALES_ALIKE, metres_between, normal

FAR_METRES: Final = 300
COARSE_METRES: Final = 200
"""A place known less exactly than this says nothing about one shop."""
FASTEST_KMH: Final = 150
NEAR_KM: Final = 5
"""Between places nearer than this the clocks of two visits say little."""
SECONDS_A_QUESTION: Final = 2
FEWEST_ANSWERS: Final = 8
SHARE_OF_USUAL: Final = Fraction(1, 3)
SKEW: Final = timedelta(minutes=5)
_MIRROR: Final = int("55" * 8, 16)
"""A mirrored picture has the signs of every second wave from left to right turned round."""

WORDS: Final[Mapping[str, str]] = {
    "away": _("The phone was %(metres)s m from the location when the report was made (exact to %(accuracy)s m)."),
    "unsure": _("The phone gave its place, but not how exact it is."),
    "coarse": _("The phone knew its place only to %(accuracy)s m, which says little about one location."),
    "travel": _("Another visit of the same person was %(km)s km away and %(minutes)s min apart."),
    "short": _("Time on site: %(minutes)s min; about %(usual)s min are usual."),
    "fast": _("Answered quickly: %(seconds)s s a question, over %(count)s questions."),
    "alike": _("All %(count)s ratings are the same: %(value)s."),
    "repeated": _("The same comment stands beside %(count)s questions."),
    "copied": _("Comments that stand word for word in earlier reports: %(count)s."),
    "reused": _("Photos that were already sent with another visit: %(count)s."),
    "lookalike": _("Photos that look like ones of another visit: %(count)s (at the closest %(bits)s of 64 marks differ)."),
    "mirrored": _("Photos that look like the mirror image of one of another visit: %(count)s (at the closest %(bits)s of 64 marks differ)."),
    "clock": _("The phone's clock was %(minutes)s min off."),
}  # fmt: skip
"""What each flag says; the numbers come with it."""


@dataclass(frozen=True)
class Flag:
    """Something odd, with its numbers."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spot:
    """A place on the globe; `accuracy` in metres where a device said so."""

    latitude: float
    longitude: float
    accuracy: float | None = None

    def metres_to(self, other: "Spot") -> float:
        """How far it is, as the crow flies."""
        return metres_between((self.latitude, self.longitude), (other.latitude, other.longitude))


@dataclass(frozen=True)
class Seen:
    """When and where somebody was."""

    at: datetime
    spot: Spot


@dataclass(frozen=True)
class Times:
    """When it was filled in, by the device's clock, and when it came, by ours."""

    stamps: Sequence[datetime]
    """One for each answer that has one."""
    started_at: datetime | None
    finished_at: datetime | None
    device_now: datetime | None
    received_at: datetime


def place_flags(said: Spot | None, location: Spot | None) -> list[Flag]:
    """Where the phone was, as far as it said and anybody knows where the location is."""
    if said is None or location is None:
        return []
    if said.accuracy is None:
        return [Flag("unsure")]
    metres = said.metres_to(location)
    if metres - said.accuracy > FAR_METRES:
        return [Flag("away", {"metres": round(metres), "accuracy": round(said.accuracy)})]
    if said.accuracy > COARSE_METRES:
        return [Flag("coarse", {"accuracy": round(said.accuracy)})]
    return []


def travel_flags(mine: Seen, others: Iterable[Seen]) -> list[Flag]:
    """The fastest journey between this visit and another one, if nobody could have made it."""
    worst: tuple[float, Flag] | None = None
    for other in others:
        km = mine.spot.metres_to(other.spot) / 1000
        if km < NEAR_KM:
            continue
        minutes = abs((mine.at - other.at).total_seconds()) / 60
        speed = km / max(minutes, 1) * 60
        if speed > FASTEST_KMH and (worst is None or speed > worst[0]):
            worst = (speed, Flag("travel", {"km": round(km, 1), "minutes": round(minutes)}))
    return [worst[1]] if worst else []


def time_flags(filled: Filled, times: Times) -> list[Flag]:
    """Time on site, seconds a question, the device's clock."""
    found: list[Flag] = []
    count = len(filled.answers)
    took = _took(times)
    usual = filled.version.minutes
    if took is not None and usual and took.total_seconds() < usual * 60 * SHARE_OF_USUAL:
        found.append(Flag("short", {"minutes": round(took.total_seconds() / 60, 1), "usual": usual}))
    pace = _pace(times, took, count)
    if pace is not None and count >= FEWEST_ANSWERS and pace < SECONDS_A_QUESTION:
        found.append(Flag("fast", {"seconds": round(pace, 1), "count": count}))
    if times.device_now is not None and abs(skew := times.device_now - times.received_at) > SKEW:
        found.append(Flag("clock", {"minutes": round(abs(skew.total_seconds()) / 60)}))
    return found


def _took(times: Times) -> timedelta | None:
    if times.started_at is None or times.finished_at is None or times.finished_at < times.started_at:
        return None
    return times.finished_at - times.started_at


def _pace(times: Times, took: timedelta | None, count: int) -> float | None:
    """Seconds an answer; from the answers' own times where they differ (a plain form stamps a whole page at once)."""
    if len(times.stamps) >= FEWEST_ANSWERS and len(set(times.stamps)) > len(times.stamps) / 2:
        return (max(times.stamps) - min(times.stamps)).total_seconds() / (len(times.stamps) - 1)
    return took.total_seconds() / count if took is not None and count else None


def stamps_of(answers: Mapping[str, Mapping[str, Any]]) -> list[datetime]:
    """When each answer was given, as far as the phone said so."""
    return [moment for entry in answers.values() if (moment := read_moment(entry.get("at")))]


def answer_flags(filled: Filled) -> list[Flag]:
    """Ratings that are all alike, and comments that repeat themselves."""
    found: list[Flag] = []
    item_of = filled.version.item_by_code
    ratings = [
        answer.text
        for code, answer in filled.answers.items()
        if item_of[code].type is AnswerType.SCALE and not answer.is_na
    ]
    if len(ratings) >= SCALES_ALIKE and len(set(ratings)) == 1:
        found.append(Flag("alike", {"count": len(ratings), "value": ratings[0]}))
    comments = Counter(long_comments(filled).values())
    if repeated := sum(n for n in comments.values() if n > 1):
        found.append(Flag("repeated", {"count": repeated}))
    return found


def long_comments(filled: Filled) -> dict[str, str]:
    """Item → comment without case, spaces and signs, of comments too long to be alike by chance."""
    return {
        code: plain
        for code, given in filled.givens.items()
        if len(given.comment) >= LONG_COMMENT and (plain := normal(given.comment))
    }


@dataclass(frozen=True)
class Look:
    """What is compared of a picture."""

    sha256: str
    look: str


def photo_flags(mine: Iterable[Look], others: Iterable[Look]) -> list[Flag]:
    """Pictures of other visits again: the same file, the same picture, or its mirror image."""
    known = {other.sha256: int(other.look, 16) if other.look else None for other in others}
    looks = [look for look in known.values() if look is not None]
    reused = 0
    close: list[int] = []
    mirrored: list[int] = []
    for photo in {photo.sha256: photo for photo in mine}.values():
        if photo.sha256 in known:
            reused += 1
            continue
        if not photo.look or not looks:
            continue
        look = int(photo.look, 16)
        plain = min((look ^ other).bit_count() for other in looks)
        turned = min((look ^ _MIRROR ^ other).bit_count() for other in looks)
        if plain <= SAME_LOOK:
            close.append(plain)
        elif turned <= SAME_LOOK:
            mirrored.append(turned)
    found = [Flag("reused", {"count": reused})] if reused else []
    for code, bits in (("lookalike", close), ("mirrored", mirrored)):
        if bits:
            found.append(Flag(code, {"count": len(bits), "bits": min(bits)}))
    return found
