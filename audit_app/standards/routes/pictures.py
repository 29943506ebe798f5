"""Pictures of good practice: uploaded into a draft, shown to whoever reads standards."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Request
from litestar import post as async_post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pace import paced
from audit_app.kit.picture_files import LARGEST_UPLOAD, forget_files, picture_answer, remade, write_files
from audit_app.kit.web import Db, Typed, get, requires, see
from audit_app.organisation.rules import Actor
from audit_app.standards import actions, queries
from audit_app.standards.pictures import picture_for
from audit_app.standards.queries import EDITORS, READERS
from audit_app.standards.routes.editor import edition_in, too_late
from audit_app.standards.routes.editor_page import Part, editor_page
from audit_app.standards.rules import editing

R = Request[Actor, Any, Any]

LONGEST_SIDE = 960
"""A phone shows it 400 pixels wide, twice as fine; more would only take room without a network."""


class ShowPictures(Controller):
    """For everybody who reads standards."""

    guards = [requires(*READERS)]

    @get("/standards/pictures/{picture_id:uuid}", name="standards.picture")
    def show(self, request: R, session: Db, picture_id: FromPath[UUID]) -> Response[bytes]:
        """One picture."""
        picture = picture_for(session, picture_id, request.user)
        return picture_answer(request, picture.file, picture.id, keep="private, max-age=604800")


class AddPictures(Controller):
    """For those who write standards."""

    guards = [requires(*EDITORS)]

    @async_post(
        "/standards/versions/{version_id:uuid}/edit/pictures/{code:str}",
        name="standards.add_picture",
        guards=[paced("standards.add_picture", 120)],
        status_code=200,
        request_max_body_size=LARGEST_UPLOAD + 2**20,
    )
    async def add(
        self, request: R, typed: Typed, version_id: FromPath[UUID], code: FromPath[str]
    ) -> Template | Redirect:
        """Put a picture beside an item; it is worked on before the turn to write is taken."""
        state, actor, part = request.app.state, request.user, Part("item", code)
        seen = edition_in(typed)

        def ready(session: Session) -> None:
            editing.find_item(queries.draft(session, version_id).document, code)

        await read_async(state.engines, ready)
        upload = typed.get("file")
        try:
            raw = await upload.read() if isinstance(upload, UploadFile) else b""
            if not raw:
                raise BadInput(_("Please choose a picture."))
            limit = state.settings.web.upload_bytes
            if len(raw) > limit:
                too_large = _("This photo is too large; %(limit)s MB are the most.")
                raise BadInput(too_large, limit=limit // 2**20)
            picture = await remade(raw, longest=LONGEST_SIDE)
        except AuditError as wrong:
            errors = {"picture": _t(wrong.text, **wrong.values)}

            def again(session: Session) -> Template:
                draft = queries.draft(session, version_id)
                return editor_page(request, session, draft, part, status_code=422, errors=errors)

            return await read_async(state.engines, again)
        name = str(getattr(upload, "filename", "") or "")
        file = await to_thread.run_sync(write_files, state.settings.paths.photos, picture)
        used = False

        def keep(session: Session) -> bool:
            draft = queries.draft(session, version_id)
            return actions.add_picture(
                session, draft, code, picture, file, name, seen=seen, by=actor, now=clock.now()
            )

        try:
            used = await write_async(state.engines, keep)
        except actions.EditConflict:
            return too_late(request, version_id)
        finally:
            if not used:
                await to_thread.run_sync(forget_files, state.settings.paths.photos, [file])
        said = ("good", _t("The picture stands beside the item now."))
        return see(request, part.route, version_id=version_id, said=said, **part.params)
