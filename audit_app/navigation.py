"""Which pages each role finds in the menu, in the order of their work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.organisation.models import Role


class _Reader(Protocol):
    @property
    def roles(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Link:
    """One entry of the menu."""

    name: str
    label: str
    href: str
    current: bool


_HEADQUARTERS = frozenset(
    {
        Role.ADMINISTRATOR,
        Role.QUALITY_MANAGER,
        Role.REVIEWER,
        Role.EXECUTIVE,
        Role.TRAINER,
        Role.PROCESS_OWNER,
    }
)
_DESK = frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER})

MENU: list[tuple[str, str, frozenset[Role]]] = [
    ("home.show", _("Home"), frozenset(Role) - {Role.SHOPPER, Role.AUDITOR}),
    ("standards.index", _("Standards"), frozenset(Role) - {Role.SHOPPER}),
    ("visits.desk", _("Visits"), _DESK | {Role.REVIEWER}),
    ("visits.calendar", _("Calendar"), _DESK | {Role.REVIEWER}),
    ("visits.review_queue", _("Review"), frozenset({Role.QUALITY_MANAGER, Role.REVIEWER})),
    ("scoring.results", _("Results"), _HEADQUARTERS | {Role.REGION_MANAGER, Role.LOCATION_MANAGER}),
    (
        "effectiveness.index",
        _("Effectiveness"),
        frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.EXECUTIVE, Role.AUDITOR}),
    ),
    ("scoring.competitors", _("Competitors"), _HEADQUARTERS),
    (
        "outcomes.coverage",
        _("Outcomes"),
        frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.EXECUTIVE, Role.REGION_MANAGER}),
    ),
    ("pilots.index", _("Pilots"), _DESK | {Role.EXECUTIVE}),
    ("pilots.changes", _("Changes"), frozenset({Role.LOCATION_MANAGER})),
    ("scoring.own", _("My results"), frozenset({Role.EMPLOYEE})),
    ("field.list", _("My visits"), frozenset({Role.SHOPPER, Role.AUDITOR})),
    ("network.locations", _("Network"), frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER})),
    ("people.index", _("People"), frozenset({Role.ADMINISTRATOR})),
    ("imports.index", _("Import"), frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER})),
]
"""Route, label, roles."""


def links(actor: _Reader | None, path: str, reverse: Callable[..., str]) -> list[Link]:
    """The menu of this reader; the page they are on is marked."""
    if actor is None:
        return []
    mine = [(name, label, reverse(name)) for name, label, roles in MENU if roles & actor.roles]
    here = [
        href for _name, _label, href in mine if path == href or (href != "/" and path.startswith(href + "/"))
    ]
    nearest = max(
        here, key=len, default=None
    )  # /results/competitors is a page of its own, not one of the results
    return [Link(name, _t(label), href, href == nearest) for name, label, href in mine]


__all__: list[Any] = ["MENU", "Link", "links"]
