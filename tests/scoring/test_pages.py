"""Result pages as their readers ask for them: in reach, released, without shopper and minute."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from audit_app import flows
from audit_app.kit.db import write
from audit_app.scoring.actions import count_months
from audit_app.scoring.models import ResultMonth
from audit_app.visits.events import VisitReleased, VisitSubmitted, VisitVoided
from audit_app.visits.models import VisitKind, VisitState
from tests.factories.organisation import make_employee, make_location, make_person
from tests.factories.visits import ALL_YES, make_revision, make_version, make_visit

WHEN = datetime(2026, 11, 3, 13, 37, tzinfo=UTC)
NO_RECEIPT = {**ALL_YES, "receipt": {"answer": "no", "comment": "They kept it"}}


class World:
    """Ivo's Old Town, Lena's west, Otto's harbour in the east, Quinn at headquarters."""


@pytest.fixture
def world(engines):
    made = World()
    with write(engines) as session:
        made.town = make_location(session, "old-town")
        made.harbour = make_location(session, "harbour", region="east")
        made.rival = make_location(session, "rival-1", own=False)
        made.version = make_version(session)
        made.mara = make_person(session, "Mara Unseen", "shopper")
        made.ivo = make_person(session, "Ivo", "location_manager", location_id=made.town.id)
        made.lena = make_person(session, "Lena", "region_manager", region_id=made.town.region_id)
        made.otto = make_person(session, "Otto", "location_manager", location_id=made.harbour.id)
        made.quinn = make_person(session, "Quinn", "quality_manager")
        made.eva = make_person(session, "Eva", "employee", location_id=made.town.id)
        made.staff = make_employee(session, made.town, "Eva", made.eva)
        made.visits = [
            visit_with(session, made, made.town, answers, employee_id=made.staff.id)
            for answers in (
                ALL_YES,
                NO_RECEIPT,
                {**ALL_YES, "greeted": {"answer": "no", "comment": "Nobody looked up"}},
            )
        ]
        made.waiting = visit_with(session, made, made.town, ALL_YES, state=VisitState.APPROVED)
        made.at_rival = visit_with(session, made, made.rival, ALL_YES, kind=VisitKind.COMPETITOR)
    return made


def visit_with(session: Session, made, location, answers, state=VisitState.RELEASED, **more):
    """A visit with its score and, when released, in the sums of its month."""
    visit = make_visit(
        session, location, made.version, made.mara, state=state, visited_at=WHEN, released_at=WHEN, **more
    )
    revision = make_revision(session, visit, answers)
    announce = flows.announcer(session)
    announce(VisitSubmitted(visit.id, revision.id))
    if state == VisitState.RELEASED:
        announce(VisitReleased(visit.id))
    return visit


def pages_of(world):
    """Every result page about Old Town."""
    yield f"/results/places/{world.town.id}"
    for visit in world.visits:
        yield f"/results/visits/{visit.id}"
        yield f"/results/visits/{visit.id}/why"
        yield f"/results/visits/{visit.id}/why-panel"


def test_the_manager_sees_own_results_and_goes_straight_to_them(client, world):
    client.sign_in(world.ivo)

    assert client.get("/results/").headers["location"] == f"/results/places/{world.town.id}"
    for path in pages_of(world):
        assert client.get(path).status_code == 200, path


def test_the_place_page_says_what_to_mend_first_with_n(client, world):
    text = client.sign_in(world.ivo).get(f"/results/places/{world.town.id}").text

    assert text.index("Did you get a receipt?") < text.index("Were you greeted?")
    assert "done in 2 of 3 visits" in text
    assert "They kept it" in text


@pytest.mark.parametrize("who", ["otto", "mara", "eva"])
def test_others_find_nothing(client, world, who):
    client.sign_in(getattr(world, who))

    for path in pages_of(world):
        assert client.get(path).status_code == 404, path


def test_what_is_not_released_or_at_a_rival_is_not_there_for_places(client, world):
    for who in (world.ivo, world.lena):
        client.sign_in(who)
        assert client.get(f"/results/visits/{world.waiting.id}").status_code == 404
        assert client.get(f"/results/visits/{world.at_rival.id}").status_code == 404
        assert client.get("/results/competitors").status_code == 404


def test_headquarters_reads_all_of_them(client, world):
    client.sign_in(world.quinn)

    for path in [
        "/results/",
        "/results/competitors",
        f"/results/visits/{world.waiting.id}",
        *pages_of(world),
    ]:
        assert client.get(path).status_code == 200, path


def test_places_learn_neither_who_nor_when_exactly(client, world):
    for who in (world.ivo, world.lena):
        client.sign_in(who)
        for path in pages_of(world):
            text = client.get(path).text
            for secret in ("Mara Unseen", str(world.mara.id), world.mara.email, "15:37", "13:37"):
                assert secret not in text, (path, secret)


def test_why_shows_every_term_and_the_exact_fraction(client, world):
    text = client.sign_in(world.ivo).get(f"/results/visits/{world.visits[1].id}/why").text

    assert "exactly 1/2" in text
    assert "50.0" in text
    assert "Critical miss" in text


def test_an_employee_sees_a_mean_only_from_three_visits_on(client, world, engines):
    text = client.sign_in(world.eva).get("/results/mine").text
    assert "Your mean score" in text

    with write(engines) as session:
        other = make_person(session, "New", "employee", location_id=world.town.id)
        make_employee(session, world.town, "New", other)
    assert "Not enough visits yet" in client.sign_in(other).get("/results/mine").text


def test_sums_by_month_are_what_the_scores_say_and_void_takes_back(both_engines):
    with Session(both_engines.writing) as session:
        made = World()
        made.version, made.mara = make_version(session), make_person(session, "Mara", "shopper")
        town = make_location(session)
        first = visit_with(session, made, town, ALL_YES)
        visit_with(session, made, town, NO_RECEIPT)
        row = session.get(
            ResultMonth, (town.id, made.version.standard_id, "mystery", WHEN.date().replace(day=1))
        )
        assert (row.n, row.total, row.squares, row.passed, row.judged) == (2, 1500, 1_250_000, 1, 2)

        session.expire(row)
        assert count_months(session) == 1
        session.refresh(row)
        assert (row.n, row.total, row.squares, row.passed, row.judged) == (2, 1500, 1_250_000, 1, 2)

        flows.announcer(session)(VisitVoided(first.id, was_released=True))
        assert (row.n, row.total) == (1, 500)


def test_the_list_of_places_asks_the_same_number_of_questions_for_one_and_for_many(
    client, world, engines, count_queries
):
    client.sign_in(world.quinn)
    client.get("/results/")
    few = count_queries(engines, lambda: client.get("/results/"))
    with write(engines) as session:
        for n in range(5):
            visit_with(session, world, make_location(session, f"more-{n}"), ALL_YES)

    assert count_queries(engines, lambda: client.get("/results/")) == few
