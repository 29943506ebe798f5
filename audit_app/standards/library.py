"""The standards that come with the product: the files in checklists/, one folder each, the highest number is the newest."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audit_app.kit.errors import NotFound
from audit_app.kit.pages import data_folder
from audit_app.kit.yaml import read_yaml


@dataclass(frozen=True)
class Shelf:
    """One standard of the library, as its list shows it."""

    code: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    languages: tuple[str, ...]
    sections: int
    items: int
    minutes: int | None
    channels: tuple[str, ...]


def _newest() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in sorted(data_folder("checklists").iterdir()):
        files = [path for path in folder.glob("*.yaml") if path.stem.isdigit()] if folder.is_dir() else []
        if files:
            found[folder.name] = max(files, key=lambda path: int(path.stem))
    return found


@cache
def _read(path: Path, _changed: int) -> dict[str, Any]:
    document = read_yaml(path.read_bytes())
    assert isinstance(document, dict)
    return document


def library() -> list[Shelf]:
    """All standards of the library, by code. Files are read once as long as they stay as they are."""
    found: list[Shelf] = []
    for code, path in _newest().items():
        document = _read(path, path.stat().st_mtime_ns)
        sections = document.get("sections") or []
        found.append(
            Shelf(
                code=code,
                title=document.get("title") or {"en": code},
                description=document.get("description") or {},
                languages=tuple(document.get("languages") or ()),
                sections=len(sections),
                items=sum(len(section.get("items") or ()) for section in sections),
                minutes=document.get("minutes"),
                channels=tuple(document.get("channels") or ("in_person",)),
            )
        )
    return found


def from_library(code: str) -> bytes:
    """The file of one of them; `NotFound` for anything that is not on the shelf."""
    path = _newest().get(code)
    if path is None:
        raise NotFound
    return path.read_bytes()
