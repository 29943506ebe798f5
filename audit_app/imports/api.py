"""Imports for programs: `POST /api/v1/imports/{kind}` (contracts.md 1)."""

import hashlib
from typing import Any

from anyio import to_thread
from litestar import Controller, Request
from litestar import post as async_post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import FromPath, FromQuery
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from audit_app.imports.actions.bring import Options, Upload, bring_in, parse
from audit_app.imports.limits import BODY, BRINGERS, kind_of
from audit_app.imports.rules.outcomes import HowToRead, how_to_read
from audit_app.kit import clock
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError, BadInput
from audit_app.kit.i18n import _
from audit_app.kit.pace import paced
from audit_app.kit.web import clean_text, read_form, requires
from audit_app.organisation.models import IdempotencyKey
from audit_app.organisation.rules import Actor

R = Request[Actor, Any, Any]
SCOPE = "import"


class TokenMayNot(AuditError):
    """This token may not import; make one with the scope import."""

    status = 403
    code = "forbidden"


class DifferentBytes(AuditError):
    """This Idempotency-Key was used with another body. Use a new key for a new request."""

    status = 409
    code = "different_bytes"


class StillAtWork(AuditError):
    """The same request is being carried out just now. Please ask again in a moment."""

    status = 409
    code = "at_work"


async def _upload(request: R) -> Upload:
    """The file of a multipart body, or the body itself."""
    if request.content_type[0] == RequestEncodingType.MULTI_PART:
        form = await read_form(request)
        for _name, value in form.multi_items():
            if isinstance(value, UploadFile):
                return Upload(clean_text(value.filename or "")[:200], await value.read())
        raise BadInput(_("Please send one file."))
    return Upload("", await request.body())


class ImportFiles(Controller):
    """One file, all of it or nothing; the answer is the report."""

    path = "/api/v1/imports"
    guards = [requires(*BRINGERS), paced("import.api", 240)]
    tags = ["imports"]
    include_in_schema = True

    @async_post("/{kind:str}", name="imports.api", status_code=200, request_max_body_size=BODY)
    async def bring(
        self,
        request: R,
        kind: FromPath[str],
        skip_bad: FromQuery[bool] = False,
        dry_run: FromQuery[bool] = False,
    ) -> dict[str, Any]:
        """Import a CSV, XLSX or YAML file, raw or multipart. With an Idempotency-Key a repeat gives the same answer.

        Kinds: locations, employees, shoppers, standards, visits, answers, outcomes. `state` in the query puts visits into
        another state than approved, or makes a standard a draft. Outcomes: `decimals` is point or comma where the file
        does not tell, and `column=Heading:meaning` (may be repeated) says what a column is.
        """
        scopes = request.scope.get("state", {}).get("token_scopes")
        if scopes is not None and SCOPE not in scopes:
            raise TokenMayNot
        wanted = kind_of(kind)
        state = request.query_params.get("state")  # `state` as a parameter would be Litestar's own
        upload = await _upload(request)
        options = Options(skip_bad=skip_bad, dry_run=dry_run, state=state, how=_how(request))
        actor, app = request.user, request.app.state
        key = request.headers.get("idempotency-key", "").strip()
        if len(key) > 120:
            raise BadInput(_("An Idempotency-Key has at most 120 signs."))
        mark = hashlib.sha256(
            f"{kind}|{skip_bad}|{dry_run}|{state}|{options.how}|{upload.sha256}".encode()
        ).hexdigest()
        parsed = await to_thread.run_sync(parse, wanted, upload)

        def act(session: Session) -> dict[str, Any]:
            if key and (known := _known(session, actor, key, mark)) is not None:
                return known
            report = bring_in(
                session,
                wanted,
                upload,
                by=actor,
                now=clock.now(),
                announce=app.announcer(session),
                options=options,
                parsed=parsed,
            )
            answer = {**report.as_json(), "imported": not dry_run}
            if key and not dry_run:
                session.add(
                    IdempotencyKey(
                        person_id=actor.id, key=key, sha256=mark, status=200, answer=answer, at=clock.now()
                    )
                )
                session.flush()
            return answer

        if dry_run:
            return await read_async(app.engines, act)
        try:
            return await write_async(app.engines, act)
        except IntegrityError as clash:
            if "idempotency" in str(clash.orig):
                raise StillAtWork from None
            raise


def _how(request: R) -> HowToRead:
    """How a file of outcomes is to be read, from the query."""
    said = request.query_params.getall("column", [])
    return how_to_read(said, request.query_params.get("decimals"), sign=":")


def _known(session: Session, actor: Actor, key: str, mark: str) -> dict[str, Any] | None:
    found = session.exec(
        select(IdempotencyKey).where(IdempotencyKey.person_id == actor.id, IdempotencyKey.key == key)
    ).one_or_none()
    if found is None:
        return None
    if found.sha256 != mark:
        raise DifferentBytes
    return found.answer
