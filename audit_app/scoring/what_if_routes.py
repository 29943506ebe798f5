"""The panel beside “Publish”: what past visits would have scored under the new rules."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Template

from audit_app.kit.web import Db, get, page, requires
from audit_app.organisation.rules import Actor
from audit_app.scoring.what_if import MOST_VISITS, what_if
from audit_app.standards import queries
from audit_app.standards.queries import EDITORS
from audit_app.standards.rules.problems import StandardNotUnderstood

R = Request[Actor, Any, Any]


class WhatIfScored(Controller):
    """For those who write standards."""

    guards = [requires(*EDITORS)]

    @get("/standards/versions/{version_id:uuid}/what-if", name="scoring.what_if")
    def show(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """Past visits under the draft's rules, as a page or as a panel."""
        version, standard = queries.version_for(session, version_id, request.user)
        draft = queries.draft(session, version.id)
        problem = False
        found = None
        try:
            found = what_if(session, draft)
        except StandardNotUnderstood:
            problem = True
        return page(
            request,
            "scoring/what_if.html",
            fragment="panel",
            version=version,
            standard=standard,
            found=found,
            problem=problem,
            most=MOST_VISITS,
        )
