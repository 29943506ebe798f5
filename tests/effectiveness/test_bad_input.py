"""Data from which nothing can be said: a sentence, or honest verdicts; never a traceback, a NaN or a made-up verdict."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from audit_app.effectiveness import actions
from audit_app.effectiveness.reading import read as tell
from audit_app.effectiveness.rules.behind import behind
from audit_app.effectiveness.rules.conclusions import conclude
from audit_app.effectiveness.rules.document import findings_document, findings_of, plan_document
from audit_app.effectiveness.rules.findings import Verdict
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.effectiveness.rules.plan import COMPLAINTS, CONVERSION, TICKET, Plan
from audit_app.effectiveness.rules.shares import shares
from audit_app.effectiveness.rules.study import CannotStudy, evidence
from audit_app.kit import clock
from audit_app.kit.db import write
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import use_language
from tests.factories.effectiveness import PLAN
from tests.factories.organisation import make_person
from tests.factories.visits import make_version
from tests.factories.worlds import make_world

ALL = Plan(outcomes=(CONVERSION, TICKET, COMPLAINTS))
WORLD = make_world(locations=14, weeks=24, visits=8, effects=(0.5, 0.0, -0.5))
SILENT = {Verdict.NOT_ENOUGH, Verdict.NO_VARIATION}


def answers(change):
    """The same world with other answers."""
    ratio = WORLD.ratio.copy()
    change(ratio)
    return replace(WORLD, ratio=ratio)


def numbers(**change):
    """The same world with other numbers of customers."""
    return replace(
        WORLD, measures={**WORLD.measures, **{name: make(WORLD.measures) for name, make in change.items()}}
    )


def put(column, value):
    def change(ratio):
        ratio[:, column] = value

    return change


def summed(ratio):
    """The third item is what the first two say together."""
    ratio[:, 2] = (ratio[:, 0] + ratio[:, 1]) / 2


def nought(measures):
    return np.zeros_like(measures["visitors"])


def unknown(measures):
    return np.full_like(measures["visitors"], np.nan)


ODD = {
    "two locations": make_world(locations=2, weeks=24, visits=8, effects=(0.5, 0.0)),
    "one week": make_world(locations=14, weeks=1, visits=2, effects=(0.5, 0.0)),
    "one item": make_world(locations=14, weeks=24, visits=8, effects=(0.5,)),
    "one item, always done": replace(one := make_world(locations=14, weeks=24, visits=8, effects=(0.5,)), ratio=np.ones_like(one.ratio)),
    "all the same answers": answers(lambda ratio: ratio.fill(1)),
    "all missed": answers(lambda ratio: ratio.fill(0)),
    "an item never answered": answers(put(1, np.nan)),
    "nothing answered": answers(lambda ratio: ratio.fill(np.nan)),
    "an item answered twice": answers(lambda ratio: ratio[2:, 1].fill(np.nan)),
    "twins": answers(lambda ratio: put(2, ratio[:, 0])(ratio)),
    "an item that is its opposite's opposite": answers(lambda ratio: put(2, 1 - ratio[:, 0])(ratio)),
    "an item that is the mean of two": answers(summed),
    "outcomes of noughts": numbers(visitors=nought, transactions=nought, revenue=nought, complaints=nought),
    "nobody buys": numbers(transactions=nought, revenue=nought, complaints=nought),
    "nobody complains": numbers(complaints=nought),
    "no visitors known": numbers(visitors=unknown),
    "no number known": numbers(visitors=unknown, transactions=unknown, revenue=unknown, complaints=unknown),
    "every week the same": numbers(
        visitors=lambda m: np.full_like(m["visitors"], 100.0), transactions=lambda m: np.full_like(m["visitors"], 20.0),
        revenue=lambda m: np.full_like(m["visitors"], 400.0), complaints=lambda m: np.full_like(m["visitors"], 1.0),
    ),
    "more sales than visitors": numbers(transactions=lambda m: m["visitors"] * 3),
    "one giant": numbers(revenue=lambda m: np.where(np.arange(len(m["revenue"]))[:, None] == 3, 1e12, m["revenue"])),
}  # fmt: skip
KNOWN_NOTHING = {"all the same answers", "all missed", "nothing answered", "one item, always done"}


def finite(value):
    """No NaN and no infinity anywhere."""
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize("name", ODD)
def test_what_cannot_be_known_is_not_claimed(name):
    facts = ODD[name]
    try:
        worked_out = evidence(facts, ALL)
        found = conclude(worked_out)
        drawn = behind(facts, ALL.outcomes) | {"shares": shares(worked_out)}
    except (CannotStudy, CannotEstimate) as refused:
        said = str(refused)
        assert said.endswith("."), said
        assert "nan" not in said.lower()
        assert "%(" not in said
        return
    finite(findings_document(found))
    finite(drawn)
    assert findings_of(findings_document(found)) == found
    verdicts = {(one.item, one.outcome): one.verdict for one in found.estimates}
    if name in KNOWN_NOTHING:
        assert set(verdicts.values()) <= SILENT
    if name == "an item never answered":
        assert {verdict for (item, _o), verdict in verdicts.items() if item == facts.items[1]} <= SILENT
    for one in found.estimates:
        if one.verdict in (Verdict.PAYS, Verdict.HARMFUL, Verdict.NO_EVIDENCE):
            assert None not in (one.estimate, one.se, one.ci_low, one.ci_high, one.p, one.q)
        assert one.reason.text
    for language in ("en", "ru", "uk"):
        use_language(language)
        story = tell(ALL, {"currency": "EUR", "complaint_cost": 50.0}, found, drawn, {}, {})
        for line in story.lines:
            words = f"{line.sentence} {line.reason}".lower()
            assert "nan" not in words.split()
            assert "%(" not in words
    use_language("en")


def test_twins_get_no_verdict_of_their_own():
    found = conclude(evidence(ODD["twins"], ALL))
    twins = {ODD["twins"].items[0], ODD["twins"].items[2]}

    assert all(one.verdict in SILENT for one in found.estimates if one.item in twins)


@pytest.mark.parametrize("name", ["two locations", "one week", "outcomes of noughts"])
def test_the_page_of_a_study_that_failed_says_why_in_each_language(client, engines, name):
    with pytest.raises(AuditError) as refused:
        evidence(ODD[name], ALL)
    with write(engines) as session:
        quinn, version = make_person(session, "Quinn", "quality_manager"), make_version(session)
        study = actions.ask(session, version.standard_id, date(2026, 1, 5), date(2026, 3, 15), plan_document(PLAN), quinn, clock.now())  # fmt: skip
        actions.fail(session, study.id, refused.value, clock.now())
    client.sign_in(quinn)
    said = set()
    for language in ("en", "ru", "uk"):
        client.post("/language", {"language": language, "next": "/"})
        answer = client.get(f"/effectiveness/studies/{study.id}")
        assert answer.status_code == 200
        assert "%(" not in answer.text
        said.add(answer.text.split('class="note bad"')[1].split("</p>")[0])
    assert len(said) == 3
