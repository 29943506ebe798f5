"""What a file of outcomes points at: our own locations, remembered headings, and the days that are here."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.imports.rules.outcomes import KnownForOutcomes
from audit_app.organisation.models import Brand, Location
from audit_app.outcomes.models import OutcomeHeading
from audit_app.outcomes.rules.days import Days
from audit_app.outcomes.store import known_days


def known_for_outcomes(session: Session) -> KnownForOutcomes:
    """Competitors are left out: we do not know what their customers did."""
    rows = session.connection().execute(
        sa.select(col(Location.code), col(Location.id))
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .where(col(Brand.own))
        .order_by(col(Location.code))
    )
    found = [(code, key) for code, key in rows]
    ids = tuple(key for _code, key in found)

    def days(numbers: Sequence[int], first: date, last: date) -> Days:
        here = known_days(session, [ids[number] for number in numbers], first, last)
        back = np.array(numbers, dtype=np.int32)
        return Days(back[here.location], here.day, here.values)

    headings = dict(session.exec(select(OutcomeHeading.heading, OutcomeHeading.meaning)).all())
    return KnownForOutcomes({code: n for n, (code, _key) in enumerate(found)}, ids, headings, days)
