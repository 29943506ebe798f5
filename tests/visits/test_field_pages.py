"""The shopper's journey with plain forms, as a person without a script would walk it."""

import re

import pytest
from sqlmodel import select

from audit_app.kit.db import read, write
from audit_app.kit.pages import data_folder
from audit_app.visits.models import (
    Evidence,
    Review,
    Revision,
    Visit,
    VisitFlag,
    VisitKind,
    VisitState,
    VisitStep,
)
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import make_revision, make_version, make_visit


@pytest.fixture
def world(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper", timezone="Europe/Kyiv")
        place = make_location(session, name="Canary Corner")
        visit = make_visit(session, place, make_version(session), mara, VisitState.OFFERED)
    return make_client(both_engines).sign_in(mara), visit, mara, both_engines


def first(engines, kind):
    with read(engines) as session:
        return session.exec(select(kind)).first()


def marks(text):
    return dict(re.findall(r'name="(was\.[a-z_]+)" value="([0-9a-f]+)"', text))


def save(client, visit, **data):
    """Send a part of the form with the marks it showed."""
    page = client.get(f"/my/visits/{visit.id}/checklist").text
    form = page.split(f'name="part" value="{data["part"]}"')[1].split("</form>")[0]
    base = re.search(r'name="base" value="(\d+)"', page).group(1)
    files = data.pop("files", None)
    fields = {"csrf_token": client.token, "base": base, **marks(form), **data}
    return client.http.post(
        f"/my/visits/{visit.id}/answers", data=fields, files=files, follow_redirects=False
    )


def test_the_whole_journey_without_a_script(world):
    client, visit, _mara, engines = world
    where = f"/my/visits/{visit.id}"

    listed = client.get("/my/visits").text
    assert "Canary Corner" in listed
    assert "Offered to you" in listed
    assert client.post(f"{where}/accept").headers["location"] == where
    assert "Walk in and look around." in client.get(where).text
    assert client.post(f"{where}/start").headers["location"] == f"{where}/checklist"

    page = client.get(f"{where}/checklist").text
    assert "Canary" not in page.replace(f"{visit.id}", "")
    assert "0 of 3" in page
    answer = save(client, visit, part="welcome", go="on", **{"answer.greeted": "yes"})
    assert answer.headers["location"].endswith("#q-smile"), "what has just appeared comes first"
    answer = save(client, visit, part="welcome", go="on", **{"answer.greeted": "yes", "answer.smile": "4"})
    assert answer.headers["location"].endswith("#s-till")
    answer = save(client, visit, part="till", go="on", **{"answer.receipt": "no"})
    assert answer.headers["location"] == f"{where}/check"

    check = client.get(f"{where}/check").text
    assert "1 thing is still missing" in check
    submission_id = re.search(r'name="submission_id" value="([^"]+)"', check).group(1)
    refused = client.post(f"{where}/send", {"submission_id": submission_id})
    assert refused.status_code == 422
    assert refused.text.count("<title>Error: ") == 1
    assert "needs a few words" in refused.text

    answer = save(
        client,
        visit,
        part="till",
        go="on",
        **{"answer.receipt": "no", "comment.receipt": "The till was broken."},
        files={"photo.receipt": ("IMG_1.jpg", jpeg(), "image/jpeg")},
    )
    assert answer.headers["location"] == f"{where}/check"
    for _twice in range(2):
        sent = client.post(f"{where}/send", {"submission_id": submission_id})
        assert (sent.status_code, sent.headers["location"]) == (303, f"{where}/receipt")
    assert client.get(f"{where}/checklist").headers["location"] == f"{where}/receipt"
    receipt = client.get(f"{where}/receipt").text
    assert submission_id[:8] in receipt
    assert "Sent. Thank you!" in receipt

    revision = first(engines, Revision)
    assert (str(revision.id), revision.number) == (submission_id, 1)
    assert {k: v["answer"] for k, v in revision.answers.items()} == {
        "greeted": "yes",
        "smile": "4",
        "receipt": "no",
    }
    photo = first(engines, Evidence)
    assert (photo.item, photo.state, [photo.sha256]) == (
        "receipt",
        "uploaded",
        revision.answers["receipt"]["evidence"],
    )
    assert client.get(f"/evidence/{photo.id}").headers["content-type"] == "image/jpeg"
    assert "Being checked" in client.get("/my/visits").text


def test_a_part_saved_again_untouched_changes_nothing(world):
    client, visit, _mara, _engines = world
    client.post(f"/my/visits/{visit.id}/accept")
    save(client, visit, part="welcome", **{"answer.greeted": "na", "comment.greeted": "Nobody there"})
    page = client.get(f"/my/visits/{visit.id}/checklist").text
    save(client, visit, part="welcome", **{"answer.greeted": "na", "comment.greeted": "Nobody there"})
    assert re.search(r'data-base="(\d+)"', page).group(1) == re.search(
        r'data-base="(\d+)"', client.get(f"/my/visits/{visit.id}/checklist").text
    ).group(1)


def test_clear_remove_and_choose_work_by_buttons(world):
    client, visit, _mara, engines = world
    client.post(f"/my/visits/{visit.id}/accept")
    save(
        client,
        visit,
        part="till",
        **{"answer.receipt": "no", "comment.receipt": "x"},
        files={"photo.receipt": ("a.jpg", jpeg(), "image/jpeg")},
    )
    sha = first(engines, Evidence).sha256

    same = {"answer.receipt": "no", "comment.receipt": "x"}
    answer = save(client, visit, part="till", remove=f"receipt:{sha}", **same)
    assert answer.headers["location"].endswith("#q-receipt")
    assert sha not in client.get(f"/my/visits/{visit.id}/checklist").text

    save(client, visit, part="till", clear="receipt", **same)
    assert "0 of 3" in client.get(f"/my/visits/{visit.id}/checklist").text

    put = f"/api/v1/visits/{visit.id}/draft"
    client.put(put, json={"base": 99, "answers": {"greeted": {"answer": "yes"}}})
    client.put(put, json={"base": 0, "answers": {"greeted": {"answer": "no"}}})
    page = client.get(f"/my/visits/{visit.id}/checklist").text
    assert 'class="twice"' in page
    save(client, visit, part="welcome", choose="greeted:1", **{"answer.greeted": "yes"})
    page = client.get(f"/my/visits/{visit.id}/checklist").text
    assert 'class="twice"' not in page
    assert re.search(r'name="answer.greeted" value="no" checked', page)


def test_a_bad_photo_is_said_at_its_question_and_the_rest_is_kept(world):
    client, visit, _mara, _engines = world
    client.post(f"/my/visits/{visit.id}/accept")
    answer = save(
        client,
        visit,
        part="till",
        **{"answer.receipt": "no", "comment.receipt": "kept words"},
        files={"photo.receipt": ("a.jpg", b"<html>no picture</html>", "image/jpeg")},
    )

    assert answer.status_code == 422
    assert "cannot be read" in answer.text
    assert "kept words" in client.get(f"/my/visits/{visit.id}/checklist").text


def test_an_empty_photo_is_said_at_its_question(world):
    client, visit, _mara, _engines = world
    client.post(f"/my/visits/{visit.id}/accept")
    answer = save(
        client,
        visit,
        part="till",
        **{"answer.receipt": "no"},
        files={"photo.receipt": ("a.jpg", b"", "image/jpeg")},
    )

    assert answer.status_code == 422
    assert "This photo is empty" in answer.text


def test_declining_needs_no_reason(world):
    client, visit, _mara, engines = world
    answer = client.post(f"/my/visits/{visit.id}/decline", {"knows": "yes"})

    assert answer.headers["location"] == "/my/visits"
    assert first(engines, Visit).state == VisitState.DECLINED
    assert first(engines, VisitStep).reason == "Knows somebody there"


def test_a_returned_visit_opens_only_the_named_items(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara, VisitState.RETURNED)
        revision = make_revision(session, visit)
        session.add(
            Review(
                visit_id=visit.id,
                revision_id=revision.id,
                decision="return",
                reasons={"receipt": "Which shop is this?"},
            )
        )
    client = make_client(both_engines).sign_in(mara)
    where = f"/my/visits/{visit.id}"

    assert "Sent back to you" in client.get("/my/visits").text
    assert "Which shop is this?" in client.get(where).text
    page = client.get(f"{where}/checklist").text
    assert set(re.findall(r'data-q="([a-z]+)"', page)) == {"receipt"}
    save(client, visit, part="till", **{"answer.receipt": "no", "comment.receipt": "It closed."})
    check = client.get(f"{where}/check").text
    assert "needs a photo" in check
    save(
        client,
        visit,
        part="till",
        **{"answer.receipt": "no", "comment.receipt": "It closed."},
        files={"photo.receipt": ("a.jpg", jpeg(), "image/jpeg")},
    )
    check = client.get(f"{where}/check").text
    submission_id = re.search(r'name="submission_id" value="([^"]+)"', check).group(1)
    assert client.post(f"{where}/send", {"submission_id": submission_id}).status_code == 303
    with read(both_engines) as session:
        newest = session.exec(select(Revision).where(Revision.number == 2)).one()
    assert {k: v["answer"] for k, v in newest.answers.items()} == {
        "greeted": "yes",
        "smile": "5",
        "receipt": "no",
    }


def test_pages_on_the_phone_do_not_say_what_they_are_for(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        place = make_location(session, name="Canary Corner")
        visit = make_visit(session, place, make_version(session), mara)
    client = make_client(both_engines).sign_in(mara)
    for path in ("", "/checklist", "/check"):
        page = client.get(f"/my/visits/{visit.id}{path}").text
        title = re.search(r"<title>(.*?)</title>", page).group(1).lower()
        assert not any(word in title for word in ("canary", "brand", "mystery", "audit", "shopper", "visit"))
    assert "mystery" not in client.get(f"/my/visits/{visit.id}/checklist").text.lower()
    assert client.get("/my/clock").status_code == 200


TELLING = re.compile(
    "mystery|audit|shopper|тайн|таємн|аудит|проверяющ|перевіряльник|покупател|покупець|покупц", re.IGNORECASE
)


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_nothing_a_bystander_sees_says_what_it_is_for(engines, make_client, language):
    """Every page of the phone, the installed app, the way back in, and the names of files."""
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper", locale=language)
        place, version = make_location(session), make_version(session)
        open_one = make_visit(session, place, version, mara)
        sent = make_visit(session, place, version, mara, VisitState.SUBMITTED)
        make_revision(session, sent)
        make_visit(session, place, version, mara, VisitState.OFFERED)
        photo = Evidence(visit_id=sent.id, item="receipt", sha256="a" * 64, file="none.jpg", state="uploaded")
        session.add(photo)
        session.add(VisitStep(visit_id=sent.id, from_state="report", to_state="recognised", by_id=mara.id))
        session.add(VisitFlag(visit_id=sent.id, code="clock", numbers={"minutes": 9}))
    client = make_client(engines).sign_in(mara)
    where = f"/my/visits/{open_one.id}"
    for path in (
        "/my/visits", where, f"{where}/checklist", f"{where}/check", "/my/queue", "/my/clock", f"/my/visits/{sent.id}",
        f"/my/visits/{sent.id}/receipt", "/my/app.webmanifest", "/my/nothing", "/account",
    ):  # fmt: skip
        answer = client.get(path)
        assert not TELLING.search(answer.text), (path, TELLING.search(answer.text))
        assert not TELLING.search(answer.headers.get("content-disposition", ""))
    client.settings.paths.photos.mkdir(parents=True, exist_ok=True)
    (client.settings.paths.photos / "none.jpg").write_bytes(jpeg())
    assert not TELLING.search(client.get(f"/evidence/{photo.id}").headers["content-disposition"])
    names = re.findall(r"download: `([^`]*)`", (data_folder("static") / "phone" / "queue.js").read_text())
    assert names
    assert not TELLING.search(" ".join(names))
    unusual = {"en": "Something looked unusual", "ru": "Что-то показалось", "uk": "Щось здалося"}[language]
    assert unusual in client.get("/my/visits").text, "a flag can be answered, and the list says so"
    client.sign_out()
    assert not TELLING.search(client.get("/sign-in?next=/my/visits").text)


def test_a_competitor_page_warns_about_names_and_faces(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        rival = make_location(session, "rival", own=False)
        visit = make_visit(session, rival, make_version(session), mara, kind=VisitKind.COMPETITOR)
    client = make_client(both_engines).sign_in(mara)
    assert "no faces" in client.get(f"/my/visits/{visit.id}/checklist").text.lower()


def test_foreign_visits_are_nothing(world):
    client, visit, _mara, engines = world
    with write(engines) as session:
        otto = make_person(session, "Otto", "shopper")
    client.sign_in(otto)
    for path in ("", "/checklist", "/check", "/receipt"):
        assert client.get(f"/my/visits/{visit.id}{path}").status_code == 404
    for path in ("/accept", "/decline", "/start", "/answers", "/send"):
        assert client.post(f"/my/visits/{visit.id}{path}").status_code == 404
    assert "Nothing for you yet" in client.get("/my/visits").text
    assert first(engines, Visit).state == VisitState.OFFERED


@pytest.mark.parametrize("planned", [1, 3])
def test_the_list_asks_the_same_questions_for_one_and_for_many(engines, make_client, planned, count_queries):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        place, version = make_location(session), make_version(session)
        for _ in range(planned):
            make_visit(session, place, version, mara)
    client = make_client(engines).sign_in(mara)
    assert client.get("/my/visits").status_code == 200
    assert count_queries(engines, lambda: client.get("/my/visits")) == 3
