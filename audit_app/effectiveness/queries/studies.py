"""Studies and their results. A result never changes, so it is parsed once in a process and kept."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.effectiveness.models import OPEN_STATES, Study, StudyReport, StudyResult, StudyState
from audit_app.effectiveness.queries.decisions import newest_decisions
from audit_app.effectiveness.queries.experiments import experiments_of
from audit_app.effectiveness.queries.names import names_of
from audit_app.effectiveness.reading import Reading, read, with_experiments
from audit_app.effectiveness.rules.document import findings_of, plan_of, unpack
from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import Findings
from audit_app.kit.errors import NotFound
from audit_app.kit.worker import Waiting
from audit_app.organisation.models import Person, Role
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard

MOST_KEPT = 30
_kept: OrderedDict[UUID, tuple[Findings, dict[str, Any]]] = OrderedDict()
_facts: OrderedDict[UUID, Facts] = OrderedDict()


@dataclass(frozen=True)
class Row:
    """A study in a list."""

    study: Study
    standard: Standard
    asked_by: str


READERS = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.EXECUTIVE, Role.AUDITOR)
"""Who reads studies: they are about the whole network, so a role for a part of it does not suffice."""
DECIDERS = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)
"""Who asks for studies and decides about items."""


def study_for(session: Session, study_id: UUID, actor: Actor, *, for_change: bool = False) -> Study:
    """The study, for who reads (or, for a change, decides about) the whole network; `NotFound` otherwise."""
    if not actor.scope(*(DECIDERS if for_change else READERS)).everything:
        raise NotFound
    return study_row(session, study_id, for_change=for_change)


def study_row(session: Session, study_id: UUID, *, for_change: bool = False) -> Study:
    """The study, for the worker."""
    question = select(Study).where(Study.id == study_id)
    found = session.exec(question.with_for_update() if for_change else question).one_or_none()
    if found is None:
        raise NotFound
    return found


def finished(session: Session, study_id: UUID, actor: Actor) -> Study:
    """The study, if it has a result."""
    found = study_for(session, study_id, actor)
    if found.state != StudyState.DONE:
        raise NotFound
    return found


def studies(session: Session, *, page: int, size: int) -> tuple[list[Row], int]:
    """All studies, the newest first, and how many there are."""
    total = session.exec(select(sa.func.count()).select_from(Study)).one()
    found = session.exec(
        select(Study, Standard, Person.name)
        .join(Standard, col(Standard.id) == col(Study.standard_id))
        .outerjoin(Person, col(Person.id) == col(Study.asked_by))
        .order_by(col(Study.asked_at).desc(), col(Study.id))
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    return [Row(study, standard, name or "") for study, standard, name in found], total


def newest_done(session: Session) -> list[Row]:
    """The newest finished study of each standard, the newest first."""
    newest = (
        sa.select(Study.standard_id, sa.func.max(col(Study.asked_at)).label("at"))  # type: ignore[call-overload]
        .where(col(Study.state) == StudyState.DONE)
        .group_by(col(Study.standard_id))
        .subquery()
    )
    found = session.exec(
        select(Study, Standard)
        .join(Standard, col(Standard.id) == col(Study.standard_id))
        .join(newest, sa.and_(newest.c.standard_id == Study.standard_id, newest.c.at == Study.asked_at))
        .where(Study.state == StudyState.DONE)
        .order_by(col(Study.asked_at).desc())
    ).all()
    return [Row(study, standard, "") for study, standard in found]


def same_standard(session: Session, study: Study) -> list[Study]:
    """The finished studies of a standard, the oldest first."""
    return list(
        session.exec(
            select(Study)
            .where(Study.standard_id == study.standard_id, Study.state == StudyState.DONE)
            .order_by(col(Study.asked_at))
        ).all()
    )


def parts_of(session: Session, study_id: UUID) -> tuple[Findings, dict[str, Any]]:
    """Findings and drawings of a finished study."""
    found = _kept.get(study_id)
    if found is None:
        row = session.exec(
            select(StudyResult.findings, StudyResult.behind).where(StudyResult.study_id == study_id)
        ).one_or_none()
        if row is None:
            raise NotFound
        found = _kept[study_id] = (findings_of(row[0]), dict(row[1]))
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def facts_of_study(session: Session, study_id: UUID) -> Facts:
    """The inputs as they were; a few are kept, since they are large."""
    found = _facts.get(study_id)
    if found is None:
        packed = session.exec(select(StudyResult.facts).where(StudyResult.study_id == study_id)).one_or_none()
        if not packed:
            raise NotFound
        found = _facts[study_id] = unpack(packed)
        while len(_facts) > 2:
            _facts.popitem(last=False)
    return found


def reading_of(session: Session, study: Study) -> Reading:
    """A finished study with its items' names and what people decided, in the reader's language."""
    findings, behind = parts_of(session, study.id)
    story = read(
        plan_of(study.plan),
        study.plan,
        findings,
        behind,
        names_of(session, study.standard_id),
        newest_decisions(session, study.standard_id),
    )
    return with_experiments(story, experiments_of(session, study.standard_id))


def report_of(session: Session, study_id: UUID, locale: str) -> StudyReport | None:
    """The PDF of a study in a language, if it was asked for; without its bytes."""
    return session.exec(
        select(StudyReport)
        .options(sa.orm.defer(StudyReport.document, raiseload=True))  # type: ignore[arg-type]
        .where(StudyReport.study_id == study_id, StudyReport.locale == locale)
    ).one_or_none()


def report_bytes(session: Session, study_id: UUID, locale: str) -> bytes:
    """The finished PDF."""
    found = session.exec(
        select(StudyReport.document).where(
            StudyReport.study_id == study_id,
            StudyReport.locale == locale,
            StudyReport.state == StudyState.DONE,
        )
    ).one_or_none()
    if not found:
        raise NotFound
    return found


def _waiting(rows: Sequence[tuple[str, int, datetime | None]]) -> list[Waiting]:
    return [Waiting(*row) for row in rows]


def waiting_studies(session: Session) -> list[Waiting]:
    """Studies that are not finished, the oldest first."""
    found = session.exec(
        select(Study.id, Study.attempt, Study.seen_at)
        .where(col(Study.state).in_(OPEN_STATES))
        .order_by(col(Study.asked_at))
    ).all()
    return _waiting([(str(study_id), attempt, seen) for study_id, attempt, seen in found])


def waiting_reports(session: Session) -> list[Waiting]:
    """Reports that are not made yet; one is named by its study and language."""
    found = session.exec(
        select(StudyReport.study_id, StudyReport.locale, StudyReport.attempt, StudyReport.seen_at)
        .where(col(StudyReport.state).in_(OPEN_STATES))
        .order_by(col(StudyReport.asked_at))
    ).all()
    return _waiting([(f"{study_id}:{locale}", attempt, seen) for study_id, locale, attempt, seen in found])


def running_now(session: Session) -> int:
    """How many studies are queued or running."""
    return session.exec(
        select(sa.func.count()).select_from(Study).where(col(Study.state).in_(OPEN_STATES))
    ).one()
