"""The editor of a draft."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template

from audit_app.kit import clock
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, get, page, post, requires, see
from audit_app.organisation.rules import Actor
from audit_app.standards import actions, phrases, queries
from audit_app.standards.queries import EDITORS
from audit_app.standards.rules.reading import check_draft

R = Request[Actor, Any, Any]


def address_of(request: R, version_id: UUID, spot: phrases.Spot) -> str:
    """Where in the editor this is mended."""
    reverse = request.app.route_reverse
    return reverse("standards.edit", version_id=version_id) + (f"#i-{spot.item}" if spot.item else "")


class EditDraft(Controller):
    """For those who write standards; only drafts are edited."""

    path = "/standards/versions/{version_id:uuid}/edit"
    guards = [requires(*EDITORS)]

    @get("/", name="standards.edit")
    def edit(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """The outline of the draft."""
        draft = queries.draft(session, version_id)
        _version, standard = queries.version_for(session, version_id, request.user)
        return page(
            request,
            "standards/edit.html",
            version=draft,
            standard=standard,
            document=phrases.readable(draft.document),
            steps=queries.steps_of(session, version_id),
            problems=check_draft(draft.document),
            items=phrases.items_by_code(phrases.readable(draft.document)),
            words=phrases,
        )

    @post("/undo", name="standards.undo")
    def undo(self, request: R, session: Db, typed: Typed, version_id: FromPath[UUID]) -> Redirect:
        """Take the last edit back."""
        draft = queries.draft(session, version_id)
        seen = int(str(typed.get("edition") or -1))
        what = actions.undo(session, draft, seen=seen, by=request.user, now=clock.now())
        said = _t("Taken back: %(what)s", what=_t(what)) if what else _t("There is nothing to take back.")
        return see(request, "standards.edit", version_id=version_id, said=("good", said))
