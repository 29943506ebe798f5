"""Forms as people make them: rows of named cells become a workbook."""

from collections.abc import Mapping, Sequence
from typing import Any

from audit_app.kit.xlsx_writing import Page, write_pages

Rows = Sequence[Mapping[str, Any]]

YES_NO: Rows = [
    {"list_name": "yes_no", "name": "yes", "label": "Yes"},
    {"list_name": "yes_no", "name": "no", "label": "No"},
]


def make_workbook(**sheets: Rows) -> bytes:
    """A workbook with these sheets; the headings are all keys that occur."""
    pages = []
    for name, rows in sheets.items():
        headings = list(dict.fromkeys(key for row in rows for key in row))
        pages.append(Page(name, headings, [[row.get(key) for key in headings] for row in rows]))
    return write_pages(pages)


def make_form(
    *survey: Mapping[str, Any], choices: Rows = YES_NO, settings: Mapping[str, Any] | None = None
) -> bytes:
    """A plain form in one group; rows that are groups themselves stand as they are."""
    grouped = any(str(row.get("type", "")).startswith("begin") for row in survey)
    rows = list(survey)
    if not grouped:
        rows = [{"type": "begin_group", "name": "visit", "label": "Visit"}, *rows, {"type": "end_group"}]
    given = settings if settings is not None else {"form_title": "Cafe", "form_id": "cafe", "version": "3"}
    return make_workbook(survey=rows, choices=choices, settings=[given] if given else [])
