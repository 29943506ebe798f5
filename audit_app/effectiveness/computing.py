"""What the limited process of a study does: load the facts, run the pipeline, keep what pages are drawn from."""

import io
import json
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from audit_app.effectiveness.loading import Wanted, facts_hash, facts_of
from audit_app.effectiveness.rules.behind import behind
from audit_app.effectiveness.rules.conclusions import conclude
from audit_app.effectiveness.rules.document import findings_document, pack, plan_of
from audit_app.effectiveness.rules.shares import shares
from audit_app.effectiveness.rules.study import evidence
from audit_app.kit.db import make_engines
from audit_app.kit.i18n import _
from audit_app.kit.limited import Tell

STAGES = {
    "loading": _("Loading visits and outcomes"),
    "answers": _("Sorting the answers"),
    "paths": _("Telling signal from noise, visit by visit"),
    "outcome": _("Comparing each place with itself"),
    "thorough": _("Leaving out groups of places, one after the other"),
    "verdicts": _("Weighing the evidence"),
    "keeping": _("Keeping the result"),
}
"""What the page says while it waits."""
LOADED = 0.15
"""Share of the time that loading takes, roughly."""


def compute(arguments: Mapping[str, Any], tell: Tell) -> bytes:
    """The result of a study, packed: findings, drawings, and the facts themselves."""
    plan = plan_of(arguments["plan"])
    tell(STAGES["loading"], 0.0)
    engines = make_engines(arguments["database_url"])
    try:
        facts = facts_of(
            engines,
            Wanted(
                UUID(arguments["standard_id"]),
                date.fromisoformat(arguments["from_on"]),
                date.fromisoformat(arguments["to_on"]),
            ),
        )
    finally:
        engines.dispose()

    def hear(share: float, stage: str) -> None:
        tell(STAGES.get(stage, STAGES["outcome"]), LOADED + (0.9 - LOADED) * share)

    worked_out = evidence(facts, plan, hear)
    findings = conclude(worked_out)
    tell(STAGES["keeping"], 0.92)
    drawn = behind(facts, plan.outcomes) | {"shares": shares(worked_out)}
    return bundle(
        {
            "findings": findings_document(findings),
            "behind": drawn,
            "inputs_hash": facts_hash(facts),
            "code_version": code_version(),
        },
        pack(facts),
    )


def bundle(document: Mapping[str, Any], facts: bytes) -> bytes:
    """Both parts in one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("result.json", json.dumps(document, allow_nan=False))
        archive.writestr("facts.npz", facts)
    return buffer.getvalue()


def unbundle(packed: bytes) -> tuple[dict[str, Any], bytes]:
    """And apart again."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return json.loads(archive.read("result.json")), archive.read("facts.npz")


def code_version() -> str:
    """Which code this is: the release, and in a checkout the commit."""
    release = version("audit-app")
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return release
    found = subprocess.run(  # noqa: S603
        ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return f"{release}+{found.stdout.strip()}"[:40] if found.returncode == 0 else release
