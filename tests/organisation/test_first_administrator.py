"""The first person comes in by a one-time link, and only the first."""

import click
import pytest

from audit_app.cli import first_administrator
from tests.support.app import settings_for


@pytest.fixture
def settings(engines, tmp_path):
    return settings_for(tmp_path, engines.writing.url.render_as_string(hide_password=False))


def test_the_link_lets_the_first_administrator_choose_a_password_once(client, settings):
    path = first_administrator(settings, "Boss@Example.org")
    client.sign_out()

    weak = client.post(path, {"password": "12345678"})
    assert weak.status_code == 422
    assert client.post(path, {"password": "tall oaks from acorns"}).status_code == 303
    assert client.get("/people").status_code == 200
    client.sign_out()
    assert client.get(path).status_code == 404


def test_nobody_becomes_administrator_this_way_later(settings):
    first_administrator(settings, "boss@example.org")

    with pytest.raises(click.ClickException, match="Somebody is here already"):
        first_administrator(settings, "thief@example.org")
