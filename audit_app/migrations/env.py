"""Runs the changes on one database, in one transaction each; foreign keys of SQLite are checked again at the end."""

import logging
from typing import Any

from alembic import context
from sqlalchemy import create_engine, event, make_url
from sqlmodel import SQLModel

logging.getLogger("alembic").setLevel(logging.WARNING)
config = context.config
url = config.get_main_option("sqlalchemy.url") or ""
engine = create_engine(url)
is_sqlite = make_url(url).get_backend_name() == "sqlite"

if is_sqlite:

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        raw.execute("pragma journal_mode=wal")
        raw.execute("pragma foreign_keys=off")  # batch changes copy tables

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        compare_type=True,
        user_module_prefix="sqlmodel.sql.sqltypes.",
    )
    with context.begin_transaction():
        context.run_migrations()
    if is_sqlite:
        broken = connection.exec_driver_sql("pragma foreign_key_check").fetchall()
        connection.rollback()
        if broken:
            raise RuntimeError(f"Rows point nowhere after the change: {broken[:5]}")
engine.dispose()
