"""From the database to the arrays of a study, at a columnar rate: no row ever becomes an object.

Situation: 200,000 revisions of 60 answers are 12 million cells; as rows of an ORM they take minutes and gigabytes.
Choice: ADBC hands over Arrow batches from SQLite and PostgreSQL alike; answer documents are decoded batch by batch into
small whole numbers (`scoring.encoding`) and looked up in a table of ratios; days of outcomes are added up to weeks inside the
database. What a visit was not asked (hidden, not applying) is left out by the very code that scores visits in bulk.
Refused: one row per answer (six times slower to read), pivots in SQL (stack.md 4).
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.effectiveness.columnar import Batch, Expression, Reader
from audit_app.effectiveness.rules.facts import Facts, Flags, Floats, Places, Ratios
from audit_app.effectiveness.rules.identity import Identities, identities_of
from audit_app.kit.db import Engines, read
from audit_app.organisation.models import Brand, Location, Region
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Scope
from audit_app.outcomes.models import OutcomeDay, OutcomeMeasure
from audit_app.scoring.asked import Asked
from audit_app.scoring.encoding import Columns, encode_documents
from audit_app.scoring.models import VisitScore
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.parsed import version_of
from audit_app.standards.rules.definition import Version
from audit_app.visits.models import Revision, RevisionState, Visit, VisitKind, VisitState

EVERYWHERE: Final = Scope(everything=True, regions=frozenset(), locations=frozenset())
USED: Final = ("visitors", "transactions", "revenue", "complaints")
"""Measures with a column of their own."""
_CHUNK: Final = 1 << 14


@dataclass(frozen=True)
class Wanted:
    """Which part of the history a study looks at: whole weeks from `first`; the days after the last whole week stay out."""

    standard_id: UUID
    first: date
    last: date
    scope: Scope = EVERYWHERE

    @property
    def weeks(self) -> int:
        """Whole weeks in the period."""
        return max(0, ((self.last - self.first).days + 1) // 7)

    @property
    def end(self) -> date:
        """The day after the last whole week."""
        return self.first + timedelta(weeks=self.weeks)


@dataclass(frozen=True)
class _Spots:
    """The locations of a study, by code: their ids, their clocks, and where they belong."""

    ids: tuple[UUID, ...]
    codes: tuple[str, ...]
    regions: tuple[str, ...]
    formats: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass
class _Made:
    """The visits of one version, in columns."""

    ids: list[npt.NDArray[np.str_]]
    location: list[Places]
    day: list[Places]
    shopper: list[npt.NDArray[np.str_]]
    attributes: list[Places]
    texts: dict[str, int]


def facts_of(engines: Engines, wanted: Wanted) -> Facts:
    """The facts of a study: approved and released visits of our own locations (unknown to them, or announced), with the
    revision that counts, and what customers did. An item keeps its column over all versions in which it means the same.
    """
    with read(engines) as session:
        spots = _spots(session, wanted.scope)
        versions = _versions(session, wanted.standard_id)
        further = tuple(session.exec(select(OutcomeMeasure.name).order_by(OutcomeMeasure.name)).all())
    identities = identities_of([version for _id, version in versions])
    reader = Reader(engines.reading)
    parts = [_visits(reader, wanted, spots, version_id, version) for version_id, version in versions]
    visits = _together(parts, [version for _id, version in versions], identities)
    measures, days = _weeks(reader, wanted, spots, further)
    return _of_those_with_data(spots, wanted, identities, visits, measures, days)


def facts_hash(facts: Facts) -> str:
    """SHA-256 of everything in the facts; the same inputs give the same hash on every machine and engine."""
    digest = hashlib.sha256()

    def add(name: str, value: Any) -> None:
        digest.update(f"{name}:".encode())
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode())
            # NaN has many bit patterns; one of them stands for all.
            plain = np.where(np.isnan(value), np.nan, value) if value.dtype.kind == "f" else value
            digest.update(np.ascontiguousarray(plain).astype(value.dtype.newbyteorder("<")).tobytes())
        elif isinstance(value, Mapping):
            for key in sorted(value):
                add(key, value[key])
        elif isinstance(value, tuple):
            for one in value:
                text = str(one).encode()
                digest.update(struct.pack("<q", len(text)) + text)
        else:
            digest.update(str(value).encode())
        digest.update(b"\n")

    for one in fields(facts):
        add(one.name, getattr(facts, one.name))
    return digest.hexdigest()


def _spots(session: Session, scope: Scope) -> _Spots:
    rows = session.connection().execute(
        sa.select(
            col(Location.id),
            col(Location.code),
            sa.func.coalesce(col(Region.code), ""),
            col(Location.format),
            col(Location.timezone),
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .where(col(Brand.own), locations_within(scope))
    )
    # Sorted here and not by the engine: the two of them sort letters differently.
    found: list[Any] = sorted(map(tuple, rows), key=itemgetter(1))
    ids, codes, regions, formats, zones = zip(*found, strict=True) if found else ((),) * 5
    return _Spots(ids, codes, regions, formats, zones)


def _versions(session: Session, standard_id: UUID) -> list[tuple[UUID, Version]]:
    rows = session.exec(
        select(StandardVersion)
        .where(StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.DRAFT)
        .order_by(col(StandardVersion.number))
    ).all()
    return [(row.id, version_of(row)) for row in rows]


def _visits(
    reader: Reader, wanted: Wanted, spots: _Spots, version_id: UUID, version: Version
) -> tuple[_Made, Columns]:
    """The visits filled on one version: where, when, by whom, and their answers as states."""
    made = _Made([], [], [], [], [], {})
    places: list[Places] = []
    lookup = _Lookup(spots, wanted)

    def documents() -> Iterator[memoryview]:
        for batch in reader.batches(_visits_asked(reader, wanted, version_id)):
            location = lookup.location(batch)
            day = lookup.day(location, batch.whole("moment"))
            kept = (location >= 0) & (day >= 0) & (day < wanted.weeks * 7)
            made.ids.append(batch.words("id")[kept])
            made.location.append(location[kept])
            made.day.append(day[kept])
            made.shopper.append(batch.words("shopper")[kept])
            places.append(batch.numbered("attributes", made.texts)[kept])
            yield from batch.documents("answers", kept)

    columns = _encoded(version, documents(), places, made)
    return made, columns


def _encoded(version: Version, documents: Iterator[memoryview], places: list[Places], made: _Made) -> Columns:
    """Attributes are known only when all documents have gone by, so they are put in afterwards."""
    columns = encode_documents(version, documents)
    attributes = tuple(json.loads(text) for text in made.texts) or ({},)
    at = np.concatenate(places).astype(np.int64) if places else np.zeros(0, dtype=np.int64)
    return Columns(columns.version, columns.tables, columns.states, at, attributes)


def _visits_asked(reader: Reader, wanted: Wanted, version_id: UUID) -> sa.Select[Any]:
    # A day more on both ends: the exact day follows from the location's own clock.
    begin = datetime.combine(wanted.first - timedelta(days=1), time(), tzinfo=UTC)
    end = datetime.combine(wanted.end + timedelta(days=2), time(), tzinfo=UTC)
    return (
        sa.select(
            reader.as_text(col(Visit.id)).label("id"),
            reader.as_text(col(Visit.location_id)).label("location"),
            reader.seconds(col(Visit.visited_at)).label("moment"),
            sa.func.coalesce(reader.as_text(col(Visit.shopper_id)), "").label("shopper"),
            sa.func.coalesce(
                reader.as_text(col(VisitScore.attributes)), reader.as_text(col(Location.attributes))
            ).label("attributes"),
            reader.as_text(col(Revision.answers)).label("answers"),
        )
        .join(Revision, col(Revision.id) == col(Visit.revision_id))
        .join(Location, col(Location.id) == col(Visit.location_id))
        .outerjoin(
            VisitScore, (col(VisitScore.revision_id) == col(Visit.revision_id)) & col(VisitScore.current)
        )
        .where(
            col(Visit.version_id) == version_id,
            col(Visit.state).in_([VisitState.APPROVED, VisitState.RELEASED]),
            col(Visit.kind).in_([VisitKind.MYSTERY, VisitKind.AUDIT]),
            col(Revision.state) == RevisionState.ACCEPTED,
            col(Visit.visited_at).between(begin, end),
        )
    )


class _Lookup:
    """Turns ids into places and moments into days, many at once."""

    def __init__(self, spots: _Spots, wanted: Wanted) -> None:
        self.place = {spot.hex: number for number, spot in enumerate(spots.ids)}
        self.zone_names = tuple(dict.fromkeys(spots.zones)) or ("UTC",)
        self.zone_of = np.array([self.zone_names.index(name) for name in spots.zones], dtype=np.int32)
        self.midnights = [_midnights(ZoneInfo(name), wanted) for name in self.zone_names]

    def location(self, batch: Batch) -> Places:
        """Numbers of the locations; -1 where one does not belong to the study."""
        return batch.looked_up("location", self.place)

    def day(self, location: Places, seconds: npt.NDArray[np.int64]) -> Places:
        """Days since the first, by the clock on the location's wall (summer time and all); -1 before."""
        found = np.full(len(seconds), -1, dtype=np.int32)
        for number, midnights in enumerate(self.midnights):
            mine = (
                np.flatnonzero((location >= 0) & (self.zone_of[np.maximum(location, 0)] == number))
                if len(self.zone_of)
                else np.zeros(0, dtype=np.intp)
            )
            found[mine] = np.searchsorted(midnights, seconds[mine], side="right") - 1
        return found


def _midnights(zone: ZoneInfo, wanted: Wanted) -> npt.NDArray[np.int64]:
    """When each day of the period begins there, and the one after; in seconds since 1970."""
    days = wanted.weeks * 7 + 1
    begins = (datetime.combine(wanted.first + timedelta(days=n), time(), tzinfo=zone) for n in range(days))
    return np.array([int(moment.timestamp()) for moment in begins], dtype=np.int64)


@dataclass(frozen=True)
class _Visits:
    ids: npt.NDArray[np.str_]
    location: Places
    day: Places
    shopper: Places
    version: Places
    ratio: Ratios
    on_list: Flags


def _together(
    parts: Sequence[tuple[_Made, Columns]], versions: Sequence[Version], identities: Identities
) -> _Visits:
    """All versions' visits as one set of columns, sorted by location, day and id."""
    count = sum(columns.visits for _made, columns in parts)
    width = len(identities.names)

    def joined(name: str) -> Any:
        pieces = [piece for made, _columns in parts for piece in getattr(made, name)]
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32)

    ids = joined("ids").astype(np.str_)
    location, day = joined("location"), joined("day")
    order = np.lexsort((ids, day, location))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    ratio = np.full((count, width), np.nan, dtype=np.float32)
    on_list = np.zeros((count, width), dtype=np.bool_)
    number = np.zeros(count, dtype=np.int32)
    begin = 0
    for (_made, columns), version in zip(parts, versions, strict=True):
        rows = place[begin : begin + columns.visits]
        number[rows] = version.version
        _fill(columns, identities.columns[version.version], rows, ratio, on_list)
        begin += columns.visits
    names, shopper = np.unique(joined("shopper").astype(np.str_), return_inverse=True)
    return _Visits(
        ids[order],
        location[order].astype(np.int32),
        day[order].astype(np.int32),
        _nobody_alone(names, shopper.astype(np.int32))[order],
        number,
        ratio,
        on_list,
    )


def _nobody_alone(names: npt.NDArray[np.str_], shopper: Places) -> Places:
    """Visits of which no shopper is known are not one strict person: each gets a number of its own."""
    if not len(names) or names[0]:
        return shopper
    unknown = np.flatnonzero(shopper == 0)
    found = shopper.copy()
    found[unknown] = len(names) + np.arange(len(unknown), dtype=np.int32)
    return found


def _fill(
    columns: Columns, where: Mapping[str, int], rows: npt.NDArray[np.int64], ratio: Ratios, on_list: Flags
) -> None:
    """Ratios of one version into the columns of the items' identities, some thousand visits at a time."""
    asked = Asked(columns)
    tables = [
        np.array(
            [np.nan if one.ratio is None else float(one.ratio) for one in table.states], dtype=np.float32
        )
        for table in columns.tables
    ]
    targets = [where.get(item.code, -1) for item in columns.version.items]
    chosen = [index for index, target in enumerate(targets) if target >= 0]
    into = np.array([targets[index] for index in chosen], dtype=np.int64)
    if not len(into):
        return
    for start in range(0, columns.visits, _CHUNK):
        end = min(start + _CHUNK, columns.visits)
        states = asked.states(start, end)
        block = np.stack([tables[index][states[index]] for index in chosen], axis=1)
        ratio[rows[start:end, None], into] = block
        on_list[rows[start:end, None], into] = True


def _weeks(
    reader: Reader, wanted: Wanted, spots: _Spots, further: Sequence[str]
) -> tuple[dict[str, Floats], Places]:
    """Sums of each location and week, added up by the database; a measure that lacks a day of the week is unknown in it."""
    shape = (len(spots.ids), wanted.weeks)
    lookup = {spot.hex: number for number, spot in enumerate(spots.ids)}
    named = _measures(reader, further)
    sums = {name: np.full(shape, np.nan) for name in named}
    days = np.zeros(shape, dtype=np.int32)
    if not wanted.weeks or not spots.ids:
        return {}, days
    week = reader.weeks_since(col(OutcomeDay.day), wanted.first)
    counts: list[Expression] = [
        sa.func.count(column).label(f"n{number}") for number, column in enumerate(named.values())
    ]
    totals: list[Expression] = [
        reader.real(sa.func.coalesce(sa.func.sum(column), 0)).label(f"s{number}")
        for number, column in enumerate(named.values())
    ]
    asked = (
        sa.select(
            reader.as_text(col(OutcomeDay.location_id)).label("location"),
            week.label("week"),
            sa.func.count().label("days"),
            *counts,
            *totals,
        )
        .where(col(OutcomeDay.day) >= wanted.first, col(OutcomeDay.day) < wanted.end)
        .group_by(col(OutcomeDay.location_id), week)
    )
    for batch in reader.batches(asked):
        row = batch.looked_up("location", lookup)
        here = row >= 0
        at = (row[here], batch.whole("week")[here])
        covered = batch.whole("days")[here]
        days[at] = covered
        for number, name in enumerate(named):
            whole = batch.whole(f"n{number}")[here] == covered
            total = batch.reals(f"s{number}")[here]
            sums[name][at] = np.where(whole, total / 100 if name == "revenue" else total, np.nan)
    return {name: table for name, table in sums.items() if np.isfinite(table).any()}, days


def _measures(reader: Reader, further: Sequence[str]) -> dict[str, Expression]:
    found: dict[str, Expression] = {
        "visitors": col(OutcomeDay.visitors),
        "transactions": col(OutcomeDay.transactions),
        "revenue": col(OutcomeDay.revenue_cents),
        "complaints": col(OutcomeDay.complaints),
    }
    for name in further:
        found[name] = reader.number_in(col(OutcomeDay.more), name)
    return found


def _of_those_with_data(
    spots: _Spots,
    wanted: Wanted,
    identities: Identities,
    visits: _Visits,
    measures: Mapping[str, Floats],
    days: Places,
) -> Facts:
    """Leaves out locations that have neither visits nor numbers in the period."""
    there = np.zeros(len(spots.ids), dtype=np.bool_)
    there |= days.any(axis=1)
    there[np.unique(visits.location)] = True
    kept = np.flatnonzero(there)
    number = np.full(len(spots.ids), -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)

    def those(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(values[index] for index in kept.tolist())

    return Facts(
        locations=those(spots.codes),
        regions=those(spots.regions),
        formats=those(spots.formats),
        items=identities.names,
        first_day=wanted.first,
        weeks=wanted.weeks,
        visits=tuple(visits.ids.tolist()),
        location=number[visits.location] if len(visits.location) else visits.location,
        day=visits.day,
        shopper=visits.shopper,
        version=visits.version,
        ratio=visits.ratio,
        on_list=visits.on_list,
        measures={name: table[kept] for name, table in measures.items()},
        days_covered=days[kept],
    )
