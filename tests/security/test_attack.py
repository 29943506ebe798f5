"""Holes an attacker found: each stays closed. Odd bytes in headers, cookies and forms are refused in words, never a fault."""

import pytest
from litestar.testing import TestClient

from audit_app.kit import csrf, web
from audit_app.kit.db import write
from audit_app.organisation import actions, routes
from audit_app.organisation.models import Role
from audit_app.visits.rules.entries import read_moment
from tests.factories.organisation import make_person
from tests.support.app import SECRET

FORM = "application/x-www-form-urlencoded"


def part(head: bytes, body: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + body + b"\r\n--x--\r\n"


def send(client: TestClient, body: bytes, kind: str = FORM, **headers: str) -> int:
    return client.post("/sign-in", content=body, headers={"content-type": kind, **headers}).status_code


@pytest.mark.parametrize("token", ["abc.é", "é.abc", "abc.\udcff", ".", "é"])
def test_a_token_with_odd_letters_is_a_wrong_token(token):
    assert not csrf.fits(SECRET, "binding", token)
    assert web.unpack_flash(SECRET, token) == []


@pytest.mark.parametrize("origin", ["http://[evil", "http://127.0.0.1.evil", "é", "null", "//"])
def test_an_odd_origin_is_another_site(origin):
    assert not csrf.same_site("http://127.0.0.1", "127.0.0.1", origin, None)


def test_odd_bytes_in_headers_and_cookies_are_no_fault(client):
    http = client.http
    odd = b"abc.\xe9\xff"

    assert http.post("/theme", headers={b"x-csrf-token": odd}).status_code == 403
    assert http.post("/theme", headers={b"origin": b"http://[evil"}).status_code == 403
    for name in (b"flash", b"session", b"visitor", b"language", b"theme"):
        assert http.get("/sign-in", headers={b"cookie": name + b"=" + odd}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        part(b'name="email"', b"\xff\xfe"),
        part(b'name="email"\r\nContent-Type: text/plain; charset=nonsense', b"\xff"),
        part(b'name="_charset_"', b"nonsense"),
        b"--x\r\ngarbage",
    ],
)
def test_a_part_in_no_alphabet_is_refused(client, body):
    assert send(client.http, body, "multipart/form-data; boundary=x") in (400, 403, 422)


def test_a_form_of_a_million_fields_is_too_large(client):
    assert send(client.http, b"a&" * 1_000_000) == 413
    assert send(client.http, b"a&" * 1_000) == 403


@pytest.mark.parametrize("name", ["%00", "a" * 3000, "..%2f..%2fpyproject.toml", "%ff"])
def test_a_file_name_that_cannot_be_is_not_there(client, name):
    assert client.http.get("/static/" + name).status_code == 404


def test_a_crowd_at_the_sign_in_page_is_hashed_two_at_a_time(client, engines, monkeypatch):
    """Each hash takes 64 MiB: unbounded, forty strangers would take 2.5 GB."""
    seen: list[int] = []

    def watch(known, password):
        seen.append(routes._hashing().borrowed_tokens)
        return False

    monkeypatch.setattr(actions, "verify_password", watch)
    with write(engines) as session:
        person = make_person(session, "Somebody", Role.REVIEWER)
    client.sign_out()
    client.post("/sign-in", {"email": person.email, "password": "wrong"})

    assert seen
    assert max(seen) <= 2
    assert routes._hashing().total_tokens == 2


def test_a_form_with_a_nul_leaves_the_turn_to_write_free(client, engines):
    """Refused beside an opening session it once kept every later writer waiting: 503 for everybody."""
    with write(engines) as session:
        person = make_person(session, "Somebody", Role.ADMINISTRATOR)
    client.sign_in(person)

    for path in ("/language", "/people", "/network/locations"):
        for token in ({}, {"x-csrf-token": client.token}):
            assert client.post(path, {"name": "a\x00b", "next": "/\x00"}, headers=token).status_code == 422
            assert client.post("/language", {"locale": "ru"}).status_code == 303


@pytest.mark.parametrize("year", ["0001", "1899", "9999"])
def test_a_moment_at_the_edge_of_time_is_none(year):
    assert read_moment(f"{year}-01-01T00:00:00+00:00") is None
    assert read_moment("1970-01-01T00:00:00+00:00") is not None
