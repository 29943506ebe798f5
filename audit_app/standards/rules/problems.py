"""What is wrong with a document, all of it at once, each with its place and a plain sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """`path` finds the field (indices from 0), `place` names it for people, `text` with `values` is the sentence."""

    path: Path
    place: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence in English; pages translate `text` and fill in `values` themselves."""
        return self.text % self.values if self.values else self.text

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}" if self.place else self.sentence


class StandardNotUnderstood(BadInput):
    """The standard cannot be used as it stands."""

    code = "bad_standard"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(_("The standard cannot be used: %(problem)s"), problem=str(self.problems[0]))
        else:
            super().__init__(
                _("The standard cannot be used; %(count)s things are wrong. The first: %(problem)s"),
                count=len(self.problems),
                problem=str(self.problems[0]),
            )

    def __str__(self) -> str:
        """All of them, one a line, for the terminal."""
        return "\n".join(str(problem) for problem in self.problems)


def place_of(document: object, path: Path) -> str:
    """A path as people read it: sections[2].items[4] `greeted` › critical.at (counted from 0, as programs do)."""
    named, code, rest = "", "", list(path)
    here: object = document
    while len(rest) >= 2 and rest[0] in ("sections", "items") and isinstance(rest[1], int):
        key, index = rest[0], rest[1]
        here = here.get(key) if isinstance(here, Mapping) else None
        here = (
            here[index]
            if isinstance(here, Sequence) and not isinstance(here, str) and index < len(here)
            else None
        )
        named += f"{'.' if named else ''}{key}[{index}]"
        found = here.get("code") if isinstance(here, Mapping) else None
        code = found[:80] if isinstance(found, str) else ""
        rest = rest[2:]
    tail = ""
    for part in rest:
        tail += f"[{part}]" if isinstance(part, int) else f"{'.' if tail else ''}{part}"
    if code:
        named += f" `{code}`"
    return " › ".join(part for part in (named, tail) if part)
