"""Two reports of one visit: both are kept, a person decides, nothing is overwritten."""

import json
from uuid import uuid4

import pytest
from sqlmodel import select

from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import read, write
from audit_app.scoring.models import VisitScore
from audit_app.visits.models import KeptChoice, Revision, Visit, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit


@pytest.fixture
def world(both_engines, make_client):
    """A visit that was sent from two phones; Rita reviews."""
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
        rita = make_person(session, "Rita", "reviewer")
    client = make_client(both_engines).sign_in(mara)
    assert [send(client, visit, "5"), send(client, visit, "1")] == [201, 202]
    return client.sign_in(rita), visit, mara, both_engines


def send(client, visit, smile):
    answers = [
        {"item": "greeted", "answer": "yes"},
        *([{"item": "smile", "answer": smile}] if smile else []),
        {"item": "receipt", "answer": "yes"},
    ]
    body = {"submission_id": str(uuid4()), "base_version": 0, "answers": answers}
    path = f"/api/v1/visits/{visit.id}/submission"
    return client.put(path, content=json.dumps(body).encode()).status_code


def rows(engines, kind):
    with read(engines) as session:
        return list(session.exec(select(kind)).all())


def decide(client, engines, visit, choice, reason="Sent from the newer phone.", which=1):
    kept = sorted((r for r in rows(engines, Revision) if r.state == "conflict"), key=lambda r: r.number)
    path = f"/review/{visit.id}/kept/{kept[which - 1].id}"
    [now] = [one for one in rows(engines, Visit) if one.id == visit.id]
    return path, client.post(path, {"choice": choice, "reason": reason, "revision": str(now.revision_id)})


def test_the_kept_report_may_count_and_both_stay(world):
    client, visit, mara, engines = world
    assert "kept beside" in client.get("/review").text
    assert "Look at both and decide" in client.get(f"/review/{visit.id}").text

    path, answer = decide(client, engines, visit, "take")

    assert answer.status_code == 303
    found = sorted(rows(engines, Revision), key=lambda r: r.number)
    assert [(r.number, r.state, r.answers["smile"]["answer"], r.by_id) for r in found] == [
        (1, "accepted", "5", mara.id),
        (2, "conflict", "1", mara.id),
        (3, "accepted", "1", mara.id),
    ]
    assert rows(engines, Visit)[0].revision_id == found[2].id
    assert [s.current for s in sorted(rows(engines, VisitScore), key=lambda s: s.computed_at)] == [
        False,
        True,
    ]
    assert [e.action for e in rows(engines, AuditEntry) if "kept" in e.action] == [
        "visit.conflict_kept",
        "visit.kept_taken",
    ]
    assert "Decided: this report counts." in client.get(path).text
    assert "kept beside" not in client.get("/review").text
    assert decide(client, engines, visit, "leave")[1].status_code == 409
    with read(engines) as session:
        assert verify(session).broken_at is None


def test_it_may_be_laid_aside_even_after_the_decision(world):
    client, visit, _mara, engines = world
    with write(engines) as session:
        session.get_one(Visit, visit.id).state = VisitState.APPROVED

    assert decide(client, engines, visit, "take")[1].status_code == 409
    assert rows(engines, KeptChoice) == []
    assert decide(client, engines, visit, "leave", reason=" ")[1].status_code == 422
    assert decide(client, engines, visit, "leave")[1].status_code == 303
    assert [choice.taken for choice in rows(engines, KeptChoice)] == [False]
    assert len(rows(engines, Revision)) == 2


def test_an_incomplete_one_cannot_count(world):
    client, visit, mara, engines = world
    client.sign_in(mara)
    assert send(client, visit, None) == 202
    with write(engines) as session:
        again = make_person(session, "Rolf", "reviewer")

    _path, answer = decide(client.sign_in(again), engines, visit, "take", which=2)

    assert answer.status_code == 409
    assert "not complete" in answer.text
    assert rows(engines, KeptChoice) == []


def test_others_see_nothing(world):
    client, visit, mara, engines = world
    [kept] = [r for r in rows(engines, Revision) if r.state == "conflict"]
    assert client.get(f"/review/{visit.id}/kept/{uuid4()}").status_code == 404
    assert client.sign_in(mara).get(f"/review/{visit.id}/kept/{kept.id}").status_code == 404
