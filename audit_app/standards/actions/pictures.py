"""Putting a picture of good practice beside an item of a draft."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from audit_app.kit import audit
from audit_app.kit.i18n import _
from audit_app.kit.pictures import Picture
from audit_app.standards import queries
from audit_app.standards.actions.drafts import Someone, change_draft, locked
from audit_app.standards.models import StandardPicture, StandardVersion, VersionState
from audit_app.standards.rules import editing

_ODD = re.compile(r"[^\w.-]+")
LONGEST_NAME = 80


def picture_name(given: str) -> str:
    """What a file may be called in a standard: no folders, no signs that a file system or an address trips over."""
    last = re.split(r"[\\/]", given)[-1]
    stem, dot, ending = _ODD.sub("-", last).strip("-. ").rpartition(".")
    if not dot:
        stem, ending = ending, "jpg"
    return f"{stem[:LONGEST_NAME].strip('-.') or 'picture'}.{ending[:8] or 'jpg'}"


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name itself, or with the first number nobody has."""
    if wanted not in taken:
        return wanted
    stem, _dot, ending = wanted.rpartition(".")
    number = 2
    while f"{stem}-{number}.{ending}" in taken:
        number += 1
    return f"{stem}-{number}.{ending}"


def add_picture(
    session: Session,
    draft: StandardVersion,
    code: str,
    picture: Picture,
    file: str,
    given_name: str,
    *,
    seen: int,
    by: Someone,
    now: datetime,
) -> bool:
    """Keep the picture under a name of its own and let the item show it. False when the same was here: drop the file."""
    if draft.state != VersionState.DRAFT:
        raise queries.NotADraft
    editing.find_item(draft.document, code)
    standard = locked(session, draft.standard_id)
    kept = session.exec(
        select(StandardPicture)
        .where(StandardPicture.standard_id == standard.id)
        .order_by(col(StandardPicture.name))
    ).all()
    mark = hashlib.sha256(picture.jpeg).hexdigest()
    same = next((one for one in kept if one.sha256 == mark), None)
    name = same.name if same else free_name(picture_name(given_name), {one.name for one in kept})

    def read(document: Mapping[str, Any]) -> Any:
        return editing.find_item(document, code)[1].get("picture")

    def show(document: dict[str, Any]) -> dict[str, Any]:
        return editing.put_item(document, code, {**editing.find_item(document, code)[1], "picture": name})

    change_draft(
        session, draft, show, seen=seen, what=f"{_('Picture added')}|{code}", by=by, now=now, part=read
    )
    if same is not None:
        return False
    row = StandardPicture(
        standard_id=standard.id,
        name=name,
        file=file,
        sha256=mark,
        width=picture.width,
        height=picture.height,
        added_at=now,
        added_by=by.id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, by.id, "standard.picture_added", "standard_version", draft.id, at=now,
        standard=standard.code, picture=str(row.id),
    )  # fmt: skip
    return True
