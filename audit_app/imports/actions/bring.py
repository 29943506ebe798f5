"""The one way in: a file is planned against what is known and carried out whole, or nothing happens."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from audit_app.imports.actions import network, outcomes, standards, visits
from audit_app.imports.queries import network as network_now
from audit_app.imports.queries import outcomes as outcomes_now
from audit_app.imports.queries import visits as visits_now
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import Sheet, understand
from audit_app.imports.rules.outcomes import (
    HowToRead,
    OutcomeSheet,
    OutcomesPlan,
    Summed,
    outcome_sheet,
    plan_outcomes,
    plan_summed,
)
from audit_app.imports.rules.places import plan_places, plan_workers
from audit_app.imports.rules.plans import Plan
from audit_app.imports.rules.report import Report, RowsNotTaken
from audit_app.imports.rules.shoppers import plan_shoppers
from audit_app.imports.rules.visits import STATES, plan_replies, plan_visits
from audit_app.kit import audit
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.tables import read_table
from audit_app.kit.yaml import Document
from audit_app.standards.actions.drafts import Someone


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
    """How to import: leave bad rows out, only look, put visits into another state, or read outcomes as a person said."""

    skip_bad: bool = False
    dry_run: bool = False
    state: str | None = None
    how: HowToRead = field(default_factory=HowToRead)


@dataclass(frozen=True)
class Prepared:
    """A plan, what carries it out, and (outcomes only) what the columns of the file were taken for."""

    plan: Plan[Any]
    carry_out: Callable[[], None]
    columns: dict[str, str] = field(default_factory=dict)


def _references(sheet: Sheet) -> set[str]:
    return {line.cells[sheet.place["visit"]].strip()[:80] for line in sheet.lines}


Parsed = Sheet | Document | Summed


def parse(kind: Kind, upload: Upload) -> Parsed:
    """The slow part that needs no database, so that it can be done before it is our turn to write."""
    if kind is Kind.STANDARDS:
        return standards.read_standard(upload.content)
    if kind is Kind.OUTCOMES:
        workbook = upload.content.startswith(b"PK\x03\x04")
        return outcome_sheet(read_table(upload.content), workbook=workbook)
    return understand(read_table(upload.content), kind)


def prepare(
    session: Session,
    kind: Kind,
    sheet: Parsed,
    *,
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
    options: Options,
) -> Prepared:
    """The plan for a file, and what carries it out."""
    if isinstance(sheet, Document):
        plan, document = standards.plan_standard(session, sheet)
        draft = options.state == "draft"
        return Prepared(
            plan, lambda: standards.write_standard(session, document, by, now, announce, draft=draft)
        )
    if isinstance(sheet, OutcomeSheet | Summed):
        return _outcomes(session, sheet, by, now, options)
    if kind is Kind.LOCATIONS:
        whole = plan_places(sheet, network_now.known_places(session))
        return Prepared(whole.plan, lambda: network.write_places(session, whole))
    if kind is Kind.EMPLOYEES:
        workers = plan_workers(sheet, network_now.known_workers(session), network_now.own_locations(session))
        return Prepared(workers, lambda: network.write_workers(session, workers))
    if kind is Kind.SHOPPERS:
        walkers = plan_shoppers(sheet, network_now.known_shoppers(session))
        return Prepared(walkers, lambda: network.write_shoppers(session, walkers, now))
    if kind is Kind.VISITS:
        known = visits_now.known_for_visits(session, _references(sheet))
        # A visit of today is over somewhere on earth before it is over here, so a day of grace.
        made = plan_visits(sheet, known, options.state, now)
        return Prepared(made, lambda: visits.write_visits(session, made, by.id if by else None, now))
    asked = visits_now.asked_visits(session, _references(sheet))
    replies = plan_replies(sheet, asked)
    return Prepared(replies.plan, lambda: visits.write_replies(session, replies, asked, now))


def _outcomes(
    session: Session, sheet: OutcomeSheet | Summed, by: Someone | None, now: datetime, options: Options
) -> Prepared:
    known = outcomes_now.known_for_outcomes(session)
    # The day ends somewhere on earth before it ends here, so a day of grace.
    today = (now + timedelta(days=1)).date()
    whole: OutcomesPlan
    if isinstance(sheet, Summed):
        whole = plan_summed(sheet, known, today)
    else:
        whole = plan_outcomes(sheet, known, options.how, today)
    by_id = by.id if by else None
    return Prepared(
        whole.plan,
        lambda: outcomes.write_outcomes(session, whole, known, options.how, by_id, now),
        whole.columns,
    )


def check_state(kind: Kind, state: str | None) -> None:
    """Refuse a state that this kind cannot have."""
    known = {Kind.VISITS: STATES, Kind.STANDARDS: ("draft", "published")}.get(kind, ())
    if state is not None and not known:
        raise BadInput(
            _("“%(state)s” is no state for %(kind)s: only visits and standards have one."),
            state=state[:40],
            kind=str(kind),
        )
    if state is not None and state not in known:
        raise BadInput(
            _("“%(state)s” is no state for %(kind)s; there are %(known)s."),
            state=state[:40],
            kind=str(kind),
            known=", ".join(known),
        )


def bring_in(
    session: Session,
    kind: Kind,
    upload: Upload,
    *,
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
    options: Options = Options(),
    parsed: Parsed | None = None,
) -> Report:
    """Import one file. Raises `RowsNotTaken` when rows are bad and may not be left out; then nothing was written."""
    check_state(kind, options.state)
    ready = prepare(
        session, kind, parsed or parse(kind, upload), by=by, now=now, announce=announce, options=options
    )
    report = Report.of(ready.plan, upload.name, ready.columns)
    if options.dry_run:
        return report
    if report.bad and not options.skip_bad:
        raise RowsNotTaken(report)
    if ready.plan.changes:
        ready.carry_out()
        audit.record(
            session,
            by.id if by else None,
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
