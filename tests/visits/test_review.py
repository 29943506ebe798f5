"""Decisions of reviewers: every state, both engines, twenty at once; and what the hints notice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from audit_app.kit.audit import AuditEntry
from audit_app.kit.db import commit, read, write
from audit_app.kit.errors import AuditError, NotFound
from audit_app.organisation.queries import actor_of_person
from audit_app.standards.rules.answers import read_given
from audit_app.standards.rules.reading import read_version
from audit_app.visits.actions import planning, review
from audit_app.visits.events import VisitApproved, VisitReturned, VisitVoided
from audit_app.visits.models import Evidence, EvidenceState, Review, Visit, VisitState, VisitStep
from audit_app.visits.queries import access
from audit_app.visits.queries import review as queries
from audit_app.visits.rules import review as rules
from audit_app.visits.rules.states import MOVES, NotFromHere
from audit_app.visits.rules.void import Voiding
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import ALL_YES, DOCUMENT, NOON, make_revision, make_version, make_visit

NO_RECEIPT = {**ALL_YES, "receipt": {"answer": "no", "comment": "They forgot it", "evidence": ["a" * 64]}}
VERSION = read_version({**DOCUMENT, "version": 1})


def sent(session, state=VisitState.SUBMITTED, answers=None):
    location = make_location(session)
    visit = make_visit(
        session,
        location,
        make_version(session),
        make_person(session, "Mara", "shopper"),
        state,
        submitted_at=NOON,
    )
    make_revision(session, visit, answers)
    return visit


def reviewer(session, name="Rita"):
    return actor_of_person(session, make_person(session, name, "reviewer").id)


def approve(session, visit, actor, without="", said=None):
    review.approve_visit(
        session, visit, visit.revision_id, without, actor, NOON, (said if said is not None else []).append
    )


def send_back(session, visit, actor, said=None):
    review.return_visit(
        session,
        visit,
        visit.revision_id,
        ["greeted"],
        {"greeted": "Who was it?"},
        "Thank you",
        24,
        actor,
        NOON,
        (said if said is not None else []).append,
    )


ACTS = {
    "approve": (VisitState.APPROVED, approve),
    "return": (VisitState.RETURNED, send_back),
    "void": (VisitState.VOID, lambda s, v, a: planning.void_visit(s, v, Voiding("spotted"), a, NOON, print)),
    "cancel": (VisitState.CANCELLED, lambda s, v, a: planning.cancel_visit(s, v, "Rain", a, NOON)),
}


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("state", list(VisitState))
def test_every_state_and_every_decision(engines, state, act):
    to, do = ACTS[act]
    with Session(engines.writing) as session:
        visit, actor = sent(session, state), reviewer(session)
        allowed = to in MOVES[state] and (act not in ("approve", "return") or state == VisitState.SUBMITTED)
        if allowed:
            do(session, visit, actor)
            assert visit.state == to
            steps = session.exec(select(VisitStep).where(VisitStep.visit_id == visit.id)).all()
            assert [(step.from_state, step.to_state, step.by_id) for step in steps] == [(state, to, actor.id)]
        else:
            with pytest.raises((NotFromHere, rules.AlreadyDecided)):
                do(session, visit, actor)
            assert visit.state == state


def test_approving_leaves_a_review_an_entry_and_an_event(both_engines):
    said = []
    with Session(both_engines.writing) as session:
        visit, actor = sent(session), reviewer(session)
        approve(session, visit, actor, said=said)
        commit(session)
        key = visit.id

    assert said == [VisitApproved(key)]
    with read(both_engines) as session:
        visit = session.get_one(Visit, key)
        assert (visit.state, visit.approved_at) == ("approved", NOON)
        found = session.exec(select(Review)).one()
        assert (found.decision, found.revision_id, found.by_id) == ("approve", visit.revision_id, actor.id)
        assert session.exec(select(AuditEntry.action)).all() == ["visit.approved"]


def test_a_return_opens_only_what_it_names_and_starts_a_clock(both_engines):
    said = []
    with Session(both_engines.writing) as session:
        visit, actor = sent(session), reviewer(session)
        send_back(session, visit, actor, said)
        commit(session)

        assert said == [VisitReturned(visit.id)]
        assert visit.return_due_at == NOON + timedelta(hours=24)
        assert session.exec(select(Review.reasons)).one() == {"greeted": "Who was it?"}


@pytest.mark.parametrize(
    ("items", "texts"),
    [([], {}), (["unknown"], {"unknown": "x"}), (["greeted"], {}), (["greeted"], {"greeted": "  "})],
)
def test_a_return_names_items_and_reasons(session, items, texts):
    visit, actor = sent(session), reviewer(session)
    with pytest.raises(rules.NothingNamed):
        review.return_visit(session, visit, visit.revision_id, items, texts, "", 24, actor, NOON, [].append)
    assert visit.state == "submitted"


def photo(session, visit, state=EvidenceState.UPLOADED, sha="a" * 64, look="ff00ff00ff00ff00"):
    found = Evidence(visit_id=visit.id, item="receipt", sha256=sha, state=state, look=look, file="x.jpg")
    session.add(found)
    session.flush()
    return found


@pytest.mark.parametrize(
    ("state", "enough"),
    [(None, False), ("expected", False), ("refused", False), ("uploaded", True), ("accepted", True)],
)
def test_required_proof_must_be_there_or_its_absence_explained(session, state, enough):
    visit, actor = sent(session, answers=NO_RECEIPT), reviewer(session)
    if state:
        photo(session, visit, EvidenceState(state))
    if not enough:
        with pytest.raises(rules.ProofMissing):
            approve(session, visit, actor, " ")
        assert visit.state == "submitted"
    approve(session, visit, actor, "" if enough else "The till was out of paper")

    assert session.exec(select(Review.note)).one() == ("" if enough else "The till was out of paper")


def test_answers_that_came_meanwhile_are_looked_at_first(session):
    visit, actor = sent(session), reviewer(session)
    seen = visit.revision_id
    make_revision(session, visit, number=2)

    with pytest.raises(rules.NewerAnswers):
        review.approve_visit(session, visit, seen, "", actor, NOON, [].append)


def test_nobody_reviews_their_own_visit(session):
    visit = sent(session)
    mara = actor_of_person(session, make_person(session, "Mo", "reviewer", "shopper").id)
    visit.shopper_id = mara.id
    session.add(visit)
    session.flush()

    with pytest.raises(NotFound):
        access.visit_for_review(session, visit.id, mara)
    assert queries.queue(session, mara).total == 0


def test_photos_are_taken_and_refused_with_a_reason(session):
    visit, actor = sent(session, answers=NO_RECEIPT), reviewer(session)
    one = photo(session, visit)

    with pytest.raises(planning.ReasonMissing):
        review.judge_evidence(session, visit, one.id, EvidenceState.REFUSED, " ", actor, NOON)
    review.judge_evidence(session, visit, one.id, EvidenceState.REFUSED, "Too dark", actor, NOON)
    assert (one.state, one.reason) == ("refused", "Too dark")
    review.judge_evidence(session, visit, one.id, EvidenceState.ACCEPTED, "", actor, NOON)
    assert (one.state, one.reason) == ("accepted", "")

    with pytest.raises(NotFound):
        review.judge_evidence(session, visit, visit.id, EvidenceState.ACCEPTED, "", actor, NOON)


def test_of_twenty_approvals_at_once_one_wins(both_engines):
    with write(both_engines) as session:
        visit = sent(session)
        actors = [reviewer(session, f"Rita {n}") for n in range(20)]
        key, seen = visit.id, visit.revision_id
    gate = threading.Barrier(20)

    def go(actor):
        gate.wait()
        try:
            with write(both_engines) as session:
                found = access.visit_for_review(session, key, actor, for_change=True)
                review.approve_visit(session, found, seen, "", actor, NOON, [].append)
        except AuditError as refused:
            return type(refused)
        return None

    with ThreadPoolExecutor(20) as threads:
        results = list(threads.map(go, actors))

    assert results.count(None) == 1
    assert results.count(rules.AlreadyDecided) == 19
    with read(both_engines) as session:
        assert len(session.exec(select(Review)).all()) == 1
        assert session.exec(select(AuditEntry.action)).all() == ["visit.approved"]


def test_the_queue_goes_round_by_waiting_time(session):
    actor = reviewer(session)
    version, place = make_version(session), make_location(session)
    made = [
        make_visit(
            session, place, version, None, VisitState.SUBMITTED, submitted_at=NOON + timedelta(hours=n)
        )
        for n in (2, 0, 1)
    ]
    order = [made[1].id, made[2].id, made[0].id]

    assert [row.visit.id for row in queries.queue(session, actor).rows] == order
    around = [queries.neighbours(session, actor, made[n]) for n in (1, 2, 0)]
    assert [(one.before, one.after, one.place) for one in around] == [
        (None, order[1], 1),
        (order[0], order[2], 2),
        (order[1], order[0], 3),
    ]


def hints(answers, minutes=30.0, skew=0, here=frozenset(), earlier=()):
    givens, _problems = read_given(VERSION, answers)
    filling = rules.Filling(NOON - timedelta(minutes=minutes), NOON, NOON + timedelta(minutes=skew), NOON)
    lacking = rules.missing_proofs(VERSION, givens, {}, here)
    found = [
        *rules.filling_hints(VERSION, givens, filling),
        *rules.answer_hints(VERSION, givens, len(lacking)),
        *rules.copied_hints(givens, earlier),
    ]
    return [hint.code for hint in found]


LONG = "The lady at the till looked away and said nothing."


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        ({"answers": ALL_YES}, []),
        ({"answers": ALL_YES, "minutes": 3.0}, ["fast"]),
        ({"answers": ALL_YES, "skew": 40}, ["clock"]),
        ({"answers": NO_RECEIPT}, ["missing"]),
        ({"answers": NO_RECEIPT, "here": frozenset({"a" * 64})}, []),
        ({"answers": {c: {**a, "comment": LONG} for c, a in ALL_YES.items()}}, ["repeated"]),
        (
            {
                "answers": {**ALL_YES, "greeted": {"answer": "yes", "comment": LONG}},
                "earlier": [{"greeted": {"comment": LONG.upper() + "!"}}],
            },
            ["copied"],
        ),
        ({"answers": ALL_YES, "earlier": [{"greeted": {"comment": ""}}]}, []),
    ],
)
def test_hints_are_given_for_odd_things_only(known, codes):
    assert hints(**known) == codes


def test_the_same_picture_is_known_again_and_a_far_one_noticed():
    mine = [
        rules.Photo("a", "1", "ff00ff00ff00ff00", 50.45, 30.52),
        rules.Photo("b", "2", "0000000000000000"),
    ]
    seen = [rules.Photo("x", "9", "ff00ff00ff00ff01")]

    found = rules.photo_hints(mine, seen, (50.45, 30.53))
    assert [hint.code for hint in found] == ["reused", "far"]
    assert dict(found[0].values)["count"] == 1
    assert rules.photo_hints(mine, [], (50.45, 30.52)) == []


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_likeness_is_mutual(a, b):
    one, two = f"{a:016x}", f"{b:016x}"
    assert rules.alike(one, two) == rules.alike(two, one) == ((a ^ b).bit_count() <= 8)
    assert rules.alike(one, one)
    assert not rules.alike(one, "")


def test_lines_stand_in_order_with_what_they_lack():
    givens, _problems = read_given(VERSION, {**NO_RECEIPT, "greeted": {"answer": "no"}})
    lines = rules.lines_of(VERSION, givens, {}, frozenset())

    assert [(line.number, line.item.code, line.mark, list(line.lacking)) for line in lines] == [
        (1, "greeted", rules.Mark.MISS, ["comment"]),
        (2, "receipt", rules.Mark.CRITICAL, ["photo"]),
        (3, "note", rules.Mark.OPEN, []),
    ]


def test_a_released_visit_declared_void_says_that_it_was_released(engines):
    said = []
    with Session(engines.writing) as session:
        visit, actor = sent(session, VisitState.RELEASED), reviewer(session)
        planning.void_visit(session, visit, Voiding("closed"), actor, NOON, said.append)

        assert said == [VisitVoided(visit.id, was_released=True)]
        assert visit.void_paid is True
