"""Shares of the total, for showing: how much of the whole each section and item carried in one visit. Pure."""

from collections.abc import Mapping
from fractions import Fraction

from audit_app.scoring.rules.score import Score


def shares_of(score: Score) -> Mapping[str, Fraction]:
    """Section code → its weight's share of the total in this visit; sections without anything counted have none."""
    weights = {section.code: section.weight for section in score.sections if section.ratio is not None}
    whole = sum(weights.values(), Fraction())
    return {code: weight / whole for code, weight in weights.items()} if whole else {}
