"""Role × route × method: each way in has an entry in access.txt, and a role without one finds nothing there."""

from pathlib import Path
from uuid import uuid4

import pytest

from audit_app.kit.db import write
from audit_app.organisation.models import Role
from tests.factories.organisation import make_location, make_person
from tests.security.matrix import ALL, EVERYONE, Door, doors, read_table

TABLE = read_table((Path(__file__).parent / "access.txt").read_text(encoding="utf-8"))
FILLED = {"path": "x", "file_path": "app.css", "token": "no-such-token", "sha256": "0" * 64, "language": "en"}


def filled(door: Door) -> str:
    """The path with something in each of its places."""
    path = door.path
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            path = path.replace(
                part, FILLED.get(name, str(uuid4()) if name.endswith("_id") or name == "visit" else "x")
            )
    return path


@pytest.fixture
def people(engines):
    with write(engines) as session:
        location = make_location(session)
        return {
            role: make_person(
                session,
                f"The {role}",
                role,
                region_id=location.region_id if role == Role.REGION_MANAGER else None,
                location_id=location.id if role in (Role.LOCATION_MANAGER, Role.EMPLOYEE) else None,
            )
            for role in sorted(ALL)
        }


def test_every_way_in_has_an_entry_and_no_entry_is_left_over(client):
    found = {door.key: door.roles for door in doors(client.http.app)}

    assert found == TABLE


def test_a_role_without_an_entry_finds_nothing_there(client, people):
    """Each role knocks at each door that is not theirs, with the token of their own page; 404 and no word more."""
    wrong = []
    for role, person in people.items():
        client.sign_in(person)
        for door in doors(client.http.app):
            if role in door.allowed:
                continue
            answer = client.http.request(
                door.method, filled(door), headers={"x-csrf-token": client.token}, follow_redirects=False
            )
            if answer.status_code != 404:
                wrong.append(f"{role} {door.key}: {answer.status_code}")
    assert wrong == []


def test_a_role_with_an_entry_never_meets_a_fault(client, people):
    """Unknown ids and empty forms are the worst that can happen: a clear refusal, never a 5xx."""
    wrong = []
    for role, person in people.items():
        client.sign_in(person)
        for door in doors(client.http.app):
            if role not in door.allowed or door.path in ("/sign-out", "/health/ready"):
                continue
            answer = client.http.request(
                door.method, filled(door), headers={"x-csrf-token": client.token}, follow_redirects=False
            )
            if answer.status_code >= 500 or answer.status_code == 403:
                wrong.append(f"{role} {door.key}: {answer.status_code}")
    assert wrong == []


def test_strangers_are_sent_to_sign_in_or_told_401(client):
    client.sign_out()
    wrong = []
    for door in doors(client.http.app):
        if door.roles == EVERYONE:
            continue
        answer = client.http.request(
            door.method, filled(door), headers={"x-csrf-token": client.token}, follow_redirects=False
        )
        api = door.path.startswith("/api/")
        fine = answer.status_code == 401 if api else answer.headers.get("location", "").startswith("/sign-in")
        if not fine:
            wrong.append(f"{door.key}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-csrf-token": "0123456789abcdef.0"},
        {"Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=["no token", "made-up token", "other origin", "cross-site"],
)
def test_nothing_is_changed_without_the_token_of_the_own_page(client, people, headers):
    client.sign_in(people[Role.ADMINISTRATOR])
    good = {"x-csrf-token": client.token} if "Origin" in headers or "Sec-Fetch-Site" in headers else {}
    wrong = []
    for door in doors(client.http.app):
        if door.method == "GET":
            continue
        answer = client.http.request(
            door.method, filled(door), headers={**good, **headers}, follow_redirects=False
        )
        if answer.status_code not in (403, 405):
            wrong.append(f"{door.key}: {answer.status_code}")
    assert wrong == []
