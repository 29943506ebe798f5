"""What a submission is, when it may be taken, and what a correction may touch. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.standards.rules.answers import AnswerNotUnderstood, Given, answers_in, read_given
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.filled import Filled
from audit_app.standards.rules.visibility import Attributes, Lacking, Visibility, missing, visibility
from audit_app.visits.models import VisitState as S
from audit_app.visits.rules.entries import SHA256, AnswersNotTaken, Entry, read_moment, same
from audit_app.visits.rules.evidence import SOURCES

SKEW = timedelta(minutes=5)
"""A device's clock that is further off is corrected by what the server saw."""
MOST_ANSWERS = 400
MOST_IN_MANIFEST = 200


class DifferentBytes(AuditError):
    """This submission was sent before with other content. What was taken first stays."""

    code = "different_bytes"


class Closed(AuditError):
    """This visit is closed; nothing can be sent for it any more."""

    status = 410
    code = "closed"


class Withdrawn(AuditError):
    """This visit was withdrawn; nothing needs to be sent for it."""

    status = 410
    code = "withdrawn"


class NotAccepted(AuditError):
    """Please accept this visit first."""

    code = "not_accepted"


class BodyNotUnderstood(BadInput):
    """What was sent cannot be read as a submission."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(_("What was sent cannot be read as a submission."))


@dataclass(frozen=True)
class Parcel:
    """A submission as it came: its id, its times by the device's clock, its answers still unread."""

    id: UUID
    base_version: int | None
    started_at: datetime | None
    finished_at: datetime | None
    device_now: datetime | None
    answers: dict[str, object]
    place: dict[str, float] | None = None
    """Where the phone says it is: latitude, longitude, and accuracy in metres where it knows."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of a photo → where the phone says it comes from; what it does not know is not here."""


def read_parcel(body: Mapping[str, Any]) -> Parcel:
    """The body of a submission; everything wrong with its shape is raised at once, by field."""
    wrong: dict[str, str] = {}
    given = body.get("submission_id")
    try:
        submission_id = UUID(given) if isinstance(given, str) and len(given) <= 45 else None
    except ValueError:
        submission_id = None
    if submission_id is None:
        wrong["submission_id"] = _t(_("The id of the submission must be a UUID."))
    base = body.get("base_version")
    if base is not None and (
        isinstance(base, bool) or not isinstance(base, int | str) or len(str(base)) > 60
    ):
        wrong["base_version"] = _t(_("The base must be a whole number."))
    moments: dict[str, datetime | None] = {}
    for name in ("started_at", "finished_at", "device_now"):
        moments[name] = read_moment(body.get(name))
        if body.get(name) is not None and moments[name] is None:
            wrong[name] = _t(_("The time must look like 2026-11-22T14:05:00+02:00."))
    answers = _answers(body.get("answers"), wrong)
    sources = _sources(body.get("evidence"), wrong)
    place = _place(body.get("place"), wrong)
    if wrong:
        raise BodyNotUnderstood(wrong)
    assert submission_id is not None
    return Parcel(
        submission_id,
        base if isinstance(base, int) else None,
        **moments,
        answers=answers,
        place=place,
        sources=sources,
    )


def _answers(raw: object, wrong: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    if not isinstance(raw, list) or len(raw) > MOST_ANSWERS:
        wrong["answers"] = _t(_("The answers must be a list."))
        return found
    for one in raw:
        code = one.get("item") if isinstance(one, dict) else None
        if not isinstance(code, str) or not code or len(code) > 100:
            wrong["answers"] = _t(_("Each answer names its item."))
        elif code in found:
            wrong[code[:60]] = _t(_("This question is answered twice."))
        else:
            found[code] = one
    return found


def _sources(raw: object, wrong: dict[str, str]) -> dict[str, str]:
    """Where each photo of the manifest comes from; a source we do not know is simply not known."""
    found: dict[str, str] = {}
    if raw is None:
        return found
    if not isinstance(raw, list) or len(raw) > MOST_IN_MANIFEST:
        wrong["evidence"] = _t(_("The list of photos must be a list."))
        return found
    for one in raw:
        sha = one.get("sha256") if isinstance(one, dict) else None
        if not isinstance(sha, str) or not SHA256.fullmatch(sha):
            wrong["evidence"] = _t(_("A photo is named by its SHA-256 in small hexadecimal letters."))
        elif isinstance(one.get("from"), str) and one["from"] in SOURCES:
            found[sha] = one["from"]
    return found


def _place(raw: object, wrong: dict[str, str]) -> dict[str, float] | None:
    """Refused by the shopper, or unknown to the phone, is simply nothing; nonsense is told."""
    if raw is None:
        return None
    limits = {"latitude": 90, "longitude": 180, "accuracy": 1e7}
    found: dict[str, float] = {}
    for name, limit in limits.items():
        value = raw.get(name) if isinstance(raw, dict) else None
        if value is None and name == "accuracy":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > limit:
            wrong["place"] = _t(_("The place must have a latitude, a longitude and perhaps an accuracy."))
            return None
        found[name] = float(value)
    return found


def may_send(state: str) -> bool:
    """Whether a submission counts now (True) or is kept beside the one that came first (False); raises where neither."""
    if state in (S.ACCEPTED, S.STARTED, S.RETURNED):
        return True
    if state in (S.SUBMITTED, S.APPROVED, S.RELEASED):
        return False
    if state in (S.CANCELLED, S.VOID):
        raise Withdrawn
    if state in (S.EXPIRED, S.DECLINED):
        raise Closed
    raise NotAccepted


def opened_items(
    version: Version, base: Mapping[str, Entry], reasons: Mapping[str, str], attributes: Attributes
) -> frozenset[str] | None:
    """What a correction may change: the named items, and whatever was hidden before. None: everything."""
    named = frozenset(reasons) & frozenset(version.item_by_code)
    if not named:
        return None
    givens, _problems = read_given(version, base)
    seen = visibility(version, answers_in(givens), attributes)
    return named | {item for item, how in seen.items() if how is Visibility.HIDDEN}


def corrected(
    base: Mapping[str, Entry], sent: Mapping[str, Entry], opened: frozenset[str] | None
) -> dict[str, Entry]:
    """The answers of a correction: opened items as sent, the others as they were. Raises where another one differs."""
    if opened is None:
        return {**base, **sent}
    wrong = {
        item: _t(_("This answer was not sent back, so it stays as it was."))
        for item, entry in sent.items()
        if item not in opened and not same(base.get(item), entry)
    }
    if wrong:
        raise AnswersNotTaken(wrong)
    whole = {item: dict(entry) for item, entry in base.items()}
    whole.update({item: dict(entry) for item, entry in sent.items() if item in opened})
    return whole


LACKING = {
    Lacking.ANSWER: _("This still needs an answer."),
    Lacking.COMMENT: _("This answer needs a few words about what happened."),
    Lacking.PHOTO: _("This answer needs a photo."),
}
"""What is still missing, in words."""


def check(version: Version, answers: Mapping[str, Entry], attributes: Attributes) -> dict[str, str]:
    """Item → what keeps it from being sent, in the reader's words; empty when all is well."""
    givens, problems = read_given(version, answers)
    seen = visibility(version, answers_in(givens), attributes)
    return _problems(version, givens, problems, attributes, seen)


def problems_of(filled: Filled) -> dict[str, str]:
    """The same for answers already read."""
    return _problems(filled.version, filled.givens, filled.unread, filled.attributes, filled.seen)


def _problems(
    version: Version,
    givens: Mapping[str, Given],
    unread: Iterable[AnswerNotUnderstood],
    attributes: Attributes,
    seen: Mapping[str, Visibility],
) -> dict[str, str]:
    """What could not be read is said instead of what it lacks; of items the visit does not see nothing is said."""
    words = {problem.item: _t(problem.text, **problem.values) for problem in unread}
    found: dict[str, str] = {}
    for one in missing(version, givens, attributes, seen):
        found.setdefault(one.item, words.get(one.item) or _t(LACKING[one.what]))
    for item, text in words.items():
        if seen.get(item) is Visibility.SHOWN:
            found.setdefault(item, text)
    return found


def visited_at(parcel: Parcel, answers: Mapping[str, Entry], received: datetime) -> datetime:
    """When the visit was made: the first answer, else the start, else the end, by the server's clock; never in the future."""
    # Entries spell every moment alike, in UTC to the second, so the earliest is the smallest text.
    earliest = read_moment(min((at for entry in answers.values() if (at := entry.get("at"))), default=None))
    first = earliest or parcel.started_at or parcel.finished_at or received
    offset = skew(parcel, received)
    if offset:
        first += offset
    return min(max(first, received - timedelta(days=60)), received)


def skew(parcel: Parcel, received: datetime) -> timedelta | None:
    """How far the device's clock is behind ours, if that is more than a few minutes."""
    if parcel.device_now is None:
        return None
    offset = received - parcel.device_now
    return offset if abs(offset) > SKEW else None
