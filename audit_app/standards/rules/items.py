"""Reads one item of a standard."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.conditions import read_applies_if, read_show_if, read_value
from audit_app.standards.rules.definition import (
    ANY,
    CAPS,
    LARGEST_POINTS,
    LARGEST_VALUE,
    LARGEST_WEIGHT,
    LONGEST_TITLE,
    MISS,
    MOST_OPTIONS,
    MOST_RANGES,
    NA,
    NEVER_SCORED,
    RESERVED,
    WIDEST_SCALE,
    WITH_OPTIONS,
    WITH_RANGES,
    AnswerType,
    Critical,
    Effect,
    Evidence,
    Incident,
    Item,
    Nature,
    Option,
    Range,
    Scale,
)
from audit_app.standards.rules.fields import (
    DOTTED_CODE,
    ITEM_CODE,
    OPTION_CODE,
    QUOTE_IT,
    Fields,
    shown,
)

KEYS: Final = (
    "code", "text", "guidance", "picture", "type", "nature", "required", "weight", "na", "bonus", "hygiene", "options", "scale",
    "ranges", "unit", "min", "max", "critical", "evidence", "show_if", "applies_if", "segments", "incident",
)  # fmt: skip
_FIXED_POINTS: Final[Mapping[AnswerType, Mapping[str, Fraction]]] = {
    AnswerType.YES_NO: {"yes": Fraction(1), "no": Fraction(0)},
    AnswerType.PASS_PARTIAL_FAIL: {"pass": Fraction(1), "partial": Fraction(1, 2), "fail": Fraction(0)},
}


def read_item(fields: Fields, earlier: Mapping[str, Item | None], all_codes: frozenset[str]) -> Item | None:
    """The item, or None when it is too broken to be referred to (the problems are noted either way)."""
    fields.only(*KEYS)
    code = fields.code("code", ITEM_CODE)
    text = fields.text("text", needed=True)
    kind = fields.choice("type", AnswerType, None)
    guidance = fields.text("guidance")
    picture = fields.line("picture", longest=200)
    if "/" in picture or "\\" in picture or picture.startswith("."):
        fields.wrong("picture", _("only the name of a file can stand here, without folders"))
    nature = fields.choice("nature", Nature, Nature.FACT) or Nature.FACT
    required, na, bonus = fields.flag("required", True), fields.flag("na", False), fields.flag("bonus", False)
    segments = fields.codes("segments", OPTION_CODE)
    applies = fields.entry("applies_if")
    applies_if = read_applies_if(applies) if applies else None
    show = fields.entry("show_if")
    show_if = read_show_if(show, earlier, all_codes) if show else None
    if kind is None:
        return None
    item = Item(
        code=code,
        text=text,
        type=kind,
        guidance=guidance,
        picture=picture,
        nature=nature,
        required=required,
        weight=Fraction(0),
        na=na,
        bonus=bonus,
        options=_options(fields, kind),
        scale=_scale(fields, kind),
        ranges=_ranges(fields, kind),
        unit=_unit(fields, kind),
        min=_limit(fields, kind, "min"),
        max=_limit(fields, kind, "max"),
        critical=None,
        evidence={},
        show_if=show_if,
        applies_if=applies_if,
        segments=segments,
        incident=None,
        hygiene=fields.flag("hygiene", False),
    )
    if item.min is not None and item.max is not None and item.min > item.max:
        fields.wrong("max", _("the largest answer is smaller than the smallest"))
    return _with_marks(fields, item)


def _with_marks(fields: Fields, item: Item) -> Item:
    """Adds what can only be judged once the answers are known: weight, critical, evidence, incident."""
    return replace(
        item,
        weight=_weight(fields, item),
        critical=_critical(fields, item),
        evidence=_evidence(fields, item),
        incident=_incident(fields, item),
    )


def _options(fields: Fields, kind: AnswerType) -> tuple[Option, ...]:
    if kind not in WITH_OPTIONS:
        fields.not_for(kind, "options")
        return ()
    fixed = _FIXED_POINTS.get(kind)
    if not fields.has("options"):
        if fixed is None:
            fields.wrong("options", _("the options to choose from are missing"))
            return ()
        return tuple(Option(code, {}, points, {}) for code, points in fixed.items())
    found: dict[str, Option] = {}
    for entry in fields.entries("options", MOST_OPTIONS):
        option = _option(entry, fixed)
        if option is None:
            continue
        if option.code in found:
            entry.wrong("code", _("the option “%(code)s” stands here twice"), code=option.code)
        elif fixed is not None and option.code not in fixed:
            entry.wrong(
                "code",
                _("an item of type %(type)s has only the options %(known)s"),
                type=kind,
                known=", ".join(fixed),
            )
        else:
            found[option.code] = option
    if fixed is not None and set(fixed) - set(found):
        fields.wrong(
            "options",
            _("the option “%(code)s” is missing"),
            code=", ".join(c for c in fixed if c not in found),
        )
        return tuple(found.get(code, Option(code, {}, points, {})) for code, points in fixed.items())
    if kind is AnswerType.SINGLE and len(found) < 2:
        fields.wrong("options", _("at least two options are needed to choose from"))
    elif not found:
        fields.wrong("options", _("the options to choose from are missing"))
    return tuple(found.values())


def _option(entry: Fields, fixed: Mapping[str, Fraction] | None) -> Option | None:
    entry.only("code", "text", "points", "guidance")
    code = entry.code("code", OPTION_CODE)
    text, guidance = entry.text("text", longest=LONGEST_TITLE), entry.text("guidance")
    default = (fixed or {}).get(code, Fraction(0))
    points = entry.number("points", -LARGEST_POINTS, LARGEST_POINTS)
    if code in RESERVED:
        entry.wrong("code", _("“%(code)s” has a meaning of its own and cannot be an option"), code=code)
        return None
    return Option(code, text, default if points is None else points, guidance) if code else None


def _scale(fields: Fields, kind: AnswerType) -> Scale | None:
    if kind is not AnswerType.SCALE:
        fields.not_for(kind, "scale")
        return None
    entry = fields.entry("scale")
    if entry is None:
        return Scale(1, 5, {}, {})
    entry.only("min", "max", "low", "high")
    low, high = entry.whole("min", -1000, 1000), entry.whole("max", -1000, 1000)
    low_text = entry.text("low", longest=LONGEST_TITLE)
    high_text = entry.text("high", longest=LONGEST_TITLE)
    low, high = 1 if low is None else low, 5 if high is None else high
    if not low < high <= low + WIDEST_SCALE:
        entry.wrong(
            "max",
            _("the scale must end above its beginning, at most %(limit)s steps above"),
            limit=WIDEST_SCALE,
        )
        return Scale(1, 5, low_text, high_text)
    return Scale(low, high, low_text, high_text)


def _ranges(fields: Fields, kind: AnswerType) -> tuple[Range, ...]:
    if kind not in WITH_RANGES:
        fields.not_for(kind, "ranges")
        return ()
    found: list[Range] = []
    for index, entry in enumerate(fields.entries("ranges", MOST_RANGES)):
        entry.only("from", "points")
        points = entry.number("points", -LARGEST_POINTS, LARGEST_POINTS)
        if points is None and not entry.has("points"):
            entry.wrong("points", _("the points are missing"))
        start = None
        if index == 0:
            if entry.has("from"):
                entry.wrong(
                    "from",
                    _(
                        "the first range begins at the very bottom; leave its “from” out, then no hole is possible"
                    ),
                )
        elif not entry.has("from"):
            entry.wrong("from", _("every range but the first says where it begins"))
        else:
            start = read_value(kind, entry.get("from"))
            if start is None or abs(start) > LARGEST_VALUE:
                entry.wrong("from", _("“%(value)s” is no answer that an item of type %(type)s can have"),
                            value=shown(entry.get("from")), type=kind)  # fmt: skip
                continue
            before = found[-1].start if found else None
            if before is not None and start <= before:
                entry.wrong("from", _("the ranges must rise; this one does not begin above the one before"))
                continue
        found.append(Range(start, points if points is not None else Fraction(0)))
    if fields.has("ranges") and not found:
        fields.wrong("ranges", _("at least one range must stand here"))
    return tuple(found)


def _unit(fields: Fields, kind: AnswerType) -> Mapping[str, str]:
    if kind is not AnswerType.NUMBER:
        fields.not_for(kind, "unit")
        return {}
    return fields.text("unit", longest=LONGEST_TITLE)


def _limit(fields: Fields, kind: AnswerType, key: str) -> Fraction | None:
    if kind not in (AnswerType.NUMBER, AnswerType.DURATION):
        fields.not_for(kind, key)
        return None
    if not fields.has(key):
        return None
    value = read_value(kind, fields.get(key))
    if value is None or abs(value) > LARGEST_VALUE:
        fields.wrong(
            key,
            _("“%(value)s” is no answer that an item of type %(type)s can have"),
            value=shown(fields.get(key)),
            type=kind,
        )
        return None
    return value


def _weight(fields: Fields, item: Item) -> Fraction:
    weight = fields.number("weight", 0, LARGEST_WEIGHT)
    scored_type = item.type not in NEVER_SCORED and (item.type not in WITH_RANGES or bool(item.ranges))
    if not scored_type:
        if weight:
            fields.wrong(
                "weight",
                _("answers of type %(type)s are never scored; leave the weight out")
                if item.type in NEVER_SCORED
                else _("without ranges the answer cannot be scored; add ranges or leave the weight out"),
                type=item.type,
            )
        if item.bonus:
            fields.wrong("bonus", _("an item that is not scored cannot be a bonus"))
        return Fraction(0)
    weight = Fraction(1) if weight is None else weight
    if not item.has_ratio and weight > 0 and (item.options or item.ranges):
        fields.wrong(
            "options" if item.options else "ranges",
            _(
                "the best answer must be worth more than 0 points; give points, or weight: 0 when the item is not scored"
            ),
        )
    if item.bonus and weight == 0:
        fields.wrong("bonus", _("an item that is not scored cannot be a bonus"))
    return weight


def _critical(fields: Fields, item: Item) -> Critical | None:
    entry = fields.entry("critical")
    if entry is None:
        return None
    entry.only("below", "effect", "at")
    below = entry.number("below", 0, 1, above=True)
    effect = entry.choice("effect", Effect, None)
    at = entry.number("at", 0, 100)
    if not item.has_ratio:
        entry.wrong((), _("only an item whose answers are scored can be critical"))
    if effect is None:
        return None
    if effect in CAPS and not entry.has("at"):
        entry.wrong("at", _("a cap needs the percentage it holds the score at"))
    if effect not in CAPS and entry.has("at"):
        entry.wrong("at", _("only cap_section and cap_total have a percentage"))
        at = None
    return Critical(Fraction(1) if below is None else below, effect, at)


def _evidence(fields: Fields, item: Item) -> Mapping[str, tuple[Evidence, ...]]:
    entry = fields.entry("evidence")
    if entry is None:
        return {}
    known = [option.code for option in item.options] + [ANY]
    known += [NA] if item.na else []
    known += [MISS] if item.has_ratio else []
    found: dict[str, tuple[Evidence, ...]] = {}
    for key in entry.raw:
        if isinstance(key, bool):
            entry.wrong(shown(key), QUOTE_IT)
        elif key == NA and not item.na:
            entry.wrong(NA, _("this item may not be answered as not applicable (na: true is missing)"))
        elif key not in known:
            entry.wrong(
                shown(key),
                _("“%(answer)s” is no answer here; known are %(known)s"),
                answer=shown(key),
                known=", ".join(known),
            )
        elif entry.has(key):
            found[key] = entry.choices(key, Evidence, ())
    return {key: found[key] for key in known if found.get(key)}


def _incident(fields: Fields, item: Item) -> Incident | None:
    entry = fields.entry("incident")
    if entry is None:
        return None
    entry.only("when", "type", "priority")
    kind = entry.code("type", DOTTED_CODE)
    priority = entry.whole("priority", 1, 4)
    known = [option.code for option in item.options] + ([MISS] if item.has_ratio else [])
    if not known:
        entry.wrong((), _("no answer to this item can open an incident; only chosen or scored answers can"))
    when: set[str] = set()
    raw = entry.members("when")
    if not entry.has("when") or raw == []:
        entry.wrong("when", _("name the answers that open the incident, or miss"))
    for index, answer in enumerate(raw or []):
        if isinstance(answer, bool):
            entry.wrong(("when", index), QUOTE_IT)
        elif str(answer) not in known:
            entry.wrong(
                ("when", index),
                _("“%(answer)s” is no answer here; known are %(known)s"),
                answer=shown(answer),
                known=", ".join(known),
            )
        else:
            when.add(str(answer))
    ordered = tuple(answer for answer in known if answer in when)
    return Incident(ordered, kind, priority if priority is not None else 3) if ordered and kind else None
