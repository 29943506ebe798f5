"""What an import would do: new, changed, the same, and what cannot be taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import Line, Sheet, Taker
from audit_app.scoring.rules.document import RowProblem

T = TypeVar("T")
SHOWN = 12


class Status(StrEnum):
    """What would become of a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    BAD = "bad"


@dataclass
class Plan(Generic[T]):
    """The plan for one file; `new` and `changed` are written, nothing else."""

    kind: Kind
    headings: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    new: list[T] = field(default_factory=list)
    changed: list[T] = field(default_factory=list)
    same: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    bad: list[Line] = field(default_factory=list)
    shown: list[tuple[Line, Status]] = field(default_factory=list)
    places: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(self.new) + len(self.changed) + self.same + len(self.bad)

    @property
    def changes(self) -> bool:
        """Whether carrying it out would change anything."""
        return bool(self.new or self.changed)


class Planner(Generic[T]):
    """Gathers a plan while a `Taker` goes through the lines."""

    def __init__(self, sheet: Sheet) -> None:
        self.take = Taker(sheet)
        self.plan: Plan[T] = Plan(sheet.kind, sheet.headings, sheet.unknown, sheet.notes)
        self.seen: dict[str, int] = {}

    def once(self, column: str, code: str, text: str) -> bool:
        """Whether the code stands in this file for the first time; a second one is a problem of that line."""
        before = self.seen.setdefault(code, self.take.line.number)
        if before != self.take.line.number:
            self.take.wrong(column, text, code=code[:60], line=before)
            return False
        return True

    def sort_in(self, value: T, status: Status) -> None:
        """Put the line where it belongs; a line with problems is bad whatever it says."""
        if self.take.failed:
            status = Status.BAD
        elif status is Status.NEW:
            self.plan.new.append(value)
        elif status is Status.CHANGED:
            self.plan.changed.append(value)
        else:
            self.plan.same += 1
        self.show(status)

    def show(self, status: Status) -> None:
        """Keep the first lines for the preview."""
        if len(self.plan.shown) < SHOWN:
            self.plan.shown.append((self.take.line, status))

    def done(self) -> Plan[T]:
        """The plan, its problems in the order of the file."""
        self.plan.problems = sorted(self.take.problems, key=lambda one: one.line)
        self.plan.bad = sorted(self.take.bad, key=lambda one: one.number)
        return self.plan


def reasons_by_line(problems: Sequence[RowProblem]) -> dict[int, list[RowProblem]]:
    """The problems of each line."""
    found: dict[int, list[RowProblem]] = {}
    for problem in problems:
        found.setdefault(problem.line, []).append(problem)
    return found
