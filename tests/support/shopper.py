"""A shopper with a phone that dies: a long form, a browser with a profile of its own that can be killed and opened again."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserGone
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.visits.models import Evidence, Revision
from tests.factories.pictures import jpeg, photo
from tests.factories.visits import DOCUMENT, text
from tests.support.live import CHROMIUM, FLAGS, PHONE, Live

KINDS = ("yes_no", "scale", "number", "duration", "time", "single", "text")


def long_form(items: int, photos: int) -> dict[str, Any]:
    """A standard of so many questions of all kinds in sections of ten, the last ones asking for a photo each."""
    rows = []
    for n in range(items):
        kind = "photo" if n >= items - photos else KINDS[n % len(KINDS)]
        row: dict[str, Any] = {"code": f"q{n}", "text": text(f"Question {n}?"), "type": kind}
        if kind == "scale":
            row["scale"] = {"min": 1, "max": 5}
        if kind == "single":
            row["options"] = [
                {"code": c, "text": text(c), "points": p} for c, p in (("good", 2), ("fair", 1), ("bad", 0))
            ]
        rows.append(row)
    sections = [
        {"code": f"s{n}", "title": text(f"Part {n}"), "items": rows[n : n + 10]} for n in range(0, items, 10)
    ]
    return {**DOCUMENT, "code": "long", "sections": sections}


class Shopper:
    """One person, one phone, one visit; `said` is what the phone has confirmed to have kept."""

    def __init__(self, live: Live, browser: Browser, profile: Path, person: Person, visit_id: Any) -> None:
        self.live, self.browser, self.profile = live, browser, profile
        self.person, self.visit = person, visit_id
        self.said: dict[str, str] = {}
        self.slowest = 0.0
        with write(live.engines) as session:
            self.cookie = actions.open_session(
                session, session.get_one(Person, person.id), "test", clock.now()
            )
        self.context: BrowserContext
        self.page: Page
        self.switch_on()

    def switch_on(self) -> None:
        """Start the browser with this phone's profile; Chromium may need a moment to let go of a killed one."""
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        self.context = self.browser.browser_type.launch_persistent_context(
            str(self.profile),
            executable_path=CHROMIUM,
            chromium_sandbox=False,
            args=FLAGS,
            base_url=self.live.url,
            locale="en-GB",
            **PHONE,
        )
        self.context.add_cookies(
            [{"name": self.live.settings.web.cookie, "value": self.cookie, "url": self.live.url}]
        )
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.set_default_timeout(20_000)

    def die(self) -> None:
        """The battery is empty: every process of this browser is killed at once."""
        mark = str(self.profile).encode()
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in (folder / "cmdline").read_bytes():
                        os.kill(int(folder.name), signal.SIGKILL)
        with contextlib.suppress(BrowserGone):
            self.context.close()

    def close(self) -> None:
        """Put the phone away."""
        with contextlib.suppress(BrowserGone):
            self.context.close()

    def open_form(self) -> None:
        """Open the form and wait until it works."""
        self.page.goto(f"/my/visits/{self.visit}/checklist")
        self.page.wait_for_selector("#fill[data-ready]")

    def answer(self, code: str, chance: random.Random) -> None:
        """Answer one question as a thumb would, and wait until the phone says that it is kept (at most 100 ms, see `slowest`)."""
        box = self.page.locator(f"[data-q={code}]")
        kind = box.get_attribute("data-kind")
        if kind in ("yes_no", "scale", "single"):
            choices = box.locator("label.choice")
            one = choices.nth(chance.randrange(choices.count()))
            value = str(one.locator("input").get_attribute("value"))
            if box.locator(f"input[value='{value}']").is_checked():
                return
            began = time.monotonic()
            one.click()
        else:
            value = {"number": str(chance.randrange(100)), "duration": f"1:{chance.randrange(10, 60)}", "time": f"1{chance.randrange(10)}:30"}.get(str(kind), f"words {chance.randrange(1000)}")  # fmt: skip
            field = box.locator(f"[name='answer.{code}']").first
            began = time.monotonic()
            field.fill(value)
            if kind != "text":
                field.dispatch_event("change")
        self.said.pop(code, None)
        took = self.page.evaluate(KEPT, [code, value])
        self.slowest = max(self.slowest, time.monotonic() - began if took is None else took)
        self.said[code] = value

    def shoot(self, code: str, seed: int) -> None:
        """Take a photo for a question and wait until the phone keeps it."""
        picture = jpeg(photo(320, 240, seed))
        self.page.set_input_files(
            f"#p-{code}", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": picture}
        )
        self.page.wait_for_selector(f"[data-shots={code}] li")
        self.page.evaluate(KEPT_PHOTO, code)
        self.said[code] = "photo"

    def check_page(self) -> None:
        """Everything the phone ever confirmed stands on the page."""
        shown = self.page.evaluate(SHOWN)
        lost = {
            code: (value, shown.get(code)) for code, value in self.said.items() if shown.get(code) != value
        }
        assert lost == {}, f"lost on the phone: {lost}"

    def send(self) -> None:
        """Look it over and send; what happens then is seen at the server."""
        self.page.click("[data-finish]")
        self.page.wait_for_selector("#check-send:not([hidden])")
        self.page.click("#check-send button")
        self.page.wait_for_selector("#check-waiting:not([hidden]), .receipt")

    def revisions(self) -> list[Revision]:
        """What the server has."""
        with read(self.live.engines) as session:
            return list(session.exec(select(Revision).where(Revision.visit_id == self.visit)).all())

    def wait_sent(self, seconds: float = 60) -> None:
        """Wait for the receipt's page, nudging the phone as a person would."""
        until = time.monotonic() + seconds
        while "/receipt" not in self.page.url:
            assert time.monotonic() < until, f"no receipt came; {self.why()}"
            with contextlib.suppress(BrowserGone):
                self.page.evaluate("dispatchEvent(new Event('online'))")
                self.page.wait_for_timeout(300)

    def why(self) -> str:
        """What is known about a phone that does not get on, for the message of a failing test."""
        faults = self.live.faults
        try:
            phone = self.page.evaluate(STANDING)
        except BrowserGone as gone:
            phone = f"the page does not answer: {gone}"
        return f"phone: {phone}; without an answer: {list(faults.inside.values())}; heard last: {faults.heard[-12:]}"

    def check_server(self) -> None:
        """Sent exactly once, with every answer and photo that the phone had confirmed."""
        found = self.revisions()
        assert [one.state for one in found] == ["accepted"]
        answers = found[0].answers
        wrong = {
            code: (value, answers.get(code))
            for code, value in self.said.items()
            if (value == "photo" and not answers.get(code, {}).get("evidence"))
            or (value != "photo" and answers.get(code, {}).get("answer") != value)
        }
        assert wrong == {}, f"changed or lost on the way: {wrong}"
        promised = {sha for entry in answers.values() for sha in entry.get("evidence", ())}
        until = time.monotonic() + 30
        while self._photos_here() != promised:
            assert time.monotonic() < until, "a photo is missing"
            self.page.evaluate("dispatchEvent(new Event('online'))")
            self.page.wait_for_timeout(300)

    def _photos_here(self) -> set[str]:
        with read(self.live.engines) as session:
            rows = session.exec(select(Evidence).where(Evidence.visit_id == self.visit)).all()
        return {row.sha256 for row in rows if row.file}


STANDING = """async () => {
  const fill = document.getElementById("fill");
  const locks = await navigator.locks.query();
  const who = fill?.dataset.person;
  const soon = (work) => Promise.race([work, new Promise((go) => setTimeout(go, 2000, "no answer"))]);
  return {
    url: location.href, online: navigator.onLine, ...fill?.dataset,
    state: document.querySelector("[data-sync]")?.dataset.state, note: document.getElementById("fill-note")?.textContent,
    held: locks.held.map((one) => one.name), waiting: locks.pending.map((one) => one.name),
    unsent: who && window.Store ? await soon(Store.unsent(who)) : null,
  };
}"""
KEPT = """async ([code, value]) => {
  const { person, fill } = document.getElementById("fill").dataset;
  const began = performance.now();
  for (;;) {
    const kept = await Store.take(person, "drafts", fill);
    if (kept && Store.answers(kept)[code]?.answer === value) return (performance.now() - began) / 1000;
    if (performance.now() - began > 8000) throw new Error(`${code} was not kept`);
    await new Promise((go) => setTimeout(go, 5));
  }
}"""
KEPT_PHOTO = """async (code) => {
  const { person, fill } = document.getElementById("fill").dataset;
  const until = performance.now() + 15000;
  for (;;) {
    const kept = await Store.take(person, "drafts", fill);
    if (kept && Store.answers(kept)[code]?.evidence?.length) return;
    if (performance.now() > until) throw new Error(`the photo of ${code} was not kept`);
    await new Promise((go) => setTimeout(go, 20));
  }
}"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll(".ask")].map((ask) => {
  const given = [...ask.querySelectorAll("[name^='answer.']")].filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked).map((one) => one.value);
  return [ask.dataset.q, ask.querySelector("[data-shots] li") ? "photo" : given.join(";")];
}))"""
