"""The form on a slow phone: 3G (400 ms, 1.6 Mbit/s) and a CPU four times slower, measured in Chromium.

    python -m benchmarks.phone

Goals (issue 4): first load ≤ 200 KB on the wire, repeat ≤ 20 KB, one answer ≤ 2 KB, FCP ≤ 2 s, ready ≤ 5 s, CLS ≤ 0.05,
a tap answered within 200 ms with 200 questions. The prefetch of visits is counted apart. Seconds want a quiet machine;
“busy” is the time the page's own thread worked (slowed down as above), which hardly minds what else the machine does.
"""

import logging
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from playwright.sync_api import Page, sync_playwright

from audit_app.app import create_app
from audit_app.kit import clock
from audit_app.kit.db import make_engines, write
from audit_app.migrations import state as migrations
from audit_app.organisation import actions
from audit_app.settings import read_settings
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit
from tests.support.live import CHROMIUM, FLAGS, PHONE
from tests.support.shopper import long_form

WATCH = """() => { window.seen = { cls: 0, inp: 0, fcp: 0 };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) seen.cls += one.value; }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) seen.inp = Math.max(seen.inp, one.duration); }).observe({ type: "event", buffered: true, durationThreshold: 16 });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.name === "first-contentful-paint") seen.fcp = one.startTime; }).observe({ type: "paint", buffered: true }); }"""


class Wire:
    """Bytes on the wire, as Chromium counts them."""

    def __init__(self, page: Page) -> None:
        self.tools = page.context.new_cdp_session(page)
        self.bytes = 0
        self.tools.send("Network.enable")
        self.tools.on("Network.loadingFinished", self._note)

    def _note(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def slow(self) -> None:
        """3G and a slow processor."""
        line = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
        self.tools.send("Network.emulateNetworkConditions", line)
        self.tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def busy(self) -> float:
        """Milliseconds the page's thread has worked since `watch`."""
        found = self.tools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration")) * 1000

    def watch(self) -> None:
        """From now on the thread's work is counted."""
        self.tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def since(self) -> int:
        """Bytes since the last question."""
        found, self.bytes = self.bytes, 0
        return found


TAPS = 8


def measure(page: Page, path: str) -> None:
    """Load first and again, answer, and print."""
    # A server that has just started, and a browser that is still opening its own pages, are nobody's phone.
    page.context.request.get(path)
    page.wait_for_timeout(4000)
    wire = Wire(page)
    wire.slow()
    wire.watch()
    page.add_init_script(f"({WATCH})()")
    began = time.monotonic()
    page.goto(path)
    page.wait_for_selector("#fill[data-ready]")
    ready, busy = time.monotonic() - began, wire.busy()
    print(
        f"first load            {wire.since() / 1000:8.1f} kB  (goal 200)   ready after {ready:.1f} s (goal 5), busy {busy:.0f} ms"
    )
    page.wait_for_selector("html[data-kept=all]", timeout=60_000)
    print(f"prefetch when idle    {wire.since() / 1000:8.1f} kB")
    page.wait_for_timeout(1000)
    before = wire.busy()
    for n in range(TAPS):
        page.locator(f"[data-q=q{n * 7}] label.choice").first.click()
        page.wait_for_timeout(1500)
    busy = (wire.busy() - before) / TAPS
    page.wait_for_timeout(3000)
    print(
        f"one answer            {wire.since() / TAPS / 1000:8.1f} kB  (goal 2)     busy {busy:.0f} ms, sending and the pointing machine included"
    )
    seen = page.evaluate("seen")
    print(
        f"FCP {seen['fcp'] / 1000:.1f} s (goal 2)   CLS {seen['cls']:.3f} (goal 0.05)   INP {seen['inp']:.0f} ms (goal 200), the worst of {TAPS}"
    )
    began = time.monotonic()
    page.goto(path)
    page.wait_for_selector("#fill[data-ready]")
    ready = time.monotonic() - began
    # The worker asks for the page alone: its files are on the phone. What the worker fetches is not in the page's own count.
    answer = page.context.request.get(path, headers={"accept-encoding": "gzip, br"})
    weight = int(answer.headers.get("content-length", len(answer.body())))
    print(f"repeat                {weight / 1000:8.1f} kB  (goal 20)    ready after {ready:.1f} s")


def main() -> int:
    """A form of 60 questions and one of 200."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        settings = read_settings({"AUDIT_LOG": "json"}, data=Path(folder))
        migrations.upgrade(settings.database_url)
        engines = make_engines(settings.database_url)
        with write(engines) as session:
            mara = make_person(session, "Mara", "shopper")
            place = make_location(session)
            visits = [
                make_visit(session, place, make_version(session, long_form(n, 2)), mara) for n in (60, 200)
            ]
            cookie = actions.open_session(session, mara, "benchmark", clock.now())
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        app = create_app(settings, engines)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=FLAGS)
            for n, visit in zip((60, 200), visits, strict=True):
                url = f"http://127.0.0.1:{port}"
                context = browser.new_context(base_url=url, **PHONE)
                context.add_cookies([{"name": settings.web.cookie, "value": cookie, "url": url}])
                print(f"-- {n} questions (load of the machine {os.getloadavg()[0]:.1f})")
                measure(context.new_page(), f"/my/visits/{visit.id}/checklist")
                context.close()
        server.should_exit = True
        thread.join(10)
        engines.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
