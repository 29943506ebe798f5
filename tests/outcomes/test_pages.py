"""Coverage within reach, with a constant number of questions; sources are declared, summed and brought in by their page."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlmodel import select

from audit_app.cli import main
from audit_app.imports.queries.outcomes import known_for_outcomes
from audit_app.imports.rules.outcomes import Summed, plan_summed
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.outcomes.models import OutcomeDay, OutcomeSource
from audit_app.outcomes.rules.coverage import Answer, Lack, Look, Sums, Week, filled, readiness, runs_of
from audit_app.outcomes.store import summarise
from tests.factories.organisation import make_location, make_person
from tests.factories.outcomes import make_days
from tests.factories.visits import NOON, make_version, make_visit

TODAY = date(2026, 11, 22)


def test_what_a_location_lacks() -> None:
    whole = Sums(52, 52, 364, 0, date(2025, 11, 17), date(2026, 11, 9), 40)

    assert whole.lacks(TODAY) == frozenset()
    assert whole.takes_part
    assert Sums(visits=3).lacks(TODAY) == {Lack.NUMBERS}
    assert Sums().lacks(TODAY) == frozenset()
    late = Sums(20, 0, 0, 2, date(2026, 3, 2), date(2026, 10, 26), 1)
    assert late.lacks(TODAY) == {Lack.VISITORS, Lack.STALE, Lack.GAPS, Lack.VISITS, Lack.DOUBTS}
    assert not late.takes_part


def test_the_network_at_a_glance() -> None:
    whole = Sums(52, 52, 364, 0, date(2025, 11, 17), date(2026, 11, 9), 40)

    assert readiness([Sums(visits=1)], TODAY).answer is Answer.NOTHING
    assert readiness([whole] * 9, TODAY).answer is Answer.NO
    assert readiness([whole] * 29, TODAY).answer is Answer.ROUGH
    found = readiness([whole] * 30 + [Sums(visits=2)] * 3, TODAY)
    assert (found.answer, found.taking_part, found.locations, found.lacks) == (
        Answer.YES,
        30,
        33,
        ((Lack.NUMBERS, 3),),
    )


def test_equal_weeks_are_one_run() -> None:
    first = date(2026, 1, 5)
    known = {first: Week(first, 7, 7), first + timedelta(weeks=1): Week(first + timedelta(weeks=1), 7, 7, 1)}
    runs = runs_of(filled(first, known))

    assert [(run.look, run.at, run.weeks) for run in runs] == [
        (Look.FULL, 0, 1),
        (Look.ODD, 1, 1),
        (Look.NONE, 2, 50),
    ]


@pytest.fixture
def cast(engines, monkeypatch):
    with write(engines) as session:
        town = make_location(session, "old-town")
        east = make_location(session, "harbour", region="east")
        version = make_version(session)
        for number in range(5):
            visit = make_visit(session, town, version, state="released")
            visit.visited_at = NOON - timedelta(weeks=number)
        make_days(session, town, date(2026, 8, 3), days=70)
        make_days(session, town, date(2026, 10, 26), days=7, transactions=200)
        summarise(session, [town.id])
        people = {
            "quality": make_person(session, "Quinn", "quality_manager").id,
            "executive": make_person(session, "Xenia", "executive").id,
            "lena": make_person(session, "Lena", "region_manager", region_id=east.region_id).id,
            "ivo": make_person(session, "Ivo", "location_manager", location_id=town.id).id,
        }
        return {**people, "town": town.id, "east": east.id}


def test_coverage_says_first_whether_a_study_can_be_run(client, cast, count_queries) -> None:
    page = client.sign_in(cast["quality"]).get("/outcomes").text
    assert "Too early for a study." in page
    assert "Doubtful values</a>: 1 location, 14 values" in page
    assert "Location harbour" in page
    assert "no numbers" in page
    few = count_queries(client.engines, lambda: client.get("/outcomes?lack=doubts"))
    assert "Location harbour" not in client.get("/outcomes?lack=doubts", fragment=True).text
    with write(client.engines) as session:
        for number in range(30):
            make_days(session, make_location(session, f"more-{number}"), days=3)
    assert count_queries(client.engines, lambda: client.get("/outcomes?q=more")) == few


def test_each_reader_within_their_reach(client, cast) -> None:
    lena = client.sign_in(cast["lena"])
    page = lena.get("/outcomes").text
    assert "Location old-town" not in page
    assert "No numbers yet" in page
    assert "/outcomes/sources" not in page
    assert lena.get(f"/outcomes/places/{cast['town']}").status_code == 404
    assert lena.get(f"/outcomes/doubts?location={cast['town']}").status_code == 404
    assert "Location old-town" not in lena.get("/outcomes/doubts").text
    assert client.sign_in(cast["ivo"]).get("/outcomes").status_code == 404
    assert client.sign_in(cast["executive"]).get("/outcomes/sources").status_code == 404


def test_a_doubt_opens_to_its_row(client, cast) -> None:
    browser = client.sign_in(cast["executive"])
    page = browser.get("/outcomes/doubts?kind=more_sales").text
    assert "Transactions: more transactions than visitors" in page
    assert "Visitors 100, Transactions 200, Revenue 1,000.5, Complaints 1" in page
    place = browser.get(f"/outcomes/places/{cast['town']}?week=2026-10-28").text
    assert "The week of" in place
    assert place.count(">200<") >= 7


def receipts(data: Path) -> None:
    folder = data / "sources"
    folder.mkdir(parents=True)
    rows = ["shop,at,amount,kind"]
    rows += [
        f"OT,2026-10-{1 + n % 3:02d} 10:{n % 60:02d}:00,12.50,{'sale' if n % 4 else 'return'}"
        for n in range(60)
    ]
    (folder / "tills.csv").write_text("\n".join(rows) + "\n")


FORM = {
    "name": "tills", "files": "tills.csv", "location": "shop", "day": "at", "codes": "OT = old-town\n",
    "name-1": "transactions", "how-1": "count", "only-1": "kind", "words-1": "sale", "among-1": "in",
    "name-2": "revenue", "how-2": "sum", "column-2": "amount",
    "name-4": "returns", "how-4": "count", "only-4": "kind", "words-4": "sale", "among-4": "out",
}  # fmt: skip


def test_a_source_is_declared_summed_and_brought_in(client, cast, engines) -> None:
    data = client.settings.paths.data
    receipts(data)
    browser = client.sign_in(cast["quality"])
    wrong = browser.post("/outcomes/sources", {**FORM, "files": "../x.csv"})
    assert wrong.status_code == 422
    assert "name files below the folder of sources" in wrong.text
    assert browser.post("/outcomes/sources", FORM).status_code == 303
    assert browser.post("/outcomes/sources", FORM).status_code == 422
    with read(engines) as session:
        source = session.exec(select(OutcomeSource)).one()
    answer = browser.post(f"/outcomes/sources/{source.id}/bring")
    assert answer.status_code == 303

    with read(engines) as session:
        rows = session.exec(
            select(OutcomeDay).where(OutcomeDay.day < date(2026, 10, 4), OutcomeDay.day > date(2026, 9, 30))
        ).all()
        got = sorted(
            (row.day.day, row.transactions, row.revenue_cents, row.visitors, row.more) for row in rows
        )
        assert got == [(day, 15, 25_000, 100, {"returns": 5.0}) for day in (1, 2, 3)]
        actions = [row.action for row in session.exec(select(AuditEntry)).all()]
        assert actions.count("import.outcomes") == 1
        assert session.exec(select(OutcomeSource)).one().brought_rows == 3
    assert "3 days of locations" in browser.get("/outcomes/sources").text

    (data / "sources" / "tills.csv").write_text("shop,at,amount,kind\nMOON,2026-10-01 10:00:00,1,sale\n")
    refused = browser.post(f"/outcomes/sources/{source.id}/bring")
    assert refused.status_code == 422
    assert "there is no location “MOON” of our own" in refused.text
    assert browser.post(f"/outcomes/sources/{source.id}/forget").status_code == 303
    assert browser.post(f"/outcomes/sources/{source.id}/bring").status_code == 404


def test_the_command_brings_a_source_in(client, cast, tmp_path) -> None:
    data = client.settings.paths.data
    receipts(data)
    client.sign_in(cast["quality"]).post("/outcomes/sources", FORM)
    words = ["import", "--data", str(data), "outcomes", "--source"]
    env = {"AUDIT_DATABASE_URL": client.settings.database_url}
    done = CliRunner().invoke(main, [*words, "tills"], env=env)
    assert done.exit_code == 0, done.output
    assert "tills: 0 new, 3 changed" in done.output or "tills: 3 new" in done.output
    unknown = CliRunner().invoke(main, [*words, "cellar"], env=env)
    assert unknown.exit_code != 0
    assert "There is no source “cellar”; declared are: tills." in unknown.output
    assert CliRunner().invoke(main, words[:-1], env=env).exit_code == 2


def test_sums_of_an_engine_are_checked_like_a_file(engines, session) -> None:
    make_location(session, "old-town")
    known = known_for_outcomes(session)
    day = date(2026, 10, 5)
    summed = Summed(
        codes=["old-town", "nowhere", "old-town", "old-town", "old-town", "old-town", None],
        days=[day, day, day, date(2099, 1, 1), day + timedelta(1), day + timedelta(2), day],
        values={
            "visitors": [10.0, 1.0, 11.0, 1.0, -1.0, None, 1.0],
            "revenue": [10.005, 1.0, 2.0, 1.0, 1.0, None, 1.0],
        },
        name="tills",
    )
    found = plan_summed(summed, known, TODAY)

    assert [(one.line, one.text % one.values if one.values else one.text) for one in found.plan.problems] == [
        (2, "there is no location “nowhere” of our own"),
        (3, "this location and day stand in line 1 already"),
        (4, "the day lies in the future"),
        (5, "-1 is below zero, and a count cannot be"),
        (6, "there is no number in this row"),
        (7, "there is no location “” of our own"),
    ]
    assert len(found.plan.new) == 1
    assert found.whole is not None
    assert found.whole.written.values["revenue"].tolist() == [1001.0]
