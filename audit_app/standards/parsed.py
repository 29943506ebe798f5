"""Versions already read: a published document never changes, so it is read once in a process and kept."""

from uuid import UUID

from sqlmodel import Session

from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version

MOST_KEPT = 500
_kept: dict[UUID, Version] = {}


def version_of(row: StandardVersion) -> Version:
    """The version of this row; a draft is read anew each time. Raises what `read_version` raises."""
    if row.state == VersionState.DRAFT:
        return read_version(row.document)
    found = _kept.get(row.id)
    if found is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        found = _kept[row.id] = read_version(row.document)
    return found


def version_by_id(session: Session, version_id: UUID) -> Version:
    """The version with that id; its row is loaded only the first time in this process."""
    return _kept.get(version_id) or version_of(session.get_one(StandardVersion, version_id))
