"""The stored scores of many visits at once, by the bulk scorer; to the last digit what scoring them one by one gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audit_app.scoring.bulk import score_many
from audit_app.scoring.encoding import encode
from audit_app.scoring.results import BulkScores
from audit_app.scoring.rules.percent import fraction, tenths
from audit_app.scoring.rules.score import RULE_VERSION
from audit_app.standards.rules.definition import Version
from seeds.chance import new_id, stream
from seeds.places import Place
from seeds.plan import Plan, Sending

_SAFE = 1 << 50
"""Numerators up to here can be multiplied by 2,000 within 64 bits."""


@dataclass(frozen=True)
class ToScore:
    """One sending and its answers by item."""

    plan: Plan
    sending: Sending
    answers: Mapping[str, str]
    current: bool


def score_rows(
    version: Version, waiting: Sequence[ToScore], all_places: Sequence[Place]
) -> list[dict[str, Any]]:
    """Rows of `visit_score`, in the order given."""
    if not waiting:
        return []
    columns = encode(
        version,
        (one.answers for one in waiting),
        [one.plan.place for one in waiting],
        [place.attributes for place in all_places],
    )
    scores = score_many(columns)
    sections = _section_tenths(scores)
    codes = [section.code for section in version.sections]
    rows = []
    for number, one in enumerate(waiting):
        ratio, share = scores.ratio(number), scores.na_share(number)
        band = int(scores.band[number])
        rows.append(
            {
                "id": new_id(stream("score", str(one.sending.id))),
                "visit_id": one.plan.id,
                "revision_id": one.sending.id,
                "version_id": one.plan.published.id,
                "rule_version": RULE_VERSION,
                "attributes": all_places[one.plan.place].attributes,
                "current": one.current,
                "computed_at": one.sending.received_at,
                "ratio": None if ratio is None else fraction(ratio),
                "tenths": None if ratio is None else int(scores.tenths[number]),
                "passed": scores.passed_of(number),
                "band": None if band < 0 else band,
                "critical": list(scores.critical_of(number)),
                "na_share": "0" if share is None else fraction(share),
                "sections": [
                    {"code": code, "tenths": worth}
                    for code, worth in zip(codes, sections[number], strict=True)
                ],
            }
        )
    return rows


def _section_tenths(scores: BulkScores) -> list[list[int | None]]:
    """Visit by visit, the tenths of a percent of each section; None where nothing counted."""
    above, below = scores.section_numerators, scores.section_denominators
    if scores.beyond or (above.size and int(above.max()) > _SAFE):
        exact = [
            [scores.section_ratio(section, visit) for section in range(len(above))]
            for visit in range(len(scores))
        ]
        return [[None if ratio is None else tenths(ratio) for ratio in row] for row in exact]
    counted = below > 0
    worth = (2000 * above + below) // np.where(counted, 2 * below, 1)
    return [
        [value if there else None for value, there in zip(values, flags, strict=True)]
        for values, flags in zip(worth.T.tolist(), counted.T.tolist(), strict=True)
    ]
