"""The network's pages as a person meets them: look, add, change, close; and who may not."""

import pytest
from sqlalchemy import event
from sqlmodel import select

from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.organisation.models import Brand, Employee, Location, Region
from tests.factories.organisation import make_brand, make_employee, make_location, make_person, make_region


@pytest.fixture
def places(engines):
    with write(engines) as session:
        old = make_location(session, "old-town", attributes={"patio": "yes"})
        make_location(session, "port", region="south", name="Порт")
        rival = make_location(session, "rival-1", own=False)
        eva = make_employee(session, old, "Eva")
        return {
            "old": old.id,
            "rival": rival.id,
            "eva": eva.id,
            "brand": old.brand_id,
            "south": make_region(session, "south").id,
            "admin": make_person(session, "Ada", "administrator").id,
            "quality": make_person(session, "Quinn", "quality_manager").id,
        }


def form_of(places, **more):
    return {
        "code": "new-1",
        "name": "New place",
        "brand": str(places["brand"]),
        "region": "",
        "timezone": "Europe/Kyiv",
        "latitude": "49,84",
        "longitude": "24.03",
        **more,
    }


def locations(engines):
    with read(engines) as session:
        return {one.code: one for one in session.exec(select(Location)).all()}


def test_the_list_finds_filters_sorts_and_folds_for_htmx(client, places):
    client.sign_in(places["quality"])

    whole = client.get("/network").text
    assert "Location old-town" in whole
    assert "competitor" in whole
    found = client.get("/network?q=порт").text
    assert "Порт" in found
    assert "Location old-town" not in found
    assert "Location old-town" not in client.get(f"/network?region={places['south']}").text
    assert "Nothing fits these filters" in client.get("/network?q=%25").text
    assert "<html" not in client.get("/network", fragment=True).text
    for odd in ("?sort=shopper", "?page=999999", "?page=-4", "?status=x"):
        assert client.get(f"/network{odd}").status_code == 200


def test_the_list_asks_the_same_number_of_questions_for_many_rows(client, places, engines):
    client.sign_in(places["quality"])
    counts = []
    seen: list[str] = []
    event.listen(engines.reading, "before_cursor_execute", lambda _c, _u, text, *_r: seen.append(text))
    for more in (0, 5):
        with write(engines) as session:
            for n in range(more):
                make_location(session, f"more-{n}")
        seen.clear()
        assert client.get("/network").status_code == 200
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_a_location_is_added_changed_and_closed(client, places, engines):
    client.sign_in(places["admin"])
    data = form_of(places, region=str(places["south"]))
    data |= {"attribute": ["patio", "", "tills"], "value": ["no", "", "4"]}
    answer = client.post("/network/locations", data)

    assert answer.status_code == 303
    added = locations(engines)["new-1"]
    assert (added.latitude, added.attributes) == (49.84, {"patio": "no", "tills": "4"})
    assert answer.headers["location"] == f"/network/locations/{added.id}"
    assert "Europe/Kyiv" in client.get(f"/network/locations/{added.id}").text

    edit = client.get(f"/network/locations/{added.id}/edit").text
    assert 'value="tills"' in edit
    assert client.post(f"/network/locations/{added.id}", form_of(places, name="Newer")).status_code == 303
    assert client.post(f"/network/locations/{added.id}/active", {"active": "no"}).status_code == 303
    changed = locations(engines)["new-1"]
    assert (changed.name, changed.attributes, changed.active, changed.region_id) == ("Newer", {}, False, None)
    with read(engines) as session:
        seen = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "location")).all()
        assert seen == ["location.added", "location.changed", "location.changed"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"code": "old-town"}, "This code is taken already."),
        ({"latitude": "91"}, "Please give degrees from -90 to 90"),
        ({"latitude": "nan"}, "Please give degrees from -90 to 90"),
        ({"longitude": "1e999"}, "Please give degrees from -180 to 180"),
        ({"timezone": "Mars/Base"}, "Please choose one from the list."),
        ({"brand": "no-uuid"}, "Please choose one from the list."),
        ({"attribute": "patio", "value": ""}, "Each attribute needs a name and a value."),
        ({"attribute": ["a", "a"], "value": ["1", "2"]}, "The attribute “a” stands there twice."),
    ],
)
def test_a_wrong_location_comes_back_as_it_was_typed(client, places, engines, more, said):
    client.sign_in(places["admin"])
    before = len(locations(engines))
    answer = client.post("/network/locations", form_of(places, **more))

    assert answer.status_code == 422
    assert said in answer.text
    if "name" not in more:
        assert "New place" in answer.text
    assert len(locations(engines)) == before


def test_employees_come_change_and_leave(client, places, engines):
    client.sign_in(places["admin"])
    path = f"/network/locations/{places['old']}/employees"
    assert client.post(path, {"code": "e-9", "name": "Єва", "hired_on": "2024-05-01"}).status_code == 303
    assert client.post(path, {"code": "e-9", "name": "Again"}).status_code == 422
    assert "Please give a date" in client.post(path, {"code": "x", "name": "X", "hired_on": "soon"}).text
    rival = client.post(f"/network/locations/{places['rival']}/employees", {"code": "r", "name": "R"})
    assert "staff of competitors is never recorded" not in rival.text
    assert rival.status_code == 422

    eva = f"/network/employees/{places['eva']}"
    assert client.get(eva).status_code == 200
    assert client.post(eva, {"code": "e-1", "name": "Eva M."}).status_code == 303
    assert client.post(f"{eva}/active", {"active": "no"}).status_code == 303
    with read(engines) as session:
        found = {one.code: one for one in session.exec(select(Employee)).all()}
    assert set(found) == {"e-1", "e-9"}
    assert (found["e-1"].name, found["e-1"].active) == ("Eva M.", False)


def test_brands_and_regions(client, places, engines):
    client.sign_in(places["admin"])
    assert client.post("/network/brands", {"code": "b2", "name": "Second", "own": "no"}).status_code == 303
    assert client.post("/network/regions", {"code": "east", "name": "East"}).status_code == 303
    again = client.post("/network/regions", {"code": "east", "name": "Eastern"})
    assert again.status_code == 422
    assert 'value="Eastern"' in again.text
    assert client.post(f"/network/brands/{places['brand']}", {"name": "Ours"}).status_code == 303
    with read(engines) as session:
        assert session.exec(select(Brand.own).where(Brand.code == "b2")).one() is False
        assert session.get_one(Brand, places["brand"]).name == "Ours"
        assert "East" in session.exec(select(Region.name)).all()
    assert "Second" in client.get("/network/names").text


def test_a_quality_manager_reads_and_changes_nothing(client, places, engines):
    client.sign_in(places["quality"])
    for path in ("/network", "/network/names", f"/network/locations/{places['old']}"):
        text = client.get(path)
        assert text.status_code == 200
        assert 'action="/network' not in text.text.replace('action="/network"', "")
    for path in ("/network/locations/new", f"/network/locations/{places['old']}/edit"):
        assert client.get(path).status_code == 404
    assert client.post("/network/locations", form_of(places)).status_code == 404
    assert client.post(f"/network/employees/{places['eva']}/active", {"active": "no"}).status_code == 404
    assert "new-1" not in locations(engines)


@pytest.mark.parametrize("role", ["shopper", "location_manager", "region_manager", "executive", "reviewer"])
def test_others_find_nothing(client, places, engines, role):
    with write(engines) as session:
        region, place = make_region(session, "west").id, places["old"]
        other = make_person(
            session,
            "Otto",
            role,
            region_id=region if role == "region_manager" else None,
            location_id=place if role == "location_manager" else None,
        )
    client.sign_in(other)
    for path in ("/network", "/network/names", f"/network/locations/{places['old']}", "/people", "/imports"):
        assert client.get(path).status_code == 404


def test_a_quality_manager_of_a_region_sees_only_its_places(client, places, engines):
    with write(engines) as session:
        lena = make_person(session, "Lena", "quality_manager", region_id=places["south"])
        make_brand(session, "x")
    client.sign_in(lena)

    text = client.get("/network").text
    assert "Порт" in text
    assert "Location old-town" not in text
    assert client.get(f"/network/locations/{places['old']}").status_code == 404


def test_every_page_speaks_three_languages(client, places):
    client.sign_in(places["admin"])
    for language, words in {"ru": ("Сеть", "Люди"), "uk": ("Мережа", "Люди")}.items():
        client.post("/language", {"locale": language, "next": "/"})
        assert f"<h1>{words[0]}</h1>" in client.get("/network").text
        assert f"<h1>{words[1]}</h1>" in client.get("/people").text
