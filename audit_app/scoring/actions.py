"""Scoring a visit: from stored inputs to a stored score, by the pure function of `rules`."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from audit_app.kit import clock
from audit_app.organisation.models import Location
from audit_app.scoring.models import VisitScore
from audit_app.scoring.rules.percent import fraction, tenths
from audit_app.scoring.rules.score import RULE_VERSION, Score, score_of
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules.answers import answers_in, read_given
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import Revision, Visit


def score_answers(version: Version, answers: Mapping[str, Any], attributes: Mapping[str, str]) -> Score:
    """The score of an answers document (`{item: {"answer": …}}`) under a version; what cannot be read is unanswered."""
    givens, _problems = read_given(version, answers)
    return score_of(version, answers_in(givens), attributes)


def score_visit(session: Session, event: VisitSubmitted, _announce: Callable[[object], None]) -> None:
    """After a submission: keep its score as the current one of the visit; older scores stay as they are."""
    revision = session.get_one(Revision, event.revision_id)
    visit = session.get_one(Visit, event.visit_id)
    version_row = session.get_one(StandardVersion, visit.version_id)
    location = session.get_one(Location, visit.location_id)
    keep_score(session, visit.id, revision.id, version_row, revision.answers, dict(location.attributes))


def keep_score(
    session: Session,
    visit_id: UUID,
    revision_id: UUID,
    version_row: StandardVersion,
    answers: dict[str, Any],
    attributes: dict[str, str],
) -> VisitScore:
    """Compute and store one score with its inputs."""
    version = read_version(version_row.document)
    score = score_answers(version, answers, attributes)
    old = session.exec(
        select(VisitScore.id).where(VisitScore.visit_id == visit_id, col(VisitScore.current))
    ).all()
    if old:
        session.connection().execute(
            update(VisitScore).where(col(VisitScore.id).in_(old)).values(current=False)
        )
    row = VisitScore(
        visit_id=visit_id,
        revision_id=revision_id,
        version_id=version_row.id,
        rule_version=RULE_VERSION,
        attributes=attributes,
        current=True,
        computed_at=clock.now(),
        **columns_of(version, score),
    )
    session.add(row)
    session.flush()
    return row


def columns_of(version: Version, score: Score) -> dict[str, Any]:
    """The stored columns of a score: exact fractions as text, tenths of a percent for lists and sorting."""
    return {
        "ratio": None if score.ratio is None else fraction(score.ratio),
        "tenths": score.tenths,
        "passed": score.passed,
        "band": None if score.band is None else version.bands.index(score.band),
        "critical": [miss.item for miss in score.critical],
        "na_share": "0" if score.na_share is None else fraction(score.na_share),
        "sections": [
            {"code": section.code, "tenths": None if section.ratio is None else tenths(section.ratio)}
            for section in score.sections
        ],
    }
