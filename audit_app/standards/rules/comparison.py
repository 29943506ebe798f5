"""The two versions side by side, as documents; the classes of the differences stand in `changes`."""

from collections.abc import Mapping
from typing import Any

from audit_app.standards.rules.changes import Change, ChangeClass, changes_between

__all__ = ["Change", "ChangeClass", "changes_between", "items_of"]


def items_of(document: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Item code → (section code, item) of a canonical document, in the order they are asked."""
    return {
        item["code"]: (section["code"], item)
        for section in document.get("sections", [])
        for item in section.get("items", [])
    }
