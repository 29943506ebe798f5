"""The tests' own PostgreSQL: really there, each test alone in its database, and no durability promised."""

import os
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from audit_app.migrations import state as migrations
from tests.support import postgres as harness

pytestmark = pytest.mark.postgres


def test_a_test_gets_an_empty_database_of_its_own(postgres, empty_postgres_url):
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute("create table note (word text)")
        connection.execute("insert into note values ('добрий день')")

    with postgres.database(migrated=False) as other, psycopg.connect(other) as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        encoding = connection.execute("show server_encoding").fetchone()

    assert tables == (0,)
    assert encoding == ("UTF8",)


def test_a_migrated_database_stands_at_the_newest_change_and_is_made_anew_for_each_test(
    postgres, postgres_url
):
    engine = create_engine(postgres_url)
    newest = migrations.is_newest(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table left_behind ()")
    engine.dispose()

    with postgres.database() as other, psycopg.connect(other) as connection:
        tables = {
            name
            for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'")
        }

    assert newest
    assert "alembic_version" in tables
    assert "left_behind" not in tables


def test_a_database_is_gone_after_its_test_even_when_a_connection_was_left_open(postgres):
    with postgres.database(migrated=False) as url:
        forgotten = psycopg.connect(url)

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        forgotten.execute("select 1")
    forgotten.close()


def test_the_server_can_be_reached_only_through_its_private_folder(postgres):
    with psycopg.connect(postgres.url("postgres")) as connection:
        addresses = connection.execute("show listen_addresses").fetchone()

    assert addresses == ("",)
    assert Path(os.environ[harness.FOLDER]).stat().st_mode & 0o077 == 0


def test_a_machine_without_postgresql_fails_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(()))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(pytest.fail.Exception, match="apt-get install postgresql"):
        harness.find_programs()
