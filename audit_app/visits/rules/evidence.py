"""Which photos a visit promises, and what can go wrong with one. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from audit_app.kit.errors import AuditError, BadInput, TooLarge
from audit_app.kit.i18n import _


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


def promised(answers: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Item and SHA-256 of every photo the answers name."""
    return {(item, sha) for item, entry in answers.items() for sha in entry.get("evidence") or ()}


def hashes(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The photos themselves, each once, in a fixed order."""
    return sorted({sha for _item, sha in pairs})
