"""A source is summed inside its engine, by one expression; nothing but the sums comes over, and nothing outside is read."""

import decimal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from audit_app.outcomes.engines import Aggregate, EngineNotSet, SourceFailed, sum_up
from audit_app.outcomes.rules.expressions import Expression, SourceNotUnderstood, read_expression

MEASURES: list[dict[str, Any]] = [
    {"name": "transactions", "how": "count", "only": {"column": "kind", "words": ["sale", "online"]}},
    {"name": "revenue", "how": "sum", "column": "amount"},
    {"name": "returns", "how": "sum", "column": "amount", "only": {"column": "kind", "words": ["return"]}},
    {"name": "buyers", "how": "distinct", "column": "customer", "only": {"column": "kind", "words": ["return"], "among": False}},
]  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "files": "receipts/*.parquet",
    "location": "store",
    "day": "at",
    "measures": MEASURES,
    "codes": {"S1": "old-town", "S1B": "old-town"},
}


def receipts() -> dict[str, list[Any]]:
    """A thousand receipts of three shops; the third one has two tills that name it differently, some rows are broken."""
    begin = datetime(2026, 10, 5, 9, tzinfo=UTC).replace(tzinfo=None)
    stores = ["S0", "S1", "S1B", None]
    return {
        "store": [stores[n % 4 if n % 97 else 3] for n in range(1000)],
        "at": [begin + timedelta(hours=n % 260) if n % 89 else None for n in range(1000)],
        "amount": [decimal.Decimal(n % 37) * decimal.Decimal("1.15") for n in range(1000)],
        "kind": [("sale", "online", "return", None)[n % 5 % 4] for n in range(1000)],
        "customer": [n % 23 if n % 7 else None for n in range(1000)],
    }


def table() -> pa.Table:
    return pa.table(receipts(), schema=pa.schema([
        ("store", pa.string()), ("at", pa.timestamp("us")), ("amount", pa.decimal128(12, 2)),
        ("kind", pa.string()), ("customer", pa.int64()),
    ]))  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "sources" / "receipts"
    folder.mkdir(parents=True)
    whole = table()
    pyarrow.parquet.write_table(whole.slice(0, 400), folder / "a.parquet")
    pyarrow.parquet.write_table(whole.slice(400), folder / "b.parquet")
    return tmp_path


def by_hand() -> dict[tuple[str, Any], tuple[float, ...]]:
    """The same sums in plain Python."""
    found: dict[tuple[str, Any], list[Any]] = {}
    for store, at, amount, kind, customer in zip(*receipts().values(), strict=True):
        if store is None or at is None:
            continue
        place = "old-town" if store in ("S1", "S1B") else store
        sums = found.setdefault((place, at.date()), [0, decimal.Decimal(0), decimal.Decimal(0), set()])
        sums[0] += kind in ("sale", "online")
        sums[1] += amount
        sums[2] += amount if kind == "return" else 0
        if kind != "return" and customer is not None:
            sums[3].add(customer)
    return {key: (one[0], float(one[1]), float(one[2]), len(one[3])) for key, one in found.items()}


def as_dict(found: Aggregate) -> dict[tuple[str | None, Any], tuple[float | None, ...]]:
    return {
        (code, day): values
        for code, day, values in zip(
            found.codes, found.days, zip(*found.values.values(), strict=True), strict=True
        )
    }


def test_duckdb_sums_files_as_one_would_by_hand(data: Path) -> None:
    found = sum_up(read_expression(DOCUMENT), analytics_url=None, data=data)

    assert as_dict(found) == by_hand()
    assert list(found.values) == ["transactions", "revenue", "returns", "buyers"]
    assert sorted(zip(found.codes, found.days, strict=True)) == list(
        zip(found.codes, found.days, strict=True)
    )

    pyarrow.csv.write_csv(table(), data / "sources" / "all.csv")
    again = sum_up(read_expression({**DOCUMENT, "files": "all.csv"}), analytics_url="duckdb://", data=data)
    assert again == found


@pytest.mark.postgres
def test_postgresql_gives_the_same_sums_and_may_not_write(data: Path, empty_postgres_url: str) -> None:
    plain = empty_postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        cursor.execute("create schema till")
        cursor.execute(
            "create table till.receipts (store text, at timestamp, amount numeric, kind text, customer bigint)"
        )
        with cursor.copy("copy till.receipts from stdin") as pipe:
            for row in zip(*receipts().values(), strict=True):
                pipe.write_row(row)
    expression = read_expression({**DOCUMENT, "files": "", "table": "till.receipts"})

    assert sum_up(expression, analytics_url=plain, data=data) == sum_up(
        read_expression(DOCUMENT), analytics_url=None, data=data
    )
    with pytest.raises(SourceFailed) as refused:
        sum_up(read_expression({**DOCUMENT, "files": "", "table": "nothing"}), analytics_url=plain, data=data)
    assert "nothing" in str(refused.value.values["reason"])


@pytest.mark.spark
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same_sums(data: Path) -> None:
    expression = read_expression(DOCUMENT)

    assert sum_up(expression, analytics_url="spark://local[2]", data=data) == sum_up(
        expression, analytics_url=None, data=data
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"files": "../secret.csv"}, "files"),
        ({"files": "/etc/hosts.csv"}, "files"),
        ({"files": "a/../../b.csv"}, "files"),
        ({"files": "**/x.parquet"}, "files"),
        ({"files": "x.db"}, "files"),
        ({"files": "http://x/y.csv"}, "files"),
        ({"table": "receipts"}, "files"),
        ({"files": "", "table": "a b; drop table x"}, "table"),
        ({"location": "store\"; --"}, "location"),
        ({"day": ""}, "day"),
        ({"measures": []}, "measures"),
        ({"measures": [MEASURES[0], MEASURES[0]]}, "measures"),
        ({"measures": [{"name": "Two words", "how": "count"}]}, "measure-0"),
        ({"measures": [{"name": "a", "how": "median", "column": "x"}]}, "measure-0"),
        ({"measures": [{"name": "a", "how": "sum", "column": "f(x)"}]}, "measure-0"),
        ({"measures": [{"name": "a", "how": "count", "only": {"column": "x", "words": []}}]}, "measure-0"),
    ],
)  # fmt: skip
def test_what_is_no_plain_expression_is_refused(change: dict[str, Any], place: str) -> None:
    with pytest.raises(SourceNotUnderstood) as refused:
        read_expression({**DOCUMENT, **change})
    assert refused.value.place == place


def test_an_expression_is_kept_as_it_is() -> None:
    expression = read_expression(DOCUMENT)

    assert read_expression(expression.document()) == expression


def test_nothing_outside_the_folder_is_read(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("store,at\nS1,2026-10-05\n")
    (data / "sources" / "link.csv").symlink_to(outside)
    plain = {**DOCUMENT, "measures": [{"name": "visitors", "how": "count"}]}

    with pytest.raises(SourceFailed):
        sum_up(read_expression({**plain, "files": "link.csv"}), analytics_url=None, data=data)
    with pytest.raises(SourceFailed):
        sum_up(read_expression({**plain, "files": "none.csv"}), analytics_url=None, data=data)
    with pytest.raises(EngineNotSet):
        sum_up(read_expression({**plain, "files": "", "table": "t"}), analytics_url=None, data=data)


def test_a_secret_is_not_in_the_reason(data: Path) -> None:
    url = "postgresql://audit:very-secret@127.0.0.1:1/nothing"
    expression: Expression = read_expression({**DOCUMENT, "files": "", "table": "receipts"})
    with pytest.raises(SourceFailed) as refused:
        sum_up(expression, analytics_url=url, data=data)
    assert "very-secret" not in str(refused.value.values)
