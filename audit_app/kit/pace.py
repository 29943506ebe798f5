"""How often one person may ask for what costs much: a bucket for each, filled again as time goes by.

Situation: an export of a large chain or a photo to be made anew is seconds of work; a script gone wild could ask for a
thousand. Choice: a guard on the route; counts live in the memory of the process and are forgotten by themselves, so a
service of several processes is that much more generous. Refused: a table (a write for every reading request).
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from audit_app.kit.errors import AuditError

MOST_KEPT = 20_000
_left: dict[tuple[str, object], tuple[float, float]] = {}


class TooOften(AuditError):
    """That was too often. Please wait a moment."""

    status = 429
    code = "too_often"


def take(name: str, who: object, most: int, per: float, now: float) -> bool:
    """Whether there is one left for them; a full bucket holds `most` and fills in `per` seconds."""
    left, at = _left.get((name, who), (float(most), now))
    left = min(float(most), left + (now - at) * most / per)
    if left < 1:
        return False
    if len(_left) >= MOST_KEPT:
        _left.clear()
    _left[name, who] = (left - 1, now)
    return True


def paced(
    name: str, most: int, *, per: float = 60.0
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard beside the one that names the roles: at most so many within so many seconds for each person."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        actor = connection.scope.get("user")
        if actor is not None and not take(name, actor.id, most, per, time.monotonic()):
            raise TooOften

    return guard
