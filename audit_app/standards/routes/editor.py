"""The editor of a draft: one part at hand (the whole, a section, an item), the outline beside it, Undo above it.

Every form posts and comes back with 303. A script saves the same form while one types and puts in the answer's parts:
the state of saving, the problems, the outline, the preview.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.errors import BadInput, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, get, is_fragment, post, requires, see
from audit_app.organisation.rules import Actor
from audit_app.standards import actions, forms, phrases, queries
from audit_app.standards.models import StandardVersion
from audit_app.standards.queries import EDITORS
from audit_app.standards.routes.editor_page import Part, editor_page, live_parts
from audit_app.standards.rules import editing
from audit_app.standards.rules.definition import AnswerType

R = Request[Actor, Any, Any]
Document = dict[str, Any]


def edition_in(typed: FormMultiDict) -> int:
    seen = str(typed.get("edition") or "")
    if not seen.isdigit() or len(seen) > 9:
        raise BadInput(_("This page is too old. Please reload it and try again."))
    return int(seen)


def or_none(find: Callable[[], Any]) -> Any:
    try:
        return find()
    except NotFound:
        return None


def change_part(
    request: R,
    session: Session,
    draft: StandardVersion,
    typed: FormMultiDict,
    change: Callable[[Document], Document],
    part: Callable[[Mapping[str, Any]], Any],
    what: str,
    code: str = "",
) -> bool:
    """One edit in the name of whoever asks; what it was is kept as a msgid with the code of its part."""
    return actions.change_draft(
        session,
        draft,
        change,
        seen=edition_in(typed),
        what=f"{what}|{code}" if code else what,
        by=request.user,
        now=clock.now(),
        part=part,
    )


def _save(
    request: R,
    session: Session,
    version_id: UUID,
    typed: FormMultiDict,
    part: Part,
    fresh: Callable[[Document], Document],
    change: Callable[[Document, Document], Document],
    read: Callable[[Mapping[str, Any]], Any],
    what: str,
) -> Template | Redirect:
    """Save one part from its form: the page again, the live parts for a script, or the conflict with all that was typed."""
    draft = queries.draft(session, version_id)
    old = or_none(lambda: read(draft.document)) or {}
    typed_part = _reordered(fresh(old), str(typed.get("do") or ""))
    try:
        change_part(
            request,
            session,
            draft,
            typed,
            lambda document: change(document, typed_part),
            lambda document: or_none(lambda: read(document)),
            what,
            part.code,
        )
    except actions.EditConflict as conflict:
        return editor_page(
            request, session, draft, part, status_code=conflict.status, typed=typed_part, conflict=True
        )
    if is_fragment(request):
        return live_parts(request, session, draft, part)
    return see(request, part.route, version_id=version_id, **part.params)


def _reordered(part: Document, do: str) -> Document:
    """Options, ranges and bands move by the buttons `options.2.up`; everything else of the form is saved as it is."""
    name, _dot, rest = do.partition(".")
    place, _dot, way = rest.partition(".")
    rows = part.get(name)
    if name not in ("options", "bands") or not isinstance(rows, list) or not place.isdigit():
        return part
    index, target = int(place), int(place) + {"up": -1, "down": 1}.get(way, 0)
    if 0 <= index < len(rows) and 0 <= target < len(rows):
        rows[index], rows[target] = rows[target], rows[index]
    return part


def too_late(request: R, version_id: UUID) -> Redirect:
    """Somebody saved between the page and this press of a button: show the newest state, do nothing."""
    said = (
        "fair",
        _t("Somebody else changed this meanwhile, so nothing was done. This is the newest state."),
    )
    return see(request, "standards.edit", version_id=version_id, said=said)


class EditDraft(Controller):
    """For those who write standards; only drafts are edited."""

    path = "/standards/versions/{version_id:uuid}/edit"
    guards = [requires(*EDITORS)]

    @get("/", name="standards.edit")
    def edit(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """The whole: title, brief, bands, marks."""
        return editor_page(request, session, queries.draft(session, version_id), Part("settings"))

    @post("/", name="standards.save_settings")
    def save_settings(
        self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Save the fields of the whole."""
        return _save(
            request,
            session,
            version_id,
            typed,
            Part("settings"),
            lambda old: forms.settings_from(forms.Fields(typed), old),
            editing.put_settings,
            lambda document: {key: value for key, value in document.items() if key != "sections"},
            _("Settings edited"),
        )

    @get("/sections/{code:str}", name="standards.edit_section")
    def edit_section(
        self, request: R, session: Db, version_id: FromPath[UUID], code: FromPath[str]
    ) -> Template:
        """One section."""
        return editor_page(request, session, queries.draft(session, version_id), Part("section", code))

    @post("/sections/{code:str}", name="standards.save_section")
    def save_section(
        self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID], code: FromPath[str]
    ) -> Template | Redirect:
        """Save the section's own fields."""

        def read(document: Mapping[str, Any]) -> Document:
            section = editing.find_section(document, code)
            return {key: value for key, value in section.items() if key != "items"}

        return _save(
            request,
            session,
            version_id,
            typed,
            Part("section", code),
            lambda old: forms.section_from(forms.Fields(typed), old),
            lambda document, section: editing.put_section(document, code, section),
            read,
            _("Section edited"),
        )

    @get("/items/{code:str}", name="standards.edit_item")
    def edit_item(self, request: R, session: Db, version_id: FromPath[UUID], code: FromPath[str]) -> Template:
        """One item."""
        return editor_page(request, session, queries.draft(session, version_id), Part("item", code))

    @post("/items/{code:str}", name="standards.save_item")
    def save_item(
        self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID], code: FromPath[str]
    ) -> Template | Redirect:
        """Save the item."""
        return _save(
            request,
            session,
            version_id,
            typed,
            Part("item", code),
            lambda old: forms.item_from(forms.Fields(typed), {**old, "code": code}),
            lambda document, item: editing.put_item(document, code, item),
            lambda document: editing.find_item(document, code)[1],
            _("Item edited"),
        )

    @get("/new-item", name="standards.new_item")
    def new_item(
        self, request: R, session: Db, version_id: FromPath[UUID], section: FromQuery[str] = ""
    ) -> Template:
        """What is asked, and how it is answered; the rest follows on the item's own page."""
        draft = queries.draft(session, version_id)
        editing.find_section(draft.document, section)
        return editor_page(request, session, draft, Part("new", section))

    @post("/new-item", name="standards.add_item")
    def add_item(
        self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]
    ) -> Template | Redirect:
        """A new item at the end of a section."""
        draft, fields = queries.draft(session, version_id), forms.Fields(typed)
        section, text, kind = fields.line("section"), fields.text("text"), fields.line("type")
        editing.find_section(draft.document, section)
        errors = {} if text else {"text": _("Please write what is asked, in at least one language.")}
        if kind not in list(AnswerType):
            errors["type"] = _("Please choose one from the list.")
        if errors:
            return editor_page(
                request,
                session,
                draft,
                Part("new", section),
                status_code=422,
                typed={"text": text, "type": kind},
                errors={name: _t(said) for name, said in errors.items()},
            )
        made: list[str] = []

        def add(document: Document) -> Document:
            changed, code = editing.add_item(document, section, text, kind)
            made.append(code)
            return changed

        change_part(request, session, draft, typed, add, lambda _document: None, _("Item added"))
        return see(request, "standards.edit_item", version_id=version_id, code=made[-1])

    @post("/new-section", name="standards.add_section")
    def add_section(
        self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]
    ) -> Template | Redirect:
        """A new section at the end."""
        draft, title = queries.draft(session, version_id), forms.Fields(typed).text("title")
        if not title:
            return editor_page(
                request,
                session,
                draft,
                Part("settings"),
                status_code=422,
                errors={"new_section": _t("Please give the section a title.")},
            )
        made: list[str] = []

        def add(document: Document) -> Document:
            changed, code = editing.add_section(document, title)
            made.append(code)
            return changed

        change_part(request, session, draft, typed, add, lambda _document: None, _("Section added"))
        return see(request, "standards.edit_section", version_id=version_id, code=made[-1])

    @post("/undo", name="standards.undo")
    def undo(self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]) -> Redirect:
        """Take the last edit back."""
        return _stepped(request, session, version_id, typed, actions.undo)

    @post("/redo", name="standards.redo")
    def redo(self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]) -> Redirect:
        """Make the edit again that was taken back last."""
        return _stepped(request, session, version_id, typed, actions.redo)


def _stepped(
    request: R, session: Session, version_id: UUID, typed: FormMultiDict, step: Callable[..., str | None]
) -> Redirect:
    """One step back or on, then the part it was about."""
    draft = queries.draft(session, version_id)
    try:
        what = step(session, draft, seen=edition_in(typed), by=request.user, now=clock.now())
    except actions.EditConflict:
        return too_late(request, version_id)
    back = step is actions.undo
    if what:
        words = phrases.step_words(what)
        said = _t("Taken back: %(what)s", what=words) if back else _t("Made again: %(what)s", what=words)
    else:
        said = _t("There is nothing to take back.") if back else _t("There is nothing to make again.")
    route, params = "standards.edit", dict[str, Any]()
    code = (what or "").partition("|")[2]
    if code in editing.item_codes(draft.document):
        route, params = "standards.edit_item", {"code": code}
    elif code in editing.section_codes(draft.document):
        route, params = "standards.edit_section", {"code": code}
    return see(request, route, version_id=version_id, said=("good", said), **params)
