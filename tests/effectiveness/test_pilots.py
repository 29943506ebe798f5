"""Pilots as people use them: plan with a preview, start, note, measure, stop; what is told to whom."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlmodel import Session, select

from audit_app.effectiveness import pilot_actions as actions
from audit_app.effectiveness.pilot_models import Pilot, PilotStep
from audit_app.effectiveness.pilot_queries import pilot_verdicts
from audit_app.effectiveness.rules import roll_out
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.organisation.models import Location
from audit_app.outcomes.models import OutcomeWeek
from audit_app.standards.models import StandardVersion
from tests.factories.effectiveness import make_study
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version

MONDAY = date(2026, 3, 2)


def network(session: Session, steps: int = 4, first: date = MONDAY):
    """Twenty-four shops with a year of weeks, a published standard, a quality manager, and the wanted pilot."""
    places = [
        make_location(session, f"shop-{k:02d}", region="west" if k % 2 else "east", name=f"Shop {k:02d}")
        for k in range(24)
    ]
    version = make_version(session)
    quinn = make_person(session, "Quinn", "quality_manager")
    item = actions.queries.triable(session, version.standard_id).items[0][0]
    wanted = actions.Wanted(version.standard_id, item, None, None, "", first, steps, 5, 7)
    rng = np.random.default_rng(3)
    codes = sorted(one.code for one in places)
    by_code = {one.code: one for one in places}
    visitors = rng.integers(900, 1400, (24, 70))
    for k, code in enumerate(codes):
        for t in range(70):
            session.add(
                OutcomeWeek(
                    location_id=by_code[code].id, monday=first + timedelta(weeks=t - 40), days=7, full=7,
                    visitors=int(visitors[k, t]), transactions=int(visitors[k, t] * 0.25), revenue_cents=int(visitors[k, t] * 700),
                    complaints=int(rng.poisson(2)),
                )
            )  # fmt: skip
    session.flush()
    return quinn, wanted, places


def add_effect(session: Session, pilot: Pilot, effect: float) -> None:
    """From its start on each place sells more, with some noise. By code: ids are made by chance, and with them the order of rows."""
    rng = np.random.default_rng(8)
    start = {one.location_id: one.starts_on for one in session.exec(select(PilotStep)).all()}
    weeks = session.exec(
        select(OutcomeWeek)
        .join(Location, Location.id == OutcomeWeek.location_id)
        .order_by(Location.code, OutcomeWeek.monday)
    )
    for week in weeks.all():
        gain = effect * (week.monday >= start[week.location_id])
        week.transactions = round(week.visitors * 0.25 * np.exp(gain + rng.standard_normal() * 0.01))
        session.add(week)


@pytest.fixture
def later():
    """A moment 26 weeks after the first start."""
    return datetime(2026, 8, 31, 9, tzinfo=UTC)


def test_a_pilot_from_plan_to_verdict(engines, later):
    early = later.replace(month=2, day=16)
    with write(engines) as session:
        quinn, wanted, places = network(session)
        pilot = actions.plan_pilot(session, wanted, quinn.id, early)
        session.flush()
        add_effect(session, pilot, 0.05)
        actions.start_pilot(session, pilot, quinn.id, early)
        actions.note_start(session, pilot, places[0].id, MONDAY, quinn.id, later)
        with pytest.raises(actions.PlacesTaken):
            actions.plan_pilot(session, wanted, quinn.id, early)
        actions.measure_pilot(session, pilot, quinn.id, later)
        actions.stop_pilot(session, pilot, "We know enough.", quinn.id, later)
        with pytest.raises(actions.NotThatFar):
            actions.stop_pilot(session, pilot, "Again", quinn.id, later)
        standard, key = wanted.standard_id, pilot.id

    with read(engines) as session:
        found = {one.outcome: one for one in pilot_verdicts(session, standard)}
        said = session.exec(
            select(AuditEntry.action).where(AuditEntry.subject_id == key).order_by(AuditEntry.position)
        ).all()
        steps = session.exec(
            select(PilotStep).where(PilotStep.pilot_id == key).order_by(PilotStep.place)
        ).all()

    assert found["conversion"].verdict is Verdict.PAYS
    assert found["conversion"].low < 0.05 < found["conversion"].high
    assert found["conversion"].p == pytest.approx(1 / 500)
    assert set(found) == {"conversion", "ticket", "complaints"}
    assert said == [
        "pilot.planned",
        "pilot.started",
        "pilot.place_started",
        "pilot.measured",
        "pilot.stopped",
    ]
    stratum = np.array([one.stratum for one in steps])
    again = roll_out.deal(stratum, 4, np.random.default_rng(7))
    assert again.tolist() == [one.step for one in steps]


def test_before_anything_began_nothing_is_claimed(engines, later):
    with write(engines) as session:
        quinn, wanted, _places = network(session)
        pilot = actions.plan_pilot(session, wanted, quinn.id, later.replace(month=2, day=16))
        with pytest.raises(actions.NotThatFar):
            actions.measure_pilot(session, pilot, quinn.id, later)
        with pytest.raises(actions.NotThatFar):
            actions.start_pilot(session, pilot, quinn.id, later)
        actions.start_pilot(session, pilot, quinn.id, later.replace(month=2, day=16))
        actions.measure_pilot(session, pilot, quinn.id, later.replace(month=2, day=20))
        assert pilot_verdicts(session, wanted.standard_id) == []
        assert all(one["why"] for one in pilot.result["outcomes"])


def test_pages_by_hand(client, engines, later):
    first = clock.now().date() + timedelta(weeks=3)
    first -= timedelta(days=first.weekday())
    with write(engines) as session:
        quinn, wanted, places = network(session, first=first)
        ivo = make_person(session, "Ivo", "location_manager", location_id=places[0].id)
        lena = make_person(session, "Lena", "region_manager", region_id=places[0].region_id)
    asked = {
        "standard": str(wanted.standard_id), "what": f"item:{wanted.item}", "region": "", "format": "",
        "first_on": first.isoformat(), "steps": "4", "between": "5", "seed": "7",
    }  # fmt: skip
    client.sign_in(quinn)
    empty = client.get("/pilots")
    assert "No pilot yet" in empty.text
    assert client.get("/pilots/new").status_code == 200

    preview = client.get("/pilots/new?" + "&".join(f"{k}={v}" for k, v in asked.items()))
    assert preview.status_code == 200
    assert "Who starts when" in preview.text
    assert "Plan this pilot" in preview.text
    for spoilt in (
        {"first_on": (first + timedelta(days=1)).isoformat()},
        {"steps": "1"},
        {"what": "item:none"},
        {"steps": "40"},
    ):
        assert (
            client.get("/pilots/new?" + "&".join(f"{k}={v}" for k, v in (asked | spoilt).items())).status_code
            == 422
        )
    assert client.post("/pilots/new", asked | {"what": "x"}).status_code == 422

    planned = client.post("/pilots/new", asked)
    assert planned.status_code == 303
    at = planned.headers["location"]
    assert "Start the pilot" in client.get(at).text
    assert client.post("/pilots/new", asked).status_code == 422
    assert client.post(at + "/start", {}).status_code == 303
    page = client.get(at)
    assert "running" in page.text
    assert (
        client.post(
            at + "/begun", {"location": str(places[0].id), "on": (first + timedelta(days=90)).isoformat()}
        ).status_code
        == 422
    )
    assert (
        client.post(
            at + "/begun", {"location": str(places[0].id), "on": clock.now().date().isoformat()}
        ).status_code
        == 303
    )
    assert client.post(at + "/measure", {}).status_code == 303
    assert "experiment" in client.get(at).text
    assert client.post(at + "/stop", {"reason": ""}).status_code == 422

    client.sign_in(ivo)
    own = client.get("/changes")
    assert own.text.count("<tr>") == 2
    assert "Shop 00" in own.text
    assert "Shop 01" not in own.text
    assert client.get(at).status_code == 404
    client.sign_in(lena)
    assert client.get(at).status_code == 404
    client.sign_in(quinn)
    assert client.post(at + "/stop", {"reason": "Enough."}).status_code == 303
    assert "Enough." in client.get(at).text


def measured(session, later):
    """A pilot from its plan to its result."""
    quinn, wanted, _places = network(session)
    early = later.replace(month=2, day=16)
    pilot = actions.plan_pilot(session, wanted, quinn.id, early)
    session.flush()
    add_effect(session, pilot, 0.05)
    actions.start_pilot(session, pilot, quinn.id, early)
    actions.measure_pilot(session, pilot, quinn.id, later)
    return quinn, wanted, pilot


def test_page_with_a_result_says_it_in_plain_words(client, engines, later):
    with write(engines) as session:
        quinn, _wanted, pilot = measured(session, later)
    client.sign_in(quinn)

    text = client.get(f"/pilots/{pilot.id}").text

    assert "Where the change had begun it was" in text
    assert f"/pilots/{pilot.id}/rows" in text
    rows = client.get(f"/pilots/{pilot.id}/rows/weeks.csv").text.splitlines()
    assert len(rows) - 1 == 24 * pilot.result["weeks"]
    assert sum(row.split(",")[5] == "1" for row in rows[1:]) > 24
    assert client.get(f"/pilots/{pilot.id}/rows?page=2").status_code == 200
    assert client.get(f"/pilots/{pilot.id}/rows/other.csv").status_code == 404
    assert "one of 500 draws" in text
    assert "nan" not in text


def test_a_study_shows_what_an_experiment_found_before_what_was_observed(client, engines, later):
    with write(engines) as session:
        quinn, wanted, pilot = measured(session, later)
        version = session.exec(
            select(StandardVersion).where(StandardVersion.standard_id == wanted.standard_id)
        ).one()
        study = make_study(session, version, quinn)
        audrey = make_person(session, "Audrey", "auditor")
    assert wanted.item == "greeted"
    where = f"/effectiveness/studies/{study.id}"
    client.sign_in(quinn)

    for path in (where, where + "/items/greeted"):
        text = client.get(path).text
        assert "An experiment outranks what was observed" in text
        assert text.index("where the change had begun") < text.index("done always instead of never")
        assert f"/pilots/{pilot.id}" in text
    assert "experiment" not in client.get(where + "/items/smile").text
    page = client.sign_in(audrey).get(where + "/items/greeted").text
    assert "An experiment outranks" in page
    assert "/pilots/" not in page


def test_a_version_tried_as_a_whole_is_shown_with_its_items_but_outranks_nothing(client, engines, later):
    with write(engines) as session:
        quinn, wanted, _places = network(session)
        version = session.exec(
            select(StandardVersion).where(StandardVersion.standard_id == wanted.standard_id)
        ).one()
        early = later.replace(month=2, day=16)
        whole = replace(wanted, item="", version_id=version.id)
        pilot = actions.plan_pilot(session, whole, quinn.id, early)
        session.flush()
        add_effect(session, pilot, 0.05)
        actions.start_pilot(session, pilot, quinn.id, early)
        actions.measure_pilot(session, pilot, quinn.id, later)
        study = make_study(session, version, quinn)
    where = f"/effectiveness/studies/{study.id}"
    client.sign_in(quinn)

    text = client.get(where + "/items/smile").text
    assert "Version 1 as a whole, of which this item was one change" in text
    assert f"/pilots/{pilot.id}" in text
    assert "An experiment outranks what was observed" not in text
    assert "Version 1 as a whole" not in client.get(where).text
    assert "Version 1 as a whole" in client.get(where + "/print").text
