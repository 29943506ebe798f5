"""The look keeps its promises: small style sheets, icons that exist, nothing a strict policy would refuse, all three languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHARED = [path for path in TEMPLATES if path.parent.name in ("shared", "templates")]


EVERYWHERE = ("tokens.css", "app.css", "print.css")


def test_the_style_sheets_weigh_at_most_40_kilobytes():
    assert sum((ROOT / "static" / name).stat().st_size for name in EVERYWHERE) <= 40 * 1024


def test_a_sheet_of_a_single_page_is_small():
    others = [path for path in (ROOT / "static").glob("*.css") if path.name not in EVERYWHERE]

    assert {path.name: path.stat().st_size for path in others if path.stat().st_size > 12 * 1024} == {}


def test_every_custom_property_that_is_used_is_defined():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "static").glob("*.css"))

    assert set(re.findall(r"var\((--[\w-]+)", text)) <= set(re.findall(r"(--[\w-]+)\s*:", text))


def test_every_icon_that_is_named_is_drawn():
    drawn = set(
        re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text(encoding="utf-8"))
    )
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'\bicon\("([\w-]+)"', path.read_text(encoding="utf-8"))
    }

    assert named
    assert named <= drawn


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_nothing_the_content_policy_refuses(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"<style\b|\sstyle\s*=|\son\w+\s*=\s*[\"']|hx-on|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_shared_parts_are_translated(language):
    with (ROOT / "audit_app" / "locale" / language / "shared.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    known = {message.id for message in catalog if message.id and message.string and all(message.string)}
    wanted = set()
    for path in SHARED:
        with path.open("rb") as file:
            for _line, function, message, _comments in babel_extract(file, ("_", "ngettext"), [], {}):
                words = [message] if isinstance(message, str) else [word for word in message if word]
                wanted.add(tuple(words[:2]) if function == "ngettext" else words[0])

    assert wanted - known == set()
    assert catalog.num_plurals == 3
