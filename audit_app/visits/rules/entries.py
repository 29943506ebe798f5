"""One answer as it travels: `{"answer", "comment"?, "evidence"?, "at"?}`, in drafts and submissions alike."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.standards.rules.answers import LONGEST_ANSWER
from audit_app.standards.rules.definition import Version

LONGEST_COMMENT: Final = 4_000
MOST_PHOTOS_AN_ITEM: Final = 12
MOST_PHOTOS_A_VISIT: Final = 60
LARGEST_BODY: Final = 2**20

Entry = dict[str, Any]
"""What stands beside one item."""

SHA256 = re.compile(r"[0-9a-f]{64}")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
KEYS: Final = frozenset({"answer", "comment", "evidence", "at"})


class AnswersNotTaken(BadInput):
    """Some answers cannot be taken as they are."""

    code = "bad_answers"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(_("Some answers cannot be taken as they are."))


class _Odd(Exception):
    """What is wrong with one entry, in the reader's words."""


def read_moment(raw: object) -> datetime | None:
    """A moment with its zone in ISO 8601, in UTC; None for anything else."""
    if not isinstance(raw, str) or not 16 <= len(raw) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(raw)
        # Years at the edge of what a date can be break every zone they are shown in.
        return moment.astimezone(UTC) if moment.tzinfo and 1900 <= moment.year <= 2200 else None
    except (ValueError, OverflowError):
        return None


def _text(raw: object, longest: int) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise _Odd(_t(_("This must be text.")))
    if len(raw) > longest:
        raise _Odd(_t(_("This is longer than %(limit)s signs."), limit=longest))
    if _FORBIDDEN.search(raw):
        raise _Odd(_t(_("The text holds characters that cannot be stored. Please type it again.")))
    return raw.strip()


def _answer(raw: object) -> str:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return f"{raw:.6f}".rstrip("0").rstrip(".") if isinstance(raw, float) else str(raw)
    if isinstance(raw, list):
        if len(raw) > 60:
            raise _Odd(_t(_("These are too many answers.")))
        return ";".join(_text(one, 100) for one in raw)
    return _text(raw, LONGEST_ANSWER)


def _photos(raw: object) -> list[str]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(one, str) and SHA256.fullmatch(one) for one in raw):
        raise _Odd(_t(_("A photo is named by its SHA-256 in small hexadecimal letters.")))
    found = list(dict.fromkeys(raw))
    if len(found) > MOST_PHOTOS_AN_ITEM:
        raise _Odd(_t(_("At most %(limit)s photos belong to one question."), limit=MOST_PHOTOS_AN_ITEM))
    return found


def read_entry(raw: object) -> Entry:
    """The entry in its one spelling: empty parts left out. Raises `_Odd`."""
    if not isinstance(raw, Mapping):
        raise _Odd(_t(_("An answer is an object with answer, comment, evidence and at.")))
    entry: Entry = {}
    if answer := _answer(raw.get("answer")):
        entry["answer"] = answer
    if comment := _text(raw.get("comment"), LONGEST_COMMENT):
        entry["comment"] = comment
    if photos := _photos(raw.get("evidence")):
        entry["evidence"] = photos
    if raw.get("at") is not None:
        moment = read_moment(raw["at"])
        if moment is None:
            raise _Odd(_t(_("The time must look like 2026-11-22T14:05:00+02:00.")))
        entry["at"] = moment.isoformat(timespec="seconds")
    return entry


def read_entries(version: Version, raw: Mapping[str, object], *, clearing: bool) -> dict[str, Entry | None]:
    """Item → entry (None clears it, where clearing is allowed); all that is wrong is raised at once, by item."""
    found: dict[str, Entry | None] = {}
    wrong: dict[str, str] = {}
    for code, one in raw.items():
        if code not in version.item_by_code:
            wrong[code[:60]] = _t(_("The standard has no such question."))
        elif one is None and clearing:
            found[code] = None
        else:
            try:
                entry = read_entry(one)
            except _Odd as odd:
                wrong[code] = str(odd)
            else:
                found[code] = entry if clearing is False or says_something(entry) else None
    if (
        not wrong
        and len({sha for e in found.values() if e for sha in e.get("evidence", ())}) > MOST_PHOTOS_A_VISIT
    ):
        wrong["evidence"] = _t(_("At most %(limit)s photos belong to one visit."), limit=MOST_PHOTOS_A_VISIT)
    if wrong:
        raise AnswersNotTaken(wrong)
    return found


def says_something(entry: Mapping[str, Any] | None) -> bool:
    """Whether there is an answer, a comment or a photo in it."""
    return bool(entry) and any(entry.get(key) for key in ("answer", "comment", "evidence"))  # type: ignore[union-attr]


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two entries say the same, whenever they were given."""
    return all((one or {}).get(key) == (other or {}).get(key) for key in ("answer", "comment", "evidence"))
