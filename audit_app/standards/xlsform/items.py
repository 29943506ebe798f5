"""One row of the survey sheet as an item of a standard."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import NA, WIDEST_SCALE, AnswerType
from audit_app.standards.rules.values import read_decimal
from audit_app.standards.xlsform import extras
from audit_app.standards.xlsform.choices import FIXED, ChoiceList
from audit_app.standards.xlsform.conditions import Subject, limits
from audit_app.standards.xlsform.expressions import NotSupported
from audit_app.standards.xlsform.kinds import ANSWERS, AS_WORDS, SELECT_MULTIPLE, SELECT_ONE, Kind
from audit_app.standards.xlsform.notes import Note
from audit_app.standards.xlsform.sheets import CHOICES, SURVEY, Row, Sheet

SECONDS: Final[Mapping[str, str]] = {"en": "seconds", "ru": "в секундах", "uk": "у секундах"}
"""What an exported form says under a duration, which ODK can only take as a number."""

_COMMON: Final = frozenset(
    {"type", "name", "label", "hint", "guidance_hint", "required", "relevant", "media::image"}
)
_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "range": frozenset({"parameters"}),
    "image": frozenset({"parameters"}),
    "integer": frozenset({"constraint"}),
    "decimal": frozenset({"constraint"}),
}
COLUMN_OF: Final[Mapping[str, str]] = {
    "code": "name",
    "text": "label",
    "guidance": "hint",
    "required": "required",
    "options": "type",
    "scale": "parameters",
    "min": "constraint",
    "max": "constraint",
    "show_if": "relevant",
    "type": "type",
    "title": "label",
}
"""Key of an item → the column it is read from, where that is not `audit::` and the key."""


@dataclass
class ItemDraft:
    """An item with the row it came from; `choices` are the rows of its options."""

    row: Row
    document: dict[str, Any]
    subject: Subject
    choices: tuple[int, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)


@dataclass
class Maker:
    """Makes items; what it assumes or leaves out goes to the notes."""

    sheet: Sheet
    lists: Mapping[str, ChoiceList]
    unnamed: str
    languages: tuple[str, ...]
    wrong: list[Note]
    notes: list[Note]

    def _note(self, row: Row, base: str, text: str, **values: Any) -> None:
        self.notes.append(Note(SURVEY, row.line, self.sheet.typed(base)[:60], text, values))

    def _wrong(self, row: Row, base: str, text: str, **values: Any) -> None:
        self.wrong.append(Note(SURVEY, row.line, self.sheet.typed(base)[:60], text, values))

    def make(self, row: Row, kind: Kind, code: str) -> ItemDraft | None:
        """The item of a row, without its condition; None when its answers cannot be known."""
        answers = self.lists.get(kind.about) if kind.word in (SELECT_ONE, SELECT_MULTIPLE) else None
        if kind.word in (SELECT_ONE, SELECT_MULTIPLE) and (answers is None or not answers.choices):
            self._wrong(
                row, "type", _("there is no list “%(list)s” on the sheet choices"), list=kind.about[:60]
            )
            return None
        found: dict[str, Any] = {"code": code, "text": self._text(row)}
        answer = self._answer(row, kind, answers)
        guidance = self._guidance(row, answer)
        if guidance:
            found["guidance"] = guidance
        found["type"] = str(answer)
        found["required"] = self._required(row)
        draft = ItemDraft(row, found, Subject(code, answer, whole=kind.word in ("integer", "range")))
        if answers is not None:
            self._options(row, answer, answers, draft)
        if kind.or_other:
            self._note(
                row, "type", _("the answer “other” with free words is not carried over; add it as an option")
            )
        if kind.word == "range":
            self._range(row, answer, found)
        if answer in (AnswerType.NUMBER, AnswerType.DURATION):
            self._limits(row, kind, found)
        self._own(row, draft, answers)
        if kind.word in AS_WORDS:
            self._note(row, "type", _("the type “%(type)s” became free words"), type=kind.word)
        self._left_out(row, kind, answer)
        na = found.get("na") is True
        draft.subject = Subject(code, answer, answers.codes if answers else {}, na, draft.subject.whole)
        return draft

    def _text(self, row: Row) -> dict[str, str]:
        text = self.sheet.text(row, "label", self.unnamed)
        if text:
            if any("${" in words for words in text.values()):
                self._note(
                    row, "label", _("the answer of another question inside a text stays as it is typed")
                )
            return text
        self._note(row, "label", _("there is no label; the name stands in its place"))
        return {language: row.get("name") for language in self.languages or (self.unnamed,)}

    def _answer(self, row: Row, kind: Kind, answers: ChoiceList | None) -> AnswerType:
        """The type of answer: our own column where it fits, else what the form's type most likely is."""
        known = ANSWERS[kind.word]
        stated = row.get("audit::type")
        if stated:
            if stated in known:
                return AnswerType(stated)
            self._note(
                row,
                "audit::type",
                _("“%(stated)s” does not fit the type “%(type)s”, which was taken"),
                stated=stated[:60],
                type=row.get("type")[:60],
            )
        if kind.word == SELECT_ONE and answers is not None and answers.fixed_type:
            return answers.fixed_type
        if kind.word == "image" and "signature" in row.get("appearance").split():
            return AnswerType.SIGNATURE
        if kind.word == "range" and _scale(row) is None:
            self._note(row, "parameters", _("only steps of 1 make a scale; the question became a number"))
            return AnswerType.NUMBER
        if kind.word == "integer" and not stated:
            self._note(row, "type", _("that only whole numbers may be answered is not carried over"))
        return known[0]

    def _guidance(self, row: Row, answer: AnswerType) -> dict[str, str]:
        """The hint, without the unit that an exported form adds below it."""
        found = self.sheet.text(row, "hint", self.unnamed)
        units: Mapping[str, str] = {}
        if answer is AnswerType.DURATION and row.get("audit::type"):
            units = {language: SECONDS.get(language, SECONDS["en"]) for language in found}
        elif answer is AnswerType.NUMBER:
            units = self.sheet.text(row, "audit::unit", self.unnamed)
        for language, unit in units.items():
            tail = f"({unit})"
            words = found.get(language, "")
            if words == tail:
                del found[language]
            elif words.endswith(f"\n\n{tail}"):
                found[language] = words[: -len(tail)].rstrip()
        return added(found, self.sheet.text(row, "guidance_hint", self.unnamed))

    def _required(self, row: Row) -> bool | str:
        own = row.get("audit::required")
        if own:
            return extras.flag(own)
        cell = row.get("required")
        if not cell:
            return False
        found = extras.flag(cell)
        if isinstance(found, bool):
            return found
        self._note(
            row, "required", _("a condition for “required” is not carried over; the item is always required")
        )
        return True

    def _options(self, row: Row, answer: AnswerType, answers: ChoiceList, draft: ItemDraft) -> None:
        found = draft.document
        if answers.na:
            found["na"] = True
        if answers.is_plain(answer):
            return
        fixed = answer in FIXED
        draft.choices = tuple(one.line for one in answers.choices)
        found["options"] = [one.document(fixed=fixed) for one in answers.choices]
        if fixed or answers.has_points:
            return
        codes = {one.code for one in answers.choices}
        if codes == {"pass", "fail"}:
            for option in found["options"]:
                option["points"] = 1 if option["code"] == "pass" else 0
        elif not row.get("audit::weight"):
            found["weight"] = 0
            self._note(
                row,
                "type",
                _(
                    "the answers have no points, so the item is asked and not scored (column points of the sheet choices)"
                ),
            )

    def _range(self, row: Row, answer: AnswerType, found: dict[str, Any]) -> None:
        scale = _scale(row)
        if answer is AnswerType.SCALE:
            low, high = scale or (1, 10)
            found["scale"] = {"min": low, "max": high}
            for key in ("low", "high"):
                words = self.sheet.text(row, f"audit::scale_{key}", self.unnamed)
                if words:
                    found["scale"][key] = words
            return
        given = parameters(row)
        for key, name in (("min", "start"), ("max", "end")):
            if read_decimal(given.get(name, "")) is not None:
                found[key] = given[name]

    def _limits(self, row: Row, kind: Kind, found: dict[str, Any]) -> None:
        cell = row.get("constraint")
        if cell and kind.word in ("integer", "decimal"):
            try:
                low, high = limits(cell, whole=kind.word == "integer")
            except NotSupported as odd:
                self._not_carried(row, "constraint", cell, odd)
                return
            found.update({key: value for key, value in (("min", low), ("max", high)) if value is not None})

    def _not_carried(self, row: Row, base: str, cell: str, odd: NotSupported) -> None:
        text = _("not carried over: %(cell)s (%(reason)s)")
        self._note(row, base, text, cell=cell[:200], reason=odd)

    def _own(self, row: Row, draft: ItemDraft, answers: ChoiceList | None) -> None:
        """Our own columns; the standard's reader judges their values."""
        found = draft.document
        for key in ("weight", "nature", "picture"):
            if cell := row.get(f"audit::{key}"):
                found[key] = extras.number(cell) if key == "weight" else cell
        for key in ("na", "bonus", "hygiene"):
            if cell := row.get(f"audit::{key}"):
                found[key] = extras.flag(cell)
        if cell := row.get("audit::segments"):
            found["segments"] = extras.codes(cell)
        if cell := row.get("audit::critical"):
            found["critical"] = {"effect": cell}
            for key in ("at", "below"):
                if inner := row.get(f"audit::critical_{key}"):
                    found["critical"][key] = extras.number(inner)
        if cell := row.get("audit::incident"):
            found["incident"] = {"when": extras.codes(row.get("audit::incident_when")), "type": cell}
            if inner := row.get("audit::incident_priority"):
                found["incident"]["priority"] = inner
        words = self.sheet.text(row, "audit::unit", self.unnamed)
        if words:
            found["unit"] = words
        for key, read in (
            ("ranges", extras.ranges),
            ("evidence", extras.evidence),
            ("applies_if", extras.condition),
        ):
            if cell := row.get(f"audit::{key}"):
                try:
                    found[key] = read(cell)
                except NotSupported as odd:
                    self._wrong(row, f"audit::{key}", odd.text, **odd.values)
        if not found.get("picture") and (pictures := self.sheet.text(row, "media::image", self.unnamed)):
            found["picture"] = next(iter(pictures.values()))
            self._note(
                row, "media::image", _("the picture itself is not in the workbook; only its name was taken")
            )
        for first, rest in (("critical", ("at", "below")), ("incident", ("when", "priority"))):
            for one in rest:
                if row.get(f"audit::{first}_{one}") and not row.get(f"audit::{first}"):
                    self._note(
                        row,
                        f"audit::{first}_{one}",
                        _("this means nothing without “%(column)s”"),
                        column=f"audit::{first}",
                    )

    def _left_out(self, row: Row, kind: Kind, answer: AnswerType) -> None:
        """Every cell of a known column that has no counterpart for this type."""
        used = _COMMON | _BY_TYPE.get(kind.word, frozenset())
        own = {f"audit::{key}" for key in extras.ITEM_COLUMNS}
        texts = {"audit::unit"} if answer is AnswerType.NUMBER else set()
        texts |= {"audit::scale_low", "audit::scale_high"} if answer is AnswerType.SCALE else set()
        for heading in self.sheet.headings:
            cell = row.get(heading.key)
            if not cell or heading.base in used | own | texts or heading.base not in KNOWN:
                continue
            if heading.base == "appearance" and answer is AnswerType.SIGNATURE and cell == "signature":
                continue
            self.notes.append(
                Note(
                    SURVEY,
                    row.line,
                    heading.typed[:60],
                    _("not carried over: %(cell)s"),
                    {"cell": cell[:200]},
                )
            )
        if kind.word == "image" and (given := set(parameters(row)) - {"max-pixels"}):
            self._note(
                row, "parameters", _("not carried over: %(cell)s"), cell=", ".join(sorted(given))[:200]
            )


KNOWN: Final = frozenset(
    {
        *_COMMON, "parameters", "constraint", "constraint_message", "required_message", "appearance", "default", "read_only",
        "calculation", "repeat_count", "choice_filter", "trigger", "media::audio", "media::video", "disabled", "note",
        *(f"audit::{key}" for key in (*extras.ITEM_COLUMNS, *extras.ITEM_TEXTS, *extras.SECTION_COLUMNS)),
    }
)  # fmt: skip
"""Columns whose cells are judged one by one; any other column is listed once as a whole."""


def parameters(row: Row) -> dict[str, str]:
    """`start=1 end=5 step=1` by name."""
    pairs = re.findall(r"([a-z-]+)\s*=\s*([^\s;,]+)", row.get("parameters").lower())
    return dict(pairs)


def _scale(row: Row) -> tuple[int, int] | None:
    """Both ends of a range in steps of one; None when it is no scale of ours."""
    given = parameters(row)
    ends = [
        read_decimal(given.get(key, usual)) for key, usual in (("start", "1"), ("end", "10"), ("step", "1"))
    ]
    low, high, step = ends
    if low is None or high is None or step != 1 or low.denominator != 1 or high.denominator != 1:
        return None
    return (int(low), int(high)) if 0 < high - low <= WIDEST_SCALE else None


def added(text: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Two texts under each other, language by language."""
    found = dict(text)
    for language, words in more.items():
        found[language] = f"{found[language]}\n\n{words}" if found.get(language) else words
    return found


__all__ = ["CHOICES", "COLUMN_OF", "KNOWN", "NA", "SECONDS", "ItemDraft", "Maker", "added", "parameters"]
