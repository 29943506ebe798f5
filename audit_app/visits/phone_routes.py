"""What makes the shopper's pages an app of the phone: its name and icons, the worker, what to keep, what waits."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, put
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from audit_app.kit import clock, csrf, i18n
from audit_app.kit.db import write_async
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pages import asset_url
from audit_app.kit.strict_json import read_object
from audit_app.kit.web import Db, Typed, everyone, get, page, post, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.visits import letters, phone
from audit_app.visits.actions.reports import note_report
from audit_app.visits.api import check_token
from audit_app.visits.models import VisitState
from audit_app.visits.queries import field, guides
from audit_app.visits.rules.states import FILLABLE

R = Request[Actor, Any, Any]

READY_FOR = 25
"""So many visits are kept on a phone for no network; the next by day."""


class PhoneApp(Controller):
    """Installing and updating; the same for everybody, so nothing here says who or what for."""

    guards = [everyone]

    @get("/my/worker.js", name="phone.worker")
    def worker(self) -> Response[str]:
        """The service worker; asked anew each time, so that an edition is noticed at once."""
        return Response(
            phone.worker_text(),
            media_type="text/javascript; charset=utf-8",
            headers={"cache-control": "no-cache"},
        )

    @get("/my/app.webmanifest", name="phone.manifest")
    def manifest(self, request: R) -> Response[dict[str, Any]]:
        """Name and icon of the installed app: plain words that tell a bystander nothing."""
        name = _t(_("Forms"))
        icons = [
            {"src": asset_url(f"phone/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in (192, 512)
        ]
        return Response(
            {
                "id": "/my/visits",
                "name": name,
                "short_name": name,
                "lang": i18n.language(),
                "start_url": request.app.route_reverse("field.list"),
                "scope": "/my/",
                "display": "standalone",
                "background_color": "#f3f5f1",
                "theme_color": "#f3f5f1",
                "icons": [*icons, {**icons[1], "purpose": "maskable"}],
            },
            media_type="application/manifest+json",
        )


class PhonePages(Controller):
    """What a phone of a shopper or auditor asks for."""

    guards = [requires(Role.SHOPPER, Role.AUDITOR)]

    @get("/my/phone", name="phone.ready")
    def ready(self, request: R, session: Db) -> dict[str, Any]:
        """Who is signed in, a fresh token for what is sent, and the pages to keep, each with a mark that changes when it does."""
        reverse = request.app.route_reverse
        edition = f"{phone.edition()}:{i18n.language()}"
        visits = [
            row for row in field.my_visits(session, request.user.id) if VisitState(row.state) in FILLABLE
        ][:READY_FOR]
        pages = [
            {"path": reverse("phone.queue"), "mark": edition},
            {"path": reverse("field.clock"), "mark": edition},
        ]
        for row in visits:
            mark = f"{edition}:{row.state}:{row.due_on}:{row.return_due_at}"
            pages.append({"path": reverse("field.show", visit_id=row.id), "mark": mark})
            pages.append({"path": reverse("field.checklist", visit_id=row.id), "mark": mark})
        for picture_id in guides.pictures_to_keep(session, [row.id for row in visits]):
            pages.append({"path": reverse("field.picture", picture_id=picture_id), "mark": "for ever"})
        states = ",".join(f"{row.id}{row.state}" for row in visits)
        pages.append({"path": reverse("field.list"), "mark": f"{edition}:{phone.digest(states)}"})
        return {
            "person": letters.person_mark(request.user.id),
            "csrf": csrf.make(
                request.app.state.settings.web.secret, request.scope["state"].get("binding", "")
            ),
            "now": clock.now().isoformat(timespec="seconds"),
            "edition": phone.edition(),
            "names": {str(row.id): row.place for row in visits},
            "pages": pages,
            "files": [asset_url(name) for name in phone.SHARED],
        }

    @get("/my/queue", name="phone.queue")
    def queue(self, request: R) -> Template:
        """What waits on this phone; filled in by the script, since the server cannot know it."""
        return page(request, "visits/field/queue.html", person_mark=letters.person_mark(request.user.id))

    @post("/my/visits/{visit_id:uuid}/report", name="phone.report")
    def report(self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID]) -> Redirect:
        """The same as the phone sends later by itself: the place was closed, or the shopper was recognised."""
        said = {"kind": typed.get("kind"), "words": typed.get("words")}
        note_report(session, visit_id, request.user, said, clock.now())
        return see(
            request, "field.show", visit_id=visit_id, said=("good", _t(_("The office will read this.")))
        )


class PhoneApi(Controller):
    """What a phone sends beside drafts, submissions and photos."""

    path = "/api/v1"
    guards = [requires(Role.SHOPPER, Role.AUDITOR)]
    include_in_schema = True
    tags = ["visits"]

    @put(
        "/visits/{visit_id:uuid}/reports/{report_id:uuid}",
        name="phone.send_report",
        request_max_body_size=16 * 1024,
        summary="Say that the place was closed or that you were recognised",
        status_code=200,
    )
    async def send_report(
        self, request: R, visit_id: FromPath[UUID], report_id: FromPath[UUID]
    ) -> dict[str, str]:
        """Keep the report under the id the phone made; the same again changes nothing."""
        check_token(request)
        body = read_object(await request.body())
        actor: Actor = request.user

        def keep(session: Session) -> UUID:
            return note_report(session, visit_id, actor, body, clock.now(), report_id=report_id)

        return {"id": str(await write_async(request.app.state.engines, keep))}
