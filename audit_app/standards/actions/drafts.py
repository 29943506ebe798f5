"""Drafts: how they begin, and how each edit is kept so that it can be taken back."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.kit import audit
from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.standards import queries
from audit_app.standards.models import DraftStep, Standard, StandardPicture, StandardVersion, VersionState
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.definition import LONGEST_CODE
from audit_app.standards.rules.fields import STANDARD_CODE
from audit_app.standards.rules.reading import read_version

MOST_STEPS = 100
"""So many edits of a draft can be taken back."""

Part = Callable[[Mapping[str, Any]], Any]
"""Picks what an edit is about out of a document, to see whether somebody else changed the same."""


class Someone(Protocol):
    """Whoever acts: the signed-in actor, or a person of a seed."""

    @property
    def id(self) -> UUID: ...


class CodeTaken(AuditError):
    """There is a standard with this code already."""

    status = 422


class DraftIsOpen(AuditError):
    """There is an open draft of this standard already. Publish or discard it first."""


class EditConflict(AuditError):
    """Somebody else changed the same part meanwhile. Nothing of yours is lost: compare and save again."""


def _id(by: Someone | None) -> UUID | None:
    return by.id if by else None


def new_standard(
    session: Session, code: str, title: Mapping[str, str], by: Someone | None, now: datetime
) -> StandardVersion:
    """An empty standard with its first draft."""
    if not STANDARD_CODE.fullmatch(code) or len(code) > LONGEST_CODE - 4:
        raise BadInput(_("A code is made of small Latin letters, digits and -, such as shop-floor."))
    if queries.standard_by_code(session, code):
        raise CodeTaken
    document = {
        "code": code,
        "version": 1,
        "title": dict(title),
        "languages": list(title) or ["en"],
        "aggregation": "sections",
        "bands": [],
        "sections": [],
    }
    standard = Standard(code=code, title=dict(title), created_at=now)
    session.add(standard)
    session.flush()
    return _begin(session, standard, 1, document, by, now, "standard.begun")


def _begin(
    session: Session,
    standard: Standard,
    number: int,
    document: dict[str, Any],
    by: Someone | None,
    now: datetime,
    action: str,
) -> StandardVersion:
    version = StandardVersion(
        standard_id=standard.id,
        number=number,
        document=document,
        created_at=now,
        created_by=_id(by),
    )
    session.add(version)
    session.flush()
    audit.record(
        session,
        _id(by),
        action,
        "standard_version",
        version.id,
        at=now,
        standard=standard.code,
        number=number,
    )
    return version


def locked(session: Session, standard_id: UUID) -> Standard:
    """The standard, held until COMMIT, so that two drafts cannot begin at once."""
    return session.exec(select(Standard).where(Standard.id == standard_id).with_for_update()).one()


def import_document(session: Session, document: object, by: Someone | None, now: datetime) -> StandardVersion:
    """A document from a file becomes a draft: of a new standard, of the next version, or in place of the open draft.

    Raises `StandardNotUnderstood` with every problem, and writes nothing then. The number is the next one that is
    free, or the file's own where that is higher, so files and imported visits go on naming the same version.
    """
    version = read_version(document)
    standard = queries.standard_by_code(session, version.code)
    if standard is None:
        standard = Standard(code=version.code, title=dict(version.title), created_at=now)
        session.add(standard)
        session.flush()
        return _begin(session, standard, version.version, canonical(version), by, now, "standard.imported")
    standard = locked(session, standard.id)
    open_draft = queries.open_draft(session, standard.id)
    if open_draft is not None:
        fresh = {**canonical(version), "version": open_draft.number}
        change_draft(
            session,
            open_draft,
            lambda _old: fresh,
            seen=open_draft.edition,
            what=_("Replaced by an imported file"),
            by=by,
            now=now,
        )
        return open_draft
    last = queries.last_published(session, standard.id)
    number = max(version.version, last.number + 1 if last else 1)
    fresh = {**canonical(version), "version": number}
    return _begin(session, standard, number, fresh, by, now, "standard.imported")


def new_draft(
    session: Session, source: StandardVersion, by: Someone | None, now: datetime
) -> StandardVersion:
    """The next version of a standard begins as a copy of one of its versions."""
    standard = locked(session, source.standard_id)
    if queries.open_draft(session, standard.id):
        raise DraftIsOpen
    last = queries.last_published(session, standard.id)
    number = (last.number if last else 0) + 1
    document = {**deepcopy(source.document), "version": number}
    return _begin(session, standard, number, document, by, now, "standard.draft_begun")


def change_draft(
    session: Session,
    version: StandardVersion,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    seen: int,
    what: str,
    by: Someone | None,
    now: datetime,
    part: Part | None = None,
) -> bool:
    """One edit: the document before it is kept for Undo, the edition rises by one. False when nothing changed.

    `seen` is the edition the person had before their eyes. Was it saved over meanwhile, the edit still stands when the
    part it is about is as they saw it; else `EditConflict` is raised.
    """
    if version.state != VersionState.DRAFT:
        raise queries.NotADraft
    if seen != version.edition:
        base = queries.document_at(session, version, seen)
        if part is None or base is None or part(base) != part(version.document):
            raise EditConflict
    before = version.document
    after = change(deepcopy(before))
    if after == before:
        return False
    _write(session, version, after, now)
    session.add(
        DraftStep(
            version_id=version.id,
            edition=version.edition - 1,
            document=before,
            what=what[:200],
            made_by=_id(by),
            made_at=now,
        )
    )
    too_old = col(DraftStep.edition) < version.edition - MOST_STEPS
    session.connection().execute(
        sa.delete(DraftStep).where(
            col(DraftStep.version_id) == version.id, sa.or_(too_old, col(DraftStep.undone))
        )
    )
    audit.record(
        session,
        _id(by),
        "standard.edited",
        "standard_version",
        version.id,
        at=now,
        edition=version.edition,
    )
    return True


def _write(session: Session, version: StandardVersion, document: dict[str, Any], now: datetime) -> None:
    """Write in one statement that also checks the edition: of two at once, one is told."""
    done = session.connection().execute(
        sa.update(StandardVersion)
        .where(
            col(StandardVersion.id) == version.id,
            col(StandardVersion.edition) == version.edition,
            col(StandardVersion.state) == VersionState.DRAFT,
        )
        .values(document=document, edition=version.edition + 1)
    )
    if done.rowcount != 1:
        raise EditConflict
    session.refresh(version)


def undo(
    session: Session, version: StandardVersion, *, seen: int, by: Someone | None, now: datetime
) -> str | None:
    """Take the last edit back; gives what it was, or None when there is nothing left to take back."""
    return _step(session, version, seen=seen, by=by, now=now, back=True)


def redo(
    session: Session, version: StandardVersion, *, seen: int, by: Someone | None, now: datetime
) -> str | None:
    """Make the edit again that was taken back last; None when there is none, as after any new edit."""
    return _step(session, version, seen=seen, by=by, now=now, back=False)


def _step(
    session: Session, version: StandardVersion, *, seen: int, by: Someone | None, now: datetime, back: bool
) -> str | None:
    """One step back or on. The step and the draft change documents, so the same step leads the other way next time."""
    if version.state != VersionState.DRAFT:
        raise queries.NotADraft
    if seen != version.edition:
        raise EditConflict
    # Steps are taken back from the newest on, so the one to be made again first is the oldest of those taken back.
    order = col(DraftStep.edition).desc() if back else col(DraftStep.edition).asc()
    step = session.exec(
        select(DraftStep)
        .where(DraftStep.version_id == version.id, col(DraftStep.undone).is_(not back))
        .order_by(order)
        .limit(1)
    ).first()
    if step is None:
        return None
    here = version.document
    _write(session, version, step.document, now)
    step.document, step.undone = here, back
    session.add(step)
    session.flush()
    audit.record(
        session,
        _id(by),
        "standard.undone" if back else "standard.redone",
        "standard_version",
        version.id,
        at=now,
        edition=version.edition,
    )
    return step.what


def discard(session: Session, version: StandardVersion, by: Someone | None, now: datetime) -> None:
    """Throw a draft away; a standard that never had another version goes with it."""
    if version.state != VersionState.DRAFT:
        raise queries.NotADraft
    standard = locked(session, version.standard_id)
    connection = session.connection()
    connection.execute(sa.delete(DraftStep).where(col(DraftStep.version_id) == version.id))
    connection.execute(sa.delete(StandardVersion).where(col(StandardVersion.id) == version.id))
    if queries.last_published(session, standard.id) is None:
        connection.execute(sa.delete(StandardPicture).where(col(StandardPicture.standard_id) == standard.id))
        connection.execute(sa.delete(Standard).where(col(Standard.id) == standard.id))
    audit.record(
        session,
        _id(by),
        "standard.draft_discarded",
        "standard_version",
        version.id,
        at=now,
        standard=standard.code,
        number=version.number,
    )
