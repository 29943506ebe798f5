"""The scores of many visits, in columns."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from audit_app.scoring.encoding import Columns, Whole
from audit_app.standards.rules.definition import Version

Flags = npt.NDArray[np.bool_]

NO_SCORE: Final = -1


@dataclass(frozen=True)
class BulkScores:
    """One row a visit. A denominator of 0 means no score; tenths, band and passed are −1 where there is none."""

    version: Version
    numerators: Whole
    denominators: Whole
    tenths: npt.NDArray[np.int32]
    passed: npt.NDArray[np.int8]
    band: npt.NDArray[np.int16]
    na: npt.NDArray[np.int16]
    could_count: npt.NDArray[np.int16]
    section_numerators: Whole
    section_denominators: Whole
    critical_items: tuple[str, ...]
    critical: Flags
    one_by_one: int
    beyond: dict[tuple[int | None, int], Fraction]
    """Fractions too long for 64 bits: (section or None for the total, visit) → value."""

    def __len__(self) -> int:
        return len(self.numerators)

    def ratio(self, visit: int) -> Fraction | None:
        """The visit's score, exactly; numerator and denominator stand in lowest terms already."""
        if (None, visit) in self.beyond:
            return self.beyond[None, visit]
        below = int(self.denominators[visit])
        return Fraction(int(self.numerators[visit]), below) if below else None

    def section_ratio(self, section: int, visit: int) -> Fraction | None:
        if (section, visit) in self.beyond:
            return self.beyond[section, visit]
        below = int(self.section_denominators[section, visit])
        return Fraction(int(self.section_numerators[section, visit]), below) if below else None

    def na_share(self, visit: int) -> Fraction | None:
        could = int(self.could_count[visit])
        return Fraction(int(self.na[visit]), could) if could else None

    def critical_of(self, visit: int) -> tuple[str, ...]:
        """The missed critical items, in the order of the form."""
        return tuple(
            code for code, missed in zip(self.critical_items, self.critical[:, visit], strict=True) if missed
        )

    def passed_of(self, visit: int) -> bool | None:
        passed = int(self.passed[visit])
        return None if passed < 0 else bool(passed)


def no_scores_yet(columns: Columns) -> BulkScores:
    """Columns of the right size, nothing scored yet."""
    count, version = columns.visits, columns.version
    critical = tuple(item.code for item in version.items if item.critical)
    return BulkScores(
        version=version,
        numerators=np.zeros(count, dtype=np.int64),
        denominators=np.zeros(count, dtype=np.int64),
        tenths=np.full(count, NO_SCORE, dtype=np.int32),
        passed=np.full(count, NO_SCORE, dtype=np.int8),
        band=np.full(count, NO_SCORE, dtype=np.int16),
        na=np.zeros(count, dtype=np.int16),
        could_count=np.zeros(count, dtype=np.int16),
        section_numerators=np.zeros((len(version.sections), count), dtype=np.int64),
        section_denominators=np.zeros((len(version.sections), count), dtype=np.int64),
        critical_items=critical,
        critical=np.zeros((len(critical), count), dtype=np.bool_),
        one_by_one=0,
        beyond={},
    )


def put(scores: BulkScores, section: int | None, visit: int, ratio: Fraction | None) -> None:
    """One fraction into its columns, or beside them when it is too long."""
    above, below = (0, 0) if ratio is None else (ratio.numerator, ratio.denominator)
    if ratio is not None and max(above, below) >= 1 << 63:
        scores.beyond[section, visit] = ratio
        above, below = 0, 0
    if section is None:
        scores.numerators[visit], scores.denominators[visit] = above, below
    else:
        scores.section_numerators[section, visit] = above
        scores.section_denominators[section, visit] = below
