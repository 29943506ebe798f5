"""Numbers as people write them: 1,234.56, 1.234,56 and 1 234,56 are one number, and 1,234 may be two.

Which sign stands before the decimals is decided once for a whole file, by its own evidence. Where the evidence is missing we
ask, where it contradicts itself we say both lines: a file read wrongly by a factor of a thousand is worse than none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

_SPACES: Final = "[ \u00a0\u202f\u2009'’]"
_LIKE_A_NUMBER = re.compile(rf"[-+\u2212]?[0-9](?:[0-9.,]|{_SPACES}(?=[0-9]))*|[-+\u2212]?[.,][0-9]+")
_GROUPED = re.compile(_SPACES)
_POINT = re.compile(
    rf"[-+]?(?:[0-9]+|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:{_SPACES}[0-9]{{3}})+)?(?:\.[0-9]*)?"
)
_COMMA = re.compile(
    rf"[-+]?(?:[0-9]+|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:{_SPACES}[0-9]{{3}})+)?(?:,[0-9]*)?"
)


class Style(StrEnum):
    """Which sign stands before the decimals."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True)
class Seen:
    """A cell that says something about the style."""

    line: int
    column: str
    cell: str


@dataclass
class Evidence:
    """What a file's cells say: the first cell for each style, and the first that may be read either way."""

    point: Seen | None = None
    comma: Seen | None = None
    unclear: Seen | None = None

    @property
    def style(self) -> Style | None:
        """The style where the file is of one mind; None where it says nothing or both."""
        if self.point and self.comma:
            return None
        if self.comma:
            return Style.COMMA
        if self.point or not self.unclear:
            return Style.POINT
        return None

    @property
    def is_mixed(self) -> bool:
        """Whether some cells can only be read one way and some only the other."""
        return bool(self.point and self.comma)


def looks_like_number(cell: str) -> bool:
    """Whether a reader would take this cell for a number, in whatever style."""
    return bool(_LIKE_A_NUMBER.fullmatch(cell.strip()))


def evidence_in(cells: Iterable[tuple[int, str, str, bool]]) -> Evidence:
    """Line, column, cell, and whether only whole numbers can stand there (so that 1,234 must be a thousand)."""
    found = Evidence()
    for line, column, cell, whole in cells:
        if "." not in cell and "," not in cell:
            continue
        told = _told_by(cell.strip(), whole)
        if isinstance(told, Style) and number_in(cell, told) is None:
            continue  # 1.2.3 is no number, so it says nothing
        seen = Seen(line, column, cell.strip())
        if told is Style.POINT:
            found.point = found.point or seen
        elif told is Style.COMMA:
            found.comma = found.comma or seen
        elif told == "unclear":
            found.unclear = found.unclear or seen
        if found.is_mixed:
            break
    return found


def _told_by(cell: str, whole: bool) -> Style | str:
    if not _LIKE_A_NUMBER.fullmatch(cell):
        return ""
    bare = _GROUPED.sub("", cell).lstrip("+-\u2212")
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        return Style.POINT if bare.rfind(".") > bare.rfind(",") else Style.COMMA
    if points > 1:
        return Style.COMMA
    if commas > 1:
        return Style.POINT
    sign, other = (Style.POINT, Style.COMMA) if points else (Style.COMMA, Style.POINT)
    before, _sign, after = bare.partition("." if points else ",")
    spaced = bool(_GROUPED.search(cell))
    if spaced or len(after) != 3 or not before or len(before) > 3 or before[0] == "0":
        return sign
    return other if whole else "unclear"


def number_in(cell: str, style: Style) -> Decimal | None:
    """The number in a cell, exactly; None where it is none."""
    text = cell.strip().replace("\u2212", "-")
    if text.isascii() and text.isdecimal():
        return Decimal(text) if len(text) < 40 else None
    pattern = _POINT if style is Style.POINT else _COMMA
    if len(text) > 60 or not pattern.fullmatch(text) or not any(sign.isdigit() for sign in text):
        return None
    bare = _GROUPED.sub("", text)
    bare = bare.replace(",", "") if style is Style.POINT else bare.replace(".", "").replace(",", ".")
    return Decimal(bare)
