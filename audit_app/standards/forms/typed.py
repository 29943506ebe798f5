"""The fields of a form by their dotted names, read kindly: a draft keeps what was typed, the check of the draft judges it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from litestar.datastructures import FormMultiDict

from audit_app.kit.errors import TooLarge

LONGEST: Final = 20_000
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Fields:
    """What was typed, asked for by name."""

    def __init__(self, form: FormMultiDict | Mapping[str, str]) -> None:
        self._many: dict[str, list[str]] = {}
        pairs = form.multi_items() if isinstance(form, FormMultiDict) else form.items()
        for name, value in pairs:
            if isinstance(value, str):
                if len(value) > LONGEST:
                    raise TooLarge
                self._many.setdefault(name, []).append(value.replace("\r\n", "\n"))

    def line(self, name: str) -> str:
        """One value without blanks around it; empty when there is none."""
        return self._many.get(name, [""])[-1].strip()

    def many(self, name: str) -> list[str]:
        """All values, each once, without empty ones."""
        return list(dict.fromkeys(value.strip() for value in self._many.get(name, []) if value.strip()))

    def flag(self, name: str) -> bool:
        """Whether the box is ticked."""
        return bool(self.line(name))

    def has(self, name: str) -> bool:
        """Whether the form had such a field at all."""
        return name in self._many

    def number(self, name: str) -> int | str | None:
        """A whole number as such, anything else as it was typed (a comma becomes a point)."""
        return as_number(self.line(name))

    def text(self, name: str, old: object = None) -> dict[str, str]:
        """Words by language from name.en, name.ru, …; languages that the form did not show stay as they were."""
        found = {
            str(language): str(words)
            for language, words in (old.items() if isinstance(old, Mapping) else ())
            if f"{name}.{language}" not in self._many
        }
        for field in self._many:
            head, _dot, language = field.rpartition(".")
            if head == name and _LANGUAGE.fullmatch(language) and self.line(field):
                found[language] = self.line(field)
        return found

    def rows(self, name: str) -> list[str]:
        """The prefixes of numbered rows, `name.0`, `name.1`, …, in the order of their numbers."""
        numbers = set()
        for field in self._many:
            head, _dot, rest = field.removeprefix(f"{name}.").partition(".")
            if field.startswith(f"{name}.") and rest and head.isdigit() and len(head) < 5:
                numbers.add(int(head))
        return [f"{name}.{number}" for number in sorted(numbers)]

    def codes(self, name: str) -> list[str]:
        """Codes separated by commas or blanks."""
        return [part for part in re.split(r"[\s,;]+", self.line(name)) if part]


def as_number(text: str) -> int | str | None:
    """As `Fields.number`, for a text at hand."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    return int(text) if _WHOLE.fullmatch(text) else text


def without_empty(found: Mapping[str, Any]) -> dict[str, Any]:
    """Only what says something; 0 and False say something."""
    return {key: value for key, value in found.items() if value is not None and value not in ("", [], {})}
