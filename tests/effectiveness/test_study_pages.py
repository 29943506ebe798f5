"""The study as its readers ask for it: read, decide, take it along; and what the database refuses afterwards."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from audit_app.effectiveness import wording
from audit_app.effectiveness.models import ItemDecision, Study
from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.kit.i18n import use_language
from audit_app.standards.models import StandardVersion, VersionState
from tests.factories.effectiveness import make_study
from tests.factories.organisation import make_person, make_region
from tests.factories.visits import make_version


class World:
    """Quinn decides, Erin reads, Petra owns a process."""


@pytest.fixture
def world(engines):
    made = World()
    with write(engines) as session:
        made.quinn = make_person(session, "Quinn", "quality_manager")
        made.erin = make_person(session, "Erin", "executive")
        made.petra = make_person(session, "Petra", "process_owner")
        made.version = make_version(session)
        made.study = make_study(session, made.version, made.quinn)
    made.path = f"/effectiveness/studies/{made.study.id}"
    return made


def test_the_decision_list_says_it_in_words_and_money(client, world):
    text = client.sign_in(world.quinn).get(world.path).text

    assert "Were you greeted?" in text
    assert "Conversion: +5.1" in text
    assert "strong evidence" in text
    assert "€1,500" in text or "€1,600" in text
    assert "too small to matter" in text
    assert "no effect” because" not in text


def test_every_page_of_a_study_answers_its_readers_and_nobody_else(client, world):
    parts = ["", "/effects", "/effects?sort=-worth&decision=keep&q=greeted", "/trust", "/naive", "/items/greeted",
             "/items/receipt", "/print", "/rows", "/naive?called=naive&outcome=conversion", "/items/smile/rows", "/items/smile/rows?kind=weeks", "/report"]  # fmt: skip
    for part in parts:
        assert client.sign_in(world.erin).get(world.path + part).status_code == 200, part
    assert client.get("/effectiveness/").status_code == 200
    assert client.get("/effectiveness/calendar").status_code == 200
    assert client.get(world.path + "/items/nothing").status_code == 404
    assert client.post(world.path + "/items/greeted/decide", {"taken": "keep"}).status_code == 404

    client.sign_in(world.petra)
    assert {client.get(world.path + part).status_code for part in parts} == {404}


def test_the_executive_sees_the_top_lines_at_home(client, world, engines):
    with write(engines) as session:
        ira = make_person(session, "Ira", "region_manager", region_id=make_region(session).id)
    text = client.sign_in(world.erin).get("/").text

    assert "What pays, and what does not" in text
    assert "Were you greeted?" in text
    assert "a month per shop" in text
    assert "only a pilot can say" in text
    assert "What can go" in text
    assert "Next version" not in client.get(world.path).text
    assert "What pays, and what does not" not in client.sign_in(ira).get("/").text


@pytest.mark.parametrize(
    ("language", "text"), [("en", "−€1,500"), ("ru", "−1\u00a0500\u00a0€"), ("uk", "−1\u00a0500\u00a0€")]
)
def test_money_has_its_sign_in_each_language(language, text):
    use_language(language)
    assert wording.money(-1512.0, "EUR") == text
    use_language("en")


def test_the_money_of_an_item_is_taken_apart(client, world):
    text = client.sign_in(world.erin).get(world.path + "/items/greeted").text

    assert "How the money is counted" in text
    assert "a usual place takes €30,000 a month; the cautious effect is +5.1" in text


def test_shares_are_shown_as_a_description(client, world):
    text = client.sign_in(world.erin).get(world.path + "/naive").text

    assert "A description, not a verdict" in text
    assert "LMG (Shapley) shares" in text
    assert "90 %" in text


def test_a_person_decides_and_the_history_keeps_it(client, world, engines):
    client.sign_in(world.quinn)
    where = world.path + "/items/smile/decide"

    assert client.post(where, {"taken": "keep", "reason": ""}).status_code == 422
    day = (clock.now() + timedelta(days=90)).date().isoformat()
    assert client.post(where, {"taken": "keep", "reason": "The law", "review_on": day}).status_code == 303

    page = client.get(world.path + "/items/smile").text
    assert "The law" in page
    assert "The law" in client.get("/effectiveness/calendar").text
    with read(engines) as session:
        kept = session.exec(select(ItemDecision)).one()
    assert (kept.proposed, kept.taken) == ("drop", "keep")


def test_accepted_decisions_become_a_draft(client, world, engines):
    client.sign_in(world.quinn)
    client.post(world.path + "/accept", {"decision": "drop"})
    client.post(world.path + "/accept", {"decision": "hygiene"})

    assert client.post(world.path + "/draft").status_code == 303

    with read(engines) as session:
        draft = session.exec(select(StandardVersion).where(StandardVersion.state == VersionState.DRAFT)).one()
    items = {item["code"]: item for section in draft.document["sections"] for item in section["items"]}
    assert "smile" not in items
    assert items["receipt"]["hygiene"] is True


def test_what_goes_out_is_what_was_found(client, world):
    client.sign_in(world.erin)

    whole = json.loads(client.get(world.path + "/files/study.json").text)
    assert whole["rows"][0]["item"] == "greeted"
    assert whole["rows"][0]["estimate"] == 0.05
    assert (
        client.get(world.path + "/files/study.csv").text.splitlines()[1].startswith("greeted,conversion,0.05")
    )
    assert client.get(world.path + "/files/study.xlsx").content[:2] == b"PK"
    paper = client.get(world.path + "/print").text
    assert "How it is computed" in paper
    assert "E[x_vj x_wk]" in paper
    assert "1" * 64 in paper
    rows = client.get(world.path + "/items/greeted/rows/visits.csv").text.splitlines()
    assert len(rows) == 61
    assert client.get(world.path + "/files/study.exe").status_code == 404


def test_a_study_without_data_is_refused_with_a_sentence(client, world):
    client.sign_in(world.quinn)

    page = client.get("/effectiveness/new")
    assert "This cannot work" in page.text
    answer = client.post(
        "/effectiveness/new",
        {"standard_id": str(world.version.standard_id), "from_on": "2026-01-05", "to_on": "2026-06-28",
         "outcomes": "conversion"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "No approved visit" in answer.text


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("update study_result set findings = '{}'", "append-only"),
        ("delete from study_result", "append-only"),
        ("update item_decision set taken = 'drop'", "append-only"),
        ("update study set inputs_hash = 'x'", "never edited"),
        ("delete from study", "never deleted|foreign key|append-only"),
    ],
)
def test_the_database_keeps_what_was_found(both_engines, sentence, words):
    with write(both_engines) as session:
        quinn = make_person(session, "Quinn", "quality_manager")
        study = make_study(session, make_version(session), quinn)
        session.add(
            ItemDecision(
                standard_id=study.standard_id, item="smile", study_id=study.id, proposed="drop", taken="keep"
            )
        )

    with both_engines.writing.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=words):
        connection.exec_driver_sql(sentence)

    with read(both_engines) as session:
        assert session.exec(select(Study)).one().state == "done"
