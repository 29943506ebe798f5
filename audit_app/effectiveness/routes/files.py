"""Take a study out: CSV, XLSX, JSON, the PDF."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Response, Template

from audit_app.effectiveness import reporting
from audit_app.effectiveness.models import OPEN_STATES
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.queries.experiments import trials_of
from audit_app.effectiveness.queries.studies import READERS
from audit_app.effectiveness.result_files import as_csv, as_json
from audit_app.effectiveness.routes.reading import frame
from audit_app.effectiveness.rules.document import plan_of
from audit_app.effectiveness.tables import workbook
from audit_app.kit import web
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import language
from audit_app.kit.pages import asset_url
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard

R = Request[Actor, Any, Any]
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"
PDF = "application/pdf"


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
            return download(
                workbook(
                    found, standard, studies.reading_of(session, found), trials_of(session, found.standard_id)
                ),
                name,
                XLSX,
            )
        if ending == "pdf":
            return download(studies.report_bytes(session, study_id, language()), name, PDF)
        raise NotFound

    @get("/print", name="effectiveness.print")
    def on_paper(self, request: R, session: Db, study_id: FromPath[UUID]) -> Template:
        """The report as a page, to print at once from the browser."""
        found = studies.finished(session, study_id, request.user)
        return Template(
            "effectiveness/print.html",
            context={
                "locale": language(),
                "css": asset_url("report.css"),
                "icon": asset_url("favicon.svg"),
                **reporting.on_paper(session, found),
            },
        )

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
