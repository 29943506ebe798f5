"""Publishing and retiring, and how two versions differ."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.kit import clock
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Announce, Db, get, page, post, requires, see
from audit_app.organisation.rules import Actor
from audit_app.standards import actions, phrases, queries
from audit_app.standards.queries import EDITORS
from audit_app.standards.routes.editor_page import flaws_of
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.comparison import comparison_of
from audit_app.standards.rules.problems import StandardNotUnderstood
from audit_app.standards.rules.reading import check_draft

R = Request[Actor, Any, Any]


def _publish_page(
    request: R, session: Session, version_id: UUID, status_code: int = 200, error: str = ""
) -> Template:
    version, standard = queries.version_for(session, version_id, request.user)
    queries.draft(session, version_id)
    last = queries.last_published(session, standard.id)
    problems = check_draft(version.document)
    after = version.document if problems else canonical(version.document)
    return page(
        request,
        "standards/publish.html",
        status_code=status_code,
        version=version,
        standard=standard,
        document=phrases.readable(version.document),
        last=last,
        flaws=flaws_of(request, version_id, version.document, problems),
        comparison=comparison_of(last.document if last else None, after),
        words=phrases,
        error=error,
    )


class PublishStandards(Controller):
    """For those who write standards."""

    path = "/standards/versions"
    guards = [requires(*EDITORS)]

    @get("/{version_id:uuid}/publish", name="standards.publish_form")
    def publish_form(self, request: R, session: Db, version_id: FromPath[UUID]) -> Template:
        """What will be new, before it is for ever."""
        return _publish_page(request, session, version_id)

    @post("/{version_id:uuid}/publish", name="standards.publish")
    def publish(
        self, request: R, session: Db, announce: Announce, version_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Freeze the draft."""
        draft = queries.draft(session, version_id)
        try:
            actions.publish(session, draft, request.user, clock.now(), announce)
        except StandardNotUnderstood:
            return _publish_page(request, session, version_id, status_code=422)
        except actions.NothingChanged as refused:
            return _publish_page(
                request, session, version_id, status_code=refused.status, error=_t(refused.text)
            )
        said = _t("Version %(number)s is published.", number=draft.number)
        return see(request, "standards.version", version_id=version_id, said=("good", said))

    @post("/{version_id:uuid}/retire", name="standards.retire")
    def retire(self, request: R, session: Db, announce: Announce, version_id: FromPath[UUID]) -> Redirect:
        """No new visits with this version."""
        version, _standard = queries.version_for(session, version_id, request.user)
        actions.retire(session, version, request.user, clock.now(), announce)
        said = _t("Version %(number)s is retired. It stays here to be read.", number=version.number)
        return see(request, "standards.version", version_id=version_id, said=("good", said))
