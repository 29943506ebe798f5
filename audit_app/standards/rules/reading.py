"""From a document (YAML, JSON, the editor's form) to a `Version`, or to everything that is wrong with it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.conditions import read_applies_if
from audit_app.standards.rules.definition import (
    LANGUAGES,
    LARGEST_WEIGHT,
    LONGEST_TITLE,
    MOST_BANDS,
    MOST_ITEMS,
    MOST_SECTIONS,
    Aggregation,
    Band,
    Channel,
    Item,
    Section,
    Tone,
    Version,
    VisitKind,
)
from audit_app.standards.rules.fields import (
    ITEM_CODE,
    LANGUAGE,
    OPTION_CODE,
    STANDARD_CODE,
    Fields,
    Notes,
    exact,
)
from audit_app.standards.rules.items import read_item
from audit_app.standards.rules.problems import Problem, StandardNotUnderstood

KEYS: Final = (
    "code", "version", "title", "description", "brief", "languages", "channels", "kinds", "minutes", "aggregation",
    "bonus_cap", "bands", "pass_mark", "sections",
)  # fmt: skip
SECTION_KEYS: Final = ("code", "title", "guidance", "weight", "pass_mark", "segments", "applies_if", "items")
LARGEST_SCORE: Final = 1000


def read_version(document: object) -> Version:
    """The version this document describes. Raises one `StandardNotUnderstood` with all its problems."""
    version, problems = _read(document)
    if version is None or problems:
        raise StandardNotUnderstood(problems)
    return version


def check_draft(document: object) -> list[Problem]:
    """What still keeps this draft from being published; empty when nothing does. Never raises."""
    return _read(document)[1]


def _read(document: object) -> tuple[Version | None, list[Problem]]:
    notes = Notes(document)
    if not isinstance(document, Mapping):
        notes.add((), _("a standard is made of keys and values (code: …, title: …, sections: …)"))
        return None, notes.problems
    fields = Fields(document, (), notes)
    fields.only(*KEYS)
    code = fields.code("code", STANDARD_CODE)
    number = fields.whole("version", 1, 1_000_000)
    if not fields.has("version"):
        fields.wrong("version", _("the number of the version is missing"))
    title = fields.text("title", needed=True, longest=LONGEST_TITLE)
    description, brief = fields.text("description"), fields.text("brief")
    channels = fields.choices("channels", Channel, [Channel.IN_PERSON])
    kinds = fields.choices("kinds", VisitKind, list(VisitKind))
    minutes = fields.whole("minutes", 1, 1000)
    aggregation = fields.choice("aggregation", Aggregation, Aggregation.POOLED) or Aggregation.POOLED
    bonus_cap = _bonus_cap(fields)
    bands = _bands(fields, bonus_cap)
    pass_mark = fields.number("pass_mark", 0, 100)
    sections = _sections(fields)
    languages = _languages(fields)
    if notes.problems:
        return None, notes.problems
    version = Version(
        code=code,
        version=number or 1,
        title=title,
        description=description,
        brief=brief,
        languages=languages,
        channels=channels,
        kinds=kinds,
        minutes=minutes,
        aggregation=aggregation,
        bonus_cap=bonus_cap,
        bands=bands,
        pass_mark=pass_mark,
        sections=sections,
    )
    return version, []


def _bonus_cap(fields: Fields) -> Fraction | None:
    if "bonus_cap" in fields.raw and fields.raw["bonus_cap"] is None:
        return None  # an explicit null: the total may pass 100 %
    cap = fields.number("bonus_cap", 100, LARGEST_SCORE)
    return Fraction(100) if cap is None else cap


def _bands(fields: Fields, bonus_cap: Fraction | None) -> tuple[Band, ...]:
    top = LARGEST_SCORE if bonus_cap is None else int(bonus_cap)
    entries = fields.entries("bands", MOST_BANDS)
    found: list[tuple[Fields, Fraction, Mapping[str, str], Tone | None]] = []
    for index, entry in enumerate(entries):
        if entry.has("to"):
            _refuse_upper_bound(entry, entries[index + 1] if index + 1 < len(entries) else None)
        entry.only("from", "name", "tone", *(["to"] if entry.has("to") else []))
        start = entry.number("from", 0, top)
        name = entry.text("name", needed=True, longest=LONGEST_TITLE)
        tone = entry.choice("tone", Tone, None) if entry.has("tone") else None
        if start is None:
            if not entry.has("from"):
                entry.wrong("from", _("the percentage where the band begins is missing"))
            continue
        if not found and index == 0 and start != 0:
            entry.wrong(
                "from",
                _("the first band must begin at 0; below %(start)s there would be a hole"),
                start=str(entry.get("from")),
            )
        elif found and start <= found[-1][1]:
            entry.wrong("from", _("the bands must rise; this one does not begin above the one before"))
            continue
        found.append((entry, start, name, tone))
    return tuple(
        Band(start, name, tone or _tone_by_place(index, len(found)))
        for index, (_entry, start, name, tone) in enumerate(found)
    )


def _refuse_upper_bound(entry: Fields, following: Fields | None) -> None:
    """0–74 and 75–100 leave 74.5 without a band: so a band has no upper bound, the next one's beginning is it."""
    end = exact(entry.get("to"))
    start = exact(following.get("from")) if following else None
    if end is not None and start is not None and end < start:
        between = (end + start) / 2
        entry.wrong(
            "to",
            _(
                "between %(end)s and %(start)s there is a hole: %(between)s would have no band. Write only where bands begin"
            ),
            end=str(entry.get("to")),
            start=str(following.get("from") if following else ""),
            between=f"{float(between):g}",
        )
    else:
        entry.wrong(
            "to",
            _("a band has no end of its own: it reaches up to the next one. Write only where bands begin"),
        )


def _tone_by_place(index: int, count: int) -> Tone:
    if index == count - 1:
        return Tone.GOOD
    return Tone.BAD if index == 0 else Tone.FAIR


def _sections(fields: Fields) -> tuple[Section, ...]:
    entries = fields.entries("sections", MOST_SECTIONS)
    if not entries:
        fields.wrong("sections", _("a standard needs at least one section"))
    all_codes = frozenset(_item_codes(entries))
    sections: list[Section] = []
    section_codes: set[str] = set()
    earlier: dict[str, Item | None] = {}
    count = 0
    for entry in entries:
        entry.only(*SECTION_KEYS)
        code = entry.code("code", ITEM_CODE)
        if code and code in section_codes:
            entry.wrong(
                "code", _("the code “%(code)s” is used twice; every section needs its own"), code=code
            )
        section_codes.add(code)
        title, guidance = entry.text("title", needed=True, longest=LONGEST_TITLE), entry.text("guidance")
        weight = entry.number("weight", 0, LARGEST_WEIGHT, above=True)
        applies = entry.entry("applies_if")
        item_entries = entry.entries("items", MOST_ITEMS)
        if not item_entries:
            entry.wrong("items", _("a section needs at least one item"))
        items: list[Item] = []
        for item_entry in item_entries:
            count += 1
            item = read_item(item_entry, earlier, all_codes)
            item_code = item_entry.get("code")
            if isinstance(item_code, str) and item_code in earlier:
                item_entry.wrong(
                    "code",
                    _("the code “%(code)s” is used twice; an item keeps its own for ever"),
                    code=item_code[:60],
                )
            elif isinstance(item_code, str):
                earlier[item_code] = item
            if item:
                items.append(item)
        sections.append(
            Section(
                code=code,
                title=title,
                guidance=guidance,
                weight=Fraction(1) if weight is None else weight,
                pass_mark=entry.number("pass_mark", 0, 100),
                segments=entry.codes("segments", OPTION_CODE),
                applies_if=read_applies_if(applies) if applies else None,
                items=tuple(items),
            )
        )
    if count > MOST_ITEMS:
        fields.wrong(
            "sections", _("too many items: %(count)s, at most %(limit)s"), count=count, limit=MOST_ITEMS
        )
    return tuple(sections)


def _item_codes(entries: Sequence[Fields]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        items: Any = entry.get("items")
        for raw in items if isinstance(items, list | tuple) else ():
            if isinstance(raw, Mapping) and isinstance(raw.get("code"), str):
                found.append(raw["code"])
    return found


def _languages(fields: Fields) -> tuple[str, ...]:
    """The languages promised, each text checked against them; without a promise, those that every text has."""
    texts = fields.notes.texts
    if not fields.has("languages"):
        common = set.intersection(*(set(text) for _path, text in texts)) if texts else set()
        if texts and not common:
            fields.wrong(
                "languages",
                _("no language is common to all texts; name the languages and complete the texts"),
            )
        return tuple(sorted(common, key=_language_order))
    listed: list[str] = []
    for index, raw in enumerate(fields.members("languages") or []):
        if not isinstance(raw, str) or not LANGUAGE.fullmatch(raw):
            fields.wrong(
                ("languages", index),
                _("this is no language code; languages are written en, ru, uk and so on"),
            )
        elif raw not in listed:
            listed.append(raw)
    if not listed and fields.members("languages") is not None:
        fields.wrong("languages", _("name at least one language"))
    for path, text in texts:
        for language in listed:
            if language not in text:
                fields.notes.add(
                    (*path, language), _("the text in “%(language)s” is missing"), language=language
                )
    return tuple(listed)


def _language_order(language: str) -> tuple[int, str]:
    return (LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES), language)
