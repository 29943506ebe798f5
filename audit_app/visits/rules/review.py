"""What a reviewer should look at first: misses, critical ones, missing proof, and odd things that may have a good reason.

A hint is never a decision: it is a neutral sentence beside the visit, and each can have an honest explanation.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.standards.rules.answers import Given, answers_in, ratio_of
from audit_app.standards.rules.definition import AnswerType, Item, Section, Version
from audit_app.standards.rules.visibility import Lacking, Missing, missing, visible_items
from audit_app.visits.models import Evidence, EvidenceState

SECONDS_PER_QUESTION = 2
SHARE_OF_EXPECTED = Fraction(1, 3)
SAME_LOOK = 8
"""Bits of 64 in which two pictures may differ and still be called the same one."""
SCALES_ALIKE = 4
LONG_COMMENT = 20
SKEW = timedelta(minutes=10)
FAR_METRES = 300


class Mark(StrEnum):
    """How an answer stands."""

    FULL = "full"
    MISS = "miss"
    CRITICAL = "critical"
    NA = "na"
    PLAIN = "plain"
    """Without points."""
    OPEN = "open"
    """Not answered."""


@dataclass(frozen=True)
class Line:
    """One question as the reviewer sees it."""

    number: int
    item: Item
    section: Section
    given: Given
    mark: Mark
    lacking: tuple[Lacking, ...]


@dataclass(frozen=True)
class Hint:
    """Something odd, in words."""

    code: str
    text: str
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Photo:
    """What the hints must know of a picture."""

    item: str
    sha256: str
    look: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Filling:
    """When the answers were given, by the phone's clock and by ours."""

    started_at: datetime | None
    finished_at: datetime | None
    device_now: datetime | None
    received_at: datetime

    @property
    def took(self) -> timedelta | None:
        """How long the filling took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(self.finished_at - self.started_at, timedelta(0))

    @property
    def skew(self) -> timedelta | None:
        """How far the phone's clock is ahead of ours (behind: negative); the time of sending is in it."""
        return None if self.device_now is None else self.device_now - self.received_at


def here_of(evidence: Iterable[Evidence]) -> frozenset[str]:
    """The hashes of photos that arrived and were not refused."""
    return frozenset(
        one.sha256 for one in evidence if one.state in (EvidenceState.UPLOADED, EvidenceState.ACCEPTED)
    )


def mark_of(item: Item, given: Given) -> Mark:
    """How an answer stands, without what it does to the score."""
    if given.answer is None:
        return Mark.OPEN
    if given.answer.is_na:
        return Mark.NA
    ratio = ratio_of(item, given.answer)
    if ratio is None:
        return Mark.PLAIN
    if item.critical is not None and ratio < item.critical.below:
        return Mark.CRITICAL
    return Mark.FULL if ratio >= 1 else Mark.MISS


def lines_of(
    version: Version, givens: Mapping[str, Given], attributes: Mapping[str, str], here: frozenset[str]
) -> list[Line]:
    """Every question this visit saw, in order. `here` are the hashes of photos that arrived and were not refused."""
    proved = with_proofs(givens, here)
    lacking: dict[str, list[Lacking]] = {}
    for one in missing(version, proved, attributes):
        lacking.setdefault(one.item, []).append(one.what)
    nothing = Given(None)
    return [
        Line(
            number=number,
            item=item,
            section=version.section_of[item.code],
            given=givens.get(item.code, nothing),
            mark=mark_of(item, givens.get(item.code, nothing)),
            lacking=tuple(lacking.get(item.code, ())),
        )
        for number, item in enumerate(visible_items(version, answers_in(givens), attributes), start=1)
    ]


def with_proofs(givens: Mapping[str, Given], here: frozenset[str]) -> dict[str, Given]:
    """The same answers with only those photos that are here."""
    return {
        code: Given(given.answer, given.comment, tuple(one for one in given.evidence if one in here))
        for code, given in givens.items()
    }


def missing_proofs(
    version: Version, givens: Mapping[str, Given], attributes: Mapping[str, str], here: frozenset[str]
) -> tuple[Missing, ...]:
    """Required comments and photos that are not there."""
    return tuple(
        one
        for one in missing(version, with_proofs(givens, here), attributes)
        if one.what is not Lacking.ANSWER
    )


class ProofMissing(AuditError):
    """Required evidence is missing. Return the visit, or approve it without and say why."""

    status = 422
    code = "proof_missing"


class NothingNamed(AuditError):
    """Tick at least one question the shopper should correct, and say what is wrong with it."""

    status = 422
    code = "nothing_named"


class AlreadyDecided(AuditError):
    """Somebody else has decided on this visit a moment ago; nothing was changed. Please look at it again."""

    code = "already_decided"


class NewerAnswers(AuditError):
    """The shopper has sent other answers since you opened this page. Please look at them first."""

    code = "newer_answers"


def ensure_proved(lacking: tuple[Missing, ...], reason: str) -> None:
    """Raise `ProofMissing` unless everything required is there, or the reviewer says why they approve without."""
    if lacking and not reason.strip():
        raise ProofMissing


def answered(givens: Mapping[str, Given]) -> int:
    """How many questions were answered."""
    return sum(given.answer is not None for given in givens.values())


def filling_hints(version: Version, givens: Mapping[str, Given], filling: Filling) -> list[Hint]:
    """Speed and clock."""
    found: list[Hint] = []
    count = answered(givens)
    took = filling.took
    if took is not None and count:
        seconds = took.total_seconds()
        expected = Fraction((version.minutes or 0) * 60) * SHARE_OF_EXPECTED
        if seconds < SECONDS_PER_QUESTION * count or (expected and seconds < expected):
            found.append(
                Hint(
                    "fast",
                    _(
                        "Filled in quickly: %(minutes)s min for %(count)s questions; about %(expected)s min are usual."
                    )
                    if version.minutes
                    else _("Filled in quickly: %(minutes)s min for %(count)s questions."),
                    (
                        ("minutes", _minutes(took)),
                        ("count", count),
                        *((("expected", version.minutes),) if version.minutes else ()),
                    ),
                )
            )
    if filling.skew is not None and abs(filling.skew) > SKEW:
        found.append(
            Hint(
                "clock",
                _("The phone's clock is %(minutes)s min off."),
                (("minutes", _minutes(abs(filling.skew))),),
            )
        )
    return found


def _minutes(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"


def answer_hints(version: Version, givens: Mapping[str, Given], lacking: int) -> list[Hint]:
    """Answers that are all alike, comments that repeat themselves, proof that is missing."""
    found: list[Hint] = []
    scales = [
        given.answer.text
        for code, given in givens.items()
        if given.answer is not None
        and not given.answer.is_na
        and version.item_by_code[code].type is AnswerType.SCALE
    ]
    if len(scales) >= SCALES_ALIKE and len(set(scales)) == 1:
        found.append(
            Hint(
                "alike",
                _("All %(count)s ratings are the same: %(value)s."),
                (("count", len(scales)), ("value", scales[0])),
            )
        )
    comments = Counter(
        normal(given.comment) for given in givens.values() if len(given.comment) >= LONG_COMMENT
    )
    if repeated := sum(n for n in comments.values() if n > 1):
        found.append(
            Hint("repeated", _("The same comment stands beside %(count)s questions."), (("count", repeated),))
        )
    if lacking:
        found.append(
            Hint("missing", _("Required evidence that is missing: %(count)s."), (("count", lacking),))
        )
    return found


def normal(comment: str) -> str:
    """A comment without case, spaces and signs, to compare it."""
    return re.sub(r"[\W_]+", "", comment.casefold())


def copied_hints(givens: Mapping[str, Given], earlier: Iterable[Mapping[str, Any]]) -> list[Hint]:
    """Long comments that stood word for word in earlier reports of the same person."""
    mine = {normal(given.comment) for given in givens.values() if len(given.comment) >= LONG_COMMENT}
    if not mine:
        return []
    theirs = {
        normal(str(entry.get("comment") or ""))
        for document in earlier
        for entry in document.values()
        if isinstance(entry, Mapping)
    }
    count = len((mine & theirs) - {""})
    if not count:
        return []
    return [
        Hint(
            "copied",
            _("Comments that also stand in earlier reports of this shopper: %(count)s."),
            (("count", count),),
        )
    ]


def alike(look: str, other: str) -> bool:
    """Whether two perceptual hashes mean the same picture."""
    if not look or not other:
        return False
    try:
        return (int(look, 16) ^ int(other, 16)).bit_count() <= SAME_LOOK
    except ValueError:
        return False


def photo_hints(
    photos: Iterable[Photo], others: Iterable[Photo], place: tuple[float, float] | None
) -> list[Hint]:
    """Pictures seen before in other visits, and pictures taken elsewhere."""
    mine, known = list(photos), list(others)
    hashes = {photo.sha256 for photo in known}
    looks = [photo.look for photo in known if photo.look]
    reused = sum(photo.sha256 in hashes or any(alike(photo.look, look) for look in looks) for photo in mine)
    found: list[Hint] = []
    if reused:
        found.append(
            Hint("reused", _("Photos that look like ones of another visit: %(count)s."), (("count", reused),))
        )
    if place is not None:
        far = [
            metres
            for photo in mine
            if photo.latitude is not None and photo.longitude is not None
            and (metres := metres_between(place, (photo.latitude, photo.longitude))) > FAR_METRES
        ]  # fmt: skip
        if far:
            found.append(
                Hint(
                    "far",
                    _("Photos taken away from the location: %(count)s, up to %(km)s km."),
                    (("count", len(far)), ("km", round(max(far) / 1000, 1))),
                )
            )
    return found


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance on the globe (haversine, mean radius 6,371 km)."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(value) for value in (*a, *b))
    h = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * 6_371_000 * math.asin(math.sqrt(min(1.0, h)))


REASONS: dict[str, str] = {
    "photo_unclear": _("The photo cannot be read. Please take it or choose it again."),
    "photo_missing": _("The photo is missing. Please add it."),
    "photo_other": _("The photo does not show what the question asks about."),
    "comment_short": _("Please describe what happened in two or three sentences: who, where, what was said."),
    "comment_opinion": _("Please write what you saw and heard, not only how you felt about it."),
    "contradiction": _("The answer and the comment contradict each other. Which one is right?"),
    "not_answered": _("Please answer this question as well."),
    "wrong_na": _("“Not applicable” does not seem right here. Please answer, or say why it did not apply."),
    "time_odd": _("The time seems wrong. Please check it against your receipt."),
}
"""Common reasons to send an answer back; the shopper reads them in their own language."""


def return_reasons(version: Version, items: Iterable[str], texts: Mapping[str, str]) -> dict[str, str]:
    """What goes back, by item in the order of the form; raises `NothingNamed` when there is nothing or no reason to it."""
    wanted = set(items)
    found = {
        item.code: texts.get(item.code, "").strip()[:1000] for item in version.items if item.code in wanted
    }
    if not found:
        raise NothingNamed
    if bare := next((code for code, text in found.items() if not text), None):
        raise NothingNamed(
            _("Please say what is wrong with “%(item)s”: choose a reason or write one."), item=bare
        )
    return found
