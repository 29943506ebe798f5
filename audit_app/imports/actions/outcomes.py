"""Writing planned outcomes: the days, sums and doubts of the locations touched, and what the file's headings meant."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from audit_app.imports.rules.outcomes import HowToRead, KnownForOutcomes, OutcomesPlan
from audit_app.outcomes.models import OutcomeHeading, OutcomeMeasure
from audit_app.outcomes.rules.columns import NEEDED, plain
from audit_app.outcomes.rules.measures import FIXED
from audit_app.outcomes.store import summarise, write_days


def write_outcomes(
    session: Session,
    whole: OutcomesPlan,
    known: KnownForOutcomes,
    how: HowToRead,
    by: UUID | None,
    now: datetime,
) -> None:
    """Only rows that are new or changed are written."""
    assert whole.whole is not None
    written = whole.whole.written
    headings = {meaning: heading for heading, meaning in whole.columns.items()}
    for name in whole.whole.whole.values:
        if name not in FIXED and session.get(OutcomeMeasure, name) is None:
            session.add(OutcomeMeasure(name=name, heading=headings.get(name, name)[:120], since=now))
    _remember(session, whole, how, by, now)
    session.flush()
    write_days(session, written, known.ids)
    summarise(session, [known.ids[number] for number in sorted(set(written.location.tolist()))])


def _remember(session: Session, whole: OutcomesPlan, how: HowToRead, by: UUID | None, now: datetime) -> None:
    """What a person chose for this file holds for the next one too; what the heading says by itself needs no memory."""
    chosen = {plain(heading) for heading in how.columns}
    for heading, meaning in whole.columns.items():
        word = plain(heading)
        if word not in chosen or word in (*NEEDED, *FIXED):
            continue
        row = session.get(OutcomeHeading, word) or OutcomeHeading(heading=word, meaning="")
        row.meaning, row.chosen_by, row.chosen_at = meaning, by, now
        session.add(row)
