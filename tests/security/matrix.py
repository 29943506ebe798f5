"""What the app's routes say of themselves: method, path, and the roles whose guards let them in."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from litestar import Litestar

from audit_app.organisation.models import Role

ALL = frozenset(str(role) for role in Role)
EVERYONE, SIGNED_IN = "everyone", "signed-in"


class Door(NamedTuple):
    """One method of one path, and who may use it: `everyone`, `signed-in`, or names of roles."""

    method: str
    path: str
    roles: str
    handler: Any

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def allowed(self) -> frozenset[str]:
        return ALL if self.roles in (EVERYONE, SIGNED_IN) else frozenset(self.roles.split())


def roles_of(handler: Any) -> str:
    """The roles that every guard of the handler lets in."""
    guards = [guard.roles for guard in handler.resolve_guards() if hasattr(guard, "roles")]
    if all(roles is None for roles in guards):
        return EVERYONE
    named = [roles for roles in guards if roles]
    if not named:
        return SIGNED_IN
    return " ".join(sorted(frozenset.intersection(*named)))


def doors(app: Litestar) -> Iterator[Door]:
    """Every way into the app."""
    for route in sorted(app.routes, key=lambda one: one.path):
        for handler in getattr(route, "route_handlers", []):
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Door(method, route.path_format, roles_of(handler), handler)


def read_table(text: str) -> dict[str, str]:
    """The table of access.txt: `METHOD path: roles`."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            key, _colon, roles = line.partition(": ")
            found[key.strip()] = " ".join(sorted(roles.split()))
    return found
