"""Two reports of one visit: the one that counts beside the one that was kept, and a person's decision."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Announce, Db, Typed, get, page, post, requires, see
from audit_app.organisation.models import Location
from audit_app.standards.parsed import version_by_id
from audit_app.standards.rules.answers import Given, read_given
from audit_app.standards.rules.definition import Item
from audit_app.visits import words
from audit_app.visits.actions.kept import NotComplete, decide_kept
from audit_app.visits.desk_routes import R
from audit_app.visits.models import Revision, Visit, VisitState
from audit_app.visits.queries import access
from audit_app.visits.queries.kept import kept_one
from audit_app.visits.rules.review import AlreadyDecided, NewerAnswers
from audit_app.visits.rules.void import ReasonMissing


@dataclass(frozen=True)
class Pair:
    """One question that was answered differently."""

    item: Item
    counts: Given
    kept: Given

    def words(self, given: Given) -> str:
        """One of the two answers, in the reader's language."""
        return words.answer_words(self.item, given.answer)


class KeptReports(Controller):
    """A kept report and what becomes of it."""

    path = "/review/{visit_id:uuid}/kept/{revision_id:uuid}"
    guards = [requires(*access.REVIEWERS)]

    @get("/", name="visits.kept")
    def show(
        self, request: R, session: Db, visit_id: FromPath[UUID], revision_id: FromPath[UUID]
    ) -> Template:
        """Where the two differ."""
        return _shown(request, session, access.visit_for_review(session, visit_id, request.user), revision_id)

    @post("/", name="visits.decide_kept")
    def decide(
        self,
        request: R,
        session: Db,
        typed: Typed,
        announce: Announce,
        visit_id: FromPath[UUID],
        revision_id: FromPath[UUID],
    ) -> Template | Redirect:
        """Let it count, or lay it aside."""
        visit = access.visit_for_review(session, visit_id, request.user, for_change=True)
        take = typed.get("choice") == "take"
        reason = str(typed.get("reason") or "")
        try:
            with session.begin_nested():
                decide_kept(
                    session,
                    visit,
                    revision_id,
                    _id(typed.get("revision")),
                    reason,
                    request.user,
                    clock.now(),
                    announce,
                    take=take,
                )
        except (ReasonMissing, NotComplete, AlreadyDecided, NewerAnswers) as refused:
            session.expire_all()
            visit = access.visit_for_review(session, visit_id, request.user)
            return _shown(request, session, visit, revision_id, wrong=refused, reason=reason)
        said = _t(_("This report counts now.")) if take else _t(_("This report was laid aside."))
        return see(request, "visits.review", visit_id=visit_id, said=("good", said))


def _id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _shown(
    request: R,
    session: Session,
    visit: Visit,
    revision_id: UUID,
    *,
    wrong: AuditError | None = None,
    reason: str = "",
) -> Template:
    kept, choice = kept_one(session, visit, revision_id)
    counts = session.get(Revision, visit.revision_id) if visit.revision_id else None
    version = version_by_id(session, visit.version_id)
    mine, _odd = read_given(version, counts.answers if counts else {})
    other, _odd = read_given(version, kept.answers)
    nothing = Given(None)
    pairs = [
        Pair(item, mine.get(item.code, nothing), other.get(item.code, nothing))
        for item in version.items
        if mine.get(item.code, nothing) != other.get(item.code, nothing)
    ]
    status = 200
    if wrong is not None:
        status = 422 if isinstance(wrong, ReasonMissing) else 409
    location = session.get_one(Location, visit.location_id)
    return page(
        request,
        "visits/review/kept.html",
        status_code=status,
        visit=visit,
        place=location.name,
        tz=location.timezone,
        kept=kept,
        counts=counts,
        choice=choice,
        pairs=pairs,
        open=visit.state == VisitState.SUBMITTED,
        wrong=_t(wrong.text) if wrong else "",
        reason=reason,
    )
