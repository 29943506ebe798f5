"""The words of this slice as a reader sees them: states, kinds, channels, and what was answered."""

from collections.abc import Mapping
from typing import Any

from audit_app.kit.i18n import _, format_number, pick
from audit_app.kit.i18n import gettext as _t
from audit_app.standards.rules.answers import Answer
from audit_app.standards.rules.definition import AnswerType, Item
from audit_app.visits.models import Channel, VisitFlag, VisitKind, VisitState
from audit_app.visits.rules.flags import WORDS
from audit_app.visits.rules.form import answer_words as form_words

STATES: dict[str, str] = {
    VisitState.PLANNED: _("Planned"),
    VisitState.OFFERED: _("Offered"),
    VisitState.ACCEPTED: _("Accepted"),
    VisitState.STARTED: _("Started"),
    VisitState.SUBMITTED: _("To review"),
    VisitState.RETURNED: _("Returned"),
    VisitState.APPROVED: _("Approved"),
    VisitState.RELEASED: _("Released"),
    VisitState.DECLINED: _("Declined"),
    VisitState.EXPIRED: _("Expired"),
    VisitState.CANCELLED: _("Cancelled"),
    VisitState.VOID: _("Void"),
}
KINDS: dict[str, str] = {
    VisitKind.MYSTERY: _("Mystery visit"),
    VisitKind.AUDIT: _("Announced audit"),
    VisitKind.COMPETITOR: _("Competitor visit"),
}
CHANNELS: dict[str, str] = {
    Channel.IN_PERSON: _("In person"),
    Channel.PHONE: _("By phone"),
    Channel.CHAT: _("By chat"),
    Channel.SOCIAL: _("Social network"),
    Channel.WEB_ORDER: _("Web order"),
    Channel.DELIVERY: _("Delivery"),
}
PLAIN: dict[str, str] = {
    "yes": _("Yes"),
    "no": _("No"),
    "pass": _("Done"),
    "partial": _("In part"),
    "fail": _("Not done"),
}


FROM_FIELD = "report"
"""Stands in the history as the state a step came from: word from the field moves nothing; `to_state` says which."""
REPORTS: dict[str, str] = {
    "closed": _("The place was closed"),
    "recognised": _("The shopper was recognised"),
}


def report_words(kind: str, own: bool = False) -> str:
    """What was told from the field; `own`: as whoever told it says it, so that their phone names no shopper."""
    if own and kind == "recognised":
        return _t(_("I was recognised"))
    return _t(REPORTS[kind]) if kind in REPORTS else _t("Word from the field")


SOURCES: dict[str, str] = {
    "camera": _("Taken with the camera"),
    "library": _("Chosen from the phone's pictures"),
    "hand": _("Drawn by hand"),
}


def source_words(source: str) -> str:
    """Where the phone says a photo comes from."""
    return _t(SOURCES[source]) if source in SOURCES else ""


def answer_words(item: Item, answer: Answer | None) -> str:
    """What was answered, in the reader's language."""
    if answer is None:
        return _t("Not answered")
    if answer.is_na:
        return _t("Not applicable")
    if item.options:
        return "; ".join(
            pick(item.option_by_code[code].text) or _t(PLAIN.get(code, code)) for code in answer.codes
        )
    if item.type is AnswerType.SCALE and item.scale is not None:
        return _t("%(value)s of %(most)s", value=answer.text, most=item.scale.max)
    if item.type is AnswerType.DURATION and answer.number is not None:
        minutes, seconds = divmod(round(answer.number), 60)
        return _t("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=seconds)
    if item.type is AnswerType.NUMBER and answer.number is not None:
        return f"{format_number(float(answer.number))} {pick(item.unit)}".strip()
    if item.type is AnswerType.PHOTO:
        return _t("See the photo")
    if item.type is AnswerType.SIGNATURE:
        return _t("See the signature")
    return answer.text


def entry_words(item: Item, entry: Mapping[str, Any]) -> str:
    """A stored answer in the reader's words; empty where a photo alone was given, or nothing."""
    text = str(entry.get("answer") or "")
    return "" if text == "given" else form_words(item, text)


def flag_text(flag: VisitFlag) -> str:
    """What is odd, with its numbers as the reader writes them."""
    numbers = {
        name: format_number(value) if isinstance(value, int | float) else str(value)
        for name, value in flag.numbers.items()
    }
    return _t(WORDS[flag.code], **numbers)
