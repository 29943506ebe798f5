"""What pilots found, laid beside a study: of one item, or of a whole version for each item that it changes."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from audit_app.effectiveness import wording
from audit_app.effectiveness.pilot_queries import PilotVerdict, pilot_verdicts
from audit_app.effectiveness.reading import Experiment
from audit_app.effectiveness.rules.plan import Model
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.parsed import version_of
from audit_app.standards.rules.changes import changes_between


def experiments_of(session: Session, standard_id: UUID) -> dict[str, list[Experiment]]:
    """By item, the newest result on each outcome; results of whole versions follow those of the item itself."""
    found: dict[tuple[str, int | None], dict[str, Experiment]] = {}
    changed: dict[UUID, tuple[int, tuple[str, ...]]] = {}
    for one in pilot_verdicts(session, standard_id):
        if one.item:
            found.setdefault((one.item, None), {}).setdefault(one.outcome, _shown(one, None))
        elif one.version_id is not None:
            if one.version_id not in changed:
                changed[one.version_id] = changed_by(session, one.version_id)
            number, items = changed[one.version_id]
            for item in items:
                found.setdefault((item, number), {}).setdefault(one.outcome, _shown(one, number))
    by_item: dict[str, list[Experiment]] = {}
    for (item, _number), by_outcome in sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1] or 0)):
        by_item.setdefault(item, []).extend(by_outcome.values())
    return by_item


@dataclass(frozen=True)
class Trial:
    """A pilot of the standard with what it found, for the report."""

    item: str
    version: int | None
    until: date
    results: tuple[Experiment, ...]


def trials_of(session: Session, standard_id: UUID) -> list[Trial]:
    """Every measured pilot of the standard, the newest first."""
    found: dict[UUID, Trial] = {}
    for one in pilot_verdicts(session, standard_id):
        known = found.get(one.pilot_id)
        number = None
        if not one.item and one.version_id is not None:
            number = session.get_one(StandardVersion, one.version_id).number
        results = (*(known.results if known else ()), _shown(one, number))
        found[one.pilot_id] = Trial(one.item, number, one.until, results)
    return list(found.values())


def changed_by(session: Session, version_id: UUID) -> tuple[int, tuple[str, ...]]:
    """The version's number, and the items that it adds, changes or takes away."""
    row = session.get_one(StandardVersion, version_id)
    before = session.exec(
        select(StandardVersion)
        .where(
            StandardVersion.standard_id == row.standard_id,
            StandardVersion.number < row.number,
            StandardVersion.state != VersionState.DRAFT,
        )
        .order_by(col(StandardVersion.number).desc())
    ).first()
    changes = changes_between(version_of(before) if before else None, version_of(row))
    return row.number, tuple(change.item for change in changes if change.touched)


def _shown(one: PilotVerdict, version: int | None) -> Experiment:
    low, value, high = (wording.in_percent(log, Model.LOG_RATE) for log in (one.low, one.estimate, one.high))
    return Experiment(
        one.pilot_id,
        one.outcome,
        wording.outcome_name(one.outcome),
        one.verdict,
        wording.effect_text(value, Model.LOG_RATE),
        wording.range_text(low, high, Model.LOG_RATE),
        one.until,
        version,
    )
