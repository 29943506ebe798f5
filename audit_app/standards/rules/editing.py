"""Edits of a draft's document: find, add, copy, move, rename, remove. Pure; each gives the changed document.

Parts are addressed by their code, which the editor gives at birth and which stays unique in a draft. Documents are
handed in as copies that may be changed.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from audit_app.kit.errors import BadInput, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.latin import in_latin
from audit_app.standards.rules.definition import LONGEST_CODE, MOST_ITEMS, MOST_SECTIONS, RESERVED
from audit_app.standards.rules.fields import ITEM_CODE

Document = dict[str, Any]


class CodeIsTaken(BadInput):
    """This code is used already, or stands for something else."""


class TooMany(BadInput):
    """A standard holds at most 60 sections and 300 items."""


def code_from(words: str, taken: Iterable[str], fallback: str = "item") -> str:
    """A free code made of the first words of a text, in Latin letters."""
    parts = [part for part in re.split(r"[^a-z0-9]+", in_latin(words)) if part]
    base = "_".join(parts[:4])[: LONGEST_CODE - 8].strip("_")
    if not ITEM_CODE.fullmatch(base):
        base = f"{fallback}_{base}".strip("_")
    used = set(taken) | RESERVED
    if base not in used:
        return base
    return next(f"{base}_{n}" for n in range(2, 10_000) if f"{base}_{n}" not in used)


def sections_of(document: Mapping[str, Any]) -> list[Document]:
    """The sections, whatever state the draft is in."""
    found: list[Document] = document.get("sections") or []
    return found


def section_codes(document: Mapping[str, Any]) -> list[str]:
    """The codes of all sections."""
    return [str(section.get("code")) for section in sections_of(document)]


def item_codes(document: Mapping[str, Any]) -> list[str]:
    """The codes of all items, in the order they are asked."""
    return [str(item.get("code")) for section in sections_of(document) for item in section.get("items") or ()]


def find_section(document: Mapping[str, Any], code: str) -> Document:
    """The section of that code, or `NotFound`."""
    for section in sections_of(document):
        if section.get("code") == code:
            return section
    raise NotFound


def find_item(document: Mapping[str, Any], code: str) -> tuple[Document, Document]:
    """The section and the item of that code, or `NotFound`."""
    for section in sections_of(document):
        for item in section.get("items") or ():
            if item.get("code") == code:
                return section, item
    raise NotFound


def items_before(document: Mapping[str, Any], code: str) -> list[Document]:
    """The items that stand before this one: a condition may look at these."""
    found: list[Document] = []
    for section in sections_of(document):
        for item in section.get("items") or ():
            if item.get("code") == code:
                return found
            found.append(item)
    return found


def add_section(document: Document, title: Mapping[str, str]) -> tuple[Document, str]:
    """A new section at the end; gives its code too."""
    sections = document.setdefault("sections", [])
    if len(sections) >= MOST_SECTIONS:
        raise TooMany
    code = code_from(next(iter(title.values()), ""), section_codes(document), "section")
    sections.append({"code": code, "title": dict(title), "items": []})
    return document, code


def add_item(document: Document, section: str, text: Mapping[str, str], kind: str) -> tuple[Document, str]:
    """A new item at the end of a section; gives its code too."""
    if len(item_codes(document)) >= MOST_ITEMS:
        raise TooMany
    there = find_section(document, section)
    code = code_from(next(iter(text.values()), ""), item_codes(document))
    there.setdefault("items", []).append({"code": code, "text": dict(text), "type": kind})
    return document, code


def put_item(document: Document, code: str, item: Mapping[str, Any]) -> Document:
    """The item in place of the one with that code, which it keeps."""
    section, old = find_item(document, code)
    section["items"][section["items"].index(old)] = {**item, "code": code}
    return document


def put_section(document: Document, code: str, section: Mapping[str, Any]) -> Document:
    """The section's own fields; its code and its items stay."""
    sections = sections_of(document)
    old = find_section(document, code)
    fresh = {"code": code, **{key: value for key, value in section.items() if key not in ("code", "items")}}
    sections[sections.index(old)] = {**fresh, "items": old.get("items") or []}
    return document


def put_settings(document: Document, settings: Mapping[str, Any]) -> Document:
    """The fields of the whole; code, number and sections stay."""
    fixed = ("code", "version")
    return {
        **{key: document[key] for key in fixed if key in document},
        **{key: value for key, value in settings.items() if key not in (*fixed, "sections")},
        "sections": sections_of(document),
    }


def move_item(document: Document, code: str, to: str) -> Document:
    """One place `up` or `down` (over the border of a section too), or to the end of `section:<code>`."""
    section, item = find_item(document, code)
    sections = sections_of(document)
    place, index = sections.index(section), section["items"].index(item)
    if to.startswith("section:"):
        target = find_section(document, to.removeprefix("section:"))
        section["items"].pop(index)
        target.setdefault("items", []).append(item)
    elif to == "up" and index > 0:
        section["items"].insert(index - 1, section["items"].pop(index))
    elif to == "down" and index < len(section["items"]) - 1:
        section["items"].insert(index + 1, section["items"].pop(index))
    elif to == "up" and place > 0:
        section["items"].pop(index)
        sections[place - 1].setdefault("items", []).append(item)
    elif to == "down" and place < len(sections) - 1:
        section["items"].pop(index)
        sections[place + 1].setdefault("items", []).insert(0, item)
    return document


def place_item(document: Document, code: str, section: str, index: int) -> Document:
    """Put down where a pointer let it go: at this index of this section, the item itself not counted."""
    origin, item = find_item(document, code)
    target = find_section(document, section)
    origin["items"].remove(item)
    target.setdefault("items", []).insert(max(0, min(index, len(target["items"]))), item)
    return document


def move_section(document: Document, code: str, to: str) -> Document:
    """One place `up` or `down`, with all its items."""
    sections = sections_of(document)
    index = sections.index(find_section(document, code))
    target = index + {"up": -1, "down": 1}.get(to, 0)
    if 0 <= target < len(sections):
        sections.insert(target, sections.pop(index))
    return document


def copy_item(document: Document, code: str) -> tuple[Document, str]:
    """A twin right behind the item, with a code of its own."""
    if len(item_codes(document)) >= MOST_ITEMS:
        raise TooMany
    section, item = find_item(document, code)
    fresh = code_from(re.sub(r"_\d+$", "", code).replace("_", " "), item_codes(document))
    section["items"].insert(section["items"].index(item) + 1, {**deepcopy(item), "code": fresh})
    return document, fresh


def copy_section(document: Document, code: str) -> tuple[Document, str]:
    """A twin of the section with all its items; conditions inside it look at the twins."""
    sections = sections_of(document)
    section = find_section(document, code)
    if len(sections) >= MOST_SECTIONS or len(item_codes(document)) + len(section["items"]) > MOST_ITEMS:
        raise TooMany
    twin = deepcopy(section)
    twin["code"] = code_from(code.replace("_", " "), section_codes(document), "section")
    renamed: dict[str, str] = {}
    taken = set(item_codes(document))
    for item in twin.get("items") or ():
        fresh = code_from(re.sub(r"_\d+$", "", item["code"]).replace("_", " "), taken)
        taken.add(fresh)
        renamed[item["code"]] = fresh
        item["code"] = fresh
    for item in twin.get("items") or ():
        if isinstance(item.get("show_if"), dict):
            item["show_if"] = _renamed(item["show_if"], renamed)
    sections.insert(sections.index(section) + 1, twin)
    return document, str(twin["code"])


def _renamed(condition: Any, codes: Mapping[str, str]) -> Any:
    """The condition with other items' codes."""
    if isinstance(condition, list):
        return [_renamed(part, codes) for part in condition]
    if not isinstance(condition, dict):
        return condition
    return {
        key: codes.get(value, value) if key == "item" and isinstance(value, str) else _renamed(value, codes)
        for key, value in condition.items()
    }


def remove_item(document: Document, code: str) -> Document:
    """Without the item."""
    section, item = find_item(document, code)
    section["items"].remove(item)
    return document


def without_items(document: Document, codes: Iterable[str]) -> Document:
    """Without these items, those that are there; sections left empty go too, and so do conditions on what is gone."""
    gone = set(codes) & set(item_codes(document))
    for section in sections_of(document):
        section["items"] = [item for item in section.get("items") or () if item.get("code") not in gone]
    document["sections"] = [section for section in sections_of(document) if section["items"]]
    for section in sections_of(document):
        for item in section["items"]:
            if _asks_for(item.get("show_if"), gone):
                del item["show_if"]
    return document


def _asks_for(condition: Any, codes: set[str]) -> bool:
    """Whether a condition looks at one of these items."""
    if isinstance(condition, list):
        return any(_asks_for(part, codes) for part in condition)
    if not isinstance(condition, dict):
        return False
    return any(
        (key == "item" and value in codes) or _asks_for(value, codes) for key, value in condition.items()
    )


def mark_hygiene(document: Document, codes: Iterable[str]) -> Document:
    """With these items, those that are there, marked as hygiene."""
    wanted = set(codes)
    for section in sections_of(document):
        for item in section.get("items") or ():
            if item.get("code") in wanted:
                item["hygiene"] = True
    return document


def remove_section(document: Document, code: str) -> Document:
    """Without the section and its items."""
    sections_of(document).remove(find_section(document, code))
    return document


def rename_item(document: Document, code: str, fresh: str) -> Document:
    """Another code for an item that was never published; conditions follow."""
    _section, item = find_item(document, code)
    check_code(fresh, [one for one in item_codes(document) if one != code])
    item["code"] = fresh
    for section in sections_of(document):
        for other in section.get("items") or ():
            if isinstance(other.get("show_if"), dict):
                other["show_if"] = _renamed(other["show_if"], {code: fresh})
    return document


def rename_section(document: Document, code: str, fresh: str) -> Document:
    """Another code for a section."""
    check_code(fresh, [one for one in section_codes(document) if one != code])
    find_section(document, code)["code"] = fresh
    return document


def check_code(code: str, taken: Iterable[str]) -> None:
    """Refuse a code of another shape, or one that is used."""
    if not ITEM_CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        raise BadInput(
            _("A code is made of small Latin letters, digits and _, a letter first, such as greeted.")
        )
    if code in set(taken) | RESERVED:
        raise CodeIsTaken
