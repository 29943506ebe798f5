"""Who may reach what: actors, scopes, passwords. Pure."""

import re
from dataclasses import dataclass
from uuid import UUID

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.organisation.models import Role

SESSION_HOURS = {"idle": 12, "total": 7 * 24}
"""Managers: half a day without a click, a week in all."""
SHOPPER_SESSION_HOURS = {"idle": 30 * 24, "total": 30 * 24}
"""Shoppers work outdoors with a bad network; signing in again there costs answers."""
INVITATION_HOURS = 72
TRIES = 10
TRIES_MINUTES = 5


@dataclass(frozen=True)
class Reach:
    """A role and how far it goes; neither region nor location: the whole network."""

    role: str
    region_id: UUID | None = None
    location_id: UUID | None = None


@dataclass(frozen=True)
class Scope:
    """The locations somebody may reach: all of them, or those of some regions and some single ones."""

    everything: bool
    regions: frozenset[UUID]
    locations: frozenset[UUID]

    @property
    def nothing(self) -> bool:
        """Whether no location at all is in reach."""
        return not (self.everything or self.regions or self.locations)


@dataclass(frozen=True)
class Actor:
    """Whoever is signed in, for one request."""

    id: UUID
    name: str
    email: str
    locale: str
    timezone: str
    reaches: tuple[Reach, ...]
    session_id: UUID | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The names of the roles."""
        return frozenset(reach.role for reach in self.reaches)

    @property
    def discreet(self) -> bool:
        """Whether pages must not tell a bystander what they are for: of people who only make visits unannounced."""
        return self.roles == {Role.SHOPPER}

    def has(self, *roles: str) -> bool:
        """Whether one of these roles is held, in any reach."""
        return any(reach.role in roles for reach in self.reaches)

    def scope(self, *roles: str) -> Scope:
        """How far these roles go together."""
        mine = [reach for reach in self.reaches if reach.role in roles]
        return Scope(
            everything=any(reach.region_id is None and reach.location_id is None for reach in mine),
            regions=frozenset(reach.region_id for reach in mine if reach.region_id),
            locations=frozenset(reach.location_id for reach in mine if reach.location_id),
        )


PLACE_ROLES = frozenset({Role.LOCATION_MANAGER, Role.EMPLOYEE})
"""Roles that only make sense with a location."""
REGION_ROLES = frozenset({Role.REGION_MANAGER})
STAFF = frozenset({Role.REGION_MANAGER, Role.LOCATION_MANAGER, Role.EMPLOYEE, Role.PROCESS_OWNER})
"""Store roles: they never learn who the shopper was."""


class PasswordTooWeak(AuditError):
    """Please choose another password."""

    status = 422


COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "password1",
        "password123",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "qwerty123",
        "qwertyuiop",
        "11111111",
        "00000000",
        "iloveyou",
        "sunshine",
        "football",
        "baseball",
        "princess",
        "welcome1",
        "admin123",
        "administrator",
        "letmein1",
        "abc12345",
        "superman",
        "trustno1",
        "monkey12",
        "dragon12",
        "master12",
        "michael1",
        "shadow12",
        "computer",
        "internet",
        "starwars",
        "whatever",
        "charlie1",
        "jennifer",
        "hunter22",
        "asdfghjk",
        "zxcvbnm1",
        "1q2w3e4r",
        "1qaz2wsx",
        "q1w2e3r4",
        "qazwsxed",
        "87654321",
        "987654321",
        "0987654321",
        "changeme",
        "default1",
        "secret12",
        "mystery1",
        "пароль12",
        "йцукенгш",
        "фывапрол",
        "привет12",
        "любовь12",
        "пароль123",
        "qwerty12",
        "zaq12wsx",
        "mypassword",
        "samsung1",
        "liverpool",
        "chelsea1",
    ]
)


def check_password(password: str, *, context: tuple[str, ...] = ()) -> None:
    """Raise `PasswordTooWeak` with the reason: too short, known to everybody, or made of the names around it.

    At least 8 characters (15 advised), any characters, at most 200; no rules on kinds of characters (ASVS 5.0, V6.2).
    """
    if len(password) < 8:
        raise PasswordTooWeak(_("A password needs at least 8 characters; 15 or more are better."))
    if len(password) > 200:
        raise PasswordTooWeak(_("A password may have at most 200 characters."))
    low = password.casefold()
    if low in COMMON or len(set(low)) < 4 or re.fullmatch(r"(.{1,3})\1+", low):
        raise PasswordTooWeak(
            _("This password is among the first that others would try. Please choose another one.")
        )
    for word in context:
        for part in re.split(r"[^\w]+", word.casefold()):
            if len(part) >= 4 and part in low and len(low) - len(part) < 5:
                raise PasswordTooWeak(
                    _("Please do not build the password from your name, address or the company's name.")
                )


TOKEN_SCOPES: dict[str, frozenset[Role]] = {
    "visits": frozenset({Role.SHOPPER, Role.AUDITOR}),
    "import": frozenset({Role.ADMINISTRATOR, Role.QUALITY_MANAGER}),
}
"""What a token may be for, and whose programs could use it."""


def token_scopes_of(roles: frozenset[str]) -> list[str]:
    """The scopes that make sense for somebody with these roles."""
    return [scope for scope, wanted in TOKEN_SCOPES.items() if wanted & roles]
