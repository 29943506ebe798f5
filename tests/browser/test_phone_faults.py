"""Nothing is ever lost: the phone, the network and the server fail at every step, and each test is shown to notice a planted mistake."""

import random
import time

import pytest
from PIL import Image
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import expect
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.visits.models import Draft, Evidence, Revision, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import make_version, make_visit
from tests.support.shopper import Shopper, long_form

# A browser is started up to six times in one test.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NOTICED = (AssertionError, BrowserError)


@pytest.fixture
def world(engines):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper", timezone="Europe/Kyiv")
        version = make_version(session, long_form(8, 1))
        place = make_location(session)
        visits = [make_visit(session, place, version, mara) for _ in range(2)]
    return mara, visits


@pytest.fixture
def with_bug(request, live):
    """Plants a mistake when the test asks for one."""
    if request.param:
        live.faults.plant(*request.param)
    return bool(request.param)


def bugs(*planted):
    """Once as it is, once with each mistake."""
    return pytest.mark.parametrize(
        "with_bug", [None, *planted], indirect=True, ids=["right", *(f"bug{n}" for n in range(len(planted)))]
    )


def judged(with_bug, act):
    """The same act: it must succeed, or with a mistake planted it must fail."""
    if with_bug:
        with pytest.raises(NOTICED):
            act()
    else:
        act()


def open_form(page, visit):
    page.goto(f"/my/visits/{visit.id}/checklist")
    page.wait_for_selector("#fill[data-ready]")


def tap(page, item, value):
    page.locator(f"[data-q={item}] label.choice", has=page.locator(f"input[value='{value}']")).click()


def state(page, name, timeout=10_000):
    expect(page.locator("[data-sync]")).to_have_attribute("data-state", name, timeout=timeout)


def answers_at_server(live, visit):
    with read(live.engines) as session:
        draft = session.get(Draft, visit.id)
        return {k: v.get("answer") for k, v in draft.answers.items()} if draft else {}


@bugs(("/static/phone/store.js", "work.store.put(value);", ""))
def test_the_browser_is_killed_after_every_second_answer(live, chromium, world, tmp_path, with_bug):
    mara, visits = world
    shopper = Shopper(live, chromium, tmp_path / "profile", mara, visits[0].id)
    live.faults.fault = lambda scope: "down" if scope["method"] == "PUT" else None
    chance = random.Random(1)

    def act():
        shopper.open_form()
        for n in range(7):
            shopper.answer(f"q{n}", chance)
            if n % 2:
                shopper.die()
                shopper.switch_on()
                shopper.open_form()
                shopper.check_page()
        shopper.shoot("q7", 1)
        shopper.send()
        assert shopper.revisions() == []
        shopper.die()
        live.faults.fault = lambda scope: None
        shopper.switch_on()
        shopper.page.goto(f"/my/visits/{visits[0].id}/checklist")
        shopper.wait_sent()
        shopper.check_server()

    try:
        judged(with_bug, act)
    finally:
        shopper.close()


@bugs(
    # A new id for each try, made anew each time: the classic way to send a visit twice.
    ("/static/phone/outbox.js", "parcel.text, \"application/json\"", "parcel.text.replace(parcel.id, crypto.randomUUID()), \"application/json\""),
    # What was not acknowledged is forgotten.
    ("/static/phone/outbox.js", "const batch = batchOf(kept);\n      desk", "const batch = batchOf(kept); kept.changes = {};\n      desk"),
)  # fmt: skip
def test_the_network_is_lost_at_every_step(live, chromium, world, tmp_path, with_bug):
    mara, visits = world
    shopper = Shopper(live, chromium, tmp_path / "profile", mara, visits[0].id)
    chance = random.Random(2)
    turns = iter(["lose", "down", None] * 60)
    live.faults.fault = lambda scope: next(turns) if scope["method"] == "PUT" else None

    def act():
        shopper.open_form()
        for n in range(7):
            shopper.answer(f"q{n}", chance)
            shopper.page.evaluate("dispatchEvent(new Event('online'))")
        shopper.shoot("q7", 2)
        shopper.send()
        shopper.wait_sent(15)
        shopper.check_server()
        assert live.faults.done >= 6

    try:
        judged(with_bug, act)
    finally:
        shopper.close()


@bugs(("/static/checklist.js", "if (lock) { mine();", "mine(); if (lock) {"))
def test_of_two_tabs_one_writes(live, phone, world, with_bug):
    mara, visits = world
    first = phone(live, mara)
    open_form(first, visits[0])
    second = first.context.new_page()
    second.goto(f"/my/visits/{visits[0].id}/checklist")

    def act():
        second.wait_for_selector("#fill[data-second]")
        second.wait_for_timeout(300)
        assert second.locator("#fill[data-ready]").count() == 0
        tap(first, "q0", "yes")
        state(first, "saved")
        first.close()
        second.wait_for_selector("#fill[data-ready]")
        assert second.is_checked("[name='answer.q0'][value=yes]")

    judged(with_bug, act)


@bugs(("/static/phone/worker.js", "fromPhone(path)) ?? Response.error()", "undefined) ?? Response.error()"))
def test_a_cold_start_without_a_network(live, phone, world, with_bug):
    mara, visits = world
    if with_bug:
        # The worker's own address carries the mistake.
        live.faults.planted["/my/worker.js"] = live.faults.planted.pop("/static/phone/worker.js")
    page = phone(live, mara)
    page.goto("/my/visits")
    page.wait_for_selector("html[data-kept=all]")
    expect(page.locator("#ready")).to_contain_text("Ready without a network")
    page.wait_for_function("navigator.serviceWorker.controller")
    kept = page.evaluate(
        "Store.take(document.querySelector('[data-person]').dataset.person, 'notes', 'ready')"
    )
    assert kept["bytes"] < 2_000_000
    context = page.context
    context.set_offline(True)
    # The browser's switch reaches a new page and the worker a moment late: until then the server hears no saving either.
    live.faults.fault = lambda scope: None if scope["method"] == "GET" else "down"
    page.close()

    def act():
        fresh = context.new_page()
        fresh.set_default_timeout(8_000)
        fresh.goto("/my/visits")
        fresh.goto(f"/my/visits/{visits[1].id}")
        fresh.click("text=Start")
        fresh.wait_for_selector("#fill[data-ready]")
        tap(fresh, "q0", "yes")
        state(fresh, "offline")
        fresh.goto("/my/queue")
        expect(fresh.locator("#queue > li")).to_have_count(1)
        # The next person on this phone sees nothing of it.
        with write(live.engines) as session:
            other = make_person(session, "Nora", "shopper")
            cookie = actions.open_session(session, other, "test", clock.now())
        context.add_cookies([{"name": live.settings.web.cookie, "value": cookie, "url": live.url}])
        live.faults.fault = lambda scope: None
        context.set_offline(False)
        fresh.goto("/my/visits")
        fresh.wait_for_selector("html[data-kept=all]")
        fresh.goto("/my/queue")
        expect(fresh.locator("#queue-empty")).to_be_visible()
        context.set_offline(True)
        fresh.goto(f"/my/visits/{visits[1].id}/checklist")
        assert fresh.locator("#fill").count() == 0
        assert answers_at_server(live, visits[1]) == {}

    judged(with_bug, act)


@bugs(
    (
        "/static/phone/outbox.js",
        'return now ? (now.person === person ? "" : "sign-in") : "retry";',
        'return "";',
    )
)
def test_the_session_ends_and_another_person_signs_in(live, phone, world, with_bug):
    mara, visits = world
    page = phone(live, mara)
    open_form(page, visits[0])
    page.context.clear_cookies()

    def act():
        tap(page, "q0", "yes")
        state(page, "attention")
        expect(page.locator("#fill-note")).to_contain_text("sign in again")
        with write(live.engines) as session:
            other = make_person(session, "Nora", "shopper")
            strange = actions.open_session(session, other, "test", clock.now())
            own = actions.open_session(session, session.get_one(Person, mara.id), "test", clock.now())
        cookie = {"name": live.settings.web.cookie, "url": live.url}
        page.context.add_cookies([{**cookie, "value": strange}])
        tap(page, "q5", "good")
        page.wait_for_timeout(800)
        state(page, "attention")
        page.context.add_cookies([{**cookie, "value": own}])
        page.evaluate("dispatchEvent(new Event('online'))")
        state(page, "saved")
        assert answers_at_server(live, visits[0]) == {"q0": "yes", "q5": "good"}

    judged(with_bug, act)


@bugs(("/static/checklist.js", "full = true; console.warn(fault);", ""))
def test_the_storage_is_full_and_then_deleted(live, phone, world, with_bug):
    mara, visits = world
    page = phone(live, mara)
    open_form(page, visits[0])
    tools = page.context.new_cdp_session(page)
    live.faults.fault = lambda scope: "down" if scope["method"] == "PUT" else None

    def act():
        page.evaluate("""() => { const put = IDBObjectStore.prototype.put; window.mend = () => { IDBObjectStore.prototype.put = put; };
          IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }; }""")
        tap(page, "q0", "yes")
        expect(page.locator("[data-sync-text]")).to_contain_text(
            "storage of this phone is full", timeout=5_000
        )
        page.evaluate("mend()")
        tap(page, "q1", "4")
        state(page, "waiting")
        # The browser throws everything away while the page is open: the page still has it.
        tools.send("Storage.clearDataForOrigin", {"origin": live.url, "storageTypes": "indexeddb"})
        page.wait_for_timeout(200)
        tap(page, "q5", "fair")
        page.reload()
        page.wait_for_selector("#fill[data-ready]")
        live.faults.fault = lambda scope: None
        page.evaluate("dispatchEvent(new Event('online'))")
        state(page, "saved")
        assert answers_at_server(live, visits[0]) == {"q0": "yes", "q1": "4", "q5": "fair"}

    judged(with_bug, act)


@bugs(
    (
        "/static/phone/outbox.js",
        "news.sha256 !== (await hex(parcel.text))",
        "news.sha256 === (await hex(parcel.text))",
    )
)
def test_the_clock_is_off_a_version_appears_and_the_worker_is_updated(live, phone, world, with_bug):
    mara, visits = world
    page = phone(live, mara)
    page.goto("/my/visits")
    page.wait_for_selector("html[data-kept=all]")
    page.clock.set_system_time(clock.now().replace(year=2027))
    open_form(page, visits[0])

    def act():
        for item, value in (("q0", "yes"), ("q1", "3"), ("q5", "bad")):
            tap(page, item, value)
        with write(live.engines) as session:
            make_version(session, long_form(5, 0), 2)
        # A new edition of the app while the form is open: nothing moves, and the form opens without a network as before.
        live.faults.plant("/my/worker.js", '"use strict";', '"use strict"; /* newer */')
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        page.wait_for_timeout(500)
        page.context.set_offline(True)
        page.reload()
        page.wait_for_selector("#fill[data-ready]")
        assert page.is_checked("[name='answer.q1'][value='3']")
        for item, value in (("q2", "7"), ("q3", "1:20"), ("q4", "13:30"), ("q6", "words")):
            page.fill(f"[name='answer.{item}']", value)
        page.set_input_files("#p-q7", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
        expect(page.locator("[data-q=q7] .error")).to_be_visible()
        page.click("[data-finish]")
        expect(page.locator("#check-missing")).to_contain_text("1 thing is still missing")
        page.click("#check-missing-list a")
        from_factory = Shopper.shoot
        shopper = Shopper.__new__(Shopper)
        shopper.page, shopper.said = page, {}
        from_factory(shopper, "q7", 3)
        page.click("[data-finish]")
        page.click("#check-send button")
        expect(page.locator("#check-state")).to_contain_text("Not sent yet")
        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_url("**/receipt", timeout=15_000)
        with read(live.engines) as session:
            [sent] = session.exec(select(Revision)).all()
        assert sent.device_now is not None
        assert sent.device_now.year == 2027
        assert sent.received_at.year == clock.now().year
        assert {k: v.get("answer") for k, v in sent.answers.items() if k != "q7"} == {
            "q0": "yes", "q1": "3", "q2": "7", "q3": "1:20", "q4": "13:30", "q5": "bad", "q6": "words",
        }  # fmt: skip

    judged(with_bug, act)


@bugs(("/static/phone/outbox.js", "let at = from(begun)", "let at = 0 * from(begun)"))
def test_a_big_photo_goes_on_where_the_line_was_cut(live, phone, world, with_bug):
    mara, visits = world
    page = phone(live, mara)
    open_form(page, visits[0])
    sent = []

    def fault(scope):
        if scope["method"] != "PUT" or "/evidence/" not in scope["path"]:
            return None
        span = dict(scope["headers"]).get(b"content-range", b"").decode()
        sent.append(int(span.removeprefix("bytes ").split("-")[0]) if span else -1)
        # The second part never arrives; of the third the answer is lost.
        return {2: "down", 4: "lose"}.get(len(sent))

    live.faults.fault = fault
    noise = jpeg(Image.effect_noise((1600, 1200), 90).convert("RGB"), quality=80)

    def act():
        page.set_input_files("#p-q7", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": noise})
        page.wait_for_selector("[data-shots=q7] li")
        for cut in (2, 4):
            until = time.monotonic() + 15
            while len(sent) < cut and time.monotonic() < until:
                page.wait_for_timeout(50)
            page.evaluate("dispatchEvent(new Event('online'))")
        state(page, "saved", 20_000)
        with read(live.engines) as session:
            assert session.exec(select(Evidence.state)).all() == ["uploaded"]
        part = 128 * 1024
        assert sent[:4] == [0, part, part, 2 * part], "goes on from where it was"
        assert sent[4:] == sorted(set(sent[4:])), sent
        assert min(sent[4:]) == 3 * part, "what arrived is not sent again, although its answer was lost"

    judged(with_bug, act)


@bugs(("/static/checklist.js", "receipt?.number > page.number", "false"))
def test_what_was_sent_behind_an_old_page_is_not_filled_again(live, phone, world, with_bug):
    mara, visits = world
    page = phone(live, mara)
    page.goto("/my/visits")
    page.wait_for_selector("html[data-kept=all]")
    page.wait_for_function("navigator.serviceWorker.controller")
    # Sent by another page or by the worker: the phone has the receipt, the kept page is still the empty form.
    page.evaluate(
        "visit => Store.write(document.querySelector('[data-person]').dataset.person, 'receipts', { visit, number: 1, received_at: new Date().toISOString() })",
        str(visits[0].id),
    )
    page.context.set_offline(True)
    live.faults.fault = lambda scope: "down"

    def act():
        page.goto(f"/my/visits/{visits[0].id}/checklist")
        page.wait_for_url("**/receipt", timeout=8_000)
        expect(page.locator(f"[data-visit-state='{visits[0].id}']")).to_contain_text("ent")

    judged(with_bug, act)


def test_one_bad_record_never_blocks_another(live, phone, world):
    mara, visits = world
    page = phone(live, mara)
    for visit in visits:
        open_form(page, visit)
        page.context.set_offline(True)
        tap(page, "q0", "yes")
        state(page, "offline")
        page.goto("about:blank")
        page.context.set_offline(False)
        with write(live.engines) as session:
            if visit is visits[0]:
                merged = session.merge(visit)
                merged.state = VisitState.CANCELLED
        page.context.set_offline(visit is visits[0])
        if visit is visits[0]:
            page.context.set_offline(False)
    page.goto("/my/queue")
    expect(page.locator("#queue > li")).to_have_count(1, timeout=15_000)
    expect(page.locator("#queue .sync")).to_have_attribute("data-state", "attention")
    assert answers_at_server(live, visits[1]) == {"q0": "yes"}
    with page.expect_download() as download:
        page.click("text=Keep as a file")
    assert "mystery" not in download.value.suggested_filename
    page.click("#queue >> text=Delete")
    expect(page.locator("#queue-empty")).to_be_visible()
    page.click(".toast button")
    expect(page.locator("#queue > li")).to_have_count(1)


def test_signing_out_with_unsent_work_asks_first_and_clears_the_pages(live, phone, world):
    mara, visits = world
    page = phone(live, mara)
    page.goto("/my/visits")
    page.wait_for_selector("html[data-kept=all]")
    live.faults.fault = lambda scope: "down" if scope["method"] == "PUT" else None
    open_form(page, visits[0])
    tap(page, "q0", "yes")
    state(page, "waiting")
    page.goto("/my/visits")
    expect(page.locator("#queue-door")).to_contain_text("1 visit has something to send")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.evaluate("document.querySelector('[data-menu]').open = true")
    page.click("[data-sign-out] button")
    assert "1" in asked[0]
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("[data-sign-out] button")
    page.wait_for_url("**/sign-in*")
    assert [n for n in page.evaluate("caches.keys()") if n.startswith("pages-")] == []
