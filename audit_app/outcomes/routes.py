"""Coverage: can a study be run, and what is missing most. Then location by location, and doubtful values with their rows."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from audit_app.kit import clock, web
from audit_app.kit.i18n import _
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.models import Role
from audit_app.organisation.queries import location_in_scope
from audit_app.organisation.rules import Actor
from audit_app.outcomes import queries
from audit_app.outcomes.models import DoubtKind
from audit_app.outcomes.rules.coverage import WEEKS, Lack, first_monday, monday_of, readiness, runs_of

R = Request[Actor, Any, Any]

READERS: Final = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.EXECUTIVE, Role.REGION_MANAGER)
KINDS: Final = {
    DoubtKind.MORE_SALES: _("more transactions than visitors"),
    DoubtKind.ZERO: _("a zero on a day that is usually busy"),
    DoubtKind.JUMP: _("far from what is usual on that day of the week"),
    DoubtKind.NEGATIVE: _("revenue below zero"),
}


class Coverage(Controller):
    """Where numbers and visits meet, each reader within their reach."""

    path = "/outcomes"
    guards = [requires(*READERS)]

    @get("/", name="outcomes.coverage")
    def index(
        self,
        request: R,
        session: Db,
        lack: FromQuery[str] = "",
        q: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Template:
        """Can a study be run? What is missing most? Then the weeks of each location."""
        today = clock.now().date()
        found = queries.places(session, request.user.scope(*READERS), today)
        wanted = Lack(lack) if lack in set(Lack) else None
        rows = queries.chosen(found, lack=wanted, search=q[:100], today=today)
        pages = max(1, -(-len(rows) // queries.PAGE))
        number = min(max(page, 1), pages)
        shown = rows[(number - 1) * queries.PAGE : number * queries.PAGE]
        weeks = queries.weeks_of(session, shown, today)
        return web.page(
            request,
            "outcomes/coverage.html",
            fragment="places",
            ready=readiness([one.sums for one in found], today),
            rows=[(one, weeks[one.id], runs_of(weeks[one.id])) for one in shown],
            total=len(rows),
            number=number,
            pages=pages,
            lack=wanted,
            q=q,
            first=first_monday(today),
            last=monday_of(today) - timedelta(days=1),
            weeks=WEEKS,
            measures=queries.measures(session),
            may_import=request.user.has(Role.ADMINISTRATOR, Role.QUALITY_MANAGER),
        )

    @get("/doubts", name="outcomes.doubts")
    def doubts(
        self,
        request: R,
        session: Db,
        location: FromQuery[UUID | None] = None,
        kind: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Template:
        """Doubtful values with the rows they stand in."""
        number = min(max(page, 1), 10_000)
        wanted = kind if kind in set(DoubtKind) else ""
        scope = request.user.scope(*READERS)
        place = location_in_scope(session, location, scope) if location else None
        rows, total = queries.doubts(session, scope, location_id=location, kind=wanted, page=number)
        return web.page(
            request,
            "outcomes/doubts.html",
            fragment="doubts",
            rows=rows,
            total=total,
            number=number,
            pages=max(1, -(-total // queries.DOUBTS_PAGE)),
            place=place,
            kind=wanted,
            kinds=KINDS,
        )

    @get("/places/{location_id:uuid}", name="outcomes.place")
    def place(
        self, request: R, session: Db, location_id: FromPath[UUID], week: FromQuery[date | None] = None
    ) -> Template:
        """One location: its weeks as a table, the rows of one of them, and what is doubtful."""
        scope = request.user.scope(*READERS)
        location = location_in_scope(session, location_id, scope)
        today = clock.now().date()
        shown = queries.places(session, scope, today, location.id)
        weeks = queries.weeks_of(session, shown, today).get(location.id, [])
        rows, total = queries.doubts(session, scope, location_id=location.id)
        monday = monday_of(week) if week and date(1990, 1, 1) < week < date(2100, 1, 1) else None
        return web.page(
            request,
            "outcomes/place.html",
            location=location,
            place=shown[0] if shown else None,
            weeks=list(reversed(weeks)),
            runs=runs_of(weeks),
            doubts=rows,
            total=total,
            kinds=KINDS,
            monday=monday,
            days=queries.days_of_week(session, location.id, monday) if monday else [],
        )
