"""Pages to bring files in and take tables out: choose, upload, look, confirm."""

from itertools import islice
from typing import Any, Final

from anyio import to_thread
from litestar import Controller, Request
from litestar import get as async_get
from litestar import post as async_post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from audit_app.imports import waiting
from audit_app.imports.actions.bring import Options, Upload, bring_in, parse
from audit_app.imports.limits import BODY, BRINGERS, kind_of
from audit_app.imports.queries.exports import SCORES, TABLES
from audit_app.imports.rules.kinds import ABOUT, COLUMNS, MEANINGS, TITLES, Kind
from audit_app.imports.rules.outcomes import HowToRead, MustAsk, style_named
from audit_app.imports.rules.report import Report, RowsNotTaken
from audit_app.imports.waiting import Waiting
from audit_app.kit import clock, web
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError, NotFound, TooLarge
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pace import paced
from audit_app.kit.tables import MOST_ROWS, read_table, write_csv, write_xlsx
from audit_app.kit.web import Db, Typed, get, post, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.outcomes.rules.columns import CHOICES
from audit_app.outcomes.rules.numbers import Style

R = Request[Actor, Any, Any]
SHOWN_PROBLEMS: Final = 100
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to save; its name is ours, in plain letters."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def _silent(_event: object) -> None:
    return None


def _look(session: Session, kind: Kind, upload: Upload, how: HowToRead | None = None) -> Report:
    """What the import would do; nothing is written."""
    options = Options(dry_run=True, how=how or HowToRead())
    return bring_in(session, kind, upload, by=None, now=clock.now(), announce=_silent, options=options)


def _how(found: Waiting) -> HowToRead:
    """As the person said this file is to be read."""
    return HowToRead(found.columns, style_named(found.decimals))


def _headings(upload: Upload) -> list[str]:
    """The headings of a table, for the form that asks what they mean."""
    return list(read_table(upload.content).headings)


def _form(request: R, kind: Kind, error: str = "", status: int = 200) -> Template:
    return web.page(
        request,
        "imports/upload.html",
        status_code=status,
        kind=kind,
        title=_t(TITLES[kind]),
        about=_t(ABOUT[kind]),
        columns=COLUMNS[kind],
        errors={"file": error} if error else {},
    )


class Imports(Controller):
    """Files in, in three steps."""

    path = "/imports"
    guards = [requires(*BRINGERS)]

    @get("/", name="imports.index")
    def index(self, request: R) -> Template:
        """What can come in and go out."""
        kinds = [(kind, _t(TITLES[kind]), _t(ABOUT[kind])) for kind in Kind]
        return web.page(request, "imports/index.html", kinds=kinds, tables=set(TABLES))

    @get("/{kind:str}", name="imports.kind")
    def kind(self, request: R, kind: FromPath[str]) -> Template:
        """The columns of a kind, and the form for the file."""
        return _form(request, kind_of(kind))

    @get("/{kind:str}/template.csv", name="imports.template")
    def template(self, kind: FromPath[str]) -> Response[bytes]:
        """An example to fill in."""
        columns = COLUMNS[kind_of(kind)]
        if not columns:
            raise NotFound
        rows = [[column.sample for column in columns]]
        return download(
            b"".join(write_csv([column.name for column in columns], rows)), f"{kind}-template.csv", CSV
        )

    @async_post(
        "/{kind:str}",
        name="imports.upload",
        status_code=200,
        request_max_body_size=BODY,
        guards=[paced("import", 60)],
    )
    async def upload(self, request: R, typed: Typed, kind: FromPath[str]) -> Template | Redirect:
        """Take the file, look at it, and put it aside until it is confirmed."""
        wanted = kind_of(kind)
        sent = typed.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            return _form(request, wanted, _t(_("Please choose a file.")), 422)
        upload = Upload(web.clean_text(sent.filename)[:200], await sent.read())
        settings, engines = request.app.state.settings, request.app.state.engines
        try:
            await read_async(engines, lambda session: _look(session, wanted, upload))
        except MustAsk:
            pass  # the next page asks
        except TooLarge as refused:
            return _form(request, wanted, _t(refused.text, **refused.values), 413)
        except AuditError as refused:
            return _form(request, wanted, _t(refused.text, **refused.values), 422)
        person = request.user.id
        now = clock.now()
        token = await to_thread.run_sync(
            lambda: waiting.keep(settings.paths.imports, person, wanted, upload, now)
        )
        return see(request, "imports.preview", kind=kind, token=token)

    @get("/{kind:str}/{token:str}", name="imports.preview")
    def preview(self, request: R, session: Db, kind: FromPath[str], token: FromPath[str]) -> Template:
        """What the file would do, or what it did."""
        return self._preview(request, session, kind, token)

    @staticmethod
    def _preview(request: R, session: Session, kind: str, token: str, status: int = 200) -> Template:
        wanted = kind_of(kind)
        root = request.app.state.settings.paths.imports
        found = waiting.find(root, request.user.id, wanted, token, clock.now())
        report, question = None, ""
        try:
            report = _look(session, wanted, found.upload, _how(found))
        except MustAsk as asked:
            question = _t(asked.text, **asked.values)
        except AuditError as refused:  # the network or the file's reading has changed since it was sent
            return _form(request, wanted, _t(refused.text, **refused.values), 422)
        headings = _headings(found.upload) if wanted is Kind.OUTCOMES and found.done is None else []
        return web.page(
            request,
            "imports/preview.html" if report else "imports/ask.html",
            status_code=status,
            kind=wanted,
            title=_t(TITLES[wanted]),
            token=token,
            report=report,
            file=found.upload.name,
            problems=report.problems[:SHOWN_PROBLEMS] if report else [],
            done=found.done,
            question=question,
            headings=headings,
            taken=report.columns if report else found.columns,
            decimals=found.decimals,
            choices=[(word, _t(MEANINGS[word])) for word in CHOICES],
        )

    @post("/{kind:str}/{token:str}/columns", name="imports.columns")
    def columns(self, request: R, typed: Typed, kind: FromPath[str], token: FromPath[str]) -> Redirect:
        """Take what a person says of a file of outcomes: what each column is, and how decimals are written."""
        if kind != Kind.OUTCOMES:
            raise NotFound
        root, person = request.app.state.settings.paths.imports, request.user.id
        found = waiting.find(root, person, Kind.OUTCOMES, token, clock.now())
        chosen: dict[str, str] = {}
        for number, heading in enumerate(_headings(found.upload)):
            word = str(typed.get(f"column-{number}") or "")
            if word in CHOICES:
                chosen[heading] = word
        decimals = str(typed.get("decimals") or "")
        if found.done is None:
            waiting.choose(root, person, found, chosen, decimals if decimals in set(Style) else "")
        return see(request, "imports.preview", kind=Kind.OUTCOMES, token=token)

    @async_post("/{kind:str}/{token:str}", name="imports.confirm", status_code=200)
    async def confirm(
        self, request: R, typed: Typed, kind: FromPath[str], token: FromPath[str]
    ) -> Template | Redirect:
        """Carry it out, whole or without the bad rows."""
        wanted = kind_of(kind)
        state = request.app.state
        root, actor = state.settings.paths.imports, request.user
        found = waiting.find(root, actor.id, wanted, token, clock.now())
        if found.done is not None:
            return see(request, "imports.preview", kind=kind, token=token)
        chosen = str(typed.get("state") or "")
        options = Options(
            skip_bad=typed.get("skip_bad") == "yes",
            state=chosen if wanted is Kind.STANDARDS and chosen in ("draft", "published") else None,
            how=_how(found),
        )
        parsed = await to_thread.run_sync(parse, wanted, found.upload)

        def act(session: Session) -> Report:
            return bring_in(
                session,
                wanted,
                found.upload,
                by=actor,
                now=clock.now(),
                announce=state.announcer(session),
                options=options,
                parsed=parsed,
            )

        try:
            report = await write_async(state.engines, act)
        except (RowsNotTaken, MustAsk):
            # The network has changed since the preview: show it anew, nothing was written.
            return await read_async(
                state.engines, lambda session: self._preview(request, session, kind, token, 422)
            )
        await to_thread.run_sync(lambda: waiting.finish(root, actor.id, found, report.as_json()))
        return see(
            request, "imports.preview", kind=kind, token=token, said=("good", _t("The file is imported."))
        )

    @get("/{kind:str}/{token:str}/bad.csv", name="imports.bad_rows")
    def bad_rows(self, request: R, session: Db, kind: FromPath[str], token: FromPath[str]) -> Response[bytes]:
        """The rows that cannot be taken, each with its reason."""
        wanted = kind_of(kind)
        root = request.app.state.settings.paths.imports
        found = waiting.find(root, request.user.id, wanted, token, clock.now())
        report = _look(session, wanted, found.upload, _how(found))
        return download(b"".join(write_csv(*report.bad_table())), f"{kind}-bad-rows.csv", CSV)


class TooManyRows(AuditError):
    """This is more than a page can hand out at once. Please use the command line: audit-app export."""

    status = 413
    code = "too_large"


class Exports(Controller):
    """Tables out, within the rights of the reader."""

    path = "/exports"
    guards = [requires(*BRINGERS, Role.EXECUTIVE), paced("export", 60)]

    @async_get("/{file:str}", name="imports.export", sync_to_thread=True)
    def export(self, request: R, session: Db, file: FromPath[str]) -> Response[bytes]:
        """One table as CSV or XLSX, such as scores.csv. Executives get scores, which name no shopper."""
        kind, _dot, ending = file.rpartition(".")
        if kind not in TABLES or ending not in ("csv", "xlsx"):
            raise NotFound
        actor = request.user
        if kind != SCORES and not actor.has(*BRINGERS):
            raise NotFound
        scope = actor.scope(*BRINGERS, *((Role.EXECUTIVE,) if kind == SCORES else ()))
        if kind == Kind.SHOPPERS and not scope.everything:
            raise NotFound
        table = TABLES[kind](session, scope)
        rows = list(islice(table.rows, MOST_ROWS + 1))
        if len(rows) > MOST_ROWS:
            raise TooManyRows
        if ending == "xlsx":
            return download(write_xlsx(table.headings, rows, kind), file, XLSX)
        return download(b"".join(write_csv(table.headings, rows)), file, CSV)
