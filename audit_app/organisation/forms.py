"""Shapes of what a person may submit about people."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator

from audit_app.kit.i18n import _
from audit_app.kit.web import Bound

Email = Annotated[str, Field(min_length=3, max_length=254)]


class SignIn(Bound):
    """The sign-in form; the password is taken as it was typed."""

    email: str = Field(default="", max_length=254)
    password: str = Field(default="", max_length=1000)

    model_config = {"extra": "ignore", "str_strip_whitespace": False}


class InvitePerson(Bound):
    """A new person with a first role."""

    name: str = Field(min_length=1, max_length=120)
    email: Email
    role: str = Field(min_length=1, max_length=20)
    region: UUID | None = None
    location: UUID | None = None
    locale: Literal["en", "ru", "uk"] = "en"

    @field_validator("email")
    @classmethod
    def looks_like_an_address(cls, value: str) -> str:
        """One @ with something on both sides; more is for the mail server to know."""
        before, at, after = value.partition("@")
        if not at or not before or "." not in after or any(c.isspace() for c in value):
            raise ValueError(_("Please give an e-mail address, such as name@example.org."))
        return value.lower()


class GrantRole(Bound):
    """One more role for somebody."""

    role: str = Field(min_length=1, max_length=20)
    region: UUID | None = None
    location: UUID | None = None
