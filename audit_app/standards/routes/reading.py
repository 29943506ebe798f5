"""Reading: the list, the history of a standard, a version as a document, as the shopper sees it, as a file."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Template

from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import pick
from audit_app.kit.web import Db, get, page, requires
from audit_app.kit.yaml import write_yaml
from audit_app.organisation.rules import Actor
from audit_app.standards import phrases, queries
from audit_app.standards.formats import file_name
from audit_app.standards.pictures import pictures_of, shown_pictures
from audit_app.standards.queries import EDITORS, READERS
from audit_app.standards.rules.comparison import comparison_of
from audit_app.standards.xlsform import XLSX, write_xlsform

R = Request[Actor, Any, Any]


class ReadStandards(Controller):
    """What everybody who works here may read."""

    path = "/standards"
    guards = [requires(*READERS)]

    @get("/", name="standards.index")
    def index(self, request: R, session: Db) -> Template:
        """All standards, by title in the reader's language."""
        rows = sorted(
            queries.standards_for(session, request.user), key=lambda row: pick(row.title).casefold()
        )
        return page(
            request, "standards/index.html", rows=rows, words=phrases, may_edit=request.user.has(*EDITORS)
        )

    @get("/{standard_id:uuid}", name="standards.show")
    def show(self, request: R, session: Db, standard_id: FromPath[UUID]) -> Template:
        """One standard with all its versions."""
        standard = queries.standard_for(session, standard_id, request.user)
        return page(
            request,
            "standards/show.html",
            standard=standard,
            rows=queries.version_rows(session, request.user, standard.id),
            words=phrases,
            may_edit=request.user.has(*EDITORS),
        )

    @get("/versions/{version_id:uuid}", name="standards.version")
    def version(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """A version as a document one likes to read."""
        version, standard = queries.version_for(session, version_id, request.user)
        return page(
            request,
            "standards/version.html",
            version=version,
            standard=standard,
            document=phrases.readable(version.document),
            pictures=shown_pictures(
                pictures_of(session, version), request.app.route_reverse, "standards.picture"
            ),
            items=phrases.items_by_code(phrases.readable(version.document)),
            words=phrases,
            may_edit=request.user.has(*EDITORS),
            has_draft=queries.open_draft(session, standard.id) is not None,
        )

    @get("/versions/{version_id:uuid}/as-shopper", name="standards.as_shopper")
    def as_shopper(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """The whole version as the shopper will see it, at the width of a phone."""
        version, standard = queries.version_for(session, version_id, request.user)
        return page(
            request,
            "standards/as_shopper.html",
            version=version,
            standard=standard,
            document=phrases.readable(version.document),
            pictures=shown_pictures(
                pictures_of(session, version), request.app.route_reverse, "standards.picture"
            ),
            items=phrases.items_by_code(phrases.readable(version.document)),
            words=phrases,
        )

    @get("/versions/{version_id:uuid}/export", name="standards.export")
    def export(
        self, request: R, session: Db, version_id: FromPath[UUID], format: FromQuery[str] = "yaml"
    ) -> Response[str | bytes]:
        """The version as a file: YAML, or XLSForm with ?format=xlsx."""
        version, _standard = queries.version_for(session, version_id, request.user)
        ending = "xlsx" if format in ("xlsx", "xlsform") else "yaml"
        content = write_xlsform(version.document) if ending == "xlsx" else write_yaml(version.document)
        return Response(
            content,
            media_type=XLSX if ending == "xlsx" else "application/yaml; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{file_name(version.document, ending)}"'},
        )

    @get("/versions/{version_id:uuid}/compare", name="standards.compare")
    def compare(
        self, request: R, session: Db, version_id: FromPath[UUID], other: FromQuery[UUID | None] = None
    ) -> Template:
        """This version beside another one of the same standard (default: the one before it)."""
        version, standard = queries.version_for(session, version_id, request.user)
        rows = queries.version_rows(session, request.user, standard.id)
        ids = [row.id for row in rows if row.id != version_id]
        older = [row.id for row in rows if row.number < version.number]
        wanted = other or next(iter(older or ids), None)
        if wanted not in ids:
            raise NotFound
        beside, _standard = queries.version_for(session, wanted, request.user)
        return page(
            request,
            "standards/compare.html",
            version=version,
            other=beside,
            standard=standard,
            rows=rows,
            comparison=comparison_of(beside.document, version.document),
            words=phrases,
        )
