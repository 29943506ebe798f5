"""Reviewing by keys at a desk: two keys a visit, never while typing, silent when turned off; and looked at in both lights."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.visits.models import Review, Visit, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_revision, make_version, make_visit
from tests.support.live import accessibility_faults

pytestmark = pytest.mark.browser


@pytest.fixture
def world(engines):
    with write(engines) as session:
        rita = make_person(session, "Rita", "quality_manager")
        mara = make_person(session, "Mara", "shopper")
        version = make_version(session)
        visits = []
        for n in range(5):
            visit = make_visit(
                session,
                make_location(session, f"place-{n}", name=f"Place {n}"),
                version,
                mara,
                VisitState.SUBMITTED,
                submitted_at=clock.now() - timedelta(hours=9 - n),
                due_on=clock.now().date(),
            )
            make_revision(session, visit)
            visits.append(visit.id)
    return rita, visits


def states(engines):
    with read(engines) as session:
        return sorted(session.exec(select(Visit.state)).all())


def test_five_visits_are_approved_with_two_keys_each(live, desk, world, engines):
    rita, visits = world
    page = desk(live, rita)
    page.goto("/review")
    page.keyboard.press("e")
    for n in range(5):
        page.wait_for_url(f"**/review/{visits[n]}")
        expect(page.locator("h1")).to_have_text(f"Place {n}")
        page.keyboard.press("a")
        expect(page.locator("[data-ready]")).to_have_text("Enter approves and opens the next one.")
        page.keyboard.press("Enter")
    expect(page.locator("h2").first).to_contain_text("Nothing waits for review")

    assert states(engines) == ["approved"] * 5


def test_one_key_decides_nothing_and_typing_is_no_key(live, desk, world, engines):
    rita, visits = world
    page = desk(live, rita)
    page.goto(f"/review/{visits[0]}")
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.wait_for_url(f"**/review/{visits[1]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/review/{visits[0]}")

    page.keyboard.press("r")
    expect(page.locator("#return-fold")).to_have_attribute("open", "")
    page.locator("#f-note").focus()
    page.keyboard.type("a jar of jam, kindly read again?")
    assert page.url.endswith(str(visits[0]))
    assert page.input_value("#f-note") == "a jar of jam, kindly read again?"
    assert states(engines) == ["submitted"] * 5

    page.evaluate("localStorage.setItem('keys', 'off')")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.url.endswith(str(visits[0]))
    assert states(engines) == ["submitted"] * 5


def test_a_question_is_sent_back_by_hand(live, desk, world, engines):
    rita, visits = world
    page = desk(live, rita)
    page.goto(f"/review/{visits[0]}")
    assert page.locator("#why-greeted").is_hidden()
    page.locator("#q-greeted .tick").click()
    page.locator("#common-greeted").select_option("comment_short")
    page.fill("#why-greeted", "And when?")
    expect(page.locator("[data-ticked-text]")).to_have_text("Ticked questions: 1")
    page.locator("[data-send]").click()
    page.wait_for_url(f"**/review/{visits[1]}")

    with read(engines) as session:
        found = session.exec(select(Review)).one()
        assert list(found.reasons) == ["greeted"]
        assert found.reasons["greeted"].endswith("\nAnd when?")


def test_the_keys_are_listed(live, desk, world):
    rita, visits = world
    page = desk(live, rita)
    page.goto(f"/review/{visits[1]}")
    page.keyboard.press("?")

    said = page.inner_text("#keys")
    for words in ("Approve", "Send back", "Next visit", "Previous visit", "Turn the keys off"):
        assert words in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_desk_and_the_phone_are_accessible(live, desk, phone, world, scheme):
    rita, visits = world
    for page in (desk(live, rita, color_scheme=scheme), phone(live, rita, color_scheme=scheme)):
        for path in ("/review", f"/review/{visits[0]}", "/desk/visits", f"/desk/visits/{visits[0]}", "/desk/visits/plan", "/desk/calendar", "/desk/calendar?view=week"):  # fmt: skip
            page.goto(path)
            assert accessibility_faults(page) == [], path
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            ), path


def test_a_visit_is_planned_by_typing_and_choosing(live, desk, world, engines):
    rita, _visits = world
    page = desk(live, rita)
    page.goto("/desk/visits/plan")
    with page.expect_response("**/desk/visits/locations*"):
        page.locator("#f-location").press_sequentially("Place 3")
    expect(page.locator("#locations option")).to_have_count(1)
    page.fill("#f-location", "Place 3 (place-3)")
    page.select_option("#f-version", index=1)
    today = clock.now().date()
    page.fill("#f-from_on", (today + timedelta(1)).isoformat())
    page.fill("#f-due_on", (today + timedelta(9)).isoformat())
    page.get_by_role("button", name="Plan the visit").click()
    page.wait_for_url("**/desk/visits/*-*")

    assert "planned" in states(engines)
