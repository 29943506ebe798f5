"""What the phone is given to work without a network: the form as data, the list of pages to keep, the worker's text.

The form's data stand in the page itself, so that a page kept on the phone is whole. The rules of a version are the
same for everybody who fills it and are made once.
"""

import hashlib
import json
from functools import cache
from typing import Any
from uuid import UUID

from audit_app.kit.pages import asset_url, data_folder, join
from audit_app.standards.rules.definition import Version
from audit_app.visits.queries.field import Sheet
from audit_app.visits.rules.phone import form_rules

_MOST_KEPT = 500
_rules: dict[UUID, dict[str, Any]] = {}

SCRIPTS = (
    "app.js", "vendor/idb.js", "phone/words.js", "phone/rules.js", "phone/store.js", "phone/outbox.js", "phone/exif.js",
    "shots.js", "phone/checking.js", "checklist.js", "phone/queue.js", "phone/offline.js",
)  # fmt: skip
SHEETS = ("tokens.css", "app.css", "checklist.css")
join("phone.js", SCRIPTS)
join("phone.css", SHEETS)
SHARED = ("phone.js", "phone.css", "phone/onward.js", "print.css", "icons.svg", "favicon.svg")
"""Every file the phone's pages need."""
PARTS = ("vendor/idb.js", "phone/rules.js", "phone/store.js", "phone/outbox.js")
"""What the worker itself runs."""


def form_data(sheet: Sheet) -> dict[str, Any]:
    """What the form's script starts from: the answers with their base, and the rules."""
    whole = _rules_of(sheet.visit.version_id, sheet.version)
    attributes = sheet.place.attributes
    return {
        "number": sheet.sent_number,
        "base": sheet.notebook.base,
        "answers": sheet.answers,
        "rules": {
            "sections": whole["sections"],
            "attributes": {name: attributes[name] for name in whole["asked"] if name in attributes},
            "opened": None if sheet.opened is None else sorted(sheet.opened),
        },
    }


def _rules_of(version_id: UUID, version: Version) -> dict[str, Any]:
    found = _rules.get(version_id)
    if found is None:
        if len(_rules) >= _MOST_KEPT:
            _rules.clear()
        found = _rules[version_id] = form_rules(version)
    return found


@cache
def _worker(_files: tuple[str, ...], text: str) -> tuple[str, str]:
    head = {
        "FILES": [asset_url(name) for name in SHARED],
        "PARTS": [asset_url(name) for name in PARTS],
    }
    edition = digest(json.dumps(head) + text)
    lines = [f"const {name} = {json.dumps(value)};" for name, value in {"EDITION": edition, **head}.items()]
    return "\n".join([*lines, text]), edition


def digest(text: str) -> str:
    """A short mark of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def worker_text() -> str:
    """The service worker: our script with the addresses of this edition's files before it, so that a new edition is noticed."""
    return _worker(tuple(asset_url(name) for name in SHARED), _script())[0]


def edition() -> str:
    """A mark of the files this server serves now."""
    return _worker(tuple(asset_url(name) for name in SHARED), _script())[1]


def _script() -> str:
    return (data_folder("static") / "phone" / "worker.js").read_text(encoding="utf-8")
