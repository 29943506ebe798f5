"""Past visits under the rules of a draft: nothing is stored, new items are left out, flips are counted."""

from datetime import timedelta
from itertools import product

import pytest
from sqlmodel import Session, col, select

from audit_app.kit import clock
from audit_app.kit.db import write
from audit_app.scoring.actions import keep_score
from audit_app.scoring.models import VisitScore
from audit_app.scoring.rules.answered import score_answers
from audit_app.scoring.what_if import _rescored, what_if
from audit_app.standards import actions
from audit_app.standards.models import StandardVersion
from audit_app.standards.parsed import version_of
from audit_app.standards.rules.editing import find_item
from audit_app.visits.models import VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.standards import make_version
from tests.factories.visits import make_revision, make_visit

NOW = clock.now()


@pytest.fixture
def world(both_engines):
    """Two visits of version 1: one perfect, one without a greeting (4 of 5 points lost); and a draft of version 2."""
    with write(both_engines) as session:
        make_person(session, "Quinn", "quality_manager", email="quinn@example.org")
        version = make_version(session)
        place = make_location(session)
        for said in ("yes", "no"):
            visit = make_visit(session, place, version, state=VisitState.APPROVED, submitted_at=NOW)
            answers = {"greeted": {"answer": said}, "smile": {"answer": "yes"}}
            revision = make_revision(session, visit, answers)
            keep_score(session, visit.id, revision.id, version, answers, {})
        return actions.new_draft(session, version, None, NOW)


def edit(session, draft, change):
    def apply(document):
        change(document)
        return document

    actions.change_draft(session, draft, apply, seen=draft.edition, what="", by=None, now=NOW)


def test_the_same_rules_change_nothing(both_engines, world):
    with Session(both_engines.reading) as session:
        found = what_if(session, world)
    assert (found.former, found.visits, found.before, found.after) == (1, 2, 600, 600)
    assert (found.to_pass, found.to_fail, found.most_changed) == (0, 0, ())


def test_other_weights_move_the_average_and_flip_a_visit(both_engines, world):
    with write(both_engines) as session:
        draft = session.merge(world)
        edit(session, draft, lambda d: find_item(d, "greeted")[1].update(weight=1))
        edit(session, draft, lambda d: d.update(pass_mark=50))
        stored = session.exec(select(VisitScore.tenths)).all()
        found = what_if(session, draft)
        assert session.exec(select(VisitScore.tenths)).all() == stored
    assert (found.before, found.after) == (600, 750)
    assert (found.to_pass, found.to_fail) == (1, 0)
    assert [(one.before, one.after, one.flips) for one in found.most_changed] == [(200, 500, True)]


def test_an_item_that_is_new_has_no_answers_in_the_past(both_engines, world):
    with write(both_engines) as session:
        draft = session.merge(world)
        edit(
            session, draft, lambda d: find_item(d, "greeted")[1].update(type="pass_partial_fail", evidence={})
        )
        found = what_if(session, draft)
    assert found.left_out == ("greeted",)
    assert (found.before, found.after) == (600, 1000)


def test_many_visits_at_once_score_as_one_by_one(both_engines, world):
    """Also with attributes, answers that are no answers any more, and photos; with the pure rule as the judge."""
    with write(both_engines) as session:
        draft = session.merge(world)
        edit(session, draft, lambda d: find_item(d, "greeted")[1].update(weight=3, na=False))
        edit(
            session,
            draft,
            lambda d: find_item(d, "smile")[1].update(applies_if={"attribute": "patio", "is": ["yes"]}),
        )
        former = session.exec(select(StandardVersion).where(StandardVersion.number == 1)).one()
        place = make_location(session, "other")
        expected = {}
        for n, (said, smile, patio) in enumerate(
            product(("yes", "no", "na", "", "odd"), ("yes", "no"), ("yes", "no"))
        ):
            visit = make_visit(
                session, place, former, state=VisitState.APPROVED, submitted_at=NOW - timedelta(n)
            )
            answers = {"greeted": {"answer": said, "evidence": ["a" * 64]}, "smile": {"answer": smile}}
            revision = make_revision(session, visit, answers)
            keep_score(session, visit.id, revision.id, former, answers, {"patio": patio})
            expected[visit.id] = score_answers(version_of(draft), answers, {"patio": patio}).tenths
        found, unscored = _rescored(session, former.id, version_of(draft), {"greeted", "smile", "receipt"})

    after = {one.visit_id: one.after for one in found if one.visit_id in expected}
    scored = session.exec(select(VisitScore.visit_id).where(col(VisitScore.tenths).is_not(None))).all()
    assert after == {key: tenths for key, tenths in expected.items() if tenths is not None and key in scored}
    assert len(after) + unscored == len(expected)


def test_the_panel_is_for_editors_and_opens_the_visits(client, engines):
    with write(engines) as session:
        quinn = make_person(session, "Quinn", "quality_manager")
        ivo = make_person(session, "Ivo", "location_manager")
        version = make_version(session)
        place = make_location(session)
        visit = make_visit(session, place, version, state=VisitState.APPROVED, submitted_at=NOW)
        answers = {"greeted": {"answer": "no"}, "smile": {"answer": "yes"}}
        keep_score(session, visit.id, make_revision(session, visit, answers).id, version, answers, {})
        draft = actions.new_draft(session, version, None, NOW)
        edit(session, draft, lambda d: find_item(d, "greeted")[1].update(weight=1))

    client.sign_in(quinn)
    path = f"/standards/versions/{draft.id}/what-if"
    panel = client.get(path, fragment=True)
    assert panel.status_code == 200
    assert "<html" not in panel.text
    assert f"/results/visits/{visit.id}/why" in panel.text
    assert client.get(f"/results/visits/{visit.id}/why").status_code == 200
    assert "20.0" in panel.text
    assert "50.0" in panel.text
    assert "<h1>" in client.get(path).text
    assert "/what-if" in client.get(f"/standards/versions/{draft.id}/publish").text
    assert client.get(f"/standards/versions/{version.id}/what-if").status_code == 409
    client.sign_in(ivo)
    assert client.get(path).status_code == 404
