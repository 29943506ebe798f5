"""Paid or not: what the rule says, and what a person must say to decide otherwise."""

import pytest

from audit_app.visits.rules.void import ExceptionUnsaid, PaymentUnsaid, ReasonMissing, Voiding, is_paid


@pytest.mark.parametrize(
    ("cause", "words", "paid", "comes_to"),
    [
        ("closed", "", "rule", True),
        ("closed", "", "yes", True),
        ("closed", "", "no", ExceptionUnsaid),
        ("closed", "They rang before", "no", False),
        ("spotted", "", "rule", False),
        ("spotted", "", "yes", ExceptionUnsaid),
        ("spotted", "  ", "yes", ExceptionUnsaid),
        ("spotted", "Our mistake", "yes", True),
        ("wrong_place", "", "rule", False),
        ("not_made", "", "no", False),
        ("", "Fire", "rule", PaymentUnsaid),
        ("", "Fire", "yes", True),
        ("", "Fire", "no", False),
        ("", " ", "yes", ReasonMissing),
        ("unknown", "", "rule", ReasonMissing),
        ("unknown", "Fire", "rule", PaymentUnsaid),
    ],
)
def test_paid_by_rule_or_by_a_person_with_words(cause, words, paid, comes_to):
    said = Voiding(cause, words, paid)
    if isinstance(comes_to, bool):
        assert is_paid(said) is comes_to
        return
    with pytest.raises(comes_to):
        is_paid(said)
