"""`make torture`: a visit of 40 questions and 12 photos, interrupted at every step, again and again, until 1,000 interruptions.

Not collected by `make test`. AUDIT_INTERRUPTIONS says how many (1,000 if it says nothing). After each interruption everything
the phone had confirmed must stand on its page; at the end each visit is at the server exactly once, with all of it.
"""

import os
import random
import sys

import pytest
from playwright.sync_api import Error as BrowserError

from audit_app.kit.db import write
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit
from tests.support.shopper import Shopper, long_form

WANTED = int(os.environ.get("AUDIT_INTERRUPTIONS", "1000"))
ITEMS, PHOTOS = 40, 12


def interrupt(shopper: Shopper, chance: random.Random) -> str:
    """One thing that goes wrong: nine times of ten cheap ones, else the battery."""
    what = chance.choices(
        ["offline", "reload", "tab closed", "page crashed", "battery"], [30, 25, 20, 15, 10]
    )[0]
    if what == "offline":
        shopper.context.set_offline(True)
        shopper.page.wait_for_timeout(30)
        shopper.context.set_offline(False)
        return what
    if what == "reload":
        shopper.page.reload()
        shopper.page.wait_for_selector("#fill[data-ready]")
    elif what == "battery":
        shopper.die()
        shopper.switch_on()
        shopper.open_form()
    else:
        old = shopper.page
        if what == "page crashed":
            with pytest.raises(BrowserError):
                old.goto("chrome://crash", timeout=3000)
        shopper.page = shopper.context.new_page()
        shopper.page.set_default_timeout(30_000)
        old.close()
        shopper.open_form()
    shopper.check_page()
    return what


@pytest.mark.timeout(6 * 3600)
def test_a_thousand_interruptions_lose_nothing(live, chromium, engines, tmp_path):
    chance = random.Random(int(os.environ.get("AUDIT_SEED", "7")))
    counts: dict[str, int] = {}
    slowest = 0.0
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper", timezone="Europe/Kyiv")
        version = make_version(session, long_form(ITEMS, PHOTOS))
        place = make_location(session)
    visits = 0
    # Every third thing that is sent meets a server that is away, or an answer that is lost on its way back.
    live.faults.fault = lambda scope: (
        chance.choices([None, "down", "lose"], [70, 15, 15])[0] if scope["method"] == "PUT" else None
    )
    while sum(counts.values()) + live.faults.done < WANTED:
        with write(engines) as session:
            visit = make_visit(session, place, version, mara)
        visits += 1
        shopper = Shopper(live, chromium, tmp_path / f"phone{visits}", mara, visit.id)
        shopper.open_form()
        for n in range(ITEMS):
            if n < ITEMS - PHOTOS:
                shopper.answer(f"q{n}", chance)
            else:
                shopper.shoot(f"q{n}", visits * 100 + n)
            what = interrupt(shopper, chance)
            counts[what] = counts.get(what, 0) + 1
        shopper.send()
        shopper.die()
        counts["battery"] = counts.get("battery", 0) + 1
        shopper.switch_on()
        shopper.page.goto(f"/my/visits/{visit.id}/checklist")
        shopper.wait_sent(300)
        shopper.check_server()
        slowest = max(slowest, shopper.slowest)
        shopper.close()
        done = sum(counts.values()) + live.faults.done
        sys.stdout.write(f"{visits} visits, {done} interruptions: {counts}, at the server {live.faults.done}; slowest to be kept {slowest * 1000:.0f} ms\n")  # fmt: skip
        sys.stdout.flush()
    assert visits > 0
