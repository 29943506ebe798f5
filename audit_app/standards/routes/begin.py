"""How a standard begins: empty, from the library, from a file, or as the next version of one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, bind, get, page, post, requires, see
from audit_app.organisation.rules import Actor
from audit_app.standards import actions, forms, queries
from audit_app.standards.formats import FORMATS, FileNotUnderstood, Read, Wrong, missing_words, read_file
from audit_app.standards.library import from_library, library
from audit_app.standards.pictures import missing_pictures
from audit_app.standards.queries import EDITORS

R = Request[Actor, Any, Any]


def _start(
    request: R,
    session: Session,
    *,
    status_code: int = 200,
    typed: Mapping[str, Any] | FormMultiDict | None = None,
    errors: Mapping[str, str] | None = None,
    wrong: Sequence[Wrong] = (),
) -> Template:
    return page(
        request,
        "standards/start.html",
        status_code=status_code,
        shelves=library(),
        here={row.code: row for row in queries.standards_for(session, request.user)},
        formats=FORMATS,
        typed={key: value for key, value in (typed or {}).items() if isinstance(value, str)},
        errors={key: _t(text) for key, text in (errors or {}).items()},
        wrong=wrong,
    )


def _imported(request: R, session: Session, found: Read) -> Template | Redirect:
    draft = actions.import_document(session, found.document, request.user, clock.now())
    said = _t("Version %(number)s is a draft now. Read it through, then publish it.", number=draft.number)
    if draft.edition:
        said = _t("The open draft was replaced by the file. Undo in the editor brings it back.")
    left_out = [*found.left_out, *missing_words(missing_pictures(session, draft))]
    if left_out:
        # A list can be longer than a cookie holds, and sending the same file again changes nothing: so it is shown at once.
        return page(request, "standards/imported.html", version=draft, said=said, left_out=left_out)
    return see(request, "standards.edit", version_id=draft.id, said=("good", said))


class BeginStandards(Controller):
    """For those who write standards."""

    path = "/standards"
    guards = [requires(*EDITORS)]

    @get("/new", name="standards.start")
    def start(self, request: R, session: Db) -> Template:
        """The three ways to begin, on one page."""
        return _start(request, session)

    @post("/new", name="standards.create")
    def create(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """An empty standard."""
        form, errors = bind(forms.NewStandard, typed)
        if form is not None and not form.title:
            errors["title_en"] = _("Please give the title in at least one language.")
        if form is None or errors:
            return _start(request, session, status_code=422, typed=typed, errors=errors)
        try:
            draft = actions.new_standard(session, form.code, form.title, request.user, clock.now())
        except AuditError as refused:
            return _start(request, session, status_code=422, typed=typed, errors={"code": refused.text})
        return see(request, "standards.edit", version_id=draft.id)

    @post("/library", name="standards.from_library")
    def take(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """A standard of the library becomes a draft."""
        return _imported(request, session, read_file(from_library(str(typed.get("code") or ""))))

    @post("/import", name="standards.import")
    def import_file(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """A file or pasted text becomes a draft; whatever is wrong with it is listed with its place."""
        upload = typed.get("file")
        source, name = str(typed.get("pasted") or "").encode("utf-8", "replace"), ""
        if isinstance(upload, UploadFile) and upload.filename:
            source, name = upload.file.read(), upload.filename
        if not source.strip():
            errors = {"file": _("Please choose a file, or paste the text.")}
            return _start(request, session, status_code=422, typed=typed, errors=errors)
        try:
            found = read_file(source, name, str(typed.get("format") or ""))
        except FileNotUnderstood as odd:
            return _start(request, session, status_code=422, typed=typed, wrong=odd.wrong)
        return _imported(request, session, found)

    @post("/versions/{version_id:uuid}/draft", name="standards.draft_from")
    def draft_from(self, request: R, session: Db, version_id: FromPath[UUID]) -> Redirect:
        """The next version begins as a copy of this one; an open draft is gone on with."""
        source, standard = queries.version_for(session, version_id, request.user)
        draft = queries.open_draft(session, standard.id)
        if draft is not None:
            said = ("info", _t("There is an open draft already; here it is."))
            return see(request, "standards.edit", version_id=draft.id, said=said)
        draft = actions.new_draft(session, source, request.user, clock.now())
        return see(request, "standards.edit", version_id=draft.id)

    @post("/versions/{version_id:uuid}/discard", name="standards.discard")
    def discard(self, request: R, session: Db, version_id: FromPath[UUID]) -> Redirect:
        """Throw the draft away."""
        actions.discard(session, queries.draft(session, version_id), request.user, clock.now())
        return see(request, "standards.index", said=("good", _t("The draft was discarded.")))
