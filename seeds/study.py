"""One finished study of the main standard, by the real pipeline on the demo's own visits and sales, and first decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import select

from audit_app.effectiveness import actions
from audit_app.effectiveness.computing import compute, unbundle
from audit_app.effectiveness.queries import supply
from audit_app.effectiveness.rules.document import findings_of, plan_document
from audit_app.effectiveness.rules.findings import Decision
from audit_app.effectiveness.rules.plan import Plan
from audit_app.kit.db import Engines, read, write
from audit_app.standards.models import Standard
from seeds.people import person_id
from seeds.standards import MAIN

Tell = Callable[[str], None]
DECIDED_AT_MOST = 2


@dataclass(frozen=True)
class _Somebody:
    """The quality manager of the demo."""

    id: UUID


def seed_study(engines: Engines, now: datetime, tell: Tell) -> None:
    """Ask, compute and keep; two items that pay are accepted, to be looked at again in half a year."""
    with read(engines) as session:
        standard = session.exec(select(Standard).where(Standard.code == MAIN)).one()
        begin, end = supply.usual_period(session, standard.id, now.date())
        there = supply.supply_of(session, standard.id, begin, end)
        outcomes = supply.possible_outcomes(there.measures)
    if there.refusal:
        return
    plan = {**plan_document(Plan(outcomes=outcomes)), "currency": "EUR", "complaint_cost": 40.0}
    packed = compute(
        {
            "database_url": engines.writing.url.render_as_string(hide_password=False),
            "standard_id": str(standard.id),
            "from_on": begin.isoformat(),
            "to_on": end.isoformat(),
            "plan": plan,
        },
        lambda _stage, _share: None,
    )
    document, facts = unbundle(packed)
    who = _Somebody(person_id("quality"))
    with write(engines) as session:
        study = actions.ask(session, standard.id, begin, end, plan, who, now - timedelta(days=2))
        actions.keep(
            session,
            study.id,
            document["findings"],
            document["behind"],
            facts,
            inputs_hash=document["inputs_hash"],
            code_version=document["code_version"],
            now=now - timedelta(days=2),
        )
        paying = [
            one.item
            for one in findings_of(document["findings"]).items
            if one.decision in (Decision.KEEP, Decision.REWORK)
        ]
        for item in paying[:DECIDED_AT_MOST]:
            proposed = next(
                one.decision for one in findings_of(document["findings"]).items if one.item == item
            )
            actions.decide(
                session, study, item, proposed, proposed, reason="", by=who, now=now - timedelta(days=1),
                review_on=(now + timedelta(days=45)).date(),
            )  # fmt: skip
    tell("A study of what pays is in.")
