"""Flags in the database: found at the submission, with a late photo, answered by the shopper, shown to the reviewer."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.visits.models import Evidence, EvidenceState, Revision, Visit, VisitFlag, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import make_version, make_visit

LONG = "The assistant greeted me at the door and smiled."
PHOTO = "ab" * 32


@pytest.fixture
def world(both_engines, make_client):
    """Mara with two accepted visits, in Kyiv and in Lviv."""
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        kyiv, lviv = make_location(session), make_location(session, "other")
        kyiv.latitude, kyiv.longitude = 50.4501, 30.5234
        lviv.latitude, lviv.longitude = 49.84, 24.03
        version = make_version(session)
        visits = [make_visit(session, place, version, mara) for place in (kyiv, lviv)]
        rita = make_person(session, "Rita", "reviewer")
    return make_client(both_engines).sign_in(mara), visits, mara, rita, both_engines


def send(client, visit, comment=LONG, ago=30, took=20, **more):
    began = clock.now() - timedelta(minutes=ago)
    answers = [
        {"item": "greeted", "answer": "yes", "comment": comment, "at": began.isoformat()},
        {"item": "smile", "answer": "4"},
        {"item": "receipt", "answer": "yes"},
    ]
    body = {
        "submission_id": str(uuid4()),
        "base_version": 0,
        "started_at": began.isoformat(),
        "finished_at": (began + timedelta(minutes=took)).isoformat(),
        "answers": answers,
        "evidence": [],
        **more,
    }
    return client.put(f"/api/v1/visits/{visit.id}/submission", content=json.dumps(body).encode())


def flags(engines, visit):
    with read(engines) as session:
        found = session.exec(select(VisitFlag).where(VisitFlag.visit_id == visit.id)).all()
        return {flag.code: flag.numbers for flag in found}


def test_a_plain_visit_has_no_flags(world):
    client, visits, _mara, _rita, engines = world
    place = {"latitude": 50.4502, "longitude": 30.5233, "accuracy": 15}

    assert send(client, visits[0], place=place).status_code == 201

    assert flags(engines, visits[0]) == {}
    with read(engines) as session:
        [revision] = session.exec(select(Revision)).all()
    assert (revision.place, revision.inspected) == (place, True)


def test_everything_odd_is_kept_with_its_numbers_and_nothing_is_refused(world):
    client, visits, _mara, _rita, engines = world
    assert send(client, visits[0]).status_code == 201

    ahead = (clock.now() + timedelta(hours=2)).isoformat()
    odd = send(client, visits[1], comment=LONG.upper(), ago=20, took=1, device_now=ahead,
               place={"latitude": 50.45, "longitude": 30.52, "accuracy": 30})  # fmt: skip

    assert odd.status_code == 201
    found = flags(engines, visits[1])
    assert set(found) == {"copied", "clock", "short", "away", "travel"}
    assert found["copied"] == {"count": 1}
    assert found["short"] == {"minutes": 1.0, "usual": 10}
    assert found["clock"] == {"minutes": 120}
    assert found["travel"]["km"] == 467.5
    assert found["away"]["accuracy"] == 30


@pytest.mark.parametrize(
    "place",
    ["Kyiv", {}, {"latitude": 91, "longitude": 0}, {"latitude": True, "longitude": 0}, {"latitude": 1, "longitude": 2, "accuracy": "x"}],
)  # fmt: skip
def test_nonsense_for_a_place_is_told(world, place):
    client, visits, _mara, _rita, _engines = world
    answer = send(client, visits[0], place=place)
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"place"})


def test_a_photo_sent_before_is_noticed_when_it_arrives_late(world):
    client, visits, _mara, _rita, engines = world
    raw = jpeg()
    for visit in visits:
        name = upload_named(client, visit, raw)
    assert flags(engines, visits[0]).keys() <= {"travel"}
    assert flags(engines, visits[1])["reused"] == {"count": 1}
    with read(engines) as session:
        assert {row.state for row in session.exec(select(Evidence)).all()} == {EvidenceState.UPLOADED}
    assert name


def upload_named(client, visit, raw):
    import hashlib

    sha = hashlib.sha256(raw).hexdigest()
    answers = [
        {"item": "greeted", "answer": "yes"},
        {"item": "smile", "answer": "4"},
        {"item": "receipt", "answer": "no", "comment": "None.", "evidence": [sha]},
    ]
    assert send(client, visit, answers=answers).status_code == 201
    return client.put(f"/api/v1/evidence/{sha}", content=raw, headers={"content-type": "image/jpeg"})


def test_the_shopper_answers_and_the_reviewer_reads_it(world):
    client, visits, mara, rita, engines = world
    visit = visits[0]
    send(client, visit, took=1)
    page = client.get(f"/my/visits/{visit.id}")
    assert "Time on site: 1 min" in page.text
    with read(engines) as session:
        [flag] = session.exec(select(VisitFlag)).all()
    path = f"/my/visits/{visit.id}/flags/{flag.id}"

    answer = client.post(path, {"answer": "The shop was <b>empty</b>."})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/my/visits/{visit.id}#flags")
    client.sign_in(rita)
    review = client.get(f"/review/{visit.id}").text
    assert "Time on site: 1 min; about 10 min are usual." in review
    assert "The shop was &lt;b&gt;empty&lt;/b&gt;." in review
    with read(engines) as session:
        entries = [e for e in session.exec(select(AuditEntry)).all() if e.action == "flag.answered"]
    assert [(e.actor_id, e.details) for e in entries] == [(mara.id, {"flag": "short"})]


def test_only_the_shopper_answers_and_only_until_the_decision(world):
    client, visits, mara, _rita, engines = world
    visit = visits[0]
    send(client, visit, took=1)
    with write(engines) as session:
        flag = session.exec(select(VisitFlag)).one()
        otto = make_person(session, "Otto", "shopper")
    path = f"/my/visits/{visit.id}/flags/{flag.id}"

    assert client.sign_in(otto).post(path, {"answer": "Mine"}).status_code == 404
    client.sign_in(mara)
    assert client.post(f"/my/visits/{visits[1].id}/flags/{flag.id}", {"answer": "x"}).status_code == 404
    with Session(engines.writing) as session:
        session.get_one(Visit, visit.id).state = VisitState.APPROVED
        session.commit()
    assert client.post(path, {"answer": "Too late"}).status_code == 409
    with read(engines) as session:
        assert session.exec(select(VisitFlag)).one().answer == ""
