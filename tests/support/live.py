"""A real server on a free port and a real Chromium, for journeys.

`live` serves the test's `engines` from a thread of this process; `chromium` is one browser a worker; `phone` and `desk`
make signed-in pages: `page = phone(live, person)`. Every page fails its test when the console shows an error or when
the content security policy stops something.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from audit_app.kit import clock
from audit_app.kit.db import Engines, write
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.settings import Settings
from tests.support.app import app_on, settings_for
from tests.support.faults import Faults

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK: dict[str, Any] = {"viewport": {"width": 1366, "height": 900}}


@dataclass
class Live:
    """A running server."""

    url: str
    engines: Engines
    settings: Settings
    faults: Faults


@pytest.fixture
def live(engines: Engines, tmp_path: Path) -> Iterator[Live]:
    """The app on a free port of this machine, with this test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = settings_for(tmp_path, None, AUDIT_BASE_URL=url)
    with app_on(settings, engines) as app:
        faults = Faults(app)
        server = uvicorn.Server(
            uvicorn.Config(faults, host="127.0.0.1", port=port, log_level="critical", lifespan="on")
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        yield Live(url, engines, settings, faults)
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for this worker; Debian's Chromium, never a downloaded one."""
    if not Path(CHROMIUM).exists():
        pytest.fail(
            "Chromium was not found; `make test` installs it, by hand it is: apt-get install chromium",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=FLAGS)
        yield browser
        browser.close()


def _opener(chromium: Browser, shape: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    contexts = []
    faults: list[str] = []

    def open_page(live: Live, person: Person | None = None, **more: Any) -> Page:
        usual = {"base_url": live.url, "locale": "en-GB", "timezone_id": "Europe/Kyiv", **shape}
        context = chromium.new_context(**{**usual, **more})
        contexts.append(context)
        if person is not None:
            with write(live.engines) as session:
                cookie = actions.open_session(
                    session, session.get_one(Person, person.id), "test", clock.now()
                )
            context.add_cookies([{"name": live.settings.web.cookie, "value": cookie, "url": live.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"uncaught: {error}"))
        page.on(
            "console",
            lambda said: (
                faults.append(said.text)
                if said.type == "error"
                and "Failed to load resource" not in said.text
                and "net::ERR_" not in said.text
                else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages on a phone with touch."""
    yield from _opener(chromium, PHONE)


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages on a desktop."""
    yield from _opener(chromium, DESK)


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA: rule and first place.

    The window is made as high as the page meanwhile, so that the bar that sticks to its lower edge hides half of nothing.
    """
    shape = page.viewport_size
    assert shape is not None
    high = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": shape["width"], "height": min(max(shape["height"], high), 8000)})
    found = Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
            "rules": {"target-size": {"enabled": True}},
        },
    )
    page.set_viewport_size(shape)
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found.response["violations"]]
