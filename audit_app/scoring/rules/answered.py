"""From a revision's answers document to its score. Pure."""

from collections.abc import Mapping
from typing import Any

from audit_app.scoring.rules.score import Score, score_of
from audit_app.standards.rules.answers import answers_in, read_given
from audit_app.standards.rules.definition import Version


def score_answers(version: Version, answers: Mapping[str, Any], attributes: Mapping[str, str]) -> Score:
    """The score of an answers document (`{item: {"answer": …}}`) under a version; what cannot be read is unanswered."""
    givens, _problems = read_given(version, answers)
    return score_of(version, answers_in(givens), attributes)
