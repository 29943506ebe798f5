"""The editor as a person uses it without JavaScript, and what its script asks for."""

import re
from uuid import UUID

import pytest
from sqlmodel import select

from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import read, write
from audit_app.standards.models import DraftStep, StandardVersion
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.editing import find_item, item_codes, section_codes
from audit_app.standards.rules.reading import check_draft, read_version
from tests.factories.standards import make_document, make_version

TEXT = {"text.en": "Were you greeted?", "text.ru": "Вас поприветствовали?", "text.uk": "Вас привітали?"}
GREETED = {**TEXT, "type": "yes_no", "weight": "4", "na": "yes", "required": "yes", "evidence.no": "comment"}


@pytest.fixture
def editor(client, quinn, draft):
    client.sign_in(quinn)
    return f"/standards/versions/{draft}/edit"


def document(engines, version_id=None):
    with read(engines) as session:
        if version_id:
            return session.get_one(StandardVersion, UUID(str(version_id))).document
        return session.exec(select(StandardVersion)).one().document


def edition(engines):
    with read(engines) as session:
        return session.exec(select(StandardVersion.edition)).one()


def save(client, engines, path, fields, **more):
    return client.post(path, {"edition": str(edition(engines)), **fields}, **more)


def test_every_part_has_its_page(client, editor):
    for path in ("", "/sections/welcome", "/items/greeted", "/new-item?section=welcome"):
        assert client.get(editor + path).status_code == 200
    for path in ("/sections/none", "/items/none", "/new-item?section=none"):
        assert client.get(editor + path).status_code == 404


def test_saving_an_unchanged_item_leaves_no_step(client, engines, editor):
    before = document(engines)
    answer = save(client, engines, editor + "/items/greeted", GREETED)
    assert answer.status_code == 303
    assert answer.headers["location"] == editor + "/items/greeted"
    assert document(engines) == before
    assert edition(engines) == 0


def test_an_edit_is_one_step_and_one_entry_and_can_be_undone(client, engines, editor):
    before = document(engines)
    save(client, engines, editor + "/items/greeted", {**GREETED, "weight": "2,5", "bonus": "yes"})

    item = find_item(document(engines), "greeted")[1]
    assert (item["weight"], item["bonus"], item["evidence"]) == ("2.5", True, {"no": ["comment"]})
    with read(engines) as session:
        assert session.exec(select(DraftStep.what)).all() == ["Item edited|greeted"]
        assert session.exec(select(AuditEntry.action)).all()[-1] == "standard.edited"
    assert "Undo" in client.get(editor).text

    answer = save(client, engines, editor + "/undo", {})
    assert answer.headers["location"] == editor + "/items/greeted"
    assert document(engines) == before
    assert "disabled" in client.get(editor).text
    answer = save(client, engines, editor + "/redo", {})
    assert answer.headers["location"] == editor + "/items/greeted"
    assert "Made again: " in client.get(editor + "/items/greeted").text
    assert find_item(document(engines), "greeted")[1] == item
    assert save(client, engines, editor + "/redo", {}).status_code == 303
    assert "There is nothing to make again." in client.get(editor).text
    save(client, engines, editor + "/undo", {})
    assert save(client, engines, editor + "/undo", {}).status_code == 303


def test_a_draft_with_problems_is_saved_and_says_so_beside_the_field(client, engines, editor):
    save(client, engines, editor + "/items/greeted", {**GREETED, "weight": "heavy", "text.ru": ""})

    page = client.get(editor + "/items/greeted").text
    assert "“heavy” is not a number" in page
    assert 'value="heavy"' in page
    assert "2 problems before publishing" in page
    assert 'aria-invalid="true"' in page
    other = client.get(editor + "/items/smile").text
    assert "2 problems before publishing" in other
    assert 'aria-invalid="true"' not in other


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"type": "single", "options.0.text.en": "At once", "options.0.points": "5", "options.1.text.en": "Never"},
            {"options": [{"code": "at_once", "text": {"en": "At once"}, "points": 5},
                         {"code": "never", "text": {"en": "Never"}, "points": 0}]},
        ),
        (
            {"type": "scale", "scale.min": "0", "scale.max": "10", "scale.low.en": "poor"},
            {"scale": {"min": 0, "max": 10, "low": {"en": "poor"}}},
        ),
        (
            {"type": "duration", "ranges.0.points": "5", "ranges.1.from": "1:30", "ranges.1.points": "0"},
            {"ranges": [{"points": 5}, {"from": "1:30", "points": 0}]},
        ),
        (
            {"type": "number", "unit.en": "people", "min": "0", "max": "40"},
            {"unit": {"en": "people"}, "min": 0, "max": 40},
        ),
        (
            {"type": "yes_no", "options.0.code": "yes", "options.0.points": "", "options.1.code": "no"},
            {},
        ),
        (
            {"type": "yes_no", "options.0.code": "yes", "options.0.points": "5", "options.1.code": "no"},
            {"options": [{"code": "yes", "points": 5}, {"code": "no"}]},
        ),
        (
            {"type": "yes_no", "critical.effect": "cap_total", "critical.at": "50", "critical.below": "1"},
            {"critical": {"effect": "cap_total", "at": 50}},
        ),
        (
            {"type": "yes_no", "incident.when": "no", "incident.type": "service.greeting", "incident.priority": "2"},
            {"incident": {"when": ["no"], "type": "service.greeting", "priority": 2}},
        ),
        (
            {"type": "yes_no", "show_if.0.subject": "greeted", "show_if.0.how": "not", "show_if.0.value": "no"},
            {"show_if": {"not": {"item": "greeted", "is": ["no"]}}},
        ),
        (
            {"type": "yes_no", "show_if.join": "any", "show_if.0.subject": "greeted", "show_if.0.value": "yes; na",
             "show_if.1.subject": "greeted", "show_if.1.value": "no"},
            {"show_if": {"any": [{"item": "greeted", "is": ["yes", "na"]}, {"item": "greeted", "is": ["no"]}]}},
        ),
        (
            {"type": "yes_no", "show_if.yaml": '{all: [{any: [{item: greeted, is: ["yes"]}]}]}'},
            {"show_if": {"all": [{"any": [{"item": "greeted", "is": ["yes"]}]}]}},
        ),
        (
            {"type": "yes_no", "applies_if.yaml": "{any: [{attribute: seats, at_least: 2.5}, {not: {attribute: x, is: [a]}}]}"},
            {"applies_if": {"any": [{"attribute": "seats", "at_least": "2.5"}, {"not": {"attribute": "x", "is": ["a"]}}]}},
        ),
        (
            {"type": "yes_no", "applies_if.0.subject": "patio", "applies_if.0.value": "yes",
             "applies_if.1.subject": "seats", "applies_if.1.how": "at_least", "applies_if.1.value": "20"},
            {"applies_if": {"all": [{"attribute": "patio", "is": ["yes"]}, {"attribute": "seats", "at_least": 20}]}},
        ),
        (
            {"type": "text", "weight": "4", "critical.effect": "fail", "segments": "loyal, new", "nature": "feeling"},
            {"nature": "feeling", "segments": ["loyal", "new"]},
        ),
    ],
)  # fmt: skip
def test_every_field_of_an_item_is_typed(client, engines, editor, fields, expected):
    text = {"text.en": "Was there a smile?"}
    save(client, engines, editor + "/items/smile", {**text, "required": "yes", **fields})

    item = find_item(document(engines), "smile")[1]
    assert item["code"] == "smile"
    assert {key: value for key, value in item.items() if key not in ("code", "text", "type")} == expected
    again = client.get(editor + "/items/smile")
    assert again.status_code == 200
    typed = fields_of(again.text)
    save(client, engines, editor + "/items/smile", typed)
    assert find_item(document(engines), "smile")[1] == item


def fields_of(page):
    """What a browser would send back when nobody touched the form."""
    form = re.search(r"<form[^>]*data-autosave.*?</form>", page, re.DOTALL).group()
    found = {}

    def put(name, value):
        value = (
            value.replace("&#34;", '"')
            .replace("&amp;", "&")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
        )
        found.setdefault(name, []).append(value)

    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if not name or name.group(1) in ("csrf_token", "edition"):
            continue
        if kind and kind.group(1) in ("checkbox", "radio") and " checked" not in tag:
            continue
        value = re.search(r'value="([^"]*)"', tag)
        put(name.group(1), value.group(1) if value else "")
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        put(name, value)
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', body) or re.search(
            r'<option value="([^"]*)"', body
        )
        put(name, chosen.group(1) if chosen else "")
    return found


def test_a_standard_of_the_library_goes_through_every_form_unharmed(client, engines, quinn):
    client.sign_in(quinn)
    client.post("/standards/library", {"code": "grocery"})
    with read(engines) as session:
        version = session.exec(select(StandardVersion)).one()
    before = canonical(version.document)
    editor = f"/standards/versions/{version.id}/edit"
    paths = ["/"]
    paths += [f"/sections/{code}" for code in section_codes(before)]
    paths += [f"/items/{code}" for code in item_codes(before)[::4]]
    for path in paths:
        typed = fields_of(client.get(editor + path).text)
        assert save(client, engines, editor + path, typed).status_code == 303
    after = document(engines)
    assert check_draft(after) == []
    assert canonical(after) == before


def test_items_are_added_moved_copied_renamed_and_deleted(client, engines, editor):
    answer = save(
        client,
        engines,
        editor + "/new-item",
        {"section": "welcome", "text.uk": "Чи було чисто?", "type": "scale"},
    )
    assert answer.headers["location"] == editor + "/items/chy_bulo_chysto"
    save(client, engines, editor + "/items/chy_bulo_chysto/move", {"to": "up"})
    assert item_codes(document(engines)) == ["greeted", "chy_bulo_chysto", "smile"]
    copied = save(client, engines, editor + "/items/greeted/copy", {})
    assert copied.headers["location"] == editor + "/items/greeted_2"
    renamed = save(client, engines, editor + "/items/greeted_2/rename", {"code": "welcomed"})
    assert renamed.headers["location"] == editor + "/items/welcomed"
    gone = save(client, engines, editor + "/items/chy_bulo_chysto/remove", {})
    assert gone.headers["location"] == editor
    assert item_codes(document(engines)) == ["greeted", "welcomed", "smile"]
    save(client, engines, editor + "/items/smile/place", {"section": "welcome", "index": "0"})
    assert item_codes(document(engines)) == ["smile", "greeted", "welcomed"]
    for _ in range(6):
        save(client, engines, editor + "/undo", {})
    assert item_codes(document(engines)) == ["greeted", "smile"]


def test_sections_are_added_moved_copied_and_take_items_over(client, engines, editor):
    answer = save(client, engines, editor + "/new-section", {"title.en": "At the till"})
    assert answer.headers["location"] == editor + "/sections/at_the_till"
    save(client, engines, editor + "/items/smile/move", {"to": "section:at_the_till"})
    assert [len(one["items"]) for one in document(engines)["sections"]] == [1, 1]
    save(client, engines, editor + "/items/smile/move", {"to": "up"})
    assert [len(one["items"]) for one in document(engines)["sections"]] == [2, 0]
    save(client, engines, editor + "/sections/at_the_till/move", {"to": "up"})
    assert section_codes(document(engines)) == ["at_the_till", "welcome"]
    save(client, engines, editor + "/sections/welcome/copy", {})
    assert item_codes(document(engines)) == ["greeted", "smile", "greeted_2", "smile_2"]
    save(client, engines, editor + "/sections/welcome_2/remove", {})
    save(client, engines, editor + "/sections/welcome/rename", {"code": "hello"})
    save(client, engines, editor + "/sections/hello", {"title.en": "Hello", "weight": "2", "pass_mark": "60"})
    section = document(engines)["sections"][1]
    assert {key: value for key, value in section.items() if key != "items"} == {
        "code": "hello", "title": {"en": "Hello", "ru": "Встреча", "uk": "Зустріч"}, "weight": 2, "pass_mark": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/new-item", {"section": "welcome", "type": "yes_no"}, "at least one language"),
        (
            "/new-item",
            {"section": "welcome", "text.en": "Kept words", "type": "joke"},
            "choose one from the list",
        ),
        ("/new-section", {}, "give the section a title"),
        ("/items/greeted/rename", {"code": "Greeted!"}, "small Latin letters"),
        ("/items/greeted/rename", {"code": "smile"}, "used already"),
        ("/items/greeted/rename", {"code": "na"}, "used already"),
        ("/sections/welcome/rename", {"code": "1"}, "small Latin letters"),
    ],
)
def test_wrong_input_comes_back_with_what_was_typed(client, engines, editor, path, fields, said):
    before = document(engines)
    answer = save(client, engines, editor + path, fields)
    assert answer.status_code == 422
    assert said in answer.text
    if "text.en" in fields:
        assert fields["text.en"] in answer.text
    assert document(engines) == before


def test_a_published_item_keeps_its_code(client, engines, quinn):
    with write(engines) as session:
        version = make_version(session)
    client.sign_in(quinn)
    location = client.post(f"/standards/versions/{version.id}/draft").headers["location"]
    draft = location.split("/")[-2]
    page = client.get(location + "/items/greeted").text
    assert "Change the code" not in page
    answer = client.post(location + "/items/greeted/rename", {"edition": "0", "code": "hello"})
    assert answer.status_code == 422
    assert "keeps it for ever" in answer.text
    assert item_codes(document(engines, draft)) == ["greeted", "smile"]


def test_a_published_section_keeps_its_code(client, engines, quinn):
    with write(engines) as session:
        version = make_version(session)
    client.sign_in(quinn)
    location = client.post(f"/standards/versions/{version.id}/draft").headers["location"]
    code = section_codes(document(engines, location.split("/")[-2]))[0]

    assert "Change the code" not in client.get(f"{location}/sections/{code}").text
    answer = client.post(f"{location}/sections/{code}/rename", {"edition": "0", "code": "hello"})

    assert answer.status_code == 422
    assert "keeps it for ever" in answer.text


def test_two_windows_on_one_item_lose_nothing(client, engines, editor):
    seen = str(edition(engines))
    client.post(editor + "/items/greeted", {**GREETED, "edition": seen, "text.en": "Theirs"})
    other = client.post(editor + "/items/smile", {"edition": seen, "text.en": "A smile?", "type": "yes_no"})
    assert other.status_code == 303

    refused = client.post(editor + "/items/greeted", {**GREETED, "edition": seen, "text.en": "Mine, kept"})
    assert refused.status_code == 409
    assert "Somebody else changed the same part" in refused.text
    assert "Mine, kept" in refused.text
    assert find_item(document(engines), "greeted")[1]["text"]["en"] == "Theirs"

    now = re.search(r'name="edition" value="(\d+)"', refused.text).group(1)
    client.post(editor + "/items/greeted", {**GREETED, "edition": now, "text.en": "Mine, kept"})
    assert find_item(document(engines), "greeted")[1]["text"]["en"] == "Mine, kept"
    late = client.post(editor + "/undo", {"edition": seen})
    assert late.headers["location"] == editor
    assert find_item(document(engines), "greeted")[1]["text"]["en"] == "Mine, kept"


def test_the_script_gets_the_live_parts_only(client, engines, editor):
    answer = save(client, engines, editor + "/items/greeted", {**GREETED, "weight": "-1"}, fragment=True)

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-edition="1"' in answer.text
    for part in ("status", "outline", "problems", "preview"):
        assert f'id="{part}"' in answer.text
    assert "Saved " in answer.text
    assert "must lie between" in re.search(r'data-errors="([^"]*)"', answer.text).group(1)

    refused = client.post(editor + "/items/greeted", {**GREETED, "edition": "0"}, fragment=True)
    assert refused.status_code == 409
    assert 'data-conflict="yes"' in refused.text


@pytest.mark.parametrize("given", [{}, {"edition": ""}, {"edition": "x"}, {"edition": "9" * 12}])
def test_a_save_that_names_no_edition_is_refused(client, engines, editor, given):
    assert client.post(editor + "/items/greeted", {**GREETED, **given}).status_code == 422
    assert edition(engines) == 0


@pytest.mark.parametrize(
    "path",
    ["/", "/sections/welcome", "/items/greeted", "/new-item", "/new-section", "/items/greeted/move",
     "/items/greeted/remove", "/sections/welcome/remove", "/undo", "/redo"],
)  # fmt: skip
def test_a_published_version_is_not_edited_by_any_address(client, engines, quinn, path):
    with write(engines) as session:
        version = make_version(session)
    client.sign_in(quinn)
    fields = {
        "edition": "0",
        "section": "welcome",
        "title.en": "x",
        "text.en": "x",
        "type": "yes_no",
        "to": "up",
    }
    assert client.post(f"/standards/versions/{version.id}/edit{path}", fields).status_code == 409
    assert document(engines) == canonical(make_document())


def test_hostile_words_stay_words(client, engines, editor):
    evil = '"><img src=x onerror=alert(1)>{{7*7}}</textarea>'
    save(
        client,
        engines,
        editor + "/items/greeted",
        {**GREETED, "text.en": evil, "segments": evil, "show_if.yaml": evil},
    )
    for path in (
        editor,
        editor + "/items/greeted",
        editor.removesuffix("edit") + "publish",
        editor.removesuffix("/edit"),
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
    for odd in ("[1, 2]", "{all: 5}", "{any: [5, {not: x}]}", "{is: {a: b}}", "{at_least: [1]}"):
        save(
            client, engines, editor + "/items/smile", {**GREETED, "show_if.yaml": odd, "applies_if.yaml": odd}
        )
        for path in ("", "/items/smile"):
            assert client.get(editor + path).status_code == 200
        assert client.get(editor.removesuffix("/edit")).status_code == 200
    huge = save(client, engines, editor + "/items/greeted", {**GREETED, "text.en": "x" * 30_000})
    assert huge.status_code == 413
    assert (
        save(client, engines, editor + "/items/greeted", {**GREETED, "text.en": "a\x00b"}).status_code == 422
    )


def test_the_settings_take_bands_marks_and_languages(client, engines, editor):
    typed = fields_of(client.get(editor).text)
    typed.update({"bands.2.from": ["90"], "bands.2.name.en": ["Great"], "bands.2.name.ru": ["Отлично"],
                  "bands.2.name.uk": ["Чудово"], "bands.2.tone": ["good"], "bonus_cap": [""], "minutes": ["15"],
                  "channels": ["in_person", "phone"], "pass_mark": ["80"]})  # fmt: skip
    save(client, engines, editor + "/", typed)
    version = read_version(document(engines))
    assert [str(band.start) for band in version.bands] == ["0", "75", "90"]
    assert (version.bonus_cap, version.minutes, str(version.pass_mark)) == (None, 15, "80")
    assert [str(one) for one in version.channels] == ["in_person", "phone"]
    save(client, engines, editor + "/", {**fields_of(client.get(editor).text), "do": "bands.1.up"})
    assert "must rise" in client.get(editor).text or "must begin at 0" in client.get(editor).text
