"""What an import came to, in numbers and sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import MOST_PROBLEMS, Line
from audit_app.imports.rules.plans import Plan, Status, reasons_by_line
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _, gettext
from audit_app.scoring.rules.document import RowProblem


class RowsNotTaken(BadInput):
    """Some rows cannot be taken, so nothing was imported."""

    code = "bad_rows"

    def __init__(self, report: "Report") -> None:
        self.report = report
        first = report.problems[0]
        super().__init__(
            _("Rows that cannot be taken: %(count)s, so nothing was imported. The first is line %(line)s."),
            count=report.bad,
            line=first.line,
        )

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Each problem with its place, for programs."""
        return problems_as_json(self.report.problems)


@dataclass(frozen=True)
class Report:
    """Counts and problems of one file."""

    kind: Kind
    file: str
    new: int
    changed: int
    same: int
    bad: int
    unknown: tuple[str, ...]
    notes: tuple[str, ...]
    problems: Sequence[RowProblem]
    headings: tuple[str, ...]
    bad_lines: Sequence[Line]
    shown: Sequence[tuple[Line, Status]] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """Outcomes only: what each heading of the file was taken for; empty means not used."""

    @property
    def good(self) -> int:
        """How many rows would change something."""
        return self.new + self.changed

    @classmethod
    def of(cls, plan: Plan[Any], file: str, columns: Mapping[str, str] | None = None) -> "Report":
        """The report of a plan."""
        return cls(
            kind=plan.kind,
            file=file,
            new=len(plan.new),
            changed=len(plan.changed),
            same=plan.same,
            bad=len(plan.bad),
            unknown=plan.unknown,
            notes=plan.notes,
            problems=plan.problems,
            headings=plan.headings,
            bad_lines=plan.bad,
            shown=plan.shown,
            columns=columns or {},
        )

    def bad_table(self) -> tuple[list[str], Iterator[list[str]]]:
        """The rows that were left out, as they came, each with its reason in the last column."""
        reasons = reasons_by_line(self.problems)
        width = len(self.headings)

        def rows() -> Iterator[list[str]]:
            for line in self.bad_lines:
                cells = list(line.cells[:width]) + [""] * (width - len(line.cells))
                yield [*cells, "; ".join(in_words(one) for one in reasons.get(line.number, []))]

        return [*self.headings, "reason"], rows()

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kind": str(self.kind),
            "file": self.file,
            "rows": self.new + self.changed + self.same + self.bad,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "bad": self.bad,
            "unknown_columns": list(self.unknown),
            "notes": [gettext(note) for note in self.notes],
            "problems": problems_as_json(self.problems),
            **({"columns": dict(self.columns)} if self.columns else {}),
        }


def in_words(problem: RowProblem, *, with_line: bool = False) -> str:
    """The problem as a sentence in the reader's language: column and reason."""
    text = gettext(problem.text, **problem.values)
    said = f"{problem.column}: {text}" if problem.column else text
    return gettext(_("line %(line)s, %(said)s"), line=problem.line, said=said) if with_line else said


def problems_as_json(problems: Sequence[RowProblem]) -> list[dict[str, Any]]:
    """Line, column and reason of each, at most so many."""
    return [
        {"line": one.line, "column": one.column, "message": gettext(one.text, **one.values)}
        for one in problems[:MOST_PROBLEMS]
    ]
