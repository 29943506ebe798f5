"""How quickly every list, filter and home page answers with 200,000 visits, for every role, over HTTP on this machine.

`python -m benchmarks.large [FOLDER] [--small | --normal] [--times N] [--pages N] [--role ROLE]` uses the demo in FOLDER (default `var/large`)
and makes it first if nothing is there: with the large chain that takes minutes and 1.6 GB of disk.

From each role's home page it follows links and tries each filter it meets, one page of every kind, and asks each N times
(default 30, one after the other). Printed: the 95th percentile, the number of statements, and for what is slower than the goal
of 400 ms the statement that took longest.
"""

import argparse
import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import uvicorn
from sqlalchemy import event
from sqlmodel import select

from audit_app import demo
from audit_app.app import create_app
from audit_app.kit import clock
from audit_app.kit.db import Engines, make_engines, write
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from audit_app.settings import Settings
from seeds.people import ACCOUNTS, Account
from seeds.size import LARGE, NORMAL, SMALL

GOAL_MS = 400
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LEFT_ALONE = ("/static/", "/sign-out", "/account", "/evidence/", "/components", "/api/")


@dataclass
class Statements:
    """What the database was asked during one request."""

    asked: list[tuple[float, str]] = field(default_factory=list)

    def clear(self) -> None:
        """Begin anew."""
        self.asked.clear()


def watch(engines: Engines) -> Statements:
    """Count and time every statement of these engines."""
    seen = Statements()

    def before(_connection: Any, _cursor: Any, _text: str, _values: Any, context: Any, _many: bool) -> None:
        context.begun = time.perf_counter()

    def after(_connection: Any, _cursor: Any, text: str, _values: Any, context: Any, _many: bool) -> None:
        seen.asked.append((time.perf_counter() - context.begun, " ".join(text.split())))

    for engine in (engines.reading, engines.writing):
        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
    return seen


@contextlib.contextmanager
def served(settings: Settings, engines: Engines, port: int) -> Iterator[None]:
    """The app behind a real port, in a thread of this process so that its statements can be counted."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings, engines), port=port, log_level="error", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join(20)


@dataclass
class Found(HTMLParser):
    """Links of a page, and its filters as links."""

    links: list[str] = field(default_factory=list)
    _form: str | None = None
    _name: str = ""
    _taken: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what leads to another page by GET."""
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        if "hx-get" in said:
            self.links.append(said["hx-get"])
        if tag == "form":
            self._form = said.get("action", "") if said.get("method", "get").lower() == "get" else None
        if self._form is None:
            return
        if tag == "input" and said.get("type", "text") in ("search", "text") and said.get("name"):
            self.links.append(f"{self._form}?{urlencode({said['name']: 'london'})}")
        if tag == "select":
            self._name, self._taken = said.get("name", ""), False
        if tag == "option" and self._name and said.get("value") and not self._taken:
            self._taken = True
            self.links.append(f"{self._form}?{urlencode({self._name: said['value']})}")

    def handle_endtag(self, tag: str) -> None:
        """A form ends here."""
        if tag == "form":
            self._form = None
        if tag == "select":
            self._name = ""


def kind_of(path: str) -> str:
    """The same for all pages of one kind: ids and values do not matter, names of filters do."""
    parts = urlsplit(path)
    keys = "&".join(sorted({name for name, _value in parse_qsl(parts.query)}))
    return _ID.sub("{id}", parts.path) + (f"?{keys}" if keys else "")


def pages_of(client: httpx.Client, most: int) -> dict[str, str]:
    """One address for every kind of page this person can reach by links and filters."""
    found: dict[str, str] = {"/": "/"}
    waiting = ["/"]
    while waiting and len(found) < most:
        path = waiting.pop(0)
        answer = client.get(path)
        if answer.is_redirect:  # the home of those who work outdoors is their list
            found.pop(kind_of(path), None)
            target = answer.headers["location"]
            if kind_of(target) not in found:
                found[kind_of(target)] = target
                waiting.append(target)
            continue
        if answer.status_code != 200 or "html" not in answer.headers.get("content-type", ""):
            found.pop(kind_of(path), None)
            continue
        page = Found()
        page.feed(answer.text)
        for link in page.links:
            target = urlsplit(urljoin(path, link))
            if target.netloc and target.netloc != urlsplit(str(client.base_url)).netloc:
                continue
            address = target.path + (f"?{target.query}" if target.query else "")
            kind = kind_of(address)
            if kind not in found and not address.startswith(_LEFT_ALONE) and len(found) < most:
                found[kind] = address
                waiting.append(address)
    return found


@dataclass(frozen=True)
class Measured:
    """One kind of page for one role."""

    role: str
    kind: str
    p95: float
    cpu: float
    """Processor time of one request, server and this client together; what is left of p95 is waiting."""
    kilobytes: float
    status: int
    statements: tuple[tuple[float, str], ...]
    """Seconds and text of each, of the last request; fetching the rows is not in the seconds."""


def measure(client: httpx.Client, seen: Statements, role: str, kind: str, path: str, times: int) -> Measured:
    """Ask for one page again and again."""
    client.get(path)
    spent: list[float] = []
    worked = time.process_time()
    for _time in range(times):
        seen.clear()
        begun = time.perf_counter()
        answer = client.get(path)
        spent.append((time.perf_counter() - begun) * 1000)
        if sum(spent) > 8_000:  # a page this slow is known well enough
            break
    cpu = (time.process_time() - worked) * 1000 / len(spent)
    spent.sort()
    p95 = spent[min(len(spent) - 1, round(0.95 * len(spent)))]
    size = len(answer.content) / 1024
    return Measured(role, kind, p95, cpu, size, answer.status_code, tuple(seen.asked))


def sign_in(client: httpx.Client, engines: Engines, settings: Settings, account: Account) -> None:
    """A session without the slow password."""
    with write(engines) as session:
        person = session.exec(select(Person).where(Person.email == account.email)).one()
        cookie = actions.open_session(session, person, "benchmark", clock.now() - timedelta(seconds=1))
    client.cookies.set(settings.web.cookie, cookie)


def show(rows: list[Measured]) -> None:
    """The table, the slowest first; below it the statements of what is too slow."""
    print(f"{'role':<17}{'page':<66}{'p95 ms':>8}{'CPU ms':>8}{'SQL':>5}{'kB':>7}")
    for row in sorted(rows, key=lambda row: -row.p95):
        mark = "" if row.p95 <= GOAL_MS and row.status == 200 else f"  <-- {row.status}"
        print(
            f"{row.role:<17}{row.kind[:65]:<66}{row.p95:>8.0f}{row.cpu:>8.0f}{len(row.statements):>5}{row.kilobytes:>7.0f}{mark}"
        )
    slow = [row for row in rows if row.p95 > GOAL_MS]
    print(f"\n{len(rows)} pages, {len(slow)} above {GOAL_MS} ms (95 of 100 requests).")
    said: set[str] = set()
    for row in sorted(slow, key=lambda row: -row.p95):
        print(f"\n{row.role} {row.kind}")
        for seconds, text in sorted(row.statements, reverse=True)[:3]:
            print(
                f"  {seconds * 1000:>6.0f} ms  {text[:900] if text not in said else text[:60] + ' … (see above)'}"
            )
            said.add(text)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/large"))
    parser.add_argument("--small", action="store_const", dest="size", const=SMALL, default=LARGE)
    parser.add_argument("--normal", action="store_const", dest="size", const=NORMAL)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--pages", type=int, default=60, help="kinds of pages for each role at most")
    parser.add_argument("--role", default="")
    chosen = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = demo.demo_settings(chosen.folder, port)
    demo.prepare(settings, chosen.size, 0, reset=False, tell=print)
    engines = make_engines(settings.database_url)
    seen = watch(engines)
    rows: list[Measured] = []
    with contextlib.redirect_stdout(sys.stderr), served(settings, engines, port):
        for account in ACCOUNTS:
            if chosen.role and account.role != chosen.role:
                continue
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                sign_in(client, engines, settings, account)
                for kind, path in pages_of(client, chosen.pages).items():
                    rows.append(measure(client, seen, account.role, kind, path, chosen.times))
    show(rows)


if __name__ == "__main__":
    main()
