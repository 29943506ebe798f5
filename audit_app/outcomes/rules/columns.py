"""Which column of a file means what: told by its heading, by what a person chose before, or chosen now."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from audit_app.outcomes.rules.measures import COMPLAINTS, FIXED, REVENUE, TRANSACTIONS, VISITORS, name_of

LOCATION, DATE = "location", "date"
UNUSED, FURTHER = "", "more"
NEEDED: Final = (LOCATION, DATE)
CHOICES: Final = (UNUSED, LOCATION, DATE, *FIXED, FURTHER)
"""What a person may choose for a column; `more` makes a further measure of the heading's own name."""

_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    LOCATION: ("location_code", "code", "store", "shop", "branch", "store_id", "магазин", "точка", "код_магазина",
               "филиал", "код_магазину", "філія", "локация", "локація"),
    DATE: ("day", "business_date", "дата", "день"),
    VISITORS: ("footfall", "traffic", "visits", "customers_in", "посетители", "трафик", "відвідувачі", "трафік"),
    TRANSACTIONS: ("receipts", "tickets", "sales_count", "checks", "orders", "чеки", "чеков", "покупки", "чеків"),
    REVENUE: ("sales", "turnover", "net_sales", "выручка", "оборот", "виторг", "обіг", "виручка"),
    COMPLAINTS: ("claims", "жалобы", "скарги"),
}  # fmt: skip


def plain(heading: str) -> str:
    """The heading as it is remembered and compared."""
    return re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")[:120]


_KNOWN: Final = {word: meaning for meaning, words in _ALSO.items() for word in (meaning, *words)}


def meanings_of(
    headings: Sequence[str],
    numeric: Sequence[bool],
    remembered: Mapping[str, str],
    chosen: Mapping[str, str] | None = None,
) -> list[str]:
    """The meaning of each column. What is chosen now wins over what was chosen before, and that over the heading itself.

    A column nobody knows is a further measure where numbers stand in it, else it is not used. No meaning is given twice.
    """
    found: list[str | None] = [None] * len(headings)
    taken: set[str] = set()

    def take(place: int, meaning: str) -> None:
        wanted = name_of(headings[place]) if meaning == FURTHER else meaning
        if found[place] is None and (not wanted or wanted not in taken):
            found[place] = wanted
            taken.add(wanted)

    given = {plain(heading): meaning for heading, meaning in (chosen or {}).items()}
    for source in (given, {word: word for word in (LOCATION, DATE, *FIXED)}, remembered, _KNOWN):
        for place, heading in enumerate(headings):
            meaning = source.get(plain(heading))
            # The canonical names stand before what was remembered: `visitors` are visitors.
            if meaning is not None:
                take(place, meaning)
    for place in range(len(headings)):
        if found[place] is None:
            take(place, FURTHER if numeric[place] else UNUSED)
    return [meaning or "" for meaning in found]
