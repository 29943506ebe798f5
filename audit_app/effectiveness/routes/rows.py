"""The rows behind a study's figures, as they were when it was computed: as pages with filters, and as files."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Template
from sqlmodel import select

from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.queries.studies import READERS
from audit_app.effectiveness.routes.files import CSV, download
from audit_app.effectiveness.routes.reading import frame
from audit_app.effectiveness.rows import Answered, RowKind, asked_of, rows_of
from audit_app.kit import web
from audit_app.kit.errors import NotFound
from audit_app.kit.tables import write_csv
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.models import Location, Region
from audit_app.organisation.rules import Actor
from audit_app.outcomes.routes import READERS as OUTCOME_READERS

R = Request[Actor, Any, Any]
PAGE = 50
MOST_ROWS = 1_000_000


class RowsBehind(Controller):
    """For those who read studies."""

    path = "/effectiveness/studies/{study_id:uuid}"
    guards = [requires(*READERS)]

    @get("/rows", name="effectiveness.study_rows")
    def of_study(
        self, request: R, session: Db, study_id: FromPath[UUID], kind: FromQuery[str] = "places", page: FromQuery[int] = 1
    ) -> Template:  # fmt: skip
        """The places, weeks or visits that the whole study is made of."""
        return _page(request, session, study_id, "", kind, page)

    @get("/rows/{file:str}", name="effectiveness.study_rows_file")
    def file_of_study(
        self, request: R, session: Db, study_id: FromPath[UUID], file: FromPath[str]
    ) -> Response[bytes]:
        """The same as a file: places.csv, weeks.csv or visits.csv."""
        return _file(request, session, study_id, "", file)

    @get("/items/{item:str}/rows", name="effectiveness.rows")
    def of_item(
        self, request: R, session: Db, study_id: FromPath[UUID], item: FromPath[str],
        kind: FromQuery[str] = "visits", page: FromQuery[int] = 1,
    ) -> Template:  # fmt: skip
        """The visits, weeks or places that an item's figures are made of."""
        return _page(request, session, study_id, item, kind, page)

    @get("/items/{item:str}/rows/{file:str}", name="effectiveness.rows_file")
    def file_of_item(
        self, request: R, session: Db, study_id: FromPath[UUID], item: FromPath[str], file: FromPath[str]
    ) -> Response[bytes]:
        """The same as a file: visits.csv, weeks.csv or places.csv."""
        return _file(request, session, study_id, item, file)


def _page(request: R, session: Any, study_id: UUID, item: str, kind: str, page: int) -> Template:
    found = studies.finished(session, study_id, request.user)
    asked = asked_of(request.query_params, item)
    facts = studies.facts_of_study(session, study_id)
    rows = rows_of(facts, kind, asked)
    story = studies.reading_of(session, found)
    line = story.line(item) if item else None
    if item and line is None:
        raise NotFound
    pages = max(1, -(-rows.total // PAGE))
    number = min(max(page, 1), pages)
    known = session.exec(select(Location.code, Location.id, Location.name)).all()
    return web.page(
        request,
        "effectiveness/rows.html",
        fragment="rows",
        line=line,
        kind=kind,
        kinds=list(RowKind),
        answers=list(Answered) if item else [],
        asked=asked,
        versions=sorted({int(one) for one in facts.version}),
        codes=[(code, name) for code, _id, name in known if code in set(facts.locations)],
        rows=rows.page(number, PAGE),
        headings=rows.headings,
        places={code: name for code, _id, name in known},
        # A place's days are read by those who read outcomes; an auditor sees the sums only.
        days_of={code: key for code, key, _name in known}
        if request.user.scope(*OUTCOME_READERS).everything
        else {},
        week=timedelta(days=6),
        regions=dict(session.exec(select(Region.code, Region.name)).all()),
        total=rows.total,
        number=number,
        pages=pages,
        **frame(request, session, found, story),
    )


def _file(request: R, session: Any, study_id: UUID, item: str, file: str) -> Response[bytes]:
    kind = file.removesuffix(".csv") if file.endswith(".csv") else ""
    studies.finished(session, study_id, request.user)
    facts = studies.facts_of_study(session, study_id)
    rows = rows_of(facts, kind, asked_of(request.query_params, item))
    return download(
        b"".join(write_csv(rows.headings, rows.make(0, min(rows.total, MOST_ROWS)))),
        f"{item.replace('@', '-') or 'study'}-{kind}.csv",
        CSV,
    )
