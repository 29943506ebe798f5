"""The pages as people meet them: reading, beginning, importing, publishing."""

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from audit_app.kit.db import read, write
from audit_app.kit.yaml import read_yaml, write_yaml
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules.canonical import canonical
from tests.factories.organisation import make_person
from tests.factories.standards import make_document, make_version


@pytest.fixture
def quinn(engines):
    with write(engines) as session:
        return make_person(session, "Quinn", "quality_manager")


@pytest.fixture
def ivo(engines):
    with write(engines) as session:
        return make_person(session, "Ivo", "location_manager")


@pytest.fixture
def mara(engines):
    with write(engines) as session:
        return make_person(session, "Mara", "shopper")


@pytest.fixture
def published(engines):
    with write(engines) as session:
        return make_version(session).id


@pytest.fixture
def draft(engines):
    with write(engines) as session:
        return make_version(session, make_document(code="draft-one"), published=False).id


def newest(engines):
    with read(engines) as session:
        return session.exec(select(StandardVersion).order_by(StandardVersion.created_at.desc())).first()


def test_readers_read_what_is_published_and_never_a_draft(client, ivo, published, draft):
    client.sign_in(ivo)

    page = client.get("/standards")
    assert page.status_code == 200
    assert "Shop floor" in page.text
    assert "draft-one" not in page.text
    assert "New standard" not in page.text
    for path in ("", "/as-shopper", "/export"):
        assert client.get(f"/standards/versions/{published}{path}").status_code == 200
        assert client.get(f"/standards/versions/{draft}{path}").status_code == 404
    assert "Were you greeted?" in client.get(f"/standards/versions/{published}").text


@pytest.mark.parametrize("path", ["/standards", "/standards/new"])
def test_shoppers_find_nothing_here(client, mara, published, path):
    client.sign_in(mara)
    assert client.get(path).status_code == 404
    assert client.get(f"/standards/versions/{published}").status_code == 404


def test_readers_change_nothing(client, ivo, published, draft):
    client.sign_in(ivo)
    assert client.get("/standards/new").status_code == 404
    for path in (
        "/standards/new",
        "/standards/library",
        "/standards/import",
        f"/standards/versions/{published}/draft",
        f"/standards/versions/{published}/retire",
        f"/standards/versions/{draft}/publish",
        f"/standards/versions/{draft}/discard",
        f"/standards/versions/{draft}/edit/undo",
    ):
        assert client.post(path, {"code": "clothing-shop"}).status_code == 404


def test_a_standard_of_the_library_becomes_a_draft_and_is_published(client, quinn, engines):
    client.sign_in(quinn)
    assert "Clothing shop" in client.get("/standards/new").text

    answer = client.post("/standards/library", {"code": "clothing-shop"})
    assert answer.status_code == 303
    version = newest(engines)
    assert answer.headers["location"] == f"/standards/versions/{version.id}/edit"
    assert client.get(answer.headers["location"]).status_code == 200
    assert client.get(f"/standards/versions/{version.id}/publish").status_code == 200

    answer = client.post(f"/standards/versions/{version.id}/publish")
    assert answer.headers["location"] == f"/standards/versions/{version.id}"
    assert newest(engines).state == "published"
    assert client.post(f"/standards/versions/{version.id}/publish").status_code == 409
    assert client.post("/standards/library", {"code": "../../etc"}).status_code == 404


def test_an_empty_standard_is_begun_and_wrong_input_comes_back(client, quinn, engines, published):
    client.sign_in(quinn)

    wrong = client.post("/standards/new", {"code": "Shop Floor", "title_en": "My shop"})
    assert wrong.status_code == 422
    assert 'value="My shop"' in wrong.text
    assert "small Latin letters" in wrong.text
    assert client.post("/standards/new", {"code": "x"}).status_code == 422
    taken = client.post("/standards/new", {"code": "shop-floor", "title_en": "Again"})
    assert taken.status_code == 422
    assert "code already" in taken.text

    right = client.post("/standards/new", {"code": "my-shop", "title_uk": "Мій магазин"})
    assert right.status_code == 303
    assert newest(engines).document["title"] == {"uk": "Мій магазин"}


def test_what_was_exported_can_be_imported_again(client, quinn, engines, published):
    client.sign_in(quinn)
    file = client.get(f"/standards/versions/{published}/export")
    assert file.headers["content-disposition"] == 'attachment; filename="shop-floor-1.yaml"'
    assert read_yaml(file.text) == canonical(make_document())

    document = {**read_yaml(file.text), "pass_mark": 80}
    answer = client.post("/standards/import", {"pasted": write_yaml(document)})
    assert answer.status_code == 303
    assert (newest(engines).number, newest(engines).document["pass_mark"]) == (2, 80)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "choose a file"),
        ("code: [", "Line 2"),
        ("code: shop-floor\nversion: 1\nbands: [{from: 5, name: x}]\n", "line 3"),
        (b"\xff\xfe\x00bad", "UTF-8"),
        ("a: &x [1]\nb: *x", "anchors"),
        ("x" * 1_100_000, "larger"),
    ],
)
def test_a_wrong_file_is_refused_with_its_places(client, quinn, engines, text, said):
    client.sign_in(quinn)
    if isinstance(text, bytes):
        answer = client.http.post(
            "/standards/import",
            data={"csrf_token": client.token},
            files={"file": ("x.yaml", text)},
            follow_redirects=False,
        )
    else:
        answer = client.post("/standards/import", {"pasted": text})
    assert answer.status_code == 422
    assert said in answer.text
    assert newest(engines) is None


def test_an_incomplete_draft_is_not_published(client, quinn, engines):
    client.sign_in(quinn)
    client.post("/standards/new", {"code": "my-shop", "title_en": "My shop"})
    version = newest(engines)
    page = client.get(f"/standards/versions/{version.id}/publish")
    assert "at least one section" in page.text
    assert client.post(f"/standards/versions/{version.id}/publish").status_code == 422
    assert newest(engines).state == "draft"


def test_an_unchanged_draft_is_refused_with_a_sentence(client, quinn, engines, published):
    client.sign_in(quinn)
    answer = client.post(f"/standards/versions/{published}/draft")
    draft_id = newest(engines).id
    assert answer.headers["location"] == f"/standards/versions/{draft_id}/edit"
    again = client.post(f"/standards/versions/{published}/draft")
    assert again.headers["location"] == answer.headers["location"]

    refused = client.post(f"/standards/versions/{draft_id}/publish")
    assert refused.status_code == 409
    assert "says the same" in refused.text


def test_versions_are_compared_word_by_word(client, quinn, ivo, engines, published):
    document = make_document()
    document["sections"][0]["items"][0]["text"]["en"] = "Did somebody greet you warmly within 30 seconds?"
    with write(engines) as session:
        second = make_version(session, document).id
    client.sign_in(ivo)
    page = client.get(f"/standards/versions/{second}/compare?other={published}")
    assert "<del>Were </del><ins>Did somebody greet </ins>you " in page.text
    assert "a number in it changed" in page.text
    assert "Comparable" in page.text
    assert client.get(f"/standards/versions/{second}/compare").status_code == 200
    assert client.get(f"/standards/versions/{second}/compare?other={second}").status_code == 404


def test_a_published_version_is_retired_and_stays_readable(client, quinn, ivo, engines, published):
    client.sign_in(quinn)
    assert client.post(f"/standards/versions/{published}/retire").status_code == 303
    assert client.post(f"/standards/versions/{published}/retire").status_code == 409
    client.sign_in(ivo)
    assert "Retired" in client.get(f"/standards/versions/{published}").text


def test_the_list_asks_as_often_for_three_standards_as_for_one(client, quinn, engines, published):
    def count(path):
        asked = []
        event.listen(engines.reading, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert client.get(path).status_code == 200
        return len(asked)

    client.sign_in(quinn)
    client.get("/standards")
    one = count("/standards")
    with Session(engines.writing, expire_on_commit=False) as session:
        for code in ("second", "third"):
            make_version(session, make_document(code=code))
        session.commit()
    asked = []
    event.listen(engines.reading, "before_cursor_execute", lambda *a: asked.append(a[2]))
    client.get("/standards")
    assert len(asked) == one


def test_the_page_of_a_standard_says_how_to_go_on(client, quinn, ivo, published, draft):
    with read(client.engines) as session:
        whole = session.get_one(StandardVersion, published).standard_id
        begun = session.get_one(StandardVersion, draft).standard_id

    client.sign_in(quinn)
    page = client.get(f"/standards/{whole}")
    assert page.status_code == 200
    assert "Edit as version" in page.text
    page = client.get(f"/standards/{begun}")
    assert page.status_code == 200
    assert "Go on with the draft" in page.text

    client.sign_in(ivo)
    page = client.get(f"/standards/{whole}")
    assert page.status_code == 200
    assert "Edit as version" not in page.text
    assert client.get(f"/standards/{begun}").status_code == 404
