"""Changes to studies: ask, cancel, carry out, decide, ask for a report, carry decisions into a draft. One audit entry each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from audit_app.effectiveness.models import (
    OPEN_STATES,
    ItemDecision,
    Study,
    StudyReport,
    StudyResult,
    StudyState,
)
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.rules.document import mark_of
from audit_app.effectiveness.rules.findings import Decision
from audit_app.kit import audit
from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.standards import queries as standards
from audit_app.standards.actions import change_draft, new_draft
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules import editing

QUEUED_AT_MOST = 20


class Someone(Protocol):
    """Whoever acts."""

    @property
    def id(self) -> UUID: ...


class StudyIsOver(AuditError):
    """This study has ended already."""


class TooManyStudies(AuditError):
    """Many studies wait already. Cancel one, or wait until some are done."""


class NothingDecided(AuditError):
    """Nothing would change: decide about items first. Dropped ones leave the draft, hygiene is marked there."""


def ask(
    session: Session,
    standard_id: UUID,
    from_on: date,
    to_on: date,
    plan: Mapping[str, Any],
    by: Someone | None,
    now: datetime,
) -> Study:
    """A study waits for the worker from now on."""
    if studies.running_now(session) >= QUEUED_AT_MOST:
        raise TooManyStudies
    study = Study(
        standard_id=standard_id,
        from_on=from_on,
        to_on=to_on,
        plan=dict(plan),
        thorough=bool(plan.get("thorough")),
        asked_by=by.id if by else None,
        asked_at=now,
    )
    session.add(study)
    session.flush()
    audit.record(
        session, by.id if by else None, "study.asked", "study", study.id, at=now,
        standard=str(standard_id), thorough=study.thorough,
    )  # fmt: skip
    return study


def cancel(session: Session, study: Study, by: Someone, now: datetime) -> None:
    """Stop it; the worker sees this within a second. Numbers found so far are not kept."""
    if study.state not in OPEN_STATES:
        raise StudyIsOver
    study.state = StudyState.CANCELLED
    study.ended_at = now
    session.add(study)
    session.flush()
    audit.record(session, by.id, "study.cancelled", "study", study.id, at=now)


def begin(session: Session, study_id: UUID, now: datetime) -> Study | None:
    """The worker takes it up; None when there is nothing left to do."""
    study = studies.study_row(session, study_id, for_change=True)
    if study.state not in OPEN_STATES:
        return None
    study.state = StudyState.RUNNING
    study.began_at = study.began_at or now
    study.seen_at = now
    study.share = 0
    session.add(study)
    session.flush()
    return study


def note_progress(session: Session, study_id: UUID, stage: str, share: float, now: datetime) -> bool:
    """How far it is, and a sign of life; False when somebody cancelled it."""
    done = session.connection().execute(
        sa.update(Study)
        .where(col(Study.id) == study_id, col(Study.state) == StudyState.RUNNING)
        .values(stage=stage[:200], share=round(100 * min(max(share, 0.0), 0.99)), seen_at=now)
    )
    return done.rowcount == 1


def keep(
    session: Session,
    study_id: UUID,
    findings: Mapping[str, Any],
    behind: Mapping[str, Any],
    facts: bytes,
    *,
    inputs_hash: str,
    code_version: str,
    now: datetime,
) -> bool:
    """The result becomes part of the record, in the same transaction as the study's end; False when it was cancelled."""
    study = studies.study_row(session, study_id, for_change=True)
    if study.state not in OPEN_STATES:
        return False
    session.add(
        StudyResult(study_id=study_id, findings=dict(findings), behind=dict(behind), facts=facts, made_at=now)
    )
    study.state = StudyState.DONE
    study.share = 100
    study.stage = ""
    study.inputs_hash = inputs_hash
    study.result_hash = mark_of(findings)
    study.code_version = code_version
    study.began_at = study.began_at or now
    study.seen_at = study.ended_at = now
    session.add(study)
    session.flush()
    audit.record(
        session, study.asked_by, "study.finished", "study", study_id, at=now,
        inputs=inputs_hash, result=study.result_hash, code=code_version,
    )  # fmt: skip
    return True


def fail(session: Session, study_id: UUID, problem: AuditError, now: datetime) -> None:
    """It could not be computed; the page says why."""
    study = studies.study_row(session, study_id, for_change=True)
    if study.state not in OPEN_STATES:
        return
    study.state = StudyState.FAILED
    study.ended_at = now
    study.problem = {"text": problem.text, "values": {k: _kept(v) for k, v in problem.values.items()}}
    session.add(study)
    session.flush()
    audit.record(session, study.asked_by, "study.failed", "study", study_id, at=now)


def _kept(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)


def put_back(session: Session, study_id: UUID) -> None:
    """The worker stops in an orderly way: the next one begins anew."""
    session.connection().execute(
        sa.update(Study)
        .where(col(Study.id) == study_id, col(Study.state) == StudyState.RUNNING)
        .values(state=StudyState.QUEUED, share=0, attempt=col(Study.attempt) + 1, seen_at=None)
    )


def decide(
    session: Session,
    study: Study,
    item: str,
    proposed: Decision,
    taken: Decision,
    *,
    reason: str,
    review_on: date | None,
    by: Someone,
    now: datetime,
) -> ItemDecision:
    """A person decides about an item, on the ground of this study. Another choice than proposed needs a reason."""
    if taken is not proposed and not reason.strip():
        raise BadInput(_("Please say why you decide otherwise than proposed."))
    if review_on is not None and review_on <= now.date():
        raise BadInput(_("The next review lies in the future."))
    made = ItemDecision(
        standard_id=study.standard_id,
        item=item,
        study_id=study.id,
        proposed=proposed,
        taken=taken,
        reason=reason.strip(),
        review_on=review_on,
        by_id=by.id,
        at=now,
    )
    session.add(made)
    session.flush()
    audit.record(
        session, by.id, "item.decided", "item_decision", made.id, at=now,
        standard=str(study.standard_id), item=item, proposed=str(proposed), taken=str(taken),
    )  # fmt: skip
    return made


def ask_report(session: Session, study: Study, locale: str, by: Someone, now: datetime) -> StudyReport:
    """A PDF in this language waits for the worker; one that is made or being made is not asked twice."""
    report = studies.report_of(session, study.id, locale)
    if report is not None and report.state in (*OPEN_STATES, StudyState.DONE):
        return report
    if report is None:
        report = StudyReport(study_id=study.id, locale=locale, asked_by=by.id, asked_at=now)
    else:
        report.state, report.attempt, report.problem = StudyState.QUEUED, report.attempt + 1, {}
        report.asked_by, report.asked_at, report.seen_at = by.id, now, None
    session.add(report)
    session.flush()
    audit.record(session, by.id, "study.report_asked", "study", study.id, at=now, locale=locale)
    return report


def end_report(
    session: Session,
    study_id: UUID,
    locale: str,
    document: bytes,
    problem: AuditError | None,
    now: datetime,
) -> None:
    """The PDF is there, or the reason why not."""
    values: dict[str, Any] = {"state": StudyState.DONE, "document": document, "ended_at": now, "problem": {}}
    if problem is not None:
        said = {"text": problem.text, "values": {k: _kept(v) for k, v in problem.values.items()}}
        values = {"state": StudyState.FAILED, "ended_at": now, "problem": said}
    session.connection().execute(
        sa.update(StudyReport)
        .where(
            col(StudyReport.study_id) == study_id,
            col(StudyReport.locale) == locale,
            col(StudyReport.state).in_(OPEN_STATES),
        )
        .values(**values)
    )


def put_back_report(session: Session, study_id: UUID, locale: str) -> None:
    """The worker stops: the next one makes it."""
    session.connection().execute(
        sa.update(StudyReport)
        .where(
            col(StudyReport.study_id) == study_id,
            col(StudyReport.locale) == locale,
            col(StudyReport.state).in_(OPEN_STATES),
        )
        .values(attempt=col(StudyReport.attempt) + 1)
    )


def draft_with(
    session: Session,
    standard_id: UUID,
    drop: Sequence[str],
    hygiene: Sequence[str],
    by: Someone,
    now: datetime,
) -> StandardVersion:
    """The next version begins without the dropped items and with hygiene marked; an open draft is changed by one edit."""
    draft = standards.open_draft(session, standard_id)
    if draft is None:
        last = standards.last_published(session, standard_id)
        if last is None:
            raise NothingDecided
        draft = new_draft(session, last, by, now)

    def change(document: dict[str, Any]) -> dict[str, Any]:
        return editing.without_items(editing.mark_hygiene(document, hygiene), drop)

    changed = change_draft(
        session, draft, change, seen=draft.edition, what=_("Decisions of a study"), by=by, now=now
    )
    if not changed:
        raise NothingDecided
    return draft


__all__ = [
    "QUEUED_AT_MOST",
    "NothingDecided",
    "StudyIsOver",
    "TooManyStudies",
    "ask",
    "ask_report",
    "begin",
    "cancel",
    "decide",
    "draft_with",
    "end_report",
    "fail",
    "keep",
    "note_progress",
    "put_back",
    "put_back_report",
]
