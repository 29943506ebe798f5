"""The first page after sign-in."""

from typing import Any

from litestar import Controller, Request
from litestar.response import Template

from audit_app.kit.web import Db, get, page, requires
from audit_app.organisation.rules import Actor

R = Request[Actor, Any, Any]


class Home(Controller):
    """One page, with the parts that this reader's roles call for."""

    guards = [requires()]

    @get("/", name="home.show")
    def show(self, request: R, session: Db) -> Template:
        """What this person is here to do."""
        return page(request, "home/show.html")
