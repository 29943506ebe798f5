"""What is done to whole parts of a draft: move, place, copy, rename, remove."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from litestar import Controller
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit.errors import AuditError, NotFound
from audit_app.kit.i18n import _, pick
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, post, requires, see
from audit_app.standards import actions, forms, queries
from audit_app.standards.models import StandardVersion
from audit_app.standards.queries import EDITORS
from audit_app.standards.routes.editor import Document, R, change_part, or_none, too_late
from audit_app.standards.routes.editor_page import Part, editor_page
from audit_app.standards.rules import editing


def _short(words: str) -> str:
    """Short enough for the notice on the next page, which travels in a cookie."""
    return words if len(words) <= 60 else words[:57] + "…"


Doing = tuple[Callable[[Document], Document], Callable[[Mapping[str, Any]], Any], str]
"""The change, the part of the document it must find as it was, and its name in the history."""


def _carry_out(
    request: R,
    session: Session,
    typed: FormMultiDict,
    draft: StandardVersion,
    doings: Mapping[str, Doing],
    act: str,
    at: Part,
) -> Template | Redirect | None:
    """Do one of these things to a part; the page that says why not, or None when it is done."""
    if act not in doings:
        raise NotFound
    change, part, what = doings[act]
    try:
        change_part(request, session, draft, typed, change, part, what, at.code)
    except actions.EditConflict:
        return too_late(request, draft.id)
    except AuditError as refused:
        if act != "rename":
            raise
        errors = {"code": _t(refused.text, **refused.values)}
        return editor_page(request, session, draft, at, status_code=422, errors=errors)
    return None


def _gone(request: R, version_id: UUID, name: str) -> Redirect:
    said = ("good", _t("“%(item)s” was deleted. Undo brings it back.", item=name))
    return see(request, "standards.edit", version_id=version_id, said=said)


class ActOnDraft(Controller):
    """For those who write standards; each button is a small form of its own."""

    path = "/standards/versions/{version_id:uuid}/edit"
    guards = [requires(*EDITORS)]

    @post("/items/{code:str}/{act:str}", name="standards.act_on_item")
    def act_on_item(
        self,
        request: R,
        session: Db,
        typed: Typed,
        version_id: FromPath[UUID],
        code: FromPath[str],
        act: FromPath[str],
    ) -> Template | Redirect:
        """Move, place, copy, rename or remove an item."""
        draft, fields = queries.draft(session, version_id), forms.Fields(typed)
        name = _short(pick(editing.find_item(draft.document, code)[1].get("text")) or code)
        after = [code]

        def copy(document: Document) -> Document:
            changed, fresh = editing.copy_item(document, code)
            after[0] = fresh
            return changed

        def rename(document: Document) -> Document:
            queries.ensure_never_published(session, draft.standard_id, code)
            after[0] = fields.line("code")
            return editing.rename_item(document, code, after[0])

        def one(document: Mapping[str, Any]) -> Any:
            return or_none(lambda: editing.find_item(document, code)[1])

        index = fields.number("index")
        doings: dict[str, Doing] = {
            "move": (
                lambda document: editing.move_item(document, code, fields.line("to")),
                editing.item_codes,
                _("Item moved"),
            ),
            "place": (
                lambda document: editing.place_item(
                    document, code, fields.line("section"), index if isinstance(index, int) else 0
                ),
                editing.item_codes,
                _("Item moved"),
            ),
            "copy": (copy, one, _("Item copied")),
            "rename": (rename, editing.item_codes, _("Code changed")),
            "remove": (lambda document: editing.remove_item(document, code), one, _("Item deleted")),
        }
        refused = _carry_out(request, session, typed, draft, doings, act, Part("item", code))
        if refused is not None:
            return refused
        if act == "remove":
            return _gone(request, version_id, name)
        return see(request, "standards.edit_item", version_id=version_id, code=after[0])

    @post("/sections/{code:str}/{act:str}", name="standards.act_on_section")
    def act_on_section(
        self,
        request: R,
        session: Db,
        typed: Typed,
        version_id: FromPath[UUID],
        code: FromPath[str],
        act: FromPath[str],
    ) -> Template | Redirect:
        """Move, copy, rename or remove a section with all its items."""
        draft, fields = queries.draft(session, version_id), forms.Fields(typed)
        name = _short(pick(editing.find_section(draft.document, code).get("title")) or code)
        after = [code]

        def copy(document: Document) -> Document:
            changed, fresh = editing.copy_section(document, code)
            after[0] = fresh
            return changed

        def rename(document: Document) -> Document:
            queries.ensure_section_never_published(session, draft.standard_id, code)
            after[0] = fields.line("code")
            return editing.rename_section(document, code, after[0])

        def one(document: Mapping[str, Any]) -> Any:
            return or_none(lambda: editing.find_section(document, code))

        doings: dict[str, Doing] = {
            "move": (
                lambda document: editing.move_section(document, code, fields.line("to")),
                editing.section_codes,
                _("Section moved"),
            ),
            "copy": (copy, one, _("Section copied")),
            "rename": (rename, editing.section_codes, _("Code changed")),
            "remove": (lambda document: editing.remove_section(document, code), one, _("Section deleted")),
        }
        refused = _carry_out(request, session, typed, draft, doings, act, Part("section", code))
        if refused is not None:
            return refused
        if act == "remove":
            return _gone(request, version_id, name)
        return see(request, "standards.edit_section", version_id=version_id, code=after[0])
