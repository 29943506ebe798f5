"""What goes out: headings and rows of each kind, the columns of the import and what belongs beside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.imports.rules.kinds import COLUMNS, Kind
from audit_app.imports.rules.outcomes import cents
from audit_app.kit.i18n import pick, zone
from audit_app.kit.tables import Value
from audit_app.organisation.models import Brand, Employee, Location, Person, Region, Shopper
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.outcomes.models import OutcomeDay, OutcomeMeasure
from audit_app.outcomes.rules.columns import DATE, LOCATION
from audit_app.outcomes.rules.measures import FIXED
from audit_app.scoring.models import VisitScore
from audit_app.standards.models import Standard, StandardVersion, VersionState
from audit_app.visits.models import Revision, Visit, VisitState

SCORES: Final = "scores"
EVERYTHING: Final = Scope(everything=True, regions=frozenset(), locations=frozenset())
Rows = Iterator[Sequence[Value]]


@dataclass(frozen=True)
class Export:
    """A table to write."""

    headings: tuple[str, ...]
    rows: Rows


def _stream(session: Session, query: Any) -> Iterator[Any]:
    yield from session.connection().execute(query, execution_options={"yield_per": 2000})


def _columns(kind: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in COLUMNS[kind])


def _locations(session: Session, scope: Scope) -> Export:
    query: Any = (
        sa.select(
            col(Location.code),
            col(Location.name),
            col(Brand.name),
            col(Brand.own),
            col(Region.name),
            col(Location.format),
            col(Location.city),
            col(Location.latitude),
            col(Location.longitude),
            col(Location.timezone),
            col(Location.attributes),
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .where(locations_within(scope))
        .order_by(col(Location.code))
    )

    def rows() -> Rows:
        for row in map(tuple, _stream(session, query)):
            yield (*row[:-1], ";".join(f"{key}={value}" for key, value in row[-1].items()))

    return Export(_columns(Kind.LOCATIONS), rows())


def _employees(session: Session, scope: Scope) -> Export:
    query = (
        sa.select(
            col(Employee.code),
            col(Employee.name),
            col(Location.code),
            col(Employee.role),
            col(Employee.hired_on),
        )
        .join(Location, col(Location.id) == col(Employee.location_id))
        .where(locations_within(scope))
        .order_by(col(Employee.code))
    )
    return Export(_columns(Kind.EMPLOYEES), (tuple(row) for row in _stream(session, query)))


def _shoppers(session: Session, _scope: Scope) -> Export:
    query = (
        sa.select(
            col(Shopper.code),
            col(Person.name),
            col(Person.email),
            col(Shopper.phone),
            col(Shopper.languages),
            col(Shopper.latitude),
            col(Shopper.longitude),
        )
        .join(Person, col(Person.id) == col(Shopper.person_id))
        .order_by(col(Shopper.code))
    )
    rows = ((*row[:4], ";".join(row[4]), *row[5:]) for row in map(tuple, _stream(session, query)))
    return Export(_columns(Kind.SHOPPERS), rows)


def _visits(session: Session, scope: Scope) -> Export:
    query = (
        sa.select(
            col(Visit.reference),
            col(Visit.id),
            col(Location.code),
            col(Location.timezone),
            col(Visit.from_on),
            col(Visit.visited_at),
            col(Shopper.code),
            col(Standard.code),
            col(StandardVersion.number),
            col(Visit.kind),
            col(Visit.channel),
            col(Employee.code),
            col(Visit.state),
            col(Visit.approved_at),
            col(Visit.released_at),
        )
        .join(Location, col(Location.id) == col(Visit.location_id))
        .join(StandardVersion, col(StandardVersion.id) == col(Visit.version_id))
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .outerjoin(Shopper, col(Shopper.person_id) == col(Visit.shopper_id))
        .outerjoin(Employee, col(Employee.id) == col(Visit.employee_id))
        .where(locations_within(scope))
        .order_by(col(Visit.from_on), col(Visit.id))
    )

    def rows() -> Rows:
        for reference, key, place, timezone, day, moment, *rest in map(tuple, _stream(session, query)):
            here = zone(timezone)
            local, *decided = (at.astimezone(here) if at else None for at in (moment, *rest[-2:]))
            yield (
                reference or str(key), place, local.date() if local else day, local, *rest[:-2], *decided
            )  # fmt: skip

    return Export(_columns(Kind.VISITS), rows())


def _answers(session: Session, scope: Scope) -> Export:
    query = (
        sa.select(col(Visit.reference), col(Visit.id), col(Revision.answers))
        .join(Revision, col(Revision.id) == col(Visit.revision_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .where(locations_within(scope))
        .order_by(col(Visit.from_on), col(Visit.id))
    )

    def rows() -> Rows:
        for reference, key, answers in map(tuple, _stream(session, query)):
            for item, entry in answers.items():
                yield (reference or str(key), item, entry.get("answer") or "", entry.get("comment") or "")

    return Export(_columns(Kind.ANSWERS), rows())


SCORE_COLUMNS: Final = (
    "visit",
    "location",
    "date",
    "standard",
    "version",
    "kind",
    "state",
    "score",
    "percent",
    "passed",
    "band",
    "critical",
    "na_share",
    "rule_version",
)


def _scores(session: Session, scope: Scope) -> Export:
    """Scores of approved and released visits; nothing of the shopper stands in them."""
    names: dict[Any, list[str]] = {
        row.id: [pick(band.get("name")) for band in row.document.get("bands") or []]
        for row in session.exec(
            select(StandardVersion).where(StandardVersion.state != VersionState.DRAFT)
        ).all()
    }
    query = (
        sa.select(
            col(Visit.reference),
            col(Visit.id),
            col(Location.code),
            col(Location.timezone),
            col(Visit.visited_at),
            col(Standard.code),
            col(StandardVersion.number),
            col(Visit.kind),
            col(Visit.state),
            col(VisitScore.version_id),
            col(VisitScore.ratio),
            col(VisitScore.tenths),
            col(VisitScore.passed),
            col(VisitScore.band),
            col(VisitScore.critical),
            col(VisitScore.na_share),
            col(VisitScore.rule_version),
        )
        .join(VisitScore, (col(VisitScore.visit_id) == col(Visit.id)) & col(VisitScore.current))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .join(StandardVersion, col(StandardVersion.id) == col(VisitScore.version_id))
        .join(Standard, col(Standard.id) == col(StandardVersion.standard_id))
        .where(locations_within(scope), col(Visit.state).in_([VisitState.APPROVED, VisitState.RELEASED]))
        .order_by(col(Visit.visited_at), col(Visit.id))
    )

    def rows() -> Rows:
        for row in _stream(session, query):
            reference, key, place, timezone, moment, standard, number, kind, state = tuple(row)[:9]
            band = names.get(row.version_id, [])
            yield (
                reference or str(key),
                place,
                moment.astimezone(zone(timezone)).date() if moment else None,
                standard,
                number,
                kind,
                state,
                row.ratio,
                None if row.tenths is None else row.tenths / 10,
                row.passed,
                band[row.band] if row.band is not None and row.band < len(band) else None,
                ";".join(row.critical),
                row.na_share,
                row.rule_version,
            )

    return Export(SCORE_COLUMNS, rows())


def _outcomes(session: Session, scope: Scope) -> Export:
    """The columns of the import, then every further measure that ever came in."""
    further = tuple(session.exec(select(OutcomeMeasure.name).order_by(OutcomeMeasure.name)).all())
    query = (
        sa.select(
            col(Location.code),
            col(OutcomeDay.day),
            col(OutcomeDay.visitors),
            col(OutcomeDay.transactions),
            col(OutcomeDay.revenue_cents),
            col(OutcomeDay.complaints),
            col(OutcomeDay.more),
        )
        .join(Location, col(Location.id) == col(OutcomeDay.location_id))
        .where(locations_within(scope))
        .order_by(col(OutcomeDay.location_id), col(OutcomeDay.day))
    )

    def rows() -> Rows:
        for row in map(tuple, _stream(session, query)):
            code, day, visitors, transactions, revenue, complaints, more = row
            named = [more.get(name) for name in further]
            numbers = [int(one) if isinstance(one, float) and one.is_integer() else one for one in named]
            yield (code, day, visitors, transactions, cents(revenue), complaints, *numbers)

    return Export((LOCATION, DATE, *FIXED, *further), rows())


TABLES: Final[Mapping[str, Callable[[Session, Scope], Export]]] = {
    Kind.LOCATIONS: _locations,
    Kind.EMPLOYEES: _employees,
    Kind.SHOPPERS: _shoppers,
    Kind.VISITS: _visits,
    Kind.ANSWERS: _answers,
    Kind.OUTCOMES: _outcomes,
    SCORES: _scores,
}
"""Every table that goes out."""


def standard_documents(session: Session) -> list[tuple[str, int, dict[str, Any]]]:
    """Code, number and document of every version that was ever published: visits go on naming the old ones."""
    rows = session.exec(
        select(Standard.code, StandardVersion.number, StandardVersion.document)
        .join(StandardVersion, col(StandardVersion.standard_id) == col(Standard.id))
        .where(StandardVersion.state != VersionState.DRAFT)
        .order_by(Standard.code, col(StandardVersion.number))
    ).all()
    return [(code, number, dict(document)) for code, number, document in rows]
