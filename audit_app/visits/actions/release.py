"""What happens by the clock: results are released, visits nobody made expire. Idempotent, once a minute and by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import zone
from audit_app.settings import Visits as VisitSettings
from audit_app.visits.actions.steps import move
from audit_app.visits.events import VisitReleased
from audit_app.visits.models import Visit, VisitState
from audit_app.visits.queries import review as queries
from audit_app.visits.rules import planning as planning_rules
from audit_app.visits.rules import release as rules

Tell = Callable[[object], None]

MOST_AT_ONCE = 500
"""So many visits a round at most, to keep the transaction short; the next minute takes the next ones."""


class StillWaiting(AuditError):
    """This result cannot be released yet; the page of the visit says what it waits for."""

    code = "still_waiting"


def release_due(
    session: Session,
    now: datetime,
    settings: VisitSettings,
    announce: Tell,
    *,
    location_id: UUID | None = None,
    by_id: UUID | None = None,
) -> list[UUID]:
    """Release every approved visit that may be; the ids of those released. Running it again changes nothing."""
    approved = queries.approved_visits(session, location_id, for_change=True)
    outcome = rules.sort_out(
        [queries.approved_facts(visit) for visit in approved],
        now,
        timedelta(hours=settings.release_delay_hours),
        settings.release_minimum,
    )
    by_key = {visit.id: visit for visit in approved}
    ready = [by_key[key] for key in outcome.ready]
    # Whole locations, because visits of one place must not trickle out one by one.
    places: dict[UUID, list[Visit]] = {}
    for visit in ready:
        places.setdefault(visit.location_id, []).append(visit)
    released: list[UUID] = []
    for group in places.values():
        if released and len(released) + len(group) > MOST_AT_ONCE:
            break
        for visit in group:
            move(session, visit, VisitState.RELEASED, by_id, now)
            released.append(visit.id)
    session.flush()
    for key in released:
        announce(VisitReleased(key))
    return released


def release_by_hand(
    session: Session, visit: Visit, by_id: UUID, now: datetime, settings: VisitSettings, announce: Tell
) -> list[UUID]:
    """Release what may be at the visit's place, now instead of within the minute; raises `StillWaiting`."""
    released = release_due(session, now, settings, announce, location_id=visit.location_id, by_id=by_id)
    if visit.id not in released:
        raise StillWaiting
    return released


def expire_lapsed(session: Session, now: datetime) -> list[UUID]:
    """Let visits expire that nobody began within their window and the day of grace."""
    lapsed = [
        visit
        for visit, timezone in queries.unmade_visits(session, now, MOST_AT_ONCE)
        if planning_rules.is_lapsed(visit.due_on, now.astimezone(zone(timezone)).date())
    ]
    for visit in lapsed:
        move(session, visit, VisitState.EXPIRED, None, now)
    return [visit.id for visit in lapsed]
