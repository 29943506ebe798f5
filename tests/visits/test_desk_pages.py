"""The desk as a person meets it: the list and its filters, the form of a plan, one visit, the calendar; and who may not."""

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.visits.models import Visit, VisitState, VisitStep
from tests.factories.organisation import make_employee, make_location, make_person, make_region
from tests.factories.visits import make_revision, make_version, make_visit

PAGES = ["/desk/visits", "/desk/visits/plan", "/desk/calendar", "/review"]


@pytest.fixture
def cast(engines):
    """Quinn and Rita at headquarters, Mara shops, Ivo manages Old Town; one visit in each state worth showing."""
    with write(engines) as session:
        today = clock.now().date()
        place = make_location(session, name="Old Town")
        other = make_location(session, "harbour", region="east", name="Harbour")
        version = make_version(session)
        people = {
            "quinn": make_person(session, "Quinn", "quality_manager"),
            "rita": make_person(session, "Rita", "reviewer"),
            "mara": make_person(session, "Mara", "shopper", email="mara@example.org"),
            "ivo": make_person(session, "Ivo", "location_manager", location_id=place.id),
        }
        planned = make_visit(
            session, place, version, None, VisitState.PLANNED, from_on=today, due_on=today + timedelta(6)
        )
        sent = make_visit(
            session,
            other,
            version,
            people["mara"],
            VisitState.SUBMITTED,
            submitted_at=clock.now(),
            visited_at=clock.now(),
            reference="V-77",
            due_on=today,
        )
        make_revision(session, sent)
        return {
            **{name: one.id for name, one in people.items()},
            "place": place,
            "other": other,
            "region": make_region(session, "east").id,
            "version": version.id,
            "planned": planned.id,
            "sent": sent.id,
        }


def plan(cast, **changes):
    today = clock.now().date()
    return {
        "location": "Old Town (old-town)",
        "version": str(cast["version"]),
        "kind": "mystery",
        "channel": "in_person",
        "from_on": (today + timedelta(1)).isoformat(),
        "due_on": (today + timedelta(8)).isoformat(),
        "how": "nobody",
        **changes,
    }


@pytest.mark.parametrize("who", ["ivo", "mara"])
def test_nothing_of_the_desk_is_there_for_places_and_shoppers(client, cast, who):
    client.sign_in(cast[who])
    before = client.get("/").text

    for path in [*PAGES, f"/desk/visits/{cast['planned']}", f"/review/{cast['sent']}"]:
        assert client.get(path).status_code == 404, path
    for path in ["give", "take-back", "window", "cancel", "void", "release"]:
        assert client.post(f"/desk/visits/{cast['planned']}/{path}").status_code == 404
    for path in ["approve", "return", "void"]:
        assert client.post(f"/review/{cast['sent']}/{path}").status_code == 404
    assert client.post("/desk/visits/plan", plan(cast)).status_code == 404
    assert "/desk" not in before


def test_a_reviewer_reads_the_list_but_plans_nothing(client, cast):
    client.sign_in(cast["rita"])

    assert "Harbour" in client.get("/desk/visits").text
    assert "Plan a visit" not in client.get("/desk/visits").text
    assert client.get("/desk/visits/plan").status_code == 404
    assert client.post(f"/desk/visits/{cast['planned']}/cancel", {"reason": "x"}).status_code == 404


def test_a_visit_is_planned_offered_and_shown_with_its_history(client, cast, engines):
    client.sign_in(cast["quinn"])
    sent = plan(cast, how="offer", person="Mara (mara@example.org)", **{"scenario.ru": "Спросите о скидке"})
    answer = client.post("/desk/visits/plan", sent)

    assert answer.status_code == 303
    text = client.get(answer.headers["location"]).text
    assert "Спросите о скидке" in text
    assert "Offered" in text
    assert "Mara" in text
    with read(engines) as session:
        visit = session.exec(
            select(Visit).where(Visit.shopper_id == cast["mara"], Visit.state == "offered")
        ).one()
        steps = session.exec(select(VisitStep).where(VisitStep.visit_id == visit.id)).all()
        assert {(step.from_state, step.to_state) for step in steps} == {
            ("", "planned"),
            ("planned", "offered"),
        }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"location": "Atlantis"}, "Please choose one location from the list"),
        ({"location": ""}, "Please fill this in"),
        ({"version": "no-uuid"}, "Please choose one from the list"),
        ({"from_on": "2020-01-01", "due_on": "2020-01-05"}, "This window is over already"),
        ({"from_on": "2099-01-05", "due_on": "2099-01-01"}, "The last day lies before the first one"),
        ({"how": "offer", "person": "Nobody"}, "Please choose one person from the list"),
        ({"channel": "phone"}, "This standard is not made for that channel"),
        ({"employee": "Zed"}, "Nobody of that name works at this location"),
        ({"from_on": "soon"}, "Please give a date"),
    ],
)
def test_a_wrong_plan_comes_back_with_what_was_typed(client, cast, engines, changes, sentence):
    client.sign_in(cast["quinn"])
    answer = client.post("/desk/visits/plan", plan(cast, **{"scenario.en": "Ask for a gift"}, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Ask for a gift" in answer.text
    with read(engines) as session:
        assert len(session.exec(select(Visit)).all()) == 2


def test_the_list_is_narrowed_by_the_address(client, cast):
    client.sign_in(cast["quinn"])

    def shows(query):
        text = client.get(f"/desk/visits?{query}").text
        return {name for name in ("Old Town", "Harbour") if f"{name}</a>" in text}

    assert shows("") == {"Old Town", "Harbour"}
    assert shows("state=submitted") == {"Harbour"}
    assert shows("q=V-7") == {"Harbour"}
    assert shows(f"q={cast['planned']}") == {"Old Town"}
    assert shows(f"region={cast['region']}") == {"Harbour"}
    assert shows("person=mar") == {"Harbour"}
    assert shows("kind=competitor") == set()
    assert shows("location=town") == {"Old Town"}
    assert shows("since=2099-01-01") == set()
    assert shows("state=nonsense&region=none&page=0&sort=shopper&since=x") == {"Old Town", "Harbour"}
    assert "Nothing fits these filters" in client.get("/desk/visits?kind=competitor").text


def test_a_planner_of_one_region_sees_only_that_region(client, cast, engines):
    with write(engines) as session:
        lena = make_person(session, "Lena", "quality_manager", region_id=cast["region"])
    client.sign_in(lena)

    text = client.get("/desk/visits").text
    assert "Harbour</a>" in text
    assert "Old Town</a>" not in text
    assert client.get(f"/desk/visits/{cast['planned']}").status_code == 404
    assert client.post(f"/desk/visits/{cast['planned']}/cancel", {"reason": "x"}).status_code == 404
    assert "Old Town" not in client.get("/desk/visits/locations?location=old").text
    assert "Old Town" not in client.get("/desk/calendar").text


def count_queries(engines, ask):
    seen = []

    def note(_conn, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engines.reading, "before_cursor_execute", note)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(engines.reading, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("path", ["/desk/visits", "/desk/calendar", "/review", "one", "review-one"])
def test_more_rows_ask_no_more_questions(client, cast, engines, path):
    client.sign_in(cast["quinn"])
    path = {"one": f"/desk/visits/{cast['sent']}", "review-one": f"/review/{cast['sent']}"}.get(path, path)
    few = count_queries(engines, lambda: client.get(path))
    with write(engines) as session:
        version = make_version(session)
        for n in range(6):
            shopper = make_person(session, f"Shopper {n}", "shopper")
            place = make_location(session, f"place-{n}", region=f"r{n % 2}")
            visit = make_visit(
                session, place, version, shopper, VisitState.SUBMITTED, submitted_at=clock.now(), visited_at=clock.now(), due_on=clock.now().date()
            )  # fmt: skip
            make_revision(session, visit)

    assert count_queries(engines, lambda: client.get(path)) == few


def test_give_move_call_off_and_what_is_wrong_with_them(client, cast, engines):
    client.sign_in(cast["quinn"])
    page = f"/desk/visits/{cast['planned']}"
    today = clock.now().date()

    assert client.post(f"{page}/give", {"person": "Zed", "how": "offer"}).status_code == 422
    wrong = client.post(f"{page}/window", {"from_on": "2020-01-01", "due_on": "2020-01-02"})
    assert wrong.status_code == 422
    assert 'value="2020-01-01"' in wrong.text
    assert client.post(f"{page}/cancel", {"reason": " "}).status_code == 422
    assert client.post(f"{page}/give", {"person": "mara@example.org", "how": "assign"}).status_code == 303
    assert client.post(f"{page}/take-back").status_code == 303
    days = {"from_on": today.isoformat(), "due_on": (today + timedelta(20)).isoformat()}
    assert client.post(f"{page}/window", days).status_code == 303
    assert client.post(f"{page}/cancel", {"reason": "The place is being rebuilt"}).status_code == 303
    assert client.post(f"{page}/give", {"person": "mara@example.org", "how": "offer"}).status_code == 409

    text = client.get(page).text
    assert "The place is being rebuilt" in text
    assert "Choose who goes" not in text
    with read(engines) as session:
        visit = session.get_one(Visit, cast["planned"])
        assert (visit.state, visit.shopper_id, visit.due_on) == ("cancelled", None, today + timedelta(20))


def test_plan_another_like_this_fills_the_form(client, cast):
    client.sign_in(cast["quinn"])

    text = client.get(f"/desk/visits/plan?like={cast['sent']}").text
    assert 'value="Harbour (harbour)"' in text
    assert "Mara (" not in text.split("<datalist")[0]


def test_choices_are_given_as_options(client, cast, engines):
    with write(engines) as session:
        make_employee(session, cast["place"], "Eva")
    client.sign_in(cast["quinn"])

    found = client.get("/desk/visits/locations?location=harb", fragment=True).text
    assert '<option value="Harbour (harbour)">' in found
    assert "<html" not in found
    assert "mara@example.org" in client.get("/desk/visits/people?person=mar", fragment=True).text
    assert "Eva" in client.get("/desk/visits/employees?location=old-town", fragment=True).text


@pytest.mark.parametrize("view", ["month", "week"])
def test_the_calendar_shows_days(client, cast, view):
    client.sign_in(cast["quinn"])
    due = clock.now().date() + timedelta(
        6
    )  # the day is asked for: at the end of a week it is in the next one

    assert "Harbour" in client.get(f"/desk/calendar?view={view}&on={due}").text


@pytest.mark.parametrize(
    "query", ["", "?view=week", "?view=month&on=2026-02-30", "?on=9999-12-31", "?on=0001-01-01"]
)
def test_the_calendar_takes_any_day(client, cast, query):
    client.sign_in(cast["quinn"])

    assert client.get(f"/desk/calendar{query}").status_code == 200


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_desk_speaks_three_languages(client, cast, language):
    client.sign_in(cast["quinn"])
    client.post("/language", {"language": language, "next": "/"})

    for path in [*PAGES, f"/desk/visits/{cast['planned']}", f"/review/{cast['sent']}"]:
        text = client.get(path).text
        assert f'lang="{language}"' in text
        for word in (
            "Shopper or auditor",
            "Plan a visit",
            "History",
            "Send back",
            "Look here first",
            "Calendar",
        ):
            assert word not in text, (path, word)
