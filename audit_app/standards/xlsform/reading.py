"""A form in XLSForm (ODK, KoboToolbox) as the document of a standard.

Situation: forms come from our own export, where everything must return exactly, and from ODK and Kobo, where half of what a
standard says is missing and some of what the form says has no counterpart.
Choice: one reader; our own columns win where they stand, sensible values elsewhere, and every assumption or loss becomes a
note with sheet, row and column. What makes no sense is collected and refused together. The document is then judged by
the standard's own reader, whose problems `XlsformReading.place` brings back to a cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import MOST_ITEMS, MOST_SECTIONS
from audit_app.standards.xlsform import extras
from audit_app.standards.xlsform.choices import item_code, read_choices
from audit_app.standards.xlsform.conditions import Reader, Subject, WrongReference, written
from audit_app.standards.xlsform.expressions import NotSupported
from audit_app.standards.xlsform.heads import read_head
from audit_app.standards.xlsform.items import COLUMN_OF, KNOWN, ItemDraft, Maker, added
from audit_app.standards.xlsform.kinds import BEGIN, END, NOTE, OTHER, Kind, kind_of
from audit_app.standards.xlsform.languages import complete_texts, unnamed_language
from audit_app.standards.xlsform.notes import Note, XlsformNotUnderstood, place_in_words
from audit_app.standards.xlsform.sheets import (
    AUDIT,
    CHOICES,
    SETTINGS,
    SURVEY,
    Row,
    Sheet,
    read_sheets,
)

Path = tuple[str | int, ...]
Place = tuple[str, int, str]
_DEEPEST_GROUPS: Final = 20


@dataclass(frozen=True)
class XlsformReading:
    """The document, what was assumed or not carried over, and the cell each part of the document came from."""

    document: dict[str, Any]
    notes: list[Note]
    places: Mapping[Path, Place] = field(default_factory=dict)

    def place_of(self, path: Sequence[str | int]) -> Place:
        """Sheet, row and column of the nearest part on this path."""
        whole = tuple(path)
        while whole and whole not in self.places:
            whole = whole[:-1]
        return self.places.get(whole, (SURVEY, 0, ""))

    def place(self, path: Sequence[str | int]) -> str:
        """The same in words."""
        sheet, row, column = self.place_of(path)
        return place_in_words(sheet, (row,) if row else (), column)


def read_xlsform(source: bytes) -> XlsformReading:
    """The form in a workbook. Raises `XlsformNotUnderstood` with everything that is wrong with the form itself."""
    sheets = read_sheets(source)
    survey = sheets[SURVEY]
    choices = sheets.get(CHOICES, Sheet(CHOICES))
    settings = sheets.get(SETTINGS, Sheet(SETTINGS))
    wrong: list[Note] = []
    notes: list[Note] = []
    unnamed = unnamed_language(survey, choices, settings, notes)
    lists = read_choices(choices, unnamed, wrong, notes)
    languages = tuple(dict.fromkeys([*survey.languages("label"), *choices.languages("label")]))
    ours = AUDIT in sheets or any(one.base.startswith("audit::") for one in survey.headings)
    head, places = read_head(settings, sheets.get(AUDIT), languages or (unnamed,), unnamed, notes, ours=ours)
    maker = Maker(survey, lists, unnamed, languages, wrong, notes)
    walk = _Walk(survey, maker, unnamed, head["title"])
    walk.all()
    if wrong:
        raise XlsformNotUnderstood(wrong)
    document = {**head, "sections": [walk.document(section) for section in walk.kept]}
    places.update(walk.places())
    reading = XlsformReading(document, notes, places)
    if "languages" not in document:
        complete_texts(document, reading.place_of, notes)
    return reading


@dataclass
class _Section:
    row: Row | None
    code: str
    document: dict[str, Any]
    guidance: dict[str, str] = field(default_factory=dict)
    items: list[ItemDraft] = field(default_factory=list)


@dataclass
class _Group:
    row: Row
    about: str
    conditions: list[dict[str, Any]]


class _Walk:
    """The survey sheet from top to bottom. Groups inside groups are flattened, their conditions go to each question."""

    def __init__(self, sheet: Sheet, maker: Maker, unnamed: str, title: Mapping[str, str]) -> None:
        self.sheet = sheet
        self.maker = maker
        self.unnamed = unnamed
        self.title = title
        self.groups: list[_Group] = []
        self.sections: list[_Section] = []
        self.open: _Section | None = None
        self.pending: dict[str, str] = {}
        self.subjects: dict[str, Subject | None] = {}
        self.by_code: dict[str, Subject] = {}
        self.names = frozenset(name for row in sheet.rows if (name := row.get("name")))
        self.codes: set[str] = set()
        self.questions: set[str] = set()

    @property
    def kept(self) -> list[_Section]:
        """The sections that have items."""
        return [section for section in self.sections if section.items]

    def _note(self, row: Row, base: str, text: str, **values: Any) -> None:
        self.maker.notes.append(Note(SURVEY, row.line, self.sheet.typed(base)[:60], text, values))

    def _wrong(self, row: Row, base: str, text: str, **values: Any) -> None:
        self.maker.wrong.append(Note(SURVEY, row.line, self.sheet.typed(base)[:60], text, values))

    def all(self) -> None:
        """Every row; then what is still open, empty or left over."""
        for heading in self.sheet.headings:
            if heading.base not in KNOWN:
                text = _("this column is not carried over")
                self.maker.notes.append(Note(SURVEY, 0, heading.typed[:60], text))
        for row in self.sheet.rows:
            self._row(row)
        for group in self.groups:
            self._wrong(
                group.row,
                "type",
                _("what begins here never ends: there is no end_%(what)s"),
                what=group.about,
            )
        self._spend_pending(None)
        for section in self.sections:
            if not section.items and section.row is not None:
                self._note(section.row, "type", _("a group without questions is not carried over"))
            if section.guidance:
                section.document["guidance"] = section.guidance
        if not self.kept and not self.maker.wrong:
            text = _("there is no question here that can be carried over")
            self.maker.wrong.append(Note(SURVEY, 0, "", text))
        if len(self.kept) > MOST_SECTIONS or sum(len(one.items) for one in self.kept) > MOST_ITEMS:
            text = _("the form is too large: at most %(sections)s groups and %(items)s questions")
            self.maker.wrong.append(
                Note(SURVEY, 0, "", text, {"sections": MOST_SECTIONS, "items": MOST_ITEMS})
            )

    def _row(self, row: Row) -> None:
        cell = row.get("type")
        if not cell:
            if row.get("name") or self.sheet.text(row, "label", self.unnamed):
                self._wrong(row, "type", _("the type is missing"))
            return
        if extras.flag(row.get("disabled")) is True:
            self._skip(row, _("the row is switched off (disabled) and was not carried over"))
            return
        kind = kind_of(cell)
        if kind is None:
            self._wrong(row, "type", _("“%(type)s” is no type of XLSForm"), type=cell[:60])
        elif kind.word == BEGIN:
            self._begin(row, kind)
        elif kind.word == END:
            self._end(row, kind)
        elif kind.word == NOTE:
            self._text_only(row)
        elif kind.word == OTHER:
            self._skip(row, _("a row of type “%(type)s” is not carried over"), type=cell[:60])
        else:
            self._question(row, kind)

    def _skip(self, row: Row, text: str, **values: Any) -> None:
        self._note(row, "type", text, **values)
        if (name := row.get("name")) and name not in self.questions:
            self.subjects[name] = None

    def _begin(self, row: Row, kind: Kind) -> None:
        if len(self.groups) >= _DEEPEST_GROUPS:
            self._wrong(
                row,
                "type",
                _("groups stand inside each other more than %(limit)s deep"),
                limit=_DEEPEST_GROUPS,
            )
        if kind.about != "group":
            self._note(
                row,
                "type",
                _("“%(type)s” is not carried over: its questions are asked once"),
                type=row.get("type")[:60],
            )
        if not self.groups:
            self._spend_pending(None)
            self.open = self._section(row)
        elif self.sheet.text(row, "label", self.unnamed):
            self._note(
                row,
                "label",
                _("the heading of a group inside a group is not carried over; its questions are"),
            )
        if (name := row.get("name")) and name not in self.questions:
            self.subjects[name] = None
        condition = self._relevant(row)
        self.groups.append(_Group(row, kind.about, [condition] if condition else []))
        used = {"type", "name", "label", "relevant", *(f"audit::{key}" for key in extras.SECTION_COLUMNS)}
        self._left_out(row, used)

    def _left_out(self, row: Row, used: set[str]) -> None:
        for heading in self.sheet.headings:
            cell = row.get(heading.key)
            if cell and heading.base in KNOWN and heading.base not in used:
                text = _("not carried over: %(cell)s")
                self.maker.notes.append(
                    Note(SURVEY, row.line, heading.typed[:60], text, {"cell": cell[:200]})
                )

    def _end(self, row: Row, kind: Kind) -> None:
        if not self.groups:
            self._wrong(row, "type", _("this ends a %(what)s that never began"), what=kind.about)
            return
        last = self.groups.pop()
        if last.about != kind.about:
            self._wrong(
                row,
                "type",
                _("this ends a %(what)s, but a %(open)s began in row %(begun)s"),
                what=kind.about,
                open=last.about,
                begun=last.row.line,
            )
        if not self.groups:
            self._spend_pending(self.open)
            self.open = None

    def _section(self, row: Row | None) -> _Section:
        number = len(self.sections) + 1
        name = row.get("name") if row else ""
        wanted = (row.get("audit::code") if row else "") or item_code(name or f"section_{number}", number)
        taken = {section.code for section in self.sections}
        code, count = wanted, 2
        while code in taken:
            code, count = f"{wanted[:60]}_{count}", count + 1
        title = self.sheet.text(row, "label", self.unnamed) if row else {}
        if row and not title:
            self._note(row, "label", _("the group has no label; the title of the form stands in its place"))
        found: dict[str, Any] = {"code": code, "title": title or dict(self.title)}
        for key in ("weight", "pass_mark"):
            if row and (cell := row.get(f"audit::{key}")):
                found[key] = extras.number(cell)
        if row and (cell := row.get("audit::segments")):
            found["segments"] = extras.codes(cell)
        if row and (cell := row.get("audit::applies_if")):
            try:
                found["applies_if"] = extras.condition(cell)
            except NotSupported as odd:
                self._wrong(row, "audit::applies_if", odd.text, **odd.values)
        section = _Section(row, code, found)
        self.sections.append(section)
        return section

    def _text_only(self, row: Row) -> None:
        """A note: guidance of its section at the beginning of one, of the next question elsewhere."""
        text = added(self.sheet.text(row, "label", self.unnamed), self.sheet.text(row, "hint", self.unnamed))
        if (name := row.get("name")) and name not in self.questions:
            self.subjects[name] = None
        if self.groups and self.open and not self.open.items:
            self.open.guidance = added(self.open.guidance, text)
        else:
            self.pending = added(self.pending, text)
        self._left_out(row, {"type", "name", "label", "hint"})

    def _spend_pending(self, section: _Section | None) -> None:
        """A note that no question followed belongs to the section it stood in."""
        if self.pending and (
            section := section or self.open or (self.sections[-1] if self.sections else None)
        ):
            section.guidance = added(section.guidance, self.pending)
            self.pending = {}

    def _question(self, row: Row, kind: Kind) -> None:
        name = row.get("name")
        if not name:
            self._wrong(row, "name", _("the name of the question is missing"))
            return
        if name in self.questions:
            self._wrong(row, "name", _("the name “%(name)s” is used twice"), name=name[:60])
            return
        if self.open is None:
            self.open = self._section(None)
            self._note(row, "type", _("a question outside of all groups; it stands in a section of its own"))
        code, count = item_code(name, len(self.codes) + 1), 2
        while code in self.codes:
            code, count = f"{item_code(name, 0)[:60]}_{count}", count + 1
        self.codes.add(code)
        self.questions.add(name)
        if code != name:
            self._note(row, "name", _("the code “%(name)s” became “%(code)s”"), name=name[:60], code=code)
        self.subjects[name] = None
        item = self.maker.make(row, kind, code)
        if item is None:
            return
        if self.pending:
            item.document["guidance"] = added(self.pending, item.document.get("guidance", {}))
            self.pending = {}
        conditions = [one for group in self.groups for one in group.conditions]
        own = self._own_condition(row, item) or self._relevant(row)
        conditions += [own] if own else []
        if conditions:
            item.document["show_if"] = conditions[0] if len(conditions) == 1 else {"all": conditions}
        self.subjects[name] = item.subject
        self.by_code[code] = item.subject
        self.open.items.append(item)

    def _own_condition(self, row: Row, item: ItemDraft) -> dict[str, Any] | None:
        """Our own column, as long as `relevant` still says what was written beside it."""
        cell, relevant = row.get("audit::show_if"), row.get("relevant")
        if not cell:
            return None
        try:
            stated = extras.condition(cell)
        except NotSupported as odd:
            self._wrong(row, "audit::show_if", odd.text, **odd.values)
            return None
        try:
            same = not relevant or relevant == written(stated, self.by_code)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            same = True  # not one of ours: the standard's reader will say what is wrong with it
        if same:
            item.columns["show_if"] = "audit::show_if"
            return stated
        self._note(row, "audit::show_if", _("it no longer says what “relevant” says; “relevant” was taken"))
        return None

    def _relevant(self, row: Row) -> dict[str, Any] | None:
        cell = row.get("relevant")
        if not cell:
            return None
        reader = Reader(self.subjects, self.names)
        try:
            found = reader.read(cell)
        except WrongReference as odd:
            self._wrong(row, "relevant", odd.text, **odd.values)
            return None
        except NotSupported as odd:
            text = _("always shown, because the condition is not carried over: %(cell)s (%(reason)s)")
            self._note(row, "relevant", text, cell=cell[:200], reason=odd)
            return None
        for code in reader.hidden_until_answered:
            text = _("while “%(item)s” is not answered this stays hidden; the form would have shown it")
            self._note(row, "relevant", text, item=code)
        return found

    def document(self, section: _Section) -> dict[str, Any]:
        """A section with its items."""
        return {**section.document, "items": [item.document for item in section.items]}

    def places(self) -> dict[Path, Place]:
        """The cell of every part of the sections."""
        found: dict[Path, Place] = {("sections",): (SURVEY, 0, "")}
        for s, section in enumerate(self.kept):
            line = section.row.line if section.row else section.items[0].row.line
            here: Path = ("sections", s)
            found[here] = (SURVEY, line, "")
            for key in section.document:
                found[*here, key] = (SURVEY, line, self._typed(key, {}) if section.row else "")
            for i, item in enumerate(section.items):
                place: Path = (*here, "items", i)
                found[place] = (SURVEY, item.row.line, "")
                for key in item.document:
                    found[*place, key] = (SURVEY, item.row.line, self._typed(key, item.columns))
                for o, line in enumerate(item.choices):
                    found[*place, "options", o] = (CHOICES, line, "")
        return found

    def _typed(self, key: str, columns: Mapping[str, str]) -> str:
        return self.sheet.typed(columns.get(key) or COLUMN_OF.get(key) or f"audit::{key}")
