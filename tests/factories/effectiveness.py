"""A finished study of the small standard, with findings that show each decision."""

from datetime import date
from typing import Any

import numpy as np
from sqlmodel import Session

from audit_app.effectiveness import actions
from audit_app.effectiveness.models import Study
from audit_app.effectiveness.rules.behind import behind
from audit_app.effectiveness.rules.document import findings_document, pack, plan_document
from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import (
    Decision,
    Doubt,
    Estimate,
    Findings,
    ItemFinding,
    Reason,
    Verdict,
)
from audit_app.effectiveness.rules.plan import CONVERSION, Plan
from audit_app.organisation.models import Person
from audit_app.standards.models import StandardVersion
from tests.factories.visits import NOON

PLAN = Plan(outcomes=(CONVERSION,))
SHARES = {
    "conversion": {
        "r2": 0.12,
        "method": "lmg",
        "items": {"greeted": [0.9, 0.7, 0.98], "smile": [0.1, 0.02, 0.3]},
    }
}


def make_facts(items: tuple[str, ...] = ("greeted", "smile", "receipt")) -> Facts:
    """Six places, ten weeks, sixty visits."""
    draw = np.random.default_rng(3)
    visits = 60
    return Facts(
        locations=tuple(f"place-{n}" for n in range(6)),
        regions=("west",) * 6,
        formats=("",) * 6,
        items=items,
        first_day=date(2026, 1, 5),
        weeks=10,
        visits=tuple(f"00000000-0000-4000-8000-{n:012d}" for n in range(visits)),
        location=np.repeat(np.arange(6, dtype=np.int32), 10),
        day=np.tile(np.arange(0, 70, 7, dtype=np.int32), 6),
        shopper=np.zeros(visits, dtype=np.int32),
        version=np.ones(visits, dtype=np.int32),
        ratio=draw.choice([0.0, 1.0], (visits, len(items))).astype(np.float32),
        on_list=np.ones((visits, len(items)), dtype=bool),
        measures={
            "visitors": np.full((6, 10), 1000.0),
            "transactions": draw.integers(200, 300, (6, 10)).astype(float),
            "revenue": np.full((6, 10), 7000.0),
        },
        days_covered=np.full((6, 10), 7, dtype=np.int32),
    )


def make_findings() -> Findings:
    """`greeted` pays, `smile` does nothing that matters, `receipt` is never missed."""

    def estimate(item: str, verdict: Verdict, value: float | None, low: Any, high: Any, q: Any) -> Estimate:
        return Estimate(
            item, "conversion", value, 0.01, low, high, q, q, 0.03, value, None, verdict, Reason("")
        )

    def item(code: str, decision: Decision, mean: float) -> ItemFinding:
        return ItemFinding(code, decision, Reason("Because."), 60, mean, 0.4, 0.02, 0.1, 0.17)

    return Findings(
        (
            estimate("greeted", Verdict.PAYS, 0.05, 0.03, 0.07, 0.001),
            estimate("smile", Verdict.NO_EVIDENCE, 0.001, -0.01, 0.012, 0.9),
            estimate("receipt", Verdict.NO_VARIATION, None, None, None, None),
        ),
        (
            item("greeted", Decision.KEEP, 0.6),
            item("smile", Decision.DROP, 0.7),
            item("receipt", Decision.HYGIENE, 1.0),
        ),
        {"n_locations": 6, "n_weeks": 10, "n_visits": 60, "half_life": 8, "shopper_sd": 0.02},
        (Doubt("few_locations", False, Reason("Few places."), Reason("Add places.")),),
    )


def make_study(session: Session, version: StandardVersion, by: Person) -> Study:
    """Asked, computed and kept."""
    plan = {**plan_document(PLAN), "currency": "EUR", "complaint_cost": None}
    study = actions.ask(session, version.standard_id, date(2026, 1, 5), date(2026, 3, 15), plan, by, NOON)
    facts = make_facts()
    kept = actions.keep(
        session,
        study.id,
        findings_document(make_findings()),
        behind(facts, PLAN.outcomes) | {"shares": SHARES},
        pack(facts),
        inputs_hash="1" * 64,
        code_version="test",
        now=NOON,
    )
    assert kept
    session.flush()
    return study
