"""Many at once: 80 page views beside 32 writers, and nobody meets a fault (contracts.md 5)."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from audit_app.kit import clock
from audit_app.kit.audit import verify
from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import Person
from tests.factories.organisation import make_location, make_person
from tests.support.app import Browser

READERS, WRITERS = 80, 32


@pytest.fixture
def cookie(engines):
    with write(engines) as session:
        for n in range(30):
            make_location(session, f"place-{n}")
        quinn = make_person(session, "Quinn", "quality_manager")
        return actions.open_session(session, session.get_one(Person, quinn.id), "test", clock.now())


def test_readers_and_writers_at_once(live, cookie, engines):
    cookies = {live.settings.web.cookie: cookie}
    with httpx.Client(base_url=live.url, cookies=cookies) as client:
        token = Browser._token(client.get("/account").text)

    def look(_n: int) -> int:
        return httpx.get(live.url + "/", cookies=cookies, timeout=30).status_code

    def change(n: int) -> int:
        data = {"csrf_token": token, "language": ("en", "ru", "uk")[n % 3], "next": "/"}
        return httpx.post(live.url + "/language", data=data, cookies=cookies, timeout=30).status_code

    with ThreadPoolExecutor(READERS + WRITERS) as pool:
        looks = [pool.submit(look, n) for n in range(READERS)]
        changes = [pool.submit(change, n) for n in range(WRITERS)]
        assert {one.result() for one in looks} == {200}
        assert {one.result() for one in changes} == {303}

    with read(engines) as session:
        verdict = verify(session)
    assert verdict.broken_at is None
    assert verdict.entries == WRITERS + 1
