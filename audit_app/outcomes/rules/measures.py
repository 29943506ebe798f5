"""The measures of a day: four that every study reads, and any number of further ones with a plain name."""

import re
from collections.abc import Mapping
from typing import Final

from audit_app.kit.i18n import _

VISITORS, TRANSACTIONS, REVENUE, COMPLAINTS = "visitors", "transactions", "revenue", "complaints"
FIXED: Final = (VISITORS, TRANSACTIONS, REVENUE, COMPLAINTS)
"""Measures with a column of their own, in the order of the import (product.md 11)."""
COUNTS: Final = frozenset({VISITORS, TRANSACTIONS, COMPLAINTS})
"""Whole numbers that cannot be below zero."""
LARGEST: Final = 10**13
"""No day of a shop has more of anything; beyond it a double could not hold cents."""

TITLES: Final[Mapping[str, str]] = {
    VISITORS: _("Visitors"),
    TRANSACTIONS: _("Transactions"),
    REVENUE: _("Revenue"),
    COMPLAINTS: _("Complaints"),
}

_NAME = re.compile(r"[^\W\d_]\w{0,39}")
RESERVED: Final = frozenset({"location", "date", "day", "code", "week"})


def name_of(heading: str) -> str:
    """The plain name of a further measure, from its heading: “Staff hours” is staff_hours. Empty where none can be made."""
    plain = re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")[:40].strip("_")
    return plain if _NAME.fullmatch(plain) and plain not in RESERVED else ""


def is_name(text: str) -> bool:
    """Whether this is the plain name of a measure."""
    return bool(_NAME.fullmatch(text)) and text == text.casefold() and text not in RESERVED
