"""Pictures of good practice: uploaded in the editor, kept with their version, shown to who fills the form."""

import io
import re

import pytest
from PIL import Image
from sqlmodel import select

from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.kit.yaml import write_yaml
from audit_app.standards.actions import new_draft
from audit_app.standards.actions.pictures import free_name, picture_name
from audit_app.standards.models import StandardPicture, StandardVersion
from audit_app.standards.rules.editing import find_item
from audit_app.visits.models import VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg, photo
from tests.factories.standards import make_document
from tests.factories.visits import make_visit


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("greeting.jpg", "greeting.jpg"),
        ("C:\\pictures\\At the door (1).PNG", "At-the-door-1.PNG"),
        ("../../etc/passwd", "passwd.jpg"),
        ("Приветствие.webp", "Приветствие.webp"),
        ("..", "picture.jpg"),
        ("", "picture.jpg"),
        ("a" * 300 + ".jpg", "a" * 80 + ".jpg"),
        ("x\x00\ud800.jpg", "x.jpg"),
    ],
)
def test_what_a_picture_is_called(given, name):
    assert picture_name(given) == name


def test_a_name_is_given_once():
    assert free_name("a.jpg", {"b.jpg"}) == "a.jpg"
    assert free_name("a.jpg", {"a.jpg", "a-2.jpg"}) == "a-3.jpg"


def row(engines, version_id):
    with read(engines) as session:
        return session.get_one(StandardVersion, version_id)


def upload(client, engines, draft, content, name="greeting.jpg", code="greeted", **fields):
    return client.post(
        f"/standards/versions/{draft}/edit/pictures/{code}",
        {"edition": str(row(engines, draft).edition), **fields},
        files={"file": (name, content, "image/jpeg")},
    )


def named(engines, version_id):
    return find_item(row(engines, version_id).document, "greeted")[1].get("picture")


def pictures_in(page):
    return re.findall(r'src="(/(?:standards|my)/pictures/[0-9a-f-]+)"', page)


def test_a_picture_is_made_anew_kept_and_shown_where_the_item_is(client, engines, quinn, draft):
    client.sign_in(quinn)
    exif = Image.Exif()
    exif[0x0110] = "Phone X"

    assert upload(client, engines, draft, jpeg(photo(2000, 1500), exif=exif)).status_code == 303

    assert named(engines, draft) == "greeting.jpg"
    page = client.get(f"/standards/versions/{draft}/edit/items/greeted").text
    address = pictures_in(page)[0]
    got = client.get(address)
    assert got.headers["content-type"] == "image/jpeg"
    assert b"Phone X" not in got.content
    assert Image.open(io.BytesIO(got.content)).size == (960, 720)
    assert pictures_in(client.get(f"/standards/versions/{draft}").text) == [address]
    assert pictures_in(client.get(f"/standards/versions/{draft}/as-shopper").text) == [address]
    with read(engines) as session:
        actions = session.exec(select(AuditEntry.action)).all()
        assert actions[-2:] == ["standard.edited", "standard.picture_added"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Please choose a picture."), (b"<svg/>", "cannot be read"), (jpeg(photo(2000, 1500))[:900], "cannot be read")],
    ids=["nothing", "no picture", "broken off"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_beside_its_field(client, engines, quinn, draft, content, said):
    client.sign_in(quinn)

    wrong = upload(client, engines, draft, content)

    assert wrong.status_code == 422
    assert said in wrong.text
    assert row(engines, draft).edition == 0
    assert upload(client, engines, draft, jpeg(), code="nothing").status_code == 404


def test_another_picture_of_the_same_name_leaves_the_published_one_alone(client, engines, quinn, draft):
    client.sign_in(quinn)
    upload(client, engines, draft, jpeg(photo(seed=1)))
    with write(engines) as session:
        version = session.get_one(StandardVersion, draft)
        version.state = "published"
        session.add(version)
        session.flush()
        later = new_draft(session, version, session.merge(quinn), version.created_at).id

    upload(client, engines, later, jpeg(photo(seed=2)))
    assert (named(engines, draft), named(engines, later)) == ("greeting.jpg", "greeting-2.jpg")
    before, after = (pictures_in(client.get(f"/standards/versions/{one}").text) for one in (draft, later))
    assert before != after
    upload(client, engines, later, jpeg(photo(seed=1)), "again.jpg")
    assert named(engines, later) == "greeting.jpg"
    with read(engines) as session:
        assert len(session.exec(select(StandardPicture.id)).all()) == 2


def test_a_file_brings_names_and_says_which_pictures_are_missing(client, engines, quinn):
    client.sign_in(quinn)
    document = make_document()
    document["sections"][0]["items"][0]["picture"] = "hello.png"

    page = client.post("/standards/import", {"pasted": write_yaml(document)})
    assert page.status_code == 200
    assert "The picture hello.png is named only" in page.text
    with read(engines) as session:
        version_id = session.exec(select(StandardVersion.id)).one()
    assert "hello.png is not here yet" in client.get(f"/standards/versions/{version_id}").text
    assert "picture: hello.png" in client.get(f"/standards/versions/{version_id}/export").text

    upload(client, engines, version_id, jpeg(photo(300, 200)), "hello.png")
    assert "is not here yet" not in client.get(f"/standards/versions/{version_id}").text
    assert client.post("/standards/import", {"pasted": write_yaml(document)}).status_code == 303


def test_the_shopper_sees_it_beside_the_guidance_and_keeps_it_for_no_network(client, engines, quinn, draft):
    client.sign_in(quinn)
    upload(client, engines, draft, jpeg())
    with write(engines) as session:
        version = session.get_one(StandardVersion, draft)
        version.state = "published"
        session.add(version)
        mara, sam = make_person(session, "Mara", "shopper"), make_person(session, "Sam", "shopper")
        ivo = make_person(session, "Ivo", "location_manager")
        visit = make_visit(session, make_location(session), version, mara, VisitState.ACCEPTED).id

    client.sign_in(mara)
    client.post(f"/my/visits/{visit}/start")
    [address] = pictures_in(client.get(f"/my/visits/{visit}/checklist").text)
    got = client.get(address)
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["x-person"]
    assert client.get(address, headers={"if-none-match": got.headers["etag"]}).status_code == 304
    assert address in [one["path"] for one in client.get("/my/phone").json()["pages"]]
    assert client.get(address.replace("/my/", "/standards/")).status_code == 404
    client.sign_in(sam)
    assert client.get(address).status_code == 404
    assert client.get("/my/phone").json()["pages"][-2]["path"] == "/my/clock"
    client.sign_in(ivo)
    assert client.get(address).status_code == 404
    assert client.get(address.replace("/my/", "/standards/")).status_code == 200


def test_a_picture_of_a_draft_is_for_those_who_write(client, engines, quinn, draft):
    client.sign_in(quinn)
    upload(client, engines, draft, jpeg())
    [address] = pictures_in(client.get(f"/standards/versions/{draft}").text)
    with write(engines) as session:
        ivo = make_person(session, "Ivo", "location_manager")

    assert client.sign_in(ivo).get(address).status_code == 404
    client.sign_in(quinn)
    assert client.post(f"/standards/versions/{draft}/discard").status_code == 303
    assert client.get(address).status_code == 404


def test_the_database_refuses_to_change_a_picture(client, engines, quinn, draft):
    client.sign_in(quinn)
    upload(client, engines, draft, jpeg())

    with pytest.raises(Exception, match="never changed"), write(engines) as session:
        session.connection().exec_driver_sql("update standard_picture set name = 'other.jpg'")
