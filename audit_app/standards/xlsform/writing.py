"""A standard as a form in XLSForm: ODK and KoboToolbox ask its questions, and reading it again gives the same standard.

What XLSForm has a word for stands in XLSForm's own columns, so that the form works; everything else stands in our columns
`audit::…` and on the sheet `audit`, which form tools leave alone.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.xlsx_writing import Cell, Page, write_pages
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.definition import NA, WITH_OPTIONS, AnswerType, Item, Version
from audit_app.standards.rules.fields import exact
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.values import write_decimal
from audit_app.standards.xlsform import extras
from audit_app.standards.xlsform.choices import FIXED, USUAL_WORDS
from audit_app.standards.xlsform.conditions import Reader, Subject, written
from audit_app.standards.xlsform.expressions import NotSupported
from audit_app.standards.xlsform.heads import BAND, LIST_KEYS, NONE, TEXT_KEYS, VALUE_KEYS
from audit_app.standards.xlsform.items import SECONDS
from audit_app.standards.xlsform.sheets import AUDIT, CHOICES, SETTINGS, SURVEY, language_name

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TYPES: Final[Mapping[AnswerType, str]] = {
    AnswerType.SCALE: "range",
    AnswerType.NUMBER: "decimal",
    AnswerType.DURATION: "integer",
    AnswerType.TIME: "time",
    AnswerType.TEXT: "text",
    AnswerType.PHOTO: "image",
    AnswerType.SIGNATURE: "image",
}
_FIRST: Final = ("type", "name")
_TRANSLATED: Final = ("label", "hint")
_REST: Final = ("required", "relevant", "constraint", "parameters", "appearance")
_OWN: Final = (*extras.ITEM_COLUMNS, "code", "pass_mark")
_WIDE: Final = frozenset({"label", "hint", "text", "relevant"})

Rows = list[dict[str, Cell]]


def write_xlsform(document: Mapping[str, Any] | Version) -> bytes:
    """The workbook. Raises `StandardNotUnderstood` for a document that is not complete."""
    version = document if isinstance(document, Version) else read_version(document)
    return _Writer(version).workbook()


class _Writer:
    def __init__(self, version: Version) -> None:
        self.version = version
        self.document = canonical(version)
        self.default = version.languages[0]
        self.languages = _languages(version, self.document)
        self.subjects: dict[str, Subject] = {}
        self.lists: dict[str, str] = {}
        self.choices: Rows = []
        self.survey: Rows = []
        self.names = {item.code for item in version.items}

    def workbook(self) -> bytes:
        """All four sheets."""
        self._sections()
        translated = {
            AUDIT: ("text",),
            SURVEY: (*_TRANSLATED, *(f"audit::{key}" for key in extras.ITEM_TEXTS)),
        }
        columns = {
            SURVEY: self._columns(
                [*_FIRST, *_TRANSLATED, *_REST, *(f"audit::{key}" for key in (*_OWN, *extras.ITEM_TEXTS))],
                translated[SURVEY],
                self.survey,
            ),
            CHOICES: self._columns(
                [
                    "list_name",
                    "name",
                    "label",
                    "points",
                    "usual",
                    *(f"guidance_{one}" for one in self.languages),
                ],
                ("label",),
                self.choices,
            ),
        }
        return write_pages(
            [
                _page(SURVEY, columns[SURVEY], self.survey),
                _page(CHOICES, columns[CHOICES], self.choices),
                _page(SETTINGS, None, [self._settings()]),
                _page(AUDIT, self._columns(["key", "value", "tone", "text"], ("text",), []), self._head()),
            ]
        )

    def _columns(self, bases: Sequence[str], translated: Sequence[str], rows: Rows) -> list[str]:
        """The headings in order; our own only where some row needs them."""
        used = {key for row in rows for key, value in row.items() if value not in (None, "")}
        found: list[str] = []
        for base in bases:
            keys = [_heading(base, one) for one in self.languages] if base in translated else [base]
            optional = base.startswith(("audit::", "guidance_")) or base == "usual"
            found += [key for key in keys if key in used or not optional]
        return found

    def _free(self, wanted: str, taken: set[str]) -> str:
        """A name nobody else has: references such as ${greeted} must stay plain."""
        name, count = wanted, 2
        while name in taken:
            name, count = f"{wanted}_{count}", count + 1
        taken.add(name)
        return name

    def _settings(self) -> dict[str, Cell]:
        title: Mapping[str, str] = self.document["title"]
        return {
            "form_title": title[self.default],
            "form_id": self.version.code,
            "version": str(self.version.version),
            "default_language": language_name(self.default),
            "name": self._free("standard", self.names),
        }

    def _head(self) -> Rows:
        rows: Rows = []
        for key in TEXT_KEYS:
            text = {
                language: words
                for language, words in self.document.get(key, {}).items()
                if key != "title" or language != self.default
            }
            if text:
                rows.append({"key": key, **_texts("text", text)})
        for key in LIST_KEYS:
            if key in self.document:
                rows.append({"key": key, "value": extras.joined(self.document[key])})
        for key in VALUE_KEYS:
            if key in self.document:
                value = self.document[key]
                rows.append({"key": key, "value": _plain(value)})
        for band in self.document.get("bands", ()):
            rows.append(
                {
                    "key": BAND,
                    "value": _cell(band["from"]),
                    "tone": band["tone"],
                    **_texts("text", band["name"]),
                }
            )
        return rows

    def _sections(self) -> None:
        taken = {"meta", "instanceid", *self.names}
        for section, plain in zip(self.version.sections, self.document["sections"], strict=True):
            name = self._free(section.code if section.code not in taken else f"section_{section.code}", taken)
            row: dict[str, Cell] = {
                "type": "begin_group",
                "name": name,
                **_texts("label", plain["title"]),
                "audit::weight": _cell(plain.get("weight", 1)),
                "audit::pass_mark": _cell(plain.get("pass_mark")),
                "audit::segments": extras.joined(plain.get("segments", ())),
                "audit::applies_if": _condition(plain.get("applies_if")),
                "audit::code": section.code if name != section.code else None,
            }
            self.survey.append(row)
            if "guidance" in plain:
                note = self._free(f"{name}_guidance", taken)
                self.survey.append({"type": "note", "name": note, **_texts("label", plain["guidance"])})
            for item, fields in zip(section.items, plain["items"], strict=True):
                self.survey.append(self._item(item, fields))
            self.survey.append({"type": "end_group", "name": name})
        self.names = taken

    def _item(self, item: Item, plain: Mapping[str, Any]) -> dict[str, Cell]:
        chosen = item.type in WITH_OPTIONS
        # A number cannot be answered “not applicable” in ODK, so there it may be left empty instead.
        stuck = item.required and item.na and (not chosen or item.type is AnswerType.MULTIPLE)
        row: dict[str, Cell] = {
            "type": self._type(item, plain),
            "name": item.code,
            **_texts("label", plain["text"]),
            **_texts("hint", self._hint(item, plain)),
            "required": "yes" if item.required and not stuck else None,
            "constraint": _constraint(item),
            "audit::type": str(item.type),
            "audit::required": "yes" if stuck else None,
            "audit::weight": _cell(plain.get("weight", 1)) if item.has_ratio or "weight" in plain else None,
            "audit::na": "yes" if item.na else None,
            "audit::bonus": "yes" if item.bonus else None,
            "audit::hygiene": "yes" if item.hygiene else None,
            "audit::nature": plain.get("nature"),
            "audit::picture": plain.get("picture"),
            "audit::ranges": extras.write_ranges(plain.get("ranges", ())),
            "audit::evidence": extras.write_evidence(plain.get("evidence", {})),
            "audit::segments": extras.joined(plain.get("segments", ())),
            "audit::applies_if": _condition(plain.get("applies_if")),
            **_texts("audit::unit", plain.get("unit", {})),
            **self._relevant(plain.get("show_if")),
        }
        if critical := plain.get("critical"):
            row["audit::critical"] = critical["effect"]
            row["audit::critical_at"] = _cell(critical.get("at"))
            row["audit::critical_below"] = _cell(critical.get("below"))
        if incident := plain.get("incident"):
            row["audit::incident"] = incident["type"]
            row["audit::incident_when"] = extras.joined(incident["when"])
            row["audit::incident_priority"] = incident["priority"]
        if scale := plain.get("scale"):
            row["parameters"] = f"start={scale['min']} end={scale['max']} step=1"
            row |= _texts("audit::scale_low", scale.get("low", {}))
            row |= _texts("audit::scale_high", scale.get("high", {}))
        if item.type is AnswerType.SIGNATURE:
            row["appearance"] = "signature"
        elif item.type is AnswerType.PHOTO:
            row["parameters"] = "max-pixels=1600"
        codes = {option.code: option.code for option in item.options}
        self.subjects[item.code] = Subject(
            item.code, item.type, codes, item.na, item.type is AnswerType.SCALE
        )
        return row

    def _relevant(self, condition: Mapping[str, Any] | None) -> dict[str, Cell]:
        """`relevant` in XLSForm's words; our own column beside it where these alone would not come back as the same."""
        if condition is None:
            return {}
        text = written(condition, self.subjects)
        try:
            same = Reader(self.subjects).read(text) == condition
        except NotSupported:
            same = False
        return {"relevant": text, "audit::show_if": None if same else extras.write_condition(condition)}

    def _type(self, item: Item, plain: Mapping[str, Any]) -> str:
        if item.type not in WITH_OPTIONS:
            return _TYPES[item.type]
        word = "select_multiple" if item.type is AnswerType.MULTIPLE else "select_one"
        return f"{word} {self._list(item, plain)}"

    def _list(self, item: Item, plain: Mapping[str, Any]) -> str:
        """The name of the list of answers; equal lists are written once."""
        options: Sequence[Mapping[str, Any]] = plain.get("options", ())
        na = item.na and item.type is not AnswerType.MULTIPLE
        if options:
            wanted = item.code
            rows = [self._choice(option) for option in options]
        else:
            wanted = str(item.type)
            rows = [{"name": code, **self._usual(code)} for code in FIXED[item.type]]
        if na:
            rows.append({"name": NA, **self._usual(NA)})
        mark = repr((rows, bool(options)))
        if mark not in self.lists:
            name, count = wanted + ("_na" if na and not options else ""), 2
            while name in self.lists.values():
                name, count = f"{wanted}_list{count}", count + 1
            self.lists[mark] = name
            self.choices += [{"list_name": name, **row} for row in rows]
        return self.lists[mark]

    def _choice(self, option: Mapping[str, Any]) -> dict[str, Cell]:
        code = option["code"]
        row: dict[str, Cell] = {"name": code, "points": _cell(option["points"])}
        row |= {f"guidance_{language}": words for language, words in option.get("guidance", {}).items()}
        if "text" in option:
            return row | _texts("label", option["text"])
        return row | {"usual": "yes"} | self._usual(code)

    def _usual(self, code: str) -> dict[str, Cell]:
        words = USUAL_WORDS.get(code, {})
        english = words.get("en", code)
        return _texts("label", {language: words.get(language, english) for language in self.languages})

    def _hint(self, item: Item, plain: Mapping[str, Any]) -> dict[str, str]:
        """The guidance, and below it the unit: a form's number has none of its own."""
        found: dict[str, str] = dict(plain.get("guidance", {}))
        units: Mapping[str, str] = plain.get("unit", {})
        if item.type is AnswerType.DURATION:
            units = {language: SECONDS.get(language, SECONDS["en"]) for language in self.languages}
        for language, unit in units.items():
            found[language] = f"{found[language]}\n\n({unit})" if language in found else f"({unit})"
        return found


def _languages(version: Version, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The promised languages, then those that only some texts have."""
    found = dict.fromkeys(version.languages)

    def collect(part: object) -> None:
        if isinstance(part, list):
            for inner in part:
                collect(inner)
        elif isinstance(part, dict):
            for key, inner in part.items():
                if isinstance(inner, dict) and key in (
                    "title", "description", "brief", "name", "text", "guidance", "unit", "low", "high",
                ):  # fmt: skip
                    found.update(dict.fromkeys(inner))
                elif key in ("sections", "items", "options", "bands", "scale"):
                    collect(inner)

    collect(document)
    return tuple(found)


def _heading(base: str, language: str) -> str:
    return f"{base}::{language_name(language)}"


def _texts(base: str, text: Mapping[str, str]) -> dict[str, Cell]:
    return {_heading(base, language): words for language, words in text.items()}


def _condition(found: Mapping[str, Any] | None) -> str | None:
    return extras.write_condition(found) if found else None


def _constraint(item: Item) -> str | None:
    parts = [
        f". {sign} {write_decimal(end)}"
        for sign, end in ((">=", item.min), ("<=", item.max))
        if end is not None
    ]
    return " and ".join(parts) or None


def _cell(value: int | str | None) -> Cell:
    """A number as a number where the spreadsheet keeps it exactly, else as text."""
    if value is None or isinstance(value, int):
        return value
    near = float(value)
    return near if Fraction(Decimal(repr(near))) == Fraction(value) else value


def _plain(value: int | str | None) -> Cell:
    """The value of a key that may be a word, a number, or plainly nothing."""
    if value is None:
        return NONE
    return value if isinstance(value, str) and exact(value) is None else _cell(value)


def _page(title: str, columns: Sequence[str] | None, rows: Rows) -> Page:
    headings = list(columns) if columns else list(dict.fromkeys(key for row in rows for key in row))
    widths = [44 if heading.split("::")[0] in _WIDE else 18 for heading in headings]
    return Page(title, headings, [[row.get(heading) for heading in headings] for row in rows], widths)
