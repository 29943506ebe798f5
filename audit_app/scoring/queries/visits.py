"""Single visits with their scores: why a score is what it is, the result page, what to mend first, an employee's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import pick
from audit_app.organisation.models import Employee, Location
from audit_app.scoring.models import VisitScore
from audit_app.scoring.rules.answered import score_answers
from audit_app.scoring.rules.intervals import Estimate, mean_of_sums
from audit_app.scoring.rules.mending import Tally, tallies
from audit_app.scoring.rules.score import Score, SectionScore, Term
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.definition import Item, Section, Version
from audit_app.standards.wording import answer_text
from audit_app.visits.models import Evidence, EvidenceState, Revision, Visit, VisitKind, VisitState

MOST_VISITS = 60
"""How many of the newest visits the list of what to mend is made from."""


@dataclass(frozen=True)
class ItemResult:
    """One item of a visit: what was asked, answered and proved, and what it did to the score."""

    item: Item
    answer: str
    comment: str
    photos: tuple[UUID, ...]
    term: Term
    critical: bool

    @property
    def missed(self) -> bool:
        """Whether it was counted and fell short."""
        return self.term.counted and self.term.ratio is not None and self.term.ratio < 1


@dataclass(frozen=True)
class SectionResult:
    """One section with its score."""

    section: Section
    score: SectionScore
    items: tuple[ItemResult, ...]


@dataclass(frozen=True)
class Explained:
    """A stored score and the computation that leads to it, made again from the stored inputs."""

    row: VisitScore
    version: Version
    score: Score
    sections: tuple[SectionResult, ...]

    @property
    def names(self) -> dict[str, Any]:
        """The words of every item and section by code, for sentences about them."""
        items = {item.code: item.text for item in self.version.items}
        return {**{section.code: section.title for section in self.version.sections}, **items}

    @property
    def missed(self) -> list[ItemResult]:
        """What fell short, critical items first, then by weight."""
        found = [one for section in self.sections for one in section.items if one.missed]
        return sorted(
            found, key=lambda one: (not one.critical, -one.term.weight * (1 - (one.term.ratio or Fraction())))
        )


def score_row(session: Session, visit_id: UUID) -> VisitScore | None:
    """The present score of a visit."""
    return session.exec(
        select(VisitScore).where(VisitScore.visit_id == visit_id, col(VisitScore.current))
    ).one_or_none()


def explain(session: Session, visit: Visit, *, coarse: bool) -> Explained:
    """Every term of the visit's score; `coarse` for readers at the place. `NotFound` when nothing was scored yet."""
    row = score_row(session, visit.id)
    if row is None:
        raise NotFound
    answers = session.get_one(Revision, row.revision_id).answers
    version = version_by_id(session, row.version_id)
    score = score_answers(version, answers, row.attributes)
    photos: dict[str, list[UUID]] = {}
    for item_code, evidence_id in session.exec(
        select(Evidence.item, Evidence.id).where(
            Evidence.visit_id == visit.id,
            col(Evidence.state).in_([EvidenceState.UPLOADED, EvidenceState.ACCEPTED]),
        )
    ).all():
        photos.setdefault(item_code, []).append(evidence_id)
    return Explained(row, version, score, tuple(_sections(version, score, answers, photos, coarse)))


def _sections(
    version: Version, score: Score, answers: dict[str, Any], photos: dict[str, list[UUID]], coarse: bool
) -> list[SectionResult]:
    terms = {term.item: term for term in score.terms}
    missed = {miss.item for miss in score.critical}
    scores = {section.code: section for section in score.sections}
    found = []
    for section in version.sections:
        items = tuple(
            ItemResult(
                item=item,
                answer=answer_text(item, (answers.get(item.code) or {}).get("answer"), coarse=coarse),
                comment=str((answers.get(item.code) or {}).get("comment") or ""),
                photos=tuple(photos.get(item.code, ())),
                term=terms[item.code],
                critical=item.code in missed,
            )
            for item in section.items
            if item.code in terms
        )
        found.append(SectionResult(section, scores[section.code], items))
    return found


@dataclass(frozen=True)
class VisitRow:
    """A visit in a list of results."""

    id: UUID
    visited_at: datetime | None
    timezone: str
    kind: str
    tenths: int | None
    passed: bool | None
    critical: int


def released_visits(
    session: Session, condition: ColumnElement[bool], limit: int = MOST_VISITS
) -> list[VisitRow]:
    """The newest released visits that fit the condition (on Visit and Location)."""
    rows = session.exec(
        select(Visit, VisitScore, Location.timezone)
        .join(VisitScore, (col(VisitScore.visit_id) == col(Visit.id)) & col(VisitScore.current))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(Visit.state == VisitState.RELEASED, condition)
        .order_by(col(Visit.visited_at).desc())
        .limit(limit)
    ).all()
    return [
        VisitRow(
            visit.id, visit.visited_at, timezone, visit.kind, score.tenths, score.passed, len(score.critical)
        )
        for visit, score, timezone in rows
    ]


def mend_first(
    session: Session, condition: ColumnElement[bool], limit: int = MOST_VISITS
) -> tuple[list[Tally], int]:
    """What costs most over the newest released visits that fit, and how many visits that are. Three queries at most."""
    rows = session.exec(
        select(Revision.answers, VisitScore.version_id, VisitScore.attributes)
        .join(VisitScore, col(VisitScore.revision_id) == col(Revision.id))
        .join(Visit, col(Visit.id) == col(VisitScore.visit_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(
            col(VisitScore.current),
            Visit.state == VisitState.RELEASED,
            Visit.kind != VisitKind.COMPETITOR,
            condition,
        )
        .order_by(col(Visit.visited_at).desc())
        .limit(limit)
    ).all()
    visits = []
    for answers, version_id, attributes in rows:
        version = version_by_id(session, version_id)
        remarks = {
            code: str(entry.get("comment") or "")
            for code, entry in answers.items()
            if isinstance(entry, dict)
        }
        visits.append((version, score_answers(version, answers, attributes), remarks))
    return tallies(visits), len(visits)


@dataclass(frozen=True)
class OwnResults:
    """What an employee sees of themselves: a mean with its interval, and items with theirs; never a rank."""

    n: int
    score: Estimate
    visits: Sequence[VisitRow]
    items: Sequence[Tally]


FEWEST = 3
"""Below this many visits an employee sees that more are needed, and no figure (product.md N11)."""


def own_results(session: Session, person_id: UUID) -> OwnResults:
    """The released visits in which this person served."""
    mine = select(Employee.id).where(Employee.person_id == person_id)
    condition = col(Visit.employee_id).in_(mine)
    visits = released_visits(session, condition, limit=200)
    values = [visit.tenths for visit in visits if visit.tenths is not None]
    estimate = mean_of_sums(len(values), sum(values), sum(value * value for value in values))
    items = mend_first(session, condition)[0] if len(values) >= FEWEST else []
    return OwnResults(len(values), estimate, visits, items)


@dataclass(frozen=True)
class Yardstick:
    """What a score is held against: bands and pass mark of the newest version used, in shares 0..1."""

    bands: list[dict[str, Any]]
    pass_mark: float | None

    def tone(self, tenths: float | None) -> tuple[str, str]:
        """Tone and name of the band of a score in tenths of a percent."""
        if tenths is None:
            return "", ""
        fitting = [band for band in self.bands if tenths / 1000 >= band["from"]]
        return (fitting[-1]["tone"], fitting[-1]["name"]) if fitting else ("", "")


def yardstick_of(version: Version) -> Yardstick:
    """Bands and pass mark of one version, for drawing."""
    return Yardstick(
        [
            {"from": float(band.start) / 100, "name": pick(band.name), "tone": str(band.tone)}
            for band in version.bands
        ],
        None if version.pass_mark is None else float(version.pass_mark) / 100,
    )


def yardstick(session: Session, condition: ColumnElement[bool]) -> Yardstick | None:
    """The yardstick of the newest released visit that fits."""
    version_id = session.exec(
        select(Visit.version_id)
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(Visit.state == VisitState.RELEASED, condition)
        .order_by(col(Visit.visited_at).desc())
        .limit(1)
    ).first()
    return yardstick_of(version_by_id(session, version_id)) if version_id else None


@dataclass(frozen=True)
class SectionSides:
    """One section of a standard: our mean and the competitors', in tenths of a percent."""

    standard: str
    title: str
    ours: Estimate
    theirs: Estimate

    @property
    def gap(self) -> str:
        """ahead, behind, or even: even whenever the intervals overlap."""
        if self.ours.overlaps(self.theirs):
            return "even"
        return "ahead" if (self.ours.value or 0) > (self.theirs.value or 0) else "behind"


MOST_COMPARED = 500


def sections_by_side(session: Session, since: datetime) -> list[SectionSides]:
    """Section by section, us beside the competitors, over the newest visits of each side (500 at most)."""
    sums: dict[tuple[str, str], dict[bool, list[int]]] = {}
    versions: dict[tuple[str, str], tuple[Version, Section]] = {}
    for theirs, kinds in ((True, [VisitKind.COMPETITOR]), (False, [VisitKind.MYSTERY])):
        rows = session.exec(
            select(VisitScore.version_id, VisitScore.sections)
            .join(Visit, col(Visit.id) == col(VisitScore.visit_id))
            .where(
                col(VisitScore.current),
                Visit.state == VisitState.RELEASED,
                col(Visit.kind).in_(kinds),
                col(Visit.visited_at) >= since,
            )
            .order_by(col(Visit.visited_at).desc())
            .limit(MOST_COMPARED)
        ).all()
        for version_id, sections in rows:
            version = version_by_id(session, version_id)
            by_code = {section.code: section for section in version.sections}
            for one in sections:
                if one["tenths"] is None or one["code"] not in by_code:
                    continue
                key = (version.code, one["code"])
                versions.setdefault(key, (version, by_code[one["code"]]))
                sums.setdefault(key, {True: [0, 0, 0], False: [0, 0, 0]})
                side = sums[key][theirs]
                side[0] += 1
                side[1] += one["tenths"]
                side[2] += one["tenths"] ** 2
    return [
        SectionSides(
            pick(versions[key][0].title),
            pick(versions[key][1].title),
            mean_of_sums(*both[False]),
            mean_of_sums(*both[True]),
        )
        for key, both in sums.items()
        if both[True][0]
    ]
