"""Writing a standard in a browser: saved while one types, taken back, moved by keys alone."""

import pytest

from audit_app.kit.db import read
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules.editing import find_item, item_codes
from tests.support.live import accessibility_faults

pytestmark = pytest.mark.browser


def document(engines, draft):
    with read(engines) as session:
        return session.get_one(StandardVersion, draft).document


def test_what_is_typed_is_saved_checked_and_taken_back(live, desk, engines, quinn, draft):
    page = desk(live, quinn)
    page.goto(f"/standards/versions/{draft}/edit/items/greeted")
    assert accessibility_faults(page) == []

    page.fill("#f-weight", "heavy")
    page.wait_for_selector("#part-form .error:has-text('is not a number')")
    assert find_item(document(engines, draft), "greeted")[1]["weight"] == "heavy"
    assert "1 problem" in page.inner_text("#problems")

    page.fill("#f-weight", "3")
    page.wait_for_selector("#problems :text('Nothing stands in the way')")
    assert page.locator("#part-form .error").count() == 0
    assert find_item(document(engines, draft), "greeted")[1]["weight"] == 3

    page.focus("h1 >> xpath=ancestor::header//a[1]")  # keys do nothing while one types
    for _ in range(2):
        with page.expect_navigation():
            page.keyboard.press("u")
    assert page.input_value("#f-weight") == "4"
    for keys, weight in (("Control+Shift+Z", "heavy"), ("Control+y", "3"), ("Control+z", "heavy")):
        with page.expect_navigation():
            page.keyboard.press(keys)
        assert page.input_value("#f-weight") == weight


def test_an_item_is_moved_by_keys_and_what_was_typed_goes_along(live, desk, engines, quinn, draft):
    page = desk(live, quinn)
    page.goto(f"/standards/versions/{draft}/edit/items/greeted")
    page.fill("#f-weight", "5")
    page.focus("h1 >> xpath=ancestor::header//a[1]")
    with page.expect_navigation():
        page.keyboard.press("]")

    page.wait_for_selector("#f-weight")
    assert item_codes(document(engines, draft)) == ["smile", "greeted"]
    assert find_item(document(engines, draft), "greeted")[1]["weight"] == 5
