"""Outcomes come in by page, API and command: columns of any name, three styles of decimals, errors by line, all or nothing."""

import csv
import io
from datetime import date

import pytest
from click.testing import CliRunner
from sqlmodel import select

from audit_app.cli import main
from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.kit.tables import write_xlsx
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.outcomes.models import OutcomeDay, OutcomeHeading, OutcomeMeasure, OutcomeWeek
from tests.factories.organisation import make_location, make_person
from tests.imports.test_pages import send

HEAD = "location,date,visitors,transactions,revenue,complaints,staff hours,weather\n"
GOOD = HEAD + (
    "old-town,2026-10-05,412,103,4871.50,1,61.5,sun\n"
    "old-town,2026-10-06,398,99,4655,0,60,rain\n"
    "harbour,06.10.2026,150,20,,,,\n"
)


@pytest.fixture
def quality(client, engines):
    with write(engines) as session:
        make_location(session, "old-town")
        make_location(session, "harbour")
        make_location(session, "rival", own=False)
        person = make_person(session, "Quinn", "quality_manager").id
    return client.sign_in(person)


def days(engines):
    with read(engines) as session:
        rows = session.exec(select(OutcomeDay).order_by(OutcomeDay.day, OutcomeDay.visitors)).all()
        return [(r.day, r.visitors, r.transactions, r.revenue_cents, r.complaints, r.more) for r in rows]


def test_look_confirm_and_send_again(quality, engines):
    path = send(quality, "outcomes", GOOD).headers["location"]
    page = quality.get(path).text
    assert "Columns that are not used: weather." in page
    assert days(engines) == []
    assert quality.post(path).status_code == 303

    assert days(engines) == [
        (date(2026, 10, 5), 412, 103, 487_150, 1, {"staff_hours": 61.5}),
        (date(2026, 10, 6), 150, 20, None, None, {}),
        (date(2026, 10, 6), 398, 99, 465_500, 0, {"staff_hours": 60.0}),
    ]
    with read(engines) as session:
        assert [row.name for row in session.exec(select(OutcomeMeasure)).all()] == ["staff_hours"]
        assert [(w.days, w.full) for w in session.exec(select(OutcomeWeek)).all()] in (
            [(2, 2), (1, 1)],
            [(1, 1), (2, 2)],
        )
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "import.outcomes")).all()
        assert [entry.details["new"] for entry in entries] == [3]

    changed = (
        "location,date,visitors\nold-town,2026-10-05,500\nold-town,2026-10-06,398\nold-town,2026-10-07,1\n"
    )
    path = send(quality, "outcomes", changed).headers["location"]
    quality.post(path)
    assert "1 new, 1 changed, 1 already as in the file" in quality.get(path).text
    # What the second file does not say is kept.
    assert days(engines)[0] == (date(2026, 10, 5), 500, 103, 487_150, 1, {"staff_hours": 61.5})


def test_bad_rows_are_named_by_line_and_column_and_nothing_is_written(quality, engines):
    bad = HEAD + (
        "nowhere,2026-10-05,1,1,1,1,1,\n"
        "rival,2026-10-05,1,1,1,1,1,\n"
        "old-town,2026-10-05,-3,1,1,1,1,\n"
        "old-town,2026-10-06,12.5,1,1,1,1,\n"
        "old-town,2026-10-07,many,1,1,1,1,\n"
        "old-town,2026-13-07,1,1,1,1,1,\n"
        "old-town,2099-10-07,1,1,1,1,1,\n"
        "old-town,2026-10-08,1,1,1,1,1,\n"
        "old-town,2026-10-08,2,1,1,1,1,\n"
        "old-town,2026-10-09,,,,,,\n"
        "old-town,2026-10-1"
    )
    path = send(quality, "outcomes", bad).headers["location"]
    page = quality.get(path).text
    for said in (
        "there is no location “nowhere” of our own",
        "there is no location “rival” of our own",
        "-3 is below zero, and a count cannot be",
        "12.5 is no whole number, and a count must be one",
        "“many” is no number",
        "“2026-13-07” is no day",
        "the day lies in the future",
        "this location and day stand in line 9 already",
        "there is no number in this row",
        "this row has 2 cells, the headings are 8",
    ):
        assert said in page, said
    assert quality.post(path).status_code == 422
    assert days(engines) == []
    assert quality.post(path, {"skip_bad": "yes"}).status_code == 303
    assert len(days(engines)) == 1
    table = list(csv.reader(io.StringIO(quality.get(path + "/bad.csv").content.decode("utf-8-sig"))))
    assert len(table) == 11
    assert "already" in table[8][-1]


def test_a_file_nobody_can_read_for_sure_asks_first(quality, engines):
    unclear = "location;date;revenue\nold-town;2026-10-05;1,234\n"
    path = send(quality, "outcomes", unclear).headers["location"]
    page = quality.get(path)
    assert page.status_code == 200
    assert "may be more than a thousand or a little more than one" in page.text
    assert quality.post(path).status_code == 422
    quality.post(
        path + "/columns",
        {"column-0": "location", "column-1": "date", "column-2": "revenue", "decimals": "comma"},
    )
    quality.post(path)
    assert days(engines)[0][3] == 123

    mixed = "location;date;revenue\nold-town;2026-10-05;1,5\nold-town;2026-10-06;2.5\n"
    path = send(quality, "outcomes", mixed).headers["location"]
    assert "in line 3 has a decimal point and “1,5” in line 2 a decimal comma" in quality.get(path).text


def test_what_a_person_says_of_the_columns_is_remembered(quality, engines):
    strange = "Where,Bons,Tag\nold-town,12,2026-10-05\n"
    path = send(quality, "outcomes", strange).headers["location"]
    assert "The column “location, date” is missing" in quality.get(path).text
    quality.post(path + "/columns", {"column-0": "location", "column-1": "transactions", "column-2": "date"})
    assert "Cannot be taken" in quality.get(path).text
    assert quality.post(path).status_code == 303
    with read(engines) as session:
        kept = {row.heading: row.meaning for row in session.exec(select(OutcomeHeading)).all()}
    assert kept == {"where": "location", "bons": "transactions", "tag": "date"}

    path = send(quality, "outcomes", "TAG,Where,Bons\n2026-10-06,old-town,13\n").headers["location"]
    assert "One question first" not in quality.get(path).text
    quality.post(path)
    assert [row[2] for row in days(engines)] == [12, 13]
    assert quality.post(path.replace("outcomes", "visits") + "/columns", {}).status_code == 404


def test_a_workbook_has_typed_numbers(quality, engines):
    content = write_xlsx(
        ("location", "date", "revenue"), [("old-town", date(2026, 10, 5), 1.234)], "Outcomes"
    )
    path = send(quality, "outcomes", content, "sales.xlsx").headers["location"]
    quality.post(path)
    assert days(engines)[0][3] == 123


def test_programs_say_how_to_read_and_the_export_comes_in_again(client, quality, engines):
    with write(engines) as session:
        person = session.exec(select(Person).where(Person.name == "Quinn")).one()
        token = actions.make_token(session, person, ["import"], "test", clock.now())
    headers = {"Authorization": f"Bearer {token}"}
    unclear = b'shop,day,revenue,Extra\nold-town,2026-10-05,"1,234",7\n'
    client.sign_out()
    refused = client.http.post("/api/v1/imports/outcomes", content=unclear, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "must_ask")
    taken = client.http.post(
        "/api/v1/imports/outcomes?decimals=point&column=Extra:", content=unclear, headers=headers
    ).json()
    assert taken["columns"] == {"shop": "location", "day": "date", "revenue": "revenue", "Extra": ""}
    assert days(engines) == [(date(2026, 10, 5), None, None, 123_400, None, {})]
    wrong = client.http.post("/api/v1/imports/outcomes?column=Extra", content=unclear, headers=headers)
    assert wrong.status_code == 422

    client.sign_in(person.id)
    out = client.get("/exports/outcomes.csv").content
    path = send(client, "outcomes", out).headers["location"]
    assert "Everything in this file is here already" in client.get(path).text


def test_the_command_says_what_it_did(tmp_path, migrated_file):
    data = tmp_path / "data"
    run = CliRunner().invoke
    network = tmp_path / "network.csv"
    network.write_text("code,name,brand\nold-town,Old Town,N\n")
    assert run(main, ["import", "--data", str(data), "locations", str(network)]).exit_code == 0
    sales = tmp_path / "sales.csv"
    sales.write_text(
        'location,date,visitors,Umsatz\nold-town,2026-10-05,400,"1.234,50"\nold-town,2026-10-05,1,1\n'
    )

    refused = run(main, ["import", "--data", str(data), "outcomes", str(sales), "--column", "Umsatz=revenue"])
    assert refused.exit_code != 0
    assert "line 3, date: this location and day stand in line 2 already" in refused.output
    words = [
        "import",
        "--data",
        str(data),
        "outcomes",
        str(sales),
        "--column",
        "Umsatz=revenue",
        "--skip-bad",
    ]
    taken = run(main, words)
    assert taken.exit_code == 0, taken.output
    assert "1 new, 0 changed, 0 the same, 1 left out" in taken.output
    assert "decimal comma" in taken.output
    out = run(main, ["export", "--data", str(data), "outcomes"])
    assert "old-town,2026-10-05,400,,1234.5,\n" in out.output
