"""From a table to lines whose columns are known, and the reading of single cells.

A `Taker` reads one line after the other; what is wrong is noted with line, column and reason, so that one pass over a
file names everything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from audit_app.imports.rules.kinds import COLUMNS, Kind
from audit_app.kit.i18n import _
from audit_app.kit.tables import Table, TableNotUnderstood
from audit_app.scoring.rules.document import RowProblem

LONGEST_CODE: Final = 60
MOST_PROBLEMS: Final = 1000
"""Lines whose problem is written out; beyond that they are only counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it came."""

    number: int
    cells: tuple[str, ...]


@dataclass
class Sheet:
    """A table with its columns understood: `place` says where each known column stands."""

    kind: Kind
    headings: tuple[str, ...]
    place: Mapping[str, int]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    faults: list[RowProblem] = field(default_factory=list)
    misfits: list[Line] = field(default_factory=list)


def _plain(heading: str) -> str:
    return re.sub(r"[\s-]+", "_", heading.strip().casefold())


def understand(table: Table, kind: Kind, needed: tuple[str, ...] | None = None) -> Sheet:
    """All lines of the table. Raises `TableNotUnderstood` when a needed column is not there at all."""
    columns = COLUMNS[kind]
    names = {name: column.name for column in columns for name in (column.name, *column.also)}
    own = {_plain(heading) for heading in table.headings}
    place: dict[str, int] = {}
    unknown: list[str] = []
    for index, heading in enumerate(table.headings):
        plain = _plain(heading)
        # A heading that is itself a column wins over the same word used for another one.
        meant = names.get(plain)
        if meant is None or meant in place or (meant != plain and meant in own):
            unknown.append(heading[:60])
        else:
            place[meant] = index
    wanted = needed or tuple(column.name for column in columns if column.needed)
    lacking = [name for name in wanted if name not in place]
    if lacking:
        raise TableNotUnderstood(
            _("The column “%(column)s” is missing. The file has: %(found)s."),
            column=", ".join(lacking),
            found=", ".join(heading[:40] for heading in table.headings[:20]),
        )
    sheet = Sheet(kind, table.headings, place, tuple(unknown), table.notes)
    for row in table.rows:
        if row.fault:
            sheet.faults.append(RowProblem(row.line, "", row.fault, row.values))
            sheet.misfits.append(Line(row.line, row.cells))
        else:
            sheet.lines.append(Line(row.line, row.cells))
    return sheet


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone."""
    return name in _zones()


_DEGREES = re.compile(r"-?[0-9]{1,3}(?:[.,][0-9]{1,12})?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T00:00(?::00)?)?")
_DAY_DOTS = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")
_BREAK = re.compile(r"[\r\n\t\x85\u2028\u2029]")
YES: Final = frozenset({"yes", "y", "true", "1", "да", "так"})
NO: Final = frozenset({"no", "n", "false", "0", "нет", "ні"})


class Taker:
    """Reads the cells of one line and notes what cannot be taken."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.problems: list[RowProblem] = list(sheet.faults)
        self.bad: list[Line] = list(sheet.misfits)
        self.line = Line(1, ())
        self.failed = False

    def each(self) -> Iterator[Line]:
        """The lines, one by one; a line with a problem is counted as bad when the next one begins."""
        for line in self.sheet.lines:
            self.line, self.failed = line, False
            yield line
            if self.failed:
                self.bad.append(line)

    def has(self, name: str) -> bool:
        """Whether the file has this column at all."""
        return name in self.sheet.place

    def cell(self, name: str) -> str:
        """The trimmed text of a column; empty where the file does not have it."""
        place = self.sheet.place.get(name)
        return "" if place is None else self.line.cells[place].strip()

    def wrong(self, column: str, text: str, **values: Any) -> None:
        """Note a problem of this line."""
        self.failed = True
        self.problems.append(RowProblem(self.line.number, column, text, values))

    def text(self, name: str, most: int, *, needed: bool = False, lines: bool = False) -> str:
        """Any text; one line unless `lines`."""
        said = self.cell(name)
        if needed and not said:
            self.wrong(name, _("this cell must not be empty"))
        elif len(said) > most:
            self.wrong(name, _("the text is longer than %(most)s signs"), most=most)
        elif not lines and said and _BREAK.search(said):
            self.wrong(name, _("the text must stand in one line"))
        return said

    def code(self, name: str, *, needed: bool = True) -> str:
        """The short name of a thing."""
        return self.text(name, LONGEST_CODE, needed=needed)

    def degrees(self, name: str, limit: int) -> float | None:
        """A coordinate."""
        said = self.cell(name)
        if not said:
            return None
        if not _DEGREES.fullmatch(said) or abs(float(said.replace(",", "."))) > limit:
            self.wrong(
                name, _("“%(said)s” is no number from -%(limit)s to %(limit)s"), said=said[:40], limit=limit
            )
            return None
        return float(said.replace(",", "."))

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number."""
        said = self.cell(name)
        if not said:
            return None
        if not said.isascii() or not said.isdecimal() or len(said) > 12 or not low <= int(said) <= high:
            self.wrong(
                name,
                _("“%(said)s” is no whole number from %(low)s to %(high)s"),
                said=said[:40],
                low=low,
                high=high,
            )
            return None
        return int(said)

    def yes_no(self, name: str, default: bool) -> bool:
        """Yes or no, in our three languages."""
        said = self.cell(name).casefold()
        if said and said not in YES | NO:
            self.wrong(name, _("write yes or no, not “%(said)s”"), said=said[:40])
        return said in YES if said else default

    def choice(self, name: str, known: Iterable[str], default: str) -> str:
        """One word of a list."""
        said = self.cell(name).casefold()
        words = list(known)
        if said and said not in words:
            self.wrong(name, _("“%(said)s” is none of %(known)s"), said=said[:40], known=", ".join(words))
        return said or default

    def zone(self, name: str, default: str) -> str:
        """The name of a time zone."""
        said = self.cell(name)
        if said and not is_zone(said):
            self.wrong(
                name, _("there is no time zone “%(said)s”; names look like Europe/Kyiv"), said=said[:60]
            )
        return said or default

    def day(self, name: str) -> date | None:
        """A day: 2026-03-14, or 14.03.2026."""
        said = self.cell(name)
        if not said:
            return None
        found = read_day(said)
        if found is None:
            self.wrong(name, _("“%(said)s” is no day; write it as 2026-03-14"), said=said[:40])
        return found

    def moment(self, name: str, zone: str) -> datetime | None:
        """A day with a time, ISO 8601; without an offset it is meant in the place's zone."""
        said = self.cell(name)
        if not said:
            return None
        try:
            found = datetime.fromisoformat(said)
            found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        except (ValueError, OverflowError):
            found = None
        if found is None or not 1990 <= found.year <= 2100:
            self.wrong(name, _("“%(said)s” is no day and time; write it as 2026-03-14T15:20"), said=said[:40])
            return None
        return found

    def address(self, name: str) -> str:
        """An e-mail address, in lower case."""
        said = self.text(name, 254, needed=True).lower()
        if said and not _ADDRESS.fullmatch(said):
            self.wrong(name, _("“%(said)s” is no e-mail address"), said=said[:60])
        return said

    def attributes(self, name: str) -> dict[str, str]:
        """What stands as name=value;name=value."""
        found: dict[str, str] = {}
        for part in self.cell(name).split(";"):
            if not part.strip():
                continue
            key, sign, value = part.partition("=")
            key, value = key.strip(), value.strip()
            if not sign or not key or not value:
                self.wrong(name, _("“%(said)s” is not of the form name=value"), said=part.strip()[:40])
            elif key in found:
                self.wrong(name, _("the attribute “%(key)s” stands there twice"), key=key[:40])
            elif len(key) > 60 or len(value) > 200:
                self.wrong(name, _("the attribute “%(key)s” is too long"), key=key[:40])
            else:
                found[key] = value
        return found

    def languages(self, name: str) -> list[str]:
        """Codes of languages, as uk;ru;en."""
        found: list[str] = []
        for part in re.split(r"[;,\s]+", self.cell(name).casefold()):
            if not part:
                continue
            if not re.fullmatch("[a-z]{2,3}", part):
                self.wrong(name, _("“%(said)s” is no language; write codes such as uk;en"), said=part[:40])
            elif part not in found:
                found.append(part)
        return found


def read_day(said: str) -> date | None:
    """2026-03-14 or 14.03.2026, from 1900 to 2100; None for anything else."""
    found = _DAY.fullmatch(said)
    dotted = _DAY_DOTS.fullmatch(said)
    if not found and not dotted:
        return None
    try:
        day = (
            date(int(found[1]), int(found[2]), int(found[3]))
            if found
            else date(int(dotted[3]), int(dotted[2]), int(dotted[1]))  # type: ignore[index]
        )
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2100 else None


def noon(day: date, zone: str) -> datetime:
    """The middle of a day at the place: what a visit without a time is taken for."""
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))
