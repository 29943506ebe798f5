"""The part of XPath that forms really use in `relevant` and `constraint`, read into a small tree.

Comparisons of a question (or of `.`) with a constant, selected(), not(), and, or, brackets. Whatever else stands there
raises `NotSupported` with a sentence, so that nobody loses a rule without hearing of it.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from audit_app.kit.i18n import _, gettext

SELF: Final = "."
LONGEST: Final = 5_000
DEEPEST: Final = 12
_MOST_PARTS: Final = 400

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<ref>\$\{\s*[^{}\s]{1,200}\s*\})
  | (?P<text>'[^']*'|"[^"]*"|‘[^’]*’|“[^”]*”)
  | (?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![0-9.A-Za-z_]))
  | (?P<sign>!=|<=|>=|=|<|>|\(|\)|,)
  | (?P<self>\.(?![0-9A-Za-z_./]))
  | (?P<word>[A-Za-z][A-Za-z0-9_:-]*)
)""",
    re.VERBOSE,
)


class NotSupported(Exception):
    """This expression says something a standard has no word for; `text` is a msgid."""

    def __init__(self, text: str, **values: Any) -> None:
        self.text = text
        self.values = values
        super().__init__(text)

    def __str__(self) -> str:
        """The sentence in the reader's language, whenever it is shown."""
        return gettext(self.text, **self.values)


@dataclass(frozen=True)
class Compare:
    """Question, sign, constant. The constant is text; `number` tells whether it stood there as one."""

    subject: str
    sign: str
    constant: str
    number: bool = False


@dataclass(frozen=True)
class Selected:
    subject: str
    constant: str


@dataclass(frozen=True)
class Both:
    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Opposite:
    part: "Expression"


Expression = Compare | Selected | Both | Either | Opposite

_TURNED: Final = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def parse(text: str) -> Expression:
    """The tree of an expression. Raises `NotSupported`."""
    if len(text) > LONGEST:
        raise NotSupported(_("the expression is longer than %(limit)s signs"), limit=LONGEST)
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise NotSupported(_("“%(part)s” cannot be carried over"), part=text[place : place + 20].strip())
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
        if len(found) > _MOST_PARTS:
            raise NotSupported(_("the expression is longer than %(limit)s signs"), limit=LONGEST)
    return found


class _Parser:
    """Walks the tokens from left to right; or binds weakest, then and, then the rest."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    def whole(self) -> Expression:
        found = self._either()
        if self.place < len(self.tokens):
            raise self._odd()
        return found

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        found = self._peek()
        self.place += 1
        return found

    def _word(self, word: str) -> bool:
        kind, text = self._peek()
        return kind == "word" and text.lower() == word

    def _odd(self) -> NotSupported:
        kind, text = self._peek()
        if kind == "end":
            return NotSupported(_("the expression ends too early"))
        return NotSupported(_("“%(part)s” cannot be carried over"), part=text[:40])

    def _expect(self, sign: str) -> None:
        if self._peek() != ("sign", sign):
            raise self._odd()
        self.place += 1

    def _either(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotSupported(_("the expression has too many brackets in each other"))
        parts = [self._both()]
        while self._word("or"):
            self.place += 1
            parts.append(self._both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Expression:
        parts = [self._one()]
        while self._word("and"):
            self.place += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Expression:
        kind, text = self._peek()
        if (kind, text) == ("sign", "("):
            self.place += 1
            inner = self._either()
            self._expect(")")
            return inner
        if kind == "word" and text.lower() == "not":
            self.place += 1
            self._expect("(")
            inner = self._either()
            self._expect(")")
            return Opposite(inner)
        if kind == "word" and text.lower() == "selected":
            self.place += 1
            self._expect("(")
            subject = self._subject()
            self._expect(",")
            constant, _number = self._constant()
            self._expect(")")
            return Selected(subject, constant)
        return self._comparison()

    def _comparison(self) -> Expression:
        if self._peek()[0] in ("text", "number"):
            constant, number = self._constant()
            sign = self._sign()
            return Compare(self._subject(), _TURNED[sign], constant, number)
        subject = self._subject()
        sign = self._sign()
        constant, number = self._constant()
        return Compare(subject, sign, constant, number)

    def _sign(self) -> str:
        kind, text = self._peek()
        if kind != "sign" or text not in _TURNED:
            raise self._odd()
        self.place += 1
        return text

    def _subject(self) -> str:
        kind, text = self._peek()
        if kind == "ref":
            self.place += 1
            return text[2:-1].strip()
        if kind == "self":
            self.place += 1
            return SELF
        raise self._odd()

    def _constant(self) -> tuple[str, bool]:
        kind, text = self._peek()
        if kind == "text":
            self.place += 1
            return text[1:-1].strip(), False
        if kind == "number":
            self.place += 1
            return text, True
        if kind == "ref":
            raise NotSupported(
                _("two questions are compared with each other; a standard compares with an answer only")
            )
        raise self._odd()
