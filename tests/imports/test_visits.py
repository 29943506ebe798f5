"""Importing standards, visits and answers: scored exactly, whole visits only, twice is once; and out again."""

import time
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from audit_app import flows
from audit_app.imports.actions import visits as writing
from audit_app.imports.actions.bring import Options, Upload, bring_in
from audit_app.imports.queries.exports import EVERYTHING, TABLES, standard_documents
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.report import RowsNotTaken, in_words
from audit_app.kit.db import read, write
from audit_app.kit.errors import AuditError
from audit_app.kit.tables import read_table, write_csv
from audit_app.kit.yaml import write_yaml
from audit_app.organisation.models import Location, Person, Shopper
from audit_app.scoring.models import ResultMonth, VisitScore
from audit_app.settings import Visits as VisitSettings
from audit_app.standards.models import StandardVersion
from audit_app.visits.actions.release import release_due
from audit_app.visits.models import Revision, Visit, VisitState, VisitStep
from tests.factories.organisation import make_employee, make_location, make_person
from tests.factories.visits import make_visit

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
STANDARD = """
code: shop-floor
version: 3
title: {en: Shop floor}
aggregation: pooled
bands: [{from: 0, name: {en: Fail}}, {from: 75, name: {en: Pass}}]
pass_mark: 75
sections:
  - code: welcome
    title: {en: Welcome}
    items:
      - {code: greeted, text: {en: Greeted?}, type: yes_no, weight: 2}
      - {code: clean, text: {en: Clean?}, type: scale, scale: {min: 1, max: 5}, na: true}
      - {code: patio, text: {en: Patio swept?}, type: yes_no, applies_if: {attribute: patio, is: ["yes"]}}
      - {code: words, text: {en: What was said?}, type: text, required: false}
"""
VISITS = """visit,location,date,visited_at,shopper,standard,checklist_version,kind,channel,employee,weather
v1,old-town,2026-03-14,,s-1,shop-floor,3,mystery,in_person,,rain
v2,old-town,,2026-03-15T18:20,,shop-floor,,,,,sun
v3,rival,2026-03-16,,,shop-floor,3,,,,sun
"""
ANSWERS = """visit,item,answer,comment
v1,greeted,yes,
v1,clean,3,so so
v1,words,=1+1,
v2,greeted,no,
v2,clean,na,
"""


@pytest.fixture
def network(both_engines):
    with write(both_engines) as session:
        place = make_location(session, "old-town", attributes={"patio": "no"})
        make_location(session, "rival", own=False)
        mara = make_person(session, "Mara", "shopper")
        session.get_one(Shopper, mara.id).code = "s-1"
        make_employee(session, place).code = "e-1"
    return both_engines


def bring(engines, kind, content, **options):
    with write(engines) as session:
        return bring_in(
            session,
            Kind(kind),
            Upload(f"{kind}.csv", content if isinstance(content, bytes) else content.encode()),
            by=None,
            now=NOW,
            announce=flows.announcer(session),
            options=Options(**options),
        )


def problems(engines, kind, content, **options):
    with pytest.raises(RowsNotTaken) as refused:
        bring(engines, kind, content, **options)
    return [(one.line, in_words(one)) for one in refused.value.report.problems]


def counts(report):
    return report.new, report.changed, report.same, report.bad


def test_from_files_to_scores_and_twice_is_once(network):
    assert counts(bring(network, "standards", STANDARD)) == (1, 0, 0, 0)
    visits = bring(network, "visits", VISITS)
    assert (counts(visits), visits.unknown) == ((3, 0, 0, 0), ("weather",))
    assert counts(bring(network, "answers", ANSWERS)) == (5, 0, 0, 0)

    with read(network) as session:
        found = {one.reference: one for one in session.exec(select(Visit)).all()}
        scores = {one.visit_id: one for one in session.exec(select(VisitScore)).all()}
        revision = session.get_one(Revision, found["v1"].revision_id)
        steps = session.exec(select(VisitStep)).all()
    assert {one.state for one in found.values()} == {"approved"}
    assert {one.source for one in found.values()} == {"import"}
    assert {one.approved_at == one.visited_at for one in found.values()} == {True}
    assert found["v1"].visited_at == datetime(2026, 3, 14, 10, tzinfo=UTC)
    assert found["v2"].visited_at == datetime(2026, 3, 15, 16, 20, tzinfo=UTC)
    assert (found["v2"].kind, found["v3"].kind) == ("mystery", "competitor")
    assert (scores[found["v1"].id].ratio, scores[found["v1"].id].tenths) == ("5/6", 833)
    assert (scores[found["v2"].id].ratio, scores[found["v2"].id].na_share) == ("0", "1/2")
    assert found["v3"].id not in scores
    assert revision.answers["clean"] == {"answer": "3", "comment": "so so"}
    assert len(steps) == 3

    assert counts(bring(network, "standards", STANDARD)) == (0, 0, 1, 0)
    assert counts(bring(network, "visits", VISITS)) == (0, 0, 3, 0)
    assert counts(bring(network, "answers", ANSWERS)) == (0, 0, 5, 0)
    with read(network) as session:
        assert len(session.exec(select(VisitScore)).all()) == 2
        assert len(session.exec(select(StandardVersion)).all()) == 1


def test_what_goes_out_comes_in_again_unchanged(network):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)
    bring(network, "answers", ANSWERS)

    with read(network) as session:
        files = {
            kind: b"".join(write_csv(table.headings, table.rows))
            for kind, make in TABLES.items()
            for table in [make(session, EVERYTHING)]
        }
        (document,) = standard_documents(session)
    for kind in ("locations", "employees", "shoppers", "visits", "answers"):
        report = bring(network, kind, files[kind])
        assert (report.new, report.changed, report.bad) == (0, 0, 0), kind
        assert report.same > 0
    assert counts(bring(network, "standards", write_yaml(document[2]))) == (0, 0, 1, 0)
    assert "'=1+1" in files["answers"].decode()
    table = read_table(files["scores"])
    rows = [dict(zip(table.headings, row.cells, strict=True)) for row in table.rows]
    assert [(one["visit"], one["score"], one["percent"], one["passed"], one["band"]) for one in rows] == [
        ("v1", "5/6", "83.3", "yes", "Pass"),
        ("v2", "0", "0.0", "no", "Fail"),
    ]
    assert "Mara" not in files["scores"].decode()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("v1,nowhere,2026-03-14,,,shop-floor,3,,,", "location: there is no location “nowhere”"),
        ("v1,old-town,2026-03-14,,,other,1,,,", "standard: there is no standard “other”"),
        ("v1,old-town,2026-03-14,,,shop-floor,4,,,", "version: “shop-floor” has no published version 4"),
        (
            "v1,old-town,2026-03-14,,,shop-floor,36893488147419103232,,,",
            "version: “36893488147419103232” is no whole number from 1 to 1000000",
        ),
        (
            "v1,old-town,14/03/26,,,shop-floor,3,,,",
            "date: “14/03/26” is no day and time; write it as 2026-03-14T15:20",
        ),
        ("v1,old-town,,,,shop-floor,3,,,", "date: the day of the visit is missing"),
        (
            "v1,old-town,2026-03-24,,,shop-floor,3,,,",
            "date: this day has not come yet; import planned visits with the state planned",
        ),
        ("v1,old-town,2026-03-14,,s-9,shop-floor,3,,,", "shopper: there is no shopper “s-9”"),
        (
            "v1,old-town,2026-03-14,,,shop-floor,3,secret,,",
            "kind: “secret” is none of mystery, audit, competitor",
        ),
        (
            "v1,old-town,2026-03-14,,,shop-floor,3,competitor,,",
            "kind: “old-town” is our own; a visit there is mystery or audit",
        ),
        (
            "v1,rival,2026-03-14,,,shop-floor,3,mystery,,",
            "kind: “rival” is a competitor's; a visit there is of the kind competitor",
        ),
        ("v1,rival,2026-03-14,,,shop-floor,3,,,e-1", "employee: the staff of competitors is never recorded"),
        ("v1,old-town,2026-03-14,,,shop-floor,3,,,e-9", "employee: there is no employee “e-9”"),
        (",old-town,2026-03-14,,,shop-floor,3,,,", "visit: this cell must not be empty"),
    ],
)
def test_a_bad_visit_names_its_place(network, row, said):
    bring(network, "standards", STANDARD)
    content = f"visit,location,date,visited_at,shopper,standard,version,kind,channel,employee\n{row}\n"

    assert problems(network, "visits", content) == [(2, said)]


def test_a_known_visit_that_differs_is_refused(network):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)

    assert problems(network, "visits", VISITS.replace("2026-03-14", "2026-03-13")) == [
        (2, "visit: the visit “v1” is here already and differs from this row")
    ]


def test_a_draft_is_no_ground_for_a_visit(network):
    bring(network, "standards", STANDARD, state="draft")

    assert problems(network, "visits", VISITS)[0] == (
        2,
        "standard: the standard “shop-floor” has no published version yet",
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("v9,greeted,yes,", "visit: there is no visit “v9”; import the visits first"),
        ("v1,shiny,yes,", "item: there is no item “shiny” in this version of the standard"),
        ("v1,greeted,maybe,", "answer: “maybe” is no answer to “greeted”; its answers are yes, no"),
        ("v1,greeted,na,", "answer: “greeted” may not be answered as not applicable"),
        (
            "v1,clean,36893488147419103232,",
            "answer: “clean” is answered by a whole number, not “36893488147419103232”",
        ),
        ("v1,clean,NaN,", "answer: “clean” is answered by a whole number, not “NaN”"),
        ("v1,clean,6,", "answer: “clean”: 6 lies outside of what can be answered (1 to 5)"),
    ],
)
def test_a_bad_answer_names_its_place(network, row, said):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)

    found = problems(network, "answers", f"visit,item,answer,comment\n{row}\n")
    assert found == [(2, said)]


def test_a_visit_with_one_bad_answer_stays_out_whole(network):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)
    content = ANSWERS + "v1,patio,perhaps,\nv1,greeted,no,\n"
    report = bring(network, "answers", content, skip_bad=True)

    assert counts(report) == (2, 0, 0, 5)
    assert [(one.line, in_words(one)) for one in report.problems] == [
        (2, "visit: another row of this visit cannot be taken (line 7)"),
        (3, "visit: another row of this visit cannot be taken (line 7)"),
        (4, "visit: another row of this visit cannot be taken (line 7)"),
        (7, "answer: “perhaps” is no answer to “patio”; its answers are yes, no"),
        (8, "item: “greeted” of this visit was answered in line 2 already"),
    ]
    with read(network) as session:
        (score,) = session.exec(select(VisitScore)).all()
        assert session.get_one(Visit, score.visit_id).reference == "v2"


def test_other_answers_for_an_answered_visit_are_refused(network):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)
    bring(network, "answers", ANSWERS)

    assert problems(network, "answers", "visit,item,answer\nv2,greeted,yes\n") == [
        (2, "visit: this visit has answers already, and they differ from this file")
    ]


def test_released_visits_join_the_sums_of_their_month(network):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS, state="released")
    bring(network, "answers", ANSWERS)

    with read(network) as session:
        (month,) = session.exec(select(ResultMonth)).all()
        assert (month.n, month.total) == (2, 833)


def test_planned_visits_may_lie_ahead_and_take_no_answers(network):
    bring(network, "standards", STANDARD)
    ahead = VISITS.replace("2026-03-14", "2027-01-05")
    assert bring(network, "visits", ahead, state="planned").new == 3

    assert problems(network, "answers", "visit,item,answer\nv1,greeted,yes\n") == [
        (2, "visit: the visit “v1” has not been made yet")
    ]
    with pytest.raises(AuditError, match="is no state for"):
        bring(network, "visits", VISITS, state="lost")
    with pytest.raises(AuditError, match="is no state for"):
        bring(network, "locations", "code,name\n", state="planned")


@pytest.mark.parametrize("broken", [Revision, Visit, VisitScore])
def test_a_failure_half_way_leaves_no_answer(network, monkeypatch, broken):
    bring(network, "standards", STANDARD)
    bring(network, "visits", VISITS)

    def fail_at(real):
        def act(session, model, *rest):
            if model is broken:
                raise RuntimeError("power cut")
            real(session, model, *rest)

        return act

    monkeypatch.setattr(writing, "insert", fail_at(writing.insert))
    monkeypatch.setattr(writing, "update", fail_at(writing.update))
    with pytest.raises(RuntimeError):
        bring(network, "answers", ANSWERS)

    with read(network) as session:
        assert session.exec(select(Revision)).all() == []
        assert session.exec(select(VisitScore)).all() == []
        assert {one.revision_id for one in session.exec(select(Visit)).all()} == {None}


def test_a_standard_with_faults_names_lines(network):
    content = STANDARD.replace("type: yes_no, weight: 2", "type: yes_no, weight: -2").replace(
        "pass_mark: 75", "pass_mark: 750"
    )

    found = problems(network, "standards", content)
    assert [line for line, _said in found] == [7, 12]


def test_an_open_draft_is_never_published_by_a_file(network):
    bring(network, "standards", STANDARD, state="draft")
    with pytest.raises(AuditError, match="open draft"):
        bring(network, "standards", STANDARD)

    assert counts(bring(network, "standards", STANDARD.replace("Shop floor", "Shop"), state="draft")) == (
        0,
        1,
        0,
        0,
    )


def test_twenty_thousand_answers_take_seconds(network):
    bring(network, "standards", STANDARD)
    head, *_rest = VISITS.splitlines()
    visits = [head] + [f"m{n},old-town,2026-03-14,,s-1,shop-floor,3,,,," for n in range(6000)]
    answers = ["visit,item,answer,comment"]
    for n in range(6000):
        answers += [f"m{n},greeted,yes,", f"m{n},clean,{n % 5 + 1},", f"m{n},words,fine,"]

    began = time.process_time()
    assert bring(network, "visits", "\n".join(visits)).new == 6000
    assert bring(network, "answers", "\n".join(answers)).new == 18_000
    assert (
        time.process_time() - began < 60
    )  # about five; the clock on the wall says more about the neighbours


def test_a_row_may_name_the_state_it_arrives_in(network):
    bring(network, "standards", STANDARD)
    rows = (
        "visit,location,date,shopper,standard,state\n"
        "a,old-town,2026-03-14,s-1,shop-floor,released\n"
        "b,old-town,2026-03-14,s-1,shop-floor,\n"
        "c,old-town,2099-03-14,s-1,shop-floor,planned\n"
        "d,old-town,2026-03-14,s-1,shop-floor,returned\n"
        "e,old-town,2026-03-14,,shop-floor,accepted\n"
        "f,old-town,2026-03-14,s-1,shop-floor,Cancelled\n"
    )
    bring(network, "visits", rows)

    with read(network) as session:
        found = {one.reference: one.state for one in session.exec(select(Visit)).all()}
    assert found == {
        "a": "released",
        "b": "approved",
        "c": "planned",
        "d": "submitted",
        "e": "planned",
        "f": "cancelled",
    }
    assert counts(bring(network, "visits", rows)) == (0, 0, 6, 0)


def test_history_keeps_its_own_dates_and_is_released_when_its_delay_is_over(network):
    bring(network, "standards", STANDARD)
    rows = (
        "visit,location,date,shopper,standard,state,approved_at,released_at\n"
        "a,old-town,2026-01-05,s-1,shop-floor,released,2026-01-07T10:00,2026-01-09T12:30\n"
        "b,old-town,2026-01-06,s-1,shop-floor,released,,\n"
        "c,old-town,2026-01-07,s-1,shop-floor,,2026-01-08T10:00,\n"
        "d,old-town,2026-03-20,s-1,shop-floor,,,\n"
        "e,old-town,2026-01-09,s-1,shop-floor,,,\n"
    )
    bring(network, "visits", rows)
    answers = "visit,item,answer\n" + "".join(f"{one},greeted,yes\n" for one in "abcd")
    bring(network, "answers", answers)

    def at(*when):
        return datetime(2026, *when, tzinfo=UTC)

    with read(network) as session:
        found = {
            one.reference: (one.approved_at, one.released_at) for one in session.exec(select(Visit)).all()
        }
        made = {one.reference: one.visited_at for one in session.exec(select(Visit)).all()}
    assert found["a"] == (at(1, 7, 8), at(1, 9, 10, 30))
    assert found["b"] == (made["b"], made["b"])
    assert found["c"] == (at(1, 8, 8), None)
    assert found["d"] == (NOW, None)  # noon at the place is still to come
    with write(network) as session:
        settings = VisitSettings(release_delay_hours=48, release_minimum=1, return_hours=24)
        release_due(session, NOW, settings, flows.announcer(session))
    with read(network) as session:
        states = {one.reference: one.state for one in session.exec(select(Visit)).all()}
    # d waits for its delay, e for its answers
    assert states == {"a": "released", "b": "released", "c": "released", "d": "approved", "e": "approved"}


@pytest.mark.parametrize(
    ("approved", "released", "said"),
    [
        ("2026-03-21T10:00", "", "approved_at: this moment has not come yet"),
        ("2026-03-15T10:00", "2026-03-14T10:00", "released_at: a result is released after it is approved"),
        ("yesterday", "", "approved_at: “yesterday” is no day and time; write it as 2026-03-14T15:20"),
    ],
)
def test_dates_of_a_decision_are_checked(network, approved, released, said):
    bring(network, "standards", STANDARD)
    row = f"v1,old-town,2026-03-14,shop-floor,{approved},{released}"

    assert problems(network, "visits", "visit,location,date,standard,approved_at,released_at\n" + row) == [
        (2, said)
    ]


def test_ones_own_export_differs_in_nothing(network):
    """Also visits of an auditor, who stands in no file of shoppers, and visits in every state."""
    bring(network, "standards", STANDARD)
    with write(network) as session:
        version = session.exec(select(StandardVersion)).one()
        place = session.exec(select(Location).where(Location.code == "old-town")).one()
        mara = session.exec(select(Person).where(Person.name == "Mara")).one()
        anna = make_person(session, "Anna", "auditor")
        for state in VisitState:
            for who in (mara, anna):
                visit = make_visit(session, place, version, who, state)
                if state not in ("planned", "offered", "accepted"):
                    visit.visited_at = datetime(2026, 3, 1, 23, 30, 5, 250_000, tzinfo=UTC)
        session.flush()
        table = TABLES[Kind.VISITS](session, EVERYTHING)
        exported = b"".join(write_csv(table.headings, table.rows))

    assert counts(bring(network, "visits", exported)) == (0, 0, 24, 0)
    moved = exported.decode().replace("2026-03-02T01:30", "2026-03-02T01:31")
    assert len(problems(network, "visits", moved)) > 0


def test_a_standard_says_which_pictures_are_named_only(network):
    named = STANDARD.replace("{code: greeted,", "{code: greeted, picture: hello.jpg,")

    assert bring(network, "standards", named).notes == (
        "The picture hello.jpg is named only; upload it beside its item in the editor.",
    )
