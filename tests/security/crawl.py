"""Walks through the app like a curious person: every link, fragment and image that a page names, once."""

import re
from collections.abc import Iterator
from html import unescape

import httpx

from tests.support.app import Browser

NAMED = re.compile(r"""(?:href|src|hx-get|action|data-[\w-]+)="(/[^"#]*)""")
MOST = 400


def crawl(client: Browser, start: str = "/") -> Iterator[tuple[str, httpx.Response]]:
    """Every page that can be reached by GET from the start, whatever its kind."""
    waiting, seen = [start], {start}
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        answer = client.get(path)
        yield path, answer
        if onward := answer.headers.get("location", ""):
            found = [onward]
        elif "html" in answer.headers.get("content-type", ""):
            found = [unescape(one) for one in NAMED.findall(answer.text)]
        else:
            found = []
        for one in found:
            if (
                one.startswith("/")
                and not one.startswith(("/static/", "//", "/sign-out"))
                and one not in seen
            ):
                seen.add(one)
                waiting.append(one)
