"""Asks SQLite or PostgreSQL through ADBC and hands over Arrow batches as numpy columns.

Statements are built by SQLAlchemy and compiled for the engine with their values bound by its own rules for literals, so the
same statement runs on both and no text is ever pasted together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import Engine

from audit_app.kit.later import later

adbc = later("adbc_driver_manager")
adbc_postgresql = later("adbc_driver_postgresql")
adbc_sqlite = later("adbc_driver_sqlite")
pa = later("pyarrow")
pc = later("pyarrow.compute")


ROWS_AT_ONCE: Final = 1 << 13

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Expression = Any
"""A column, or what is made of columns: SQLAlchemy has too many types for it."""


@dataclass(frozen=True)
class Batch:
    """Some thousand rows, in columns. Numbers go over by DLPack: Arrow's own `to_numpy` would import pandas."""

    rows: Any

    def _column(self, name: str) -> Any:
        return self.rows.column(self.rows.schema.get_field_index(name))

    def whole(self, name: str) -> Whole:
        """Whole numbers; there must be no gap."""
        return np.asarray(np.from_dlpack(pc.cast(self._column(name), pa.int64())), np.int64)

    def reals(self, name: str) -> npt.NDArray[np.float64]:
        """Numbers; there must be no gap."""
        return np.asarray(np.from_dlpack(pc.cast(self._column(name), pa.float64())), np.float64)

    def words(self, name: str) -> npt.NDArray[np.str_]:
        """Short texts such as ids."""
        return np.asarray(self._column(name).to_pylist(), dtype=np.str_)

    def documents(self, name: str, kept: npt.NDArray[np.bool_]) -> Iterator[memoryview]:
        """Long texts of the kept rows as they lie in Arrow's memory, without a copy of each."""
        column = self._column(name)
        wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
        _valid, places, data = column.buffers()
        count = len(column) + 1
        ends = np.frombuffer(
            places, np.int64 if wide else np.int32, count, column.offset * (8 if wide else 4)
        )
        whole = memoryview(data)
        for begin, end in zip(ends[:-1][kept].tolist(), ends[1:][kept].tolist(), strict=True):
            yield whole[begin:end]

    def looked_up(self, name: str, numbers: Mapping[str, int]) -> Places:
        """The number of each id (32 hexadecimal digits); -1 where it is not among them. Each id is looked up once."""
        coded = pc.dictionary_encode(self._column(name))
        of = np.array(
            [numbers.get(word.replace("-", ""), -1) for word in coded.dictionary.to_pylist()], dtype=np.int32
        )
        return of[np.from_dlpack(coded.indices)] if len(of) else np.zeros(0, dtype=np.int32)

    def numbered(self, name: str, known: dict[str, int]) -> Places:
        """The number of each text; one met for the first time gets the next number."""
        coded = pc.dictionary_encode(self._column(name))
        of = np.array(
            [known.setdefault(text, len(known)) for text in coded.dictionary.to_pylist()], dtype=np.int32
        )
        return of[np.from_dlpack(coded.indices)] if len(of) else np.zeros(0, dtype=np.int32)


class Reader:
    """One database, asked for columns. What the two engines write differently stands here and nowhere else."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"

    def _open(self) -> Any:
        url = self.engine.url
        if self.sqlite:
            return adbc_sqlite.connect(str(url.database))
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return adbc_postgresql.connect(plain)

    def batches(self, asked: Expression) -> Iterator[Batch]:
        """The rows in batches, as the engine hands them over; nothing is gathered."""
        compiled = str(asked.compile(dialect=self.engine.dialect, compile_kwargs={"literal_binds": True}))
        # literal_binds doubles every per cent sign for the usual driver; ADBC takes the text as it is.
        statement = compiled.replace("%%", "%") if not self.sqlite else compiled
        # Not by ADBC's DB-API: that imports pyarrow.dataset, and with it pandas, which takes longer than a small study.
        with (
            self._open() as database,
            adbc.AdbcConnection(database) as connection,
            adbc.AdbcStatement(connection) as asking,
        ):
            if self.sqlite:
                asking.set_options(**{"adbc.sqlite.query.batch_rows": str(ROWS_AT_ONCE)})
            asking.set_sql_query(statement)
            stream, _rows = asking.execute_query()
            for rows in pa.RecordBatchReader.from_stream(stream):
                if rows.num_rows:
                    yield Batch(rows)

    def as_text(self, column: Expression) -> Expression:
        """The column as text: ids and documents."""
        return sa.type_coerce(column, sa.Text) if self.sqlite else sa.cast(column, sa.Text)

    def seconds(self, moment: Expression) -> Expression:
        """Whole seconds since 1970."""
        if self.sqlite:
            return sa.cast(sa.func.strftime("%s", sa.type_coerce(moment, sa.Text)), sa.BigInteger)
        return sa.cast(sa.func.floor(sa.func.extract("epoch", moment)), sa.BigInteger)

    def weeks_since(self, day: Expression, first: date) -> Expression:
        """How many whole weeks after `first` the day lies (it must not lie before)."""
        if self.sqlite:
            days = sa.func.julianday(sa.type_coerce(day, sa.Text)) - sa.func.julianday(first.isoformat())
            return sa.cast(days / 7.0, sa.BigInteger)
        return sa.cast(sa.func.floor((day - sa.literal(first, sa.Date)) / 7.0), sa.BigInteger)

    def real(self, number: Expression) -> Expression:
        """The number as a double."""
        return sa.cast(number, sa.REAL if self.sqlite else sa.DOUBLE_PRECISION)

    def number_in(self, document: Expression, name: str) -> Expression:
        """A number inside a document; null where it is not there."""
        if self.sqlite:
            return sa.func.json_extract(sa.type_coerce(document, sa.Text), f'$."{name}"')
        return sa.cast(document[name].as_string(), sa.DOUBLE_PRECISION)
