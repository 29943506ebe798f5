"""Between the pages and the rules: what a form said, what a page shows, what is put into the parcel that is sent."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict

from audit_app.kit.i18n import pick
from audit_app.kit.strict_json import read_object
from audit_app.standards.rules.definition import BY_EVIDENCE, NA, Item, Version
from audit_app.standards.rules.visibility import Attributes, Visibility, visibility
from audit_app.visits.actions.filling import FormSave, Saved, Standing, standing_of
from audit_app.visits.models import EvidenceState
from audit_app.visits.queries.field import Photo, Sheet
from audit_app.visits.rules import form as forms
from audit_app.visits.rules.entries import SHA256, Entry
from audit_app.visits.rules.form import Part, Question

DONE = "done"
"""Where a form leads when nothing is left after its part."""


def person_mark(person_id: UUID) -> str:
    """A name for this person's store on the phone, so that two people on one device never see each other's answers."""
    return hashlib.sha256(person_id.bytes).hexdigest()[:12]


def item_text(version: Version, code: str) -> str:
    """The question of that code, in the reader's language."""
    item = version.item_by_code.get(code)
    return pick(item.text) if item else code


def asked(version: Version, attributes: Attributes) -> list[Item]:
    """The items that apply to this place, shown at once or only after some answer."""
    seen = visibility(version, {}, attributes)
    return [item for item in version.items if seen[item.code] is not Visibility.NOT_APPLYING]


def photos_wanted(version: Version, attributes: Attributes) -> list[str]:
    """The photos a visit always needs, in the reader's language."""
    return [
        pick(item.text) for item in asked(version, attributes) if item.type in BY_EVIDENCE and item.required
    ]


def to_remember(version: Version, attributes: Attributes) -> list[str]:
    """What must be noticed on the spot, because nobody can look it up later: times, durations, numbers."""
    kinds = ("time", "duration", "number")
    return [
        pick(item.text) for item in asked(version, attributes) if item.type.value in kinds and item.required
    ]


def has_photos(answers: Mapping[str, Entry]) -> bool:
    """Whether any answer names a photo."""
    return any(entry.get("evidence") for entry in answers.values())


def parts_of(sheet: Sheet, standing: Standing, errors: Mapping[str, str]) -> list[Part]:
    """The sheet as a form in parts."""
    shown = frozenset(standing.shown)
    seen = visibility(sheet.version, {}, sheet.place.attributes)
    states = {
        code: how
        if how is Visibility.NOT_APPLYING
        else (Visibility.SHOWN if code in shown else Visibility.HIDDEN)
        for code, how in seen.items()
    }
    return forms.questions_of(
        sheet.version,
        states,
        sheet.answers,
        standing.asks,
        opened=sheet.opened,
        reasons=sheet.reasons,
        said_twice=sheet.notebook.conflicts,
        errors=errors,
        sent=sheet.sent,
        standing={row.section: (row.answered, row.total, row.required_left) for row in standing.parts},
    )


def next_open(parts: list[Part]) -> str:
    """The first question that still needs an answer; empty when none does."""
    questions = [q for part in parts for q in part.questions if q.shown and not q.answered]
    needed = [q for q in questions if q.item.required]
    return next((q.code for q in [*needed, *questions]), "")


def shots_of(
    question: Question, photos: Mapping[tuple[str, str], Photo], reverse: Callable[..., str]
) -> list[dict[str, Any]]:
    """The photos of a question that have arrived, as its field shows them."""
    found = []
    for sha in question.entry.get("evidence", ()):
        photo = photos.get((question.code, sha))
        src = reverse("evidence.thumb", evidence_id=photo.id) if photo and photo.here else ""
        refused = photo.reason if photo and photo.state == EvidenceState.REFUSED else ""
        found.append(
            {
                "src": src,
                "alt": pick(question.item.text),
                "name": f"{question.code}:{sha}",
                "refused": refused,
            }
        )
    return found


def read_form(typed: FormMultiDict, photos: list[tuple[str, str]]) -> tuple[FormSave, tuple[str, int] | None]:
    """What a part of the form said: changed words, photos, an answer to clear, a photo to remove; and a choice between two."""
    items = {
        name.partition(".")[2]
        for name, _value in typed.multi_items()
        if name.startswith(("answer.", "comment.", "was."))
    }
    said: dict[str, forms.Typed] = {}
    for item in items:
        answers = [str(value).strip() for value in typed.getall(f"answer.{item}", [])]
        given = [one for one in answers if one]
        answer = NA if NA in given else ";".join(given)
        comment = str(typed.get(f"comment.{item}") or "").replace("\r\n", "\n").strip()
        said[item] = forms.Typed(answer, comment, str(typed.get(f"was.{item}") or ""))
    added: dict[str, list[str]] = {}
    for item, sha in photos:
        added.setdefault(item, []).append(sha)
    base = str(typed.get("base") or "0")
    removed = str(typed.get("remove") or "").partition(":")
    chosen = str(typed.get("choose") or "").partition(":")
    return (
        FormSave(
            seen=int(base) if base.isdecimal() and len(base) < 10 else 0,
            changed=forms.changed_by_form(said),
            added=added,
            removed=(removed[0], removed[2]) if SHA256.fullmatch(removed[2]) else None,
            cleared=str(typed.get("clear") or ""),
        ),
        (chosen[0], int(chosen[2])) if chosen[2].isdecimal() and len(chosen[2]) < 4 else None,
    )


def onward(saved: Saved, before: Standing, part: str, *, going: bool) -> str:
    """Where the form goes after saving a part: to a question that has just appeared, to the next part, or to the end."""
    sheet = saved.sheet
    answered = sheet.answers
    codes = {
        item.code for section in sheet.version.sections if section.code == part for item in section.items
    }
    now = frozenset(_shown_now(sheet))
    fresh = [code for code in _shown_now(sheet) if code in codes and code not in before.shown]
    if fresh and not all(code in answered for code in fresh):
        return f"q-{fresh[0]}"
    if not going:
        return f"s-{part}"
    order = [section for section in sheet.version.sections if any(item.code in now for item in section.items)]
    names = [section.code for section in order]
    after = names[names.index(part) + 1 :] if part in names else names
    return f"s-{after[0]}" if after else DONE


def _shown_now(sheet: Sheet) -> list[str]:
    return list(standing_of(sheet).shown)


def parcel_text(sheet: Sheet, submission_id: str) -> str:
    """The submission of this draft as text, always the same for the same draft and id."""
    standing = frozenset(_shown_now(sheet))
    answers = [
        {"item": code, **{k: v for k, v in entry.items() if k in ("answer", "comment", "evidence", "at")}}
        for code, entry in sorted(sheet.answers.items())
        if code in standing
    ]
    started = sheet.visit.started_at
    body = {
        "submission_id": submission_id,
        "base_version": sheet.sent_number,
        "started_at": started.isoformat(timespec="seconds") if started else None,
        "answers": answers,
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def as_body(text: str) -> dict[str, Any]:
    """The same text as a program would have sent it."""
    return read_object(text.encode())
