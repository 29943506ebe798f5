"""Errors a person may read.

An `AuditError` carries a sentence that says what happened and what to do next, and the HTTP status it means.
Rules and queries raise them; `app.py` turns them into a page, a fragment or JSON, once, for everybody.
"""

from collections.abc import Mapping
from typing import Any


class AuditError(Exception):
    """A refusal in words: `text` is a msgid, `values` fill its placeholders after translation."""

    status = 409
    code = "refused"

    def __init__(self, text: str = "", /, **values: Any) -> None:
        self.text = str(text) or (self.__doc__ or "").strip()
        self.values: Mapping[str, Any] = values
        super().__init__(self.text % values if values else self.text)


class NotFound(AuditError):
    """There is nothing here, or nothing of yours."""

    status = 404
    code = "not_found"


class BadInput(AuditError):
    """What was sent cannot be read."""

    status = 422
    code = "bad_input"


class TooLarge(AuditError):
    """What was sent is too large."""

    status = 413
    code = "too_large"


class Busy(AuditError):
    """The service is busy; nothing was changed. Please try again in a moment."""

    status = 503
    code = "busy"


class NoRoom(AuditError):
    """The server has no room left to keep this; nothing was taken. What you sent is still with you: try again later."""

    status = 503
    code = "no_room"
