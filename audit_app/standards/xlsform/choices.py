"""The choices sheet: lists of answers by name, with codes a standard can hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import LONGEST_CODE, NA, RESERVED, AnswerType
from audit_app.standards.xlsform.extras import flag, number
from audit_app.standards.xlsform.notes import Note
from audit_app.standards.xlsform.sheets import CHOICES, Row, Sheet

USUAL_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "yes": {"en": "Yes", "ru": "Да", "uk": "Так"},
    "no": {"en": "No", "ru": "Нет", "uk": "Ні"},
    "pass": {"en": "Met", "ru": "Выполнено", "uk": "Виконано"},
    "partial": {"en": "Partly", "ru": "Частично", "uk": "Частково"},
    "fail": {"en": "Not met", "ru": "Не выполнено", "uk": "Не виконано"},
    NA: {"en": "Not applicable", "ru": "Не применимо", "uk": "Не застосовно"},
}
"""What a form shows for answers that need no words of their own in a standard."""

FIXED: Final[Mapping[AnswerType, tuple[str, ...]]] = {
    AnswerType.YES_NO: ("yes", "no"),
    AnswerType.PASS_PARTIAL_FAIL: ("pass", "partial", "fail"),
}
_NA_NAMES: Final = frozenset({"na", "n_a", "n-a", "not_applicable", "notapplicable", "nap"})
_KNOWN: Final = frozenset({"list_name", "name", "label", "points", "usual"})
GUIDANCE: Final = re.compile(r"guidance_([a-z]{2,3})")


@dataclass(frozen=True)
class Choice:
    """One answer: `name` as the form has it, `code` as the standard will."""

    line: int
    name: str
    code: str
    text: Mapping[str, str]
    points: str
    guidance: Mapping[str, str]
    usual: bool

    def document(self, *, fixed: bool) -> dict[str, Any]:
        """The option for the standard; without points where the type of answer has its own."""
        found: dict[str, Any] = {"code": self.code}
        if self.text and not self.usual:
            found["text"] = dict(self.text)
        if self.points or not fixed:
            found["points"] = number(self.points) if self.points else 0
        if self.guidance:
            found["guidance"] = dict(self.guidance)
        return found


@dataclass
class ChoiceList:
    """The answers of one list. `na` tells that “not applicable” is one of them."""

    name: str
    choices: list[Choice] = field(default_factory=list)
    na: bool = False

    @property
    def codes(self) -> dict[str, str]:
        """Name in the form → code in the standard."""
        return {one.name: one.code for one in self.choices}

    @property
    def has_points(self) -> bool:
        """Whether any answer says what it is worth."""
        return any(one.points for one in self.choices)

    @property
    def fixed_type(self) -> AnswerType | None:
        """Yes/no or pass/partial/fail, when these are the answers."""
        found = {one.code for one in self.choices}
        return next((kind for kind, codes in FIXED.items() if found == set(codes)), None)

    def is_plain(self, kind: AnswerType) -> bool:
        """Whether the answers are the usual ones in their order, with their usual words and no points of their own."""
        return tuple(one.code for one in self.choices) == FIXED.get(kind) and not any(
            one.points or one.guidance or not _usual_words(one) for one in self.choices
        )


def _usual_words(choice: Choice) -> bool:
    usual = USUAL_WORDS[choice.code]
    return choice.usual or all(
        usual.get(language, usual["en"]).casefold() == words.casefold()
        for language, words in choice.text.items()
    )


def read_choices(sheet: Sheet, unnamed: str, wrong: list[Note], notes: list[Note]) -> dict[str, ChoiceList]:
    """All lists; what is wrong and what was changed is added to the two lists."""
    lists: dict[str, ChoiceList] = {}
    for heading in sheet.headings:
        if heading.base not in _KNOWN and not GUIDANCE.fullmatch(heading.base):
            notes.append(Note(CHOICES, 0, heading.typed[:60], _("this column is not carried over")))
    for row in sheet.rows:
        name = row.get("list_name")
        if not name:
            wrong.append(
                Note(CHOICES, row.line, sheet.typed("list_name"), _("the name of the list is missing"))
            )
            continue
        _take(sheet, row, lists.setdefault(name, ChoiceList(name)), unnamed, wrong, notes)
    return lists


def _take(
    sheet: Sheet, row: Row, into: ChoiceList, unnamed: str, wrong: list[Note], notes: list[Note]
) -> None:
    name, points = row.get("name"), row.get("points")
    column = sheet.typed("name")
    if not name:
        wrong.append(Note(CHOICES, row.line, column, _("the name of the answer is missing")))
        return
    if name in into.codes:
        sentence = _("“%(name)s” stands in the list “%(list)s” twice")
        wrong.append(Note(CHOICES, row.line, column, sentence, {"name": name[:60], "list": into.name[:60]}))
        return
    low = option_code(name, len(into.choices) + 1)
    if low in _NA_NAMES and not points:
        into.na = True
        if name != NA:
            sentence = _("“%(name)s” was taken as “not applicable”")
            notes.append(Note(CHOICES, row.line, column, sentence, {"name": name[:60]}))
        return
    taken = {one.code for one in into.choices}
    code, count = low, 2
    while code in taken:
        code, count = f"{low[: LONGEST_CODE - 4]}_{count}", count + 1
    if code != name:
        sentence = _("the code “%(name)s” became “%(code)s”")
        notes.append(Note(CHOICES, row.line, column, sentence, {"name": name[:60], "code": code}))
    guidance = {
        found[1]: words for key, words in row.cells.items() if (found := GUIDANCE.fullmatch(key)) and words
    }
    text = sheet.text(row, "label", unnamed)
    usual = flag(row.get("usual")) is True
    into.choices.append(Choice(row.line, name, code, text, points, guidance, usual))


def option_code(name: str, number: int) -> str:
    """A name of a form as a code of a standard: small Latin letters, digits, _ and -."""
    code = re.sub(r"[^a-z0-9_-]+", "_", name.lower())
    if code != name.lower():
        code = code.strip("_")
    code = re.sub(r"^[^a-z0-9]+", "", code)[:LONGEST_CODE]
    if not code:
        return f"option_{number}"
    return f"option_{code}" if code in RESERVED - {NA} else code


def item_code(name: str, number: int) -> str:
    """A name of a form as the code of an item or section: a letter first, then letters, digits and _."""
    code = re.sub(r"[^a-z0-9_]+", "_", name.lower())
    if code != name.lower():
        code = code.strip("_")
    if not re.search("[a-z0-9]", code):
        return f"q{number}"
    return (code if code[0].isalpha() else f"q{code}")[:LONGEST_CODE]
