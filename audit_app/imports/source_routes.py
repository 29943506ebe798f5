"""Brings in the sums of a declared source: the engine adds up, then the same checks and the same writing as for a file."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Request
from litestar import post as async_post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.imports.actions.bring import Options
from audit_app.imports.actions.sources import bring_summed, summed_of
from audit_app.imports.rules.report import Report, RowsNotTaken
from audit_app.kit import clock
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError, NotFound
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Typed, requires, see
from audit_app.organisation.rules import Actor
from audit_app.outcomes.models import OutcomeSource
from audit_app.outcomes.source_routes import DECLARERS, show_sources

R = Request[Actor, Any, Any]
SHOWN = 20


class BringSources(Controller):
    """One button a source."""

    path = "/outcomes/sources"
    guards = [requires(*DECLARERS)]

    @async_post("/{source_id:uuid}/bring", name="imports.bring_source", status_code=200)
    async def bring(self, request: R, typed: Typed, source_id: FromPath[UUID]) -> Template | Redirect:
        """Sum it where it is, and bring the sums in, whole or without the rows that cannot be taken."""
        state = request.app.state
        settings, engines, actor = state.settings, state.engines, request.user
        options = Options(skip_bad=typed.get("skip_bad") == "yes")

        def known(session: Session) -> OutcomeSource:
            found = session.get(OutcomeSource, source_id)
            if found is None:
                raise NotFound
            return found

        source = await read_async(engines, known)
        report: Report | None = None
        try:
            # The engine may work for minutes: nobody waits for it with the turn to write in hand.
            summed = await to_thread.run_sync(lambda: summed_of(source, settings))

            def act(session: Session) -> Report:
                return bring_summed(
                    session, source, summed, by=actor, now=clock.now(), announce=state.announcer(session), options=options
                )  # fmt: skip

            done = await write_async(engines, act)
        except RowsNotTaken as refused:
            report, said = refused.report, _t(refused.text, **refused.values)
        except NotFound:
            raise
        except AuditError as refused:
            said = _t(refused.text, **refused.values)
        else:
            text = _t(
                "%(new)s new, %(changed)s changed, %(same)s the same, %(bad)s left out.",
                new=done.new, changed=done.changed, same=done.same, bad=done.bad,
            )  # fmt: skip
            return see(request, "outcomes.sources", said=("good", text))
        return await read_async(
            engines,
            lambda session: show_sources(
                request,
                session,
                status_code=422,
                failed=source.id,
                failure=said,
                problems=report.problems[:SHOWN] if report else [],
                good=report.good if report else 0,
            ),
        )
