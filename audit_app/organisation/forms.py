"""Shapes of what a person may submit about people."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from audit_app.kit.i18n import _
from audit_app.kit.web import Bound

Email = Annotated[str, Field(min_length=3, max_length=254)]


class SignIn(Bound):
    """The sign-in form; the password is taken as it was typed."""

    email: str = Field(default="", max_length=254)
    password: str = Field(default="", max_length=1000)

    model_config = {"extra": "ignore", "str_strip_whitespace": False}


class ChangePerson(Bound):
    """Name, address and language of somebody."""

    name: str = Field(min_length=1, max_length=120)
    email: Email
    locale: Literal["en", "ru", "uk"] = "en"

    @field_validator("email")
    @classmethod
    def looks_like_an_address(cls, value: str) -> str:
        """One @ with something on both sides; more is for the mail server to know."""
        before, at, after = value.partition("@")
        if not at or not before or "." not in after or any(c.isspace() for c in value):
            raise ValueError(_("Please give an e-mail address, such as name@example.org."))
        return value.lower()


class InvitePerson(ChangePerson):
    """A new person with a first role."""

    role: str = Field(min_length=1, max_length=20)
    region: UUID | None = None
    location: UUID | None = None


class NewToken(Bound):
    """A token for a program."""

    name: str = Field(min_length=1, max_length=120)
    scopes: list[str] = []


class GrantRole(Bound):
    """One more role for somebody."""

    role: str = Field(min_length=1, max_length=20)
    region: UUID | None = None
    location: UUID | None = None


Code = Annotated[str, Field(min_length=1, max_length=60)]


class NameIt(Bound):
    """Code and name of a brand or region."""

    code: Code
    name: str = Field(min_length=1, max_length=120)
    own: Literal["yes", "no"] = "yes"


class Rename(Bound):
    """Another name."""

    name: str = Field(min_length=1, max_length=120)


class DescribeLocation(Bound):
    """A location; its attributes are read apart, they come as rows."""

    code: Code
    name: str = Field(min_length=1, max_length=120)
    brand: UUID
    region: UUID | None = None
    format: str = Field(default="", max_length=60)
    city: str = Field(default="", max_length=120)
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = Field(min_length=1, max_length=60)

    @field_validator("latitude", "longitude", mode="before")
    @classmethod
    def comma_is_a_point(cls, value: object) -> object:
        """49,84 is a number where most of our readers live."""
        return value.replace(",", ".") if isinstance(value, str) else value

    @field_validator("latitude")
    @classmethod
    def on_the_globe(cls, value: float | None) -> float | None:
        """From pole to pole; `not` also refuses NaN."""
        if value is not None and not -90 <= value <= 90:
            raise ValueError(_("Please give degrees from -90 to 90, such as 49.84."))
        return value

    @field_validator("longitude")
    @classmethod
    def around_the_globe(cls, value: float | None) -> float | None:
        """Once around."""
        if value is not None and not -180 <= value <= 180:
            raise ValueError(_("Please give degrees from -180 to 180, such as 24.03."))
        return value

    @field_validator("timezone")
    @classmethod
    def is_known(cls, value: str) -> str:
        """A name of the time zone database."""
        if value not in available_timezones():
            raise ValueError(_("Please choose one from the list."))
        return value


class DescribeEmployee(Bound):
    """Somebody who works at a location."""

    code: Code
    name: str = Field(min_length=1, max_length=120)
    role: str = Field(default="", max_length=60)
    hired_on: date | None = None
