"""A report comes back and is corrected on the phone without a network: only what was asked, with what was asked beside it."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.organisation.queries import actor_of_person
from audit_app.visits.actions.review import return_visit
from audit_app.visits.models import Draft, Evidence, Revision, Visit, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg
from tests.factories.visits import make_version, make_visit
from tests.support.live import accessibility_faults

pytestmark = pytest.mark.browser


def tap(page, item, value):
    page.locator(f"[data-q={item}] label.choice", has=page.locator(f"input[value='{value}']")).click()


def send_back(live, visit_id, reviewer):
    with write(live.engines) as session:
        visit = session.get_one(Visit, visit_id)
        reasons = {"receipt": "The till slip says yes. Which is it?"}
        return_visit(
            session, visit, visit.revision_id, ["receipt"], reasons, "Please look again.", 24,
            actor_of_person(session, reviewer.id), clock.now(), lambda _event: None,
        )  # fmt: skip


def test_a_returned_report_is_corrected_without_a_network(live, phone, engines):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper", timezone="Europe/Kyiv")
        rita = make_person(session, "Rita", "reviewer")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    form = f"/my/visits/{visit.id}/checklist"
    page = phone(live, mara)
    page.goto(form)
    page.wait_for_selector("#fill[data-ready]")
    tap(page, "greeted", "na")
    tap(page, "receipt", "no")
    page.fill("#c-receipt", "No paper.")
    page.set_input_files("#p-receipt", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()})
    page.wait_for_selector("[data-shots=receipt] li")
    page.click("[data-finish]")
    page.click("#check-send button")
    page.wait_for_url("**/receipt")
    send_back(live, visit.id, rita)

    # The list is opened once with a network: it fetches what came back.
    page.goto("/my/visits")
    page.wait_for_selector("html[data-kept=all]")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.context.set_offline(True)
    live.faults.fault = lambda scope: "down"
    page.goto(f"/my/visits/{visit.id}")
    expect(page.locator("main")).to_contain_text("Please look again.")
    expect(page.locator("#history + *, section[aria-labelledby=history]").first).to_contain_text("Sent back")
    page.goto(form)
    page.wait_for_selector("#fill[data-ready]")
    assert page.locator(".ask:not([hidden])").evaluate_all("all => all.map((one) => one.dataset.q)") == [
        "receipt"
    ]
    note = page.locator("[data-q=receipt] .back-note")
    expect(note).to_contain_text("The till slip says yes. Which is it?")
    expect(note).to_contain_text("You sent: No")
    assert page.evaluate("document.querySelector('[data-shots=receipt] img').src").startswith("blob:")
    assert accessibility_faults(page) == []

    tap(page, "receipt", "yes")
    page.fill("#c-receipt", "Found it in the bag.")
    expect(page.locator("[data-sync]")).to_have_attribute("data-state", "offline", timeout=15_000)
    # `evaluate` waits for the promise; `wait_for_function` takes an async answer for yes at once.
    page.evaluate(
        """async (visit) => {
          const { person } = document.getElementById("fill").dataset;
          const until = performance.now() + 8000;
          while ((await Store.draft(person, visit)).changes.receipt?.entry?.comment !== "Found it in the bag.") {
            if (performance.now() > until) throw new Error("the words were not kept");
            await new Promise((go) => setTimeout(go, 20));
          }
        }""",
        str(visit.id),
    )
    page.reload()
    page.wait_for_selector("#fill[data-ready]")
    assert page.input_value("#c-receipt") == "Found it in the bag."
    assert page.is_checked("[name='answer.receipt'][value=yes]"), "a correction is kept like everything else"
    page.click("[data-finish]")
    page.click("#check-send button")
    expect(page.locator("#check-state")).to_contain_text("Not sent yet", timeout=15_000)
    with read(live.engines) as session:
        assert len(session.exec(select(Revision)).all()) == 1
        assert session.exec(select(Draft)).all() == []

    live.faults.fault = lambda scope: None
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_url("**/receipt", timeout=20_000)
    with read(live.engines) as session:
        first, second = session.exec(select(Revision).order_by(Revision.number)).all()
        assert (second.base_id, second.answers["greeted"]["answer"]) == (first.id, "na")
        assert second.answers["receipt"]["comment"] == "Found it in the bag."
        assert session.exec(select(Evidence.source)).all() == ["camera"]
        assert session.get_one(Visit, visit.id).state == VisitState.SUBMITTED
    page.goto(f"/my/visits/{visit.id}")
    expect(page.locator("section[aria-labelledby=history]")).to_contain_text("Found it in the bag.")
    assert accessibility_faults(page) == []


def test_what_waits_for_days_warns_with_its_date(live, phone, engines):
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    page = phone(live, mara)
    live.faults.fault = lambda scope: "down" if scope["method"] == "PUT" else None
    # Noon, so that no midnight comes between the answer and the look at its date.
    noon = (clock.now() - timedelta(days=4)).replace(hour=12)
    page.clock.set_system_time(noon)
    page.goto(f"/my/visits/{visit.id}/checklist")
    page.wait_for_selector("#fill[data-ready]")
    tap(page, "receipt", "yes")
    expect(page.locator("[data-sync]")).to_have_attribute("data-state", "waiting", timeout=15_000)
    page.goto("/my/visits")
    page.wait_for_selector("#queue-door:not([hidden])")
    assert page.is_hidden("#queue-old"), "a moment ago is no reason to warn"

    page.clock.set_system_time(clock.now())
    for path in ("/my/visits", "/my/queue"):
        page.goto(path)
        expect(page.locator("#queue-old")).to_be_visible(timeout=15_000)
        day = page.evaluate(
            "(at) => new Intl.DateTimeFormat('en', {day: 'numeric', month: 'long'}).format(new Date(at))",
            noon.isoformat(),
        )
        expect(page.locator("#queue-old")).to_contain_text(f"since {day}.")
        assert accessibility_faults(page) == []
    expect(page.locator("#queue > li")).to_contain_text(f"Waits since {day}")
