"""Where in the editor a problem is mended: from the path of a problem to the part, the field and words for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit_app.kit.i18n import pick
from audit_app.standards.phrases import FIELDS, items_by_code, named, texts_of
from audit_app.standards.rules.problems import Problem

Document = Mapping[str, Any]


def field_of(path: Sequence[str | int]) -> str:
    """The name of the form's field for the path of a problem inside an item, a section or the settings."""
    head = str(path[0]) if path else ""
    if head in ("show_if", "applies_if", "evidence", "segments", "channels", "kinds", "languages"):
        return head
    return ".".join(str(part) for part in path)


@dataclass(frozen=True)
class Spot:
    """Where in the editor a problem is mended: the settings, a section or an item, and the field there."""

    section: str
    item: str
    field: str


def spot_of(problem: Problem, document: Document) -> Spot:
    """The place of a problem; codes where the path has indices."""
    path = problem.path
    if len(path) < 2 or path[0] != "sections" or not isinstance(path[1], int):
        return Spot("", "", field_of(path))
    sections = document.get("sections") or []
    if path[1] >= len(sections):
        return Spot("", "", "sections")
    section = sections[path[1]]
    items = section.get("items") or []
    if len(path) >= 4 and path[2] == "items" and isinstance(path[3], int) and path[3] < len(items):
        return Spot(str(section.get("code")), str(items[path[3]].get("code")), field_of(path[4:]))
    return Spot(str(section.get("code")), "", field_of(path[2:]))


def place_words(problem: Problem, document: Document) -> str:
    """The place of a problem for people: the item's own words, then the field."""
    spot = spot_of(problem, document)
    named_by = items_by_code(document).get(spot.item, {}).get("text") if spot.item else None
    if spot.section and not spot.item:
        named_by = next(
            (one.get("title") for one in document.get("sections") or () if one.get("code") == spot.section),
            None,
        )
    words = pick(texts_of(named_by)) or spot.item or spot.section
    key = spot.field.split(".")[0]
    return " › ".join(part for part in (words, named(FIELDS, key) if key else "") if part)
