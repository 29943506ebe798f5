"""The form on a phone: kept at once, resumed, filled without a network, sent once; and looked at in every light."""

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from audit_app.kit.db import read, write
from audit_app.visits.models import Draft, Evidence, Revision, VisitKind, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import make_version, make_visit
from tests.support.live import accessibility_faults

pytestmark = pytest.mark.browser

PIXEL = {"viewport": {"width": 412, "height": 839}, "device_scale_factor": 2.6}


@pytest.fixture
def world(engines):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper", timezone="Europe/Kyiv")
        visit = make_visit(session, make_location(session), make_version(session), mara, VisitState.OFFERED)
    return mara, visit


def open_form(page, visit):
    page.goto(f"/my/visits/{visit.id}/checklist")
    page.wait_for_selector("#fill[data-ready]")


def tap(page, item, value):
    page.locator(f"[data-q={item}] label.choice", has=page.locator(f"input[value='{value}']")).click()


def wait_saved(page):
    expect(page.locator("[data-sync]")).to_have_attribute("data-state", "saved", timeout=15_000)


def stored(engines, kind):
    with read(engines) as session:
        return list(session.exec(select(kind)).all())


def test_the_journey_with_reload_no_network_photo_and_receipt(live, phone, world):
    mara, _visit = world
    page = phone(live, mara, **PIXEL)
    page.goto("/my/visits")
    page.click("text=Accept")
    page.click("text=Start")
    page.wait_for_selector("#fill[data-ready]")

    assert page.locator("#q-smile").is_hidden()
    tap(page, "greeted", "yes")
    assert page.locator("#q-smile").is_visible(), "a question appears at once"
    wait_saved(page)
    assert "1 of 4" in page.inner_text(".actionbar")

    page.reload()
    page.wait_for_selector("#fill[data-ready]")
    assert page.is_checked("[name='answer.greeted'][value=yes]")

    page.context.set_offline(True)
    tap(page, "smile", "4")
    tap(page, "receipt", "no")
    assert page.locator("#c-receipt").is_visible(), "the rule asks in place"
    page.fill("#c-receipt", "The till was broken.")
    page.set_input_files("#p-receipt", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": jpeg()})
    page.wait_for_selector("[data-shots=receipt] img")
    expect(page.locator("[data-sync]")).to_have_attribute("data-state", "offline", timeout=15_000)
    assert {a for d in stored(live.engines, Draft) for a in d.answers} == {"greeted"}

    page.context.set_offline(False)
    wait_saved(page)
    [draft] = stored(live.engines, Draft)
    assert {k: v.get("answer") for k, v in draft.answers.items()} == {
        "greeted": "yes",
        "smile": "4",
        "receipt": "no",
    }
    assert [photo.state for photo in stored(live.engines, Evidence)] == ["uploaded"]

    page.click("[data-finish]")
    expect(page.locator("#check-good")).to_be_visible()
    page.context.set_offline(True)
    page.click("#check-send button")
    expect(page.locator("#check-state")).to_contain_text("Not sent yet", timeout=15_000)
    assert stored(live.engines, Revision) == []
    page.context.set_offline(False)
    page.wait_for_url("**/receipt")
    [revision] = stored(live.engines, Revision)
    assert str(revision.id)[:8] in page.inner_text("main")
    assert revision.answers["receipt"]["comment"] == "The till was broken."


def test_cleared_answers_and_removed_photos_come_back(live, phone, world):
    mara, visit = world
    with write(live.engines) as session:
        visit.state = VisitState.ACCEPTED
        session.add(visit)
    page = phone(live, mara, **PIXEL)
    open_form(page, visit)
    tap(page, "receipt", "no")
    page.set_input_files("#p-receipt", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": jpeg()})
    page.wait_for_selector("[data-shots=receipt] li")
    wait_saved(page)

    page.click("[data-shots=receipt] button")
    expect(page.locator("[data-shots=receipt] li")).to_have_count(0)
    page.click(".toast button")
    expect(page.locator("[data-shots=receipt] li")).to_have_count(1)
    page.click("[data-clear=receipt]")
    assert not page.is_checked("[name='answer.receipt'][value=no]")
    page.click(".toast button")
    assert page.is_checked("[name='answer.receipt'][value=no]")
    wait_saved(page)
    [draft] = stored(live.engines, Draft)
    assert (draft.answers["receipt"]["answer"], len(draft.answers["receipt"]["evidence"])) == ("no", 1)


def test_next_goes_to_what_is_open_and_hiding_shows_a_clock(live, phone, world):
    mara, visit = world
    with write(live.engines) as session:
        visit.state = VisitState.ACCEPTED
        session.add(visit)
    page = phone(live, mara, **PIXEL)
    open_form(page, visit)
    tap(page, "greeted", "na")
    page.click("[data-next]")
    assert page.evaluate("document.activeElement.id") == "q-receipt"
    page.click("[data-hide]")
    assert page.title() == "Clock"
    page.click(".cover-face")
    assert page.title() == "Form"


def test_two_devices_keep_both_answers_until_somebody_chooses(live, phone, world):
    mara, visit = world
    with write(live.engines) as session:
        visit.state = VisitState.ACCEPTED
        session.add(visit)
    one, other = phone(live, mara, **PIXEL), phone(live, mara, **PIXEL)
    open_form(one, visit)
    open_form(other, visit)
    for page in (one, other):
        page.context.set_offline(True)
    tap(one, "greeted", "yes")
    tap(other, "greeted", "na")
    tap(other, "receipt", "yes")
    one.context.set_offline(False)
    wait_saved(one)
    other.context.set_offline(False)
    other.wait_for_selector("#fill-note a")
    other.reload()
    other.wait_for_selector(".twice")
    other.click(".twice button >> nth=1")
    wait_saved(other)
    [draft] = stored(live.engines, Draft)
    assert draft.conflicts == {}
    assert {k: v.get("answer") for k, v in draft.answers.items()} == {"greeted": "na", "receipt": "yes"}


@pytest.mark.parametrize("kind", [VisitKind.MYSTERY, VisitKind.COMPETITOR])
@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 320)])
def test_every_page_is_accessible_and_fits(live, phone, engines, scheme, width, kind):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        place = make_location(session, own=kind is VisitKind.MYSTERY)
        visit = make_visit(session, place, make_version(session), mara, kind=kind)
        make_visit(session, place, make_version(session), mara, VisitState.OFFERED)
    page = phone(live, mara, color_scheme=scheme, viewport={"width": width, "height": 800})
    where = f"/my/visits/{visit.id}"
    for path in ("/my/visits", where, f"{where}/checklist", f"{where}/check", "/my/clock"):
        page.goto(path)
        if path.endswith("checklist"):
            page.wait_for_selector("#fill[data-ready]")
            tap(page, "receipt", "no")
            assert page.locator(".actionbar").bounding_box()["height"] <= 72
        assert accessibility_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
