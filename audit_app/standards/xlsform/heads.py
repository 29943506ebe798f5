"""The settings sheet and our own sheet `audit`: what holds for the standard as a whole."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import LONGEST_CODE
from audit_app.standards.xlsform import extras
from audit_app.standards.xlsform.notes import Note
from audit_app.standards.xlsform.sheets import AUDIT, SETTINGS, Row, Sheet, language_of

Places = dict[tuple[str | int, ...], tuple[str, int, str]]

TEXT_KEYS: Final = ("title", "description", "brief")
LIST_KEYS: Final = ("languages", "channels", "kinds")
VALUE_KEYS: Final = ("minutes", "aggregation", "bonus_cap", "pass_mark")
BAND: Final = "band"
NONE: Final = "none"
_KNOWN_SETTINGS: Final = frozenset({"form_title", "form_id", "version", "default_language", "name"})
_ALIASES: Final = {
    "title": "form_title",
    "set_form_title": "form_title",
    "id_string": "form_id",
    "set_form_id": "form_id",
}
LARGEST_VERSION: Final = 1_000_000


def read_head(
    settings: Sheet,
    audit: Sheet | None,
    languages: Sequence[str],
    unnamed: str,
    notes: list[Note],
    *,
    ours: bool,
) -> tuple[dict[str, Any], Places]:
    """Code, version, title and all that stands above the sections, with their cells."""
    row = settings.rows[0] if settings.rows else Row(0, {})
    cells = {_ALIASES.get(key, key): value for key, value in row.cells.items()}
    places: Places = {
        ("code",): (SETTINGS, row.line, "form_id"),
        ("version",): (SETTINGS, row.line, "version"),
        ("title",): (SETTINGS, row.line, "form_title"),
    }
    for more in settings.rows[1:]:
        notes.append(Note(SETTINGS, more.line, "", _("only the first row of settings counts")))
    for heading in settings.headings:
        cell = row.get(heading.key)
        if cell and _ALIASES.get(heading.base, heading.base) not in _KNOWN_SETTINGS:
            notes.append(
                Note(
                    SETTINGS,
                    row.line,
                    heading.typed[:60],
                    _("not carried over: %(cell)s"),
                    {"cell": cell[:200]},
                )
            )
    title = cells.get("form_title", "") or cells.get("form_id", "")
    if not title:
        title = "XLSForm"
        notes.append(
            Note(
                SETTINGS,
                row.line,
                "form_title",
                _("the form has no title; “%(title)s” was taken"),
                {"title": title},
            )
        )
    head: dict[str, Any] = {
        "code": _code(cells, row, notes),
        "version": _version(cells, row, notes),
        "title": dict.fromkeys(languages, title),
    }
    if audit is not None:
        default = language_of(cells.get("default_language", "")) or unnamed
        head["title"] = {default: title}
        _own(audit, head, places, unnamed, notes)
    elif len(languages) > 1:
        text = _("the title is the same in all languages: “%(title)s”")
        notes.append(Note(SETTINGS, row.line, "form_title", text, {"title": title[:100]}))
    if not ours:
        text = _("assumed: every scored question counts the same, there are no bands and no pass mark")
        notes.append(Note("", 0, "", text))
    return head, places


def _code(cells: Mapping[str, str], row: Row, notes: list[Note]) -> str:
    for key in ("form_id", "form_title"):
        given = cells.get(key, "")
        code = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-") if not _is_code(given) else given
        code = code if _is_code(given) else code[: LONGEST_CODE - 4].strip("-")
        if code:
            if code != given or key != "form_id":
                text = _("the code of the standard is “%(code)s”")
                notes.append(Note(SETTINGS, row.line, key, text, {"code": code}))
            return code
    text = _("the form has no form_id; the code of the standard is “%(code)s”")
    notes.append(Note(SETTINGS, row.line, "form_id", text, {"code": "imported-form"}))
    return "imported-form"


def _is_code(given: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9-]*", given)) and len(given) <= LONGEST_CODE


def _version(cells: Mapping[str, str], row: Row, notes: list[Note]) -> int:
    given = cells.get("version", "")
    if re.fullmatch(r"[0-9]{1,7}", given) and 1 <= int(given) <= LARGEST_VERSION:
        return int(given)
    if given:
        text = _("the version “%(version)s” is no number a version can have; 1 was taken")
        notes.append(Note(SETTINGS, row.line, "version", text, {"version": given[:60]}))
    else:
        notes.append(Note(SETTINGS, row.line, "version", _("no version is named; 1 was taken")))
    return 1


def _own(audit: Sheet, head: dict[str, Any], places: Places, unnamed: str, notes: list[Note]) -> None:
    """The rows of the sheet `audit`: key, value and, where it is a text, its languages."""
    bands: list[dict[str, Any]] = []
    for row in audit.rows:
        key, value = row.get("key").lower(), row.get("value")
        text = audit.text(row, "text", unnamed)
        places[(key,)] = (AUDIT, row.line, "text" if key in TEXT_KEYS else "value")
        if key == "title":
            head["title"] = {**text, **head["title"]}
        elif key in TEXT_KEYS:
            head[key] = text
        elif key in LIST_KEYS:
            head[key] = extras.codes(value)
        elif key in VALUE_KEYS:
            head[key] = None if value.lower() == NONE else extras.number(value)
        elif key == BAND:
            places["bands", len(bands)] = (AUDIT, row.line, "")
            band: dict[str, Any] = {"from": extras.number(value), "name": text}
            bands.append({**band, "tone": row.get("tone")} if row.get("tone") else band)
        else:
            notes.append(
                Note(AUDIT, row.line, "key", _("not carried over: %(cell)s"), {"cell": (key or value)[:200]})
            )
    if bands:
        head["bands"] = bands
