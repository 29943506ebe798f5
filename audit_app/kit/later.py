"""Heavy packages, loaded when they are first used: a server answers its first page before it needs a statistician."""

import importlib
from typing import Any


class _Later:
    """Stands for a module; the first question to it loads the real one (Python's own lock makes that safe in threads)."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)  # asked once: the next time Python finds it without coming here
        return found


def later(name: str) -> Any:
    """The module of that name, loaded at its first use."""
    return _Later(name)
