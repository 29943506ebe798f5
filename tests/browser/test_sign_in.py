"""Coming in with a browser: on a phone and at a desk, in the reader's language."""

import pytest

from audit_app.kit.db import write
from audit_app.organisation import actions
from tests.factories.organisation import make_person
from tests.support.live import accessibility_faults

pytestmark = pytest.mark.browser
HASH = actions.hash_password("correct horse battery")


@pytest.fixture
def ivo(engines):
    with write(engines) as session:
        return make_person(session, "Ivo", "quality_manager", email="ivo@example.org", password_hash=HASH)


@pytest.mark.parametrize(
    ("language", "words"), [("en-GB", "Sign in"), ("ru-RU", "Войти"), ("uk-UA", "Увійти")]
)
def test_signing_in_on_a_phone_in_the_readers_language(live, phone, ivo, language, words):
    page = phone(live, locale=language)
    page.goto("/account")
    assert "/sign-in" in page.url
    assert words in page.inner_text("main")
    assert accessibility_faults(page) == []

    page.fill("[name=email]", "ivo@example.org")
    page.fill("[name=password]", "wrong password")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")

    page.fill("[name=password]", "correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_dark_and_light_are_equal(live, desk, ivo):
    for scheme in ("light", "dark"):
        page = desk(live, ivo, color_scheme=scheme)
        page.goto("/account")
        assert accessibility_faults(page) == []
