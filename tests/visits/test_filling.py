"""Drafts: two devices merge item by item, and nothing that was said is lost."""

import pytest
from sqlmodel import select

from audit_app.kit.db import read, write
from audit_app.visits.models import Draft, Visit, VisitState
from audit_app.visits.rules.drafts import Notebook, answers_over, choose, merge
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit

YES, NO, NA = ({"answer": one} for one in ("yes", "no", "na"))


def test_different_items_merge_in_either_order():
    for first, second in (("a", "b"), ("b", "a")):
        after = merge(merge(Notebook(), 0, {first: YES}).notebook, 0, {second: NO})
        assert after.in_conflict == ()
        assert set(after.notebook.answers) == {"a", "b"}


def test_the_same_item_changed_twice_is_kept_twice_until_chosen():
    one = merge(Notebook(), 0, {"a": YES}).notebook
    two = merge(one, 0, {"a": NO})

    assert two.in_conflict == ("a",)
    assert two.notebook.conflicts == {"a": [YES, NO]}
    assert two.notebook.answers == {"a": YES}
    chosen = choose(two.notebook, "a", 1)
    assert (chosen.answers, chosen.conflicts) == ({"a": NO}, {})
    assert merge(two.notebook, two.notebook.base, {"a": NA}).notebook.conflicts == {}


def test_a_repeat_changes_nothing():
    once = merge(Notebook(), 0, {"a": YES}).notebook
    again = merge(once, 0, {"a": YES})
    assert (again.in_conflict, again.notebook.base) == ((), once.base)


def test_a_device_that_missed_its_answer_does_not_quarrel_with_itself():
    once = merge(Notebook(), 0, {"a": YES}, "phone").notebook
    again = merge(once, 0, {"a": NO}, "phone")
    assert (again.in_conflict, again.notebook.answers["a"]["answer"]) == ((), "no")


def test_clearing_takes_an_answer_away():
    once = merge(Notebook(), 0, {"a": YES}, "phone").notebook
    cleared = merge(once, once.base, {"a": None}, "phone").notebook
    assert answers_over({}, cleared) == {}
    assert answers_over({"a": NO}, cleared) == {}


@pytest.fixture
def world(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    return make_client(both_engines).sign_in(mara), f"/api/v1/visits/{visit.id}/draft", both_engines


def one(engines, kind):
    with read(engines) as session:
        return session.exec(select(kind)).one_or_none()


def test_a_save_answers_with_base_progress_and_what_is_shown(world):
    client, url, engines = world

    said = client.put(url, json={"base": 0, "answers": {"greeted": YES, "receipt": NO}}).json()

    assert said["base"] == 1
    assert said["merged"] == ["greeted", "receipt"]
    assert said["conflicts"] == {}
    assert said["shown"] == ["greeted", "smile", "receipt", "note"]
    assert said["asks"] == {"receipt": ["comment", "photo"]}
    assert {k: said["progress"][k] for k in ("answered", "total", "required_left")} == {
        "answered": 2,
        "total": 4,
        "required_left": 1,
    }
    assert one(engines, Visit).state == VisitState.STARTED
    other = client.put(url, json={"base": 0, "answers": {"note": {"answer": "Hello"}}}).json()
    assert set(other["others"]) == {"greeted", "receipt"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"base": 0, "answers": {"greeted": {"answer": "a\\u0000"}}}',
        b'{"base": 0, "answers": {"greeted": {"answer": "\\ud800"}}}',
        b'{"base": 36893488147419103232, "answers": {}}',
        b'{"base": -1, "answers": {}}',
        b'{"base": 0, "answers": []}',
        b'{"base": 0, "answers": {"ghost": {"answer": "yes"}}}',
        b'{"base": 0, "answers": {"greeted": "yes"}}',
        b'{"base": 0, "answers": {"greeted": {"answer": "yes", "evidence": "abc"}}}',
        b'{"base": 0, "base": 1, "answers": {}}',
        b'{"base": NaN, "answers": {}}',
    ],
)
def test_odd_saves_are_refused_and_nothing_is_written(world, body):
    client, url, engines = world

    answer = client.put(url, content=body)

    assert answer.status_code == 422
    assert {"code", "message"} <= set(answer.json())
    assert one(engines, Draft) is None
    assert one(engines, Visit).state == VisitState.ACCEPTED


def test_drafts_of_others_are_nothing(world):
    client, url, engines = world
    with write(engines) as session:
        otto = make_person(session, "Otto", "shopper")
    assert client.sign_in(otto).put(url, json={"base": 0, "answers": {}}).status_code == 404
