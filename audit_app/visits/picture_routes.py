"""Pictures of good practice on the shopper's pages; below /my/, so that the phone keeps them for no network."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Response

from audit_app.kit.picture_files import picture_answer
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.visits.queries import guides

R = Request[Actor, Any, Any]


class GuidePictures(Controller):
    """For whoever makes visits."""

    guards = [requires(Role.SHOPPER, Role.AUDITOR)]

    @get("/my/pictures/{picture_id:uuid}", name="field.picture")
    def show(self, request: R, session: Db, picture_id: FromPath[UUID]) -> Response[bytes]:
        """The picture, if a visit of theirs shows it."""
        picture = guides.guide_picture(session, picture_id, request.user)
        return picture_answer(request, picture.file, picture.id, keep="private, max-age=604800")
