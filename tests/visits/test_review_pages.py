"""The review as a person meets it: the queue, a visit with its proof, and each decision with what can be wrong with it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.visits.models import Evidence, EvidenceState, Review, Visit, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import ALL_YES, make_revision, make_version, make_visit

NO_RECEIPT = {**ALL_YES, "receipt": {"answer": "no", "comment": "They forgot it", "evidence": ["a" * 64]}}


@pytest.fixture
def cast(engines):
    """Rita and Quinn review; Mara, who reads Russian, sent two visits; the older one has a photo."""
    with write(engines) as session:
        version = make_version(session)
        mara = make_person(session, "Mara", "shopper", locale="ru")
        made = []
        for n, name in enumerate(("Old Town", "Harbour")):
            place = make_location(session, f"place-{n}", name=name)
            visit = make_visit(
                session, place, version, mara, VisitState.SUBMITTED, submitted_at=clock.now() - timedelta(hours=5 - n)
            )  # fmt: skip
            revision = make_revision(session, visit, NO_RECEIPT if n == 0 else ALL_YES)
            made.append((visit.id, revision.id))
        proof = Evidence(
            visit_id=made[0][0], item="receipt", sha256="a" * 64, state=EvidenceState.UPLOADED, file="x.jpg"
        )
        session.add(proof)
        session.flush()
        return {
            "rita": make_person(session, "Rita", "reviewer").id,
            "quinn": make_person(session, "Quinn", "quality_manager").id,
            "mara": mara.id,
            "first": made[0],
            "second": made[1],
            "proof": proof.id,
        }


def url(visit, act=""):
    return f"/review/{visit[0]}" + (f"/{act}" if act else "")


def test_the_queue_names_what_waits_the_oldest_first(client, cast):
    text = client.sign_in(cast["rita"]).get("/review").text

    assert text.index("Old Town</a>") < text.index("Harbour</a>")
    assert "2 visits wait for a decision" in text


def test_an_empty_queue_teaches(client, engines):
    with write(engines) as session:
        rita = make_person(session, "Rita", "reviewer")

    assert "Nothing waits for review" in client.sign_in(rita).get("/review").text


def test_a_visit_shows_answers_proof_guidance_and_the_score(client, cast):
    text = client.sign_in(cast["rita"]).get(url(cast["first"])).text

    for words in (
        "They forgot it",
        "Critical miss",
        "Did you get a receipt?",
        "1 of 2 waiting",
        'data-key="a"',
    ):
        assert words in text
    assert f'hx-get="/results/visits/{cast["first"][0]}/why-panel"' in text


def test_approve_goes_on_to_the_next_and_then_to_the_queue(client, cast, engines):
    client.sign_in(cast["rita"])
    one = client.post(url(cast["first"], "approve"), {"revision": str(cast["first"][1])})
    two = client.post(url(cast["second"], "approve"), {"revision": str(cast["second"][1])})

    assert (one.status_code, one.headers["location"]) == (303, url(cast["second"]))
    assert (two.status_code, two.headers["location"]) == (303, "/review")
    with read(engines) as session:
        assert set(session.exec(select(Visit.state)).all()) == {"approved"}
        assert session.exec(select(Review.decision)).all() == ["approve", "approve"]


def test_the_second_reviewer_hears_that_it_is_decided(client, cast):
    client.sign_in(cast["rita"]).post(url(cast["first"], "approve"), {"revision": str(cast["first"][1])})
    client.sign_in(cast["quinn"])

    for act, more in [
        ("approve", {}),
        ("return", {"item": "greeted", "why.greeted": "x"}),
        ("void", {"reason": "x"}),
    ]:
        answer = client.post(url(cast["first"], act), {"revision": str(cast["first"][1]), **more})
        assert answer.status_code == 409
        assert "Somebody else has decided on this visit a moment ago" in answer.text
    assert "not waiting for a decision now" in client.get(url(cast["first"])).text


def test_without_proof_it_needs_a_reason(client, cast, engines):
    client.sign_in(cast["rita"])
    judged = client.post(
        url(cast["first"], f"evidence/{cast['proof']}"), {"verdict": "refused", "reason": "Dark"}
    )
    assert judged.headers["location"] == url(cast["first"]) + "#q-receipt"

    refused = client.post(url(cast["first"], "approve"), {"revision": str(cast["first"][1])})
    assert refused.status_code == 422
    assert "Required evidence is missing" in refused.text
    agreed = {"revision": str(cast["first"][1]), "without": "The till had no paper"}
    assert client.post(url(cast["first"], "approve"), agreed).status_code == 303
    with read(engines) as session:
        assert session.exec(select(Review.note)).one() == "The till had no paper"


def test_a_refused_photo_needs_a_reason_and_a_foreign_one_is_not_there(client, cast):
    client.sign_in(cast["rita"])

    assert (
        client.post(url(cast["first"], f"evidence/{cast['proof']}"), {"verdict": "refused"}).status_code
        == 422
    )
    assert client.post(url(cast["first"], f"evidence/{cast['proof']}"), {"verdict": "odd"}).status_code == 422
    assert (
        client.post(url(cast["second"], f"evidence/{cast['proof']}"), {"verdict": "accepted"}).status_code
        == 404
    )


def test_a_return_keeps_what_was_written_until_it_is_right(client, cast, engines):
    client.sign_in(cast["rita"])
    base = {"revision": str(cast["first"][1]), "note": "Nearly there"}

    wrong = client.post(url(cast["first"], "return"), base)
    assert wrong.status_code == 422
    assert "Tick at least one question" in wrong.text
    assert "Nearly there" in wrong.text
    wrong = client.post(url(cast["first"], "return"), {**base, "item": "receipt"})
    assert wrong.status_code == 422
    assert 'value="receipt" form="return" checked' in wrong.text

    right = {**base, "item": ["receipt", "greeted"], "common.receipt": "photo_unclear", "why.receipt": "Total?", "why.greeted": "Who?"}  # fmt: skip
    answer = client.post(url(cast["first"], "return"), right)
    assert answer.status_code == 303
    with read(engines) as session:
        visit = session.get_one(Visit, cast["first"][0])
        found = session.exec(select(Review)).one()
        assert visit.state == "returned"
        assert timedelta(hours=23) < visit.return_due_at - clock.now() <= timedelta(hours=24)
        assert found.note == "Nearly there"
        assert found.reasons["greeted"] == "Who?"
        common, own = found.reasons["receipt"].split("\n")
        # Mara reads Russian, whatever the reviewer reads.
        assert common.startswith("Фото не разобрать")
        assert own == "Total?"
    page = client.get(f"/desk/visits/{cast['first'][0]}").text
    assert "Nearly there" in page
    assert "Фото не разобрать" in page


def test_void_needs_a_reason_and_keeps_it(client, cast, engines):
    client.sign_in(cast["rita"])

    assert client.post(url(cast["first"], "void"), {"revision": str(cast["first"][1])}).status_code == 422
    given = {"revision": str(cast["first"][1]), "cause": "spotted", "reason": "The manager waved"}
    assert client.post(url(cast["first"], "void"), given).status_code == 303
    with read(engines) as session:
        found = session.exec(select(Review)).one()
        assert (found.decision, found.note) == ("void", "The shopper was recognised. The manager waved")
        assert session.get_one(Visit, cast["first"][0]).void_paid is False


def test_void_asks_about_the_payment_and_shows_it_to_the_shopper(client, cast, engines):
    client.sign_in(cast["rita"])
    said = {"revision": str(cast["first"][1]), "reason": "", "cause": "spotted", "paid": "yes"}

    wrong = client.post(url(cast["first"], "void"), said)
    assert wrong.status_code == 422
    assert "The rule says otherwise about paying for this reason" in wrong.text
    assert 'name="paid" value="yes" checked' in wrong.text
    wrong = client.post(url(cast["first"], "void"), {**said, "cause": "", "reason": "Fire", "paid": "rule"})
    assert wrong.status_code == 422
    assert "Please say whether the shopper is paid" in wrong.text
    assert (
        client.post(url(cast["first"], "void"), {**said, "reason": "Our leaflet did it"}).status_code == 303
    )

    assert "The shopper is paid." in client.get(f"/desk/visits/{cast['first'][0]}").text
    with read(engines) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "visit.void")).one()
        assert (entry.details["paid"], entry.details["cause"]) == (True, "spotted")
    client.sign_in(cast["mara"])
    page = client.get(f"/my/visits/{cast['first'][0]}").text
    assert "Our leaflet did it" in page
    assert "всё равно заплатят" in page


def test_ones_own_visit_is_not_there(client, cast, engines):
    with write(engines) as session:
        me = make_person(session, "Mo", "reviewer", "shopper")
        visit = session.get_one(Visit, cast["first"][0])
        visit.shopper_id = me.id
        session.add(visit)
    client.sign_in(me)

    assert client.get(url(cast["first"])).status_code == 404
    assert client.post(url(cast["first"], "approve"), {"revision": str(cast["first"][1])}).status_code == 404
    assert "Old Town" not in client.get("/review").text


def test_release_by_hand_says_what_a_lonely_result_waits_for(client, cast, engines):
    with write(engines) as session:
        for key, _revision in (cast["first"], cast["second"]):
            visit = session.get_one(Visit, key)
            visit.state, visit.approved_at = VisitState.APPROVED, clock.now() - timedelta(days=3)
            session.add(visit)
    client.sign_in(cast["quinn"])
    page = f"/desk/visits/{cast['first'][0]}"

    assert "It waits for 1 more approved visit at this location" in client.get(page).text
    assert client.post(f"{page}/release").status_code == 409
    with write(engines) as session:
        second = session.get_one(Visit, cast["second"][0])
        second.location_id = session.get_one(Visit, cast["first"][0]).location_id
        session.add(second)
    assert "Release now" in client.get(page).text
    assert client.post(f"{page}/release").status_code == 303
    with read(engines) as session:
        assert set(session.exec(select(Visit.state)).all()) == {"released"}
