"""Our own columns (`audit::…`): what a standard says and XLSForm has no word for, in spellings a person can type.

The values go into the document as they stand; the standard's own reader judges them, and names the cell.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.kit.yaml import YamlNotUnderstood, read_yaml
from audit_app.standards.xlsform.expressions import NotSupported

ITEM_COLUMNS: Final = (
    "type", "weight", "na", "required", "bonus", "hygiene", "nature", "critical", "critical_at", "critical_below", "evidence",
    "incident", "incident_when", "incident_priority", "ranges", "applies_if", "show_if", "segments", "picture",
)  # fmt: skip
ITEM_TEXTS: Final = ("unit", "scale_low", "scale_high")
SECTION_COLUMNS: Final = ("code", "weight", "pass_mark", "segments", "applies_if")

BOTTOM: Final = "*"
_YES: Final = frozenset({"yes", "true", "true()", "1", "x"})
_NO: Final = frozenset({"no", "false", "false()", "0"})


def flag(cell: str) -> bool | str:
    """yes or no as true or false; anything else stays, and is refused where it is read."""
    low = cell.strip().lower()
    return True if low in _YES else False if low in _NO else cell


def number(cell: str) -> str:
    """A number with a decimal comma as one with a point."""
    return cell.replace(",", ".") if re.fullmatch(r"-?[0-9]+,[0-9]+", cell) else cell


def codes(cell: str) -> list[str]:
    """`a; b` as a list."""
    return [part for raw in re.split(r"[;,]", cell) if (part := raw.strip())]


def joined(members: Iterable[object]) -> str:
    """A list as `a; b`."""
    return "; ".join(str(one) for one in members)


def evidence(cell: str) -> dict[str, list[str]]:
    """`no: comment, photo; na: comment`."""
    found: dict[str, list[str]] = {}
    for part in cell.split(";"):
        if not part.strip():
            continue
        answer, colon, kinds = part.partition(":")
        if not colon:
            raise NotSupported(
                _("“%(part)s” is not understood; write answer: comment, photo"), part=part.strip()[:60]
            )
        found.setdefault(answer.strip(), []).extend(codes(kinds))
    return found


def write_evidence(rule: Mapping[str, Iterable[str]]) -> str:
    """The same as a cell."""
    return "; ".join(f"{answer}: {', '.join(kinds)}" for answer, kinds in rule.items())


def ranges(cell: str) -> list[dict[str, Any]]:
    """`*=5; 3=3; 10=0`: from the very bottom 5 points, from 3 on 3, from 10 on none."""
    found: list[dict[str, Any]] = []
    for part in cell.split(";"):
        if not part.strip():
            continue
        start, sign, points = part.rpartition("=")
        if not sign:
            raise NotSupported(
                _("“%(part)s” is not understood; write where it begins = points, such as *=5; 3=3; 10=0"),
                part=part.strip()[:60],
            )
        one: dict[str, Any] = {} if start.strip() == BOTTOM else {"from": number(start.strip())}
        found.append({**one, "points": number(points.strip())})
    return found


def write_ranges(parts: Iterable[Mapping[str, Any]]) -> str:
    """The same as a cell."""
    return "; ".join(f"{part.get('from', BOTTOM)}={part['points']}" for part in parts)


def condition(cell: str) -> dict[str, Any]:
    """A condition in the notation of the YAML files: {attribute: patio, is: ["yes"]}."""
    try:
        found = read_yaml(cell)
    except YamlNotUnderstood as odd:
        raise NotSupported(odd.text, **odd.values) from None
    if not isinstance(found, dict):
        raise NotSupported(_('a condition is written as {attribute: patio, is: ["yes"]}'))
    return found


def write_condition(found: Mapping[str, Any]) -> str:
    """The same as a cell."""
    return json.dumps(found, ensure_ascii=False)
