"""YAML for people's documents: read without surprises, written so that people can read it.

PyYAML's own loader keeps the last of two equal keys, turns 12:30 into 750 and 010 into 8, unrolls alias bombs, and falls
over a deep nest. So the document is built here from the parser's events, one by one, with its own stack:
no recursion, no tags, no aliases, no binary floats (decimals stay `Decimal`), and every refusal names line and column.

Plain yes/no/on/off are booleans in YAML. As a key or as a member of a list they are always a slip of the pen and are refused
with the cure; as a value (`na: yes`) they are taken as true or false, and a reader that wanted text there says so.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

LARGEST: Final = 1_000_000
DEEPEST: Final = 40
_LONGEST_NUMBER: Final = 30

Path = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, thirty times faster

_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_YES = frozenset({"yes", "Yes", "YES", "on", "On", "ON"})
_NO = frozenset({"no", "No", "NO", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})

# What the parser says in its own words, and what a person can do about it.
_IN_PLAIN_WORDS: Final[Mapping[str, str]] = {
    "mapping values are not allowed": _(
        "Line %(line)s, column %(column)s: there is a colon where none can stand. If it belongs to a text, put the text in quotes."
    ),
    "did not find expected key": _(
        "Line %(line)s, column %(column)s: this line does not fit the ones above. Check its indentation and the quotes before it."
    ),
    "expected <block end>": _(
        "Line %(line)s, column %(column)s: this line does not fit the ones above. Check its indentation and the quotes before it."
    ),
    "could not find expected ':'": _("Line %(line)s, column %(column)s: a colon is missing after a key."),
    "cannot start any token": _(
        "Line %(line)s, column %(column)s: this sign cannot begin a text or an indentation. Use spaces, not tabs, and put the text in quotes."
    ),
    "unexpected end of stream": _("Line %(line)s, column %(column)s: a quote was opened and never closed."),
}


class YamlNotUnderstood(BadInput):
    """This is not a YAML document that can be read."""

    code = "bad_yaml"

    def __init__(self, text: str, /, *, line: int, column: int, **values: Any) -> None:
        self.line = line
        self.column = column
        super().__init__(text, line=line, column=column, **values)


@dataclass(frozen=True)
class Document:
    """What was read, and where each part of it stands: path → (line, column), both counted from 1."""

    data: Any
    places: Mapping[Path, tuple[int, int]]

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the nearest part on this path that the document really has."""
        whole = tuple(path)
        while whole and whole not in self.places:
            whole = whole[:-1]
        return self.places.get(whole, (1, 1))[0]


def read_yaml(source: str | bytes) -> Any:
    """The document as plain data: dict, list, str, int, Decimal, bool, None."""
    return read_document(source).data


def read_document(source: str | bytes) -> Document:
    """The same as `read_yaml`, with the place of every part for those who must point at a line."""
    text = _as_text(source)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _in_plain_words(error) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlNotUnderstood(
            _("Line %(line)s, column %(column)s: this is not valid YAML (%(problem)s)."),
            line=1,
            column=1,
            problem=str(error)[:200],
        ) from None
    if not builder.documents:
        raise YamlNotUnderstood(_("The document is empty."), line=1, column=1)
    return Document(builder.root, builder.places)


def _as_text(source: str | bytes) -> str:
    if len(source) > LARGEST:
        raise YamlNotUnderstood(
            _("The document is larger than %(limit)s bytes."), line=1, column=1, limit=LARGEST
        )
    if isinstance(source, bytes):
        raw = source
        try:
            source = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start]
            line = before.count(b"\n") + 1
            column = error.start - (before.rfind(b"\n") + 1) + 1
            raise YamlNotUnderstood(
                _("Line %(line)s, column %(column)s: the file is not UTF-8 text. Save it as UTF-8."),
                line=line,
                column=column,
            ) from None
    source = source.removeprefix("\ufeff")
    found = _SURROGATE.search(source) or _CONTROL.search(source)
    if found:
        line = source.count("\n", 0, found.start()) + 1
        raise YamlNotUnderstood(
            _("Line %(line)s, column %(column)s: there is a sign here that text cannot hold (%(sign)s)."),
            line=line,
            column=found.start() - source.rfind("\n", 0, found.start()),
            sign=f"U+{ord(found.group()):04X}",
        )
    return source


def _in_plain_words(error: yaml.MarkedYAMLError) -> YamlNotUnderstood:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = str(error.problem or error.context or "")
    for beginning, sentence in _IN_PLAIN_WORDS.items():
        if beginning in problem:
            return YamlNotUnderstood(sentence, line=line, column=column)
    return YamlNotUnderstood(
        _("Line %(line)s, column %(column)s: this is not valid YAML (%(problem)s)."),
        line=line,
        column=column,
        problem=problem[:200],
    )


_NO_KEY: Final = object()


@dataclass
class _Open:
    """A mapping or list that has begun and not ended."""

    content: dict[str, Any] | list[Any]
    path: Path
    key: Any = _NO_KEY


class _Builder:
    """Turns the parser's events into plain data, without recursion."""

    def __init__(self) -> None:
        self.root: Any = None
        self.documents = 0
        self.places: dict[Path, tuple[int, int]] = {}
        self.open: list[_Open] = []

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse(
                    event, _("Line %(line)s, column %(column)s: only one document may stand in a file.")
                )
        elif isinstance(event, NodeEvent):
            self._take_node(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.open.pop()

    def _take_node(self, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._refuse(
                event,
                _(
                    "Line %(line)s, column %(column)s: anchors (&) and aliases (*) are not taken; write the part out."
                ),
            )
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self._refuse(
                event, _("Line %(line)s, column %(column)s: tags (%(tag)s) are not taken."), tag=str(tag)[:60]
            )
        if isinstance(event, ScalarEvent):
            self._place(event, self._value(event))
            return
        if len(self.open) >= DEEPEST:
            self._refuse(
                event,
                _("Line %(line)s, column %(column)s: the document is nested deeper than %(limit)s."),
                limit=DEEPEST,
            )
        content: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        assert isinstance(event, MappingStartEvent | SequenceStartEvent)
        path = self._place(event, content)
        self.open.append(_Open(content, path))

    def _place(self, event: NodeEvent, value: Any) -> Path:
        """Put a value where it belongs; gives its path."""
        if not self.open:
            self.root = value
            self.places[()] = self._mark(event)
            return ()
        parent = self.open[-1]
        if isinstance(parent.content, list):
            self._no_bare_yes(event, value)
            path = (*parent.path, len(parent.content))
            parent.content.append(value)
        elif parent.key is _NO_KEY:
            parent.key = self._key(event, value, parent.content)
            path = (*parent.path, parent.key)
        else:
            path = (*parent.path, parent.key)
            parent.content[parent.key] = value
            parent.key = _NO_KEY
            self.places.setdefault(path, self._mark(event))
            return path
        self.places[path] = self._mark(event)
        return path

    def _key(self, event: NodeEvent, value: Any, among: Mapping[str, Any]) -> str:
        self._no_bare_yes(event, value)
        if isinstance(value, bool) or value is None or isinstance(value, dict | list):
            self._refuse(event, _("Line %(line)s, column %(column)s: a key must be text."))
        key = value if isinstance(value, str) else str(getattr(event, "value", value))
        if key in among:
            self._refuse(
                event,
                _("Line %(line)s, column %(column)s: the key “%(key)s” stands here twice."),
                key=key[:60],
            )
        return key

    def _no_bare_yes(self, event: NodeEvent, value: Any) -> None:
        if not isinstance(value, bool) or not isinstance(event, ScalarEvent):
            return
        if event.value in _YES | _NO:
            self._refuse(
                event,
                _(
                    'Line %(line)s, column %(column)s: write "%(word)s" in quotes; without them YAML reads it as true or false.'
                ),
                word=event.value,
            )

    def _value(self, event: ScalarEvent) -> Any:
        text: str = event.value
        found = _SURROGATE.search(text) or _CONTROL.search(text)
        if found:
            self._refuse(
                event,
                _("Line %(line)s, column %(column)s: there is a sign here that text cannot hold (%(sign)s)."),
                sign=f"U+{ord(found.group()):04X}",
            )
        # `style` is None or '' for plain scalars; a quoted or literal one is always text. A lone "!" asks for text too.
        if event.style or event.tag == "!":
            return text
        if text in _NULL:
            return None
        if text in _TRUE or text in _YES:
            return True
        if text in _FALSE or text in _NO:
            return False
        whole, decimal = _WHOLE.fullmatch(text), _DECIMAL.fullmatch(text)
        if (whole or decimal) and len(text) > _LONGEST_NUMBER:
            self._refuse(event, _("Line %(line)s, column %(column)s: this number is too long."))
        if whole:
            return int(text)
        return Decimal(text) if decimal else text

    def _mark(self, event: Event) -> tuple[int, int]:
        mark = event.start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def _refuse(self, event: Event, text: str, **values: Any) -> None:
        line, column = self._mark(event)
        raise YamlNotUnderstood(text, line=line, column=column, **values)


class _Dumper(yaml.SafeDumper):
    """Block style with indented lists, short plain lists on one line, long texts as literal blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Words that another YAML reader could take for something else stay in quotes, even where ours would not mind.
_TO_QUOTE = re.compile(
    r"(?i:y|n|yes|no|on|off|true|false|null|~|=|<<)|[-+.]?[0-9][0-9a-zA-Z_.:+-]*|[-+]?\.(?i:inf|nan)"
)

_ODD_BREAK = re.compile("[\x85\u2028\u2029\ufeff]")  # only double quotes keep these


def _text_node(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "\n" in text and not re.search(r"[^\S\n]\n|\A\s|[\x85\u2028\u2029\ufeff\r\t]", text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    style = '"' if not text or _TO_QUOTE.fullmatch(text) or _ODD_BREAK.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _decimal_node(dumper: _Dumper, number: Decimal) -> yaml.ScalarNode:
    if not number.is_finite():
        raise TypeError(f"not a number that a document can hold: {number}")
    text = f"{number:f}"
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


def _list_node(dumper: _Dumper, members: Iterable[Any]) -> yaml.SequenceNode:
    whole = list(members)
    plain = all(isinstance(one, str | int | Decimal) and "\n" not in str(one) for one in whole)
    short = plain and sum(len(str(one)) + 2 for one in whole) <= 70
    return dumper.represent_sequence("tag:yaml.org,2002:seq", whole, flow_style=short)


def _refuse_float(dumper: _Dumper, number: float) -> yaml.ScalarNode:
    raise TypeError(f"a binary float is not exact: {number!r}; use Decimal or text")


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(Decimal, _decimal_node)
_Dumper.add_representer(float, _refuse_float)
_Dumper.add_representer(list, _list_node)
_Dumper.add_representer(tuple, _list_node)


def write_yaml(data: Any) -> str:
    """The document as text for people; `read_yaml` of it gives an equal document. Keys stay in the order given."""
    return yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=110
    )
