"""What can be imported, and the columns of each kind (product.md 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from audit_app.kit.i18n import _


class Kind(StrEnum):
    """A kind of file."""

    LOCATIONS = "locations"
    EMPLOYEES = "employees"
    SHOPPERS = "shoppers"
    STANDARDS = "standards"
    VISITS = "visits"
    ANSWERS = "answers"
    OUTCOMES = "outcomes"


@dataclass(frozen=True)
class Column:
    """One column: its heading, what stands in it, an example, and other headings it may have."""

    name: str
    about: str
    sample: str = ""
    needed: bool = False
    also: tuple[str, ...] = ()


TITLES: Final[Mapping[Kind, str]] = {
    Kind.LOCATIONS: _("Locations"),
    Kind.EMPLOYEES: _("Employees"),
    Kind.SHOPPERS: _("Shoppers"),
    Kind.STANDARDS: _("Standards"),
    Kind.VISITS: _("Visits"),
    Kind.ANSWERS: _("Answers"),
    Kind.OUTCOMES: _("Outcomes"),
}

ABOUT: Final[Mapping[Kind, str]] = {
    Kind.LOCATIONS: _("Shops, branches and other places, with brand, region, time zone and attributes."),
    Kind.EMPLOYEES: _("Who works where. Locations must be known first."),
    Kind.SHOPPERS: _("People who make visits. They sign in after you send each of them a link."),
    Kind.STANDARDS: _(
        "A checklist as YAML or XLSForm. It arrives as a draft, or published where it is complete."
    ),
    Kind.VISITS: _("Visits that were made elsewhere: where, when and by which standard."),
    Kind.ANSWERS: _("The answers of imported visits, one row an answer. They are scored at once."),
    Kind.OUTCOMES: _(
        "What customers did: visitors, transactions, revenue and complaints of each location and day."
    ),
}

COLUMNS: Final[Mapping[Kind, tuple[Column, ...]]] = {
    Kind.LOCATIONS: (
        Column(
            "code", _("Your own short name for the place; a known code is updated"), "old-town", True, ("location",)
        ),
        Column("name", _("Name that people read"), "Old Town", True),
        Column("brand", _("Code or name of the brand; an unknown one is added"), "Northwind"),
        Column("own", _("yes for your own brand, no for a competitor"), "yes"),
        Column("region", _("Code or name of the region; an unknown one is added"), "West"),
        Column("format", _("Kind of place, in your words"), "street"),
        Column("city", _("City or town"), "Lviv"),
        Column("latitude", _("Degrees, -90 to 90"), "49.8419"),
        Column("longitude", _("Degrees, -180 to 180"), "24.0315"),
        Column("timezone", _("Name of the time zone, such as Europe/Kyiv"), "Europe/Kyiv"),
        Column("attributes", _("What standards ask for, as name=value;name=value"), "patio=yes;tills=4"),
    ),
    Kind.EMPLOYEES: (
        Column("code", _("Your own short name for the person; a known code is updated"), "e-104", True),
        Column("name", _("Name that people read"), "Eva Marchenko", True),
        Column("location", _("Code of the location"), "old-town", True),
        Column("role", _("Job, in your words"), "cashier"),
        Column("hired_on", _("Day of hiring, such as 2026-03-01"), "2026-03-01"),
    ),
    Kind.SHOPPERS: (
        Column("code", _("Your own short name for the person; a known code is updated"), "s-017", True),
        Column("name", _("Name that people read"), "Mara Koval", True),
        Column("email", _("Address to sign in with"), "mara@example.org", True),
        Column("phone", _("Phone number"), "+380 44 000 00 00"),
        Column("languages", _("Languages of the person, as uk;ru;en"), "uk;en"),
        Column("latitude", _("Degrees, -90 to 90"), "49.84"),
        Column("longitude", _("Degrees, -180 to 180"), "24.03"),
    ),
    Kind.STANDARDS: (),
    Kind.VISITS: (
        Column("visit", _("Your own number of the visit"), "2026-0001", True),
        Column("location", _("Code of the location"), "old-town", True, ("code",)),
        Column("date", _("Day of the visit, such as 2026-03-14"), "2026-03-14"),
        Column("visited_at", _("Day and time instead of the day, such as 2026-03-14T15:20"), ""),
        Column("shopper", _("Code or e-mail of the shopper"), "s-017"),
        Column("standard", _("Code of the standard"), "clothing-shop", True),
        Column("version", _("Number of the version; the newest published one if empty"), "1", False, ("checklist_version",)),
        Column("kind", _("mystery, audit or competitor"), "mystery"),
        Column("channel", _("in_person, phone, chat, social, web_order or delivery"), "in_person"),
        Column("employee", _("Code of the employee who served, if known"), ""),
        Column("state", _("State to arrive in, such as planned or released; approved if empty"), ""),
        Column("approved_at", _("When it was approved; the time of the visit if empty"), ""),
        Column("released_at", _("When its result was released, of a released visit"), ""),
    ),
    Kind.ANSWERS: (
        Column("visit", _("Your own number of the visit, as in the file of visits"), "2026-0001", True),
        Column("item", _("Code of the item in the standard"), "greeted", True),
        Column("answer", _("An option's code, pass, partial, fail, na, or a number; several options as a;b"), "yes", True),
        Column("comment", _("What the shopper wrote"), ""),
    ),
    Kind.OUTCOMES: (
        Column("location", _("Code of the location"), "old-town", True, ("code",)),
        Column("date", _("The day, such as 2026-03-14; a day that is here already is replaced"), "2026-03-14", True),
        Column("visitors", _("How many people came in"), "412"),
        Column("transactions", _("How many of them bought: receipts of the day"), "103"),
        Column("revenue", _("Money taken that day, in your own currency"), "4871.50"),
        Column("complaints", _("How many complained"), "1"),
        Column("staff_hours", _("Any further number of the day, under a heading of your own"), "61.5"),
    ),
}  # fmt: skip

MEANINGS: Final[Mapping[str, str]] = {
    "": _("not used"),
    "location": _("code of the location"),
    "date": _("day"),
    "visitors": _("visitors"),
    "transactions": _("transactions"),
    "revenue": _("revenue"),
    "complaints": _("complaints"),
    "more": _("another number, under its own heading"),
}
"""What a column of a file of outcomes may be."""
