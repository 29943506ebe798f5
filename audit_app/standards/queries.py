"""Questions about standards and their versions. Drafts are for those who edit; the rest of the house reads what is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import Session, col, select

from audit_app.kit.errors import AuditError, NotFound
from audit_app.organisation.models import Person, Role
from audit_app.organisation.rules import Actor
from audit_app.standards.models import DraftStep, Standard, StandardVersion, VersionState

EDITORS = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)
"""Who writes standards, and so who sees drafts."""
READERS = tuple(role for role in Role if role is not Role.SHOPPER)
"""Who reads standards; a shopper sees what the visit shows."""


class NotADraft(AuditError):
    """This version is published and stays as it is. Start a new version from it to change something."""


def standard_by_code(session: Session, code: str) -> Standard | None:
    """The standard of that code."""
    return session.exec(select(Standard).where(Standard.code == code)).one_or_none()


def standard_for(session: Session, standard_id: UUID, actor: Actor) -> Standard:
    """The standard, if this reader may see any version of it."""
    versions = select(StandardVersion.id).where(StandardVersion.standard_id == standard_id)
    if not actor.has(*EDITORS):
        versions = versions.where(StandardVersion.state != VersionState.DRAFT)
    standard = session.get(Standard, standard_id)
    if standard is None or session.exec(versions.limit(1)).first() is None:
        raise NotFound
    return standard


def version_for(session: Session, version_id: UUID, actor: Actor) -> tuple[StandardVersion, Standard]:
    """The version with its standard, if this reader may see it: drafts are for editors only."""
    found = session.exec(
        select(StandardVersion, Standard)
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .where(StandardVersion.id == version_id)
    ).one_or_none()
    if found is None or (found[0].state == VersionState.DRAFT and not actor.has(*EDITORS)):
        raise NotFound
    return found


def draft(session: Session, version_id: UUID) -> StandardVersion:
    """The draft; `NotADraft` when the version is published already."""
    version = session.get(StandardVersion, version_id)
    if version is None:
        raise NotFound
    if version.state != VersionState.DRAFT:
        raise NotADraft
    return version


def open_draft(session: Session, standard_id: UUID) -> StandardVersion | None:
    """The one draft of a standard, if somebody is writing one."""
    return session.exec(
        select(StandardVersion).where(
            StandardVersion.standard_id == standard_id, StandardVersion.state == VersionState.DRAFT
        )
    ).one_or_none()


def last_published(session: Session, standard_id: UUID, before: int | None = None) -> StandardVersion | None:
    """The newest version that was ever published (also a retired one), or the newest below a number."""
    query = select(StandardVersion).where(
        StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.DRAFT
    )
    if before is not None:
        query = query.where(StandardVersion.number < before)
    return session.exec(query.order_by(col(StandardVersion.number).desc()).limit(1)).first()


def current_version(session: Session, code: str, number: int | None = None) -> StandardVersion | None:
    """The newest published version of a code, or the published or retired one of that number."""
    query = (
        select(StandardVersion)
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .where(Standard.code == code)
    )
    if number is None:
        query = query.where(StandardVersion.state == VersionState.PUBLISHED)
    else:
        query = query.where(StandardVersion.number == number, StandardVersion.state != VersionState.DRAFT)
    return session.exec(query.order_by(col(StandardVersion.number).desc()).limit(1)).first()


@dataclass(frozen=True)
class VersionRow:
    """A version as lists show it; `items` counts the items, `by` names who published (or began) it."""

    id: UUID
    standard_id: UUID
    code: str
    title: Mapping[str, str]
    number: int
    state: str
    sections: int
    items: int
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    kinds: tuple[str, ...]
    minutes: Any
    created_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    by: str
    changes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class StandardRow:
    """A standard in the list: its newest published version, and the draft for those who may see it."""

    id: UUID
    code: str
    title: Mapping[str, str]
    newest: VersionRow | None
    draft: VersionRow | None
    versions: int

    @property
    def shown(self) -> VersionRow:
        """What the row tells about: the published version, else the draft."""
        shown = self.newest or self.draft
        assert shown is not None
        return shown


def version_rows(session: Session, actor: Actor, standard_id: UUID | None = None) -> list[VersionRow]:
    """All versions this reader may see, by standard, the newest first."""
    query = (
        sa.select(
            col(StandardVersion.id),
            col(StandardVersion.standard_id),
            col(Standard.code),
            col(Standard.title),
            col(StandardVersion.number),
            col(StandardVersion.state),
            col(StandardVersion.document),
            col(StandardVersion.created_at),
            col(StandardVersion.published_at),
            col(StandardVersion.retired_at),
            col(Person.name),
            col(StandardVersion.changes),
        )
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .outerjoin(
            Person,
            col(Person.id)
            == func.coalesce(col(StandardVersion.published_by), col(StandardVersion.created_by)),
        )
        .order_by(col(Standard.code), col(StandardVersion.number).desc())
    )
    if standard_id is not None:
        query = query.where(col(StandardVersion.standard_id) == standard_id)
    if not actor.has(*EDITORS):
        query = query.where(col(StandardVersion.state) != VersionState.DRAFT)
    return [_row(*row) for row in session.connection().execute(query)]


def _row(
    version_id: UUID,
    standard_id: UUID,
    code: str,
    title: Mapping[str, str],
    number: int,
    state: str,
    document: Mapping[str, Any],
    created_at: datetime,
    published_at: datetime | None,
    retired_at: datetime | None,
    by: str | None,
    changes: list[dict[str, Any]],
) -> VersionRow:
    sections = document.get("sections") or []
    return VersionRow(
        id=version_id,
        standard_id=standard_id,
        code=code,
        title=document.get("title") or title,
        number=number,
        state=state,
        sections=len(sections),
        items=sum(len(section.get("items") or ()) for section in sections),
        languages=tuple(document.get("languages") or ()),
        channels=tuple(document.get("channels") or ("in_person",)),
        kinds=tuple(document.get("kinds") or ("mystery", "audit", "competitor")),
        minutes=document.get("minutes"),
        created_at=created_at,
        published_at=published_at,
        retired_at=retired_at,
        by=by or "",
        changes=tuple(changes or ()),
    )


def standards_for(session: Session, actor: Actor) -> list[StandardRow]:
    """The list of standards, by title order of the page; one query."""
    grouped: dict[UUID, list[VersionRow]] = {}
    for row in version_rows(session, actor):
        grouped.setdefault(row.standard_id, []).append(row)
    found: list[StandardRow] = []
    for standard_id, rows in grouped.items():
        draft_row = next((row for row in rows if row.state == VersionState.DRAFT), None)
        published = [row for row in rows if row.state != VersionState.DRAFT]
        newest = next((row for row in published if row.state == VersionState.PUBLISHED), None) or next(
            iter(published), None
        )
        shown = newest or draft_row
        assert shown is not None
        found.append(StandardRow(standard_id, rows[0].code, shown.title, newest, draft_row, len(rows)))
    return found


@dataclass(frozen=True)
class Step:
    """One save of a draft, as the history beside the editor shows it."""

    edition: int
    what: str
    made_at: datetime
    by: str


def steps_of(session: Session, version_id: UUID, limit: int = 10, *, undone: bool = False) -> list[Step]:
    """The last saves of a draft, the newest first; the first of them is what Undo takes back.

    With `undone` those that were taken back, the one first that Redo makes again.
    """
    order = col(DraftStep.edition).asc() if undone else col(DraftStep.edition).desc()
    rows = session.exec(
        select(DraftStep.edition, DraftStep.what, DraftStep.made_at, Person.name)
        .outerjoin(Person, col(Person.id) == col(DraftStep.made_by))
        .where(DraftStep.version_id == version_id, col(DraftStep.undone).is_(undone))
        .order_by(order)
        .limit(limit)
    ).all()
    return [Step(edition, what, made_at, name or "") for edition, what, made_at, name in rows]


def document_at(session: Session, version: StandardVersion, edition: int) -> Mapping[str, Any] | None:
    """What the draft was at an edition that somebody saw; None when that is too long ago."""
    if edition == version.edition:
        return version.document
    return session.exec(
        select(DraftStep.document).where(
            DraftStep.version_id == version.id,
            DraftStep.edition == edition,
            col(DraftStep.undone).is_(False),
        )
    ).one_or_none()


def last_saver(session: Session, version_id: UUID) -> str:
    """Who saved the draft last."""
    steps = steps_of(session, version_id, 1)
    return steps[0].by if steps else ""


def codes_ever_published(session: Session, standard_id: UUID) -> frozenset[str]:
    """Every item that ever stood in a published version: its code is its identity and stays."""
    changes = session.exec(
        select(StandardVersion.changes).where(
            StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.DRAFT
        )
    ).all()
    return frozenset(str(one.get("item")) for version in changes for one in version)


class CodeStays(AuditError):
    """This item was published under its code, and keeps it for ever. Copy the item if you need another one."""


class SectionCodeStays(AuditError):
    """This section was published under its code, and keeps it for ever. Copy the section if you need another one."""


def ensure_never_published(session: Session, standard_id: UUID, code: str) -> None:
    """Refuse to rename an item that was published."""
    if code in codes_ever_published(session, standard_id):
        raise CodeStays


def sections_ever_published(session: Session, standard_id: UUID) -> frozenset[str]:
    """Every section that ever stood in a published version: results over the years are told apart by its code."""
    documents = session.exec(
        select(StandardVersion.document).where(
            StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.DRAFT
        )
    )
    return frozenset(str(section.get("code")) for one in documents for section in one.get("sections") or ())


def ensure_section_never_published(session: Session, standard_id: UUID, code: str) -> None:
    """Refuse to rename a section that was published."""
    if code in sections_ever_published(session, standard_id):
        raise SectionCodeStays
