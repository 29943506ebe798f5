"""The standards of the chain, read from `checklists/`: what the shops are measured by, and three more to look at."""

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit_app.kit.pages import data_folder
from audit_app.kit.yaml import read_yaml
from audit_app.standards.rules.canonical import canonical, fingerprint
from audit_app.standards.rules.comparison import changes_between
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from seeds.chance import named_id
from seeds.people import person_id

MAIN = "clothing-shop"
OTHERS = ("grocery", "quick-service-restaurant", "web-order-and-chat")
PUBLISHED_DAYS = {1: 395, 2: 150}
"""How many days ago each version of the main standard was published."""


@dataclass(frozen=True)
class Published:
    """A published version: its row's id, since when it holds, and what it says."""

    id: UUID
    since: datetime
    version: Version


@dataclass
class Standards:
    """Rows to write, and the main standard's published versions, the oldest first."""

    standards: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    main: list[Published]

    def at(self, moment: datetime) -> Published:
        """The main version that held then."""
        return next(one for one in reversed(self.main) if one.since <= moment or one is self.main[0])

    @property
    def newest(self) -> Published:
        """The main version that holds now."""
        return self.main[-1]


def standards(now: datetime) -> Standards:
    """The main standard with its history and its next draft; the others with their first version."""
    found = Standards([], [], [])
    before: Version | None = None
    for number, days in PUBLISHED_DAYS.items():
        version = _read(MAIN, number)
        since = now - timedelta(days=days)
        row = _row(version, since, before)
        if before is not None:
            found.versions[-1].update(state="retired", retired_at=since)
        found.versions.append(row)
        found.main.append(Published(row["id"], since, version))
        before = version
    found.standards.append(_standard(found.newest.version, found.main[0].since))
    found.versions.append(_draft(found.newest.version, now - timedelta(days=3)))
    for place, code in enumerate(OTHERS):
        version = _read(code, 1)
        since = now - timedelta(days=60 - 12 * place)
        found.standards.append(_standard(version, since))
        found.versions.append(_row(version, since, None))
    return found


def _read(code: str, number: int) -> Version:
    return read_version(read_yaml((data_folder("checklists") / code / f"{number}.yaml").read_bytes()))


def _standard(version: Version, made: datetime) -> dict[str, Any]:
    return {
        "id": named_id("standard", version.code),
        "code": version.code,
        "title": dict(version.title),
        "created_at": made - timedelta(days=10),
    }


def _row(version: Version, since: datetime, before: Version | None) -> dict[str, Any]:
    return {
        "id": named_id("version", version.code, version.version),
        "standard_id": named_id("standard", version.code),
        "number": version.version,
        "state": "published",
        "document": canonical(version),
        "fingerprint": fingerprint(version),
        "changes": [change.document() for change in changes_between(before, version)],
        "edition": 0,
        "created_at": since - timedelta(days=10),
        "created_by": person_id("quality"),
        "published_at": since,
        "published_by": person_id("quality"),
        "retired_at": None,
    }


def _draft(last: Version, since: datetime) -> dict[str, Any]:
    """The next version, begun and not finished: one question is being tried, one weight is up for discussion."""
    document = copy.deepcopy(canonical(last))
    document["version"] = last.version + 1
    checkout = next(section for section in document["sections"] if section["code"] == "checkout")
    checkout["items"].append(
        {
            "code": "bag_asked",
            "text": {
                "en": "Were you asked whether you need a bag?",
                "ru": "Вас спросили, нужен ли пакет?",
                "uk": "Вас спитали, чи потрібен пакет?",
            },
            "type": "yes_no",
            "weight": 1,
            "show_if": {"item": "bought", "is": ["yes"]},
        }
    )
    return {
        "id": named_id("version", last.code, last.version + 1),
        "standard_id": named_id("standard", last.code),
        "number": last.version + 1,
        "state": "draft",
        "document": document,
        "fingerprint": "",
        "changes": [],
        "edition": 2,
        "created_at": since,
        "created_by": person_id("quality"),
        "published_at": None,
        "published_by": None,
        "retired_at": None,
    }
