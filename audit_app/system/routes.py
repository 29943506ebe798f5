"""Health for machines, the API's description for signed-in people and tokens, the living page of all components."""

import shutil
from typing import Any

import sqlalchemy as sa
from litestar import Controller, Request
from litestar.response import Response, Template
from sqlmodel import Session

from audit_app.kit.db import Engines
from audit_app.kit.web import everyone, get, page, requires
from audit_app.migrations import state as migrations

R = Request[Any, Any, Any]


def _ready(engines: Engines, data: Any) -> bool:
    """Whether the database takes a write, the schema is the newest and the disk has room."""
    try:
        with Session(engines.writing) as session:
            session.connection().execute(sa.text("update audit_head set position = position where id = 1"))
            session.rollback()
        return migrations.is_newest(engines.reading) and shutil.disk_usage(data).free > 64 * 2**20
    except (sa.exc.SQLAlchemyError, OSError):
        return False


class Health(Controller):
    """Small answers without sign-in and without details."""

    guards = [everyone]

    @get("/health/live", name="system.live")
    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @get("/health/ready", name="system.ready")
    def ready(self, request: R) -> Response[dict[str, str]]:
        """The app can do its work; 503 otherwise."""
        fine = _ready(request.app.state.engines, request.app.state.settings.paths.data)
        return Response({"status": "ok" if fine else "not ready"}, status_code=200 if fine else 503)


class Documentation(Controller):
    """For people and programs who build on the app."""

    guards = [requires()]

    @get("/components", name="system.components")
    def components(self, request: R) -> Template:
        """All components of the design on one page."""
        return page(request, "components.html")
