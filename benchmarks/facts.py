"""How fast the facts of a study come out of a database, and what it weighs.

`python -m benchmarks.facts DATABASE_URL [STANDARD]` prints visits, items, location-weeks, wall and processor seconds, peak memory,
and in the same run the floor: the database handing over the same rows by ADBC, nothing decoded. Fill the database first:
`audit-app demo --large --data DIR` (200,000 visits; PostgreSQL by AUDIT_DATABASE_URL).
"""

import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from audit_app.effectiveness import loading
from audit_app.effectiveness.columnar import Reader
from audit_app.effectiveness.loading import Wanted, facts_hash, facts_of
from audit_app.kit.db import make_engines, read
from audit_app.outcomes.models import OutcomeDay
from audit_app.standards.models import Standard, StandardVersion, VersionState


def timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and processor seconds, and what came of it."""
    wall, spent = time.perf_counter(), time.process_time()
    found = act()
    return time.perf_counter() - wall, time.process_time() - spent, found


def main() -> None:
    """Load once, say what it took."""
    url, code = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "clothing-shop"
    engines = make_engines(url)
    with read(engines) as session:
        standard = session.exec(select(Standard.id).where(Standard.code == code)).one()
        last = session.exec(select(sa.func.max(col(OutcomeDay.day)))).one()
        versions = session.exec(
            select(StandardVersion.id).where(
                StandardVersion.standard_id == standard, StandardVersion.state != VersionState.DRAFT
            )
        ).all()
    wanted = Wanted(standard, last - timedelta(days=52 * 7 - 1), last)
    reader = Reader(engines.reading)

    def drain() -> int:
        asked = (loading._visits_asked(reader, wanted, version) for version in versions)
        return sum(batch.rows.num_rows for one in asked for batch in reader.batches(one))

    drain()  # the pages of the file are in memory for both
    floor, floor_spent, _rows = timed(drain)
    wall, spent, facts = timed(lambda: facts_of(engines, wanted))
    weight = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{engines.reading.dialect.name}: {len(facts.visits):,} visits x {len(facts.items)} items, "
        f"{len(facts.locations) * facts.weeks:,} location-weeks: {wall:.1f} s wall, {spent:.1f} s processor, "
        f"{weight:,.0f} MB; handing over alone {floor:.1f} s wall, {floor_spent:.1f} s processor: "
        f"{spent / floor_spent:.1f} x the floor; inputs {facts_hash(facts)[:12]}"
    )


if __name__ == "__main__":
    main()
