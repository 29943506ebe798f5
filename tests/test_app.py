"""What holds for every address: HEAD, people who hang up, letters of any alphabet, statistics of the database."""

from typing import Any

from audit_app import app as app_module
from audit_app.kit.db import write
from tests.factories.organisation import make_location, make_person
from tests.support.app import app_on, settings_for
from tests.support.loops import in_a_loop_of_its_own


def test_head_is_get_without_the_body(client, engines):
    with write(engines) as session:
        ann = make_person(session, "Ann", "administrator")
    client.sign_in(ann)

    for path in ("/people", "/health/live", "/static/app.css"):
        whole, head = client.get(path), client.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
    assert client.http.head("/nowhere").status_code == 404


def test_an_address_that_leads_nowhere_answers_in_the_language_of_whoever_came(client):
    page = client.get("/nowhere", headers={"accept-language": "uk"})

    assert page.status_code == 404
    assert '<html lang="uk"' in page.text
    assert "Адреса могла застаріти" in page.text
    client.token = client._token(page.text)
    assert client.post("/language", {"locale": "ru", "next": "/nowhere"}).status_code == 303
    assert '<html lang="ru"' in client.get("/nowhere").text


def test_a_part_of_a_page_that_is_not_there_is_refused_in_words_too(client, engines):
    with write(engines) as session:
        ann = make_person(session, "Ann", "administrator")
    client.sign_in(ann)

    for path in (f"/results/visits/{ann.id}/why-panel", "/nowhere", f"/people/{ann.id}0"):
        part = client.get(path, headers={"hx-request": "true"})
        assert part.status_code == 404, path
        assert "There is nothing here" in part.text


def test_somebody_who_hangs_up_is_no_fault(engines, tmp_path, capsys):
    sent: list[Any] = []

    async def call(app: Any) -> None:
        messages = [
            {"type": "http.request", "body": b"email=a", "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive() -> Any:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/sign-in",
            "raw_path": b"/sign-in",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)

    with app_on(settings_for(tmp_path), engines) as app:
        in_a_loop_of_its_own(lambda: call(app))

    assert sent[0]["status"] < 500
    assert "fault" not in capsys.readouterr().out


def test_a_search_knows_no_capital_letters_in_any_alphabet(client, engines):
    with write(engines) as session:
        place = make_location(session, "kyiv")
        place.name = "Київ, Хрещатик"
        session.add(place)
        ann = make_person(session, "Ann", "administrator")
    client.sign_in(ann)

    assert "Хрещатик" in client.get("/network", params={"q": "хрещатик"}).text
    assert "Хрещатик" in client.get("/desk/visits/locations", params={"location": "КИЇВ"}, fragment=True).text


def test_statistics_are_looked_at_once_a_day(engines, tmp_path):
    with write(engines) as session:
        make_location(session, "kyiv")
    jobs = {job.name: job for job in app_module.clockwork(settings_for(tmp_path))}

    done = []
    for _round in range(3):
        with write(engines) as session:
            done.append(jobs["statistics of the database"].act(session))

    assert done == [1, 0, 0]
