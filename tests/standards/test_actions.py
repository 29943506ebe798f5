"""What may happen to a standard, on both engines: begin, edit, take back, publish, retire."""

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from audit_app.kit import clock
from audit_app.kit.audit import WAITING, AuditEntry
from audit_app.kit.db import write
from audit_app.standards import actions, queries
from audit_app.standards.events import StandardPublished, StandardRetired
from audit_app.standards.models import DraftStep, Standard, StandardVersion
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.problems import StandardNotUnderstood
from tests.factories.organisation import make_person
from tests.factories.standards import make_document, make_version

NOW = clock.now()


@pytest.fixture
def quinn(both_engines):
    with write(both_engines) as session:
        return make_person(session, "Quinn", "quality_manager")


def reworded(document, text="Did anybody say hello to you at once?"):
    document["sections"][0]["items"][0]["text"] = {"en": text, "ru": text, "uk": text}
    return document


def test_import_makes_a_draft_and_publishing_freezes_it(both_engines, quinn):
    said = []
    with write(both_engines) as session:
        draft = actions.import_document(session, make_document(), quinn, NOW)
        assert (draft.state, draft.number, draft.created_by) == ("draft", 1, quinn.id)

        actions.publish(session, draft, quinn, NOW, said.append)

    with Session(both_engines.reading) as session:
        version = session.get_one(StandardVersion, draft.id)
        assert version.state == "published"
        assert version.published_at == NOW
        assert version.document == canonical(make_document())
        assert len(version.fingerprint) == 64
        assert [change["class"] for change in version.changes] == ["new", "new"]
        entries = session.exec(select(AuditEntry.action).order_by(AuditEntry.position)).all()
        assert list(entries) == ["standard.imported", "standard.published"]
    assert said == [StandardPublished(draft.id)]


def test_a_document_with_problems_writes_nothing(both_engines, quinn):
    bad = make_document(bands=[{"from": 10, "name": {"en": "x", "ru": "x", "uk": "x"}}], pass_mark=140)

    with Session(both_engines.writing) as session:
        with pytest.raises(StandardNotUnderstood) as refused:
            actions.import_document(session, bad, quinn, NOW)
        assert len(refused.value.problems) == 2
        assert session.exec(select(Standard)).all() == []
        assert WAITING not in session.info


def test_a_published_version_is_never_edited_not_even_by_hand(both_engines, quinn):
    with write(both_engines) as session:
        version = make_version(session)

    with Session(both_engines.writing) as session:
        found = session.get_one(StandardVersion, version.id)
        with pytest.raises(queries.NotADraft):
            actions.change_draft(session, found, reworded, seen=found.edition, what="x", by=quinn, now=NOW)
        with pytest.raises(queries.NotADraft):
            actions.publish(session, found, quinn, NOW, print)
        found.document = {**found.document, "pass_mark": 1}
        session.add(found)
        with pytest.raises(DatabaseError, match="never edited"):
            session.flush()


def test_an_unchanged_draft_is_refused(both_engines, quinn):
    with write(both_engines) as session:
        first = make_version(session)
        draft = actions.new_draft(session, first, quinn, NOW)
        assert draft.number == 2
        with pytest.raises(actions.NothingChanged):
            actions.publish(session, draft, quinn, NOW, print)
        with pytest.raises(actions.DraftIsOpen):
            actions.new_draft(session, first, quinn, NOW)


def test_the_next_version_knows_how_each_item_changed(both_engines, quinn):
    with write(both_engines) as session:
        first = make_version(session)
        draft = actions.new_draft(session, first, quinn, NOW)
        actions.change_draft(session, draft, reworded, seen=0, what="reworded", by=quinn, now=NOW)
        actions.publish(session, draft, quinn, NOW, lambda _event: None)

    with Session(both_engines.reading) as session:
        changes = session.get_one(StandardVersion, draft.id).changes
        assert [(c["item"], c["class"], c["fields"]) for c in changes] == [
            ("greeted", "comparable", ["text"]),
            ("smile", "same", []),
        ]


def test_each_edit_can_be_taken_back_step_by_step(both_engines, quinn):
    with write(both_engines) as session:
        draft = make_version(session, published=False)
        first = draft.document
        for number in range(3):
            changed = actions.change_draft(
                session,
                draft,
                lambda document, n=number: reworded(document, f"Text {n}"),
                seen=number,
                what=f"edit {number}",
                by=quinn,
                now=NOW,
            )
            assert changed
        assert actions.change_draft(session, draft, lambda d: d, seen=3, what="", by=quinn, now=NOW) is False
        assert [step.what for step in queries.steps_of(session, draft.id)] == ["edit 2", "edit 1", "edit 0"]

        assert actions.undo(session, draft, seen=3, by=quinn, now=NOW) == "edit 2"
        assert draft.document["sections"][0]["items"][0]["text"]["en"] == "Text 1"
        actions.change_draft(
            session, draft, lambda d: reworded(d, "New"), seen=4, what="n", by=quinn, now=NOW
        )
        for edition in (5, 6, 7):
            assert actions.undo(session, draft, seen=edition, by=quinn, now=NOW)
        assert draft.document == first
        assert actions.undo(session, draft, seen=8, by=quinn, now=NOW) is None


def test_what_was_taken_back_is_made_again_in_order_until_somebody_edits(both_engines, quinn):
    def said():
        return draft.document["sections"][0]["items"][0]["text"]["en"]

    def step(way):
        what = way(session, draft, seen=draft.edition, by=quinn, now=NOW)
        return what, said()

    with write(both_engines) as session:
        draft = make_version(session, published=False)
        at_first = said()
        for text in ("One", "Two", "Three"):
            actions.change_draft(
                session, draft, lambda d, t=text: reworded(d, t), seen=draft.edition, what=text, by=quinn, now=NOW
            )  # fmt: skip
        assert step(actions.redo) == (None, "Three")
        assert [step(actions.undo) for _ in range(4)] == [
            ("Three", "Two"), ("Two", "One"), ("One", at_first), (None, at_first)
        ]  # fmt: skip
        assert [one.what for one in queries.steps_of(session, draft.id, undone=True)] == [
            "One",
            "Two",
            "Three",
        ]
        assert [step(actions.redo) for _ in range(2)] == [("One", "One"), ("Two", "Two")]
        assert step(actions.undo) == ("Two", "One")
        assert [step(actions.redo) for _ in range(3)] == [("Two", "Two"), ("Three", "Three"), (None, "Three")]
        with pytest.raises(actions.EditConflict):
            actions.redo(session, draft, seen=draft.edition - 1, by=quinn, now=NOW)

        step(actions.undo)
        seen = draft.edition
        actions.change_draft(
            session, draft, lambda d: reworded(d, "Else"), seen=seen, what="Else", by=quinn, now=NOW
        )
        assert queries.steps_of(session, draft.id, undone=True) == []
        assert step(actions.redo) == (None, "Else")
        assert [step(actions.undo)[1] for _ in range(4)] == ["Two", "One", at_first, at_first]


def test_only_the_last_hundred_steps_are_kept(both_engines, quinn):
    with write(both_engines) as session:
        draft = make_version(session, published=False)
        for number in range(actions.MOST_STEPS + 5):
            actions.change_draft(
                session,
                draft,
                lambda document, n=number: reworded(document, f"Text {n}"),
                seen=number,
                what="",
                by=quinn,
                now=NOW,
            )
        assert len(session.exec(select(DraftStep.id)).all()) == actions.MOST_STEPS


def test_two_people_on_one_draft(both_engines, quinn):
    def item(index):
        return lambda document: document["sections"][0]["items"][index]

    def rename(index, text):
        def change(document):
            item(index)(document)["text"]["en"] = text
            return document

        return change

    with write(both_engines) as session:
        draft = make_version(session, published=False)
        edit = {"by": quinn, "now": NOW, "what": ""}
        actions.change_draft(session, draft, rename(0, "Mine"), seen=0, part=item(0), **edit)
        actions.change_draft(session, draft, rename(1, "Theirs"), seen=0, part=item(1), **edit)
        with pytest.raises(actions.EditConflict):
            actions.change_draft(session, draft, rename(0, "Late"), seen=0, part=item(0), **edit)
        with pytest.raises(actions.EditConflict):
            actions.undo(session, draft, seen=1, by=quinn, now=NOW)

        texts = [one["text"]["en"] for one in draft.document["sections"][0]["items"]]
        assert texts == ["Mine", "Theirs"]
        assert draft.edition == 2


def test_importing_again_replaces_the_open_draft_and_can_be_undone(both_engines, quinn):
    with write(both_engines) as session:
        make_version(session)
        draft = actions.import_document(session, reworded(make_document()), quinn, NOW)
        assert (draft.number, draft.edition) == (2, 0)
        again = actions.import_document(session, reworded(make_document(), "Once more"), quinn, NOW)
        assert (again.id, again.edition) == (draft.id, 1)
        actions.undo(session, draft, seen=1, by=quinn, now=NOW)
        assert (
            draft.document["sections"][0]["items"][0]["text"]["en"] == "Did anybody say hello to you at once?"
        )


def test_a_retired_version_stays_and_never_comes_back(both_engines, quinn):
    said = []
    with write(both_engines) as session:
        version = make_version(session)
        actions.retire(session, version, quinn, NOW, said.append)
    assert said == [StandardRetired(version.id)]

    with Session(both_engines.writing) as session:
        found = session.get_one(StandardVersion, version.id)
        with pytest.raises(actions.NothingToRetire):
            actions.retire(session, found, quinn, NOW, print)
        found.state = "draft"
        session.add(found)
        with pytest.raises(DatabaseError, match="never edited"):
            session.flush()


def test_a_discarded_draft_takes_its_empty_standard_along(both_engines, quinn):
    with write(both_engines) as session:
        draft = actions.new_standard(session, "call-centre", {"en": "Call centre"}, quinn, NOW)
        with pytest.raises(actions.CodeTaken):
            actions.new_standard(session, "call-centre", {"en": "Again"}, quinn, NOW)
        actions.discard(session, draft, quinn, NOW)
    with Session(both_engines.reading) as session:
        assert session.exec(select(Standard)).all() == []
