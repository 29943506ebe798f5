"""What a study looks at: visits with their answers, and what customers did, location by location and week by week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ratios = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Facts:
    """The inputs of a study as arrays. Locations, items and weeks are counted from 0.

    S locations, W weeks (of seven days from `first_day`), V visits, J items. Sorted: visits by location, then day.
    """

    locations: tuple[str, ...]
    """S codes, as they are shown."""
    regions: tuple[str, ...]
    """S: the region of each location ("" where none is known)."""
    formats: tuple[str, ...]
    """S: the kind of place; "" where unknown."""
    items: tuple[str, ...]
    """J codes: identities that outlive versions."""
    first_day: date
    weeks: int
    visits: tuple[str, ...]
    """V names, to open a figure to its rows."""
    location: Places
    """(V,)"""
    day: Places
    """(V,) days since `first_day`."""
    shopper: Places
    """(V,) the same number means the same shopper; nothing else is known of them."""
    version: Places
    """(V,) number of the standard's version."""
    ratio: Ratios
    """(V, J) in 0..1; NaN where not answered, not applicable or not on the list."""
    on_list: Flags
    """(V, J) whether the item stood on the checklist of that visit."""
    measures: Mapping[str, Floats]
    """Name → (S, W) sums of the week; NaN where a week has no numbers. visitors, transactions, revenue, complaints, …"""
    days_covered: Places
    """(S, W) how many days of the week have numbers: a half week stays a rate, a week of none is left out."""
