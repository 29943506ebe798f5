"""One spelling for one meaning: the document that is stored, hashed and written back as YAML.

Defaults are left out, numbers are whole or exact decimal text, sets are sorted, keys stand in the order of the format.
Two documents that mean the same give the same canonical document and so the same fingerprint; reading the canonical
document gives the same version again. What is order in a form (sections, items, options, ranges, bands, languages) stays.
"""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from audit_app.standards.rules.definition import (
    LANGUAGES,
    NEVER_SCORED,
    WITH_RANGES,
    AllOf,
    AnswerType,
    AnyOf,
    AtLeast,
    AtMost,
    Channel,
    Condition,
    Is,
    Item,
    Nature,
    Not,
    Option,
    Section,
    Text,
    Version,
    VisitKind,
)
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.values import write_decimal, write_time


def canonical(document: Mapping[str, Any] | Version) -> dict[str, Any]:
    """The canonical document of a version; a document is read first, so a bad one raises `StandardNotUnderstood`."""
    version = document if isinstance(document, Version) else read_version(document)
    found: dict[str, Any] = {
        "code": version.code,
        "version": version.version,
        "title": _text(version.title),
        "description": _text(version.description),
        "brief": _text(version.brief),
        "languages": list(version.languages),
        "channels": _unless([str(one) for one in version.channels], [str(Channel.IN_PERSON)]),
        "kinds": _unless([str(one) for one in version.kinds], [str(one) for one in VisitKind]),
        "minutes": version.minutes,
        "aggregation": str(version.aggregation),
        "bands": [
            {"from": _number(band.start), "name": _text(band.name), "tone": str(band.tone)}
            for band in version.bands
        ],
        "pass_mark": _number(version.pass_mark),
        "sections": [_section(version, section) for section in version.sections],
    }
    kept = _without_empty(found)
    if version.bonus_cap != 100:
        kept = _after(kept, "aggregation", "bonus_cap", _number(version.bonus_cap))  # null means: no cap
    return kept


def fingerprint(document: Mapping[str, Any] | Version) -> str:
    """SHA-256 over the canonical document: equal meaning, equal fingerprint."""
    text = json.dumps(canonical(document), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _after(found: dict[str, Any], key: str, new: str, value: Any) -> dict[str, Any]:
    """The same mapping with one more key behind the given one."""
    place = list(found).index(key) + 1
    entries = list(found.items())
    return dict([*entries[:place], (new, value), *entries[place:]])


def _section(version: Version, section: Section) -> dict[str, Any]:
    return _without_empty(
        {
            "code": section.code,
            "title": _text(section.title),
            "guidance": _text(section.guidance),
            "weight": _unless(_number(section.weight), 1),
            "pass_mark": _number(section.pass_mark),
            "segments": list(section.segments),
            "applies_if": _attribute_condition(section.applies_if),
            "items": [_item(version, item) for item in section.items],
        }
    )


def _item(version: Version, item: Item) -> dict[str, Any]:
    never = item.type in NEVER_SCORED or (item.type in WITH_RANGES and not item.ranges)
    critical = item.critical and {
        "below": _unless(_number(item.critical.below), 1),
        "effect": str(item.critical.effect),
        "at": _number(item.critical.at),
    }
    incident = item.incident and {
        "when": list(item.incident.when),
        "type": item.incident.type,
        "priority": item.incident.priority,
    }
    return _without_empty(
        {
            "code": item.code,
            "text": _text(item.text),
            "guidance": _text(item.guidance),
            "picture": item.picture,
            "type": str(item.type),
            "nature": _unless(str(item.nature), str(Nature.FACT)),
            "required": None if item.required else False,
            "weight": None if never else _unless(_number(item.weight), 1),
            "na": item.na or None,
            "bonus": item.bonus or None,
            "hygiene": item.hygiene or None,
            "options": _options(item),
            "scale": item.scale
            and _without_empty(
                {
                    "min": item.scale.min,
                    "max": item.scale.max,
                    "low": _text(item.scale.low),
                    "high": _text(item.scale.high),
                }
            ),
            "ranges": [
                _without_empty({"from": _measure(item.type, part.start), "points": _number(part.points)})
                for part in item.ranges
            ],
            "unit": _text(item.unit),
            "min": _number(item.min),
            "max": _number(item.max),
            "critical": critical and _without_empty(critical),
            "evidence": {key: [str(kind) for kind in kinds] for key, kinds in item.evidence.items()},
            "show_if": _item_condition(version, item.show_if),
            "applies_if": _attribute_condition(item.applies_if),
            "segments": list(item.segments),
            "incident": incident,
        }
    )


def _options(item: Item) -> list[dict[str, Any]]:
    """Left out where yes/no or pass/partial/fail stand in their usual order with their usual points and no words."""
    usual = {
        AnswerType.YES_NO: (("yes", Fraction(1)), ("no", Fraction(0))),
        AnswerType.PASS_PARTIAL_FAIL: (
            ("pass", Fraction(1)),
            ("partial", Fraction(1, 2)),
            ("fail", Fraction(0)),
        ),
    }.get(item.type)
    plain = tuple((option.code, option.points) for option in item.options)
    if plain == usual and not any(option.text or option.guidance for option in item.options):
        return []
    return [_option(option) for option in item.options]


def _option(option: Option) -> dict[str, Any]:
    found = {"code": option.code, "text": _text(option.text), "points": _number(option.points)}
    return _without_empty({**found, "guidance": _text(option.guidance)})


def _measure(kind: AnswerType, number: Fraction | None) -> int | str | None:
    if number is None or kind is not AnswerType.TIME:
        return _number(number)
    return write_time(number)


def _item_condition(version: Version, condition: Condition | None) -> dict[str, Any] | None:
    return None if condition is None else _condition(condition, "item", version)


def _attribute_condition(condition: Condition | None) -> dict[str, Any] | None:
    return None if condition is None else _condition(condition, "attribute", None)


def _condition(condition: Condition, subject: str, version: Version | None) -> dict[str, Any]:
    if isinstance(condition, AllOf):
        return {"all": [_condition(part, subject, version) for part in condition.parts]}
    if isinstance(condition, AnyOf):
        return {"any": [_condition(part, subject, version) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": _condition(condition.part, subject, version)}
    if isinstance(condition, Is):
        return {subject: condition.subject, "is": list(condition.values)}
    assert isinstance(condition, AtLeast | AtMost)
    key = "at_least" if isinstance(condition, AtLeast) else "at_most"
    kind = version.item_by_code[condition.subject].type if version else AnswerType.NUMBER
    return {subject: condition.subject, key: _measure(kind, condition.bound)}


def _number(number: Fraction | None) -> int | str | None:
    """Whole numbers as numbers, others as decimal text: JSON's floats would not keep them."""
    if number is None:
        return None
    return number.numerator if number.denominator == 1 else write_decimal(number)


def _text(text: Text) -> dict[str, str]:
    first = [language for language in LANGUAGES if language in text]
    return {language: text[language] for language in [*first, *sorted(set(text) - set(first))]}


def _unless(value: Any, default: Any) -> Any:
    return None if value == default else value


def _without_empty(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None and value not in ("", [], {})}
