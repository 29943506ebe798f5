"""What a form's import has to say, each with its place: sheet, row, column and a plain sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _, gettext


@dataclass(frozen=True)
class Note:
    """`text` is a msgid, `values` fill its placeholders; row 0 means the whole sheet."""

    sheet: str
    row: int
    column: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence in the reader's language."""
        return gettext(self.text, **self.values)

    @property
    def place(self) -> str:
        """Where it stands, in the reader's language."""
        return place_in_words(self.sheet, (self.row,) if self.row else (), self.column)

    def __str__(self) -> str:
        where = self.place
        return f"{where}: {self.sentence}" if where else self.sentence


class XlsformNotUnderstood(BadInput):
    """The form cannot be used as it stands."""

    code = "bad_xlsform"

    def __init__(self, wrong: Sequence[Note]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("%(problems)s", problems="\n".join(in_words(self.wrong)))


def refuse(sheet: str, row: int, column: str, text: str, **values: Any) -> XlsformNotUnderstood:
    """One thing that ends the reading at once."""
    return XlsformNotUnderstood([Note(sheet, row, column, text, values)])


def place_in_words(sheet: str, rows: Sequence[int], column: str) -> str:
    """A place as people read it, in their language: survey, row 7, column relevant."""
    parts = [sheet] if sheet else []
    if len(rows) == 1:
        parts.append(gettext(_("row %(row)s"), row=rows[0]))
    elif rows:
        parts.append(gettext(_("rows %(rows)s"), rows=", ".join(str(row) for row in rows)))
    if column:
        parts.append(gettext(_("column %(column)s"), column=column))
    return ", ".join(parts)


def in_words(notes: Sequence[Note]) -> list[str]:
    """The notes in the reader's language; what is the same in several rows is said once, with all of them."""
    together: dict[tuple[str, str, str], list[int]] = {}
    for note in notes:
        rows = together.setdefault((note.sheet, note.column, note.sentence), [])
        if note.row and note.row not in rows:
            rows.append(note.row)
    return [
        f"{where}: {sentence}" if (where := place_in_words(sheet, rows, column)) else sentence
        for (sheet, column, sentence), rows in together.items()
    ]
