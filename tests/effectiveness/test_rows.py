"""Every figure opens to its rows: what is counted on a page is what the rows behind it add up to."""

from datetime import date, timedelta

import numpy as np
import pytest

from audit_app.effectiveness.rows import Answered, Asked, asked_of, rows_of
from audit_app.effectiveness.rules.behind import behind
from audit_app.effectiveness.rules.plan import CONVERSION
from audit_app.kit.db import write
from audit_app.kit.errors import NotFound
from tests.factories.effectiveness import make_facts, make_study
from tests.factories.organisation import make_person
from tests.factories.visits import make_version

FACTS = make_facts()
FACTS.ratio[:3, 1] = np.nan
FACTS.ratio[3, 1] = 0.5
BEHIND = behind(FACTS, (CONVERSION,))


def everything(kind, asked):
    rows = rows_of(FACTS, kind, asked)
    made = list(rows.make(0, rows.total))
    assert len(made) == rows.total
    assert all(len(row) == len(rows.headings) for row in made)
    return [dict(zip(rows.headings, row, strict=True)) for row in made]


def test_the_answers_of_an_item_add_up_to_what_its_page_says():
    about = BEHIND["items"]["smile"]
    all_of_it = everything("visits", Asked("smile"))

    assert len(all_of_it) == sum(about["n"]) == 57
    assert len(everything("visits", Asked("smile", answer=Answered.NA))) == about["not_applicable"] == 3
    parts = [
        everything("visits", Asked("smile", answer=one))
        for one in (Answered.FULL, Answered.PART, Answered.MISSED)
    ]
    assert sorted(row["visit"] for part in parts for row in part) == sorted(row["visit"] for row in all_of_it)
    assert [row["answer_ratio"] for row in parts[1]] == [0.5]


def test_each_point_of_compliance_opens_to_its_visits():
    about = BEHIND["items"]["smile"]
    for number, (n, mean) in enumerate(zip(about["n"], about["mean"], strict=True)):
        first = date(2026, 1, 5) + timedelta(weeks=4 * number)
        rows = everything("visits", Asked("smile", from_on=first, to_on=first + timedelta(days=27)))
        assert len(rows) == n
        assert np.mean([row["answer_ratio"] for row in rows]) == pytest.approx(mean)


def test_weeks_and_places_hold_the_same_visits_and_sums():
    weeks, places = everything("weeks", Asked("smile")), everything("places", Asked("smile"))

    assert sum(row["visits"] for row in weeks) == sum(row["visits"] for row in places) == 57
    assert sum(row["transactions"] for row in weeks) == sum(row["transactions"] for row in places)
    done = [row["mean_answer_ratio"] for row in places]
    assert done == sorted(done)
    one = everything("weeks", Asked("smile", place="place-3"))
    assert {row["location"] for row in one} == {"place-3"}
    assert len(one) == next(row for row in places if row["location"] == "place-3")["weeks_with_numbers"]


def test_the_whole_study_opens_too():
    visits = everything("visits", Asked())

    assert len(visits) == 60
    assert visits[0]["answered_items"] == 2
    assert len(everything("weeks", Asked())) == 60
    assert len(everything("places", Asked())) == 6


def test_an_address_that_cannot_be_meant_asks_for_everything():
    odd = {
        "version": "x" * 30,
        "from_on": "yesterday",
        "to_on": "2026-13-01",
        "answer": "loud",
        "place": "p" * 999,
    }

    assert asked_of(odd, "smile").query.keys() == {"place"}
    assert asked_of({"answer": "na"}) == Asked()
    asked = Asked("smile", "place-1", 2, date(2026, 1, 5), date(2026, 2, 1), Answered.FULL)
    assert asked_of(asked.query, "smile") == asked
    for kind, item in (("receipts", ""), ("visits", "nothing")):
        with pytest.raises(NotFound):
            rows_of(FACTS, kind, Asked(item))


def test_pages_and_files_of_rows(client, engines):
    with write(engines) as session:
        quinn = make_person(session, "Quinn", "quality_manager")
        audrey = make_person(session, "Audrey", "auditor")
        study = make_study(session, make_version(session), quinn)
    where = f"/effectiveness/studies/{study.id}"
    client.sign_in(quinn)

    for part in ("", "?kind=weeks", "?kind=visits&version=1&place=place-2", "?kind=places&place=nowhere"):
        assert client.get(where + "/rows" + part).status_code == 200, part
        assert client.get(where + "/items/smile/rows" + part).status_code == 200, part
    assert "Nothing fits" in client.get(where + "/rows?kind=visits&version=9").text
    file = client.get(where + "/rows/visits.csv?place=place-2").text.splitlines()
    assert len(file) == 11
    assert client.get(where + "/rows/visits.exe").status_code == 404
    assert client.get(where + "/rows?kind=shoppers").status_code == 404
    assert where + "/rows" in client.get(where).text
    assert client.sign_in(audrey).get(where + "/rows?kind=weeks").status_code == 200
