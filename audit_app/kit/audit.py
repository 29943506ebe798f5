"""The audit log: append-only, one entry a change, in the transaction of the change, chained in commit order.

Situation: two transactions that each read the last hash and append would fork the chain.
Choice: entries wait in the session; `seal`, the last statement before COMMIT, locks the one head row, gives the
entries their places and hashes, and moves the head. Whoever commits first is first in the chain.
Refused: read-then-insert; a nightly sealing job (hours in which a row can be swapped unseen).
Entries hold ids and names of fields, never personal values; those stay in rows that can be erased.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, insert, select, update
from sqlmodel import Field, Session, SQLModel

from audit_app.kit import clock

GENESIS = "0" * 64
WAITING = "audit_entries"


class AuditEntry(SQLModel, table=True):
    """Who did what to which thing, when; `hash` covers the entry and the hash before it."""

    __tablename__ = "audit_entry"

    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(unique=True)
    at: datetime
    actor_id: UUID | None = Field(default=None, index=True)
    action: str = Field(max_length=80)
    subject: str = Field(max_length=40)
    subject_id: UUID | None = Field(default=None, index=True)
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditHead(SQLModel, table=True):
    """The one row that names the end of the chain."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True)
    position: int
    hash: str = Field(max_length=64)


def record(
    session: Session,
    actor_id: UUID | None,
    action: str,
    subject: str,
    subject_id: UUID | None,
    *,
    at: datetime | None = None,
    **details: Any,
) -> None:
    """Note a change; it is written with this transaction or not at all. `details` are ids, names of fields, counts."""
    session.info.setdefault(WAITING, []).append(
        {
            "id": uuid4(),
            "at": at or clock.now(),
            "actor_id": actor_id,
            "action": action,
            "subject": subject,
            "subject_id": subject_id,
            "details": details,
        }
    )


def _hash(entry: dict[str, Any], position: int, previous: str) -> str:
    body = json.dumps(
        [
            position,
            str(entry["id"]),
            entry["at"].isoformat(timespec="microseconds"),
            str(entry["actor_id"]),
            entry["action"],
            entry["subject"],
            str(entry["subject_id"]),
            entry["details"],
            previous,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def seal(session: Session) -> None:
    """Write the waiting entries at the end of the chain, holding its head until COMMIT."""
    waiting = session.info.pop(WAITING, [])
    if not waiting:
        return
    session.flush()
    connection = session.connection()
    head = connection.execute(
        select(AuditHead.__table__.c.position, AuditHead.__table__.c.hash).with_for_update()  # type: ignore[attr-defined]
    ).one()
    position, previous = head
    rows = []
    for entry in waiting:
        position += 1
        digest = _hash(entry, position, previous)
        rows.append({**entry, "position": position, "previous": previous, "hash": digest})
        previous = digest
    connection.execute(insert(AuditEntry.__table__), rows)  # type: ignore[attr-defined]
    connection.execute(update(AuditHead.__table__).values(position=position, hash=previous))  # type: ignore[attr-defined]


class Verdict(NamedTuple):
    """What the check of the chain found: how many entries, and the first place that does not fit (None: sound)."""

    entries: int
    broken_at: int | None
    reason: str = ""


def verify(session: Session) -> Verdict:
    """Walk the whole chain; a changed, missing, added or swapped entry is named by its position."""
    table = AuditEntry.__table__  # type: ignore[attr-defined]
    previous, expected = GENESIS, 0
    for row in session.connection().execute(
        select(table).order_by(table.c.position), execution_options={"yield_per": 2000}
    ):
        entry = row._mapping
        expected += 1
        if entry["position"] != expected:
            return Verdict(expected - 1, expected, "an entry is missing")
        if entry["previous"] != previous or _hash(dict(entry), expected, previous) != entry["hash"]:
            return Verdict(expected - 1, expected, "the entry was changed")
        previous = entry["hash"]
    head = session.connection().execute(select(AuditHead.__table__)).one()  # type: ignore[attr-defined]
    if (head.position, head.hash) != (expected, previous):
        return Verdict(expected, expected + 1, "the end of the chain is missing")
    return Verdict(expected, None)
