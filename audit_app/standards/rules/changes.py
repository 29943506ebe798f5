"""What changed between two versions, and whether a trend line may go on across it.

An item keeps one identity over all versions, but a line drawn through two versions is only honest while the question measures
the same thing. So every difference has a class, and an item's class is that of its gravest difference:

**same** – the line goes on, no mark. What is asked and how answers are judged has not moved: a corrected wording (no number in it
changed and at least three quarters of the letters kept), guidance, picture, labels of options or of the scale's ends corrected
likewise, another language, another place or section, fact/feeling, client segments, the incident rule (it acts after the answer).

**comparable** – the line goes on, with a mark. The answers mean the same, but who is asked or how people answer may have moved:
weight and bonus (the item's own share of full marks is untouched, its pull on the total is not), critical effect (people answer
more gently when much hangs on it), evidence (whoever must prove a "no" says it less easily), required and N/A (who answers at all),
show_if and applies_if (who is asked), limits of a number, points that keep their order, and a wording that was rewritten or whose
numbers changed: a person should look whether it still asks the same; if not, the item deserves a new code.

**new** – a new line begins. Earlier answers cannot be read as answers to this question: the item was not there, the type of answer,
the options one can choose, the order of their points or what an option says, the ends of the scale, the bounds of the ranges, the
unit.

**gone** – no longer asked.

The total of a visit has its own line, broken by rules of the version: see `rule_changes_between`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import Item, Section, Text, Version

_ALIKE: Final = 0.75
_NUMBERS = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


class ChangeClass(StrEnum):
    """What a change means for a trend, from harmless to grave."""

    SAME = "same"
    COMPARABLE = "comparable"
    NEW = "new"
    GONE = "gone"


_GRAVITY: Final = tuple(ChangeClass)


@dataclass(frozen=True)
class Aspect:
    """One difference: the key of the document, its class, and the reason as a msgid."""

    field: str
    kind: ChangeClass
    text: str


@dataclass(frozen=True)
class Change:
    """One item of either version, with every difference; an untouched one has none."""

    item: str
    kind: ChangeClass
    aspects: tuple[Aspect, ...]
    section_before: str = ""
    section_after: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys of the document that differ."""
        return tuple(aspect.field for aspect in self.aspects)

    @property
    def touched(self) -> bool:
        """Whether anything about it differs at all."""
        return self.kind in (ChangeClass.NEW, ChangeClass.GONE) or bool(self.aspects)

    def document(self) -> dict[str, Any]:
        """The change as it is kept with the version."""
        return {"item": self.item, "class": str(self.kind), "fields": list(self.fields)}


@dataclass(frozen=True)
class RuleChange:
    """A difference in the rules of a version (`section` empty) or of one section."""

    section: str
    field: str
    kind: ChangeClass
    text: str


def trend_goes_on(kind: ChangeClass) -> bool:
    """Whether a line may be drawn across a change of this class."""
    return kind in (ChangeClass.SAME, ChangeClass.COMPARABLE)


def gravest(kinds: Iterable[ChangeClass]) -> ChangeClass:
    """The gravest of several classes; none at all is the same."""
    return max(kinds, key=_GRAVITY.index, default=ChangeClass.SAME)


def changes_between(old: Version | None, new: Version) -> list[Change]:
    """Every item of both versions: those of the new one in its order, then those that are gone."""
    found: list[Change] = []
    for item in new.items:
        section = new.section_of[item.code].code
        before = old.item_by_code.get(item.code) if old else None
        if old is None or before is None:
            found.append(Change(item.code, ChangeClass.NEW, (), "", section))
            continue
        section_before = old.section_of[item.code].code
        aspects = _aspects(before, item)
        if section != section_before:
            aspects.append(Aspect("section", ChangeClass.SAME, _("It stands in another section.")))
        kind = gravest(aspect.kind for aspect in aspects)
        found.append(Change(item.code, kind, tuple(aspects), section_before, section))
    for item in old.items if old else ():
        if item.code not in new.item_by_code:
            assert old is not None
            found.append(Change(item.code, ChangeClass.GONE, (), old.section_of[item.code].code, ""))
    return found


def _aspects(old: Item, new: Item) -> list[Aspect]:
    if old.type is not new.type:
        reason = _("It is answered in another way, so earlier answers cannot be compared.")
        return [Aspect("type", ChangeClass.NEW, reason)]
    found: list[Aspect] = []
    same, comparable, brand_new = ChangeClass.SAME, ChangeClass.COMPARABLE, ChangeClass.NEW

    def differs(field: str, kind: ChangeClass, text: str) -> None:
        if getattr(old, field) != getattr(new, field):
            found.append(Aspect(field, kind, text))

    if old.text != new.text:
        found.append(_wording(old.text, new.text))
    differs("guidance", same, _("Its guidance was edited."))
    differs("picture", same, _("It has another picture."))
    differs("nature", same, _("It moved between facts and feelings."))
    differs("required", comparable, _("It is now required, or no longer: other visits may answer it."))
    differs(
        "weight",
        comparable,
        _("It weighs more or less in the total; its own share of full marks is untouched."),
    )
    differs("na", comparable, _("“Not applicable” is now allowed, or no longer: other visits may answer it."))
    differs("bonus", comparable, _("It became a bonus, or stopped being one."))
    differs("hygiene", same, _("It is now kept as hygiene, or no longer."))
    found.extend(_option_aspects(old, new))
    if old.scale != new.scale:
        found.append(_scale_aspect(old, new))
    if old.ranges != new.ranges:
        found.append(_range_aspect(old, new))
    if old.unit != new.unit:
        said_alike = all(
            old.unit[language] == new.unit[language] for language in old.unit.keys() & new.unit.keys()
        )
        kind = same if said_alike and bool(old.unit) == bool(new.unit) else brand_new
        found.append(Aspect("unit", kind, _("Its unit changed, so earlier numbers mean something else.")
                            if kind is brand_new else _("Its unit is told in other languages.")))  # fmt: skip
    differs("min", comparable, _("Other numbers are allowed as answers."))
    differs("max", comparable, _("Other numbers are allowed as answers."))
    differs(
        "critical",
        comparable,
        _("What a miss does to the score changed, and with it how gently people answer."),
    )
    differs(
        "evidence",
        comparable,
        _("Other proof is asked for; whoever must prove an answer gives it less easily."),
    )
    differs("show_if", comparable, _("It is shown after other answers, so other visits answer it."))
    differs("applies_if", comparable, _("It applies to other locations."))
    differs("segments", same, _("It belongs to other client segments."))
    differs("incident", same, _("Other answers open an incident, or an incident of another kind."))
    return found


def _wording(old: Text, new: Text) -> Aspect:
    kind = _words_class(old, new)
    if kind is ChangeClass.SAME:
        return Aspect("text", kind, _("Its wording was corrected."))
    return Aspect(
        "text",
        kind,
        _("Its wording was rewritten, or a number in it changed: check that it still asks the same."),
    )


def _words_class(old: Text, new: Text) -> ChangeClass:
    """Same: a correction. Comparable: rewritten in some language, or with another number in it."""
    for language in old.keys() & new.keys():
        before, after = old[language].casefold(), new[language].casefold()
        if before == after:
            continue
        if _NUMBERS.findall(before) != _NUMBERS.findall(after):
            return ChangeClass.COMPARABLE
        if SequenceMatcher(None, before, after, autojunk=False).ratio() < _ALIKE:
            return ChangeClass.COMPARABLE
    return ChangeClass.SAME


def _option_aspects(old: Item, new: Item) -> list[Aspect]:
    if old.options == new.options:
        return []
    if old.option_by_code.keys() != new.option_by_code.keys():
        reason = _("There are other answers to choose from, so earlier answers cannot be compared.")
        return [Aspect("options", ChangeClass.NEW, reason)]
    pairs = [(option, new.option_by_code[option.code]) for option in old.options]
    found: list[Aspect] = []
    if any(_words_class(before.text, after.text) is not ChangeClass.SAME for before, after in pairs):
        found.append(
            Aspect("options", ChangeClass.NEW, _("An answer to choose says something else than before."))
        )
    old_ranks, new_ranks = (
        _ranks([before.points for before, _after in pairs]),
        _ranks([after.points for _before, after in pairs]),
    )
    if old_ranks != new_ranks:
        found.append(Aspect("options", ChangeClass.NEW, _("Another answer is the better one now.")))
    elif [before.points for before, _after in pairs] != [after.points for _before, after in pairs]:
        reason = _("Its answers give other points, in the same order.")
        found.append(Aspect("options", ChangeClass.COMPARABLE, reason))
    return found or [
        Aspect("options", ChangeClass.SAME, _("The words or the order of its answers were edited."))
    ]


def _ranks(points: list[Fraction]) -> list[int]:
    order = sorted(set(points))
    return [order.index(value) for value in points]


def _scale_aspect(old: Item, new: Item) -> Aspect:
    assert old.scale is not None
    assert new.scale is not None
    if (old.scale.min, old.scale.max) != (new.scale.min, new.scale.max):
        return Aspect(
            "scale", ChangeClass.NEW, _("The scale has other ends, so earlier marks mean something else.")
        )
    kind = gravest([_words_class(old.scale.low, new.scale.low), _words_class(old.scale.high, new.scale.high)])
    return Aspect("scale", kind, _("The ends of the scale are described in other words."))


def _range_aspect(old: Item, new: Item) -> Aspect:
    if [part.start for part in old.ranges] != [part.start for part in new.ranges]:
        return Aspect(
            "ranges", ChangeClass.NEW, _("Other numbers are now good or bad, so a new line begins.")
        )
    if _ranks([part.points for part in old.ranges]) != _ranks([part.points for part in new.ranges]):
        return Aspect(
            "ranges", ChangeClass.NEW, _("Other numbers are now good or bad, so a new line begins.")
        )
    return Aspect("ranges", ChangeClass.COMPARABLE, _("Its ranges give other points, in the same order."))


def rule_changes_between(old: Version, new: Version) -> list[RuleChange]:
    """What changed in how a visit's total comes about and is judged; the items themselves are not looked at.

    Another aggregation makes another number of the same answers: a new line. Weights, caps, marks, bands and sections that come
    or go move the total a little or only its judgement: comparable, with a mark. Names and texts: the same.
    """
    found: list[RuleChange] = []
    same, comparable, brand_new = ChangeClass.SAME, ChangeClass.COMPARABLE, ChangeClass.NEW

    def differs(field: str, kind: ChangeClass, text: str) -> None:
        if getattr(old, field) != getattr(new, field):
            found.append(RuleChange("", field, kind, text))

    differs("title", same, _("The standard's title was edited."))
    differs("description", same, _("The description was edited."))
    if old.brief != new.brief:
        kind = _words_class(old.brief, new.brief)
        found.append(RuleChange("", "brief", kind, _("The scenario for the shopper was edited.")))
    differs("languages", same, _("It is told in other languages."))
    differs("channels", comparable, _("It is used in other channels."))
    differs("kinds", same, _("It is used for other kinds of visits."))
    differs("minutes", same, _("The expected time to fill it in changed."))
    differs(
        "aggregation",
        brand_new,
        _("The total is put together in another way, so earlier totals cannot be compared."),
    )
    differs("bonus_cap", comparable, _("The total with bonus may reach another height."))
    if [band.start for band in old.bands] != [band.start for band in new.bands]:
        found.append(
            RuleChange(
                "", "bands", comparable, _("The bands begin elsewhere; totals stay, their bands do not.")
            )
        )
    elif old.bands != new.bands:
        found.append(RuleChange("", "bands", same, _("The bands have other names or colours.")))
    differs("pass_mark", comparable, _("The pass mark changed; totals stay, who passed does not."))
    before = {section.code: section for section in old.sections}
    for section in new.sections:
        found.extend(_section_changes(before.pop(section.code, None), section))
    found.extend(RuleChange(code, "sections", comparable, _("The section is gone.")) for code in before)
    return found


def _section_changes(old: Section | None, new: Section) -> list[RuleChange]:
    same, comparable = ChangeClass.SAME, ChangeClass.COMPARABLE
    if old is None:
        return [RuleChange(new.code, "sections", comparable, _("The section is new."))]
    found: list[RuleChange] = []

    def differs(field: str, kind: ChangeClass, text: str) -> None:
        if getattr(old, field) != getattr(new, field):
            found.append(RuleChange(new.code, field, kind, text))

    differs("title", same, _("The section's title was edited."))
    differs("guidance", same, _("The section's guidance was edited."))
    differs("weight", comparable, _("The section weighs more or less in the total."))
    differs("pass_mark", comparable, _("The section's pass mark changed."))
    differs("segments", same, _("The section belongs to other client segments."))
    differs("applies_if", comparable, _("The section applies to other locations."))
    return found
