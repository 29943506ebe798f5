"""Who may bring files in, how large they may be, and which kinds there are: the same for the page and the API."""

from typing import Final

from audit_app.imports.rules.kinds import Kind
from audit_app.kit.errors import NotFound
from audit_app.kit.tables import MOST_BYTES
from audit_app.organisation.models import Role

BRINGERS: Final = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER)
BODY: Final = MOST_BYTES + 2**20
"""The largest body: the largest file and the form around it."""


def kind_of(word: str) -> Kind:
    """The kind of that name, or `NotFound`."""
    if word not in set(Kind):
        raise NotFound
    return Kind(word)
