"""From draft to published to retired. A published version is never edited and never un-published."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from audit_app.kit import audit
from audit_app.kit.errors import AuditError
from audit_app.standards import queries
from audit_app.standards.actions.drafts import Someone
from audit_app.standards.events import StandardPublished, StandardRetired
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.standards.rules.canonical import canonical, fingerprint
from audit_app.standards.rules.changes import changes_between
from audit_app.standards.rules.reading import read_version


class NothingChanged(AuditError):
    """This draft says the same as the last published version, so there is nothing to publish."""


class NothingToRetire(AuditError):
    """Only a published version can be retired."""


def publish(
    session: Session,
    version: StandardVersion,
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
) -> StandardVersion:
    """Freeze a draft: its canonical document, fingerprint and differences from the last version; then tell of it.

    Raises `StandardNotUnderstood` with all its problems, `NotADraft`, or `NothingChanged`.
    """
    if version.state != VersionState.DRAFT:
        raise queries.NotADraft
    standard = session.get_one(Standard, version.standard_id, with_for_update=True)
    last = queries.last_published(session, standard.id)
    after = read_version({**version.document, "code": standard.code, "version": version.number})
    before = read_version(last.document) if last else None
    document = canonical(after)
    if last and fingerprint({**document, "version": last.number}) == last.fingerprint:
        raise NothingChanged
    version.document = document
    version.fingerprint = fingerprint(after)
    version.changes = [change.document() for change in changes_between(before, after)]
    version.state = VersionState.PUBLISHED
    version.published_at = now
    version.published_by = by.id if by else None
    standard.title = dict(after.title)
    session.add_all([version, standard])
    session.flush()
    audit.record(
        session,
        by.id if by else None,
        "standard.published",
        "standard_version",
        version.id,
        at=now,
        standard=standard.code,
        number=version.number,
        fingerprint=version.fingerprint,
    )
    announce(StandardPublished(version.id))
    return version


def retire(
    session: Session,
    version: StandardVersion,
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
) -> None:
    """No new visits with this version; it stays readable, and its scores stay as they are."""
    if version.state != VersionState.PUBLISHED:
        raise NothingToRetire
    version.state = VersionState.RETIRED
    version.retired_at = now
    session.add(version)
    session.flush()
    audit.record(
        session,
        by.id if by else None,
        "standard.retired",
        "standard_version",
        version.id,
        at=now,
        number=version.number,
    )
    announce(StandardRetired(version.id))
