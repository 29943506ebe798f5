"""A declared source: which rows, whose location and day, and what is added up. Nothing in it is a query language.

Columns and tables are names that the engine quotes; filters compare a column with given words; there is no place for SQL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.outcomes.rules.measures import FIXED, is_name

MOST_MEASURES: Final = 24
MOST_CODES: Final = 5000
_COLUMN = re.compile(r"[^\W\d][\w ]{0,62}")
_TABLE = re.compile(r"[^\W\d]\w{0,62}(?:\.[^\W\d]\w{0,62})?")
_FILES = re.compile(r"[\w*?. -]+(?:/[\w*?. -]+)*\.(?:parquet|csv)")
_SOURCE = re.compile(r"[^\W_][\w. -]{0,58}")


class How(StrEnum):
    """How rows become one number of a day."""

    SUM = "sum"
    COUNT = "count"
    DISTINCT = "distinct"


@dataclass(frozen=True)
class Filter:
    """Only rows whose column is one of these words (or none of them)."""

    column: str
    words: tuple[str, ...]
    among: bool = True


@dataclass(frozen=True)
class Measure:
    """One number of the day: a sum of a column, how many rows, or how many different values."""

    name: str
    how: How
    column: str = ""
    only: Filter | None = None


@dataclass(frozen=True)
class Expression:
    """A whole source. Exactly one of `files` (below the folder of sources) and `table` is given."""

    files: str
    table: str
    location: str
    day: str
    measures: tuple[Measure, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    """Their code of a location → ours, where they differ."""

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "files": self.files,
            "table": self.table,
            "location": self.location,
            "day": self.day,
            "measures": [
                {
                    "name": one.name,
                    "how": str(one.how),
                    "column": one.column,
                    **(
                        {"only": {"column": one.only.column, "words": list(one.only.words), "among": one.only.among}}
                        if one.only
                        else {}
                    ),
                }
                for one in self.measures
            ],
            "codes": dict(self.codes),
        }  # fmt: skip


class SourceNotUnderstood(BadInput):
    """This source cannot be declared."""

    code = "bad_source"

    def __init__(self, place: str, text: str, **values: Any) -> None:
        self.place = place
        super().__init__(text, **values)


def check_name(name: str) -> str:
    """The name of a source: letters, digits, spaces, dots and dashes."""
    found = name.strip()
    if not _SOURCE.fullmatch(found):
        raise SourceNotUnderstood("name", _("Give the source a short name of letters and digits."))
    return found


def read_expression(document: Mapping[str, Any]) -> Expression:
    """The expression in a document; raises `SourceNotUnderstood` with the place that is wrong."""
    files, table = _text(document, "files"), _text(document, "table")
    if bool(files) == bool(table):
        raise SourceNotUnderstood("files", _("Name either files or a table."))
    if files:
        check_files(files)
    elif not _TABLE.fullmatch(table):
        raise SourceNotUnderstood(
            "table", _("“%(said)s” is no name of a table; write name or schema.name."), said=table[:80]
        )
    measures = tuple(_measure(number, one) for number, one in enumerate(document.get("measures") or ()))
    if not measures:
        raise SourceNotUnderstood("measures", _("Say at least one number that is to be added up."))
    names = [one.name for one in measures]
    if len(names) > MOST_MEASURES or len(set(names)) < len(names):
        raise SourceNotUnderstood(
            "measures", _("Each number has a name of its own, and there are at most 24.")
        )
    codes = document.get("codes") or {}
    if not isinstance(codes, Mapping) or len(codes) > MOST_CODES:
        raise SourceNotUnderstood(
            "codes", _("Write codes of locations line by line, as their code = our code.")
        )
    return Expression(
        files,
        table,
        _column(document, "location", "location"),
        _column(document, "day", "day"),
        measures,
        {str(key)[:60]: str(value)[:60] for key, value in codes.items()},
    )


def check_files(files: str) -> None:
    """Only files below the folder of sources: no way up, no way out."""
    parts = PurePosixPath(files).parts
    if not _FILES.fullmatch(files) or any(part.startswith(".") or "**" in part for part in parts):
        raise SourceNotUnderstood(
            "files",
            _(
                "“%(said)s”: name files below the folder of sources, ending in .parquet or .csv, such as receipts/*.parquet."
            ),
            said=files[:80],
        )


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    return found.strip() if isinstance(found, str) else ""


def _column(document: Mapping[str, Any], name: str, place: str) -> str:
    found = _text(document, name)
    if not _COLUMN.fullmatch(found):
        raise SourceNotUnderstood(place, _("“%(said)s” is no name of a column."), said=found[:80])
    return found


def _measure(number: int, one: object) -> Measure:
    if not isinstance(one, Mapping):
        raise SourceNotUnderstood("measures", _("Say at least one number that is to be added up."))
    place = f"measure-{number}"
    name = _text(one, "name")
    if name not in FIXED and not is_name(name):
        raise SourceNotUnderstood(
            place, _("“%(said)s” is no name of a number; write it as staff_hours."), said=name[:80]
        )
    how = _text(one, "how")
    if how not in set(How):
        raise SourceNotUnderstood(place, _("Choose whether “%(name)s” is a sum or a count."), name=name)
    column = "" if how == How.COUNT else _column(one, "column", place)
    only = one.get("only")
    kept: Filter | None = None
    if isinstance(only, Mapping):
        words = only.get("words")
        listed = tuple(str(word)[:200] for word in words) if isinstance(words, list | tuple) else ()
        if not listed or len(listed) > 200:
            raise SourceNotUnderstood(
                place, _("Say which values of the column count for “%(name)s”."), name=name
            )
        kept = Filter(_column(only, "column", place), listed, only.get("among", True) is not False)
    return Measure(name, How(how), column, kept)
