"""From a declared source to an import: the engine's sums take the place of a file."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from audit_app.imports.actions.bring import Options, Upload, bring_in
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.outcomes import Summed
from audit_app.imports.rules.report import Report
from audit_app.outcomes import engines
from audit_app.outcomes.actions import note_brought
from audit_app.outcomes.models import OutcomeSource
from audit_app.outcomes.rules.expressions import read_expression
from audit_app.settings import Settings
from audit_app.standards.actions.drafts import Someone


def summed_of(source: OutcomeSource, settings: Settings) -> Summed:
    """Sums of the source, made where its rows are."""
    expression = read_expression(source.expression)
    found = engines.sum_up(expression, analytics_url=settings.analytics_url, data=settings.paths.data)
    return Summed(found.codes, found.days, found.values, source.name)


def bring_summed(
    session: Session,
    source: OutcomeSource,
    summed: Summed,
    *,
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
    options: Options,
) -> Report:
    """Import the sums like a file of that name; the audit entry carries a hash of them."""
    mark = hashlib.sha256(json.dumps([source.expression, len(summed.codes)], sort_keys=True).encode())
    for column in (summed.codes, summed.days, *summed.values.values()):
        mark.update(repr(column).encode())
    upload = Upload(source.name, mark.digest())
    report = bring_in(
        session, Kind.OUTCOMES, upload, by=by, now=now, announce=announce, options=options, parsed=summed
    )
    if not options.dry_run:
        note_brought(session, source.id, report.new + report.changed + report.same, now)
    return report
