"""The rows behind a pilot's result: each place's weeks, before and after its start by lot, as a page and as a file."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Template
from sqlmodel import Session

from audit_app.effectiveness import pilot_queries as queries
from audit_app.effectiveness import wording
from audit_app.effectiveness.pilot_actions import LEAD_IN
from audit_app.effectiveness.pilot_models import Pilot
from audit_app.effectiveness.pilot_queries import READERS
from audit_app.effectiveness.routes.files import CSV, download
from audit_app.kit import clock, web
from audit_app.kit.errors import NotFound
from audit_app.kit.tables import write_csv
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard

R = Request[Actor, Any, Any]
PAGE = 50
HEADINGS = ("location", "region", "step", "starts_on", "week_from", "begun", *queries.MEASURES)


class PilotRows(Controller):
    """For those who read what concerns the whole network."""

    path = "/pilots/{pilot_id:uuid}"
    guards = [requires(*READERS)]

    @get("/rows", name="pilots.rows")
    def rows(self, request: R, session: Db, pilot_id: FromPath[UUID], page: FromQuery[int] = 1) -> Template:
        """The weeks of the pilot's places, with and without the change."""
        pilot = queries.pilot_for(session, pilot_id, request.user)
        made = list(rows_of(session, pilot, clock.now().date()))
        pages = max(1, -(-len(made) // PAGE))
        number = min(max(page, 1), pages)
        names = {one.code: one.name for one in queries.joined(session, pilot.id)}
        return web.page(
            request,
            "effectiveness/pilot_rows.html",
            fragment="rows",
            pilot=pilot,
            standard=session.get_one(Standard, pilot.standard_id),
            text=queries.wording_of(session, pilot),
            rows=made[(number - 1) * PAGE : number * PAGE],
            names=names,
            measures=[wording.measure_name(one) for one in queries.MEASURES],
            total=len(made),
            number=number,
            pages=pages,
        )

    @get("/rows/{file:str}", name="pilots.rows_file")
    def file(self, request: R, session: Db, pilot_id: FromPath[UUID], file: FromPath[str]) -> Response[bytes]:
        """The same as weeks.csv."""
        pilot = queries.pilot_for(session, pilot_id, request.user)
        if file != "weeks.csv":
            raise NotFound
        made = rows_of(session, pilot, clock.now().date())
        return download(b"".join(write_csv(HEADINGS, made)), "pilot-weeks.csv", CSV)


def rows_of(session: Session, pilot: Pilot, today: date) -> Iterator[tuple[Any, ...]]:
    """Week by week from half a year before the first start to the end of what was computed, else to this week."""
    joined = queries.joined(session, pilot.id)
    first = pilot.first_on - timedelta(weeks=LEAD_IN)
    until = date.fromisoformat(pilot.result["until"]) if pilot.result else today
    weeks = max(((until - first).days + 1) // 7, 0)
    measures = queries.weeks_of(session, [one.step.location_id for one in joined], first, weeks)
    known = np.any([np.isfinite(measures[name]) for name in queries.MEASURES], axis=0)
    for k, w in zip(*np.nonzero(known), strict=True):
        one, monday = joined[k], first + timedelta(weeks=int(w))
        yield (
            one.code,
            one.region,
            one.step.step + 1,
            one.step.starts_on,
            monday,
            int(monday >= one.step.starts_on),
            *(_number(measures[name][k, w]) for name in queries.MEASURES),
        )


def _number(value: float) -> float | int | None:
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) else round(float(value), 2)


__all__ = ["PilotRows", "rows_of"]
