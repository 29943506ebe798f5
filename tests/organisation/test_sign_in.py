"""Coming in: right and wrong passwords, limits, fixation, CSRF, and where one lands."""

import pytest
from sqlmodel import select

from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import WebSession
from tests.factories.organisation import make_person

PASSWORD = "correct horse battery"
HASH = actions.hash_password(PASSWORD)


@pytest.fixture
def ivo(engines):
    with write(engines) as session:
        return make_person(session, "Ivo", "quality_manager", email="ivo@example.org", password_hash=HASH)


def sign_in(client, email="ivo@example.org", password=PASSWORD, **more):
    client.sign_out()
    return client.post("/sign-in", {"email": email, "password": password, **more})


def test_right_password_leads_to_next_and_sets_a_session(client, ivo):
    answer = sign_in(client, next="/account")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/account"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"), [("ivo@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("", "")]
)
def test_wrong_sign_in_says_one_sentence(client, ivo, email, password):
    answer = sign_in(client, email, password)

    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize(
    "onward", ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "/a\r\nx:y"]
)
def test_next_leads_nowhere_else(client, ivo, onward):
    assert sign_in(client, next=onward).headers["location"] == "/"


def test_only_failures_count_towards_the_limit(client, ivo):
    for _ in range(12):
        assert sign_in(client).status_code == 303
    for _ in range(10):
        assert sign_in(client, password="wrong").status_code == 422

    assert sign_in(client, password="wrong").status_code == 429
    assert sign_in(client).status_code == 429


def test_a_session_id_chosen_by_the_client_is_never_adopted(client, ivo, engines):
    client.http.cookies.set("session", "ATTACKER")
    token = client._token(client.http.get("/sign-in").text)
    answer = client.http.post(
        "/sign-in",
        data={"email": "ivo@example.org", "password": PASSWORD, "csrf_token": token},
        follow_redirects=False,
    )

    assert answer.status_code == 303
    assert answer.cookies["session"] != "ATTACKER"
    with read(engines) as session:
        assert actions.digest("ATTACKER") not in session.exec(select(WebSession.token_hash)).all()


def test_the_old_cookie_is_dead_after_sign_out(client, ivo):
    client.sign_in(ivo)
    cookie = client.http.cookies["session"]
    assert client.post("/sign-out").status_code == 303

    client.http.cookies.clear()
    client.http.cookies.set("session", cookie)
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("headers", "with_token"),
    [
        ({}, False),
        ({"Origin": "https://evil.test"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "null"}, True),
    ],
)
def test_forms_of_others_are_refused(client, ivo, headers, with_token):
    client.sign_in(ivo)
    data = {"csrf_token": client.token} if with_token else {"csrf_token": "0123456789abcdef.0"}

    assert client.post("/sign-out", data, headers=headers).status_code == 403
    assert client.get("/account").status_code == 200


def test_the_token_of_another_session_is_refused(client, ivo):
    client.sign_in(ivo)
    foreign = client.token
    client.sign_in(ivo)

    assert client.post("/sign-out", {"csrf_token": foreign}).status_code == 403


def test_a_switched_off_person_is_out_at_once(client, ivo, engines):
    client.sign_in(ivo)
    with write(engines) as session:
        person = session.get_one(type(ivo), ivo.id)
        person.active = False
        session.add(person)

    assert client.get("/account").status_code == 303


def test_signing_in_leaves_sealed_entries(client, ivo, engines):
    sign_in(client, password="wrong")
    sign_in(client)

    with read(engines) as session:
        actions_seen = session.exec(select(AuditEntry.action).order_by(AuditEntry.position)).all()
        assert list(actions_seen) == ["sign_in.failed", "sign_in.succeeded"]
        assert verify(session).broken_at is None


def test_pages_of_strangers_and_unknown_paths(client):
    client.sign_out()
    assert client.get("/nothing/here").status_code == 404
    assert client.get("/account").headers["location"].startswith("/sign-in")
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}
    page = client.get("/sign-in")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_a_change_needs_the_session_of_its_form_even_in_three_languages(client, ivo):
    client.sign_in(ivo)
    for language, word in [("ru", "Выйти"), ("uk", "Вийти"), ("en", "Sign out")]:
        assert (
            client.post("/language", {"language": language, "next": "/account"}).headers["location"]
            == "/account"
        )
        text = client.get("/account").text
        assert f'lang="{language}"' in text
        assert word
