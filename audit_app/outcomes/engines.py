"""Sums of a source, made inside the engine that holds the rows: DuckDB for files, PostgreSQL, or Spark.

Situation: receipts are billions of rows in a warehouse, and a study needs a handful of numbers a location and day.
Choice: one Ibis expression for all engines; only its result, the sums, comes over. Money is added up as decimals, so every
engine gives the same cents. DuckDB reads nothing but the folder of sources and can neither write nor load extensions.
Refused: SQL from people, copying rows over.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import make_url

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.outcomes.rules.expressions import Expression, Filter, How, Measure, check_files

MOST_ROWS: Final = 5_000_000
"""More sums than this cannot be meant: 2,000 locations have so many days in seven years."""
FOLDER: Final = "sources"
"""Below the data folder; files of sources stand here."""


class SourceFailed(AuditError):
    """The engine could not sum this source."""

    status = 422
    code = "source_failed"


class EngineNotSet(AuditError):
    """A table needs an engine: set AUDIT_ANALYTICS_URL to postgresql://… or spark://…"""

    status = 422
    code = "no_engine"


@dataclass(frozen=True)
class Aggregate:
    """What comes over: one row a location and day."""

    codes: list[str | None]
    days: list[date | None]
    values: dict[str, list[float | None]]


def engine_of(url: str | None) -> str:
    """The kind of engine an address names; the embedded one where there is none."""
    return (url or "duckdb://").partition("://")[0].partition("+")[0]


def _ibis() -> Any:
    """Loaded with the first source: it takes longer than the rest of the app together."""
    import ibis  # noqa: PLC0415

    return ibis


def aggregated(table: Any, expression: Expression) -> Any:
    """The one expression of all engines: rows in, sums of locations and days out."""
    location = table[expression.location].cast("string")
    if expression.codes:
        location = location.substitute(dict(expression.codes), else_=location)
    marked = table.mutate(outcome_location=location, outcome_day=table[expression.day].cast("date"))
    kept = marked.filter(marked.outcome_location.notnull(), marked.outcome_day.notnull())
    sums = {f"m_{number}": _sum(kept, one) for number, one in enumerate(expression.measures)}
    return kept.group_by("outcome_location", "outcome_day").aggregate(**sums)


def _sum(table: Any, measure: Measure) -> Any:
    where = _where(table, measure.only) if measure.only else None
    if measure.how is How.COUNT:
        return table.count(where=where)
    if measure.how is How.DISTINCT:
        return table[measure.column].nunique(where=where)
    total = table[measure.column].cast("decimal(18, 4)").sum(where=where)
    # A filter that nothing passed leaves nothing to add up, which is zero; a column that is empty is unknown.
    return total if where is None else total.fill_null(0)


def _where(table: Any, only: Filter) -> Any:
    found = table[only.column].cast("string").isin(list(only.words))
    return found if only.among else ~found.fill_null(False)


def sum_up(expression: Expression, *, analytics_url: str | None, data: Path) -> Aggregate:
    """Run the expression where the rows are. Raises `SourceFailed` with what the engine said, without any secret."""
    kind = engine_of(analytics_url)
    try:
        with ExitStack() as open_until_done:
            table = open_until_done.enter_context(_table(expression, kind, analytics_url or "", data))
            asked = aggregated(table, expression).limit(MOST_ROWS + 1)
            rows = asked.to_pyarrow()
    except AuditError:
        raise
    except Exception as odd:
        raise SourceFailed(
            _("The engine could not sum this source: %(reason)s"), reason=_reason(odd, analytics_url)
        ) from None
    if rows.num_rows > MOST_ROWS:
        raise SourceFailed(
            _("There are more than five million days of locations. Check the columns of location and day.")
        )
    names = [one.name for one in expression.measures]
    order = rows.sort_by([("outcome_location", "ascending"), ("outcome_day", "ascending")])
    return Aggregate(
        order.column("outcome_location").to_pylist(),
        order.column("outcome_day").to_pylist(),
        {
            name: [None if one is None else float(one) for one in order.column(f"m_{number}").to_pylist()]
            for number, name in enumerate(names)
        },
    )


def _reason(odd: Exception, url: str | None) -> str:
    """The first line of what the engine said; addresses and passwords are left out."""
    said = (str(odd).strip().splitlines() or [type(odd).__name__])[0]
    address = (url or "").partition("://")[2]
    password = address.rpartition("@")[0].partition(":")[2]
    for secret in filter(None, (url, password, unquote(password), address)):
        said = said.replace(secret, "…")
    said = re.sub(r"\b\w+://\S+", "…", said)
    return re.sub(r"password=\S+", "password=…", said)[:300]


@contextmanager
def _table(expression: Expression, kind: str, url: str, data: Path) -> Iterator[Any]:
    """The rows of a source as a table of its engine; nothing is read yet."""
    if kind == "spark":
        with _spark(url) as engine:
            yield (
                _files(engine, expression.files, data)
                if expression.files
                else _named(engine, expression.table)
            )
        return
    if expression.files:
        engine = _duckdb(data)
    elif kind in ("postgresql", "postgres"):
        engine = _postgres(url)
    else:
        raise EngineNotSet
    try:
        yield _files(engine, expression.files, data) if expression.files else _named(engine, expression.table)
    finally:
        engine.disconnect()


def _named(engine: Any, name: str) -> Any:
    schema, _dot, table = name.rpartition(".")
    return engine.table(table, database=schema or None)


def _files(engine: Any, pattern: str, data: Path) -> Any:
    check_files(pattern)
    root = (data / FOLDER).resolve()
    found = sorted(path for path in root.glob(pattern) if path.is_file())
    if not found:
        raise SourceFailed(_("There are no files “%(files)s” below the folder of sources."), files=pattern)
    # A link may lead anywhere, so the place itself is asked.
    if any(not path.resolve().is_relative_to(root) for path in found):
        raise SourceFailed(_("A file of this source lies outside the folder of sources."))
    read: Callable[..., Any] = engine.read_parquet if pattern.endswith(".parquet") else engine.read_csv
    if engine.name == "pyspark":  # takes a pattern, not a list
        options = {} if pattern.endswith(".parquet") else {"header": True, "inferSchema": True}
        return read(f"file://{root / pattern}", **options)
    return read([str(path) for path in found])


def _duckdb(data: Path) -> Any:
    root = (data / FOLDER).resolve()
    root.mkdir(parents=True, exist_ok=True)
    engine = _ibis().duckdb.connect()
    quoted = str(root).replace("'", "''")  # our own folder; settings take no bound values
    engine.raw_sql(f"SET allowed_directories = ['{quoted}']")
    engine.raw_sql("SET enable_external_access = false")
    engine.raw_sql("SET lock_configuration = true")
    return engine


def _postgres(url: str) -> Any:
    """A session that may only read and gives up after ten minutes."""
    parts = make_url(url)
    given = {"host": parts.host, "port": parts.port, "user": parts.username, "password": parts.password}
    for name in ("host", "port", "sslmode"):
        said = parts.query.get(name)
        if isinstance(said, str):
            given[name] = said
    return _ibis().postgres.connect(
        database=parts.database,
        options="-c default_transaction_read_only=on -c statement_timeout=600000",
        **{name: value for name, value in given.items() if value is not None},
    )


@contextmanager
def _spark(url: str) -> Iterator[Any]:
    """`spark://local[2]` runs on this machine; `spark://host:port` is a cluster's master."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only installed where Spark is used

    master = url.removeprefix("spark://")
    session = (
        SparkSession.builder.master(master if master.startswith("local") else url)
        .appName("audit-app")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield _ibis().pyspark.connect(session)
