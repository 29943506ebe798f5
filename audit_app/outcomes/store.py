"""Reads and writes days in bulk, on both engines: a year of 2,000 locations is 730,000 rows.

SQLite takes plain tuples with one prepared statement; PostgreSQL takes a COPY into a temporary table and one upsert from it.
Sums of weeks and doubts of the touched locations are made anew in the same transaction.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import repeat
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, col

from audit_app.outcomes.models import OutcomeDay, OutcomeDoubt, OutcomeWeek
from audit_app.outcomes.rules.days import EPOCH, Days, Floats
from audit_app.outcomes.rules.doubts import doubts_in
from audit_app.outcomes.rules.measures import COMPLAINTS, FIXED, REVENUE, TRANSACTIONS, VISITORS

AT_ONCE: Final = 250
"""Locations whose days are in memory at once."""
FEW: Final = 400
"""Up to so many locations are named in a query; beyond it the days alone choose."""
COLUMN: Final = {
    VISITORS: "visitors",
    TRANSACTIONS: "transactions",
    REVENUE: "revenue_cents",
    COMPLAINTS: "complaints",
}
"""The column of each fixed measure."""

Row = tuple[Any, ...]


def known_days(
    session: Session, locations: Sequence[UUID], first: date | None = None, last: date | None = None
) -> Days:
    """What is known of these locations, numbered as they stand in the list."""
    place = {one.hex: number for number, one in enumerate(locations)}
    asked = sa.select(
        _text(session, col(OutcomeDay.location_id)),
        _text(session, col(OutcomeDay.day)),
        col(OutcomeDay.visitors),
        col(OutcomeDay.transactions),
        col(OutcomeDay.revenue_cents),
        col(OutcomeDay.complaints),
        _text(session, col(OutcomeDay.more)),
    )
    if len(locations) <= FEW:
        asked = asked.where(col(OutcomeDay.location_id).in_(locations))
    if first is not None:
        asked = asked.where(col(OutcomeDay.day) >= first)
    if last is not None:
        asked = asked.where(col(OutcomeDay.day) <= last)
    rows: list[Row] = [
        row for row in map(tuple, session.connection().execute(asked)) if _plain(row[0]) in place
    ]
    if not rows:
        return Days(np.zeros(0, np.int32), np.zeros(0, np.int32), {})
    columns = list(zip(*rows, strict=True))
    values = {name: _reals(columns[2 + number]) for number, name in enumerate(FIXED)}
    return Days(
        np.array([place[_plain(code)] for code in columns[0]], dtype=np.int32),
        np.array(columns[1], dtype="datetime64[D]").astype(np.int32),
        {**values, **_further(columns[6])},
    )


def _plain(code: str) -> str:
    return code if len(code) == 32 else code.replace("-", "")


def _text(session: Session, column: Any) -> Any:
    return sa.type_coerce(column, sa.Text) if _sqlite(session) else sa.cast(column, sa.Text)


def _sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _reals(values: Sequence[int | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _further(texts: Sequence[str]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for row, text in enumerate(texts):
        if text == "{}":
            continue
        for name, value in json.loads(text).items():
            if name not in found:
                found[name] = np.full(len(texts), np.nan)
            found[name][row] = value
    return found


def write_days(session: Session, days: Days, locations: Sequence[UUID]) -> None:
    """Put these days in; a day that is there already is replaced."""
    names = [*COLUMN.values(), "more"]
    codes = [_id(session, one) for one in locations]
    # In the order of the key, so that pages of the table are filled one after the other.
    rank = np.argsort(np.argsort([one.hex for one in locations])) if locations else np.zeros(0, np.int64)
    ordered = days.those(np.lexsort((days.day, rank[days.location])))
    _put(session, "outcome_day", ("location_id", "day", *names), 2, _rows(ordered, codes))


def _id(session: Session, one: UUID) -> str:
    return one.hex if _sqlite(session) else str(one)


def _rows(days: Days, codes: Sequence[str]) -> Iterator[Row]:
    texts = np.datetime_as_string(days.day.astype("datetime64[D]")).tolist()
    fixed = [_wholes(days.values.get(name)) for name in FIXED]
    columns: list[Iterable[Any]] = [repeat(None) if one is None else one for one in fixed]
    return zip(
        [codes[number] for number in days.location.tolist()], texts, *columns, _documents(days), strict=False
    )


def _wholes(values: Floats | None) -> list[int | None] | None:
    if values is None:
        return None
    return [None if value != value else int(value) for value in values.tolist()]


def _documents(days: Days) -> Iterable[str]:
    further = {name: values.tolist() for name, values in sorted(days.values.items()) if name not in FIXED}
    if not further:
        return repeat("{}")

    def documents() -> Iterator[str]:
        for row in range(len(days)):
            known = {name: values[row] for name, values in further.items() if values[row] == values[row]}
            yield json.dumps(known, ensure_ascii=False)

    return documents()


def _put(session: Session, table: str, names: Sequence[str], keys: int, rows: Iterable[Row]) -> None:
    """Many rows into one of our own tables; those with the same key (the first columns) are replaced."""
    target = OutcomeDay.metadata.tables[table]
    whole = list(rows)
    if not whole:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        insert = (
            sa.insert(target).prefix_with("OR REPLACE").values({name: sa.bindparam(name) for name in names})
        )
        compiled = insert.compile(dialect=connection.dialect)
        order = [names.index(name) for name in compiled.positiontup or names]
        moved = whole if order == list(range(len(names))) else [tuple(row[n] for n in order) for row in whole]
        connection.exec_driver_sql(str(compiled), moved)
        return
    copy = sa.Table(f"new_{table}", sa.MetaData(), prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    for name in names:
        copy.append_column(sa.Column(name, target.c[name].type))
    copy.create(connection)
    cursor = connection.connection.cursor()
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(copy.name), listed)) as pipe:
        for row in whole:
            pipe.write_row(row)
    insert_from = postgresql.insert(target).from_select(list(names), sa.select(copy))
    connection.execute(
        insert_from.on_conflict_do_update(
            index_elements=list(names[:keys]),
            set_={name: insert_from.excluded[name] for name in names[keys:]},
        )
    )
    copy.drop(connection)


def summarise(session: Session, locations: Sequence[UUID]) -> None:
    """Make sums of weeks and doubts of these locations anew from their days."""
    for begin in range(0, len(locations), AT_ONCE):
        part = list(locations[begin : begin + AT_ONCE])
        connection = session.connection()
        for model in (OutcomeWeek, OutcomeDoubt):
            connection.execute(sa.delete(model).where(col(model.location_id).in_(part)))
        days = known_days(session, part)
        if len(days):
            _summarise(session, days, part)


def _summarise(session: Session, days: Days, locations: Sequence[UUID]) -> None:
    codes = [_id(session, one) for one in locations]
    found = doubts_in(days)
    texts = np.datetime_as_string(days.day.astype("datetime64[D]"))
    scale = [100.0 if measure == REVENUE else 1.0 for measure in found.measure]
    _put(
        session,
        "outcome_doubt",
        ("location_id", "day", "kind", "measure", "value", "usual"),
        4,
        (
            (codes[days.location[row]], str(texts[row]), str(kind), measure, value / by, None if usual != usual else usual / by)
            for row, kind, measure, value, usual, by in zip(
                found.row.tolist(), found.kind, found.measure, found.value.tolist(), found.usual.tolist(), scale, strict=True
            )
        ),
    )  # fmt: skip
    week = (days.day + 3) // 7  # weeks begin on Monday; the first of January 1970 was a Thursday
    keys, back = np.unique(days.location.astype(np.int64) * 10**5 + week, return_inverse=True)

    def total(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return np.bincount(back, weights=values, minlength=len(keys)).astype(np.float64)

    given = np.ones(len(days))
    full = np.ones(len(days), dtype=np.bool_)
    sums: list[list[int | None]] = []
    for name in FIXED:
        values = days.values[name]
        known = ~np.isnan(values)
        if name in (VISITORS, TRANSACTIONS):
            full &= known
        some = total(known.astype(np.float64)) > 0
        sums.append(_wholes(np.where(some, total(np.where(known, values, 0.0)), np.nan)) or [])
    odd = np.bincount(back[found.row], minlength=len(keys))
    _put(
        session,
        "outcome_week",
        ("location_id", "monday", "days", "full", "doubts", *COLUMN.values()),
        2,
        zip(
            [codes[key // 10**5] for key in keys.tolist()],
            [(EPOCH + timedelta(days=int(key % 10**5) * 7 - 3)).isoformat() for key in keys.tolist()],
            total(given).astype(int).tolist(),
            total(full.astype(np.float64)).astype(int).tolist(),
            odd.tolist(),
            *sums,
            strict=True,
        ),
    )
