"""The first page after sign-in: for each role, what this person is here to do, then why it matters."""

from typing import Any

from litestar import Controller, Request
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.effectiveness import wording
from audit_app.effectiveness.queries import studies
from audit_app.home import queries
from audit_app.home.tasks import desk_tasks, set_up_tasks
from audit_app.kit import clock
from audit_app.kit.web import Db, get, page, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.queries import locations_within
from audit_app.organisation.rules import Actor, Scope
from audit_app.scoring.queries import places, visits
from audit_app.scoring.routes import place_context

R = Request[Actor, Any, Any]
FIELD_WORK = frozenset({Role.SHOPPER, Role.AUDITOR})
OVERVIEW = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR, Role.EXECUTIVE, Role.REGION_MANAGER)
LEARNERS = (Role.TRAINER, Role.PROCESS_OWNER)
MOST_FAILED = 8
MOST_STUDIES = 3


class Home(Controller):
    """One page with the parts that this reader's roles call for, in the order of their work."""

    guards = [requires()]

    @get("/", name="home.show")
    def show(self, request: R, session: Db) -> Template | Redirect:
        """What this person is here to do. Shoppers and auditors go straight to their visits."""
        actor = request.user
        if actor.roles and actor.roles <= FIELD_WORK:
            return see(request, "field.list")
        return page(request, "home/show.html", **parts_of(session, actor, request.app.route_reverse))


def parts_of(session: Session, actor: Actor, reverse: Any) -> dict[str, Any]:
    """The parts of the page; what a role does not call for is None."""
    now = clock.now()
    parts: dict[str, Any] = {
        "tasks": [],
        "overview": None,
        "place": None,
        "own": None,
        "failed": None,
        "library": None,
        "studies": None,
    }
    if actor.has(Role.QUALITY_MANAGER, Role.REVIEWER):
        scope = actor.scope(Role.QUALITY_MANAGER, Role.REVIEWER)
        parts["tasks"] += desk_tasks(session, actor, scope, now, reverse)
    if actor.has(Role.ADMINISTRATOR):
        parts["tasks"] += set_up_tasks(session, reverse)
    if actor.scope(Role.EXECUTIVE).everything:
        parts["studies"] = [
            (row, studies.reading_of(session, row.study))
            for row in studies.newest_done(session)[:MOST_STUDIES]
        ]
        parts["words"] = wording
    if actor.has(*OVERVIEW):
        parts["overview"] = overview(session, actor.scope(*OVERVIEW))
    if actor.has(Role.LOCATION_MANAGER):
        location = queries.own_location(session, actor.scope(Role.LOCATION_MANAGER))
        if location:
            parts["place"] = place_context(session, location)
    if actor.has(Role.EMPLOYEE):
        parts["own"] = visits.own_results(session, actor.id)
        parts["fewest"] = visits.FEWEST
    if actor.has(*LEARNERS):
        scope = actor.scope(*LEARNERS)
        parts["failed"], parts["failed_n"] = visits.mend_first(session, locations_within(scope), limit=120)
        parts["failed"] = parts["failed"][:MOST_FAILED]
        parts["library"] = queries.published(session)
    return parts


def overview(session: Session, scope: Scope) -> dict[str, Any]:
    """The network, or the region, in one glance: mean with n and interval, trend, parts, the places to look at first."""
    months = places.months_back(clock.now().date(), 12)
    lowest, _total = places.places(session, scope, months[-3], sort="score")
    return {
        "score": places.whole(session, scope, months[0]),
        "points": places.drawn(places.trend(session, scope, months)),
        "regions": places.regions(session, scope, months[0]),
        "lowest": [row for row in lowest if row.score.low is not None][:5],
    }
