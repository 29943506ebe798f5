"""A report that came back: what was asked stands beside each question, what changed is told to both sides; and word from the field."""

import hashlib
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.visits.models import Evidence, Visit, VisitState, VisitStep
from audit_app.visits.rules.history import Asked, Change, Sending, rounds
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import ALL_YES, NOON, make_version, make_visit

ORDER = ["greeted", "smile", "receipt"]
HOUR = timedelta(hours=1)


def entry(answer, **more):
    return {"answer": answer, **more}


def test_rounds_tell_what_was_sent_asked_and_changed():
    one, two, three = uuid4(), uuid4(), uuid4()
    first = {"greeted": entry("yes", at="1"), "smile": entry("5"), "receipt": entry("no", comment="?")}
    second = {"greeted": entry("no"), "receipt": entry("no", comment="?")}
    third = {**second, "receipt": entry("no", comment="Torn.", evidence=["a" * 64])}
    sent = [Sending(two, 2, one, NOON + 2 * HOUR, second), Sending(one, 1, None, NOON, first), Sending(three, 4, None, NOON + 4 * HOUR, third)]  # fmt: skip
    returns = [
        Asked(two, NOON + 3 * HOUR, "", {"receipt": "Why?"}),
        Asked(one, NOON + HOUR, "Please look again.", {"greeted": "Really?", "receipt": "Why?"}),
    ]

    told = rounds(sent, returns, ORDER)

    assert [one.number for one in told] == [1, 2, 4]
    assert (told[0].changes, told[0].asked and told[0].asked.note) == ((), "Please look again.")
    assert told[1].changes == (
        Change("greeted", first["greeted"], {"answer": "no"}, "Really?"),
        Change("smile", {"answer": "5"}, {}, ""),
    )
    assert told[1].untouched == ("receipt",)
    assert [change.item for change in told[2].changes] == ["receipt"]
    assert (told[2].untouched, told[2].asked) == ((), None)


def test_a_time_of_answering_alone_is_no_change():
    one, two = uuid4(), uuid4()
    sent = [
        Sending(one, 1, None, NOON, {"greeted": entry("yes", at="1")}),
        Sending(two, 2, one, NOON, {"greeted": entry("yes", at="2")}),
    ]
    assert rounds(sent, [], ORDER)[1].changes == ()
    assert rounds([], [], ORDER) == []


@pytest.fixture
def cast(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper", locale="ru")
        rita = make_person(session, "Rita", "reviewer")
        place = make_location(session, name="Old Town")
        visit = make_visit(session, place, make_version(session), mara)
    return make_client(both_engines), mara, rita, visit


def parcel(answers, number, manifest=()):
    return {
        "submission_id": str(uuid4()),
        "base_version": number,
        "answers": [{"item": item, **entry} for item, entry in answers.items()],
        "evidence": list(manifest),
    }


def test_both_sides_see_what_was_asked_and_what_changed(cast, both_engines):
    client, mara, rita, visit = cast
    where, address = f"/my/visits/{visit.id}", f"/api/v1/visits/{visit.id}/submission"
    raw = jpeg()
    sha = hashlib.sha256(raw).hexdigest()
    client.sign_in(mara)
    assert client.put(address, json=parcel(ALL_YES, 0)).status_code == 201
    assert "Отправлен отчёт" not in client.get(where).text, "a report sent once has no history"

    client.sign_in(rita)
    with read(both_engines) as session:
        revision = session.get_one(Visit, visit.id).revision_id
    asked = {"revision": str(revision), "item": ["receipt"], "why.receipt": "The till says no.", "note": "Look again"}  # fmt: skip
    assert client.post(f"/review/{visit.id}/return", asked).status_code == 303

    client.sign_in(mara)
    form = client.get(f"{where}/checklist").text
    [question] = re.findall(r'<p class="back-note">.*?</p>', form, re.DOTALL)
    assert "The till says no." in question
    assert "Вы отправили:" in question
    assert "Да" in question
    refused = client.put(address, json=parcel({"greeted": {"answer": "na"}}, 1))
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["greeted"])
    changed = {"receipt": {"answer": "no", "comment": "Torn off.", "evidence": [sha]}}
    manifest = [{"sha256": sha, "bytes": len(raw), "from": "library"}]
    assert client.put(address, json=parcel(changed, 1, manifest)).status_code == 201
    assert client.put(f"/api/v1/evidence/{sha}", content=raw).status_code == 201
    told = client.get(where).text
    for words in ("Отправлен отчёт", "Возвращено", "Look again", "The till says no.", "Отправлено исправление", "Torn off."):  # fmt: skip
        assert words in told

    client.sign_in(rita)
    page = client.get(f"/review/{visit.id}").text
    for words in ("Sent back and corrected", "Look again", "Correction sent", "Before the correction:", "Torn off.", "Chosen from the phone&#39;s pictures"):  # fmt: skip
        assert words in page, words
    with read(both_engines) as session:
        assert session.exec(select(Evidence.source)).all() == ["library"]


def test_the_source_is_told_late_or_wrongly_and_nothing_breaks(cast, both_engines):
    """The photo came with the draft; where it is from is told with the parcel, and only in words we know."""
    client, mara, _rita, visit = cast
    client.sign_in(mara)
    raws = {name: jpeg(quality=quality) for name, quality in (("camera", 70), ("satellite", 80))}
    shas = {name: hashlib.sha256(raw).hexdigest() for name, raw in raws.items()}
    said = {"receipt": {"answer": "no", "comment": "x", "evidence": sorted(shas.values())}}
    assert client.put(f"/api/v1/visits/{visit.id}/draft", json={"base": 0, "answers": said}).is_success
    assert client.put(f"/api/v1/evidence/{shas['camera']}", content=raws["camera"]).status_code == 201

    manifest = [{"sha256": sha, "from": name} for name, sha in shas.items()] + [
        {"sha256": "0" * 64, "from": 5}
    ]
    body = parcel({**ALL_YES, **said}, 0, manifest)
    assert client.put(f"/api/v1/visits/{visit.id}/submission", json=body).status_code == 201
    with read(both_engines) as session:
        rows = session.exec(select(Evidence.sha256, Evidence.source)).all()
    assert dict(rows) == {shas["camera"]: "camera", shas["satellite"]: ""}


def test_word_from_the_field_reaches_the_review_until_somebody_acts(cast, both_engines):
    client, mara, rita, visit = cast
    report = f"/api/v1/visits/{visit.id}/reports/{uuid4()}"
    body = {"kind": "closed", "words": "Ремонт до понедельника", "at": (clock.now() - HOUR).isoformat()}
    client.sign_in(mara)
    assert [client.put(report, json=body).status_code for _ in range(2)] == [200, 200]
    assert "Ремонт до понедельника" in client.get(f"/my/visits/{visit.id}").text
    assert "Заведение было закрыто" in client.get(f"/my/visits/{visit.id}").text
    assert client.put(report.replace("reports/", "reports/1"), json=body).status_code in (404, 422)

    client.sign_in(rita)
    queue = client.get("/review").text
    assert "The place was closed" in queue
    assert "Ремонт до понедельника" in queue
    assert f"/visits/{visit.id}" in queue
    assert "The place was closed" in client.get(f"/review/{visit.id}").text

    client.sign_in(mara)
    assert client.put(f"/api/v1/visits/{visit.id}/submission", json=parcel(ALL_YES, 0)).status_code == 201
    client.sign_in(rita)
    assert (
        f'href="/review/{visit.id}">Old Town</a>: <strong>The place was closed' in client.get("/review").text
    )
    with read(both_engines) as session:
        revision = session.get_one(Visit, visit.id).revision_id
    client.post(
        f"/review/{visit.id}/return", {"revision": str(revision), "item": "greeted", "why.greeted": "?"}
    )
    assert "The place was closed" not in client.get("/review").text, "the reviewer has acted"
    assert "The place was closed" in client.get(f"/review/{visit.id}").text, "and it stays beside the visit"
    with read(both_engines) as session:
        step = session.exec(select(VisitStep).where(VisitStep.from_state == "report")).one()
        assert (step.to_state, step.reason) == ("closed", "Ремонт до понедельника")


def test_a_report_that_comes_late_is_seen_although_the_office_acted_meanwhile(cast, both_engines):
    client, mara, rita, visit = cast
    with write(both_engines) as session:
        session.add(
            VisitStep(
                visit_id=visit.id, at=clock.now(), from_state="accepted", to_state="accepted", by_id=rita.id
            )
        )
    client.sign_in(mara)
    body = {"kind": "recognised", "at": (clock.now() - HOUR).isoformat()}
    assert client.put(f"/api/v1/visits/{visit.id}/reports/{uuid4()}", json=body).status_code == 200

    assert "The shopper was recognised" in client.sign_in(rita).get("/review").text


def test_a_report_is_nobody_elses(cast, both_engines):
    client, _mara, _rita, visit = cast
    with write(both_engines) as session:
        session.merge(visit).state = VisitState.STARTED
        nora = make_person(session, "Nora", "shopper")
    body = {"kind": "recognised"}
    client.sign_in(nora)
    assert client.put(f"/api/v1/visits/{visit.id}/reports/{uuid4()}", json=body).status_code == 404
