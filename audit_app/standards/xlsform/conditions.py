"""Between `relevant` in a form and `show_if` in a standard, both ways, and `constraint` with its two limits.

The logic differs in one point: where a question is not answered, XPath makes `${q} != 'a'` true, a standard says nothing and
hides the item. So what we write asks for an answer first (`${q} != '' and …`), and what comes in without that is noted.
Conditions are the mappings of the YAML format here, in canonical spelling.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from audit_app.kit.i18n import _
from audit_app.standards.rules.conditions import read_value
from audit_app.standards.rules.definition import (
    BY_EVIDENCE,
    GIVEN,
    NA,
    WITH_OPTIONS,
    AnswerType,
)
from audit_app.standards.rules.fields import exact
from audit_app.standards.rules.values import read_decimal, read_time, write_decimal, write_time
from audit_app.standards.xlsform.expressions import (
    SELF,
    Both,
    Compare,
    Either,
    Expression,
    NotSupported,
    Opposite,
    Selected,
    parse,
)

Condition = dict[str, Any]
_ANSWERED: Final = "answered"


@dataclass(frozen=True)
class Subject:
    """A question that a condition may rest on: its code in the standard, and its answers by their name in the form."""

    code: str
    type: AnswerType
    codes: Mapping[str, str] = field(default_factory=dict)
    na: bool = False
    whole: bool = False


class WrongReference(Exception):
    """The expression rests on a question that is not there, or stands further down; `text` is a msgid."""

    def __init__(self, text: str, **values: Any) -> None:
        self.text = text
        self.values = values
        super().__init__(text % values)


@dataclass
class Reader:
    """Turns expressions into conditions. `earlier` has None for a question that was not carried over."""

    earlier: Mapping[str, Subject | None]
    later: frozenset[str] = frozenset()
    loose: set[str] = field(default_factory=set)
    guarded: set[str] = field(default_factory=set)

    def read(self, text: str) -> Condition:
        """The condition this `relevant` means. Raises `NotSupported` or `WrongReference`."""
        return self._finished(self._condition(parse(text)))

    @property
    def hidden_until_answered(self) -> list[str]:
        """The items whose missing answer hides here what a form would have shown."""
        return sorted(self.loose - self.guarded)

    def _finished(self, found: Condition) -> Condition:
        if _ANSWERED in found:
            subject: Subject = found[_ANSWERED]
            if subject.type in BY_EVIDENCE:
                return {"item": subject.code, "is": [GIVEN]}
            if subject.type in WITH_OPTIONS:
                codes = {*subject.codes.values(), *([NA] if subject.na else [])}
                return {"item": subject.code, "is": sorted(codes)}
            raise NotSupported(
                _("it only asks whether “%(item)s” was answered; name the answers"), item=subject.code
            )
        if "not" in found:
            if _ANSWERED in found["not"]:
                raise NotSupported(
                    _("it asks whether “%(item)s” was left empty; a standard cannot"),
                    item=found["not"][_ANSWERED].code,
                )
            return {"not": self._finished(found["not"])}
        for key in ("all", "any"):
            if key in found:
                return {key: [self._finished(part) for part in found[key]]}
        return found

    def _subject(self, name: str) -> Subject:
        if name == SELF:
            raise NotSupported(_("“%(part)s” cannot be carried over"), part=SELF)
        if name in self.earlier:
            found = self.earlier[name]
            if found is None:
                raise NotSupported(_("it rests on “%(item)s”, which was not carried over"), item=name[:60])
            return found
        if name in self.later:
            raise WrongReference(
                _("“%(item)s” does not stand earlier; a condition can only look at items above"),
                item=name[:60],
            )
        raise WrongReference(_("there is no item “%(item)s”"), item=name[:60])

    def _condition(self, expression: Expression) -> Condition:
        if isinstance(expression, Compare):
            return self._comparison(expression)
        if isinstance(expression, Selected):
            subject = self._subject(expression.subject)
            return {"item": subject.code, "is": [_code(subject, expression.constant)]}
        if isinstance(expression, Opposite):
            inner = self._condition(expression.part)
            self.loose.update(_subjects(inner))
            return {"not": inner}
        parts = [self._condition(part) for part in expression.parts]
        return self._any(parts) if isinstance(expression, Either) else self._all(parts)

    def _any(self, parts: list[Condition]) -> Condition:
        subjects = {part.get("item") for part in parts if "is" in part}
        if len(subjects) == 1 and all("is" in part for part in parts):
            return {"item": subjects.pop(), "is": sorted({one for part in parts for one in part["is"]})}
        return {"any": parts}

    def _all(self, parts: list[Condition]) -> Condition:
        """`${q} != ''` beside another comparison of the same question is what a standard means anyway."""
        rest = [part for part in parts if _ANSWERED not in part]
        sure = {
            code
            for part in rest
            if not {"all", "any"} & set(part.get("not", part))
            for code in _subjects(part)
        }
        kept: list[Condition] = []
        for part in parts:
            if _ANSWERED in part and part[_ANSWERED].code in sure:
                self.guarded.add(part[_ANSWERED].code)
            else:
                kept.append(part)
        return kept[0] if len(kept) == 1 else {"all": kept}

    def _comparison(self, one: Compare) -> Condition:
        subject = self._subject(one.subject)
        if one.constant == "" and one.sign in ("=", "!="):
            answered: Condition = {_ANSWERED: subject}
            return answered if one.sign == "!=" else {"not": answered}
        if one.sign == "!=":
            self.loose.add(subject.code)
            return {"not": self._comparison(Compare(one.subject, "=", one.constant, one.number))}
        if subject.type in WITH_OPTIONS:
            return _of_options(subject, one)
        if subject.type in (AnswerType.TEXT, *BY_EVIDENCE):
            raise NotSupported(
                _("“%(item)s” is answered in free words; a condition cannot rest on them"), item=subject.code
            )
        return _of_number(subject, one)


def _of_options(subject: Subject, one: Compare) -> Condition:
    if one.sign == "=":
        if subject.type is AnswerType.MULTIPLE and len(subject.codes) > 1:
            raise NotSupported(
                _("it asks for exactly one of several answers; write selected(${%(item)s}, '…')"),
                item=subject.code,
            )
        return {"item": subject.code, "is": [_code(subject, one.constant)]}
    bound = read_decimal(one.constant)
    numbers = {name: read_decimal(name) for name in subject.codes}
    if bound is None or any(number is None for number in numbers.values()):
        raise NotSupported(_("it compares the answers of “%(item)s” as numbers"), item=subject.code)
    chosen = sorted(
        subject.codes[name]
        for name, number in numbers.items()
        if number is not None and _holds(number, one.sign, bound)
    )
    if not chosen:
        raise NotSupported(_("no answer of “%(item)s” can make it true"), item=subject.code)
    return {"item": subject.code, "is": chosen}


def _holds(number: Fraction, sign: str, bound: Fraction) -> bool:
    if sign in (">", ">="):
        return number > bound or (sign == ">=" and number == bound)
    return number < bound or (sign == "<=" and number == bound)


def _of_number(subject: Subject, one: Compare) -> Condition:
    if subject.type is AnswerType.TIME:
        minutes = read_time(one.constant[:5])
        if minutes is None or one.sign != "=" or not re.fullmatch(r"[0-9:.]{4,12}", one.constant):
            raise NotSupported(_("it compares a time of day"))
        return {"item": subject.code, "is": [write_time(minutes)]}
    bound = exact(one.constant)
    if bound is None or (bound * 10**6).denominator != 1:
        raise NotSupported(
            _("“%(answer)s” is no answer to “%(item)s”"), answer=one.constant[:60], item=subject.code
        )
    if one.sign == "=":
        return {"item": subject.code, "is": [write_decimal(bound)]}
    at_least: Condition = {"item": subject.code, "at_least": _plain(bound)}
    at_most: Condition = {"item": subject.code, "at_most": _plain(bound)}
    return {">=": at_least, "<=": at_most, "<": {"not": at_least}, ">": {"not": at_most}}[one.sign]


def _plain(number: Fraction) -> int | str:
    return number.numerator if number.denominator == 1 else write_decimal(number)


def _code(subject: Subject, constant: str) -> str:
    if subject.na and constant.lower() == NA:
        return NA
    code = subject.codes.get(constant)
    if code is None:
        raise NotSupported(
            _("“%(answer)s” is no answer to “%(item)s”"), answer=constant[:60], item=subject.code
        )
    return code


def _subjects(condition: Condition) -> set[str]:
    """The items a condition rests on; those only asked for being answered do not count."""
    if "item" in condition:
        return {condition["item"]}
    if "not" in condition:
        return _subjects(condition["not"])
    parts: list[Condition] = condition.get("all") or condition.get("any") or []
    return {code for part in parts for code in _subjects(part)}


def limits(text: str, *, whole: bool) -> tuple[int | str | None, int | str | None]:
    """Smallest and largest answer from a `constraint` such as `. >= 0 and . <= 10`. Raises `NotSupported`."""
    low: list[Fraction] = []
    high: list[Fraction] = []
    expression = parse(text)
    for part in expression.parts if isinstance(expression, Both) else (expression,):
        if not isinstance(part, Compare) or part.subject != SELF or part.sign in ("=", "!="):
            raise NotSupported(_("only a smallest and a largest number can be carried over"))
        bound = read_decimal(part.constant) or exact(part.constant)
        if bound is None or (part.sign in ("<", ">") and not whole) or (whole and bound.denominator != 1):
            raise NotSupported(_("only a smallest and a largest number can be carried over"))
        step = {"<": -1, ">": 1}.get(part.sign, 0)
        (low if part.sign in (">", ">=") else high).append(bound + step)
    return (_plain(max(low)) if low else None, _plain(min(high)) if high else None)


_OR, _AND, _ATOM = 1, 2, 3


def written(condition: Mapping[str, Any], subjects: Mapping[str, Subject]) -> str:
    """The condition as `relevant`, meaning in a form what it means here."""
    return _written(condition, subjects)[0]


def _written(condition: Mapping[str, Any], subjects: Mapping[str, Subject]) -> tuple[str, int]:
    if "not" in condition:
        return _negated(condition["not"], subjects)
    if "all" in condition:
        return _joined([_written(part, subjects) for part in condition["all"]], " and ", _AND)
    if "any" in condition:
        return _joined([_written(part, subjects) for part in condition["any"]], " or ", _OR)
    subject = subjects[condition["item"]]
    if "is" in condition:
        return _joined([(_equal(subject, str(value)), _ATOM) for value in condition["is"]], " or ", _OR)
    key = "at_least" if "at_least" in condition else "at_most"
    return _bounded(subject, ">=" if key == "at_least" else "<=", condition[key]), _ATOM


def _negated(condition: Mapping[str, Any], subjects: Mapping[str, Subject]) -> tuple[str, int]:
    if "not" in condition:
        return _written(condition["not"], subjects)
    if "all" in condition:
        return _joined([_negated(part, subjects) for part in condition["all"]], " or ", _OR)
    if "any" in condition:
        return _joined([_negated(part, subjects) for part in condition["any"]], " and ", _AND)
    subject = subjects[condition["item"]]
    if "is" not in condition:
        key = "at_least" if "at_least" in condition else "at_most"
        return _bounded(subject, "<" if key == "at_least" else ">", condition[key]), _ATOM
    values = [str(value) for value in condition["is"]]
    if subject.na and NA not in values and subject.type in WITH_OPTIONS:
        values.append(NA)
    inner, level = _joined([(_equal(subject, value), _ATOM) for value in values], " or ", _OR)
    if level == _ATOM and subject.type is not AnswerType.MULTIPLE and " = " in inner:
        no = inner.replace(" = ", " != ", 1)
    else:
        no = f"not({inner})"
    return _joined([(f"${{{subject.code}}} != ''", _ATOM), (no, _ATOM)], " and ", _AND)


def _joined(parts: Sequence[tuple[str, int]], word: str, level: int) -> tuple[str, int]:
    if len(parts) == 1:
        return parts[0]
    return word.join(text if own > level else f"({text})" for text, own in parts), level


def _equal(subject: Subject, value: str) -> str:
    if subject.type is AnswerType.MULTIPLE:
        return "false()" if value == NA else f"selected(${{{subject.code}}}, '{value}')"
    if subject.type in WITH_OPTIONS or subject.type is AnswerType.TIME:
        return f"${{{subject.code}}} = '{value}'"
    if value == NA:
        return "false()"  # a number cannot be answered so in a form
    return f"${{{subject.code}}} != ''" if subject.type in BY_EVIDENCE else f"${{{subject.code}}} = {value}"


def _bounded(subject: Subject, sign: str, bound: object) -> str:
    number = read_value(subject.type, bound)
    if number is None:
        raise ValueError(f"no bound: {bound!r}")
    if subject.type is AnswerType.TIME:
        # Half a minute beside: the fraction of a day that a form computes is a binary float.
        half = number + (Fraction(1, 2) if sign in ("<=", ">") else Fraction(-1, 2))
        return f"decimal-time(${{{subject.code}}}) * 1440 {sign} {write_decimal(half)}"
    return f"${{{subject.code}}} {sign} {write_decimal(number)}"
