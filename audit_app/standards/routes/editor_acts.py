"""What is done to whole parts of a draft: move, place, copy, rename, remove."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
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


@dataclass(frozen=True)
class Noun:
    """What is done to the same way: a section, or an item."""

    kind: Literal["section", "item"]
    words: str
    """The key its words stand under."""
    find: Callable[[Mapping[str, Any], str], Mapping[str, Any]]
    codes: Callable[[Mapping[str, Any]], Any]
    move: Callable[[Document, str, str], Document]
    copy: Callable[[Document, str], tuple[Document, str]]
    rename: Callable[[Document, str, str], Document]
    remove: Callable[[Document, str], Document]
    ensure_free: Callable[[Session, UUID, str], None]
    said: Mapping[str, str]


SECTION = Noun(
    "section",
    "title",
    editing.find_section,
    editing.section_codes,
    editing.move_section,
    editing.copy_section,
    editing.rename_section,
    editing.remove_section,
    queries.ensure_section_never_published,
    {"move": _("Section moved"), "copy": _("Section copied"), "remove": _("Section deleted")},
)
ITEM = Noun(
    "item",
    "text",
    lambda document, code: editing.find_item(document, code)[1],
    editing.item_codes,
    editing.move_item,
    editing.copy_item,
    editing.rename_item,
    editing.remove_item,
    queries.ensure_never_published,
    {"move": _("Item moved"), "copy": _("Item copied"), "remove": _("Item deleted")},
)


def _act(
    request: R,
    session: Session,
    typed: FormMultiDict,
    version_id: UUID,
    noun: Noun,
    code: str,
    act: str,
    more: Callable[[forms.Fields], Mapping[str, Doing]] = lambda _fields: {},
) -> Template | Redirect:
    """Move, copy, rename or remove; `more` is what only this noun knows."""
    draft, fields = queries.draft(session, version_id), forms.Fields(typed)
    name = _short(pick(noun.find(draft.document, code).get(noun.words)) or code)
    after = [code]

    def copy(document: Document) -> Document:
        changed, after[0] = noun.copy(document, code)
        return changed

    def rename(document: Document) -> Document:
        noun.ensure_free(session, draft.standard_id, code)
        after[0] = fields.line("code")
        return noun.rename(document, code, after[0])

    def one(document: Mapping[str, Any]) -> Any:
        return or_none(lambda: noun.find(document, code))

    doings: dict[str, Doing] = {
        "move": (
            lambda document: noun.move(document, code, fields.line("to")),
            noun.codes,
            noun.said["move"],
        ),
        "copy": (copy, one, noun.said["copy"]),
        "rename": (rename, noun.codes, _("Code changed")),
        "remove": (lambda document: noun.remove(document, code), one, noun.said["remove"]),
        **more(fields),
    }
    part = Part(noun.kind, code)
    refused = _carry_out(request, session, typed, draft, doings, act, part)
    if refused is not None:
        return refused
    if act == "remove":
        return _gone(request, version_id, name)
    return see(request, part.route, version_id=version_id, code=after[0])


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

        def place(fields: forms.Fields) -> dict[str, Doing]:
            index = fields.number("index")
            at = index if isinstance(index, int) else 0
            return {
                "place": (
                    lambda document: editing.place_item(document, code, fields.line("section"), at),
                    editing.item_codes,
                    _("Item moved"),
                )
            }

        return _act(request, session, typed, version_id, ITEM, code, act, place)

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
        return _act(request, session, typed, version_id, SECTION, code, act)
