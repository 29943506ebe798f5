"""Every template parses, has a title, names routes that exist, and writes percent signs as Jinja's translation wants them."""

import re

import pytest
from jinja2 import nodes

from audit_app.app import create_app
from audit_app.kit.pages import data_folder, make_environment
from tests.support.app import settings_for

FOLDER = data_folder("templates")
PAGES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(settings_for(tmp_path_factory.mktemp("app")))


@pytest.mark.parametrize("name", PAGES)
def test_template_parses_and_a_page_has_a_title(name):
    source = (FOLDER / name).read_text(encoding="utf-8")
    tree = make_environment().parse(source)

    if any(True for _ in tree.find_all(nodes.Extends)):
        assert "{% block title %}" in source


@pytest.mark.parametrize("name", PAGES)
def test_every_route_a_template_names_exists(name, app):
    known = set(app.route_handler_method_map) and {
        handler.name
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if handler.name
    }
    named = set(re.findall(r"url_for\(\s*['\"]([\w.]+)['\"]", (FOLDER / name).read_text(encoding="utf-8")))

    assert named - known == set()


@pytest.mark.parametrize("name", PAGES)
def test_a_percent_sign_in_a_sentence_is_doubled(name):
    tree = make_environment().parse((FOLDER / name).read_text(encoding="utf-8"))
    sentences = [
        argument.value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext")
        for argument in call.args
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str)
    ]

    assert [text for text in sentences if re.search(r"%(?!%|\(\w+\)s)", text.replace("%%", ""))] == []
