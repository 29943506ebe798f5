"""The schema goes up, down and up on both engines, with rows in it, and is what the models say."""

import shutil
from collections import Counter

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import Session, SQLModel

from audit_app import flows
from audit_app.kit import audit
from audit_app.kit.db import make_engines, write
from audit_app.migrations import state
from audit_app.standards.models import StandardVersion
from audit_app.visits.events import VisitReleased, VisitSubmitted
from audit_app.visits.models import VisitState
from tests.factories.organisation import make_employee, make_location, make_person
from tests.factories.visits import make_revision, make_version, make_visit


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("empty_postgres_url")


def fill(engines):
    """A row or more in the tables that matter."""
    with write(engines) as session:
        town = make_location(session)
        mara = make_person(session, "Mara", "shopper")
        make_employee(session, town)
        visit = make_visit(session, town, make_version(session), mara, VisitState.RELEASED)
        revision = make_revision(session, visit)
        announce = flows.announcer(session)
        announce(VisitSubmitted(visit.id, revision.id))
        announce(VisitReleased(visit.id))
        audit.record(session, mara.id, "test.filled", "visit", visit.id)


def rows(engines) -> Counter:
    with Session(engines.reading) as session:
        return Counter(
            {
                name: session.connection().execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in SQLModel.metadata.tables.items()
            }
        )


def test_up_down_up_with_rows_in_it(empty_url):
    state.upgrade(empty_url)
    engines = make_engines(empty_url)
    fill(engines)
    assert rows(engines)["visit_score"] == 1
    engines.dispose()

    state.downgrade(empty_url, "base")
    state.upgrade(empty_url)

    engines = make_engines(empty_url)
    assert state.is_newest(engines.reading)
    assert {name for name, n in rows(engines).items() if n} == {"audit_head"}
    fill(engines)
    engines.dispose()


def test_a_filled_database_is_not_touched_by_a_second_upgrade(both_engines):
    fill(both_engines)
    before = rows(both_engines)

    state.upgrade(both_engines.writing.url.render_as_string(hide_password=False))

    assert rows(both_engines) == before


def test_the_schema_is_what_the_models_say(both_engines):
    with both_engines.writing.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("update audit_entry set action = 'nothing'", "append-only"),
        ("delete from audit_entry", "append-only"),
        ("update revision set number = 9", "append-only"),
        ("delete from revision", "append-only"),
        ("update visit_score set tenths = 7", "never edited"),
        ("delete from visit_score", "never deleted"),
        ("update standard_version set document = '{}'", "never edited"),
        ("update standard_version set state = 'draft'", "never edited"),
        ("delete from standard_version", "never deleted"),
    ],
)
def test_the_database_refuses_what_must_never_change(both_engines, sentence, words):
    fill(both_engines)

    with both_engines.writing.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=words):
        connection.exec_driver_sql(sentence)


def test_a_published_version_may_still_be_retired(both_engines):
    fill(both_engines)

    with write(both_engines) as session:
        version = session.exec(sa.select(StandardVersion)).scalar_one()
        version.state = "retired"
        session.add(version)


def test_a_changed_entry_breaks_the_chain_where_it_stands(engines, tmp_path):
    """Somebody with the file in hand drops the trigger and edits an entry: the check names the place."""
    with write(engines) as session:
        for n in range(5):
            audit.record(session, None, f"test.step{n}", "test", None)
    engines.dispose()
    forged = tmp_path / "forged.db"
    shutil.copy(engines.writing.url.database, forged)
    other = make_engines(f"sqlite:///{forged}")
    with other.writing.connect() as connection:
        connection.exec_driver_sql("drop trigger keep_audit_entry_update")
        connection.exec_driver_sql("update audit_entry set action = 'test.other' where position = 3")
        connection.commit()
    with Session(other.reading) as session:
        assert audit.verify(session).broken_at == 3
    other.dispose()
