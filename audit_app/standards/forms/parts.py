"""The parts of a draft as typed: an item, a section, the whole. What does not fit the kind of answer is left out."""

from collections.abc import Mapping
from typing import Any, Final

from audit_app.standards.forms.conditions import condition_from
from audit_app.standards.forms.typed import Fields, without_empty
from audit_app.standards.rules.definition import (
    NEVER_SCORED,
    WITH_OPTIONS,
    WITH_RANGES,
    AnswerType,
)
from audit_app.standards.rules.editing import code_from

FIXED: Final[Mapping[str, tuple[str, ...]]] = {
    "yes_no": ("yes", "no"),
    "pass_partial_fail": ("pass", "partial", "fail"),
}
"""Answers whose codes cannot be chosen."""


def item_from(fields: Fields, old: Mapping[str, Any]) -> dict[str, Any]:
    """The item as typed; its code is the old one's."""
    kind = fields.line("type")
    if kind not in list(AnswerType):
        kind = str(old.get("type") or AnswerType.YES_NO)
    options = _options(fields, kind, old)
    ranges = _ranges(fields) if kind in WITH_RANGES else []
    scored = kind not in NEVER_SCORED
    answers = [str(one["code"]) for one in options] or list(FIXED.get(kind, ()))
    na = fields.flag("na")
    return without_empty(
        {
            "code": old.get("code"),
            "text": fields.text("text", old.get("text")),
            "guidance": fields.text("guidance", old.get("guidance")),
            "picture": fields.line("picture"),
            "type": kind,
            "nature": "feeling" if fields.line("nature") == "feeling" else None,
            "required": None if fields.flag("required") else False,
            "weight": fields.number("weight") if scored else None,
            "na": na or None,
            "bonus": (fields.flag("bonus") or None) if scored else None,
            "hygiene": fields.flag("hygiene") or None,
            "options": options,
            "scale": _scale(fields, old) if kind == AnswerType.SCALE else None,
            "ranges": ranges,
            "unit": fields.text("unit", old.get("unit")) if kind == AnswerType.NUMBER else None,
            "min": fields.number("min") if kind in (AnswerType.NUMBER, AnswerType.DURATION) else None,
            "max": fields.number("max") if kind in (AnswerType.NUMBER, AnswerType.DURATION) else None,
            "critical": _critical(fields) if scored else None,
            "evidence": _evidence(fields, [*answers, "any", "na", *(["miss"] if scored else [])]),
            "show_if": condition_from(fields, "show_if", "item"),
            "applies_if": condition_from(fields, "applies_if", "attribute"),
            "segments": fields.codes("segments"),
            "incident": _incident(fields, [*answers, "miss"]) if scored else None,
        }
    )


def _options(fields: Fields, kind: str, old: Mapping[str, Any]) -> list[dict[str, Any]]:
    if kind not in WITH_OPTIONS:
        return []
    before = {str(one.get("code")): one for one in old.get("options") or ()}
    found: list[dict[str, Any]] = []
    for row in fields.rows("options"):
        code, text = fields.line(f"{row}.code"), fields.text(f"{row}.text")
        points, guidance = fields.number(f"{row}.points"), fields.text(f"{row}.guidance")
        if fields.flag(f"{row}.remove") or (kind in FIXED and code not in FIXED[kind]):
            continue
        if not code and not text and points is None:
            continue
        was = before.get(code, {})
        taken = [str(one["code"]) for one in found] + [
            fields.line(f"{other}.code") for other in fields.rows("options")
        ]
        found.append(
            without_empty(
                {
                    "code": code or code_from(next(iter(text.values()), ""), taken, "option"),
                    "text": fields.text(f"{row}.text", was.get("text")),
                    "points": points if points is not None else (0 if kind not in FIXED else None),
                    "guidance": guidance or was.get("guidance"),
                }
            )
        )
    if kind in FIXED:
        if not any(len(one) > 1 for one in found):
            return []
        there = {str(one["code"]) for one in found}
        found += [{"code": code} for code in FIXED[kind] if code not in there]
    return found


def _scale(fields: Fields, old: Mapping[str, Any]) -> dict[str, Any]:
    was = old.get("scale") or {}
    low, high = fields.number("scale.min"), fields.number("scale.max")
    return without_empty(
        {
            "min": 1 if low is None else low,
            "max": 5 if high is None else high,
            "low": fields.text("scale.low", was.get("low")),
            "high": fields.text("scale.high", was.get("high")),
        }
    )


def _ranges(fields: Fields) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index, row in enumerate(fields.rows("ranges")):
        start, points = fields.line(f"{row}.from"), fields.number(f"{row}.points")
        if fields.flag(f"{row}.remove") or (points is None and not start):
            continue
        value = fields.number(f"{row}.from") if ":" not in start else start
        found.append(without_empty({"from": value if index else None, "points": points}))
    return found


def _critical(fields: Fields) -> dict[str, Any] | None:
    effect = fields.line("critical.effect")
    if not effect:
        return None
    below, at = fields.number("critical.below"), fields.number("critical.at")
    return without_empty(
        {
            "below": None if below in (1, None) else below,
            "effect": effect,
            "at": at if effect in ("cap_section", "cap_total") else None,
        }
    )


def _evidence(fields: Fields, answers: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for answer in answers:
        wanted = fields.many(f"evidence.{answer}")
        kinds: list[str] = [kind for kind in ("comment", "photo") if kind in wanted]
        if kinds:
            found[answer] = kinds
    return found


def _incident(fields: Fields, answers: list[str]) -> dict[str, Any] | None:
    when = [answer for answer in answers if answer in fields.many("incident.when")]
    kind = fields.line("incident.type")
    if not when and not kind:
        return None
    priority = fields.number("incident.priority")
    return without_empty({"when": when, "type": kind, "priority": 3 if priority is None else priority})


def section_from(fields: Fields, old: Mapping[str, Any]) -> dict[str, Any]:
    """The section as typed, without its items."""
    return without_empty(
        {
            "title": fields.text("title", old.get("title")),
            "guidance": fields.text("guidance", old.get("guidance")),
            "weight": fields.number("weight"),
            "pass_mark": fields.number("pass_mark"),
            "segments": fields.codes("segments"),
            "applies_if": condition_from(fields, "applies_if", "attribute"),
        }
    )


def settings_from(fields: Fields, old: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the whole as typed."""
    cap = fields.number("bonus_cap")
    found = without_empty(
        {
            "title": fields.text("title", old.get("title")),
            "description": fields.text("description", old.get("description")),
            "brief": fields.text("brief", old.get("brief")),
            "languages": fields.many("languages"),
            "channels": fields.many("channels"),
            "kinds": fields.many("kinds"),
            "minutes": fields.number("minutes"),
            "aggregation": "pooled" if fields.line("aggregation") == "pooled" else "sections",
            "bands": _bands(fields, old),
            "pass_mark": fields.number("pass_mark"),
        }
    )
    if cap != 100:
        found["bonus_cap"] = cap
    return found


def _bands(fields: Fields, old: Mapping[str, Any]) -> list[dict[str, Any]]:
    before = old.get("bands") or []
    found = []
    for index, row in enumerate(fields.rows("bands")):
        start, name = fields.number(f"{row}.from"), fields.text(f"{row}.name")
        if fields.flag(f"{row}.remove") or (start is None and not name):
            continue
        was = before[index].get("name") if index < len(before) else None
        tone = fields.line(f"{row}.tone")
        found.append(without_empty({"from": start, "name": fields.text(f"{row}.name", was), "tone": tone}))
    return found
