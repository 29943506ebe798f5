"""Fills an empty database with the demo chain: people and places first, then the year of visits, part by part."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from audit_app.kit import audit
from audit_app.kit.db import Engines, read, write
from audit_app.organisation.models import Person
from audit_app.outcomes.store import summarise, write_days
from audit_app.scoring.actions import count_months
from audit_app.standards.models import StandardVersion
from audit_app.visits.models import Visit
from seeds import outcomes
from seeds.chance import named_id
from seeds.paths import Paths, paths
from seeds.people import DOMAIN, People, Shopper, people, person_id
from seeds.photos import Pool
from seeds.places import Place, brand_rows, location_rows, places, region_rows
from seeds.plan import Desk, Plan, plans, submittable
from seeds.quality import Character, characters
from seeds.size import Size
from seeds.standards import MAIN, Standards, standards
from seeds.study import seed_study
from seeds.visits import Maker, Rows

PART = 2500
"""Visits written in one transaction."""
ROWS_AT_ONCE = 5000
BEGUN, DONE = "demo.begun", "demo.seeded"
"""The first and the last audit entry of the seeding; a chain without the last one was broken off."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """What stands in a database already."""

    empty: bool
    demo: bool
    whole: bool


def look(engines: Engines) -> Found:
    """Whether there is anything, whether it is a demo, and whether its seeding came to its end."""
    with read(engines) as session:
        people_here = session.exec(select(func.count()).select_from(Person)).one()
        said = set(
            session.exec(
                select(audit.AuditEntry.action).where(col(audit.AuditEntry.action).in_((BEGUN, DONE)))
            ).all()
        )
    return Found(empty=not people_here and not said, demo=bool(said), whole=DONE in said)


def day_of(now: datetime) -> datetime:
    """The midnight (UTC) from which the demo counts back; the same all day, so the same day gives the same chain."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def seed(
    engines: Engines, photos: Path, size: Size, now: datetime, password_hash: str | None, tell: Tell
) -> None:
    """Fill the empty database."""
    day = day_of(now)
    photos.mkdir(parents=True, exist_ok=True)
    all_places = places(size)
    found = people(size, all_places, day, password_hash)
    known = standards(day)
    with write(engines) as session:
        _write_base(session, size, all_places, found, known, now)
    tell(f"{len(all_places)} locations and {len(found.persons)} people are in.")
    planned = plans(size, all_places, found, known, day)
    character, habits = characters(all_places), paths(all_places)
    maker = Maker(all_places, found, character, Pool(photos, size.photos), day, habits, detail=size.detail)
    counts: dict[str, int] = {}
    begun = told = time.monotonic()
    for number, first in enumerate(range(0, len(planned), PART)):
        rows = maker.rows(planned[first : first + PART], number)
        with write(engines) as session:
            _make_room(session)
            for name, written in _write_rows(session, rows).items():
                counts[name] = counts.get(name, 0) + written
            audit.record(
                session,
                person_id("administrator"),
                "demo.visits_seeded",
                "visit",
                None,
                at=now,
                visits=len(rows.visit),
            )
        if time.monotonic() - told > 10:
            told = time.monotonic()
            done = first + len(rows.visit)
            tell(f"{done:,} of {len(planned):,} visits after {told - begun:.0f} s")
    counts["outcome_day"] = _write_outcomes(engines, all_places, habits, character, now)
    with write(engines) as session:
        count_months(session)
        audit.record(
            session, person_id("administrator"), DONE, "demo", None, at=now, size=size.name, **counts
        )
    if size.detail:
        seed_study(engines, now, tell)
    _tidy(engines)
    tell(
        f"{counts['visit']:,} visits with {counts['visit_score']:,} scores, {counts['evidence']:,} photos and {counts['outcome_day']:,} days of sales are in."
    )


def _write_outcomes(
    engines: Engines, all_places: list[Place], habits: Paths, character: list[Character], now: datetime
) -> int:
    """The numbers of our own shops, day by day."""
    count = 0
    with write(engines) as session:
        _make_room(session)
        put(session, "outcome_measure", [{"name": "staff_hours", "heading": "staff_hours", "since": now}])
        for ids, days in outcomes.parts(all_places, habits, character, day_of(now).date()):
            write_days(session, days, ids)
            summarise(session, ids)
            count += len(days)
        audit.record(
            session,
            person_id("administrator"),
            "demo.outcomes_seeded",
            "outcome_day",
            None,
            at=now,
            days=count,
        )
    return count


def _write_base(
    session: Session, size: Size, all_places: list[Place], found: People, known: Standards, now: datetime
) -> None:
    audit.record(session, None, BEGUN, "demo", None, at=now, size=size.name)
    for name, rows in (
        ("brand", brand_rows()),
        ("region", region_rows()),
        ("location", location_rows(all_places)),
        ("person", found.persons),
        ("role_grant", found.grants),
        ("employee", found.employees),
        ("shopper", found.shoppers),
        ("standard", known.standards),
        ("standard_version", known.versions),
    ):
        put(session, name, rows)
    for name, count in (
        ("location", len(all_places)),
        ("person", len(found.persons)),
        ("employee", len(found.employees)),
    ):
        audit.record(
            session, person_id("administrator"), f"demo.{name}s_seeded", name, None, at=now, count=count
        )
    for row in sorted(known.versions, key=lambda row: row["created_at"]):
        if row["published_at"]:
            audit.record(
                session, row["published_by"], "standard.published", "standard_version", row["id"], at=now,
                standard=row["document"]["code"], number=row["number"], fingerprint=row["fingerprint"],
            )  # fmt: skip


def put(session: Session, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert plain rows into a table, many at once."""
    table = SQLModel.metadata.tables[name]
    connection = session.connection()
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(sa.insert(table), rows[first : first + ROWS_AT_ONCE])


def _write_rows(session: Session, rows: Rows) -> dict[str, int]:
    for part in fields(rows):
        put(session, part.name, getattr(rows, part.name))
    return {part.name: len(getattr(rows, part.name)) for part in fields(rows)}


def _make_room(session: Session) -> None:
    """Random ids touch every page of an index: SQLite needs more than its usual cache while a large chain is written."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("pragma cache_size=-262144")


def _tidy(engines: Engines) -> None:
    """Fresh statistics for the planner of queries; without them a full table is read where an index would do."""
    with engines.writing.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
        connection.commit()


LOADER = "shopper.many"
"""The key of the shopper whose visits `--submittable` makes."""


def ready_to_submit(engines: Engines, size: Size, count: int, now: datetime) -> tuple[UUID, list[UUID]]:
    """One extra shopper with this many accepted visits of the main standard; those already there are counted."""
    day, loader = day_of(now), person_id(LOADER)
    with write(engines) as session:
        if session.get(Person, loader) is None:
            put(session, "person", [
                {"id": loader, "email": f"{LOADER}@{DOMAIN}", "name": "Morgan Lake", "password_hash": None, "locale": "en",
                 "timezone": "Europe/London", "active": True, "created_at": now},
            ])  # fmt: skip
            put(session, "role_grant", [
                {"id": named_id("grant", LOADER), "person_id": loader, "role": "shopper", "region_id": None, "location_id": None},
            ])  # fmt: skip
            put(session, "shopper", [
                {"person_id": loader, "code": "s-many", "phone": "", "languages": ["en"], "latitude": None, "longitude": None},
            ])  # fmt: skip
        mine = select(Visit.id).where(Visit.shopper_id == loader)
        ready = list(session.exec(mine.where(Visit.state == "accepted").order_by(col(Visit.id))).all())[
            :count
        ]
        made = len(session.exec(mine).all())
        known = standards(day)
        newest = session.exec(
            select(StandardVersion.id).where(StandardVersion.id == known.newest.id)
        ).one_or_none()
        assert newest is not None, f"{MAIN} is not published here"
        all_places = places(size)
        desk = Desk(all_places, people(size, all_places, day, None), known, day)
        who = Shopper(loader, "britain-ireland", "London", "en", 0.0)
        more: list[Plan] = submittable(desk, who, made, max(0, count - len(ready)))
        maker = Maker(all_places, desk.found, [], Pool(Path(), 0), day, detail=False)
        _write_rows(session, maker.rows(more, 0))
        audit.record(
            session,
            person_id("administrator"),
            "demo.visits_seeded",
            "visit",
            None,
            at=now + timedelta(0),
            visits=len(more),
        )
    return loader, [*ready, *(plan.id for plan in more)]
