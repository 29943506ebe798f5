"""Days with numbers, in columns: hundreds of thousands of them are compared and merged at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Days:
    """Location-days; `values` by measure, NaN where unknown. Money is whole cents, so every value here is exact."""

    location: Places
    """Number of the location in the caller's list."""
    day: Places
    """Days since 1970."""
    values: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.day)

    def those(self, rows: npt.NDArray[np.intp] | Flags) -> "Days":
        """Only these rows."""
        return Days(
            self.location[rows], self.day[rows], {name: one[rows] for name, one in self.values.items()}
        )


@dataclass(frozen=True)
class Merged:
    """What an import comes to beside what is known: which rows are new, changed or the same, and the rows to write."""

    new: Flags
    changed: Flags
    whole: Days
    """Every incoming row with all measures: those the import has not are kept as they are."""

    @property
    def written(self) -> Days:
        """The rows that differ from what is known."""
        return self.whole.those(self.new | self.changed)


def number_of(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def keys_of(days: Days) -> npt.NDArray[np.int64]:
    """One whole number for each location-day."""
    return days.location.astype(np.int64) * 10**6 + days.day.astype(np.int64)


def twice(days: Days) -> npt.NDArray[np.intp]:
    """For each row the first row with the same location and day (itself, where it is the first)."""
    _keys, first, back = np.unique(keys_of(days), return_index=True, return_inverse=True)
    return np.asarray(first[back])


def merged(incoming: Days, known: Days) -> Merged:
    """The incoming rows laid over the known ones; both without doubles, locations numbered alike."""
    order = np.argsort(keys_of(known), kind="stable")
    keys = keys_of(known)[order]
    wanted = keys_of(incoming)
    at = np.searchsorted(keys, wanted)
    inside = np.minimum(at, max(len(keys) - 1, 0))
    found = (keys[inside] == wanted) if len(keys) else np.zeros(len(wanted), dtype=np.bool_)
    row = order[inside] if len(keys) else np.zeros(len(wanted), dtype=np.intp)
    changed = np.zeros(len(incoming), dtype=np.bool_)
    values: dict[str, Floats] = {}
    for name in dict.fromkeys((*incoming.values, *known.values)):
        before = np.full(len(incoming), np.nan)
        if name in known.values:
            before[found] = known.values[name][row[found]]
        now = incoming.values.get(name, before)
        changed |= found & ~((now == before) | (np.isnan(now) & np.isnan(before)))
        values[name] = now
    return Merged(~found, changed, Days(incoming.location, incoming.day, values))
