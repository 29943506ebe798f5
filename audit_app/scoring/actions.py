"""Scoring a visit: from stored inputs to a stored score, by the pure function of `rules`."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from audit_app.kit import clock
from audit_app.kit.i18n import zone
from audit_app.organisation.models import Location
from audit_app.scoring.models import ResultMonth, VisitScore
from audit_app.scoring.rules.answered import score_answers
from audit_app.scoring.rules.percent import fraction, tenths
from audit_app.scoring.rules.score import RULE_VERSION, Score, score_of
from audit_app.standards.models import StandardVersion
from audit_app.standards.parsed import version_by_id, version_of
from audit_app.standards.rules.definition import Version
from audit_app.visits.events import VisitReleased, VisitSubmitted, VisitVoided
from audit_app.visits.models import Revision, Visit, VisitState

# The statements of the hot path are built once: building them costs more than running them.
_INPUTS = (
    sa_select(col(Revision.answers), col(Visit.version_id), col(Location.attributes))
    .join(Visit, col(Visit.id) == col(Revision.visit_id))
    .join(Location, col(Location.id) == col(Visit.location_id))
    .where(col(Revision.id) == bindparam("revision"))
)
_SCORES: Any = VisitScore.__table__  # type: ignore[attr-defined]
_NO_LONGER = (
    update(_SCORES).where(_SCORES.c.visit_id == bindparam("visit"), _SCORES.c.current).values(current=False)
)
_KEEP = insert(_SCORES)


def score_visit(session: Session, event: VisitSubmitted, _announce: Callable[[object], None]) -> None:
    """After a submission: keep its score as the current one of the visit; older scores stay as they are."""
    filled = event.filled
    if filled is not None:
        score = score_of(filled.version, filled.answers, filled.attributes, filled.seen)
        key = Key(event.visit_id, event.revision_id, filled.version_id)
        _keep(session, key, filled.version, score, filled.attributes, first=filled.first)
        return
    answers, version_id, attributes = (
        session.connection().execute(_INPUTS, {"revision": event.revision_id}).one()
    )
    version = version_by_id(session, version_id)
    score = score_answers(version, answers, attributes)
    key = Key(event.visit_id, event.revision_id, version_id)
    _keep(session, key, version, score, dict(attributes))


def keep_score(
    session: Session,
    visit_id: UUID,
    revision_id: UUID,
    version_row: StandardVersion,
    answers: dict[str, Any],
    attributes: dict[str, str],
) -> None:
    """Compute and store one score with its inputs."""
    session.flush()
    version = version_of(version_row)
    score = score_answers(version, answers, attributes)
    _keep(session, Key(visit_id, revision_id, version_row.id), version, score, attributes)


class Key(NamedTuple):
    """Which answers a score is of, and by which version."""

    visit_id: UUID
    revision_id: UUID
    version_id: UUID


def _keep(
    session: Session,
    key: Key,
    version: Version,
    score: Score,
    attributes: Mapping[str, str],
    *,
    first: bool = False,
) -> None:
    """Write it; a visit's `first` score has none before it that could still be the current one."""
    connection = session.connection()
    if not first:
        connection.execute(_NO_LONGER, {"visit": key.visit_id})
    connection.execute(
        _KEEP,
        {
            "id": uuid4(),
            **key._asdict(),
            "rule_version": RULE_VERSION,
            "attributes": dict(attributes),
            "current": True,
            "computed_at": clock.now(),
            **columns_of(version, score),
        },
    )


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


def count_release(session: Session, event: VisitReleased, _announce: Callable[[object], None]) -> None:
    """After a release: the visit joins the sums of its month."""
    _add_to_month(session, event.visit_id, 1)


def uncount_release(session: Session, event: VisitVoided, _announce: Callable[[object], None]) -> None:
    """After a released visit was made void: it leaves the sums of its month."""
    if event.was_released:
        _add_to_month(session, event.visit_id, -1)


def _add_to_month(session: Session, visit_id: UUID, sign: int) -> None:
    found = session.exec(
        select(Visit, VisitScore, StandardVersion.standard_id, Location.timezone)
        .join(VisitScore, (col(VisitScore.visit_id) == col(Visit.id)) & col(VisitScore.current))
        .join(StandardVersion, col(StandardVersion.id) == col(VisitScore.version_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(Visit.id == visit_id)
    ).one_or_none()
    if found is None:
        return
    visit, score, standard_id, timezone = found
    if score.tenths is None:
        return
    key = (
        visit.location_id,
        standard_id,
        visit.kind,
        month_of(visit.visited_at or visit.released_at, timezone),
    )
    row = session.get(ResultMonth, key, with_for_update=True) or ResultMonth(
        location_id=key[0], standard_id=key[1], kind=key[2], month=key[3]
    )
    row.n += sign
    row.total += sign * score.tenths
    row.squares += sign * score.tenths**2
    if score.passed is not None:
        row.judged += sign
        row.passed += sign * int(score.passed)
    session.add(row)
    session.flush()


def count_months(session: Session) -> int:
    """Make the sums of all months anew from the scores, for bulk loads and repairs; gives the number of rows."""
    session.connection().execute(delete(ResultMonth))
    rows: dict[tuple[UUID, UUID, str, date], list[int]] = {}
    released = (
        sa_select(
            col(Visit.location_id),
            col(StandardVersion.standard_id),
            col(Visit.kind),
            col(Visit.visited_at),
            col(Visit.released_at),
            col(Location.timezone),
            col(VisitScore.tenths),
            col(VisitScore.passed),
        )
        .join(VisitScore, (col(VisitScore.visit_id) == col(Visit.id)) & col(VisitScore.current))
        .join(StandardVersion, col(StandardVersion.id) == col(VisitScore.version_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(col(Visit.state) == VisitState.RELEASED, col(VisitScore.tenths).is_not(None))
    )
    for (
        place,
        standard,
        kind,
        visited,
        released_at,
        timezone,
        worth,
        passed,
    ) in session.connection().execute(released, execution_options={"yield_per": 5000}):
        assert worth is not None
        sums = rows.setdefault(
            (place, standard, kind, month_of(visited or released_at, timezone)), [0, 0, 0, 0, 0]
        )
        assert worth is not None  # the query leaves visits without a score out
        sums[0] += 1
        sums[1] += worth
        sums[2] += worth**2
        sums[3] += int(bool(passed))
        sums[4] += int(passed is not None)
    if rows:
        names = ("location_id", "standard_id", "kind", "month", "n", "total", "squares", "passed", "judged")
        session.connection().execute(
            insert(ResultMonth), [dict(zip(names, (*key, *sums), strict=True)) for key, sums in rows.items()]
        )
    return len(rows)


def month_of(moment: datetime | None, timezone: str) -> date:
    """The first day of the month in which the visit was made, as the location's calendar says."""
    return (moment or clock.now()).astimezone(zone(timezone)).date().replace(day=1)
