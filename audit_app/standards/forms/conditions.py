"""Conditions in a form: a few rows joined by “all” or “any”; anything deeper is shown and typed as YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from audit_app.kit.errors import AuditError
from audit_app.kit.yaml import read_yaml, write_yaml
from audit_app.standards.forms.typed import Fields, as_number

IS, NOT, AT_LEAST, AT_MOST = "is", "not", "at_least", "at_most"
OPERATORS: Final = (IS, NOT, AT_LEAST, AT_MOST)


@dataclass(frozen=True)
class Row:
    """One comparison: of an item or attribute, how, and with which values (several by ;)."""

    subject: str = ""
    how: str = IS
    value: str = ""


@dataclass(frozen=True)
class ConditionRows:
    """A condition as the form shows it; `yaml` when rows cannot say it."""

    join: str
    rows: tuple[Row, ...]
    yaml: str = ""


def rows_of(condition: object, subject: str) -> ConditionRows:
    """A condition of a document (`subject`: item or attribute) as rows, or as YAML."""
    if not condition:
        return ConditionRows("all", ())
    if not isinstance(condition, Mapping):
        return ConditionRows("all", (), str(condition))
    join = next((key for key in ("all", "any") if key in condition), "all")
    parts = condition.get(join) if join in condition else [condition]
    found = [_row(part, subject) for part in parts] if isinstance(parts, list) else [None]
    rows = [row for row in found if row is not None]
    if len(rows) != len(found):
        return ConditionRows("all", (), write_yaml(condition).strip())
    return ConditionRows(join, tuple(rows))


def _row(part: object, subject: str) -> Row | None:
    if not isinstance(part, Mapping):
        return None
    if set(part) == {"not"}:
        inner = _row(part["not"], subject)
        return Row(inner.subject, NOT, inner.value) if inner and inner.how == IS else None
    for how in (IS, AT_LEAST, AT_MOST):
        if set(part) == {subject, how}:
            value = part[how]
            listed = value if isinstance(value, list | tuple) else [value]
            return Row(str(part[subject]), how, "; ".join(str(one) for one in listed))
    return None


def condition_from(fields: Fields, name: str, subject: str) -> Any:
    """The condition that was typed; None when there is none, the raw text when its YAML cannot be read."""
    typed = fields.line(f"{name}.yaml")
    if typed:
        try:
            return _plain(read_yaml(typed))
        except AuditError:
            return typed
    parts: list[dict[str, Any]] = []
    for row in fields.rows(name):
        who, how, value = (
            fields.line(f"{row}.subject"),
            fields.line(f"{row}.how") or IS,
            fields.line(f"{row}.value"),
        )
        if not who or how not in OPERATORS:
            continue
        if how in (AT_LEAST, AT_MOST):
            parts.append({subject: who, how: as_number(value) if value else ""})
            continue
        values = [one.strip() for one in value.split(";") if one.strip()]
        compared = {subject: who, "is": values}
        parts.append({"not": compared} if how == NOT else compared)
    if not parts:
        return None
    join = "any" if fields.line(f"{name}.join") == "any" else "all"
    return parts[0] if len(parts) == 1 else {join: parts}


def _plain(value: Any) -> Any:
    """Decimals as they are kept in a document: whole numbers as such, others as text."""
    if isinstance(value, Decimal):
        return as_number(str(value))
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
