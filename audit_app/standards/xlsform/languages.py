"""Which language a column without a name is in, and which languages a form keeps up in every text."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.xlsform.notes import Note
from audit_app.standards.xlsform.sheets import Sheet, language_name, language_of

TEXTS: Final = frozenset({"title", "text", "guidance", "low", "high", "unit", "name", "description", "brief"})


def unnamed_language(survey: Sheet, choices: Sheet, settings: Sheet, notes: list[Note]) -> str:
    """The default language where it is named, else what the letters look like; the latter is noted."""
    stated = settings.rows[0].get("default_language") if settings.rows else ""
    found = language_of(stated) if stated else None
    if found:
        return found
    unnamed = [sheet for sheet in (survey, choices) if any(_is_unnamed(one.key) for one in sheet.headings)]
    if not unnamed:
        return next(iter(survey.languages("label") or choices.languages("label")), "en")
    words = "".join(row.get("label") for sheet in unnamed for row in sheet.rows)
    found = _by_letters(words)
    text = _("no language is named; the texts were taken as %(language)s")
    notes.append(Note(unnamed[0].name, 0, "label", text, {"language": language_name(found)}))
    return found


def _is_unnamed(key: str) -> bool:
    return key == "label"


def _by_letters(words: str) -> str:
    cyrillic = len(re.findall("[А-Яа-яЁёІіЇїЄєҐґ]", words))
    if cyrillic * 2 <= len(re.findall(r"[^\W\d_]", words)):
        return "en"
    return "uk" if re.search("[ІіЇїЄєҐґ]", words) else "ru"


def complete_texts(
    document: Mapping[str, Any],
    place_of: Callable[[Sequence[str | int]], tuple[str, int, str]],
    notes: list[Note],
) -> None:
    """Notes every language that some text lacks: the standard promises only those that all texts have."""
    texts = list(_texts(document, ()))
    every = dict.fromkeys(language for _path, text in texts for language in text)
    for language in every:
        lacking = [path for path, text in texts if language not in text]
        if lacking:
            sheet, row, column = place_of(lacking[0])
            sentence = _(
                "the text in “%(language)s” is missing here (places in all: %(count)s); the standard does not promise this language"
            )
            notes.append(Note(sheet, row, column, sentence, {"language": language, "count": len(lacking)}))


def _texts(part: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], Mapping[str, str]]]:
    """All texts of the document, which is as deep as a standard is."""
    found: list[tuple[tuple[str | int, ...], Mapping[str, str]]] = []
    if isinstance(part, list):
        for index, inner in enumerate(part):
            found += _texts(inner, (*path, index))
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            if key in TEXTS and isinstance(inner, Mapping) and inner:
                found.append(((*path, key), inner))
            elif key in ("sections", "items", "options", "bands", "scale"):
                found += _texts(inner, (*path, key))
    return found
