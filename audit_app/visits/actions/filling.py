"""What a shopper does before sending: accept, decline, start, and save answers.

Saves of a draft leave no entry in the audit log: a draft is the person's own notebook until it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.organisation.rules import Actor
from audit_app.standards.rules.answers import Given, answers_in, evidence_for, read_given
from audit_app.standards.rules.visibility import (
    Progress,
    Visibility,
    progress,
    progress_in_all,
    visibility,
)
from audit_app.visits.actions.evidence import expect_photos
from audit_app.visits.actions.steps import move
from audit_app.visits.models import Draft, Visit, VisitState
from audit_app.visits.queries.access import visit_of_shopper
from audit_app.visits.queries.field import Sheet, sheet_of
from audit_app.visits.rules import drafts
from audit_app.visits.rules.entries import KEYS, AnswersNotTaken, Entry, read_entries
from audit_app.visits.rules.form import Typed, mark_of
from audit_app.visits.rules.states import FILLABLE, NotFromHere

KNOWS_SOMEBODY = _("Knows somebody there")
"""A reason that needs no other reason (conflict of interest)."""


def accept_visit(session: Session, visit_id: UUID, actor: Actor, now: datetime) -> None:
    """The shopper takes an offered visit."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    move(session, visit, VisitState.ACCEPTED, actor.id, now)


def decline_visit(
    session: Session, visit_id: UUID, actor: Actor, now: datetime, *, reason: str, knows: bool
) -> None:
    """The shopper gives a visit back, with or without a reason."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    move(
        session,
        visit,
        VisitState.DECLINED,
        actor.id,
        now,
        reason=KNOWS_SOMEBODY if knows else reason.strip()[:2000],
        conflict_of_interest=knows,
    )


def start_visit(session: Session, visit_id: UUID, actor: Actor, now: datetime) -> None:
    """Begin to fill; a visit that was begun before simply goes on."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    if visit.state == VisitState.ACCEPTED:
        move(session, visit, VisitState.STARTED, actor.id, now)
    elif visit.state not in FILLABLE:
        raise NotFromHere


@dataclass(frozen=True)
class Standing:
    """How far a sheet has come: progress, what this visit sees, and what answers still ask for."""

    whole: Progress
    parts: tuple[Progress, ...]
    shown: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Saved:
    """What a save came to."""

    sheet: Sheet
    merged: tuple[str, ...]
    in_conflict: tuple[str, ...]
    others: Mapping[str, Entry]
    """What other devices answered since this one looked."""


def standing_of(sheet: Sheet) -> Standing:
    """How far this sheet has come; of a correction only the opened part is counted."""
    answers = sheet.answers
    givens, _problems = read_given(sheet.version, answers)
    seen = visibility(sheet.version, answers_in(givens), sheet.place.attributes)
    shown = tuple(
        code
        for code, how in seen.items()
        if how is Visibility.SHOWN and (sheet.opened is None or code in sheet.opened)
    )
    asks = {code: _asked(sheet, code, givens) for code in shown if code in givens}
    if sheet.opened is None:
        rows = progress(sheet.version, givens, sheet.place.attributes)
    else:
        rows = _progress_of(sheet, givens, frozenset(shown))
    return Standing(
        progress_in_all(rows), rows, shown, {code: kinds for code, kinds in asks.items() if kinds}
    )


def _asked(sheet: Sheet, code: str, givens: Mapping[str, Given]) -> tuple[str, ...]:
    answer = givens[code].answer
    if answer is None:
        return ()
    return tuple(kind.value for kind in evidence_for(sheet.version.item_by_code[code], answer))


def _progress_of(sheet: Sheet, givens: Mapping[str, Given], shown: frozenset[str]) -> tuple[Progress, ...]:
    """Progress over the opened items alone."""
    rows = []
    for section in sheet.version.sections:
        mine = [item for item in section.items if item.code in shown]
        answered = [item for item in mine if givens.get(item.code, Given(None)).answer is not None]
        left = sum(item.required for item in mine) - sum(item.required for item in answered)
        rows.append(Progress(section.code, len(answered), len(mine), left, 0))
    return tuple(rows)


def ensure_fillable(visit: Visit) -> None:
    """Raise unless answers may be given now."""
    if visit.state not in FILLABLE:
        raise NotFromHere(_("Answers to this visit can no longer be changed here."))


def save_answers(
    session: Session,
    visit_id: UUID,
    actor: Actor,
    seen: int,
    raw: Mapping[str, Any],
    now: datetime,
    *,
    device: str = "",
) -> Saved:
    """Merge what a device sends into the draft. Nothing is written when any part of it cannot be taken."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    ensure_fillable(visit)
    sheet = sheet_of(session, visit)
    changes = read_entries(sheet.version, raw, clearing=True)
    if sheet.opened is not None and (closed := set(changes) - sheet.opened):
        raise AnswersNotTaken(
            {item: _t(_("This answer was not sent back, so it stays as it was.")) for item in sorted(closed)}
        )
    result = drafts.merge(sheet.notebook, seen, changes, device)
    _begin(session, visit, actor, now)
    write_notebook(session, visit.id, sheet.notebook, result.notebook, now)
    expect_photos(session, visit.id, {i: e for i, e in changes.items() if e}, now)
    others = {
        item: entry
        for item, entry in result.notebook.answers.items()
        if result.notebook.bases.get(item, 0) > seen
        and item not in changes
        and (not device or entry.get("by") != device)
    }
    return Saved(
        Sheet(**{**sheet.__dict__, "notebook": result.notebook}), result.merged, result.in_conflict, others
    )


@dataclass(frozen=True)
class FormSave:
    """What came back from a part of the plain form."""

    seen: int
    changed: Mapping[str, Typed]
    added: Mapping[str, list[str]]
    """Item → photos that came with the form."""
    removed: tuple[str, str] | None = None
    """Item and photo to take away."""
    cleared: str = ""
    """Item to answer anew."""


def save_form(session: Session, visit_id: UUID, actor: Actor, form: FormSave, now: datetime) -> Saved:
    """The same as `save_answers` for a page that sends whole parts: words the form showed and nobody touched change nothing."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    sheet = sheet_of(session, visit)
    current = sheet.answers
    safe: dict[str, Any] = {}
    disputed: dict[str, Any] = {}
    touched = {*form.changed, *form.added, form.cleared, form.removed[0] if form.removed else ""} - {""}
    for item in touched:
        entry = {key: value for key, value in current.get(item, {}).items() if key in KEYS}
        words = form.changed.get(item)
        before = mark_of(entry)
        if words:
            entry |= {"answer": words.answer, "comment": words.comment}
        photos = [*entry.get("evidence", ()), *form.added.get(item, ())]
        if form.removed and form.removed[0] == item:
            photos = [sha for sha in photos if sha != form.removed[1]]
        entry |= {"evidence": photos, "at": now.isoformat(timespec="seconds")}
        if item == form.cleared:
            entry |= {"answer": "", "evidence": []}
        untouched = words is None or before == words.was
        (safe if untouched else disputed)[item] = entry if any(
            entry.get(key) for key in ("answer", "comment", "evidence")
        ) else None  # fmt: skip
    first = save_answers(session, visit_id, actor, sheet.notebook.base, safe, now)
    return save_answers(session, visit_id, actor, form.seen, disputed, now) if disputed else first


def choose_answer(
    session: Session, visit_id: UUID, actor: Actor, item: str, index: int, now: datetime
) -> None:
    """Settle what two devices answered differently."""
    visit = visit_of_shopper(session, visit_id, actor, for_change=True)
    ensure_fillable(visit)
    sheet = sheet_of(session, visit)
    write_notebook(session, visit.id, sheet.notebook, drafts.choose(sheet.notebook, item, index), now)


def _begin(session: Session, visit: Visit, actor: Actor, now: datetime) -> None:
    if visit.state == VisitState.ACCEPTED:
        move(session, visit, VisitState.STARTED, actor.id, now)


def write_notebook(
    session: Session, visit_id: UUID, before: drafts.Notebook, after: drafts.Notebook, now: datetime
) -> None:
    """Keep the draft, if it changed."""
    if after.base == before.base:
        return
    values = {
        "base": after.base,
        "answers": after.answers,
        "bases": after.bases,
        "conflicts": after.conflicts,
        "updated_at": now,
    }
    table = Draft.__table__  # type: ignore[attr-defined]
    connection = session.connection()
    changed = connection.execute(sa.update(table).where(table.c.visit_id == visit_id).values(**values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(table).values(visit_id=visit_id, **values))
