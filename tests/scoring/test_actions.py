"""Scores in the database: kept with their inputs, never edited, the newest one current."""

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from audit_app.scoring.actions import score_visit
from audit_app.scoring.models import VisitScore
from audit_app.visits.events import VisitSubmitted
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import ALL_YES, make_revision, make_version, make_visit


def test_a_score_keeps_its_inputs_and_a_correction_adds_a_second_one(both_engines):
    with Session(both_engines.writing) as session:
        location = make_location(session, attributes={"parking": "yes"})
        visit = make_visit(session, location, make_version(session), make_person(session, "Mara", "shopper"))
        first = make_revision(
            session, visit, {**ALL_YES, "receipt": {"answer": "no", "comment": "none given"}}
        )
        score_visit(session, VisitSubmitted(visit.id, first.id), [].append)
        second = make_revision(session, visit, number=2)
        score_visit(session, VisitSubmitted(visit.id, second.id), [].append)
        session.commit()

        rows = session.exec(select(VisitScore).order_by(VisitScore.computed_at)).all()
        assert [
            (row.revision_id, row.ratio, row.tenths, row.passed, row.band, row.critical, row.current)
            for row in rows
        ] == [
            (first.id, "1/2", 500, False, 0, ["receipt"], False),
            (second.id, "1", 1000, True, 1, [], True),
        ]
        assert rows[0].attributes == {"parking": "yes"}
        assert rows[1].sections == [{"code": "welcome", "tenths": 1000}, {"code": "till", "tenths": 1000}]


def test_the_database_refuses_to_edit_a_score(both_engines):
    with Session(both_engines.writing) as session:
        visit = make_visit(session, make_location(session), make_version(session))
        revision = make_revision(session, visit)
        score_visit(session, VisitSubmitted(visit.id, revision.id), [].append)
        session.commit()

        with pytest.raises(DBAPIError, match="never edited"):
            session.connection().exec_driver_sql("update visit_score set tenths = 999")
