"""The file formats a standard comes in. A format turns bytes into a document and says where each part of it stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.yaml import YamlNotUnderstood, read_document
from audit_app.standards.rules.problems import Problem, StandardNotUnderstood
from audit_app.standards.rules.reading import read_version
from audit_app.standards.xlsform import XlsformNotUnderstood, in_words, read_xlsform

LARGEST_FILE: Final = 4_000_000


@dataclass(frozen=True)
class Read:
    """What a file held: the document, a word for the place of each path, and what could not be carried over."""

    document: Any
    place: Callable[[Sequence[str | int]], str]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A format by its name in the form, what people call it, and the endings of its files."""

    name: str
    label: str
    endings: tuple[str, ...]
    read: Callable[[bytes], Read]


@dataclass(frozen=True)
class Wrong:
    """One thing wrong with a file: where it stands, and a sentence in the reader's language."""

    place: str
    text: str


class FileNotUnderstood(BadInput):
    """The file cannot be used; nothing was written."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__(_("The file cannot be used; nothing was written."))


def _read_yaml(source: bytes) -> Read:
    found = read_document(source)

    def place(path: Sequence[str | int]) -> str:
        return _t("line %(line)s", line=found.line_of(path))

    return Read(found.data, place)


def _read_xlsform(source: bytes) -> Read:
    found = read_xlsform(source)
    return Read(found.document, found.place, tuple(in_words(found.notes)))


FORMATS: Final[dict[str, Format]] = {
    "yaml": Format("yaml", "YAML", (".yaml", ".yml"), _read_yaml),
    "xlsform": Format("xlsform", "XLSForm", (".xlsx",), _read_xlsform),
}
"""Every format the import page offers; the first is taken when the name of the file tells nothing."""


def format_of(name: str, chosen: str = "") -> Format:
    """The format a person chose, else the one the file's name tells, else YAML."""
    if chosen in FORMATS:
        return FORMATS[chosen]
    low = name.lower()
    return next((one for one in FORMATS.values() if low.endswith(one.endings)), FORMATS["yaml"])


def sentence(problem: Problem) -> str:
    """The problem in the reader's language."""
    return _t(problem.text, **problem.values)


def read_file(source: bytes, name: str = "", chosen: str = "") -> Read:
    """The document in a file, checked from end to end. Raises `FileNotUnderstood` with every problem and its place."""
    if len(source) > LARGEST_FILE:
        raise FileNotUnderstood([Wrong("", _t("The file is larger than 4 MB."))])
    try:
        workbook = source.startswith(b"PK\x03\x04")
        found = (FORMATS["xlsform"] if workbook else format_of(name, chosen)).read(source)
        read_version(found.document)
    except YamlNotUnderstood as odd:
        raise FileNotUnderstood([Wrong("", _t(odd.text, **odd.values))]) from None
    except XlsformNotUnderstood as odd:
        raise FileNotUnderstood([Wrong(one.place, one.sentence) for one in odd.wrong]) from None
    except StandardNotUnderstood as odd:
        raise FileNotUnderstood(
            [
                Wrong(", ".join(part for part in (found.place(one.path), one.place) if part), sentence(one))
                for one in odd.problems
            ]
        ) from None
    return found


def missing_words(names: Sequence[str]) -> list[str]:
    """What is said about pictures a file names and cannot bring."""
    said = _("The picture %(name)s is named only; upload it beside its item in the editor.")
    return [_t(said, name=name) for name in names]


def file_name(document: Mapping[str, Any], ending: str = "yaml") -> str:
    """What a version is called as a file: the code is plain ASCII by its rule, so no quoting is ever needed."""
    code = "".join(sign for sign in str(document.get("code") or "") if sign.isalnum() or sign == "-")
    return f"{code or 'standard'}-{document.get('version') or 1}.{ending}"
