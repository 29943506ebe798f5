"""Photos as phones and programs send them: whole, or in parts that go on where the line was cut. contracts.md 4.

`PUT /api/v1/evidence/{sha256}` takes the whole file, or with `Content-Range: bytes 0-131071/400000` one part of it; `GET`
says how far it is. A part is answered 202 with what has arrived; only the answer to the last one (201, or 200 the same
again) says that the photo is here.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Request, get, put
from litestar.exceptions import ClientException, InternalServerException
from litestar.params import FromPath
from litestar.response import Response
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.db import read_async
from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pace import paced
from audit_app.kit.picture_files import LARGEST_UPLOAD, remade
from audit_app.kit.web import requires
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.visits.actions import parts
from audit_app.visits.actions.evidence import keep_photo
from audit_app.visits.api import check_token, keep_files
from audit_app.visits.queries.field import Awaited, awaited_photo
from audit_app.visits.rules.entries import SHA256
from audit_app.visits.rules.evidence import NotExpected, NotThatPhoto, PhotoTooLarge, Span, read_span
from audit_app.visits.rules.submission import BodyNotUnderstood

R = Request[Actor, Any, Any]


class EvidenceApi(Controller):
    """Photos of whoever makes the visits."""

    path = "/api/v1/evidence/{sha256:str}"
    guards = [requires(Role.SHOPPER, Role.AUDITOR), paced("evidence", 1200)]
    include_in_schema = True
    tags = ["visits"]

    @get("/", name="visits_api.evidence_state", summary="How far an upload is")
    async def state(self, request: R, sha256: FromPath[str]) -> Response[Any]:
        """Whether the photo is here, and if not, how many bytes of it: go on from there."""
        wanted = await _wanted(request, sha256)
        if not wanted.missing:
            return _said(sha256, "uploaded", 200)
        folder: Path = request.app.state.settings.paths.parts
        here = await to_thread.run_sync(parts.arrived, folder, request.user.id, sha256)
        return _said(sha256, "part" if here else "expected", 200, here)

    @put(
        "/",
        name="visits_api.evidence",
        request_max_body_size=LARGEST_UPLOAD,
        summary="Upload a promised photo, whole or in parts",
    )
    async def upload(self, request: R, sha256: FromPath[str]) -> Response[Any]:
        """Take the bytes of a photo that an answer names by this SHA-256: 201 first, 200 the same again, 202 for a part."""
        limit: int = request.app.state.settings.web.upload_bytes
        span = read_span(request.headers.get("content-range"), limit)
        if (request.content_length or 0) > limit:
            raise PhotoTooLarge(limit // 2**20)
        wanted = await _wanted(request, sha256)
        if span is not None:
            return await _take_part(request, sha256, span, wanted)
        raw, cut = await _received(request, limit)
        if cut:
            raise cut
        return await _take(request, sha256, raw, wanted)


async def _wanted(request: R, sha256: str) -> Awaited:
    check_token(request)
    if not SHA256.fullmatch(sha256):
        raise BodyNotUnderstood(
            {"sha256": _t(_("A photo is named by its SHA-256 in small hexadecimal letters."))}
        )
    actor: Actor = request.user
    wanted = await read_async(
        request.app.state.engines, lambda session: awaited_photo(session, actor.id, sha256)
    )
    if wanted is None:
        raise NotExpected
    return wanted


async def _take(request: R, sha256: str, raw: bytes, wanted: Awaited) -> Response[Any]:
    """The whole file is here: it is made anew, written, and named by its rows in one transaction."""
    actor: Actor = request.user
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise NotThatPhoto
    if not wanted.missing:
        return _said(sha256, "uploaded", 200)
    picture = await remade(raw, wanted.timezone)

    def note(session: Session, file: str, now: datetime) -> list[UUID]:
        return keep_photo(session, wanted.ids, picture, file, actor.id, now)

    await keep_files(request, picture, note)
    return _said(sha256, "uploaded", 201)


async def _take_part(request: R, sha256: str, span: Span, wanted: Awaited) -> Response[Any]:
    """One part: kept aside, also what came of it before the line was cut; the last one makes the photo."""
    folder: Path = request.app.state.settings.paths.parts
    actor: Actor = request.user
    raw, cut = await _received(request, span.size)
    if not wanted.missing:
        return _said(sha256, "uploaded", 200)
    if not cut and len(raw) != span.size:
        raise BodyNotUnderstood({"Content-Range": _t(_("The part is not as long as its range says."))})
    here, fits = await to_thread.run_sync(
        parts.add_part, folder, actor.id, sha256, span.start, raw, clock.now()
    )
    if cut:
        raise cut
    if not fits:
        words = _t(_("A part before this one has not arrived. Please go on from where the upload stands."))
        body = {"code": "wrong_offset", "message": words, "received": here}
        return Response(body, status_code=409)
    if here < span.total:
        return _said(sha256, "part", 202, here)
    whole = await to_thread.run_sync(parts.whole_file, folder, actor.id, sha256)
    if whole is None:
        # Somebody sent the same last part at this very moment and has finished it.
        return await _again(request, sha256)
    try:
        answer = await _take(request, sha256, whole, wanted)
    except BadInput:
        # Not what its name says, or no picture: going on from here would never help.
        await to_thread.run_sync(parts.forget_part, folder, actor.id, sha256)
        raise
    await to_thread.run_sync(parts.forget_part, folder, actor.id, sha256)
    return answer


async def _again(request: R, sha256: str) -> Response[Any]:
    wanted = await _wanted(request, sha256)
    return _said(sha256, "part" if wanted.missing else "uploaded", 202 if wanted.missing else 200, 0)


def _said(sha256: str, state: str, status: int, received: int | None = None) -> Response[Any]:
    body: dict[str, Any] = {"sha256": sha256, "state": state}
    if state != "uploaded":
        body["received"] = received or 0
    return Response(body, status_code=status)


async def _received(request: R, limit: int) -> tuple[bytes, InternalServerException | None]:
    """The body, given up as soon as it is longer than it may be; with what cut it off, if anything did."""
    found = bytearray()
    try:
        async for part in request.stream():
            found += part
            if len(found) > limit:
                raise PhotoTooLarge(max(1, limit // 2**20))
    except ClientException as wrong:
        if wrong.status_code == 413:
            raise PhotoTooLarge(limit // 2**20) from None
        raise
    except InternalServerException as gone:
        return bytes(found), gone
    return bytes(found), None
