"""The one way in: a file is planned against what is known and carried out whole, or nothing happens."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from audit_app.imports import queries
from audit_app.imports.actions import network
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import Sheet, understand
from audit_app.imports.rules.places import plan_places, plan_workers
from audit_app.imports.rules.plans import Plan
from audit_app.imports.rules.report import Report, RowsNotTaken
from audit_app.imports.rules.shoppers import plan_shoppers
from audit_app.kit import audit
from audit_app.kit.tables import read_table


@dataclass(frozen=True)
class Upload:
    """A file as it came; `name` is only for people, the content decides what it is."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Hash of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Options:
    """How to import: leave bad rows out, only look, or put visits into another state."""

    skip_bad: bool = False
    dry_run: bool = False
    state: str | None = None


Prepared = tuple[Plan[Any], Callable[[], None]]


def prepare(session: Session, sheet: Sheet, now: datetime) -> Prepared:
    """The plan for a sheet, and what carries it out."""
    if sheet.kind is Kind.LOCATIONS:
        whole = plan_places(sheet, queries.known_places(session))
        return whole.plan, lambda: network.write_places(session, whole)
    if sheet.kind is Kind.EMPLOYEES:
        workers = plan_workers(sheet, queries.known_workers(session), queries.own_locations(session))
        return workers, lambda: network.write_workers(session, workers)
    walkers = plan_shoppers(sheet, queries.known_shoppers(session))
    return walkers, lambda: network.write_shoppers(session, walkers, now)


def bring_in(
    session: Session,
    kind: Kind,
    upload: Upload,
    *,
    by: UUID | None,
    now: datetime,
    options: Options = Options(),
) -> Report:
    """Import one file. Raises `RowsNotTaken` when rows are bad and may not be left out; then nothing was written."""
    sheet = understand(read_table(upload.content), kind)
    plan, carry_out = prepare(session, sheet, now)
    report = Report.of(plan, upload.name)
    if options.dry_run:
        return report
    if report.bad and not options.skip_bad:
        raise RowsNotTaken(report)
    if plan.changes:
        carry_out()
        audit.record(
            session,
            by,
            f"import.{kind}",
            "import",
            None,
            at=now,
            sha256=upload.sha256,
            new=report.new,
            changed=report.changed,
            bad=report.bad,
        )
    return report
