"""The list a home page starts with: what waits, how much of it, and where to go."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from audit_app.effectiveness.queries.decisions import calendar
from audit_app.home import queries
from audit_app.kit.i18n import _, format_moment, gettext, ngettext
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor, Scope

Task = dict[str, Any]


def desk_tasks(
    session: Session, actor: Actor, scope: Scope, now: datetime, reverse: Callable[..., str]
) -> list[Task]:
    """What the quality manager and the reviewer have to do, the most pressing first."""
    counts = queries.desk_counts(session, scope, now)
    tasks: list[Task] = [
        {
            "title": gettext(_("Review what came in")),
            "href": reverse("visits.review_queue"),
            "text": gettext(
                _("Waiting since %(when)s"), when=format_moment(counts.oldest_waiting, actor.timezone)
            )
            if counts.oldest_waiting
            else gettext(_("Nothing waits: new reports appear here.")),
            "count": counts.to_review,
            "tone": "bad" if counts.to_review else "",
            "done": counts.to_review == 0,
        }
    ]
    if not actor.has(Role.QUALITY_MANAGER):
        return tasks
    desk = reverse("visits.desk")
    tasks += [
        {
            "title": gettext(_("Returned and overdue")),
            "href": f"{desk}?state=returned",
            "text": gettext(_("Shoppers whose time to correct has run out.")),
            "count": counts.overdue,
            "tone": "bad" if counts.overdue else "",
            "done": counts.overdue == 0,
        },
        {
            "title": gettext(_("Find somebody for planned visits")),
            "href": f"{desk}?state=planned",
            "text": gettext(_("Planned without a shopper.")),
            "count": counts.unassigned,
            "done": counts.unassigned == 0,
        },
        {
            "title": gettext(_("Approved, waiting for release")),
            "href": f"{desk}?state=approved",
            "text": gettext(
                _("Released by themselves, after the delay and together with others of the place.")
            ),
            "count": counts.waiting_release,
            "done": counts.waiting_release == 0,
        },
        {
            "title": gettext(_("This week")),
            "href": reverse("visits.calendar"),
            "text": ngettext(
                "%(num)s visit is open for the coming days.",
                "%(num)s visits are open for the coming days.",
                counts.this_week,
            ),
            "count": None,
        },
    ]
    due = len(calendar(session, until=now.date() + timedelta(days=30)))
    tasks.append(
        {
            "title": gettext(_("What pays, and what to review next")),
            "href": reverse("effectiveness.index"),
            "text": ngettext(
                "%(num)s item is due for another look within a month.",
                "%(num)s items are due for another look within a month.",
                due,
            )
            if due
            else gettext(_("What each item of a standard does to sales, and what to do about it.")),
            "count": due or None,
        }
    )
    n = queries.drafts(session)
    tasks.append(
        {
            "title": gettext(_("Standards being written"))
            if n
            else gettext(_("Write the next version of a standard")),
            "href": reverse("standards.index"),
            "text": ""
            if n
            else gettext(_("Published versions are never edited; the next one starts as a draft.")),
            "count": n or None,
        }
    )
    return tasks


def set_up_tasks(session: Session, reverse: Callable[..., str]) -> list[Task]:
    """What an administrator looks after; on a new installation, in the order to do it."""
    found = queries.set_up(session)
    return [
        {
            "title": gettext(_("Places")),
            "href": reverse("network.locations"),
            "text": ngettext("%(num)s location", "%(num)s locations", found.locations)
            if found.locations
            else gettext(_("Bring in your locations first, by hand or from a table.")),
            "count": None,
        },
        {
            "title": gettext(_("People")),
            "href": reverse("people.index"),
            "text": ngettext(
                "%(num)s person has not chosen a password yet.",
                "%(num)s people have not chosen a password yet.",
                found.without_password,
            )
            if found.without_password
            else ngettext("%(num)s person signs in.", "%(num)s people sign in.", found.people),
            "count": None,
        },
        {
            "title": gettext(_("Import")),
            "href": reverse("imports.index"),
            "text": gettext(
                _("Locations, employees, shoppers, standards, visits and answers from CSV or XLSX.")
            ),
            "count": None,
        },
    ]
