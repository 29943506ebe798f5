"""Steps 1 to 4 in one go: from answers to compliance paths. The thorough study walks through it once per group."""

from dataclasses import dataclass

import numpy as np

from audit_app.effectiveness.rules.facts import Flags, Floats, Places, Ratios
from audit_app.effectiveness.rules.matrix import residuals
from audit_app.effectiveness.rules.paths import compliance_paths
from audit_app.effectiveness.rules.severity import Severity, severity, without_severity
from audit_app.effectiveness.rules.signal import Signal, signal


@dataclass(frozen=True)
class Core:
    """What the visits tell: shoppers' severity, signal and noise, and the path of every location."""

    severity: Severity
    signal: Signal
    paths: Floats
    """(S, W, J)"""


def core(ratio: Ratios, location: Places, week: Places, shopper: Places, company: Places, weeks: int) -> Core:
    """Compliance paths from the answers (V, J) of items that vary; visits sorted by location, `company` by location (S,)."""
    plain = residuals(ratio, week, location, company)
    found = severity(plain, location, shopper)
    fair = without_severity(plain, found, shopper)
    split = signal(fair, location, week)
    return Core(found, split, compliance_paths(fair, location, week, len(company), weeks, split))


def visited(location: Places, ratio: Ratios, locations: int) -> Flags:
    """(S,) locations with at least two visits that answered something: one visit tells nothing about change."""
    told = ~np.isnan(ratio).all(axis=1)
    return np.bincount(location[told], minlength=locations) >= 2
