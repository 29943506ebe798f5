"""Photos: promised by an answer, arrived, kept under a random name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session

from audit_app.kit import audit
from audit_app.kit.pictures import Picture
from audit_app.visits.actions.flags import flag_late_photos
from audit_app.visits.models import Evidence, EvidenceState
from audit_app.visits.rules.evidence import promised

_TABLE = Evidence.__table__  # type: ignore[attr-defined]
FILE_COLUMNS = (
    "file", "media_type", "bytes", "width", "height", "look", "taken_at", "latitude", "longitude"
)  # fmt: skip
NO_FILE = {name: Evidence.model_fields[name].default for name in FILE_COLUMNS}
_OF_VISITS = sa.select(
    _TABLE.c.id,
    _TABLE.c.visit_id,
    _TABLE.c.item,
    _TABLE.c.sha256,
    _TABLE.c.source,
    *(_TABLE.c[name] for name in FILE_COLUMNS),
).where(_TABLE.c.visit_id.in_(sa.bindparam("visits", expanding=True)))
_EXPECT = sa.insert(_TABLE)
_SOURCE = sa.update(_TABLE).where(_TABLE.c.id == sa.bindparam("row")).values(source=sa.bindparam("said"))
NOTHING: Mapping[str, str] = {}

Rows = list[Mapping[str, Any]]


def photo_rows(session: Session, visits: Sequence[UUID]) -> dict[UUID, Rows]:
    """What is known of the photos of these visits."""
    found: dict[UUID, Rows] = {}
    for row in session.connection().execute(_OF_VISITS, {"visits": visits}).mappings():
        found.setdefault(row["visit_id"], []).append(dict(row))
    return found


def to_expect(
    rows: Rows,
    visit_id: UUID,
    pairs: set[tuple[str, str]],
    now: datetime,
    sources: Mapping[str, str] = NOTHING,
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """A new row for every promise without one; a photo that is here already for another item is here for this one too.

    Also gives the photos that have not arrived yet.
    """
    known = {(row["item"], row["sha256"]) for row in rows}
    files = {row["sha256"]: row for row in rows if row["file"]}
    fresh = []
    for item, sha in sorted(pairs - known):
        here = files.get(sha)
        fresh.append(
            {
                "id": uuid4(),
                "visit_id": visit_id,
                "item": item,
                "sha256": sha,
                "state": EvidenceState.UPLOADED if here else EvidenceState.EXPECTED,
                "reason": "",
                "added_at": now,
                "source": sources.get(sha, ""),
                **({name: here[name] for name in FILE_COLUMNS} if here else NO_FILE),
            }
        )
    return fresh, tuple(sorted({sha for _item, sha in pairs} - files.keys()))


def expect(session: Session, fresh: list[dict[str, Any]]) -> None:
    """Write the new rows."""
    if fresh:
        session.connection().execute(_EXPECT, fresh)


def to_mark(rows: Rows, sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """Photos that are known already and whose source is told only now."""
    return [
        {"row": row["id"], "said": sources[row["sha256"]]}
        for row in rows
        if sources.get(row["sha256"], row["source"]) != row["source"]
    ]


def mark_sources(session: Session, marks: list[dict[str, Any]]) -> None:
    """Write where they come from."""
    if marks:
        session.connection().execute(_SOURCE, marks)


def expect_photos(
    session: Session, visit_id: UUID, answers: Mapping[str, Mapping[str, Any]], now: datetime
) -> tuple[str, ...]:
    """Make a row for every photo the answers name; gives the photos that have not arrived yet."""
    pairs = promised(answers)
    if not pairs:
        return ()
    fresh, missing = to_expect(photo_rows(session, [visit_id]).get(visit_id, []), visit_id, pairs, now)
    expect(session, fresh)
    return missing


def keep_photo(
    session: Session, ids: Sequence[UUID], picture: Picture, file: str, by_id: UUID, now: datetime
) -> list[UUID]:
    """Note the file at the rows that wait for it; rows that have one already keep it. Gives the rows that took it."""
    connection = session.connection()
    waiting = list(
        connection.execute(
            sa.select(_TABLE.c.id).where(_TABLE.c.id.in_(ids), _TABLE.c.file.is_(None)).with_for_update()
        ).scalars()
    )
    if not waiting:
        return []
    connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.id.in_(waiting))
        .values(
            state=EvidenceState.UPLOADED,
            file=file,
            media_type="image/jpeg",
            bytes=len(picture.jpeg),
            width=picture.width,
            height=picture.height,
            look=picture.look,
            taken_at=picture.taken_at,
            latitude=picture.latitude,
            longitude=picture.longitude,
        )
    )
    flag_late_photos(session, waiting, now)
    for one in waiting:
        audit.record(session, by_id, "evidence.uploaded", "evidence", one, at=now)
    return waiting


def drop_unpromised(session: Session, rows: Rows, pairs: set[tuple[str, str]]) -> list[str]:
    """Forget photos that the first submission does not name; gives the files nothing refers to any more."""
    gone = [row for row in rows if (row["item"], row["sha256"]) not in pairs]
    if not gone:
        return []
    session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.id.in_([row["id"] for row in gone])))
    kept = {row["file"] for row in rows if (row["item"], row["sha256"]) in pairs}
    return [row["file"] for row in gone if row["file"] and row["file"] not in kept]
