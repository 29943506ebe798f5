"""What phones and programs call: drafts and submissions. contracts.md 4; photos are in evidence_api.py.

These handlers take the turn to write only for their one transaction, in one thread, after everything was received and
read: a slow phone must not keep the others waiting. The answer leaves after the commit and never before.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Request, put
from litestar.params import FromPath
from litestar.response import Response
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.db import Engines, write_async
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import _, language
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.picture_files import forget_files, write_files
from audit_app.kit.pictures import Picture
from audit_app.kit.strict_json import read_object
from audit_app.kit.together import Together
from audit_app.kit.web import requires
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.visits.actions.filling import Saved, save_answers, standing_of
from audit_app.visits.actions.submission import MOST_TOGETHER, Sent, take_in
from audit_app.visits.models import RevisionState
from audit_app.visits.queries.field import Receipt
from audit_app.visits.rules.entries import LARGEST_BODY, AnswersNotTaken
from audit_app.visits.rules.submission import Parcel, read_parcel

R = Request[Actor, Any, Any]

TOKEN_SCOPES = frozenset({"visits", "submissions", "all", "*"})
"""A token may do this when one of its scopes begins with one of these (`visits`, `visits:write`, …)."""


def check_token(request: R) -> None:
    """A token may send only when it was made for this."""
    scopes = request.scope["state"].get("token_scopes")
    if scopes is not None and not any(scope.split(":")[0] in TOKEN_SCOPES for scope in scopes):
        raise NotFound


class FieldApi(Controller):
    """Drafts and submissions of whoever makes the visits."""

    path = "/api/v1"
    guards = [requires(Role.SHOPPER, Role.AUDITOR)]
    include_in_schema = True
    tags = ["visits"]

    @put(
        "/visits/{visit_id:uuid}/draft",
        name="visits_api.draft",
        request_max_body_size=LARGEST_BODY,
        summary="Save answers of a draft",
    )
    async def save_draft(self, request: R, visit_id: FromPath[UUID]) -> Response[Any]:
        """Merge changed answers into the draft: `{base, answers: {item: {answer, comment, evidence, at} or null}}`."""
        check_token(request)
        actor: Actor = request.user
        body = read_object(await request.body())
        seen, answers, device = _read_save(body)

        def save(session: Session) -> dict[str, Any]:
            saved = save_answers(session, visit_id, actor, seen, answers, clock.now(), device=device)
            # The phone knows the rules itself; it asks for no more than it cannot know.
            return _merged(saved) if body.get("brief") is True else _saved(saved)

        return Response(await write_async(request.app.state.engines, save))

    @put(
        "/visits/{visit_id:uuid}/submission",
        name="visits_api.submission",
        request_max_body_size=LARGEST_BODY,
        summary="Send a visit",
    )
    async def submit(self, request: R, visit_id: FromPath[UUID]) -> Response[Any]:
        """Take a submission: 201 first, 200 the same again, 202 kept beside an earlier one, 409, 410, 422."""
        check_token(request)
        raw = await request.body()
        receipt = await send_parcel(
            request, visit_id, read_parcel(read_object(raw)), hashlib.sha256(raw).hexdigest()
        )
        return Response(_receipt(receipt), status_code=status_of(receipt))


async def keep_files(
    request: R, picture: Picture, note: Callable[[Session, str, datetime], list[UUID]]
) -> None:
    """Write the files, then let `note` name them in one transaction; files that nobody took are removed again."""
    folder = request.app.state.settings.paths.photos
    file = await to_thread.run_sync(write_files, folder, picture)
    taken: list[UUID] = []
    try:
        taken = await write_async(request.app.state.engines, lambda session: note(session, file, clock.now()))
    finally:
        if not taken:
            await to_thread.run_sync(forget_files, folder, [file])


async def send_parcel(request: R, visit_id: UUID, parcel: Parcel, sha256: str) -> Receipt:
    """Take the parcel, in one transaction with those who come at the same moment; the answer comes after the commit."""
    actor: Actor = request.user
    intake: Together[Sent, Receipt] = request.app.state.intake
    return await intake.ask(Sent(visit_id, actor.id, parcel, sha256, language()))


def make_intake(
    engines: Engines, announcer: Callable[[Session], Callable[[object], None]], photos: Path
) -> Together[Sent, Receipt]:
    """Where submissions are taken: one group at a time, on SQLite in its turn to write."""

    def take(batch: list[Sent]) -> list[Receipt | Exception]:
        answers, orphans = take_in(engines, batch, clock.now(), announcer)
        forget_files(photos, orphans)
        return answers

    return Together(take, most=MOST_TOGETHER, turn=engines.turn)


def status_of(receipt: Receipt) -> int:
    """201 for the first time, 200 for the same again, 202 when it was kept beside an earlier one."""
    if receipt.state == RevisionState.CONFLICT:
        return 202
    return 201 if receipt.first else 200


def _receipt(receipt: Receipt) -> dict[str, Any]:
    kept = receipt.state == RevisionState.CONFLICT
    said: dict[str, Any] = {
        "id": str(receipt.id),
        "visit": str(receipt.visit_id),
        "received_at": receipt.received_at.isoformat(timespec="milliseconds"),
        "sha256": receipt.sha256,
        "state": "conflict" if kept else "submitted",
        "missing_evidence": list(receipt.missing_evidence),
    }
    if kept:
        said["code"] = "conflict_kept"
        said["message"] = _t(
            _(
                "Another submission of this visit came first. Yours is kept beside it; a person will look at both."
            )
        )
    return said


def _read_save(body: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
    wrong: dict[str, str] = {}
    seen, answers, device = body.get("base", 0), body.get("answers"), body.get("device") or ""
    if isinstance(seen, bool) or not isinstance(seen, int) or seen < 0:
        wrong["base"] = _t(_("The base must be a whole number."))
    if not isinstance(answers, dict):
        wrong["answers"] = _t(_("The answers must be an object by item."))
    if not isinstance(device, str) or len(device) > 64:
        wrong["device"] = _t(_("The device must be a short text."))
    if wrong:
        raise AnswersNotTaken(wrong)
    return seen, answers or {}, device


def _merged(saved: Saved) -> dict[str, Any]:
    return {
        "base": saved.sheet.notebook.base,
        "merged": list(saved.merged),
        "conflicts": {item: list(both) for item, both in saved.sheet.notebook.conflicts.items()},
        "others": {item: {k: v for k, v in e.items() if k != "by"} for item, e in saved.others.items()},
    }


def _saved(saved: Saved) -> dict[str, Any]:
    standing = standing_of(saved.sheet)
    whole = standing.whole
    return {
        **_merged(saved),
        "shown": list(standing.shown),
        "asks": {item: list(kinds) for item, kinds in standing.asks.items()},
        "progress": {
            "answered": whole.answered,
            "total": whole.total,
            "required_left": whole.required_left,
            "lacking": whole.lacking,
            "sections": [
                {
                    "section": row.section,
                    "answered": row.answered,
                    "total": row.total,
                    "required_left": row.required_left,
                }
                for row in standing.parts
            ],
        },
    }
