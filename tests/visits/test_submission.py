"""Taking submissions: once, for ever, whatever phones and networks do."""

import asyncio
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import select

from audit_app import flows
from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import read, write
from audit_app.scoring.models import VisitScore
from audit_app.visits.actions import submission
from audit_app.visits.actions.submission import Sent, take_in
from audit_app.visits.api import make_intake
from audit_app.visits.models import Draft, Evidence, Review, Revision, Visit, VisitKind, VisitState
from audit_app.visits.rules.submission import read_parcel
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_revision, make_version, make_visit

ANSWERS = [
    {"item": "greeted", "answer": "yes", "at": "2026-11-20T10:01:00+02:00"},
    {"item": "smile", "answer": "4"},
    {"item": "receipt", "answer": "yes"},
]
PHOTO = "ab" * 32


@pytest.fixture
def world(both_engines, make_client):
    """Mara with an accepted visit, signed in."""
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    return make_client(both_engines).sign_in(mara), visit, mara, both_engines


def body(answers=None, submission_id=None, **more):
    return json.dumps(
        {
            "submission_id": str(submission_id or uuid4()),
            "base_version": 0,
            "answers": ANSWERS if answers is None else answers,
            "evidence": [],
            **more,
        }
    ).encode()


def send(client, visit, raw):
    return client.put(f"/api/v1/visits/{visit.id}/submission", content=raw)


def rows(engines, kind):
    with read(engines) as session:
        return list(session.exec(select(kind)).all())


def test_a_submission_is_taken_once_and_answered_alike_for_ever(world):
    client, visit, mara, engines = world
    raw = body()

    first, again = send(client, visit, raw), send(client, visit, raw)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert set(first.json()) == {"id", "visit", "received_at", "sha256", "state", "missing_evidence"}
    [revision] = rows(engines, Revision)
    assert (revision.number, revision.state, revision.by_id) == (1, "accepted", mara.id)
    [now] = rows(engines, Visit)
    assert (now.state, now.revision_id) == (VisitState.SUBMITTED, revision.id)
    assert now.visited_at == datetime(2026, 11, 20, 8, 1, tzinfo=UTC)
    assert [score.ratio for score in rows(engines, VisitScore)] == ["29/30"]
    entries = [entry for entry in rows(engines, AuditEntry) if entry.subject == "visit"]
    assert [entry.action for entry in entries] == ["visit.submitted"]
    with read(engines) as session:
        assert verify(session).broken_at is None


def test_the_same_id_with_other_bytes_is_refused(world):
    client, visit, _mara, engines = world
    submission_id = uuid4()
    send(client, visit, body(submission_id=submission_id))

    other = send(client, visit, body(submission_id=submission_id, finished_at="2026-11-20T10:30:00Z"))

    assert (other.status_code, other.json()["code"]) == (409, "different_bytes")
    assert len(rows(engines, Revision)) == 1


def test_a_second_submission_is_kept_beside_the_first(world):
    client, visit, _mara, engines = world
    send(client, visit, body())
    late = body([*ANSWERS[:2], {"item": "receipt", "answer": "no", "comment": "none", "evidence": [PHOTO]}])

    kept, again = send(client, visit, late), send(client, visit, late)

    assert (kept.status_code, again.status_code) == (202, 202)
    assert (kept.json()["code"], kept.json()["state"]) == ("conflict_kept", "conflict")
    assert [(r.number, r.state) for r in sorted(rows(engines, Revision), key=lambda r: r.number)] == [
        (1, "accepted"),
        (2, "conflict"),
    ]
    assert len(rows(engines, VisitScore)) == 1


def _at_once(client, visit, bodies):
    answers = []

    def go(raw):
        answers.append(send(client, visit, raw).status_code)

    threads = [threading.Thread(target=go, args=(raw,)) for raw in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_thirty_two_identical_at_once_make_one_row(world):
    client, visit, _mara, engines = world
    answers = _at_once(client, visit, [body(submission_id=uuid4())] * 32)

    assert answers == [200] * 31 + [201]
    assert len(rows(engines, Revision)) == 1
    assert len(rows(engines, VisitScore)) == 1


def test_two_different_at_once_one_counts_one_is_kept(world):
    client, visit, _mara, engines = world

    assert _at_once(client, visit, [body(), body()]) == [201, 202]
    assert sorted(r.state for r in rows(engines, Revision)) == ["accepted", "conflict"]


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ([{"item": "greeted", "answer": "yes"}, {"item": "receipt", "answer": "yes"}], {"smile"}),
        ([*ANSWERS[:2], {"item": "receipt", "answer": "no"}], {"receipt"}),
        ([{"item": "greeted", "answer": "perhaps"}, *ANSWERS[1:]], {"greeted"}),
        ([*ANSWERS, {"item": "ghost", "answer": "yes"}], {"ghost"}),
        ([*ANSWERS, {"item": "greeted", "answer": "no"}], {"greeted"}),
        ([*ANSWERS, {"item": "note", "answer": "a\x00b"}], None),
        ([*ANSWERS, {"item": "note", "answer": "x" * 6000}], {"note"}),
        ([*ANSWERS, {"item": "note", "answer": {"a": 1}}], {"note"}),
        ([*ANSWERS, {"item": "note", "answer": "ok", "at": "yesterday"}], {"note"}),
        ([*ANSWERS, {"item": "note", "answer": "ok", "evidence": ["../../etc"]}], {"note"}),
    ],
)
def test_what_cannot_be_taken_is_said_by_field_and_nothing_is_written(world, answers, fields):
    client, visit, _mara, engines = world

    answer = send(client, visit, body(answers))

    assert answer.status_code == 422
    assert {"code", "message"} <= set(answer.json())
    if fields:
        assert set(answer.json()["fields"]) == fields
    assert rows(engines, Revision) == []
    assert rows(engines, Visit)[0].state == VisitState.ACCEPTED


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"submission_id": "x", "answers": []}',
        b'{"submission_id": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": 36893488147419103232}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
    ],
)
def test_odd_json_is_refused_in_words(world, raw):
    client, visit, _mara, engines = world

    answer = send(client, visit, raw)

    assert answer.status_code == 422
    assert answer.json()["message"]
    assert rows(engines, Revision) == []


def test_a_body_over_a_megabyte_is_413(world):
    client, visit, _mara, _engines = world
    assert send(client, visit, b'{"a": "' + b"x" * 2**20 + b'"}').status_code == 413


def test_photos_may_come_later(world):
    client, visit, _mara, engines = world
    raw = body([*ANSWERS[:2], {"item": "receipt", "answer": "no", "comment": "none", "evidence": [PHOTO]}])

    answer = send(client, visit, raw)

    assert (answer.status_code, answer.json()["missing_evidence"]) == (201, [PHOTO])
    [row] = rows(engines, Evidence)
    assert (row.item, row.sha256, row.state) == ("receipt", PHOTO, "expected")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (VisitState.CANCELLED, 410, "withdrawn"),
        (VisitState.VOID, 410, "withdrawn"),
        (VisitState.EXPIRED, 410, "closed"),
        (VisitState.OFFERED, 409, "not_accepted"),
    ],
)
def test_states_that_take_nothing(both_engines, make_client, state, status, code):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara, state)
    client = make_client(both_engines).sign_in(mara)

    answer = send(client, visit, body())

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_foreign_and_unknown_visits_look_alike(world):
    client, visit, _mara, engines = world
    with write(engines) as session:
        otto = make_person(session, "Otto", "shopper")
    client.sign_in(otto)
    foreign = send(client, visit, body())
    visit.id = uuid4()
    unknown = send(client, visit, body())

    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    client.http.cookies.clear()
    stranger = client.http.put(
        f"/api/v1/visits/{visit.id}/submission", content=body(), headers={"authorization": "Bearer nobody"}
    )
    assert stranger.status_code == 401


@pytest.fixture
def returned(both_engines, make_client):
    """A visit that came back: only the receipt is open."""
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara, VisitState.RETURNED)
        revision = make_revision(session, visit)
        session.add(
            Review(
                visit_id=visit.id,
                revision_id=revision.id,
                decision="return",
                reasons={"receipt": "Which shop?"},
            )
        )
    return make_client(both_engines).sign_in(mara), visit, mara, both_engines


def test_a_correction_changes_the_named_items_and_carries_the_rest(returned):
    client, visit, _mara, engines = returned
    raw = body(
        [{"item": "receipt", "answer": "no", "comment": "None was given.", "evidence": [PHOTO]}],
        base_version=1,
    )

    assert send(client, visit, raw).status_code == 201

    newest = max(rows(engines, Revision), key=lambda r: r.number)
    assert newest.number == 2
    assert newest.base_id is not None
    assert {k: v["answer"] for k, v in newest.answers.items()} == {
        "greeted": "yes",
        "smile": "5",
        "receipt": "no",
    }
    assert [s.current for s in sorted(rows(engines, VisitScore), key=lambda s: s.computed_at)] == [True]


def test_a_correction_may_not_touch_other_items(returned):
    client, visit, _mara, engines = returned
    answer = send(
        client,
        visit,
        body([{"item": "greeted", "answer": "na"}, {"item": "receipt", "answer": "yes"}], base_version=1),
    )

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"greeted"})
    assert len(rows(engines, Revision)) == 1


def test_an_offline_phone_that_never_heard_of_the_return_is_kept_beside(returned):
    client, visit, _mara, engines = returned

    assert send(client, visit, body(base_version=0)).status_code == 202
    assert rows(engines, Visit)[0].state == VisitState.RETURNED


def test_a_wrong_clock_is_noted_and_corrected(world):
    client, visit, _mara, engines = world
    ahead = clock.now() + timedelta(days=1)
    answers = [{**one, "at": ahead.isoformat(timespec="seconds")} for one in ANSWERS]

    assert send(client, visit, body(answers, device_now=ahead.isoformat())).status_code == 201

    [entry] = [e for e in rows(engines, AuditEntry) if e.action == "visit.submitted"]
    assert abs(entry.details["clock_behind_seconds"] + 86400) < 60
    assert abs(rows(engines, Visit)[0].visited_at - clock.now()) < timedelta(minutes=1)


def test_nothing_is_kept_when_what_follows_breaks(world):
    client, visit, _mara, engines = world

    def break_down(*_args):
        raise RuntimeError("scoring broke")

    state = client.http.app.state
    state.intake = make_intake(engines, lambda _session: break_down, state.settings.paths.photos)
    answer = send(client, visit, body())

    assert answer.status_code == 500
    assert rows(engines, Revision) == []
    assert rows(engines, Visit)[0].state == VisitState.ACCEPTED
    assert [e.action for e in rows(engines, AuditEntry) if e.subject == "visit"] == []


def test_a_draft_is_done_with_after_sending(world):
    client, visit, _mara, engines = world
    client.put(
        f"/api/v1/visits/{visit.id}/draft", json={"base": 0, "answers": {"greeted": {"answer": "yes"}}}
    )
    assert len(rows(engines, Draft)) == 1

    send(client, visit, body())

    assert rows(engines, Draft) == []


def test_a_competitor_visit_keeps_no_employee(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        rival = make_location(session, "rival", own=False)
        visit = make_visit(session, rival, make_version(session), mara, kind=VisitKind.COMPETITOR)
    client = make_client(both_engines).sign_in(mara)

    assert send(client, visit, body(employee_id=str(uuid4()))).status_code == 201
    assert rows(both_engines, Visit)[0].employee_id is None


def test_in_one_group_nobody_suffers_for_another(world):
    _client, visit, mara, engines = world
    with write(engines) as session:
        place, version = make_location(session, "other"), make_version(session)
        more = [make_visit(session, place, version, mara) for _ in range(3)]
        more[2].state = VisitState.CANCELLED
    ids = [one.id for one in (visit, *more)]

    def sent(visit_id, answers=ANSWERS):
        raw = body(answers)
        parcel = read_parcel(json.loads(raw))
        return Sent(visit_id, mara.id, parcel, hashlib.sha256(raw).hexdigest())

    first = sent(ids[0])
    batch = [first, sent(ids[1], ANSWERS[:1]), first, sent(ids[2]), sent(ids[3]), sent(ids[0]), sent(uuid4())]
    broken = ids[2]

    def announcer(session):
        tell = flows.announcer(session)

        def announce(event):
            if event.visit_id == broken:
                raise RuntimeError("broke")
            tell(event)

        return announce

    answers, _files = take_in(engines, batch, clock.now(), announcer)

    assert [type(one).__name__ for one in answers] == [
        "Receipt",
        "AnswersNotTaken",
        "Receipt",
        "RuntimeError",
        "Withdrawn",
        "Receipt",
        "NotFound",
    ]
    assert [one.first for one in answers if hasattr(one, "first")] == [True, False, True]
    assert [one.state for one in answers if hasattr(one, "first")] == ["accepted", "accepted", "conflict"]
    assert sorted(row.visit_id.hex for row in rows(engines, Revision)) == [ids[0].hex, ids[0].hex]
    assert len(rows(engines, VisitScore)) == 1
    with read(engines) as session:
        assert verify(session).broken_at is None


@pytest.mark.parametrize("planted", [False, True])
def test_the_test_of_thirty_two_can_fail(world, planted, monkeypatch):
    """Without key and lock (no look at what is there, an id made anew at the server) one parcel makes many rows."""
    client, visit, _mara, engines = world
    if planted:
        numbers = iter(range(1, 99))
        plain = submission._revision
        monkeypatch.setattr(submission, "_EARLIER", submission._EARLIER.where(sa.false()))
        monkeypatch.setattr(
            submission,
            "_revision",
            lambda one, now: {**plain(one, now), "id": uuid4(), "number": next(numbers)},
        )
        state = client.http.app.state
        state.intake = make_intake(engines, lambda _session: lambda _event: None, state.settings.paths.photos)
        monkeypatch.setattr(submission.rules, "may_send", lambda _state: True)
        monkeypatch.setattr(submission, "move_submitted", lambda *_all: None)

    _at_once(client, visit, [body(submission_id=uuid4())] * 8)

    assert (len(rows(engines, Revision)) == 1) is not planted


def test_a_full_disk_acknowledges_nothing_and_heals_without_a_restart(engines, make_client):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    client = make_client(engines).sign_in(mara)
    raw = body([*ANSWERS, {"item": "note", "answer": "x" * 4900}])

    def fill(raw_connection, _record, _proxy):
        used = raw_connection.execute("pragma page_count").fetchone()[0]
        raw_connection.execute(f"pragma max_page_count={used}")

    event.listen(engines.writing, "checkout", fill)
    full = send(client, visit, raw)
    event.remove(engines.writing, "checkout", fill)
    event.listen(engines.writing, "checkout", lambda c, _r, _p: c.execute("pragma max_page_count=1000000"))

    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (503, "no_room", "2")
    assert rows(engines, Revision) == []
    assert client.get("/my/visits").status_code == 200
    assert send(client, visit, raw).status_code == 201


def test_a_busy_service_says_when_to_come_again(engines, make_client, monkeypatch):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    client = make_client(engines).sign_in(mara)
    monkeypatch.setattr("audit_app.kit.db.WAIT_SECONDS", 0.05)
    free = engines._lock
    engines._lock = _Held()
    busy = send(client, visit, raw := body())
    engines._lock = free

    assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (503, "busy", "2")
    assert send(client, visit, raw).status_code == 201


class _Held:
    """The turn of somebody who never comes back."""

    async def acquire(self):
        await asyncio.sleep(5)
