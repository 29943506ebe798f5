"""What past visits would have scored under the rules of a draft. Nothing is stored: the visits keep their scores.

Of each visit, the answers to items that still mean the same question are read under the new version; items that are new,
or answered in another way now, have no answer there and leave the score, as an unanswered item does.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.organisation.models import Location
from audit_app.scoring.bulk import score_many
from audit_app.scoring.encoding import encode_documents
from audit_app.scoring.models import VisitScore
from audit_app.scoring.results import NO_SCORE
from audit_app.standards import queries
from audit_app.standards.models import StandardVersion
from audit_app.standards.parsed import version_of
from audit_app.standards.rules.changes import ChangeClass, changes_between
from audit_app.standards.rules.definition import Version
from audit_app.visits.models import Revision, Visit, VisitState

MOST_VISITS = 10_000
MOST_SHOWN = 25
SUBMITTED = (VisitState.SUBMITTED, VisitState.APPROVED, VisitState.RELEASED)


@dataclass(frozen=True)
class Rescored:
    """One visit before and after, in tenths of a percent."""

    visit_id: UUID
    location_id: UUID
    at: datetime | None
    before: int
    after: int
    passed_before: bool | None
    passed_after: bool | None
    location: str = ""
    timezone: str = "UTC"

    @property
    def change(self) -> int:
        """How far it moved."""
        return self.after - self.before

    @property
    def flips(self) -> bool:
        """Whether it passes now and did not, or the other way round."""
        return None not in (self.passed_before, self.passed_after) and self.passed_before != self.passed_after


@dataclass(frozen=True)
class WhatIf:
    """All visits that could be scored both ways; `left_out` are items without an answer under the new rules."""

    former: int
    visits: int
    before: int | None
    after: int | None
    to_pass: int
    to_fail: int
    unscored: int
    left_out: tuple[str, ...]
    most_changed: tuple[Rescored, ...]


def what_if(session: Session, draft: StandardVersion) -> WhatIf | None:
    """The last visits of the former version under the draft's rules; None without a former version.

    Raises `StandardNotUnderstood` while the draft has problems.
    """
    former = queries.last_published(session, draft.standard_id, before=draft.number)
    if former is None:
        return None
    old, new = version_of(former), version_of(draft)
    kept = {
        change.item
        for change in changes_between(old, new)
        if change.kind in (ChangeClass.SAME, ChangeClass.COMPARABLE)
    }
    found, unscored = _rescored(session, former.id, new, kept)
    n = len(found)
    return WhatIf(
        former=former.number,
        visits=n,
        before=_mean([one.before for one in found]),
        after=_mean([one.after for one in found]),
        to_pass=sum(one.flips and one.passed_after is True for one in found),
        to_fail=sum(one.flips and one.passed_after is False for one in found),
        unscored=unscored,
        left_out=tuple(item.code for item in new.items if item.scored and item.code not in kept),
        most_changed=_with_places(session, _most_changed(found)),
    )


def _most_changed(found: list[Rescored]) -> list[Rescored]:
    moved = (one for one in found if one.change or one.flips)
    return sorted(moved, key=lambda one: (not one.flips, -abs(one.change)))[:MOST_SHOWN]


def _with_places(session: Session, found: list[Rescored]) -> tuple[Rescored, ...]:
    """The same with name and time zone of their places: only what is shown is looked up."""
    wanted = {one.location_id for one in found}
    rows = session.exec(
        select(Location.id, Location.name, Location.timezone).where(col(Location.id).in_(wanted))
    )
    places = {ident: (name, timezone) for ident, name, timezone in rows}
    return tuple(
        replace(one, location=places[one.location_id][0], timezone=places[one.location_id][1])
        for one in found
    )


def _rescored(session: Session, former_id: UUID, new: Version, kept: set[str]) -> tuple[list[Rescored], int]:
    """The visits scored both ways, the newest first, and how many have no score on one side.

    All are scored at once, which is tens of times faster than one by one, so that ten thousand fit into a page.
    """
    newest = (
        sa.select(col(Visit.id).label("id"))
        .where(col(Visit.version_id) == former_id, col(Visit.state).in_(SUBMITTED))
        .order_by(col(Visit.submitted_at).desc(), col(Visit.id))
        .limit(MOST_VISITS)
        .subquery()
    )
    rows = (
        session.connection()
        .execute(
            sa.select(
                col(Visit.id),
                col(Visit.location_id),
                col(Visit.visited_at),
                sa.cast(col(Revision.answers), sa.Text),
                sa.cast(col(VisitScore.attributes), sa.Text),
                col(VisitScore.tenths),
                col(VisitScore.passed),
            )
            .join(newest, newest.c.id == col(Visit.id))
            .join(Revision, col(Revision.id) == col(Visit.revision_id))
            .join(VisitScore, (col(VisitScore.visit_id) == col(Visit.id)) & col(VisitScore.current))
            .where(col(VisitScore.version_id) == former_id)
            .order_by(col(Visit.submitted_at).desc(), col(Visit.id))
        )
        .all()
    )
    place = {text: number for number, text in enumerate(dict.fromkeys(row[4] for row in rows))}
    columns = encode_documents(
        new,
        (row[3] for row in rows),
        [place[row[4]] for row in rows],
        [json.loads(text) for text in place] or ({},),
        only=kept,
        lenient=True,
    )
    scores = score_many(columns)
    found: list[Rescored] = []
    unscored = 0
    for number, (visit_id, location_id, at, _answers, _attributes, before, passed) in enumerate(rows):
        after = int(scores.tenths[number])
        if before is None or after == NO_SCORE:
            unscored += 1
            continue
        found.append(Rescored(visit_id, location_id, at, before, after, passed, scores.passed_of(number)))
    return found, unscored


def _mean(tenths: list[int]) -> int | None:
    return (2 * sum(tenths) + len(tenths)) // (2 * len(tenths)) if tenths else None
