"""Findings as files: one row per item and outcome in CSV, and everything in JSON. An empty cell: not computed."""

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from audit_app.effectiveness.rules.findings import Estimate, Findings, Reason
from audit_app.effectiveness.rules.plan import Plan
from audit_app.kit.i18n import gettext

COLUMNS = (
    "item", "outcome", "estimate", "se", "ci_low", "ci_high", "p", "q", "mde80", "shrunk", "visits_needed", "verdict", "reason",
)  # fmt: skip
DIGITS = 6
"""Significant digits written: the same on every machine, and more than is known."""


def as_csv(findings: Findings) -> str:
    """The table of estimates."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for estimate in findings.estimates:
        writer.writerow("" if value is None else value for value in _row(estimate).values())
    return out.getvalue()


def as_json(findings: Findings, plan: Plan) -> str:
    """Rows, decisions, diagnostics, doubts and the plan."""
    document = {
        "rows": [
            _row(estimate)
            | {name: _short(getattr(estimate, name)) for name in ("naive", "naive_p", "robustness")}
            for estimate in findings.estimates
        ],
        "items": [
            {name: _short(value) for name, value in asdict(item).items() if name != "reason"} | {"reason": said(item.reason)}
            for item in findings.items
        ],
        "diagnostics": _short(findings.diagnostics),
        "doubts": [
            {"code": doubt.code, "serious": doubt.serious, "text": said(doubt.text), "advice": said(doubt.advice)}
            for doubt in findings.doubts
        ],
        "plan": {
            "outcomes": [asdict(outcome) for outcome in plan.outcomes],
            "covariates": list(plan.covariates),
            "thorough": plan.thorough,
            "seed": plan.seed,
        },
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def said(reason: Reason) -> str:
    """The sentence in the present language."""
    return gettext(reason.text, **reason.values)


def _row(estimate: Estimate) -> dict[str, Any]:
    return {
        name: said(estimate.reason) if name == "reason" else _short(getattr(estimate, name))
        for name in COLUMNS
    }


def _short(value: Any) -> Any:
    """Numbers with the digits that count, in whatever they stand."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_short(one) for one in value]
    return str(value) if isinstance(value, str) else value
