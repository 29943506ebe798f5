"""The shopper's and auditor's pages: own visits, the brief, the form, sending, the receipt. All work without a script."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from litestar import Controller, Request
from litestar import post as async_post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from markupsafe import Markup
from sqlmodel import Session

from audit_app.kit import clock, i18n
from audit_app.kit.db import read_async, write_async
from audit_app.kit.errors import AuditError, NotFound
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.pace import paced
from audit_app.kit.picture_files import (
    LARGEST_UPLOAD,
    forget_files,
    picture_answer,
    remade,
    thumb_of,
    write_files,
)
from audit_app.kit.pictures import Picture
from audit_app.kit.web import Db, Typed, get, page, post, requires, see
from audit_app.organisation.models import Role
from audit_app.organisation.rules import Actor
from audit_app.standards.pictures import shown_pictures
from audit_app.visits import letters, phone, words
from audit_app.visits.actions import evidence, filling
from audit_app.visits.actions.flags import ANSWERABLE, answer_flag
from audit_app.visits.api import send_parcel
from audit_app.visits.models import Visit, VisitKind, VisitState
from audit_app.visits.queries import access, field, guides
from audit_app.visits.queries.history import history_of, reports_of
from audit_app.visits.queries.review import flags_of
from audit_app.visits.questions import numbers_html, question_html
from audit_app.visits.rules import form as forms
from audit_app.visits.rules.entries import AnswersNotTaken
from audit_app.visits.rules.states import FILLABLE
from audit_app.visits.rules.submission import check, read_parcel

R = Request[Actor, Any, Any]

TO_DO = frozenset({VisitState.ACCEPTED, VisitState.STARTED})


class OwnVisits(Controller):
    """The list of one's own visits, and each visit's page with what can be done before filling it."""

    guards = [requires(Role.SHOPPER, Role.AUDITOR)]

    @get("/my/visits", name="field.list")
    def list_visits(self, request: R, session: Db) -> Template:
        """Sent back first, then offers, then what is to do by its day, then what was sent."""
        rows = field.my_visits(session, request.user.id)
        return page(
            request,
            "visits/field/list.html",
            returned=[row for row in rows if row.state == VisitState.RETURNED],
            offered=[row for row in rows if row.state == VisitState.OFFERED],
            to_do=[row for row in rows if row.state in TO_DO],
            sent=[row for row in rows if row.state not in TO_DO | {VisitState.RETURNED, VisitState.OFFERED}],
            days_left={row.id: _days_left(row.due_on, row.timezone) for row in rows},
            person_mark=letters.person_mark(request.user.id),
        )

    @get("/my/visits/{visit_id:uuid}", name="field.show")
    def show(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """One page with everything to know before going."""
        visit = _own(session, visit_id, request)
        sheet = field.sheet_of(session, visit)
        return page(
            request,
            "visits/field/brief.html",
            visit=visit,
            place=sheet.place,
            version=sheet.version,
            reasons=[
                (letters.item_text(sheet.version, item), reason) for item, reason in sheet.reasons.items()
            ],
            return_note=sheet.note,
            void_reason=field.void_reason(session, visit),
            photos=letters.photos_wanted(sheet.version, sheet.place.attributes),
            questions=len(letters.asked(sheet.version, sheet.place.attributes)),
            remember=letters.to_remember(sheet.version, sheet.place.attributes),
            days_left=_days_left(visit.due_on, sheet.place.timezone),
            begun=bool(sheet.notebook.answers),
            history_rounds=history_of(session, visit.id, sheet.version),
            reports=reports_of(session, visit.id),
            words=words,
            receipt=visit.revision_id is not None,
            person_mark=letters.person_mark(request.user.id),
            flags=flags_of(session, visit.id),
            flag_text=words.flag_text,
            may_answer=visit.state in ANSWERABLE,
        )

    @post("/my/visits/{visit_id:uuid}/flags/{flag_id:uuid}", name="field.answer_flag")
    def answer_flag(
        self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID], flag_id: FromPath[UUID]
    ) -> Redirect:
        """Say something to what looked odd about the visit."""
        answer_flag(session, visit_id, flag_id, str(typed.get("answer") or ""), request.user, clock.now())
        said = _t(_("Thank you. Whoever checks the visit reads this beside it."))
        return see(request, "field.show", visit_id=visit_id, anchor="flags", said=("good", said))

    @post("/my/visits/{visit_id:uuid}/accept", name="field.accept")
    def accept(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Redirect:
        """Take an offer."""
        filling.accept_visit(session, visit_id, request.user, clock.now())
        return see(request, "field.show", visit_id=visit_id, said=("good", _t(_("This visit is yours now."))))

    @post("/my/visits/{visit_id:uuid}/decline", name="field.decline")
    def decline(self, request: R, session: Db, typed: Typed, visit_id: FromPath[UUID]) -> Redirect:
        """Give a visit back; knowing somebody there is reason enough."""
        filling.decline_visit(
            session,
            visit_id,
            request.user,
            clock.now(),
            reason=str(typed.get("reason") or ""),
            knows=typed.get("knows") == "yes",
        )
        return see(request, "field.list", said=("good", _t(_("You have given this visit back."))))

    @post("/my/visits/{visit_id:uuid}/start", name="field.start")
    def start(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Redirect:
        """Begin to fill."""
        filling.start_visit(session, visit_id, request.user, clock.now())
        return see(request, "field.checklist", visit_id=visit_id)

    @get("/my/clock", name="field.clock")
    def show_clock(self, request: R, session: Db) -> Template:
        """A page that says nothing but the time: where the hiding button leads."""
        return page(request, "visits/field/clock.html", now=clock.now(), zone=request.user.timezone)


class Checklist(Controller):
    """The form itself: fill, check, send, receipt."""

    guards = [requires(Role.SHOPPER, Role.AUDITOR)]

    @get("/my/visits/{visit_id:uuid}/checklist", name="field.checklist")
    def checklist(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template | Redirect:
        """The form, as far as it was filled."""
        visit = _own(session, visit_id, request)
        if visit.state not in FILLABLE:
            return _instead(request, visit)
        return _form_page(request, session, visit, {})

    @async_post(
        "/my/visits/{visit_id:uuid}/answers",
        name="field.save",
        guards=[paced("field.save", 1200)],
        status_code=200,
        request_max_body_size=LARGEST_UPLOAD + 2**20,
    )
    async def save(self, request: R, typed: Typed, visit_id: FromPath[UUID]) -> Template | Redirect:
        """Keep one part of the form; photos are worked on before the turn to write is taken."""
        actor, engines = request.user, request.app.state.engines
        timezone = await read_async(
            engines, lambda s: field.place_of(s, access.visit_of_shopper(s, visit_id, actor)).timezone
        )
        taken, errors = await _photos_in(request, typed, timezone)
        folder = request.app.state.settings.paths.photos
        files = {sha: write_files(folder, picture) for (_item, sha), picture in taken.items()}
        form, choice = letters.read_form(typed, list(taken))
        used: set[str] = set()

        def keep(session: Session) -> str:
            now = clock.now()
            if choice:
                filling.choose_answer(session, visit_id, actor, *choice, now)
            before = filling.standing_of(
                field.sheet_of(session, access.visit_of_shopper(session, visit_id, actor))
            )
            saved = filling.save_form(session, visit_id, actor, form, now)
            rows = field.photos_of(session, visit_id)
            for pair, picture in taken.items():
                if pair in rows and not rows[pair].here:
                    file = files[pair[1]]
                    if evidence.keep_photo(session, [rows[pair].id], picture, file, actor.id, now):
                        used.add(file)
            return letters.onward(saved, before, str(typed.get("part") or ""), going=typed.get("go") == "on")

        try:
            anchor = await write_async(engines, keep)
        except AnswersNotTaken as wrong:
            errors |= wrong.fields
        finally:
            # However it ended: nobody names these files.
            forget_files(folder, [file for file in files.values() if file not in used])
        if errors:
            return await read_async(
                engines,
                lambda session: _form_page(request, session, _own(session, visit_id, request), errors),
            )
        if anchor == letters.DONE:
            return see(request, "field.check", visit_id=visit_id)
        stay = form.cleared or (form.removed or ("",))[0] or (choice[0] if choice else "")
        return see(request, "field.checklist", visit_id=visit_id, anchor=f"q-{stay}" if stay else anchor)

    @get("/my/visits/{visit_id:uuid}/check", name="field.check")
    def check_page(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template | Redirect:
        """What was answered and what is missing, before sending."""
        visit = _own(session, visit_id, request)
        if visit.state not in FILLABLE:
            return _instead(request, visit)
        return _check_page(request, session, visit, str(uuid4()), sending=False)

    @async_post("/my/visits/{visit_id:uuid}/send", name="field.send", status_code=200)
    async def send(self, request: R, typed: Typed, visit_id: FromPath[UUID]) -> Template | Redirect:
        """Send what the draft holds, under the id the page made; sending twice is sending once."""
        engines = request.app.state.engines
        given = str(typed.get("submission_id") or "")

        def prepare(session: Session) -> str | None:
            visit = _own(session, visit_id, request)
            if visit.revision_id and str(visit.revision_id) == given:
                return None
            return letters.parcel_text(field.sheet_of(session, visit), given)

        text = await read_async(engines, prepare)
        if text is not None:
            parcel = read_parcel(letters.as_body(text))
            digest = hashlib.sha256(text.encode()).hexdigest()
            try:
                await send_parcel(request, visit_id, parcel, digest)
            except AnswersNotTaken:
                return await read_async(
                    engines,
                    lambda session: _check_page(
                        request, session, _own(session, visit_id, request), given, sending=True
                    ),
                )
        return see(request, "field.receipt", visit_id=visit_id)

    @get("/my/visits/{visit_id:uuid}/receipt", name="field.receipt")
    def receipt(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """Proof that it arrived: number, time by the server's clock, and the start of the hash."""
        visit = _own(session, visit_id, request)
        revision_id = field.last_revision(session, visit_id)
        if revision_id is None:
            raise NotFound
        return page(
            request,
            "visits/field/receipt.html",
            visit=visit,
            place=field.place_of(session, visit),
            receipt=field.receipt_of(session, visit_id, revision_id),
            person_mark=letters.person_mark(request.user.id),
        )


class Photos(Controller):
    """Photos, after access was checked anew."""

    guards = [requires()]

    @get("/evidence/{evidence_id:uuid}", name="evidence.show")
    def show(self, request: R, session: Db, evidence_id: FromPath[UUID]) -> Response[bytes]:
        """The photo itself."""
        file = field.photo_for(session, evidence_id, request.user).file or ""
        return picture_answer(request, file, evidence_id)

    @get("/evidence/{evidence_id:uuid}/thumb", name="evidence.thumb")
    def thumb(self, request: R, session: Db, evidence_id: FromPath[UUID]) -> Response[bytes]:
        """The small picture."""
        file = field.photo_for(session, evidence_id, request.user).file or ""
        return picture_answer(request, thumb_of(file), evidence_id)


def _own(session: Session, visit_id: UUID, request: R) -> Visit:
    """The visit if it is theirs and was ever offered to them."""
    visit = access.visit_of_shopper(session, visit_id, request.user)
    if visit.state == VisitState.PLANNED:
        raise NotFound
    return visit


def _instead(request: R, visit: Visit) -> Redirect:
    """Where somebody goes who asks for a form that is not to be filled: what was just sent has its receipt."""
    sent = visit.state == VisitState.SUBMITTED
    return see(request, "field.receipt" if sent else "field.show", visit_id=visit.id)


def _days_left(due_on: date, timezone: str) -> int:
    return (due_on - clock.now().astimezone(i18n.zone(timezone)).date()).days


def _form_page(request: R, session: Session, visit: Visit, errors: Mapping[str, str]) -> Template:
    sheet = field.sheet_of(session, visit)
    standing = filling.standing_of(sheet)
    photos = field.photos_of(session, visit.id) if letters.has_photos(sheet.answers) else {}
    reverse = request.app.route_reverse
    parts = letters.parts_of(sheet, standing, errors)
    guide = shown_pictures(
        guides.guide_pictures(session, sheet.version, visit.version_id), reverse, "field.picture"
    )
    environment = request.app.template_engine.engine  # type: ignore[union-attr]
    competitor = visit.kind == VisitKind.COMPETITOR
    questions = {
        part.code: Markup("\n").join(
            question_html(
                environment,
                visit.version_id,
                q,
                letters.shots_of(q, photos, reverse),
                competitor=competitor,
                picture=guide.get(q.item.picture),
            )
            for q in part.questions
        )
        for part in parts
    }
    return page(
        request,
        "visits/field/checklist.html",
        status_code=422 if errors else 200,
        visit=visit,
        place=sheet.place,
        base=sheet.notebook.base,
        form=parts,
        questions=questions,
        numbers=numbers_html(environment, parts),
        overview=[
            {"href": f"#s-{p.code}", "title": i18n.pick(p.title), "done": p.answered, "total": p.total, "left": p.left}
            for p in parts
        ],
        whole=standing.whole,
        next_open=letters.next_open(parts),
        opened=sheet.opened is not None or visit.state == VisitState.RETURNED,
        return_note=sheet.note,
        competitor=competitor,
        person_mark=letters.person_mark(request.user.id),
        form_data=phone.form_data(sheet),
    )  # fmt: skip


def _check_page(request: R, session: Session, visit: Visit, submission_id: str, *, sending: bool) -> Template:
    sheet = field.sheet_of(session, visit)
    standing = filling.standing_of(sheet)
    problems = check(sheet.version, sheet.answers, sheet.place.attributes)
    parts = letters.parts_of(sheet, standing, problems)
    return page(
        request,
        "visits/field/check.html",
        status_code=422 if sending and problems else 200,
        visit=visit,
        place=sheet.place,
        parts=parts,
        problems=problems,
        words={
            q.code: forms.answer_words(q.item, q.entry.get("answer", ""))
            for part in parts
            for q in part.questions
        },
        whole=standing.whole,
        conflicts=list(sheet.notebook.conflicts),
        sending=sending,
        submission_id=submission_id,
        waiting_photos=field.awaited(session, visit.id),
    )


async def _photos_in(
    request: R, typed: FormMultiDict, timezone: str
) -> tuple[dict[tuple[str, str], Picture], dict[str, str]]:
    """The photos that came with a form, made anew, by item and SHA-256; and what is wrong with others, by item."""
    limit: int = request.app.state.settings.web.upload_bytes
    taken: dict[tuple[str, str], Picture] = {}
    errors: dict[str, str] = {}
    for name, value in typed.multi_items():
        if not isinstance(value, UploadFile) or not name.startswith("photo."):
            continue
        raw = await value.read()
        item = name.removeprefix("photo.")
        if not raw:
            if value.filename:  # without a name nobody chose a file
                errors[item] = _t(_("This photo is empty. Please take it again."))
            continue
        if len(raw) > limit:
            errors[item] = _t(_("This photo is too large; %(limit)s MB are the most."), limit=limit // 2**20)
            continue
        try:
            taken[item, hashlib.sha256(raw).hexdigest()] = await remade(raw, timezone)
        except AuditError as wrong:
            errors[item] = _t(wrong.text, **wrong.values)
    return taken, errors
