"""The review: what waits, one visit with its proof, and the decision. Reviewers only, and never about one's own visit."""

from typing import Any
from uuid import UUID

from litestar import Controller
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.i18n import translations
from audit_app.kit.web import Announce, Db, Typed, bind, get, page, post, requires, see
from audit_app.organisation.models import Person
from audit_app.standards.rules.answers import Given, read_given
from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.reading import read_version
from audit_app.visits import forms, words
from audit_app.visits.actions import review
from audit_app.visits.desk_routes import R, address, page_of, photos_of
from audit_app.visits.models import EvidenceState, Visit, VisitState
from audit_app.visits.planning_routes import said_in, voiding_in, wrong_void
from audit_app.visits.queries import access, desk
from audit_app.visits.queries import review as queries
from audit_app.visits.queries.history import history_of, last_changes, open_reports, reports_of
from audit_app.visits.queries.kept import undecided
from audit_app.visits.rules import review as rules
from audit_app.visits.rules.void import CAUSES, ReasonMissing, VoidRefused


class Reviewing(Controller):
    """The queue, a visit in it, and what a reviewer may decide."""

    path = "/review"
    guards = [requires(*access.REVIEWERS)]

    @get("/", name="visits.review_queue")
    def show_queue(self, request: R, session: Db) -> Template:
        """What waits, the longest waiting first."""
        number = page_of(str(request.query_params.get("page") or "1"))
        found = queries.queue(session, request.user, number)
        return page(
            request,
            "visits/review/queue.html",
            found=found,
            kept=undecided(session, request.user),
            reports=open_reports(session, request.user),
            now=clock.now(),
            most=desk.MOST,
            words=words,
        )

    @get("/{visit_id:uuid}", name="visits.review")
    def show_visit(self, request: R, session: Db, visit_id: FromPath[UUID]) -> Template:
        """The answers beside their proof."""
        visit = access.visit_for_review(session, visit_id, request.user)
        return shown(request, session, visit)

    @post("/{visit_id:uuid}/approve", name="visits.approve")
    def approve(
        self, request: R, session: Db, typed: Typed, announce: Announce, visit_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Agree, and go on to the next one."""
        visit = access.visit_for_review(session, visit_id, request.user, for_change=True)
        form, wrong = bind(forms.ApproveVisit, typed)
        if form is None:
            return shown(request, session, visit, typed=typed, errors=_said(wrong))
        onward = queries.neighbours(session, request.user, visit).after
        try:
            review.approve_visit(
                session, visit, form.revision, form.without, request.user, clock.now(), announce
            )
        except rules.ProofMissing as refused:
            return shown(request, session, visit, typed=typed, errors={"without": _t(refused.text)})
        except (rules.AlreadyDecided, rules.NewerAnswers) as refused:
            return shown(request, session, visit, status_code=409, note=_t(refused.text))
        return _go_on(request, onward, _t("Approved."))

    @post("/{visit_id:uuid}/return", name="visits.send_back")
    def send_back(
        self, request: R, session: Db, typed: Typed, announce: Announce, visit_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Send the ticked questions back, and go on to the next visit."""
        visit = access.visit_for_review(session, visit_id, request.user, for_change=True)
        onward = queries.neighbours(session, request.user, visit).after
        items = [str(code) for code in typed.getall("item", [])]
        try:
            review.return_visit(
                session,
                visit,
                _id(typed.get("revision")),
                items,
                reasons_in(typed, items, language_of(session, visit)),
                str(typed.get("note") or ""),
                request.app.state.settings.visits.return_hours,
                request.user,
                clock.now(),
                announce,
            )
        except rules.NothingNamed as refused:
            said = _t(refused.text, **refused.values)
            return shown(request, session, visit, typed=typed, errors={"items": said})
        except (rules.AlreadyDecided, rules.NewerAnswers) as refused:
            return shown(request, session, visit, status_code=409, note=_t(refused.text))
        return _go_on(request, onward, _t("Sent back to the shopper."))

    @post("/{visit_id:uuid}/void", name="visits.void_in_review")
    def void(
        self, request: R, session: Db, typed: Typed, announce: Announce, visit_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Declare that the visit does not count, and go on to the next one."""
        visit = access.visit_for_review(session, visit_id, request.user, for_change=True)
        onward = queries.neighbours(session, request.user, visit).after
        seen, said = _id(typed.get("revision")), voiding_in(typed)
        try:
            review.void_reviewed(session, visit, seen, said, request.user, clock.now(), announce)
        except VoidRefused as refused:
            return shown(request, session, visit, typed=typed, errors=wrong_void(refused))
        except (rules.AlreadyDecided, rules.NewerAnswers) as refused:
            return shown(request, session, visit, status_code=409, note=_t(refused.text))
        return _go_on(request, onward, _t("The visit does not count any more."))

    @post("/{visit_id:uuid}/evidence/{evidence_id:uuid}", name="visits.judge_evidence")
    def judge(
        self,
        request: R,
        session: Db,
        typed: Typed,
        visit_id: FromPath[UUID],
        evidence_id: FromPath[UUID],
    ) -> Template | Redirect:
        """Take or refuse a photo."""
        visit = access.visit_for_review(session, visit_id, request.user, for_change=True)
        form, wrong = bind(forms.JudgeEvidence, typed)
        if form is None:
            return shown(request, session, visit, typed=typed, errors=_said(wrong))
        try:
            found = review.judge_evidence(
                session,
                visit,
                evidence_id,
                EvidenceState(form.verdict),
                form.reason,
                request.user,
                clock.now(),
            )
        except ReasonMissing as refused:
            errors = {f"evidence.{evidence_id}": _t(refused.text)}
            return shown(request, session, visit, typed=typed, errors=errors)
        except rules.AlreadyDecided as refused:
            return shown(request, session, visit, status_code=409, note=_t(refused.text))
        said = (
            _t("The photo is taken.")
            if found.state == EvidenceState.ACCEPTED
            else _t("The photo is refused.")
        )
        return see(request, "visits.review", visit_id=visit_id, anchor=f"q-{found.item}", said=("good", said))


def _id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _said(wrong: dict[str, str]) -> dict[str, str]:
    return {name: _t(text) for name, text in wrong.items()}


def _go_on(request: R, onward: UUID | None, said: str) -> Redirect:
    if onward is None:
        return see(request, "visits.review_queue", said=("good", said))
    return see(
        request,
        "visits.review",
        visit_id=onward,
        said=("good", _t("%(done)s Here is the next one.", done=said)),
    )


def language_of(session: Session, visit: Visit) -> str:
    """The language the shopper reads."""
    person = session.get(Person, visit.shopper_id) if visit.shopper_id else None
    return person.locale if person else "en"


def reasons_in(typed: FormMultiDict, items: list[str], language: str) -> dict[str, str]:
    """The reason of each item: the common one in the shopper's language, then the reviewer's own words."""
    found = {}
    for code in items:
        common = rules.REASONS.get(str(typed.get(f"common.{code}") or ""))
        own = str(typed.get(f"why.{code}") or "").strip()
        parts = [translations(language).ugettext(common)] if common else []
        found[code] = "\n".join([*parts, *([own] if own else [])])
    return found


def shown(
    request: R,
    session: Session,
    visit: Visit,
    *,
    status_code: int = 0,
    typed: FormMultiDict | None = None,
    errors: dict[str, str] | None = None,
    note: str = "",
) -> Template:
    """The page of the review; with `typed` a form on it came back and keeps what was written."""
    whole = desk.whole(session, visit)
    version = read_version(whole.version.document)
    givens, _problems = read_given(version, whole.revision.answers if whole.revision else {})
    history = history_of(session, visit.id, version)
    here = rules.here_of(whole.evidence)
    lines = rules.lines_of(version, givens, whole.location.attributes, here) if whole.revision else []
    lacking = sum(len(line.lacking) for line in lines)
    hints: list[rules.Hint] = []
    filling = None
    if whole.revision is not None:
        rev = whole.revision
        filling = rules.Filling(rev.started_at, rev.finished_at, rev.device_now, rev.received_at)
        hints = _hints(session, whole, version, givens, lacking, filling)
    return page(
        request,
        "visits/review/visit.html",
        status_code=status_code or (422 if errors else 200),
        whole=whole,
        visit=visit,
        version=version,
        lines=lines,
        first=[line for line in lines if line.mark in (rules.Mark.CRITICAL, rules.Mark.MISS)],
        answered=rules.answered(givens),
        lacking=lacking,
        hints=hints,
        flags=queries.flags_of(session, visit.id),
        kept=undecided(session, request.user, visit.id),
        history=history,
        before=last_changes(history),
        reports=reports_of(session, visit.id),
        filling=filling,
        photos=photos_of(request, whole.evidence),
        around=queries.neighbours(session, request.user, visit),
        open=visit.state == VisitState.SUBMITTED,
        panel_href=address(request, "scoring.why_panel", visit_id=visit.id),
        why_href=address(request, "scoring.why", visit_id=visit.id),
        return_hours=request.app.state.settings.visits.return_hours,
        reasons=rules.REASONS,
        causes=CAUSES,
        typed=said_in(typed) if typed else {},
        ticked=[str(code) for code in typed.getall("item", [])] if typed else [],
        errors=errors or {},
        note=note,
        now=clock.now(),
        words=words,
    )


def _hints(
    session: Session,
    whole: desk.Whole,
    version: Version,
    givens: dict[str, Given],
    lacking: int,
    filling: rules.Filling,
) -> list[rules.Hint]:
    """What can be seen now. Reports made on a phone were looked at when they came (flags); imported ones only here."""
    found = rules.answer_hints(version, givens, lacking)
    photos = [
        rules.Photo(one.item, one.sha256, one.look, one.latitude, one.longitude) for one in whole.evidence
    ]
    place = whole.location
    spot = (
        (place.latitude, place.longitude)
        if place.latitude is not None and place.longitude is not None
        else None
    )
    if whole.revision is not None and whole.revision.inspected:
        return [one for one in found if one.code == "missing"] + rules.photo_hints(photos, [], spot)
    others = queries.photos_elsewhere(session, whole.visit, [one.sha256 for one in photos])
    return [
        *rules.filling_hints(version, givens, filling),
        *found,
        *rules.copied_hints(givens, queries.earlier_answers(session, whole.visit)),
        *rules.photo_hints(photos, others, spot),
    ]
