"""A standard from a file (YAML or XLSForm): a draft, or published at once; a file that says what is here already changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import Line
from audit_app.imports.rules.plans import Plan, Status
from audit_app.kit.i18n import _, gettext, pick
from audit_app.kit.yaml import Document, read_document
from audit_app.scoring.rules.document import RowProblem
from audit_app.standards import queries
from audit_app.standards.actions.drafts import DraftIsOpen, Someone, import_document
from audit_app.standards.actions.publishing import publish
from audit_app.standards.formats import missing_words
from audit_app.standards.pictures import pictures_named
from audit_app.standards.rules.canonical import canonical, fingerprint
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.problems import Problem, StandardNotUnderstood
from audit_app.standards.rules.reading import read_version
from audit_app.standards.xlsform import XlsformReading, in_words, read_xlsform

HEADINGS = (_("standard"), _("version"), _("title"), _("sections"), _("items"))


@dataclass(frozen=True)
class FormDocument(Document):
    """The document of an XLSForm: its lines are rows, and it knows what was assumed or not carried over."""

    reading: XlsformReading


def read_standard(content: bytes) -> Document:
    """The document in a file, by its content: a workbook is XLSForm, all else is YAML."""
    if not content.startswith(b"PK\x03\x04"):
        return read_document(content)
    reading = read_xlsform(content)
    lines = {path: (row or 1, 1) for path, (_sheet, row, _column) in reading.places.items()}
    return FormDocument(reading.document, lines, reading)


def _column(document: Document, problem: Problem) -> str:
    """Where in the line: the key in YAML, sheet and column in a form."""
    if not isinstance(document, FormDocument):
        return problem.place[:120]
    sheet, _row, column = document.reading.place_of(problem.path)
    return ", ".join(part for part in (sheet, column[:60], problem.place[:80]) if part)


def plan_standard(session: Session, document: Document) -> tuple[Plan[Any], Mapping[str, Any]]:
    """What this file would do, and its document. A standard with faults is one bad line with all its problems."""
    plan: Plan[Any] = Plan(Kind.STANDARDS, tuple(gettext(heading) for heading in HEADINGS))
    if isinstance(document, FormDocument):
        plan.notes = tuple(in_words(document.reading.notes))
    try:
        version = read_version(document.data)
    except StandardNotUnderstood as refused:
        line = Line(1, ("", "", "", "", ""))
        plan.bad = [line]
        plan.shown = [(line, Status.BAD)]
        plan.problems = sorted(
            (
                RowProblem(document.line_of(one.path), _column(document, one), one.text, one.values)
                for one in refused.problems
            ),
            key=lambda one: one.line,
        )
        return plan, {}
    plan.notes = (*plan.notes, *missing_words(_missing_pictures(session, version)))
    status = _status(session, version)
    if status is Status.NEW:
        plan.new = [version]
    elif status is Status.CHANGED:
        plan.changed = [version]
    else:
        plan.same = 1
    cells = (
        version.code,
        str(version.version),
        pick(version.title),
        str(len(version.sections)),
        str(len(version.items)),
    )
    plan.shown = [(Line(1, cells), status)]
    return plan, document.data


def _missing_pictures(session: Session, version: Version) -> list[str]:
    """Pictures the file names and cannot bring; those that are here already are shown."""
    names = dict.fromkeys(item.picture for item in version.items if item.picture)
    standard = queries.standard_by_code(session, version.code)
    here = pictures_named(session, standard.id, names) if standard else {}
    return [name for name in names if name not in here]


def _status(session: Session, version: Version) -> Status:
    standard = queries.standard_by_code(session, version.code)
    if standard is None:
        return Status.NEW
    if queries.open_draft(session, standard.id) is not None:
        return Status.CHANGED
    # The number here may be higher than the file's, where the file's was taken; what counts is what is asked.
    document = canonical(version)
    for known in (
        queries.last_published(session, standard.id),
        queries.current_version(session, version.code, version.version),
    ):
        if known and fingerprint({**document, "version": known.number}) == known.fingerprint:
            return Status.SAME
    return Status.CHANGED


def write_standard(
    session: Session,
    document: Mapping[str, Any],
    by: Someone | None,
    now: datetime,
    announce: Callable[[object], None],
    *,
    draft: bool,
) -> None:
    """The draft, published unless `draft`; somebody's open draft is never published by a file."""
    standard = queries.standard_by_code(session, str(document["code"]))
    if not draft and standard and queries.open_draft(session, standard.id):
        raise DraftIsOpen
    version = import_document(session, document, by, now)
    if not draft:
        publish(session, version, by, now, announce)
