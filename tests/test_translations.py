"""Every sentence a person can meet is there in Russian and Ukrainian, with its placeholders and all plural forms."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parent.parent
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
LANGUAGES = ("ru", "uk")


@cache
def wanted() -> dict[str | tuple[str, str], str]:
    """All msgids, with a place where each is used."""
    found: dict[str | tuple[str, str], str] = {}

    def take(function, message, place):
        if message is None:  # the sentence is chosen at run time; it is marked where it is written
            return
        words = (message,) if isinstance(message, str) else tuple(word for word in message if word)
        if words and words[0]:
            found.setdefault(words[:2] if function == "ngettext" else words[0], place)

    for path in (ROOT / "templates").rglob("*.html"):
        with path.open("rb") as file:
            for line, function, message, _comments in babel_extract(
                file,
                ("_", "gettext", "ngettext"),
                [],
                {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false"},
            ):
                take(function, message, f"{path.relative_to(ROOT)}:{line}")
    for path in (ROOT / "audit_app").rglob("*.py"):
        with path.open("rb") as file:
            for line, function, message, _comments in extract_python(
                file, ("_", "_t", "gettext", "ngettext"), [], {"encoding": "utf-8"}
            ):
                take(function, message, f"{path.relative_to(ROOT)}:{line}")
    return found


@cache
def known(language: str) -> dict[str | tuple[str, str], tuple[str, ...]]:
    """All translations of one language."""
    found: dict[str | tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((ROOT / "audit_app" / "locale" / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
                if message.id and all(strings) and not message.fuzzy:
                    found[tuple(message.id) if isinstance(message.id, tuple | list) else message.id] = tuple(
                        strings
                    )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    plain = known(language)
    singular = {key[0] for key in plain if isinstance(key, tuple)}
    missing = {
        key: place
        for key, place in wanted().items()
        if key not in plain and not (isinstance(key, str) and key in singular)
    }

    assert missing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders_and_plural_forms(language):
    wrong = []
    for key, strings in known(language).items():
        ids = key if isinstance(key, tuple) else (key,)
        names = {name for words in ids for name in PLACEHOLDER.findall(words)}
        if isinstance(key, tuple) and len(strings) != 3:
            wrong.append(f"{key}: {len(strings)} forms")
        for text in strings:
            if not set(PLACEHOLDER.findall(text)) <= names or (
                not isinstance(key, tuple) and set(PLACEHOLDER.findall(text)) != names
            ):
                wrong.append(f"{key} → {text}")
    assert wrong == []
