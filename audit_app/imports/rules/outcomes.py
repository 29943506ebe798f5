"""Outcomes: a file or an engine's sums and what is known in, a plan out. Days are compared in columns, not one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np

from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import MOST_PROBLEMS, Line, Sheet, read_day
from audit_app.imports.rules.plans import SHOWN, Plan, Planner, Status
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.tables import Table, TableNotUnderstood
from audit_app.outcomes.rules.columns import CHOICES, DATE, LOCATION, NEEDED, meanings_of
from audit_app.outcomes.rules.days import Days, Flags, Merged, merged, number_of, twice
from audit_app.outcomes.rules.measures import COUNTS, LARGEST, REVENUE
from audit_app.outcomes.rules.numbers import Evidence, Style, evidence_in, looks_like_number, number_in
from audit_app.scoring.rules.document import RowProblem

EARLIEST: Final = date(2000, 1, 1)
TWICE = _("this location and day stand in line %(line)s already")
UNKNOWN = _("there is no location “%(code)s” of our own")
FUTURE = _("the day lies in the future")
EARLY = _("the day lies before %(first)s")
NEGATIVE = _("%(said)s is below zero, and a count cannot be")
FRACTION = _("%(said)s is no whole number, and a count must be one")
TOO_LARGE = _("%(said)s is larger than any day can be")
NO_NUMBER = _("“%(said)s” is no number")
NOTHING = _("there is no number in this row")


class MustAsk(TableNotUnderstood):
    """The file can be read when a person says how: which column is what, or which sign stands before the decimals."""

    code = "must_ask"


@dataclass(frozen=True)
class HowToRead:
    """What a person said about a file: the meaning of headings, and the sign before the decimals."""

    columns: Mapping[str, str] = field(default_factory=dict)
    decimals: Style | None = None


@dataclass(frozen=True)
class KnownForOutcomes:
    """Our own locations by code, what headings meant before, and how to ask for the days that are here."""

    codes: Mapping[str, int]
    ids: tuple[UUID, ...]
    headings: Mapping[str, str]
    days: Callable[[Sequence[int], date, date], Days]
    """Of these locations, from the first to the last day, numbered as in `ids`."""


@dataclass
class OutcomesPlan:
    """The plan, the rows to write, and how the file was read."""

    plan: Plan[int]
    whole: Merged | None
    touched: tuple[int, ...]
    columns: dict[str, str]


@dataclass
class OutcomeSheet(Sheet):
    """A file of outcomes: its lines, not yet its meaning. In a workbook numbers are typed, so a point is a point."""

    workbook: bool = False


@dataclass(frozen=True)
class Summed:
    """What an engine hands over: codes of locations, days and sums, row by row."""

    codes: Sequence[str | None]
    days: Sequence[date | None]
    values: Mapping[str, Sequence[float | None]]
    name: str


def outcome_sheet(table: Table, *, workbook: bool) -> OutcomeSheet:
    """All lines of a file; which column is what is settled later, beside what is remembered."""
    sheet = OutcomeSheet(Kind.OUTCOMES, table.headings, {}, (), table.notes, workbook=workbook)
    for row in table.rows:
        if row.fault:
            sheet.faults.append(RowProblem(row.line, "", row.fault, row.values))
            sheet.misfits.append(Line(row.line, row.cells))
        else:
            sheet.lines.append(Line(row.line, row.cells))
    return sheet


def plan_outcomes(sheet: OutcomeSheet, known: KnownForOutcomes, how: HowToRead, today: date) -> OutcomesPlan:
    """What this file of outcomes would do. Raises `MustAsk` where only a person can say how to read it."""
    meanings = meanings_of(sheet.headings, _numeric(sheet), known.headings, how.columns)
    place = {meaning: number for number, meaning in enumerate(meanings) if meaning}
    lacking = [name for name in NEEDED if name not in place]
    if lacking:
        raise MustAsk(
            _("The column “%(column)s” is missing. The file has: %(found)s."),
            column=", ".join(lacking),
            found=", ".join(heading[:40] for heading in sheet.headings[:20]),
        )
    measures = {meaning: number for meaning, number in place.items() if meaning not in NEEDED}
    if not measures:
        raise MustAsk(_("No column with numbers was found. Choose what the columns of the file are."))
    evidence = _evidence(sheet, measures)
    style = how.decimals or _style(evidence, workbook=sheet.workbook)
    read = Sheet(
        Kind.OUTCOMES,
        sheet.headings,
        place,
        tuple(heading for heading, meaning in zip(sheet.headings, meanings, strict=True) if not meaning),
        sheet.notes + _style_note(evidence, style),
        sheet.lines,
        sheet.faults,
        sheet.misfits,
    )
    columns = dict(zip(sheet.headings, meanings, strict=True))
    return _plan_lines(read, known, measures, style, today, columns)


def _numeric(sheet: OutcomeSheet) -> list[bool]:
    """For each column whether most of its first cells are numbers."""
    found = []
    for column in range(len(sheet.headings)):
        cells = [line.cells[column] for line in sheet.lines[:500] if line.cells[column].strip()]
        found.append(bool(cells) and sum(map(looks_like_number, cells)) * 2 > len(cells))
    return found


def _evidence(sheet: OutcomeSheet, measures: Mapping[str, int]) -> Evidence:
    return evidence_in(
        (line.number, sheet.headings[column], line.cells[column], name in COUNTS)
        for line in sheet.lines
        for name, column in measures.items()
        if line.cells[column]
    )


def _style(evidence: Evidence, *, workbook: bool) -> Style:
    if evidence.is_mixed:
        assert evidence.point
        assert evidence.comma
        raise MustAsk(
            _(
                "“%(point)s” in line %(line)s has a decimal point and “%(comma)s” in line %(other)s a decimal comma. "
                "Write all numbers of a file in one way, or say which one holds."
            ),
            point=evidence.point.cell[:40],
            line=evidence.point.line,
            comma=evidence.comma.cell[:40],
            other=evidence.comma.line,
        )
    if evidence.style is not None:
        return evidence.style
    assert evidence.unclear is not None
    if workbook and "." in evidence.unclear.cell:
        return Style.POINT
    raise MustAsk(
        _(
            "“%(said)s” in line %(line)s, column %(column)s, may be more than a thousand or a little more than one, and "
            "no other number of the file tells which. Say which sign stands before the decimals."
        ),
        said=evidence.unclear.cell[:40],
        line=evidence.unclear.line,
        column=evidence.unclear.column[:60],
    )


def _style_note(evidence: Evidence, style: Style) -> tuple[str, ...]:
    if not (evidence.point or evidence.comma or evidence.unclear):
        return ()
    if style is Style.COMMA:
        return (_("Numbers are read with a decimal comma, as in 1.234,56."),)
    return (_("Numbers are read with a decimal point, as in 1,234.56."),)


def _plan_lines(
    sheet: Sheet,
    known: KnownForOutcomes,
    measures: Mapping[str, int],
    style: Style,
    today: date,
    columns: dict[str, str],
) -> OutcomesPlan:
    """Line by line into columns; a line with a problem is left out of them."""
    planner: Planner[int] = Planner(sheet)
    take = planner.take
    heading = {meaning: sheet.headings[number] for meaning, number in sheet.place.items()}
    location: list[int] = []
    day: list[int] = []
    lines: list[Line] = []
    values: dict[str, list[float]] = {name: [] for name in measures}
    read_days: dict[str, date | None] = {}
    seen: dict[tuple[int, int], int] = {}
    for line in take.each():
        code = take.cell(LOCATION)
        spot = known.codes.get(code)
        if not code:
            take.wrong(heading[LOCATION], _("this cell must not be empty"))
        elif spot is None:
            take.wrong(heading[LOCATION], UNKNOWN, code=code[:60])
        said = take.cell(DATE)
        if said not in read_days:
            read_days[said] = read_day(said)
        moment = read_days[said]
        if moment is None:
            take.wrong(heading[DATE], _("“%(said)s” is no day; write it as 2026-03-14"), said=said[:40])
        elif moment > today:
            take.wrong(heading[DATE], FUTURE)
        elif moment < EARLIEST:
            take.wrong(heading[DATE], EARLY, first=EARLIEST.isoformat())
        row = [
            _value(take.wrong, heading[name], name, line.cells[at].strip(), style)
            for name, at in measures.items()
        ]
        if not take.failed and all(one != one for one in row):
            take.wrong("", NOTHING)
        if take.failed or spot is None or moment is None:
            continue
        number = number_of(moment)
        before = seen.setdefault((spot, number), line.number)
        if before != line.number:
            take.wrong(heading[DATE], TWICE, line=before)
            continue
        location.append(spot)
        day.append(number)
        lines.append(line)
        for name, one in zip(measures, row, strict=True):
            values[name].append(one)
    plan = planner.done()
    days = Days(
        np.array(location, dtype=np.int32),
        np.array(day, dtype=np.int32),
        {name: np.array(column, dtype=np.float64) for name, column in values.items()},
    )
    made = _compared(plan, days, known, columns)
    if made.whole is not None:
        status = {line.number: _status(made.whole, row) for row, line in enumerate(lines[:SHOWN])}
        bad = {line.number for line in plan.bad}
        for line in sheet.lines[:SHOWN]:
            plan.shown.append(
                (line, Status.BAD if line.number in bad else status.get(line.number, Status.SAME))
            )
    return made


def _value(wrong: Callable[..., None], heading: str, name: str, said: str, style: Style) -> float:
    """The number in a cell; money in whole cents, half up; NaN where the cell is empty or cannot be taken."""
    if not said:
        return float("nan")
    number = number_in(said, style)
    if number is None:
        wrong(heading, NO_NUMBER, said=said[:40])
    elif abs(number) >= LARGEST:
        wrong(heading, TOO_LARGE, said=said[:40])
    elif name in COUNTS and number < 0:
        wrong(heading, NEGATIVE, said=said[:40])
    elif name in COUNTS and number != number.to_integral_value():
        wrong(heading, FRACTION, said=said[:40])
    elif name == REVENUE:
        return float((number * 100).to_integral_value(ROUND_HALF_UP))
    else:
        return float(number)
    return float("nan")


def _status(whole: Merged, row: int) -> Status:
    return Status.NEW if whole.new[row] else Status.CHANGED if whole.changed[row] else Status.SAME


def _compared(plan: Plan[int], days: Days, known: KnownForOutcomes, columns: dict[str, str]) -> OutcomesPlan:
    """The good rows beside what is here."""
    if not len(days):
        return OutcomesPlan(plan, None, (), columns)
    touched = np.unique(days.location).tolist()
    first, last = int(days.day.min()), int(days.day.max())
    epoch = date(1970, 1, 1).toordinal()
    here = known.days(touched, date.fromordinal(epoch + first), date.fromordinal(epoch + last))
    whole = merged(days, here)
    plan.new = np.flatnonzero(whole.new).tolist()
    plan.changed = np.flatnonzero(whole.changed).tolist()
    plan.same = len(days) - len(plan.new) - len(plan.changed)
    return OutcomesPlan(plan, whole, tuple(touched), columns)


def plan_summed(summed: Summed, known: KnownForOutcomes, today: date) -> OutcomesPlan:
    """The same for the sums of an engine: checked in columns, and a bad row is told with its number."""
    count = len(summed.codes)
    plan: Plan[int] = Plan(Kind.OUTCOMES, (LOCATION, DATE, *summed.values))
    bad = np.zeros(count, dtype=np.bool_)

    def refuse(where: Flags, column: str, text: str, **values: Callable[[int], Any]) -> None:
        rows = np.flatnonzero(where & ~bad)
        for row in rows[:MOST_PROBLEMS].tolist():
            said = {name: of(row) for name, of in values.items()}
            plan.problems.append(RowProblem(row + 1, column, text, said))
        bad[rows] = True

    place = {code: known.codes.get(code or "", -1) for code in set(summed.codes)}
    location = np.array([place[code] for code in summed.codes], dtype=np.int32)
    refuse(location < 0, LOCATION, UNKNOWN, code=lambda row: str(summed.codes[row] or "")[:60])
    day = np.array([-(10**6) if one is None else number_of(one) for one in summed.days], dtype=np.int32)
    refuse(day == -(10**6), DATE, _("“%(said)s” is no day; write it as 2026-03-14"), said=lambda _row: "")
    refuse(day > number_of(today), DATE, FUTURE)
    refuse(day < number_of(EARLIEST), DATE, EARLY, first=lambda _row: EARLIEST.isoformat())
    values: dict[str, Any] = {}
    for name, column in summed.values.items():
        numbers = np.array([np.nan if one is None else one for one in column], dtype=np.float64)
        said = {"said": lambda row, numbers=numbers: f"{numbers[row]:g}"}
        refuse(np.abs(numbers) >= LARGEST, name, TOO_LARGE, **said)
        if name in COUNTS:
            refuse(numbers < 0, name, NEGATIVE, **said)
            refuse(np.isfinite(numbers) & (numbers != np.rint(numbers)), name, FRACTION, **said)
        values[name] = np.floor(numbers * 100 + 0.5) if name == REVENUE else numbers
    nothing = np.ones(count, dtype=np.bool_)
    for numbers in values.values():
        nothing &= np.isnan(numbers)
    refuse(nothing, "", NOTHING)
    whole = Days(location, day, values)
    # The engine sums by location and day, so a second row can only come from two codes of one location.
    first = twice(whole)
    refuse(first != np.arange(count), DATE, TWICE, line=lambda row: int(first[row]) + 1)
    plan.bad = [
        Line(row + 1, (str(summed.codes[row] or ""), str(summed.days[row] or ""), *(str(one[row]) for one in summed.values.values())))
        for row in np.flatnonzero(bad).tolist()
    ]  # fmt: skip
    plan.problems.sort(key=lambda one: one.line)
    return _compared(plan, whole.those(~bad), known, {})


def cents(value: int | None) -> Decimal | None:
    """Whole cents as money."""
    return None if value is None else Decimal(value) / 100


class NoSuchStyle(BadInput):
    """Decimals are written with a point or with a comma: say point or comma."""


def style_named(word: str | None) -> Style | None:
    """The style of that name; none for an empty word."""
    if not word:
        return None
    if word not in set(Style):
        raise NoSuchStyle
    return Style(word)


class NoSuchMeaning(BadInput):
    """This column cannot be understood."""


def how_to_read(columns: Sequence[str], decimals: str | None, *, sign: str) -> HowToRead:
    """From what a program or a command says: HEADING, a sign, and the meaning."""
    chosen: dict[str, str] = {}
    for said in columns:
        heading, _sign, meaning = said.rpartition(sign)
        if not heading or meaning not in CHOICES:
            raise NoSuchMeaning(
                _("“%(said)s”: write a heading, %(sign)s, and one of %(known)s (or nothing: not used)."),
                said=said[:80],
                sign=sign,
                known=", ".join(word for word in CHOICES if word),
            )
        chosen[heading] = meaning
    return HowToRead(chosen, style_named(decimals))
