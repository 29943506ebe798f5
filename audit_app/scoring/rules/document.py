"""A file of answers, scored: what `audit-app score STANDARD.yaml ANSWERS.csv` prints (contracts.md 3).

Pure: rows in, a document of plain values out. Wrong rows are all reported together, with line, column and reason, and then
nothing is scored at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.scoring.rules.percent import fraction
from audit_app.scoring.rules.score import RULE_VERSION, Score, score_of
from audit_app.standards.rules.answers import Answer, AnswerNotUnderstood, Given, answers_in, read_answer
from audit_app.standards.rules.definition import Version, in_language
from audit_app.standards.rules.visibility import Attributes, Lacking, missing

FIRST_LINE: Final = 2  # the headings stand in line 1
NEEDED: Final = ("visit", "item", "answer")


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with a file: `line` as an editor counts, `column` by its heading, `text` a msgid for `values`."""

    line: int
    column: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = self.text % self.values if self.values else self.text
        return (
            f"line {self.line}, {self.column}: {sentence}" if self.column else f"line {self.line}: {sentence}"
        )


class RowsNotUnderstood(BadInput):
    """The file cannot be taken as it stands."""

    code = "bad_rows"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            _("Rows that cannot be taken: %(count)s. The first: %(problem)s"),
            count=len(self.problems),
            problem=str(self.problems[0]),
        )

    def __str__(self) -> str:
        """All of them, one a line, for the terminal."""
        return "\n".join(str(problem) for problem in self.problems)


@dataclass
class _Visit:
    location: str = ""
    givens: dict[str, Given] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def score_document(
    version: Version,
    rows: Iterable[Mapping[str, str | None]],
    locations: Mapping[str, Attributes] | None = None,
    *,
    lines: Sequence[int] | None = None,
) -> dict[str, Any]:
    """All visits of the rows, in the order they first appear, each with its score and every term.

    A row has visit, item, answer and may have comment and location. The attributes of a visit's location come from
    `locations` (code → attributes), by the row's location, else by the visit's own name, else from the only location there is.
    `lines` are the rows' line numbers where they are not simply 2, 3, 4 …
    """
    visits = _read_rows(version, rows, locations, lines)
    return {
        "standard": version.code,
        "version": version.version,
        "rule_version": RULE_VERSION,
        "visits": [_visit_document(version, name, visit, locations) for name, visit in visits.items()],
    }


def _read_rows(
    version: Version,
    rows: Iterable[Mapping[str, str | None]],
    locations: Mapping[str, Attributes] | None,
    lines: Sequence[int] | None,
) -> dict[str, _Visit]:
    visits: dict[str, _Visit] = {}
    problems: list[RowProblem] = []
    for index, row in enumerate(rows):
        line = lines[index] if lines is not None else index + FIRST_LINE
        absent = [name for name in NEEDED if name not in row]
        if index == 0 and absent:
            problems.append(
                RowProblem(1, "", _("the column “%(column)s” is missing"), {"column": ", ".join(absent)})
            )
            break
        cells = {name: (row.get(name) or "").strip() for name in (*NEEDED, "comment", "location")}
        if not any(cells.values()):
            continue
        if not cells["visit"]:
            problems.append(RowProblem(line, "visit", _("the visit is missing")))
            continue
        visit = visits.setdefault(cells["visit"], _Visit())
        problems.extend(_take_location(visit, cells["location"], locations, line))
        problems.extend(_take_answer(version, visit, cells, line))
    if problems:
        raise RowsNotUnderstood(problems)
    return visits


def _take_location(
    visit: _Visit, location: str, locations: Mapping[str, Attributes] | None, line: int
) -> list[RowProblem]:
    if not location:
        return []
    if locations is not None and location not in locations:
        text = _("there is no location “%(location)s”")
        return [RowProblem(line, "location", text, {"location": location[:60]})]
    if visit.location and visit.location != location:
        text = _("this visit was at “%(before)s” in an earlier row and cannot be at “%(location)s”")
        return [
            RowProblem(line, "location", text, {"before": visit.location[:60], "location": location[:60]})
        ]
    visit.location = location
    return []


def _take_answer(version: Version, visit: _Visit, cells: Mapping[str, str], line: int) -> list[RowProblem]:
    code = cells["item"]
    item = version.item_by_code.get(code)
    if item is None:
        text = _("there is no item “%(item)s” in this version") if code else _("the item is missing")
        return [RowProblem(line, "item", text, {"item": code[:60]} if code else {})]
    if code in visit.lines:
        text = _("“%(item)s” was answered already in line %(line)s")
        return [RowProblem(line, "item", text, {"item": code, "line": visit.lines[code]})]
    visit.lines[code] = line
    answer: Answer | None = None
    if cells["answer"]:
        try:
            answer = read_answer(item, cells["answer"])
        except AnswerNotUnderstood as problem:
            return [RowProblem(line, "answer", problem.text, problem.values)]
    visit.givens[code] = Given(answer, cells["comment"])
    return []


def _attributes(name: str, visit: _Visit, locations: Mapping[str, Attributes] | None) -> Attributes:
    if not locations:
        return {}
    if visit.location:
        return locations[visit.location]
    return (
        locations[name]
        if name in locations
        else next(iter(locations.values()))
        if len(locations) == 1
        else {}
    )


def _visit_document(
    version: Version, name: str, visit: _Visit, locations: Mapping[str, Attributes] | None
) -> dict[str, Any]:
    attributes = _attributes(name, visit, locations)
    document = {
        "visit": name,
        **score_as_document(version, score_of(version, answers_in(visit.givens), attributes)),
    }
    document["missing"] = [
        gap.item for gap in missing(version, visit.givens, attributes) if gap.what is Lacking.ANSWER
    ]
    return document


def score_as_document(version: Version, score: Score) -> dict[str, Any]:
    """One score as plain values: fractions as strings in lowest terms, reasons as stable codes."""
    return {
        "score": _fraction(score.ratio),
        "percent": score.percent,
        "passed": score.passed,
        "band": None if score.band is None else in_language(score.band.name, "en"),
        "critical": [miss.item for miss in score.critical],
        "na_share": _fraction(score.na_share),
        "sections": [{"code": section.code, "score": _fraction(section.ratio)} for section in score.sections],
        "terms": [
            {
                "item": term.item,
                "ratio": _fraction(term.ratio),
                "weight": fraction(term.weight),
                "counted": term.counted,
                "why": str(term.why),
            }
            for term in score.terms
        ],
    }


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else fraction(value)
