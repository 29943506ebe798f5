"""A study's facts from a folder of plain files: locations.csv, visits.csv, answers.csv, outcomes.csv.

Situation: statisticians and simulators have files, not our database; twelve million answers are a usual size.
Choice: Arrow reads columns of text at disk speed; codes become numbers by dictionary; every value is checked, and the
first that cannot be right stops the study with its file, line and column. Refused: guessing, skipping what does not fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from audit_app.effectiveness.rules.facts import Facts, Floats, Places
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.later import later

pa = later("pyarrow")
pc = later("pyarrow.compute")
csv = later("pyarrow.csv")


ANSWERS: Final = {"pass": 1.0, "partial": 0.5, "fail": 0.0, "na": np.nan}
COUNTS: Final = ("visitors", "transactions", "complaints", "repeat_customers", "survey_invited", "promoters", "passives", "detractors")  # fmt: skip
FIRST: Final = -1_000_000
LONGEST: Final = 3660
"""Days a study may span: a date a century off is a slip of the pen."""
KNOWN_AS: Final = {
    "location": ("location", "code"),
    "date": ("date", "visited_at", "day"),
    "version": ("checklist_version", "version"),
}
Numbers = npt.NDArray[np.int64]


class FileNotUnderstood(BadInput):
    """This file cannot be studied."""

    code = "bad_file"


@dataclass(frozen=True)
class Sheet:
    """One file: its columns as text, under their plain headings."""

    name: str
    columns: Mapping[str, Any]
    rows: int

    def column(self, wanted: str) -> Any:
        """The column under one of the headings it may have."""
        for heading in KNOWN_AS.get(wanted, (wanted,)):
            if heading in self.columns:
                return self.columns[heading]
        raise FileNotUnderstood(
            _("%(file)s: the column “%(column)s” is missing."), file=self.name, column=wanted
        )

    def has(self, wanted: str) -> bool:
        """Whether there is such a column."""
        return any(heading in self.columns for heading in KNOWN_AS.get(wanted, (wanted,)))

    def refuse(self, row: int, text: str, **values: Any) -> FileNotUnderstood:
        """An error with file and line (the headings are line 1)."""
        return FileNotUnderstood(text, file=self.name, line=int(row) + 2, **values)


def read_folder(folder: Path) -> Facts:
    """The facts in a folder's files."""
    if not folder.is_dir():
        raise FileNotUnderstood(_("%(folder)s is not a folder."), folder=str(folder))
    places = _sheet(folder / "locations.csv")
    visits = _sheet(folder / "visits.csv")
    outcomes = _sheet(folder / "outcomes.csv")
    answers = _sheet(folder / "answers.csv")
    codes, order = _unique(places, "location")
    number = {code: at for at, code in enumerate(codes)}
    regions, formats = (_words(places, name, order) for name in ("region", "format"))
    visit_place = _known(visits, "location", number, "locations.csv")
    visit_day = _days(visits)
    place = _known(outcomes, "location", number, "locations.csv")
    day = _days(outcomes)
    first = int(day.min())
    if visit_day.size and int(visit_day.min()) < first:
        first -= -(-(first - int(visit_day.min())) // 7) * 7
    last = int(max(day.max(), visit_day.max() if visit_day.size else day.max()))
    if last - first > LONGEST:
        raise FileNotUnderstood(
            _("The dates span more than ten years (%(first)s to %(last)s): one of them is wrong."),
            first=str(_date(first)),
            last=str(_date(last)),
        )
    weeks = (last - first) // 7 + 1
    measures, covered = _by_week(outcomes, place, day - first, len(codes), weeks)
    names = _texts(visits.column("visit"))
    _unique(visits, "visit")
    shopper = _numbered(visits.column("shopper")) if visits.has("shopper") else np.arange(visits.rows)
    version = _versions(visits)
    items, ratio, on_list = _matrix(answers, names)
    sort = np.lexsort((np.array(names), visit_day, visit_place))
    return Facts(
        locations=tuple(codes),
        regions=regions,
        formats=formats,
        items=items,
        first_day=_date(first),
        weeks=weeks,
        visits=tuple(names[at] for at in sort),
        location=visit_place[sort].astype(np.int32),
        day=(visit_day - first)[sort].astype(np.int32),
        shopper=shopper[sort].astype(np.int32),
        version=version[sort].astype(np.int32),
        ratio=ratio[sort],
        on_list=on_list[sort],
        measures=measures,
        days_covered=covered,
    )


def _sheet(path: Path) -> Sheet:
    """Read a file as columns of text; comma, semicolon or tab between cells, as its first line has it."""
    try:
        with path.open("rb") as file:
            head = file.readline(100_000)
    except OSError as odd:
        raise FileNotUnderstood(
            _("%(file)s cannot be read: %(why)s."), file=path.name, why=odd.strerror or str(odd)
        ) from None
    separator = max(b",;\t", key=lambda sign: (head.count(sign), -b",;\t".index(sign)))
    heads = [
        cell.strip().strip('"').lower()
        for cell in head.decode("utf-8-sig", "replace").strip().split(chr(separator))
    ]
    if not any(heads):
        raise FileNotUnderstood(_("%(file)s is empty."), file=path.name)
    twice = next((cell for at, cell in enumerate(heads) if cell and cell in heads[:at]), None)
    if twice is not None:
        raise FileNotUnderstood(_("%(file)s has two columns “%(column)s”."), file=path.name, column=twice)
    names = [cell or f"column {at + 1}" for at, cell in enumerate(heads)]
    crowded = {"item", "visit", "answer", "location", "date", "region", "format", "shopper", "employee"}
    try:
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, skip_rows=1, block_size=1 << 24),
            parse_options=csv.ParseOptions(delimiter=chr(separator)),
            convert_options=csv.ConvertOptions(
                column_types={
                    name: pa.dictionary(pa.int32(), pa.string()) if name in crowded else pa.string()
                    for name in names
                },
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowInvalid as odd:
        raise _broken(path, odd) from None
    columns = {
        name: table.column(name).combine_chunks() if table.num_rows else table.column(name) for name in names
    }
    if not table.num_rows:
        raise FileNotUnderstood(_("%(file)s has headings and no rows."), file=path.name)
    return Sheet(path.name, {name: _plain(column) for name, column in columns.items()}, table.num_rows)


def _broken(path: Path, odd: Exception) -> FileNotUnderstood:
    said = str(odd)
    if "Expected" in said and "columns" in said:
        return FileNotUnderstood(
            _("%(file)s: a line has more or fewer cells than the headings; is it half a file?"),
            file=path.name,
        )
    if "UTF8" in said or "utf" in said.lower():
        return FileNotUnderstood(_("%(file)s is not text in UTF-8."), file=path.name)
    if "Empty" in said:
        return FileNotUnderstood(_("%(file)s has headings and no rows."), file=path.name)
    return FileNotUnderstood(_("%(file)s is not a table that can be read."), file=path.name)


def _plain(column: Any) -> Any:
    """One array, not chunks of it."""
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) and column.num_chunks == 1 else column


def _encoded(column: Any) -> tuple[Numbers, list[str]]:
    """Numbers and the texts they stand for, trimmed."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), [
        text.strip() for text in column.dictionary.to_pylist()
    ]


def _texts(column: Any) -> list[str]:
    at, words = _encoded(column)
    return [words[one] for one in at]


def _numbered(column: Any) -> Numbers:
    """Numbers for texts, the same text the same number; an empty one is -1 (unknown)."""
    at, words = _encoded(column)
    order = sorted({word for word in words if word})
    number = {word: index for index, word in enumerate(order)}
    return np.array([number.get(word, -1) for word in words], dtype=np.int64)[at]


def _words(sheet: Sheet, name: str, order: Sequence[int]) -> tuple[str, ...]:
    texts = _texts(sheet.column(name)) if sheet.has(name) else [""] * sheet.rows
    return tuple(texts[at] for at in order)


def _unique(sheet: Sheet, name: str) -> tuple[list[str], list[int]]:
    """Codes in order and the rows they stand in; refuses an empty one or one that stands twice."""
    texts = _texts(sheet.column(name))
    seen: dict[str, int] = {}
    for row, text in enumerate(texts):
        if not text:
            raise sheet.refuse(row, _("%(file)s, line %(line)s: “%(column)s” is empty."), column=name)
        if text in seen:
            raise sheet.refuse(
                row,
                _("%(file)s, line %(line)s: %(column)s “%(value)s” stands there twice."),
                column=name,
                value=text,
            )
        seen[text] = row
    codes = sorted(seen)
    return codes, [seen[code] for code in codes]


def _known(sheet: Sheet, name: str, number: Mapping[str, int], where: str) -> Numbers:
    """The numbers of codes; refuses one that is not known."""
    at, words = _encoded(sheet.column(name))
    known = np.array([number.get(word, -1) for word in words], dtype=np.int64)[at]
    wrong = np.flatnonzero(known < 0)
    if wrong.size:
        raise sheet.refuse(
            wrong[0],
            _("%(file)s, line %(line)s: “%(value)s” is not in %(where)s."),
            value=words[at[wrong[0]]],
            where=where,
        )
    return known


def _days(sheet: Sheet) -> Numbers:
    """Days since 1970 of ISO dates (a time after the date is left out)."""
    at, words = _encoded(sheet.column("date"))
    days = np.array([_day(word) for word in words], dtype=np.int64)
    wrong = np.flatnonzero(days[at] < FIRST)
    if wrong.size:
        raise sheet.refuse(
            wrong[0],
            _("%(file)s, line %(line)s: “%(value)s” is not a date like 2026-11-22."),
            value=words[at[wrong[0]]],
        )
    return days[at]


def _day(word: str) -> int:
    """Days since 1970, or something before all time."""
    if len(word) > 10 and word[10] not in "T ":
        return FIRST - 1
    try:
        return (date.fromisoformat(word[:10]) - date(1970, 1, 1)).days if len(word) >= 10 else FIRST - 1
    except ValueError:
        return FIRST - 1


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _versions(visits: Sheet) -> Numbers:
    if not visits.has("version"):
        return np.zeros(visits.rows, dtype=np.int64)
    at, words = _encoded(visits.column("version"))
    if all(word.isdigit() and len(word) < 9 for word in words):
        return np.array([int(word) for word in words], dtype=np.int64)[at]
    return _numbered(visits.column("version"))


def _floats(sheet: Sheet, name: str) -> Floats:
    """Numbers of a column, NaN where empty: with a decimal point or, where the whole column has it, a decimal comma."""
    text = pc.utf8_trim_whitespace(sheet.columns[name].cast(pa.string()))
    comma = pc.any(pc.match_substring(text, ",")).as_py()
    if comma:
        clear = (
            pc.all(pc.invert(pc.match_substring(text, "."))).as_py()
            and not pc.all(
                pc.or_(
                    pc.invert(pc.match_substring(text, ",")),
                    pc.match_substring_regex(text, r"^-?\d{1,3},\d{3}$"),
                )
            ).as_py()
        )
        if not clear:
            row = pc.index(pc.match_substring(text, ","), True).as_py()
            raise sheet.refuse(
                row,
                _(
                    "%(file)s, line %(line)s: “%(value)s” in “%(column)s” can be read in two ways; write 1234.50."
                ),
                value=text[row].as_py(),
                column=name,
            )
        text = pc.replace_substring(text, ",", ".")
    good = pc.match_substring_regex(text, r"^(-?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?)?$")
    if not pc.all(good).as_py():
        row = pc.index(good, False).as_py()
        raise sheet.refuse(
            row,
            _("%(file)s, line %(line)s: “%(value)s” in “%(column)s” is not a number."),
            value=text[row].as_py(),
            column=name,
        )
    empty = pc.equal(text, "")
    values = pc.cast(pc.if_else(empty, pa.scalar(None, pa.string()), text), pa.float64())
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _by_week(
    sheet: Sheet, place: Numbers, day: Numbers, locations: int, weeks: int
) -> tuple[dict[str, Floats], Places]:
    """Sums by location and week, NaN where a week lacks the measure on a day it has others; days with numbers."""
    spot = place * (weeks * 7) + day
    again = np.flatnonzero(np.bincount(spot, minlength=1)[spot] > 1)
    if again.size:
        last = again[np.argsort(spot[again], kind="stable")[1]]
        raise sheet.refuse(
            last,
            _("%(file)s, line %(line)s: %(location)s has the day %(day)s twice."),
            location=_texts(sheet.column("location").slice(int(last), 1))[0],
            day=_texts(sheet.column("date").slice(int(last), 1))[0][:10],
        )
    cell = place * weeks + day // 7
    size = locations * weeks
    numeric = [
        name for name in sheet.columns if name not in {*KNOWN_AS["location"], *KNOWN_AS["date"]} and not name.startswith("column ")
    ]  # fmt: skip
    values = {name: _floats(sheet, name) for name in numeric}
    for name in values:
        if name in COUNTS and (values[name] < 0).any():
            row = int(np.flatnonzero(values[name] < 0)[0])
            raise sheet.refuse(
                row,
                _("%(file)s, line %(line)s: “%(column)s” is negative (%(value)s); a count cannot be."),
                column=name,
                value=f"{values[name][row]:g}",
            )
    there = np.zeros(sheet.rows, dtype=bool)
    for column in values.values():
        there |= np.isfinite(column)
    covered = np.bincount(cell[there], minlength=size)
    measures: dict[str, Floats] = {}
    for name, column in values.items():
        known = np.isfinite(column)
        total = np.bincount(cell[known], weights=column[known], minlength=size)
        whole = (np.bincount(cell[known], minlength=size) == covered) & (covered > 0)
        measures[name] = np.where(whole, total, np.nan).reshape(locations, weeks)
    return measures, covered.reshape(locations, weeks).astype(np.int32)


def _matrix(
    sheet: Sheet, visits: Sequence[str]
) -> tuple[tuple[str, ...], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Items in order, ratios (V, J) and what stood on the list."""
    row_of = {name: row for row, name in enumerate(visits)}
    row = _known(sheet, "visit", row_of, "visits.csv")
    at, words = _encoded(sheet.column("item"))
    items = sorted(set(words))
    if "" in items:
        empty = int(np.flatnonzero(np.isin(at, [index for index, word in enumerate(words) if not word]))[0])
        raise sheet.refuse(empty, _("%(file)s, line %(line)s: “%(column)s” is empty."), column="item")
    place = {item: number for number, item in enumerate(items)}
    column = np.array([place[word] for word in words], dtype=np.int64)[at]
    said, answers = _encoded(sheet.column("answer"))
    ratio = np.full(len(answers), np.nan)
    for index, answer in enumerate(answers):
        value = ANSWERS.get(answer.lower())
        if value is None:
            try:
                value = float(answer)
            except ValueError:
                value = np.inf
        if not (0 <= value <= 1 or np.isnan(value)) or (np.isnan(value) and answer.lower() != "na"):
            raise sheet.refuse(
                int(np.flatnonzero(said == index)[0]),
                _(
                    "%(file)s, line %(line)s: “%(value)s” is none of pass, partial, fail, na or a share from 0 to 1."
                ),
                value=answer,
            )
        ratio[index] = value
    spot = row * len(items) + column
    count = np.bincount(spot, minlength=len(visits) * len(items))
    if (count > 1).any():
        again = np.flatnonzero(count[spot] > 1)
        last = again[np.argsort(spot[again], kind="stable")[1]]
        raise sheet.refuse(
            last,
            _("%(file)s, line %(line)s: visit “%(visit)s” answers “%(item)s” twice."),
            visit=visits[int(row[last])],
            item=items[int(column[last])],
        )
    matrix = np.full(len(visits) * len(items), np.nan, dtype=np.float32)
    matrix[spot] = ratio[said]
    return tuple(items), matrix.reshape(len(visits), -1), (count > 0).reshape(len(visits), -1)
