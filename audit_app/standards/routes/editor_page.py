"""What the editor shows: the part at hand with its problems, the outline, the preview, the state of saving."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Template
from sqlmodel import Session

from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import LANGUAGES
from audit_app.kit.web import is_fragment, page
from audit_app.organisation.rules import Actor
from audit_app.standards import forms, phrases, queries
from audit_app.standards.formats import sentence
from audit_app.standards.models import Standard, StandardVersion
from audit_app.standards.pictures import pictures_of, shown_pictures
from audit_app.standards.places import Spot, place_words, spot_of
from audit_app.standards.rules import editing
from audit_app.standards.rules.problems import Problem
from audit_app.standards.rules.reading import check_draft

R = Request[Actor, Any, Any]

MOST_PROBLEMS = 60
"""So many problems are listed; more would only hide the first ones."""


@dataclass(frozen=True)
class Part:
    """What is at hand: settings, a section, an item, or a new item of a section (`code` is the section's then)."""

    kind: str
    code: str = ""

    @property
    def route(self) -> str:
        """The page of this part."""
        return {"section": "standards.edit_section", "item": "standards.edit_item"}.get(
            self.kind, "standards.edit"
        )

    @property
    def params(self) -> dict[str, Any]:
        """What its address needs beside the version."""
        return {"code": self.code} if self.kind in ("section", "item") else {}


@dataclass(frozen=True)
class Flaw:
    """A problem for the list: where, what, and where to mend it."""

    place: str
    text: str
    href: str
    spot: Spot


def address_of(request: R, version_id: UUID, spot: Spot) -> str:
    """Where in the editor this is mended: the page of its part, at the field."""
    reverse = request.app.route_reverse
    if spot.item:
        href = reverse("standards.edit_item", version_id=version_id, code=spot.item)
    elif spot.section:
        href = reverse("standards.edit_section", version_id=version_id, code=spot.section)
    else:
        href = reverse("standards.edit", version_id=version_id)
    return f"{href}#f-{spot.field}" if spot.field else href


def flaws_of(
    request: R, version_id: UUID, document: Mapping[str, Any], problems: list[Problem]
) -> list[Flaw]:
    """The problems with their addresses."""
    found = []
    for problem in problems:
        spot = spot_of(problem, document)
        found.append(
            Flaw(
                place_words(problem, document),
                sentence(problem),
                address_of(request, version_id, spot),
                spot,
            )
        )
    return found


def _mine(flaw: Flaw, part: Part) -> bool:
    if part.kind == "item":
        return flaw.spot.item == part.code
    if part.kind == "section":
        return flaw.spot.section == part.code and not flaw.spot.item
    return part.kind == "settings" and not flaw.spot.section


def _context(request: R, session: Session, draft: StandardVersion, part: Part) -> dict[str, Any]:
    document = draft.document
    flaws = flaws_of(request, draft.id, document, check_draft(document))
    errors: dict[str, str] = {}
    for flaw in flaws:
        if _mine(flaw, part):
            errors.setdefault(flaw.spot.field or part.kind, flaw.text)
    steps = queries.steps_of(session, draft.id, 1)
    shown = phrases.readable(document)
    return {
        "version": draft,
        "document": shown,
        "items": phrases.items_by_code(shown),
        "words": phrases,
        "part": part,
        "flaws": flaws[:MOST_PROBLEMS],
        "flaws_in_all": len(flaws),
        "flawed": {flaw.spot.item or flaw.spot.section for flaw in flaws},
        "errors": errors,
        "step": steps[0] if steps else None,
        "redo": next(iter(queries.steps_of(session, draft.id, 1, undone=True)), None),
        "conflict": False,
        "pictures": shown_pictures(
            pictures_of(session, draft), request.app.route_reverse, "standards.picture"
        ),
    }


def _part_context(draft: StandardVersion, part: Part, typed: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of the part at hand: as stored, or as typed where that could not be saved."""
    document = draft.document
    section: Mapping[str, Any] = {}
    here: Mapping[str, Any] = typed or {}
    if part.kind == "item":
        try:
            section, stored = editing.find_item(document, part.code)
        except NotFound:
            if typed is None:
                raise
            stored = {}
        here = typed if typed is not None else stored
    elif part.kind == "section":
        try:
            section = editing.find_section(document, part.code)
        except NotFound:
            if typed is None:
                raise
        here = {**(typed or section), "code": part.code}
    elif part.kind == "settings":
        here = {**document, **typed} if typed else document
    else:
        section = editing.find_section(document, part.code)
    listed = [str(one) for one in document.get("languages") or ()]
    return {
        "here": phrases.readable(here),
        "section": phrases.readable(section),
        "languages": tuple(listed) or LANGUAGES,
        "show_if": forms.rows_of(here.get("show_if"), "item"),
        "applies_if": forms.rows_of(here.get("applies_if"), "attribute"),
        "earlier": [phrases.readable(one) for one in editing.items_before(document, part.code)]
        if part.kind == "item"
        else [],
        "number": editing.item_codes(document).index(part.code) + 1
        if part.kind == "item" and part.code in editing.item_codes(document)
        else 0,
    }


def editor_page(
    request: R,
    session: Session,
    draft: StandardVersion,
    part: Part,
    *,
    status_code: int = 200,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    conflict: bool = False,
) -> Template:
    """The editor with this part open."""
    context = _context(request, session, draft, part)
    context.update(_part_context(draft, part, typed))
    context["errors"] = {**context["errors"], **(errors or {})}
    if part.kind == "new":
        context["errors"] = dict(errors or {})
    context["conflict"] = conflict
    if is_fragment(request):
        return page(request, "standards/live.html", fragment="live", status_code=status_code, **context)
    return page(
        request,
        "standards/edit.html",
        status_code=status_code,
        standard=session.get_one(Standard, draft.standard_id),
        known=queries.codes_ever_published(session, draft.standard_id),
        known_sections=queries.sections_ever_published(session, draft.standard_id)
        if part.kind == "section"
        else frozenset(),
        wrong=bool(errors) or conflict,
        **context,
    )


def live_parts(request: R, session: Session, draft: StandardVersion, part: Part) -> Template:
    """What a script puts into the open page after it has saved."""
    context = _context(request, session, draft, part)
    context.update(_part_context(draft, part, None))
    return page(request, "standards/live.html", fragment="live", **context)
