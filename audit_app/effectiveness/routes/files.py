"""Take a study out: CSV, XLSX, JSON, the PDF, and the rows behind every figure."""

from itertools import islice
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Template
from sqlmodel import select

from audit_app.effectiveness import figures
from audit_app.effectiveness.models import OPEN_STATES
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.queries.studies import READERS
from audit_app.effectiveness.result_files import as_csv, as_json
from audit_app.effectiveness.routes.reading import frame
from audit_app.effectiveness.rules.document import plan_of
from audit_app.effectiveness.tables import workbook
from audit_app.kit import web
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import language
from audit_app.kit.tables import write_csv
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.models import Location
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard

R = Request[Actor, Any, Any]
PAGE = 50
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"
PDF = "application/pdf"
MOST_ROWS = 1_000_000


def download(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to save; its name is ours, in plain letters."""
    return Response(
        content,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


class Files(Controller):
    """For those who read studies."""

    path = "/effectiveness/studies/{study_id:uuid}"
    guards = [requires(*READERS)]

    @get("/files/{file:str}", name="effectiveness.file")
    def file(self, request: R, session: Db, study_id: FromPath[UUID], file: FromPath[str]) -> Response[bytes]:
        """All numbers: study.csv and study.json as the command line writes them, study.xlsx for people."""
        found = studies.finished(session, study_id, request.user)
        findings, _behind = studies.parts_of(session, study_id)
        standard = session.get_one(Standard, found.standard_id)
        _study, _dot, ending = file.rpartition(".")
        if _study != "study":
            raise NotFound
        name = f"study-{standard.code}-{found.to_on.isoformat()}.{ending}"
        if ending == "csv":
            return download(b"\xef\xbb\xbf" + as_csv(findings).encode(), name, CSV)
        if ending == "json":
            return download(as_json(findings, plan_of(found.plan)).encode(), name, JSON)
        if ending == "xlsx":
            return download(workbook(found, standard, studies.reading_of(session, found)), name, XLSX)
        if ending == "pdf":
            return download(studies.report_bytes(session, study_id, language()), name, PDF)
        raise NotFound

    @get("/report", name="effectiveness.report")
    def report(self, request: R, session: Db, study_id: FromPath[UUID]) -> Template:
        """How far the PDF is, and where to take it."""
        found = studies.finished(session, study_id, request.user)
        report = studies.report_of(session, study_id, language())
        return web.page(
            request,
            "effectiveness/report.html",
            fragment="report",
            report=report,
            waits=report is not None and report.state in OPEN_STATES,
            **frame(request, session, found, studies.reading_of(session, found)),
        )

    @get("/items/{item:str}/rows", name="effectiveness.rows")
    def rows(
        self,
        request: R,
        session: Db,
        study_id: FromPath[UUID],
        item: FromPath[str],
        kind: FromQuery[str] = "visits",
        page: FromQuery[int] = 1,
    ) -> Template:
        """The visits, or the weeks of places, that an item's figures are made of."""
        found = studies.finished(session, study_id, request.user)
        facts = studies.facts_of_study(session, study_id)
        if item not in facts.items or kind not in ("visits", "weeks"):
            raise NotFound
        made = list(figures.visit_rows(facts, item) if kind == "visits" else figures.week_rows(facts, item))
        number = min(max(page, 1), max(1, -(-len(made) // PAGE)))
        places = dict(session.exec(select(Location.code, Location.name)).all())
        story = studies.reading_of(session, found)
        line = story.line(item)
        if line is None:
            raise NotFound
        return web.page(
            request,
            "effectiveness/rows.html",
            fragment="rows",
            line=line,
            kind=kind,
            rows=list(islice(made, (number - 1) * PAGE, number * PAGE)),
            headings=figures.week_headings(facts),
            places=places,
            total=len(made),
            number=number,
            pages=max(1, -(-len(made) // PAGE)),
            **frame(request, session, found, story),
        )

    @get("/items/{item:str}/rows/{file:str}", name="effectiveness.rows_file")
    def rows_file(
        self, request: R, session: Db, study_id: FromPath[UUID], item: FromPath[str], file: FromPath[str]
    ) -> Response[bytes]:
        """The same rows as a file: visits.csv or weeks.csv."""
        kind = file.removesuffix(".csv") if file.endswith(".csv") else ""
        studies.finished(session, study_id, request.user)
        facts = studies.facts_of_study(session, study_id)
        if item not in facts.items or kind not in ("visits", "weeks"):
            raise NotFound
        made, headings = (
            (figures.visit_rows(facts, item), figures.VISIT_HEADINGS)
            if kind == "visits"
            else (figures.week_rows(facts, item), figures.week_headings(facts))
        )
        return download(
            b"".join(write_csv(headings, islice(made, MOST_ROWS))),
            f"{item.replace('@', '-')}-{kind}.csv",
            CSV,
        )
