"""People: invited by a link shown once, given and taken roles, switched off; nobody sets another's password."""

import re

import pytest
from sqlmodel import select

from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.organisation.models import Grant, Person, Shopper
from tests.factories.organisation import make_location, make_person, make_region


@pytest.fixture
def cast(engines):
    with write(engines) as session:
        return {
            "admin": make_person(session, "Ada", "administrator", email="ada@example.org").id,
            "ivo": make_person(session, "Ivo", email="ivo@example.org", password_hash="x").id,
            "west": make_region(session, "west").id,
            "place": make_location(session, "old-town").id,
        }


@pytest.fixture
def admin(client, cast):
    return client.sign_in(cast["admin"])


def grants(engines, person_id):
    with read(engines) as session:
        rows = session.exec(select(Grant).where(Grant.person_id == person_id)).all()
        return sorted((one.role, one.region_id, one.location_id) for one in rows)


def test_an_invited_person_chooses_a_password_by_a_link_shown_once(admin, engines, make_client):
    answer = admin.post(
        "/people", {"name": "Lena", "email": "Lena@Example.org", "role": "quality_manager", "locale": "uk"}
    )

    assert answer.status_code == 200
    link = re.search(r'value="http://127\.0\.0\.1(/invitation/[^"]+)"', answer.text).group(1)
    with read(engines) as session:
        lena = session.exec(select(Person).where(Person.email == "lena@example.org")).one()
        assert (lena.password_hash, lena.locale) == (None, "uk")
    assert link not in admin.get(f"/people/{lena.id}").text

    other = make_client(engines)
    other.sign_out()
    assert "Lena" in other.get(link).text
    weak = other.post(link, {"password": "lena2026"})
    assert weak.status_code == 422
    assert other.post(link, {"password": "a long and calm sentence"}).status_code == 303
    assert other.get(link).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "", "email": "a@b.cc", "role": "reviewer"}, "Please fill this in."),
        ({"name": "A", "email": "nobody", "role": "reviewer"}, "Please give an e-mail address"),
        ({"name": "A", "email": "ADA@example.org", "role": "reviewer"}, "is here already"),
        ({"name": "A", "email": "a@b.cc", "role": "king"}, "Please choose a role"),
        ({"name": "A", "email": "a@b.cc", "role": "region_manager"}, "Please choose the region"),
        ({"name": "A", "email": "a@b.cc", "role": "location_manager"}, "Please choose the location"),
    ],
)
def test_a_wrong_invitation_comes_back(admin, engines, data, said):
    answer = admin.post("/people", data)

    assert answer.status_code == 422
    assert said in answer.text
    with read(engines) as session:
        assert len(session.exec(select(Person)).all()) == 2


def test_roles_are_given_with_a_reach_and_taken_away(admin, cast, engines):
    path = f"/people/{cast['ivo']}/roles"
    both = {"role": "region_manager", "region": str(cast["west"]), "location": str(cast["place"])}
    assert admin.post(path, both).status_code == 303
    assert admin.post(path, {"role": "location_manager", "location": str(cast["place"])}).status_code == 303
    assert admin.post(path, {"role": "shopper"}).status_code == 303
    assert admin.post(path, {"role": "shopper"}).status_code == 422
    assert grants(engines, cast["ivo"]) == [
        ("location_manager", None, cast["place"]),
        ("region_manager", cast["west"], None),
        ("shopper", None, None),
    ]
    with read(engines) as session:
        assert session.get_one(Shopper, cast["ivo"]).code.startswith("s-")
        grant = session.exec(select(Grant).where(Grant.role == "shopper")).one()
    assert admin.post(f"/people/{cast['admin']}/roles/{grant.id}/revoke").status_code == 404
    assert admin.post(f"{path}/{grant.id}/revoke").status_code == 303
    assert len(grants(engines, cast["ivo"])) == 2


def test_switched_off_signed_out_and_linked_anew(admin, cast, engines, make_client):
    ivo = make_client(engines).sign_in(cast["ivo"])
    assert ivo.get("/account").status_code == 200
    assert admin.post(f"/people/{cast['ivo']}/sign-out").status_code == 303
    assert ivo.get("/account").status_code == 303

    assert admin.post(f"/people/{cast['ivo']}/active", {"active": "no"}).status_code == 303
    with read(engines) as session:
        assert session.get_one(Person, cast["ivo"]).active is False
    assert admin.post(f"/people/{cast['ivo']}/active", {"active": "yes"}).status_code == 303
    assert "/invitation/" in admin.post(f"/people/{cast['ivo']}/link").text
    with read(engines) as session:
        seen = session.exec(select(AuditEntry.action).where(AuditEntry.subject_id == cast["ivo"])).all()
    assert [one for one in seen if not one.startswith("sign_in")] == [
        "person.signed_out",
        "person.switched_off",
        "person.switched_on",
        "person.invited",
    ]


def test_an_administrator_cannot_lock_themselves_out_nor_set_a_password(admin, cast, engines):
    with read(engines) as session:
        own = session.exec(select(Grant).where(Grant.person_id == cast["admin"])).one()
    assert admin.post(f"/people/{cast['admin']}/active", {"active": "no"}).status_code == 422
    assert admin.post(f"/people/{cast['admin']}/roles/{own.id}/revoke").status_code == 422
    changed = {"name": "Ivo", "email": "ivo@example.org", "password": "12345678", "password_hash": "y"}
    assert admin.post(f"/people/{cast['ivo']}", changed).status_code == 303
    with read(engines) as session:
        assert session.get_one(Person, cast["ivo"]).password_hash == "x"
    assert 'type="password"' not in admin.get(f"/people/{cast['ivo']}").text


def test_name_and_address_change_but_not_onto_somebody_else_s(admin, cast, engines):
    path = f"/people/{cast['ivo']}"
    assert (
        admin.post(path, {"name": "Ivo B.", "email": "ivo.b@example.org", "locale": "ru"}).status_code == 303
    )
    taken = admin.post(path, {"name": "Ivo", "email": "ada@example.org"})

    assert taken.status_code == 422
    with read(engines) as session:
        ivo = session.get_one(Person, cast["ivo"])
        assert (ivo.name, ivo.email, ivo.locale) == ("Ivo B.", "ivo.b@example.org", "ru")


def test_the_list_searches_and_filters(admin, cast):
    assert "ivo@example.org" in admin.get("/people").text
    assert "ivo@example.org" not in admin.get("/people?role=administrator").text
    assert "ivo@example.org" in admin.get("/people?q=IVO").text
    assert "Nothing fits" in admin.get("/people?account=off").text
    assert admin.get("/people?sort=password_hash").status_code == 200


@pytest.mark.parametrize("role", ["quality_manager", "reviewer", "executive", "shopper"])
def test_only_administrators_see_people(client, cast, engines, role):
    with write(engines) as session:
        other = make_person(session, "Otto", role)
    client.sign_in(other)

    for path in ("/people", "/people/new", f"/people/{cast['ivo']}"):
        assert client.get(path).status_code == 404
    assert (
        client.post("/people", {"name": "X", "email": "x@example.org", "role": "administrator"}).status_code
        == 404
    )
    assert client.post(f"/people/{cast['ivo']}/roles", {"role": "administrator"}).status_code == 404
    assert grants(engines, cast["ivo"]) == []
