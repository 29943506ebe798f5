"""Files in and out by the pages and the API: look first, confirm, only for those who may, each answer a sentence."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import IdempotencyKey, Location, Person
from tests.factories.organisation import make_location, make_person
from tests.imports.test_visits import ANSWERS, STANDARD, VISITS
from tests.support.odd_files import JSONS, TABLES, YAMLS

GOOD = "code,name,brand,weather\na,=1+1,N,sun\nb,Б,N,\n"
MIXED = "code,name,brand,latitude\na,A,N,1\nb,B,N,91\n"


@pytest.fixture
def cast(engines):
    with write(engines) as session:
        return {
            role: make_person(session, role.title(), role).id
            for role in ("administrator", "quality_manager", "executive", "shopper", "location_manager")
        }


@pytest.fixture
def quality(client, cast):
    return client.sign_in(cast["quality_manager"])


def send(browser, kind, content, name="file.csv"):
    body = content if isinstance(content, bytes) else content.encode()
    return browser.http.post(
        f"/imports/{kind}",
        data={"csrf_token": browser.token},
        files={"file": (name, body)},
        follow_redirects=False,
    )


def codes(engines):
    with read(engines) as session:
        return sorted(session.exec(select(Location.code)).all())


def test_look_confirm_and_look_again(quality, engines):
    answer = send(quality, "locations", GOOD)
    assert answer.status_code == 303
    path = answer.headers["location"]
    preview = quality.get(path).text
    assert "Columns that are not used: weather." in preview
    assert "=1+1" in preview
    assert codes(engines) == []

    assert quality.post(path).status_code == 303
    assert codes(engines) == ["a", "b"]
    assert "2 new" in quality.get(path).text
    assert quality.post(path).status_code == 303
    with read(engines) as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "import.locations")).all()) == 1
    again = quality.get(send(quality, "locations", GOOD).headers["location"]).text
    assert "There is nothing to import." in again


def test_bad_rows_are_shown_left_out_and_downloaded(quality, engines):
    path = send(quality, "locations", MIXED).headers["location"]
    preview = quality.get(path).text
    assert "1 row cannot be taken" in preview
    assert "“91” is no number from -90 to 90" in preview

    assert quality.post(path).status_code == 422
    assert codes(engines) == []
    bad = quality.get(path + "/bad.csv")
    assert bad.headers["content-disposition"] == 'attachment; filename="locations-bad-rows.csv"'
    assert bad.text.splitlines()[1] == "b,B,N,91,latitude: “91” is no number from -90 to 90"
    assert quality.post(path, {"skip_bad": "yes"}).status_code == 303
    assert codes(engines) == ["a"]


def test_a_waiting_file_is_one_person_s_and_for_a_day(quality, cast, make_client, engines):
    path = send(quality, "locations", GOOD).headers["location"]
    other = make_client(engines).sign_in(cast["administrator"])
    for way in (
        path,
        path + "/bad.csv",
        path.replace("locations", "employees"),
        "/imports/locations/../../x",
    ):
        assert other.get(way).status_code == 404
    assert other.post(path).status_code == 404

    about = quality.settings.paths.imports / path.rsplit("/", 1)[1] / "about.json"
    old = json.loads(about.read_text())
    about.write_text(json.dumps({**old, "at": (clock.now() - timedelta(hours=25)).isoformat()}))
    assert quality.get(path).status_code == 404
    send(quality, "locations", GOOD)
    assert not about.parent.exists()


def test_a_standard_is_imported_as_a_draft_or_published(quality, engines):
    path = send(quality, "standards", STANDARD, "s.yaml").headers["location"]
    assert "Import and publish" in quality.get(path).text
    assert quality.post(path, {"state": "published"}).status_code == 303
    assert "1 new" in quality.get(path).text


@pytest.mark.parametrize("name", TABLES)
def test_an_odd_table_is_answered_with_a_sentence(quality, engines, name):
    answer = send(quality, "locations", TABLES[name][0], name)

    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert 'class="error"' in answer.text
        assert "%(" not in answer.text
    assert codes(engines) == []
    assert quality.get("/imports").status_code == 200


@pytest.mark.parametrize("name", [*YAMLS, *JSONS])
def test_an_odd_standard_is_answered_with_a_sentence(quality, name):
    answer = send(quality, "standards", {**YAMLS, **JSONS}[name], name)

    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert "Import as a draft" not in quality.get(answer.headers["location"]).text


def test_a_file_over_the_limit_is_413_and_none_is_422(quality):
    assert send(quality, "locations", b"a" * (26 * 2**20 + 5)).status_code == 413
    assert quality.post("/imports/locations", {}).status_code == 422
    assert quality.get("/imports/planets").status_code == 404


def test_templates_can_be_imported_after_their_kind(quality):
    for kind in ("locations", "employees", "shoppers"):
        template = quality.get(f"/imports/{kind}/template.csv")
        assert template.content.startswith(b"\xef\xbb\xbfcode,name")
        path = send(quality, kind, template.content).headers["location"]
        assert quality.post(path).status_code == 303, kind


def test_exports_honour_rights(client, cast, engines):
    with write(engines) as session:
        make_location(session, "old-town", name="=cmd()")
    client.sign_in(cast["quality_manager"])
    for kind in ("locations", "employees", "shoppers", "visits", "answers", "scores"):
        assert client.get(f"/exports/{kind}.csv").content.startswith(b"\xef\xbb\xbf")
        assert client.get(f"/exports/{kind}.xlsx").content.startswith(b"PK")
    answer = client.get("/exports/locations.csv")
    assert "'=cmd()" in answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="locations.csv"'

    client.sign_in(cast["executive"])
    assert client.get("/exports/scores.csv").status_code == 200
    for kind in ("locations", "employees", "shoppers", "visits", "answers"):
        assert client.get(f"/exports/{kind}.csv").status_code == 404
    for role in ("shopper", "location_manager"):
        client.sign_in(cast[role])
        assert client.get("/exports/scores.csv").status_code == 404
        assert send(client, "locations", GOOD).status_code == 404


@pytest.fixture
def bearer(engines, cast):
    def make(role="quality_manager", *scopes):
        with write(engines) as session:
            person = session.get_one(Person, cast[role])
            token = actions.make_token(session, person, list(scopes or ["import"]), "t", clock.now())
        return {"Authorization": f"Bearer {token}"}

    return make


def call(client, kind, content, headers, **query):
    client.http.cookies.clear()
    body = content if isinstance(content, bytes) else content.encode()
    return client.http.post(f"/api/v1/imports/{kind}", content=body, headers=headers, params=query)


def test_the_api_takes_raw_files_in_order(client, engines, bearer):
    headers = bearer()
    with write(engines) as session:
        make_location(session, "old-town", attributes={"patio": "no"})
        make_location(session, "rival", own=False)
    assert call(client, "standards", STANDARD, headers).json()["new"] == 1
    assert call(client, "shoppers", "code,name,email\ns-1,M,m@example.org\n", headers).json()["new"] == 1
    assert call(client, "visits", VISITS, headers).json()["unknown_columns"] == ["weather"]
    report = call(client, "answers", ANSWERS, headers).json()
    assert {key: report[key] for key in ("rows", "new", "same", "bad", "imported")} == {
        "rows": 5,
        "new": 5,
        "same": 0,
        "bad": 0,
        "imported": True,
    }
    assert call(client, "answers", ANSWERS, headers).json()["same"] == 5


def test_the_api_refuses_with_fields(client, engines, bearer):
    answer = call(client, "locations", MIXED, bearer())

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_rows"
    assert answer.json()["fields"] == [
        {"line": 3, "column": "latitude", "message": "“91” is no number from -90 to 90"}
    ]
    assert codes(engines) == []
    assert call(client, "locations", MIXED, bearer(), dry_run="1").json()["bad"] == 1
    assert codes(engines) == []
    assert call(client, "locations", MIXED, bearer(), skip_bad="1").json()["new"] == 1
    assert codes(engines) == ["a"]


def test_the_api_asks_for_scope_role_and_a_known_kind(client, bearer, cast):
    assert call(client, "locations", GOOD, bearer("quality_manager", "read")).status_code == 403
    assert call(client, "locations", GOOD, bearer("shopper")).status_code == 404
    assert call(client, "planets", GOOD, bearer()).status_code == 404
    assert call(client, "locations", GOOD, {"Authorization": "Bearer no"}).status_code == 401
    assert call(client, "locations", b"", bearer()).json()["code"] == "bad_table"
    assert call(client, "visits", VISITS, bearer(), state="lost").status_code == 422
    client.sign_in(cast["administrator"])
    without = client.http.post("/api/v1/imports/locations", content=GOOD.encode())
    assert without.status_code == 403
    with_token = client.http.post(
        "/api/v1/imports/locations",
        files={"file": ("x.csv", GOOD.encode())},
        headers={"x-csrf-token": client.token},
    )
    assert with_token.json()["file"] == "x.csv"


def test_an_idempotency_key_gives_the_same_answer_once(client, engines, bearer):
    headers = {**bearer(), "Idempotency-Key": "k-1"}
    first = call(client, "locations", GOOD, headers)
    again = call(client, "locations", GOOD, headers)
    other = call(client, "locations", GOOD + "c,C,N,\n", headers)

    assert first.json() == again.json()
    assert first.json()["new"] == 2
    assert (other.status_code, other.json()["code"]) == (409, "different_bytes")
    assert codes(engines) == ["a", "b"]
    bad = {**headers, "Idempotency-Key": "k-2"}
    assert call(client, "locations", MIXED, bad).status_code == 422
    with read(engines) as session:
        assert session.exec(select(IdempotencyKey.key)).all() == ["k-1"]


@pytest.mark.parametrize("name", [*TABLES, *YAMLS, *JSONS])
def test_the_api_answers_every_odd_file(client, engines, bearer, name):
    content = TABLES[name][0] if name in TABLES else {**YAMLS, **JSONS}[name]
    answer = call(client, "locations" if name in TABLES else "standards", content, bearer())

    assert answer.status_code == 422
    assert set(json.loads(answer.text)) >= {"code", "message"}
    assert "%(" not in answer.json()["message"]
