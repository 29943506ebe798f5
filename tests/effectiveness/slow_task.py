"""Stands in for the computation of a study: as slow as its plan says, with findings that are ready-made."""

import time

from audit_app.effectiveness.computing import bundle
from audit_app.effectiveness.rules.behind import behind
from audit_app.effectiveness.rules.document import findings_document, pack
from tests.factories.effectiveness import PLAN, make_facts, make_findings


def compute(arguments, tell):
    """The ready-made result, after the seconds that the plan names."""
    tell("Weighing the evidence", 0.5)
    time.sleep(float(arguments["plan"].get("seconds", 0)))
    facts = make_facts()
    document = {
        "findings": findings_document(make_findings()),
        "behind": behind(facts, PLAN.outcomes),
        "inputs_hash": "1" * 64,
        "code_version": "test",
    }
    return bundle(document, pack(facts))
