"""Which items a visit was asked, for many visits at once: conditions take away what was hidden or does not apply."""

from collections.abc import Sequence

import numpy as np

from audit_app.scoring.encoding import Columns, States
from audit_app.scoring.results import Flags
from audit_app.scoring.sums import among
from audit_app.standards.rules.definition import AllOf, AnyOf, Comparison, Condition, Not
from audit_app.standards.rules.visibility import applies


class Asked:
    """The answers of these visits as scoring sees them; the state is `NOT_ASKED` where a condition says so."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.version = columns.version
        self.by_place = self._asked_by_place()

    def _asked_by_place(self) -> list[Flags | None]:
        """For each item, which kinds of location it applies to; None when to all."""
        found: list[Flags | None] = []
        for section in self.version.sections:
            for item in section.items:
                conditions = [one for one in (section.applies_if, item.applies_if) if one is not None]
                row = np.array(
                    [all(applies(one, at) for one in conditions) for at in self.columns.attributes]
                )
                found.append(None if row.all() else row)
        return found

    def states(self, start: int, end: int) -> list[States]:
        """The states of a chunk, with "not asked" where a condition takes the item away."""
        places = self.columns.places[start:end]
        states: list[States] = []
        truths: dict[tuple[int, int], tuple[Flags, Flags]] = {}
        number = {item.code: index for index, item in enumerate(self.version.items)}
        for index, item in enumerate(self.version.items):
            column = self.columns.states[index][start:end]
            by_place = self.by_place[index]
            asked = None if by_place is None else by_place[places]
            if item.show_if is not None:
                shown = self._truth(item.show_if, states, number, truths)[0]
                asked = shown if asked is None else asked & shown
            # NOT_ASKED is 1, so this is `where(asked, column, NOT_ASKED)`, several times faster.
            states.append(column if asked is None else column * asked + ~asked)
        return states

    def _truth(
        self,
        condition: Condition,
        states: Sequence[States],
        number: dict[str, int],
        known: dict[tuple[int, int], tuple[Flags, Flags]],
    ) -> tuple[Flags, Flags]:
        """Where the condition is surely true, and where surely false."""
        if isinstance(condition, Not):
            true, false = self._truth(condition.part, states, number, known)
            return false, true
        if isinstance(condition, AllOf | AnyOf):
            parts = [self._truth(part, states, number, known) for part in condition.parts]
            true, false = parts[0]
            for other_true, other_false in parts[1:]:
                if isinstance(condition, AllOf):
                    true, false = true & other_true, false | other_false
                else:
                    true, false = true | other_true, false & other_false
            return true, false
        return self._compared(condition, states, number, known)

    def _compared(
        self,
        comparison: Comparison,
        states: Sequence[States],
        number: dict[str, int],
        known: dict[tuple[int, int], tuple[Flags, Flags]],
    ) -> tuple[Flags, Flags]:
        index = number[comparison.subject]
        table = self.columns.tables[index]
        which = table.comparisons.index(comparison)
        if (index, which) not in known:
            column = states[index]
            true = [number for number, state in enumerate(table.states) if state.truths[which] is True]
            false = [number for number, state in enumerate(table.states) if state.truths[which] is False]
            known[index, which] = (
                among(column, true, len(table.states)),
                among(column, false, len(table.states)),
            )
        return known[index, which]
