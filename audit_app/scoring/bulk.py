"""Scores a whole history at once: the same exact fractions as `score_of`, tens of times faster than a loop.

How: answers are small numbers (`encoding`), rules are tables of whole numbers (`plan`), and numpy adds up what the tables say.
Nothing is a float. Every sum's largest possible value is known before it is made; where it would not fit into 64 bits the visits
concerned go to `score_of` one by one, so a result is never wrong, only slower. That happens in two cases:

* a version whose weights, points and scales have no common denominator of reasonable size (weights such as 1234.567 beside
  ratios in 97ths), and then all its visits go that way;
* `sections` aggregation where the sections' possible points of one visit have a least common multiple beyond 64 bits.

`BulkScores.one_by_one` says how many visits took that way.
"""

from collections.abc import Sequence
from dataclasses import replace

from audit_app.scoring.chunks import Work
from audit_app.scoring.encoding import Columns
from audit_app.scoring.plan import TooWide, plan_of
from audit_app.scoring.results import NO_SCORE, BulkScores, no_scores_yet, put
from audit_app.scoring.rules.score import Score, Why, score_of


def score_many(columns: Columns) -> BulkScores:
    """The scores of all these visits."""
    scores = no_scores_yet(columns)
    try:
        plan = plan_of(columns)
        work = Work(columns, plan, scores)
    except TooWide:
        by_hand: Sequence[int] = range(columns.visits)
    else:
        by_hand = work.run()
    for visit in by_hand:
        attributes = columns.attributes[int(columns.places[visit])]
        _take(scores, visit, score_of(columns.version, columns.answers_of(visit), attributes))
    return replace(scores, one_by_one=len(by_hand))


def _take(scores: BulkScores, visit: int, score: Score) -> None:
    """One visit's score from `score_of`, put into its columns."""
    version = scores.version
    if score.ratio is not None:
        scores.tenths[visit] = score.tenths or 0
    put(scores, None, visit, score.ratio)
    for index, section in enumerate(score.sections):
        put(scores, index, visit, section.ratio)
    scores.passed[visit] = NO_SCORE if score.passed is None else int(score.passed)
    scores.band[visit] = NO_SCORE if score.band is None else version.bands.index(score.band)
    could = sum(
        1
        for item, term in zip(version.items, score.terms, strict=True)
        if item.scored and not item.bonus and term.why not in (Why.HIDDEN, Why.NOT_APPLYING)
    )
    scores.could_count[visit] = could
    scores.na[visit] = 0 if score.na_share is None else int(score.na_share * could)
    missed = {miss.item for miss in score.critical}
    for index, code in enumerate(scores.critical_items):
        scores.critical[index, visit] = code in missed
