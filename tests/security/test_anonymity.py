"""The shopper stays unknown: unique strings in every field of theirs, all pages of the store roles read, none found."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from audit_app import flows
from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.organisation.models import Role, Shopper
from audit_app.visits.events import VisitReleased, VisitSubmitted
from audit_app.visits.models import VisitState, VisitStep
from tests.factories.organisation import make_employee, make_location, make_person
from tests.factories.visits import ALL_YES, make_revision, make_version, make_visit
from tests.security.crawl import crawl

WHEN = datetime(2026, 10, 14, 11, 43, 57, tzinfo=UTC)
CANARIES = {
    "name": "Zaphod Canaryname",
    "email": "canary.mail@canary.example",
    "code": "canary-code-7781",
    "phone": "+380 44 555 7791",
    "minute here": "14:43",
    "minute in UTC": "11:43",
    "second": "43:57",
    "latitude": "50.777123",
    "longitude": "30.888456",
    "reviewer's words": "canary return reason",
}
PLACES = (
    Role.LOCATION_MANAGER,
    Role.REGION_MANAGER,
    Role.EMPLOYEE,
    Role.PROCESS_OWNER,
    Role.TRAINER,
    Role.EXECUTIVE,
)


@pytest.fixture
def world(engines):
    with write(engines) as session:
        town = make_location(session)
        version = make_version(session)
        shopper = make_person(session, CANARIES["name"], "shopper", email=CANARIES["email"])
        row = session.get_one(Shopper, shopper.id)
        row.code, row.phone = CANARIES["code"], CANARIES["phone"]
        row.latitude, row.longitude = float(CANARIES["latitude"]), float(CANARIES["longitude"])
        session.add(row)
        people = {
            role: make_person(
                session,
                f"The {role}",
                role,
                region_id=town.region_id if role == Role.REGION_MANAGER else None,
                location_id=town.id if role in (Role.LOCATION_MANAGER, Role.EMPLOYEE) else None,
                timezone="Europe/Kyiv",
            )
            for role in PLACES
        }
        staff = make_employee(session, town, "Eva", people[Role.EMPLOYEE])
        announce = flows.announcer(session)
        for n in range(4):
            visit = make_visit(
                session, town, version, shopper, VisitState.RELEASED, employee_id=staff.id,
                visited_at=WHEN + timedelta(days=n), started_at=WHEN, submitted_at=WHEN, approved_at=WHEN, released_at=WHEN,
            )  # fmt: skip
            answers = {
                **ALL_YES,
                "receipt": {"answer": "no", "comment": "Kept at the till", "at": WHEN.isoformat()},
            }
            revision = make_revision(session, visit, answers)
            session.add(
                VisitStep(
                    visit_id=visit.id,
                    at=WHEN,
                    to_state="returned",
                    by_id=shopper.id,
                    reason=CANARIES["reviewer's words"],
                )
            )
            announce(VisitSubmitted(visit.id, revision.id))
            announce(VisitReleased(visit.id))
        return {"town": town, "version": version, "shopper": shopper, "people": people}


def text_of(answer) -> str:
    """Everything the answer says: headers, body, and what is packed inside a workbook."""
    body = answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in packed.namelist())
    return str(dict(answer.headers)) + body.decode("utf-8", "replace")


@pytest.mark.parametrize("role", PLACES)
def test_no_page_of_a_store_role_names_the_shopper_or_the_minute(client, world, role):
    client.sign_in(world["people"][role])
    secrets = {**CANARIES, "id": str(world["shopper"].id), "id in hex": world["shopper"].id.hex}
    found, results = [], 0
    for path, answer in crawl(client):
        text = text_of(answer)
        results += "Kept at the till" in text
        found += [f"{path}: {what}" for what, secret in secrets.items() if secret in text]
    assert found == []
    assert results > 0, "the crawl met no result, so it proved nothing"


@pytest.mark.parametrize("role", [Role.LOCATION_MANAGER, Role.REGION_MANAGER, Role.EMPLOYEE])
def test_nothing_moves_for_a_place_when_a_visit_is_planned(client, world, engines, role):
    client.sign_in(world["people"][role])
    before = {path: answer.status_code for path, answer in crawl(client)}
    texts = {path: without_tokens(client.get(path).text) for path, status in before.items() if status == 200}

    with write(engines) as session:
        make_visit(
            session, world["town"], world["version"], world["shopper"], VisitState.ACCEPTED,
            from_on=clock.now().date(), due_on=clock.now().date() + timedelta(days=2),
        )  # fmt: skip

    assert {path: answer.status_code for path, answer in crawl(client)} == before
    assert {path: without_tokens(client.get(path).text) for path in texts} == texts


def without_tokens(text: str) -> str:
    """The page without what differs at every look: the salted tokens of its forms."""
    text = re.sub(r'(csrf_token" value|csrf-token" content)="[^"]*"', "", text)
    return re.sub(r"[0-9a-f]{16}\.[0-9a-f]{40}|\d{1,2} \w+ 20\d\d, \d\d:\d\d", "", text)


def test_reading_changes_nothing(client, world, engines):
    """All pages of all store roles by GET: no row is added, changed or removed anywhere but in the sign-in's book."""

    def counts() -> dict[str, int]:
        with read(engines) as session:
            return {
                name: session.connection().execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in SQLModel.metadata.tables.items()
            }

    for person in world["people"].values():
        client.sign_in(person)
        before = counts()
        for _path, _answer in crawl(client):
            pass
        assert counts() == before


def test_ids_of_others_and_ids_of_nothing_answer_alike(client, world, engines):
    """404 with the same words: whoever tries ids learns nothing, not even that something is there."""
    with write(engines) as session:
        far = make_location(session, "far", region="east")
        hidden = make_visit(
            session, far, world["version"], world["shopper"], VisitState.RELEASED, due_on=date(2026, 10, 1)
        )
    client.sign_in(world["people"][Role.LOCATION_MANAGER])

    def words(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 404
        return without_tokens(answer.text).replace(answer.headers["x-request-id"], "").replace(path, "")

    unknown = "00000000-0000-4000-8000-000000000000"
    assert words(f"/results/visits/{hidden.id}") == words(f"/results/visits/{unknown}")
    assert words(f"/results/places/{far.id}") == words(f"/results/places/{unknown}")
