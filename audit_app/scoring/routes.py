"""Pages of results: places, one place, one visit, why a score is what it is, an employee's own, the competitors."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session, col

from audit_app.kit import clock, web
from audit_app.kit.errors import NotFound
from audit_app.kit.web import Db, get, requires, see
from audit_app.organisation.models import Location, Region, Role
from audit_app.organisation.queries import location_in_scope
from audit_app.organisation.rules import Actor, Scope
from audit_app.scoring.queries import places, visits
from audit_app.scoring.rules.summary import shares_of
from audit_app.visits.models import Visit
from audit_app.visits.queries import access

R = Request[Actor, Any, Any]

HEADQUARTERS = (
    Role.ADMINISTRATOR,
    Role.QUALITY_MANAGER,
    Role.REVIEWER,
    Role.EXECUTIVE,
    Role.TRAINER,
    Role.PROCESS_OWNER,
)
AT_PLACES = (Role.REGION_MANAGER, Role.LOCATION_MANAGER)
READERS = (*HEADQUARTERS, *AT_PLACES)
MONTHS = 12


def reading_scope(actor: Actor) -> Scope:
    """The places whose results somebody reads."""
    return actor.scope(*READERS)


def is_coarse(actor: Actor) -> bool:
    """Whether times are kept to parts of the day: for everybody but those who run the programme."""
    return not actor.has(Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.REVIEWER)


class Results(Controller):
    """Released results, each reader within their reach. Nobody here learns who the shopper was."""

    path = "/results"
    guards = [requires(*READERS)]

    @get("/", name="scoring.results")
    def index(
        self,
        request: R,
        session: Db,
        region: FromQuery[UUID | None] = None,
        q: FromQuery[str] = "",
        sort: FromQuery[str] = "name",
        page: FromQuery[int] = 1,
    ) -> Template | Redirect:
        """The places in reach; somebody with one place goes straight to it."""
        scope = reading_scope(request.user)
        if not scope.everything and not scope.regions and len(scope.locations) == 1:
            return see(request, "scoring.place", location_id=next(iter(scope.locations)))
        number = min(max(page, 1), 10_000)
        months = places.months_back(clock.now().date(), MONTHS)
        rows, total = places.places(
            session, scope, months[0], region_id=region, search=q, sort=sort, page=number
        )
        return web.page(
            request,
            "scoring/places.html",
            fragment="places",
            rows=rows,
            total=total,
            number=number,
            pages=max(1, -(-total // places.PAGE)),
            regions=places.regions(session, scope, months[0]),
            region=region,
            q=q,
            sort=sort,
            overall=places.whole(session, scope, months[0]),
            points=places.drawn(places.trend(session, scope, months)),
        )

    @get("/places/{location_id:uuid}", name="scoring.place")
    def place(self, request: R, session: Db, location_id: FromPath[UUID]) -> Template:
        """One place: the score, what to mend first, the trend, the visits."""
        location = location_in_scope(session, location_id, reading_scope(request.user))
        scope = reading_scope(request.user)
        single = not scope.everything and not scope.regions and len(scope.locations) == 1
        return web.page(request, "scoring/place.html", single=single, **place_context(session, location))

    @get("/visits/{visit_id:uuid}", name="scoring.visit")
    def visit(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """The result of one visit."""
        found = access.visit_with_result(session, visit_id, request.user)
        coarse = is_coarse(request.user)
        explained = visits.explain(session, found, coarse=coarse)
        return web.page(
            request,
            "scoring/visit.html",
            visit=found,
            location=session.get_one(Location, found.location_id),
            explained=explained,
            yardstick=visits.yardstick_of(explained.version),
            coarse=coarse,
        )

    @get("/competitors", name="scoring.competitors", guards=[requires(*HEADQUARTERS)])
    def competitors(self, request: R, session: Db) -> Template:
        """Us beside the competitors, on the same items."""
        if not request.user.scope(*HEADQUARTERS).everything:
            raise NotFound
        since = places.months_back(clock.now().date(), MONTHS)[0]
        return web.page(
            request,
            "scoring/competitors.html",
            brands=places.brands(session, since),
            sections=visits.sections_by_side(session, clock.now() - timedelta(days=365)),
        )


def place_context(session: Session, location: Location) -> dict[str, Any]:
    """What the page of one place shows; the home page of its manager shows the same first lines."""
    months = places.months_back(clock.now().date(), MONTHS)
    here = Scope(everything=False, regions=frozenset(), locations=frozenset({location.id}))
    condition = col(Visit.location_id) == location.id
    mend, n_mend = visits.mend_first(session, condition)
    rows = visits.released_visits(session, condition)
    region = session.get(Region, location.region_id) if location.region_id else None
    return {
        "location": location,
        "region": region,
        "score": places.whole(session, here, months[0]),
        "points": places.drawn(places.trend(session, here, months)),
        "mend": mend,
        "n_mend": n_mend,
        "visits": rows,
        "yardstick": visits.yardstick(session, condition),
    }


class Why(Controller):
    """Why this score? Every term, for whoever may read the visit: at the desk, or as a result."""

    guards = [requires(*READERS)]

    @get("/results/visits/{visit_id:uuid}/why", name="scoring.why")
    def why(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """The whole computation on a page of its own."""
        return self._show(request, session, visit_id, "scoring/why.html")

    @get("/results/visits/{visit_id:uuid}/why-panel", name="scoring.why_panel")
    def panel(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """The same as a panel of another page."""
        return self._show(request, session, visit_id, "scoring/_why.html")

    @staticmethod
    def _show(request: R, session: Session, visit_id: UUID, template: str) -> Template:
        try:
            visit = access.visit_of_desk(session, visit_id, request.user)
        except NotFound:
            visit = access.visit_with_result(session, visit_id, request.user)
        explained = visits.explain(session, visit, coarse=is_coarse(request.user))
        return Template(
            template,
            context={
                **request.app.state.furniture(request),
                "visit": visit,
                "explained": explained,
                "shares": shares_of(explained.score),
            },
        )


class Own(Controller):
    """An employee's own results."""

    guards = [requires(Role.EMPLOYEE)]

    @get("/results/mine", name="scoring.own")
    def own(self, request: R, session: Db) -> Template:
        """Own mean with n and interval; items; never a rank, never a single visit below three."""
        return web.page(
            request,
            "scoring/own.html",
            own=visits.own_results(session, request.user.id),
            fewest=visits.FEWEST,
        )
