"""The facts of a study from both engines: the right visits, days, ratios and sums, and nothing else."""

import copy
from datetime import UTC, date, datetime

import numpy as np
import pytest

from audit_app.effectiveness.loading import Wanted, facts_hash, facts_of
from audit_app.effectiveness.rules.identity import identities_of, plain_code
from audit_app.kit.db import Engines, write
from audit_app.organisation.rules import Scope
from audit_app.outcomes.models import OutcomeMeasure
from audit_app.scoring.actions import score_visit
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.reading import read_version
from audit_app.visits.events import VisitSubmitted
from audit_app.visits.models import VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.outcomes import MONDAY, make_days
from tests.factories.visits import DOCUMENT, make_revision, make_version, make_visit, text

LAST = date(2026, 10, 27)
"""Three whole weeks and two days more."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def answers(**given: str) -> dict[str, dict[str, str]]:
    return {code: {"answer": said} for code, said in given.items()}


def changed() -> dict[str, object]:
    """Version 2: the receipt is asked with other options, so it is a new question; greeted stays; one item is gone."""
    document = copy.deepcopy(DOCUMENT)
    till = document["sections"][1]["items"]
    till[0] = {
        **till[0],
        "type": "single",
        "options": [
            {"code": "given", "text": text("Given"), "points": 2},
            {"code": "asked", "text": text("Asked for"), "points": 1},
            {"code": "never", "text": text("Never"), "points": 0},
        ],
        "evidence": {},
    }
    return document


@pytest.fixture
def filled(both_engines: Engines) -> tuple[Engines, Wanted]:
    with write(both_engines) as session:
        town = make_location(session, "old-town", timezone="Europe/Kyiv", format="street")
        far = make_location(session, "far-away", region="east", timezone="America/New_York")
        make_location(session, "silent")
        rival = make_location(session, "rival-1", own=False)
        mara, otto = make_person(session, "Mara", "shopper"), make_person(session, "Otto", "shopper")
        one = make_version(session)
        two = StandardVersion(
            standard_id=one.standard_id,
            number=2,
            state=VersionState.PUBLISHED,
            document=canonical({**changed(), "version": 2}),
        )
        session.add(two)
        session.flush()

        def visit(place, version, who, moment, state=VisitState.RELEASED, **given):
            made = make_visit(session, place, version, who, state, visited_at=moment)
            made.kind = "competitor" if place is rival else "mystery"
            revision = make_revision(session, made, answers(**given))
            score_visit(session, VisitSubmitted(made.id, revision.id), lambda event: None)

        # Half past ten at night in London is the next day in Kyiv.
        visit(town, one, mara, at(6, 22, 30), greeted="yes", smile="4", receipt="yes", note="thanks")
        visit(town, one, otto, at(8, 9), VisitState.APPROVED, greeted="no", smile="5", receipt="no")
        visit(town, two, None, at(20, 9), greeted="na", receipt="asked")
        # Three in the morning in London is still yesterday there: Sunday, before the study begins.
        visit(far, one, mara, at(5, 3), greeted="no", receipt="no")
        visit(far, two, None, at(13, 3), greeted="no", receipt="never")
        # None of these counts.
        visit(town, two, mara, at(21, 9), VisitState.SUBMITTED, greeted="yes", receipt="given")
        visit(rival, two, mara, at(21, 9), greeted="yes", receipt="given")
        visit(town, two, mara, at(26, 9), greeted="yes", receipt="given")
        make_days(session, town, days=7)
        make_days(session, town, date(2026, 10, 12), days=3, complaints=None, more={"staff_hours": 12.5})
        make_days(session, rival)
        session.add(OutcomeMeasure(name="staff_hours", heading="Staff hours"))
        wanted = Wanted(one.standard_id, MONDAY, LAST)
    return both_engines, wanted


def test_facts_are_what_the_database_says(filled: tuple[Engines, Wanted]) -> None:
    facts = facts_of(*filled)

    assert facts.locations == ("far-away", "old-town")
    assert facts.regions == ("east", "west")
    assert facts.formats == ("", "street")
    assert (facts.first_day, facts.weeks) == (MONDAY, 3)
    assert facts.items == ("greeted", "smile", "receipt", "receipt@1")
    assert facts.location.tolist() == [0, 1, 1, 1]
    assert facts.day.tolist() == [7, 2, 3, 15]
    assert facts.version.tolist() == [2, 1, 1, 2]
    # Two visits of nobody in particular are two people; Mara and Otto are two more.
    assert len(set(facts.shopper.tolist())) == 4
    nan = np.nan
    wanted = [[0, nan, 0, nan], [1, 0.75, nan, 1], [0, nan, nan, 0], [nan, nan, 0.5, nan]]
    np.testing.assert_array_equal(facts.ratio, np.array(wanted, dtype=np.float32))
    on_list = [[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 0, 1], [1, 1, 1, 0]]
    np.testing.assert_array_equal(facts.on_list, np.array(on_list, dtype=bool))


def test_weeks_are_sums_and_a_missing_day_makes_the_measure_unknown(filled: tuple[Engines, Wanted]) -> None:
    facts = facts_of(*filled)
    nan = np.nan

    assert facts.days_covered.tolist() == [[0, 0, 0], [7, 3, 0]]
    assert set(facts.measures) == {"visitors", "transactions", "revenue", "complaints", "staff_hours"}
    np.testing.assert_array_equal(facts.measures["visitors"][1], [700, 300, nan])
    np.testing.assert_array_equal(facts.measures["revenue"][1], [7003.5, 3001.5, nan])
    np.testing.assert_array_equal(facts.measures["complaints"][1], [7, nan, nan])
    np.testing.assert_array_equal(facts.measures["staff_hours"][1], [nan, 37.5, nan])
    assert np.isnan(facts.measures["visitors"][0]).all()


def test_the_hash_tells_inputs_apart_and_nothing_else(filled: tuple[Engines, Wanted]) -> None:
    engines, wanted = filled
    facts = facts_of(engines, wanted)
    first = facts_hash(facts)

    assert facts_hash(facts_of(engines, wanted)) == first
    shorter = Wanted(wanted.standard_id, MONDAY, date(2026, 10, 18))
    assert facts_hash(facts_of(engines, shorter)) != first
    facts.measures["visitors"][1, 0] += 1
    assert facts_hash(facts) != first


def test_only_what_is_within_reach(filled: tuple[Engines, Wanted]) -> None:
    engines, wanted = filled
    nothing = Scope(everything=False, regions=frozenset(), locations=frozenset())
    facts = facts_of(engines, Wanted(wanted.standard_id, MONDAY, LAST, nothing))

    assert facts.locations == ()
    assert facts.ratio.shape == (0, 4)
    assert facts.days_covered.shape == (0, 3)


def test_an_item_that_left_and_came_back_unchanged_goes_on() -> None:
    second = copy.deepcopy(DOCUMENT)
    del second["sections"][0]["items"][1]
    versions = [
        read_version(canonical({**document, "version": number}))
        for number, document in enumerate((DOCUMENT, second, DOCUMENT), 1)
    ]
    found = identities_of(versions)

    assert found.names == ("greeted", "smile", "receipt")
    assert found.columns[2] == {"greeted": 0, "receipt": 2}
    assert found.columns[3] == found.columns[1]
    assert plain_code("receipt@1") == "receipt"
    assert identities_of([]).names == ()
