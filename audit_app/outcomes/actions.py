"""Sources are declared and forgotten; what they bring in goes through the import like any file."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from audit_app.kit import audit
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import _
from audit_app.outcomes.models import OutcomeSource
from audit_app.outcomes.rules.expressions import Expression, SourceNotUnderstood, check_name


def declare_source(
    session: Session, name: str, expression: Expression, by: UUID | None, now: datetime
) -> OutcomeSource:
    """Keep a new source under its name."""
    wanted = check_name(name)
    if session.exec(select(OutcomeSource.id).where(OutcomeSource.name == wanted)).first() is not None:
        raise SourceNotUnderstood("name", _("There is a source of this name already."))
    source = OutcomeSource(name=wanted, expression=expression.document(), declared_by=by, declared_at=now)
    session.add(source)
    session.flush()
    audit.record(session, by, "outcomes.source_declared", "outcome_source", source.id, at=now, name=wanted)
    return source


def forget_source(session: Session, source_id: UUID, by: UUID | None, now: datetime) -> None:
    """Remove the declaration; the numbers it brought stay."""
    source = session.get(OutcomeSource, source_id)
    if source is None:
        raise NotFound
    session.delete(source)
    audit.record(session, by, "outcomes.source_forgotten", "outcome_source", source_id, at=now)


def note_brought(session: Session, source_id: UUID, rows: int, now: datetime) -> None:
    """When the source was last summed, and to how many days of locations."""
    source = session.get_one(OutcomeSource, source_id)
    source.brought_at, source.brought_rows = now, rows
    session.add(source)
