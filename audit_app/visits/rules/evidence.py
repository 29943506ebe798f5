"""Which photos a visit promises, and what can go wrong with one. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit_app.kit.errors import AuditError, BadInput, TooLarge
from audit_app.kit.i18n import _

SOURCES = frozenset({"camera", "library", "hand"})
"""Where a phone says a photo comes from: just taken, chosen from its pictures, or a signature drawn by hand."""


class NotThatPhoto(BadInput):
    """The photo did not arrive whole: its content is not what its name says. Please send it again."""

    code = "sha256_mismatch"


class PhotoTooLarge(TooLarge):
    """This photo is too large."""

    def __init__(self, megabytes: int) -> None:
        super().__init__(_("This photo is too large; %(limit)s MB are the most."), limit=megabytes)


class NotExpected(AuditError):
    """No answer of yours names this photo. Save the answer first, then send the photo."""

    status = 404
    code = "not_expected"


class RangeNotUnderstood(BadInput):
    """The part of a file is named like this: Content-Range: bytes 0-131071/400000."""

    code = "bad_range"


@dataclass(frozen=True)
class Span:
    """Which bytes of a file a part holds."""

    start: int
    end: int
    total: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.end - self.start + 1


_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})")


def read_span(header: str | None, limit: int) -> Span | None:
    """The part that `Content-Range` names; None when the whole file comes at once."""
    if header is None:
        return None
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        raise RangeNotUnderstood
    span = Span(*(int(one) for one in found.groups()))
    if not span.start <= span.end < span.total:
        raise RangeNotUnderstood
    if span.total > limit:
        raise PhotoTooLarge(limit // 2**20)
    return span


def promised(answers: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Item and SHA-256 of every photo the answers name."""
    return {(item, sha) for item, entry in answers.items() for sha in entry.get("evidence") or ()}


def hashes(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The photos themselves, each once, in a fixed order."""
    return sorted({sha for _item, sha in pairs})
