"""Pages of the desk: the list, one visit, and the calendar. Planners and reviewers only; for others they are not there."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request
from litestar.exceptions import NoRouteMatchFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.i18n import zone
from audit_app.kit.web import Db, get, page, requires
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.standards.rules.answers import read_given
from audit_app.standards.rules.reading import read_version
from audit_app.visits import words
from audit_app.visits.models import Evidence, Visit, VisitKind, VisitState
from audit_app.visits.queries import access, calendar, desk
from audit_app.visits.queries import review as review_queries
from audit_app.visits.rules import release as release_rules
from audit_app.visits.rules import review as review_rules
from audit_app.visits.rules import states
from audit_app.visits.rules.void import CAUSES

R = Request[Actor, Any, Any]

READERS = (*access.DESK, Role.REVIEWER)
GIVABLE = frozenset(
    {
        VisitState.PLANNED,
        VisitState.OFFERED,
        VisitState.ACCEPTED,
        VisitState.DECLINED,
        VisitState.EXPIRED,
    }
)
"""States in which somebody else may be sent, or other days given."""


def day_of(text: str) -> date | None:
    """The day an address names; None when it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def id_of(text: str) -> UUID | None:
    """The id an address names; None when it names none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def page_of(text: str) -> int:
    """The number of a page in an address; the first when it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def filters_of(query: Any) -> desk.Filters:
    """The filters in an address; what cannot be meant is left out."""

    def said(name: str) -> str:
        return str(query.get(name) or "").strip()[:200].replace("\x00", "")

    state, kind = said("state"), said("kind")
    return desk.Filters(
        q=said("q"),
        state=state if state in set(VisitState) else "",
        overdue=said("overdue") == "yes",
        region=id_of(said("region")),
        location=said("location"),
        standard=id_of(said("standard")),
        person=said("person"),
        kind=kind if kind in set(VisitKind) else "",
        since=day_of(said("since")),
        until=day_of(said("until")),
    )


@dataclass(frozen=True)
class Span:
    """The days a calendar shows, from a Monday to a Sunday, around the day that was asked for."""

    view: Literal["month", "week"]
    on: date
    first: date
    last: date
    before: date
    after: date

    @staticmethod
    def of(view: str, on: date) -> "Span":
        """The whole weeks of that month, or that week."""
        if view == "week":
            first = on - timedelta(days=on.weekday())
            return Span(
                "week", on, first, first + timedelta(days=6), first - timedelta(7), first + timedelta(7)
            )
        begin = on.replace(day=1)
        after = (begin + timedelta(days=32)).replace(day=1)
        end = after - timedelta(days=1)
        first = begin - timedelta(days=begin.weekday())
        last = end + timedelta(days=6 - end.weekday())
        return Span("month", begin, first, last, (begin - timedelta(days=1)).replace(day=1), after)

    @property
    def weeks(self) -> list[list[date]]:
        """The days by week."""
        count = (self.last - self.first).days + 1
        all_days = [self.first + timedelta(days=n) for n in range(count)]
        return [all_days[n : n + 7] for n in range(0, count, 7)]


class Desk(Controller):
    """What planners and reviewers read."""

    path = "/desk"
    guards = [requires(*READERS)]

    @get("/visits", name="visits.desk")
    def show_list(self, request: R, session: Db, sort: FromQuery[str] = "-due") -> Template:
        """All visits in reach, filtered and sorted as the address says."""
        filters = filters_of(request.query_params)
        number = page_of(str(request.query_params.get("page") or "1"))
        found = desk.listing(
            session, filters, request.user.scope(*READERS), clock.now(), sort=sort, page=number
        )
        return page(
            request,
            "visits/desk/list.html",
            found=found,
            filters=filters,
            sort=sort,
            now=clock.now(),
            most=desk.MOST,
            regions=desk.regions(session),
            standards=desk.standards_in_use(session),
            may_plan=request.user.has(*access.DESK),
            words=words,
        )

    @get("/visits/{visit_id:uuid}", name="visits.at_desk")
    def show_visit(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """One visit with its history, and what can be done with it now."""
        return show(request, session, access.visit_of_desk(session, visit_id, request.user))

    @get("/calendar", name="visits.calendar")
    def show_calendar(self, request: R, session: Db) -> Template:
        """Visits by day, a month or a week at once."""
        now, query = clock.now(), request.query_params
        today = now.astimezone(zone(request.user.timezone)).date()
        wanted = day_of(str(query.get("on") or "")) or today
        wanted = min(max(wanted, date(2000, 1, 1)), date(2100, 12, 31))
        span = Span.of("week" if query.get("view") == "week" else "month", wanted)
        filters = filters_of({name: query.get(name) for name in ("region", "standard", "kind")})
        kept = {"region": filters.region, "standard": filters.standard, "kind": filters.kind}
        each = 4 if span.view == "month" else 25
        scope = request.user.scope(*READERS)
        return page(
            request,
            "visits/desk/calendar.html",
            span=span,
            today=today,
            days=calendar.days(session, span.first, span.last, filters, scope, now, each),
            filters=filters,
            kept=urlencode({name: str(value) for name, value in kept.items() if value}),
            regions=desk.regions(session),
            standards=desk.standards_in_use(session),
            may_plan=request.user.has(*access.DESK),
            words=words,
        )


def address(request: R, name: str, **params: Any) -> str:
    """The address of a page of a later slice; empty where the app was built without it."""
    try:
        return request.app.route_reverse(name, **params)
    except NoRouteMatchFoundException:
        return ""


def photos_of(request: R, evidence: list[Evidence]) -> dict[str, list[tuple[Evidence, str, str]]]:
    """The pictures by item, with the addresses of the file and of its thumb; empty while the file is not here."""
    found: dict[str, list[tuple[Evidence, str, str]]] = {}
    for one in evidence:
        href = address(request, "evidence.show", evidence_id=one.id) if one.file else ""
        src = address(request, "evidence.thumb", evidence_id=one.id) if one.file else ""
        found.setdefault(one.item, []).append((one, href, src))
    return found


def lines_of(whole: desk.Whole) -> list[review_rules.Line]:
    """The questions of a visit with what was answered; none before it was submitted."""
    if whole.revision is None:
        return []
    version = read_version(whole.version.document)
    givens, _problems = read_given(version, whole.revision.answers)
    here = review_rules.here_of(whole.evidence)
    return review_rules.lines_of(version, givens, whole.location.attributes, here)


def show(
    request: R,
    session: Session,
    visit: Visit,
    *,
    status_code: int = 200,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    opened: str = "",
) -> Template:
    """The page of one visit; `errors` and `typed` when a form on it came back, `opened` says which one."""
    whole = desk.whole(session, visit)
    actor, now, chosen = request.user, clock.now(), request.app.state.settings.visits
    state = VisitState(visit.state)
    next_states = states.MOVES[state]
    may_plan = actor.has(*access.DESK)
    givable = may_plan and state in GIVABLE and visit.revision_id is None
    waiting, can_release = None, False
    if state == VisitState.APPROVED:
        at_place = review_queries.approved_visits(session, visit.location_id)
        outcome = release_rules.sort_out(
            [review_queries.approved_facts(one) for one in at_place],
            now,
            timedelta(hours=chosen.release_delay_hours),
            chosen.release_minimum,
        )
        waiting = outcome.waiting.get(visit.id)
        can_release = waiting is None and actor.has(Role.QUALITY_MANAGER)
    return page(
        request,
        "visits/desk/visit.html",
        status_code=status_code,
        whole=whole,
        visit=visit,
        lines=lines_of(whole),
        photos=photos_of(request, whole.evidence),
        overdue=state == VisitState.RETURNED and release_rules.is_return_overdue(visit.return_due_at, now),
        waiting=waiting,
        can_give=givable,
        can_take_back=givable and state in (VisitState.OFFERED, VisitState.ACCEPTED),
        can_move=givable,
        can_cancel=may_plan and VisitState.CANCELLED in next_states,
        can_void=may_plan and VisitState.VOID in next_states,
        can_release=can_release,
        can_review=state == VisitState.SUBMITTED
        and actor.has(*access.REVIEWERS)
        and visit.shopper_id != actor.id,
        may_plan=may_plan,
        why_href=address(request, "scoring.why", visit_id=visit.id)
        if state in (VisitState.APPROVED, VisitState.RELEASED)
        else "",
        people=desk.people_like(session, "") if givable else [],
        causes=CAUSES,
        errors=errors or {},
        typed=typed or {},
        opened=opened,
        words=words,
    )
