"""Makes the README's pictures from a running demo: `.venv/bin/python scripts/screenshots.py http://127.0.0.1:8000`.

Signs in as the demo's people with the password the demo prints, and saves docs/results.png and docs/phone.png.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs"
PASSWORD = "walk-in-and-look-around"  # noqa: S105 - the demo prints it for everybody
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        desk = browser.new_context(base_url=base, viewport={"width": 1200, "height": 900}).new_page()
        sign_in(desk, "manager@demo.example")
        desk.wait_for_timeout(600)
        desk.screenshot(path=FOLDER / "results.png")
        phone = browser.new_context(
            base_url=base, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
        ).new_page()
        sign_in(phone, "shopper@demo.example")
        links = phone.locator("a[href^='/my/visits/']")
        for path in [links.nth(n).get_attribute("href") for n in range(links.count())]:
            phone.goto(f"{path}/checklist")
            if phone.url.endswith("/checklist"):  # the one that was begun
                break
        phone.wait_for_timeout(800)
        phone.screenshot(path=FOLDER / "phone.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
