"""What people answered, read against the item that asked.

An answer is kept as text (`yes`, `late;early`, `12.5`, `90`, `14:05`, `na`); `read_answer` gives its one canonical
spelling and what it means, or says in a sentence why it cannot be one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.standards.rules.definition import (
    ANY,
    BY_EVIDENCE,
    GIVEN,
    LARGEST_VALUE,
    MISS,
    NA,
    AnswerType,
    Evidence,
    Item,
    Version,
)
from audit_app.standards.rules.ratios import ratio_of_codes, ratio_of_number
from audit_app.standards.rules.values import (
    read_decimal,
    read_duration,
    read_time,
    write_decimal,
    write_time,
)

LONGEST_ANSWER: Final = 5_000
MOST_KEPT: Final = 300
LONGEST_KEPT: Final = 40
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is the canonical spelling, `codes` the chosen options (or the text itself), `number` where there is one."""

    text: str
    codes: tuple[str, ...]
    number: Fraction | None = None

    @property
    def is_na(self) -> bool:
        return self is NOT_APPLICABLE or self.codes == NOT_APPLICABLE.codes


NOT_APPLICABLE: Final = Answer(NA, (NA,))

Answers = Mapping[str, Answer]
"""Item code → answer; an item that was not answered is not in it."""


class AnswerNotUnderstood(BadInput):
    """This is no answer to that item."""

    code = "bad_answer"

    def __init__(self, item: Item, text: str, /, **values: Any) -> None:
        self.item = item.code
        super().__init__(text, item=item.code, **values)


def read_answer(item: Item, text: str) -> Answer:
    """The answer in its canonical spelling. `pass` and `fail` are taken where one option is plainly the best or the worst."""
    kept: Answer | None = item.kept.get(text)
    if kept is None:
        kept = _read_answer(item, text)
        if item.type is not AnswerType.TEXT:
            _keep(item, text, kept)
    return kept


def _keep(item: Item, key: object, found: object) -> None:
    """Remember it, while there is room: an item has few answers, but a number can be anything."""
    if len(item.kept) < MOST_KEPT and not (isinstance(key, str) and len(key) > LONGEST_KEPT):
        item.kept[key] = found


def _read_answer(item: Item, text: str) -> Answer:
    said = text.strip()
    if not said:
        raise AnswerNotUnderstood(item, _("“%(item)s”: the answer is empty"))
    if len(said) > LONGEST_ANSWER:
        raise AnswerNotUnderstood(
            item, _("“%(item)s”: the answer is longer than %(limit)s signs"), limit=LONGEST_ANSWER
        )
    if item.type is AnswerType.TEXT and not (item.na and said.lower() == NA):
        return _words(item, said)
    if said.lower() == NA:
        if not item.na:
            raise AnswerNotUnderstood(item, _("“%(item)s” may not be answered as not applicable"))
        return NOT_APPLICABLE
    if item.options:
        return _chosen(item, said.lower())
    if item.type in BY_EVIDENCE:
        if said.lower() != GIVEN:
            raise AnswerNotUnderstood(
                item,
                _("“%(item)s” is answered by a picture; its answer is “given”, not “%(answer)s”"),
                answer=said[:60],
            )
        return Answer(GIVEN, (GIVEN,))
    return _measured(item, said)


def _words(item: Item, said: str) -> Answer:
    if _FORBIDDEN.search(said):
        raise AnswerNotUnderstood(item, _("“%(item)s”: the answer holds a sign that text cannot hold"))
    said = said.replace("\r\n", "\n").replace("\r", "\n")
    return Answer(said, (said,))


def _chosen(item: Item, said: str) -> Answer:
    options = item.option_by_code
    if item.type is AnswerType.MULTIPLE:
        parts = [part.strip() for part in said.split(";") if part.strip()]
        unknown = next((part for part in parts if part not in options), None)
        if unknown is not None or not parts:
            raise _no_option(item, unknown or said)
        codes = tuple(code for code in options if code in parts)
        return Answer(";".join(codes), codes)
    code = said if said in options else _plain_option(item, said)
    if code is None:
        raise _no_option(item, said)
    return Answer(code, (code,))


def _plain_option(item: Item, said: str) -> str | None:
    """What `pass` or `fail` means for an item with options of its own: its only best or only worst one."""
    if not item.has_ratio or said not in ("pass", "fail"):
        return None
    wanted = item.best if said == "pass" else min(option.points for option in item.options)
    found = [option.code for option in item.options if option.points == wanted]
    return found[0] if len(found) == 1 and (said == "pass" or wanted <= 0) else None


def _no_option(item: Item, said: str) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(
        item,
        _("“%(answer)s” is no answer to “%(item)s”; its answers are %(known)s"),
        answer=said[:60],
        known=", ".join([*item.option_by_code, *([NA] if item.na else [])]),
    )


def _measured(item: Item, said: str) -> Answer:
    if item.type is AnswerType.TIME:
        minutes = read_time(said)
        if minutes is None:
            raise AnswerNotUnderstood(
                item, _("“%(item)s” is answered by a time such as 14:05, not “%(answer)s”"), answer=said[:60]
            )
        spelled = write_time(minutes)
        return Answer(spelled, (spelled,), minutes)
    if item.type is AnswerType.DURATION:
        number = read_duration(said)
        if number is None:
            raise AnswerNotUnderstood(
                item,
                _(
                    "“%(item)s” is answered by seconds or by minutes and seconds such as 1:30, not “%(answer)s”"
                ),
                answer=said[:60],
            )
    else:
        number = read_decimal(said)
        if number is None or (item.scale and number.denominator != 1):
            text = (
                _("“%(item)s” is answered by a whole number, not “%(answer)s”")
                if item.scale
                else _("“%(item)s” is answered by a number, not “%(answer)s”")
            )
            raise AnswerNotUnderstood(item, text, answer=said[:60])
    low: Fraction | int | None = item.scale.min if item.scale else item.min
    high: Fraction | int | None = item.scale.max if item.scale else item.max
    if (
        (low is not None and number < low)
        or (high is not None and number > high)
        or abs(number) > LARGEST_VALUE
    ):
        raise AnswerNotUnderstood(
            item,
            _("“%(item)s”: %(answer)s lies outside of what can be answered (%(low)s to %(high)s)"),
            answer=said[:60],
            low="…" if low is None else write_decimal(Fraction(low)),
            high="…" if high is None else write_decimal(Fraction(high)),
        )
    spelled = write_decimal(number)
    return Answer(spelled, (spelled,), number)


def ratio_of(item: Item, answer: Answer) -> Fraction | None:
    """How good the answer is, from 0 to 1; None when it is not applicable or cannot be better or worse."""
    if not item.has_ratio or answer.is_na:
        return None
    key = ("ratio", answer.codes)
    ratio: Fraction | None = item.kept.get(key)
    if ratio is None:
        if item.options:
            ratio = ratio_of_codes(item, answer.codes)
        elif answer.number is not None:
            ratio = ratio_of_number(item, answer.number)
        _keep(item, key, ratio)
    return ratio


def is_miss(item: Item, answer: Answer) -> bool:
    """Anything short of full marks."""
    ratio = ratio_of(item, answer)
    return ratio is not None and ratio < 1


def evidence_for(item: Item, answer: Answer) -> tuple[Evidence, ...]:
    """What this answer must be shown by. `any` means any answer but not applicable, which has its own rule."""
    if not item.evidence:
        return ()
    wanted: set[Evidence] = set()
    if answer.is_na:
        wanted.update(item.evidence.get(NA, ()))
    else:
        wanted.update(item.evidence.get(ANY, ()))
        for code in answer.codes:
            wanted.update(item.evidence.get(code, ()) if item.options else ())
        if MISS in item.evidence and is_miss(item, answer):
            wanted.update(item.evidence[MISS])
    return tuple(kind for kind in Evidence if kind in wanted)


def opens_incident(item: Item, answer: Answer) -> bool:
    """Whether this answer, once approved, opens the item's incident."""
    if item.incident is None or answer.is_na:
        return False
    if MISS in item.incident.when and is_miss(item, answer):
        return True
    return bool(item.options) and any(code in item.incident.when for code in answer.codes)


@dataclass(frozen=True)
class Given:
    """What stands beside one item in a draft or revision: an answer, a comment, pictures."""

    answer: Answer | None
    comment: str = ""
    evidence: tuple[str, ...] = ()


def read_given(
    version: Version, document: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Given], list[AnswerNotUnderstood]]:
    """A revision's answers document against its version: what can be read, and what cannot, item by item.

    Items that the version does not have are not looked at; a photo or signature counts as answered by its file.
    """
    givens: dict[str, Given] = {}
    problems: list[AnswerNotUnderstood] = []
    for code, entry in document.items():
        item = version.item_by_code.get(code)
        if item is None:
            continue
        said = str(entry.get("answer") or "").strip()
        evidence = tuple(str(one) for one in entry.get("evidence") or ())
        if not said and evidence and item.type in BY_EVIDENCE:
            said = GIVEN
        answer = None
        if said:
            try:
                answer = read_answer(item, said)
            except AnswerNotUnderstood as problem:
                problems.append(problem)
        givens[code] = Given(answer, str(entry.get("comment") or "").strip(), evidence)
    return givens, problems


def answers_in(givens: Mapping[str, Given]) -> dict[str, Answer]:
    """Only the answers, as visibility and scoring want them."""
    return {code: given.answer for code, given in givens.items() if given.answer is not None}


def read_answers(version: Version, texts: Mapping[str, str]) -> dict[str, Answer]:
    """Item code → answer text, all of which must be good; empty texts are left out."""
    return {
        code: read_answer(version.item_by_code[code], text) for code, text in texts.items() if text.strip()
    }
