"""What to mend first: exact losses, the critical of late before the costly."""

from fractions import Fraction

from audit_app.scoring.rules.answered import score_answers
from audit_app.scoring.rules.mending import losses_of, tallies
from audit_app.standards.rules.reading import read_version
from tests.factories.visits import ALL_YES, DOCUMENT

VERSION = read_version(DOCUMENT)
NO = {"answer": "no", "comment": "Nobody looked up"}


def seen(*visits):
    return tallies(
        (
            VERSION,
            score_answers(VERSION, answers, {}),
            {code: entry.get("comment", "") for code, entry in answers.items()},
        )
        for answers in visits
    )


def test_a_loss_is_what_the_score_would_gain():
    """Welcome weighs 2 of 3; a smile of 3 on 1..5 is one half of weight 1 among 5."""
    score = score_answers(VERSION, {**ALL_YES, "smile": {"answer": "3"}}, {})

    assert losses_of(VERSION, score) == {
        "greeted": 0,
        "smile": Fraction(2, 3) * Fraction(1, 5) / 2,
        "receipt": 0,
    }
    assert 1 - score.ratio == sum(losses_of(VERSION, score).values())


def test_the_costliest_leads_and_counts_its_visits():
    found = seen({**ALL_YES, "greeted": NO}, {**ALL_YES, "smile": {"answer": "3"}}, ALL_YES)

    assert [(one.item.code, one.full, one.counted) for one in found] == [("greeted", 2, 3), ("smile", 1, 2)]
    assert found[0].remarks == ["Nobody looked up"]


def test_a_critical_miss_of_late_leads_and_an_old_one_takes_its_place_by_cost():
    cheap_but_critical = {**ALL_YES, "receipt": NO}
    costly = {**ALL_YES, "greeted": NO}

    assert seen(cheap_but_critical, costly, costly, costly, costly)[0].item.code == "receipt"
    assert seen(costly, costly, costly, costly, cheap_but_critical)[0].item.code == "greeted"


def test_a_capped_total_is_charged_to_the_miss_that_capped_it():
    """Welcome full, till 0 of weight 1: 66.7 % without the cap of 50; the receipt costs a third and a sixth more."""
    assert seen({**ALL_YES, "receipt": NO})[0].cost == float(Fraction(1, 3) + Fraction(1, 6))


def test_nothing_missed_is_nothing_to_mend():
    assert seen(ALL_YES, ALL_YES) == []
