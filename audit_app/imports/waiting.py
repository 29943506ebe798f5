"""Uploaded files that wait between preview and confirmation: under a random name, for one person, for a day."""

import contextlib
import json
import re
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from audit_app.imports.actions.bring import Upload
from audit_app.imports.rules.kinds import Kind
from audit_app.kit.errors import NotFound

HOURS = 24
MOST_WAITING = 5
"""So many files of one person wait at most; the oldest goes."""


@dataclass(frozen=True)
class Waiting:
    """A file that waits; `done` is the report once it was imported."""

    token: str
    kind: Kind
    upload: Upload
    at: datetime
    done: dict[str, Any] | None
    columns: dict[str, str] = field(default_factory=dict)
    """Outcomes only: what the person chose for each heading, and the sign before the decimals."""
    decimals: str = ""


def _about(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / "about.json").read_text())
        if isinstance(found, dict):
            return found
    return None


def sweep(root: Path, now: datetime, person_id: UUID) -> None:
    """Remove what is over, and this person's oldest files beyond the limit."""
    mine: list[tuple[str, Path]] = []
    for folder in root.iterdir() if root.exists() else ():
        about = _about(folder)
        if about is None or datetime.fromisoformat(about["at"]) < now - timedelta(hours=HOURS):
            shutil.rmtree(folder, ignore_errors=True)
        elif about["person"] == str(person_id):
            mine.append((about["at"], folder))
    for _at, folder in sorted(mine)[: max(0, len(mine) - MOST_WAITING + 1)]:
        shutil.rmtree(folder, ignore_errors=True)


def keep(root: Path, person_id: UUID, kind: Kind, upload: Upload, now: datetime) -> str:
    """Put a file aside; gives its token."""
    sweep(root, now, person_id)
    token = secrets.token_urlsafe(24)
    folder = root / token
    folder.mkdir(parents=True, mode=0o700)
    (folder / "content").write_bytes(upload.content)
    _write(
        folder,
        {"kind": str(kind), "name": upload.name[:200], "person": str(person_id), "at": now.isoformat()},
    )
    return token


def _write(folder: Path, about: dict[str, Any]) -> None:
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False))


def find(root: Path, person_id: UUID, kind: Kind, token: str, now: datetime) -> Waiting:
    """The file of this token if it is this person's and not over, else `NotFound`."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{32}", token):
        raise NotFound
    folder = root / token
    about = _about(folder)
    if about is None or about["person"] != str(person_id) or about["kind"] != kind:
        raise NotFound
    at = datetime.fromisoformat(about["at"])
    if at < now - timedelta(hours=HOURS):
        raise NotFound
    content = (folder / "content").read_bytes()
    return Waiting(
        token,
        kind,
        Upload(about["name"], content),
        at,
        about.get("done"),
        about.get("columns") or {},
        about.get("decimals") or "",
    )


def choose(root: Path, person_id: UUID, waiting: Waiting, columns: dict[str, str], decimals: str) -> None:
    """Note how this person says the file is to be read."""
    folder = root / waiting.token
    about = {"kind": str(waiting.kind), "name": waiting.upload.name, "person": str(person_id)}
    _write(folder, {**about, "at": waiting.at.isoformat(), "columns": columns, "decimals": decimals})


def finish(root: Path, person_id: UUID, waiting: Waiting, report: dict[str, Any]) -> None:
    """Note that it was imported; the file stays for its bad rows until the day is over."""
    _write(
        root / waiting.token,
        {
            "kind": str(waiting.kind),
            "name": waiting.upload.name,
            "person": str(person_id),
            "at": waiting.at.isoformat(),
            "done": report,
        },
    )
