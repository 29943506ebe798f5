"""The tests' own app: one that is used again knows nothing of the test before."""

from collections.abc import Callable
from pathlib import Path

from audit_app import flows
from audit_app.kit.db import Engines, write
from tests.factories.organisation import make_person
from tests.support.app import Browser, app_on, settings_for


def test_an_app_used_again_is_like_a_new_one(engines: Engines, tmp_path: Path) -> None:
    with app_on(settings_for(tmp_path), engines) as first:
        first.state.announcer = None
        first.state.left_behind = True
    with app_on(settings_for(tmp_path / "other"), engines) as second:
        assert second is first
        assert second.state.settings.paths.data == tmp_path / "other"
        assert second.state.announcer is flows.announcer
        assert "left_behind" not in second.state


def test_two_clients_of_one_test_have_two_apps(
    engines: Engines, make_client: Callable[[Engines], Browser]
) -> None:
    with write(engines) as session:
        ann = make_person(session, "Ann", "administrator")
    one, two = make_client(engines), make_client(engines)
    assert one.http.app is not two.http.app
    one.sign_in(ann)
    assert one.get("/people").status_code == 200
    assert two.get("/people").status_code == 303
