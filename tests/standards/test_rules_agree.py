"""The JSON Schema and the reader take the same documents, but for what a schema cannot know."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit_app.standards.rules.reading import check_draft
from tests.standards.documents import changed, contract

SCHEMA = Draft202012Validator(json.loads(Path("checklists/schema.json").read_text(encoding="utf-8")))

BEYOND = (
    "the text in “%(language)s” is missing",
    "the bands must rise",
    "the scale must end above its beginning",
    "the largest answer is smaller than the smallest",
    "every range but the first says where it begins",
    "the best answer must be worth more than 0 points",
    "there is no item “%(item)s”",
    "is no answer",
)
"""What the schema says it leaves to the reader: how parts of a document stand to each other."""

ODD = (
    ..., None, "", " ", "x", [], [None], [1], ["yes"], {}, {"en": None}, {"en": ""}, {"en": 1}, {"ru": "x"},
    {"en": "x", "ru": None}, True, 0, -1, 1, 1.5, "1", "1.0", "1.5", "1,5", "1e3", 10**12,
)  # fmt: skip

SECTION = ("sections", 0)
ITEMS = (*SECTION, "items")
GREETED, WAIT, HOW = (*ITEMS, 1), (*ITEMS, 2), (*ITEMS, 3)
PLACES: tuple[tuple[str | int, ...], ...] = (
    *((key,) for key in ("code", "version", "title", "description", "languages", "channels", "minutes")),
    *((key,) for key in ("aggregation", "bonus_cap", "pass_mark", "bands")),
    *(("bands", 1, key) for key in ("from", "name", "tone")),
    *((*SECTION, key) for key in ("title", "guidance", "weight", "pass_mark", "segments", "applies_if")),
    *((*GREETED, key) for key in ("text", "guidance", "picture", "type", "nature", "required", "weight", "na", "bonus")),
    *((*GREETED, key) for key in ("hygiene", "options", "critical", "evidence", "show_if", "applies_if", "incident")),
    *((*GREETED, "options", 0, key) for key in ("code", "points", "text")),
    *((*GREETED, "critical", key) for key in ("below", "at", "effect")),
    (*GREETED, "evidence", "no"),
    *((*GREETED, "show_if", key) for key in ("item", "is")),
    *((*GREETED, "applies_if", key) for key in ("attribute", "is")),
    *((*GREETED, "incident", key) for key in ("when", "type", "priority")),
    *((*WAIT, key) for key in ("ranges", "unit", "min", "max", "weight")),
    (*WAIT, "ranges", 0, "points"),
    (*WAIT, "ranges", 1, "from"),
    *((*HOW, "scale", key) for key in ("min", "max", "low")),
)  # fmt: skip


def whole() -> dict[str, Any]:
    document = {**contract(), "languages": ["en"]}
    document["sections"][0]["items"] += [
        {
            "code": "wait", "text": {"en": "How long?"}, "type": "number", "weight": "1", "unit": {"en": "min"},
            "min": 0, "max": 99, "ranges": [{"points": 5}, {"from": 3, "points": 0}],
        },
        {"code": "how", "text": {"en": "How?"}, "type": "scale", "scale": {"min": 1, "max": 5}},
    ]  # fmt: skip
    return document


def documents(place: tuple[str | int, ...]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The whole document with every odd value at one place; a part that is not there is not taken out."""
    for value in ODD:
        try:
            yield value, changed(whole(), place, value)
        except KeyError:
            assert value is ...


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place[-3:])))
def test_schema_and_reader_agree(place: tuple[str | int, ...]) -> None:
    for value, document in documents(place):
        problems = check_draft(document)
        refused = [error.message for error in SCHEMA.iter_errors(document)]
        if refused:
            assert problems, f"only the schema refuses {value!r}: {refused}"
        else:
            odd = [one.sentence for one in problems if not any(known in one.text for known in BEYOND)]
            assert odd == [], f"only the reader refuses {value!r}"


def test_the_document_they_begin_with_is_good() -> None:
    assert check_draft(whole()) == []
    assert SCHEMA.is_valid(whole())
