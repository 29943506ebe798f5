"""How fast the facts of a study come out of a database, and what it weighs.

`python benchmarks/facts.py DATABASE_URL [STANDARD]` prints one line: visits, items, location-weeks, wall and processor seconds,
peak memory. Fill the database first: `audit-app demo --large --data DIR` (200,000 visits; PostgreSQL by AUDIT_DATABASE_URL).
"""

import resource
import sys
import time
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from audit_app.effectiveness.loading import Wanted, facts_hash, facts_of
from audit_app.kit.db import make_engines, read
from audit_app.outcomes.models import OutcomeDay
from audit_app.standards.models import Standard


def main() -> None:
    """Load once, say what it took."""
    url, code = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "clothing-shop"
    engines = make_engines(url)
    with read(engines) as session:
        standard = session.exec(select(Standard.id).where(Standard.code == code)).one()
        last = session.exec(select(sa.func.max(col(OutcomeDay.day)))).one()
    wall, spent = time.perf_counter(), time.process_time()
    facts = facts_of(engines, Wanted(standard, last - timedelta(days=52 * 7 - 1), last))
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    weight = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{engines.reading.dialect.name}: {len(facts.visits):,} visits x {len(facts.items)} items, "
        f"{len(facts.locations) * facts.weeks:,} location-weeks: {wall:.1f} s wall, {spent:.1f} s processor, "
        f"{weight:,.0f} MB; inputs {facts_hash(facts)[:12]}"
    )


if __name__ == "__main__":
    main()
