"""Buckets: full at first, empty after so many, filled again by time; and what a page says then."""

from uuid import uuid4

from audit_app.kit import pace
from audit_app.kit.db import write
from tests.factories.organisation import make_person


def test_a_bucket_empties_and_fills():
    who = uuid4()
    assert [pace.take("x", who, 3, 60, 0.0) for _ in range(4)] == [True, True, True, False]
    assert not pace.take("x", who, 3, 60, 19.0)
    assert pace.take("x", who, 3, 60, 21.0)
    assert not pace.take("x", who, 3, 60, 21.0)
    assert pace.take("x", uuid4(), 3, 60, 21.0)
    assert pace.take("y", who, 3, 60, 21.0)


def test_too_many_exports_are_refused_in_words(client, engines):
    with write(engines) as session:
        ann = make_person(session, "Ann", "administrator").id
    client.sign_in(ann)

    answers = [client.get("/exports/locations.csv") for _ in range(62)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "15"
    assert "too often" in answers[-1].text
