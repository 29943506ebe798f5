"""The marks of an item in plain words, in the reader's language: what the read page, the editor and the comparison say.

It works on documents, not on versions: a draft that is not finished yet has words too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import ChainableUndefined, Undefined

from audit_app.kit.i18n import LANGUAGES, _, ngettext, pick
from audit_app.kit.i18n import gettext as _t
from audit_app.standards.rules.comparison import marked as marked

TYPES: Final[Mapping[str, str]] = {
    "yes_no": _("Yes or no"),
    "pass_partial_fail": _("Done, in part, not done"),
    "single": _("One of several"),
    "multiple": _("Several of several"),
    "scale": _("Scale"),
    "number": _("Number"),
    "duration": _("Duration"),
    "time": _("Time of day"),
    "text": _("Free words"),
    "photo": _("Photo"),
    "signature": _("Signature"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "in_person": _("In person"),
    "phone": _("By phone"),
    "chat": _("Chat"),
    "social": _("Social networks"),
    "web_order": _("Web order"),
    "delivery": _("Delivery"),
}
KINDS: Final[Mapping[str, str]] = {
    "mystery": _("Mystery visit"),
    "audit": _("Announced audit"),
    "competitor": _("At a competitor’s"),
}
EFFECTS: Final[Mapping[str, str]] = {
    "flag": _("it is flagged, the score stays"),
    "zero_section": _("the section scores 0"),
    "zero_total": _("the total scores 0"),
    "cap_section": _("the section scores %(at)s %% at most"),
    "cap_total": _("the total scores %(at)s %% at most"),
    "fail": _("the visit is not passed, whatever its number"),
}
EFFECT_NAMES: Final[Mapping[str, str]] = {
    "flag": _("Flag it only"),
    "zero_section": _("Section to 0"),
    "zero_total": _("Total to 0"),
    "cap_section": _("Cap the section"),
    "cap_total": _("Cap the total"),
    "fail": _("Not passed"),
}
CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    "same": (_("Same"), _("Means what it meant: its trend goes on.")),
    "comparable": (
        _("Comparable"),
        _("Reworded, or asked or counted in another way: its trend goes on with a mark."),
    ),
    "new": (_("New"), _("A new question, or other answers to it: its trend begins here.")),
    "gone": (_("Gone"), _("No longer asked: its trend ends here.")),
}
FIELDS: Final[Mapping[str, str]] = {
    "code": _("code"),
    "version": _("number of the version"),
    "title": _("title"),
    "description": _("description"),
    "brief": _("brief"),
    "languages": _("languages"),
    "channels": _("channels"),
    "kinds": _("kinds of visit"),
    "minutes": _("minutes to fill in"),
    "aggregation": _("how sections are added up"),
    "bonus_cap": _("cap on bonus"),
    "bands": _("bands"),
    "pass_mark": _("pass mark"),
    "section": _("section"),
    "sections": _("sections"),
    "items": _("items"),
    "text": _("text"),
    "guidance": _("guidance"),
    "picture": _("picture"),
    "type": _("kind of answer"),
    "nature": _("fact or feeling"),
    "required": _("required"),
    "weight": _("weight"),
    "na": _("not applicable"),
    "bonus": _("bonus"),
    "hygiene": _("hygiene"),
    "options": _("options"),
    "scale": _("scale"),
    "ranges": _("ranges"),
    "unit": _("unit"),
    "min": _("smallest answer"),
    "max": _("largest answer"),
    "critical": _("critical effect"),
    "evidence": _("evidence"),
    "show_if": _("shown if"),
    "applies_if": _("applies if"),
    "segments": _("segments"),
    "incident": _("incident"),
}
_ANSWERS: Final[Mapping[str, str]] = {
    "yes": _("Yes"),
    "no": _("No"),
    "pass": _("Done"),
    "partial": _("In part"),
    "fail": _("Not done"),
    "na": _("Not applicable"),
    "any": _("Any answer"),
    "miss": _("Anything short of full marks"),
}
_EVIDENCE: Final[Mapping[str, str]] = {"comment": _("comment"), "photo": _("photo")}

Document = Mapping[str, Any]


class Readable(dict[str, Any]):
    """A part of a document for templates: a key that is left out is empty, not an error."""

    def __missing__(self, key: str) -> Undefined:
        return ChainableUndefined(name=key)


def readable(value: Any) -> Any:
    """A document whose left-out keys are empty; templates treat drafts and published versions alike."""
    if isinstance(value, Mapping):
        return Readable({str(key): readable(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return [readable(part) for part in value]
    return value


def named(words: Mapping[str, str], key: object) -> str:
    """The word for a key, else the key itself."""
    found = words.get(str(key))
    return _t(found) if found else str(key)


def field_names(fields: Sequence[str]) -> str:
    """The fields that differ, as one phrase."""
    return ", ".join(named(FIELDS, field) for field in fields)


def answer_name(item: Document, code: object) -> str:
    """What an answer is called: the option's own words, else the usual ones."""
    for option in item.get("options") or ():
        if option.get("code") == code and option.get("text"):
            return pick(option["text"])
    return named(_ANSWERS, code)


def answers_of(item: Document) -> list[tuple[str, str]]:
    """The answers one can choose, as (code, words); empty where one writes or measures."""
    options = [
        (str(one.get("code")), answer_name(item, one.get("code"))) for one in item.get("options") or ()
    ]
    usual = {"yes_no": ("yes", "no"), "pass_partial_fail": ("pass", "partial", "fail")}
    return options or [(code, answer_name(item, code)) for code in usual.get(str(item.get("type")), ())]


def items_by_code(document: Document) -> dict[str, Document]:
    """Item code → item, over all sections."""
    return {
        str(item.get("code")): item
        for section in document.get("sections") or ()
        for item in section.get("items") or ()
    }


def critical_words(item: Document) -> str:
    """What a critical miss does, as half a sentence."""
    critical = item.get("critical")
    if not critical:
        return ""
    effect = _t(EFFECTS.get(str(critical.get("effect")), ""), at=critical.get("at", "?"))
    below = critical.get("below", 1)
    if str(below) in ("1", "1.0"):
        return _t("Critical: if missed, %(effect)s.", effect=effect)
    return _t("Critical: below %(below)s of full marks, %(effect)s.", below=below, effect=effect)


def evidence_words(item: Document) -> list[tuple[str, str]]:
    """(answer, what it must be shown by)."""
    return [
        (answer_name(item, answer), ", ".join(named(_EVIDENCE, kind) for kind in kinds or ()))
        for answer, kinds in (item.get("evidence") or {}).items()
    ]


def incident_words(item: Document) -> str:
    """Which answers open an incident of which type."""
    incident = item.get("incident")
    if not incident:
        return ""
    answers = ", ".join(answer_name(item, answer) for answer in incident.get("when") or ())
    return _t(
        "%(answers)s: opens an incident “%(type)s”, priority %(priority)s.",
        answers=answers,
        type=incident.get("type", ""),
        priority=incident.get("priority", 3),
    )


def condition_words(condition: Any, items: Mapping[str, Document]) -> str:
    """A condition as a phrase: “Did you go in?” is Yes and patio is yes."""
    if not condition:
        return ""
    if not isinstance(condition, Mapping):  # a draft keeps what could not be read
        return str(condition)
    for key, word in (("all", _t(" and ")), ("any", _t(" or "))):
        if key in condition:
            members = condition[key]
            listed = members if isinstance(members, list | tuple) else [members]
            parts = [condition_words(part, items) for part in listed if part]
            return word.join(f"({part})" if word in part else part for part in parts)
    if "not" in condition:
        return _t("not: %(condition)s", condition=condition_words(condition["not"], items))
    item = items.get(str(condition.get("item")), {})
    subject = (
        f"“{pick(item['text'])}”"
        if item.get("text")
        else str(condition.get("item") or condition.get("attribute") or "?")
    )
    if "is" in condition:
        values = condition["is"]
        listed = values if isinstance(values, list | tuple) else [values]
        words = _t(" or ").join(answer_name(item, value) if item else str(value) for value in listed)
        return _t("%(subject)s is %(values)s", subject=subject, values=words)
    if "at_least" in condition:
        return _t("%(subject)s is %(bound)s or more", subject=subject, bound=condition["at_least"])
    return _t("%(subject)s is %(bound)s or less", subject=subject, bound=condition.get("at_most", "?"))


def range_words(item: Document) -> list[tuple[str, str]]:
    """(from … , points) of a number, duration or time."""
    return [
        (
            _t("from %(start)s", start=part["from"]) if part.get("from") is not None else _t("up to there"),
            str(part.get("points", "")),
        )
        for part in item.get("ranges") or ()
    ]


def weight_of(item: Document) -> str:
    """The weight as it is written; empty where an item is never scored."""
    if item.get("type") in ("text", "photo", "signature"):
        return ""
    if item.get("type") in ("number", "duration", "time") and not item.get("ranges"):
        return ""
    return str(item.get("weight", 1))


def texts_of(value: object) -> dict[str, str]:
    """Words by language, whatever stands there."""
    if isinstance(value, Mapping):
        return {str(language): str(words) for language, words in value.items()}
    return {"en": value} if isinstance(value, str) and value else {}


TEXTUAL: Final = frozenset({"title", "description", "brief", "text", "guidance", "unit"})
"""Keys that hold words by language."""


def value_words(holder: Document, field: str, items: Mapping[str, Document]) -> str:
    """What stands at a key of an item, a section or the whole, in one line."""
    value = holder.get(field)
    simple = {
        "type": lambda: named(TYPES, value),
        "nature": lambda: _t("feeling") if value == "feeling" else _t("fact"),
        "required": lambda: _t("no") if value is False else _t("yes"),
        "critical": lambda: critical_words(holder),
        "incident": lambda: incident_words(holder),
        "evidence": lambda: "; ".join(f"{answer}: {what}" for answer, what in evidence_words(holder)),
        "show_if": lambda: condition_words(value, items),
        "applies_if": lambda: condition_words(value, items),
        "ranges": lambda: "; ".join(f"{start}: {points}" for start, points in range_words(holder)),
        "channels": lambda: ", ".join(named(CHANNELS, one) for one in value or ["in_person"]),
        "kinds": lambda: ", ".join(named(KINDS, one) for one in value or KINDS),
        "aggregation": lambda: _t("by section") if value == "sections" else _t("pooled"),
    }
    if field in simple:
        return simple[field]()
    if field == "weight":
        return str(1 if value is None else value)
    if field == "options":
        return "; ".join(
            f"{answer_name(holder, one.get('code'))} ({one.get('points', 0)})" for one in value or ()
        )
    if field == "scale":
        return f"{value.get('min', 1)}–{value.get('max', 5)}" if value else "1–5"
    if field == "bands":
        return "; ".join(f"{one.get('from')} {pick(texts_of(one.get('name')))}" for one in value or ())
    if isinstance(value, bool):
        return _t("yes") if value else _t("no")
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, Mapping):
        return pick(texts_of(value))
    return "" if value is None else str(value)


def points_words(points: object) -> str:
    """Points with the word in its right form."""
    if isinstance(points, int) and not isinstance(points, bool):
        return ngettext("%(num)s point", "%(num)s points", points)
    return _t("%(points)s points", points=points)


def change_counts(changes: Sequence[Mapping[str, Any]]) -> str:
    """How many items are new, comparable and gone, as one phrase."""
    counted = {
        kind: sum(one.get("class") == kind for one in changes) for kind in ("new", "comparable", "gone")
    }
    phrases = {
        "new": ngettext("%(num)s new", "%(num)s new", counted["new"]),
        "comparable": ngettext("%(num)s comparable", "%(num)s comparable", counted["comparable"]),
        "gone": ngettext("%(num)s gone", "%(num)s gone", counted["gone"]),
    }
    return ", ".join(phrase for kind, phrase in phrases.items() if counted[kind])


def languages_of(*texts: Mapping[str, str]) -> list[str]:
    """Every language of these texts, ours first."""
    there = {language for text in texts for language in text}
    return [one for one in LANGUAGES if one in there] + sorted(there - set(LANGUAGES))


@dataclass(frozen=True)
class Pair:
    """One option as it was and as it is."""

    before: str
    after: str


def option_pairs(before: Document, after: Document) -> list[Pair]:
    """The options of two items beside each other, by their code."""

    def phrases(item: Document) -> dict[str, str]:
        return {
            str(one.get("code")): f"{answer_name(item, one.get('code'))} ({one.get('points', 0)})"
            for one in item.get("options") or ()
        }

    old, new = phrases(before), phrases(after)
    return [Pair(old.get(code, ""), new.get(code, "")) for code in {**new, **old}]


def step_words(what: str) -> str:
    """What a step of a draft was: a sentence kept as msgid, and the code of its part."""
    sentence, _bar, code = what.partition("|")
    return f"{_t(sentence)} ({code})" if code else _t(sentence)
