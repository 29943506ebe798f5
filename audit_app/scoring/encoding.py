"""Answers of many visits as small whole numbers, so that a whole history can be scored at once.

Every item has its own short list of **states**: answers that are alike in all that scoring can see (their ratio, N/A, and what
every condition says of them) share one. State 0 is "not answered", state 1 is "not asked" (hidden or not applying; only
conditions put it there, no answer does). A state remembers one real answer, so any visit can be handed back to `score_of`.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from audit_app.standards.rules.answers import Answer, AnswerNotUnderstood, ratio_of, read_answer
from audit_app.standards.rules.conditions import comparisons_in
from audit_app.standards.rules.definition import Comparison, Item, Version
from audit_app.standards.rules.visibility import Attributes, compares

UNANSWERED: Final = 0
NOT_ASKED: Final = 1
_FIRST: Final = 2

Whole = npt.NDArray[np.int64]
States = npt.NDArray[np.uint16] | npt.NDArray[np.uint8]


@dataclass(frozen=True)
class State:
    """What scoring can see of an answer. `truths` are its item's comparisons in order: true, false, neither."""

    ratio: Fraction | None
    is_na: bool
    truths: tuple[bool | None, ...]


class StatesOf(dict[str | None, int]):
    """Answer text → state of one item; a text met for the first time is read then, and refused if it is no answer.

    A lenient one takes such a text for no answer, as `score_answers` does.
    """

    def __init__(self, item: Item, comparisons: Sequence[Comparison], *, lenient: bool = False) -> None:
        super().__init__({"": UNANSWERED, None: UNANSWERED})
        self.lenient = lenient
        self.item = item
        self.comparisons = tuple(comparisons)
        nothing = State(None, False, (None,) * len(self.comparisons))
        self.states: list[State] = [nothing, nothing]
        self.answers: list[Answer | None] = [None, None]
        self._number: dict[State, int] = {}

    def __missing__(self, text: str | None) -> int:
        if text is None or not text.strip():
            self[text] = UNANSWERED
            return UNANSWERED
        try:
            answer = read_answer(self.item, text)
        except AnswerNotUnderstood:
            if not self.lenient:
                raise
            return UNANSWERED
        truths = tuple(compares(comparison, answer) for comparison in self.comparisons)
        state = State(ratio_of(self.item, answer), answer.is_na, truths)
        number = self._number.get(state)
        if number is None:
            number = self._number[state] = len(self.states)
            self.states.append(state)
            self.answers.append(answer)
        # Numbers and free texts have endless spellings; keep the common ones only.
        if len(self) < 10_000:
            self[text] = number
        return number


@dataclass(frozen=True)
class Columns:
    """`states[i][v]` is the state of item i in visit v; `places[v]` is the visit's row in `attributes`."""

    version: Version
    tables: tuple[StatesOf, ...]
    states: tuple[States, ...]
    places: npt.NDArray[np.int64]
    attributes: tuple[Attributes, ...]

    @property
    def visits(self) -> int:
        return len(self.places)

    def answers_of(self, visit: int) -> dict[str, Answer]:
        """One visit's answers (of each state, the first that was met), for `score_of`."""
        found: dict[str, Answer] = {}
        for item, table, column in zip(self.version.items, self.tables, self.states, strict=True):
            answer = table.answers[int(column[visit])]
            if answer is not None:
                found[item.code] = answer
        return found


def tables_of(version: Version, *, lenient: bool = False) -> tuple[StatesOf, ...]:
    """Empty tables for a version's items."""
    asked: dict[str, list[Comparison]] = {item.code: [] for item in version.items}
    for item in version.items:
        for comparison in comparisons_in(item.show_if) if item.show_if else ():
            known = asked[comparison.subject]
            if comparison not in known:
                known.append(comparison)
    return tuple(StatesOf(item, asked[item.code], lenient=lenient) for item in version.items)


def encode(
    version: Version,
    visits: Iterable[Mapping[str, str]],
    places: Sequence[int] | None = None,
    attributes: Sequence[Attributes] = ({},),
) -> Columns:
    """Visits as item code → answer text. An answer that cannot be one raises `AnswerNotUnderstood`."""
    tables = tables_of(version)
    pairs = tuple(zip((item.code for item in version.items), tables, strict=True))

    def rows() -> Iterator[list[int]]:
        for visit in visits:
            get = visit.get
            yield [table[get(code, "")] for code, table in pairs]

    return _columns(version, tables, _in_blocks(len(tables), rows()), places, attributes)


class _Entry(msgspec.Struct, gc=False, frozen=True):
    """What scoring needs of one entry of a revision's document; everything else in it is skipped."""

    answer: str | None = ""


_NO_ENTRY: Final = _Entry("")


def _asked_as(code: str, only: Collection[str] | None) -> str:
    """The key an item is looked for under; one that is not wanted stands under a key no document can have."""
    return code if only is None or code in only else f"{code}!"


def encode_documents(
    version: Version,
    documents: Iterable[bytes | str | memoryview],
    places: Sequence[int] | None = None,
    attributes: Sequence[Attributes] = ({},),
    *,
    only: Collection[str] | None = None,
    lenient: bool = False,
) -> Columns:
    """The same from revisions as the database keeps them: JSON text {"greeted": {"answer": "yes", …}, …}.

    With `only` the answers to other items count as not given.
    """
    tables = tables_of(version, lenient=lenient)
    # A class of its own with one slot an item: the decoder fills it without ever making a dict (ten times json.loads).
    names = [f"item{number}" for number in range(len(tables))]
    slots = [
        (name, _Entry, msgspec.field(name=_asked_as(item.code, only), default=_NO_ENTRY))
        for name, item in zip(names, version.items, strict=True)
    ]
    decode = msgspec.json.Decoder(msgspec.defstruct("Row", slots, gc=False)).decode
    readers = [
        (attrgetter(f"{name}.answer"), table.__getitem__) for name, table in zip(names, tables, strict=True)
    ]

    def blocks() -> Iterator[npt.NDArray[np.uint16]]:
        # Item by item, so that both loops over the visits run inside the interpreter's own C; few visits, so that what
        # was decoded is still in the processor's cache.
        waiting = iter(documents)
        while rows := list(map(decode, islice(waiting, _NEAR))):
            block = np.empty((len(readers), len(rows)), dtype=np.uint16)
            for column, (said, state) in zip(block, readers, strict=True):
                column[:] = np.fromiter(map(state, map(said, rows)), np.uint16, len(rows))
            yield block

    return _columns(version, tables, blocks(), places, attributes)


def _in_blocks(width: int, rows: Iterator[list[int]]) -> Iterator[npt.NDArray[np.uint16]]:
    """Gathers rows block by block, so that the lists of Python numbers never grow large."""
    while True:
        block = array("H")  # flat and unseen by the garbage collector
        for row in islice(rows, _BLOCK):
            block.extend(row)
        if not block:
            return
        yield np.frombuffer(block, dtype=np.uint16).reshape(-1, width).T.copy()


def _columns(
    version: Version,
    tables: tuple[StatesOf, ...],
    found: Iterator[npt.NDArray[np.uint16]],
    places: Sequence[int] | None,
    attributes: Sequence[Attributes],
) -> Columns:
    """Puts blocks of states (items x visits) behind each other."""
    width = len(tables)
    blocks = list(found)
    whole = np.concatenate(blocks, axis=1) if blocks else np.zeros((width, 0), dtype=np.uint16)
    count = whole.shape[1]
    columns = tuple(_narrow(whole[index], len(table.states)) for index, table in enumerate(tables))
    at = np.zeros(count, dtype=np.int64) if places is None else np.asarray(places, dtype=np.int64)
    if at.shape != (count,) or (count and not 0 <= int(at.min()) <= int(at.max()) < len(attributes)):
        raise ValueError("every visit needs its place among the attributes")
    return Columns(version, tables, columns, at, tuple(attributes))


_BLOCK: Final = 8192
_NEAR: Final = 96


def _narrow(column: npt.NDArray[np.uint16], states: int) -> States:
    return column.astype(np.uint8) if states <= 256 else np.ascontiguousarray(column)
