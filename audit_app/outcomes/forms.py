"""The form of a source, as a person fills it: one row a number, codes line by line."""

from collections.abc import Mapping
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.outcomes.rules.expressions import MOST_CODES, SourceNotUnderstood
from audit_app.outcomes.rules.measures import FIXED

ROWS: Final = 7
"""Rows for numbers on the form: four usual ones and three more."""


def usual_values() -> dict[str, str]:
    """An empty form: the four usual numbers are named."""
    return {f"name-{number}": name for number, name in enumerate(FIXED)}


def document_of(values: Mapping[str, str]) -> dict[str, Any]:
    """The document of an expression; rows without a way to add up are left out."""
    measures = []
    for number in range(ROWS):
        how = values.get(f"how-{number}", "")
        if not how:
            continue
        measure: dict[str, Any] = {
            "name": values.get(f"name-{number}", "").strip(),
            "how": how,
            "column": values.get(f"column-{number}", "").strip(),
        }
        only = values.get(f"only-{number}", "").strip()
        words = [word.strip() for word in values.get(f"words-{number}", "").split(";") if word.strip()]
        if only or words:
            among = values.get(f"among-{number}", "in") != "out"
            measure["only"] = {"column": only, "words": words, "among": among}
        measures.append(measure)
    return {
        "files": values.get("files", "").strip(),
        "table": values.get("table", "").strip(),
        "location": values.get("location", "").strip(),
        "day": values.get("day", "").strip(),
        "measures": measures,
        "codes": _codes(values.get("codes", "")),
    }


def _codes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        theirs, sign, ours = line.partition("=")
        if not sign or not theirs.strip() or not ours.strip() or len(found) >= MOST_CODES:
            raise SourceNotUnderstood(
                "codes", _("Write codes of locations line by line, as their code = our code.")
            )
        found[theirs.strip()] = ours.strip()
    return found
