"""Measures made from others: what a survey's counts come to."""

from collections.abc import Mapping

from audit_app.effectiveness.rules.facts import Floats
from audit_app.effectiveness.rules.plan import Model, Outcome

NPS = Outcome("nps", "nps_points", "survey_answers", 1, Model.MEAN, 5.0)
"""Net promoter score in points: 100 × (promoters - detractors) / answers; the smallest effect is 5 points."""


def with_surveys(measures: Mapping[str, Floats]) -> dict[str, Floats]:
    """The measures, and where promoters, passives and detractors are counted, points and answers beside them."""
    out = dict(measures)
    if {"promoters", "passives", "detractors"} <= out.keys():
        promoters, passives, detractors = out["promoters"], out["passives"], out["detractors"]
        out.setdefault("nps_points", 100 * (promoters - detractors))
        out.setdefault("survey_answers", promoters + passives + detractors)
    return out
