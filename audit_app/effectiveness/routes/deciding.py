"""Use a study: decide about items, carry the decisions into a draft, ask for the PDF."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template

from audit_app.effectiveness import actions, forms
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.queries.studies import DECIDERS
from audit_app.effectiveness.routes.asking import woken
from audit_app.effectiveness.routes.reading import changes_of, item_page
from audit_app.effectiveness.rules.findings import Decision
from audit_app.effectiveness.rules.identity import plain_code
from audit_app.effectiveness.wording import decision_word
from audit_app.kit import clock
from audit_app.kit.errors import BadInput, NotFound
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.i18n import language, ngettext
from audit_app.kit.web import Db, Typed, bind, post, requires, see
from audit_app.organisation.rules import Actor

R = Request[Actor, Any, Any]


class Deciding(Controller):
    """For those who decide."""

    path = "/effectiveness/studies/{study_id:uuid}"
    guards = [requires(*DECIDERS)]

    @post("/items/{item:str}/decide", name="effectiveness.decide")
    def decide(
        self, request: R, session: Db, study_id: FromPath[UUID], item: FromPath[str], typed: Typed
    ) -> Redirect | Template:
        """Accept what is proposed, or decide otherwise with a reason; say when to look again."""
        found = studies.finished(session, study_id, request.user)
        line = studies.reading_of(session, found).line(item)
        if line is None:
            raise NotFound
        form, errors = bind(forms.Decide, typed)
        if form is not None:
            try:
                made = actions.decide(
                    session, found, item, line.proposed, form.taken,
                    reason=form.reason, review_on=form.review_on, by=request.user, now=clock.now(),
                )  # fmt: skip
            except BadInput as wrong:
                field = (
                    "reason" if form.taken is not line.proposed and not form.reason.strip() else "review_on"
                )
                errors = {field: wrong.text}
            else:
                text = _t(
                    "Decided: %(decision)s. It stands in the history.", decision=decision_word(made.taken)
                )
                return see(
                    request, "effectiveness.item", study_id=study_id, item=item, said=("good", text)
                )  # fmt: skip
        return item_page(
            request, session, found, item, status_code=422, typed=dict(typed),
            errors={name: _t(text) for name, text in errors.items()},
        )  # fmt: skip

    @post("/accept", name="effectiveness.accept")
    def accept(self, request: R, session: Db, study_id: FromPath[UUID], typed: Typed) -> Redirect:
        """Accept all proposals of one kind that nobody has decided about on this study."""
        found = studies.finished(session, study_id, request.user)
        form, _errors = bind(forms.Accept, typed)
        if form is None:
            raise BadInput
        count = 0
        for line in studies.reading_of(session, found).lines:
            open_still = line.taken is None or line.taken.study_id != found.id
            if line.proposed is form.decision and open_still:
                actions.decide(
                    session, found, line.item, line.proposed, line.proposed,
                    reason=form.reason, review_on=form.review_on, by=request.user, now=clock.now(),
                )  # fmt: skip
                count += 1
        text = ngettext("%(num)s decision was taken.", "%(num)s decisions were taken.", count)
        return see(request, "effectiveness.study", study_id=study_id, said=("good", text))

    @post("/draft", name="effectiveness.draft")
    def draft(self, request: R, session: Db, study_id: FromPath[UUID]) -> Redirect:
        """The next version begins with these decisions in it."""
        found = studies.finished(session, study_id, request.user)
        changes = changes_of(studies.reading_of(session, found))
        drop, hygiene = (
            [plain_code(one.item) for one in changes[kind]] for kind in (Decision.DROP, Decision.HYGIENE)
        )
        draft = actions.draft_with(session, found.standard_id, drop, hygiene, request.user, clock.now())
        text = _t("The draft holds your decisions now. Read it through, then publish it.")
        return see(request, "standards.edit", version_id=draft.id, said=("good", text))

    @post("/report/make", name="effectiveness.ask_report")
    def report(self, request: R, session: Db, study_id: FromPath[UUID]) -> Redirect:
        """A PDF in the reader's language; it is made beside the pages."""
        found = studies.finished(session, study_id, request.user)
        actions.ask_report(session, found, language(), request.user, clock.now())
        return woken(request, see(request, "effectiveness.report", study_id=study_id))
