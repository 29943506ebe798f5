"""The PDF of a study, made in a limited process: the decision list for the board, the method in an appendix."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import Session

from audit_app.effectiveness import actions, trust, wording
from audit_app.effectiveness.models import Study, StudyState
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.queries.experiments import trials_of
from audit_app.kit import clock
from audit_app.kit.db import make_engines, read, write
from audit_app.kit.errors import AuditError, NotFound
from audit_app.kit.i18n import use_language
from audit_app.kit.limited import BrokeOff, Limits, Stopped, Tell, run
from audit_app.kit.pages import data_folder, make_environment
from audit_app.kit.worker import Hands, Kind
from audit_app.standards.models import Standard

log = structlog.get_logger("audit_app")
LIMITS = Limits(seconds=240, megabytes=2000)


def make(arguments: Mapping[str, Any], _tell: Tell) -> bytes:
    """The PDF's bytes."""
    # WeasyPrint is loaded in the child only: the server does without its memory.
    from audit_app.kit.pdf import pdf_of  # noqa: PLC0415

    locale = use_language(str(arguments["locale"]))
    engines = make_engines(arguments["database_url"])
    try:
        with read(engines) as session:
            study = studies.study_row(session, UUID(arguments["study_id"]))
            if study.state != StudyState.DONE:
                raise NotFound
            html = (
                make_environment()
                .get_template("effectiveness/print.html")
                .render(locale=locale, css="", **on_paper(session, study))
            )
    finally:
        engines.dispose()
    return pdf_of(html, (data_folder("static") / "report.css").read_text(encoding="utf-8"))


def on_paper(session: Session, study: Study) -> dict[str, Any]:
    """What the report shows, as PDF or as a page to print."""
    story = studies.reading_of(session, study)
    return {
        "study": study,
        "standard": session.get_one(Standard, study.standard_id),
        "story": story,
        "groups": story.groups,
        "trials": trials_of(session, study.standard_id),
        "doubts": trust.doubts_of(story),
        "powers": trust.powers_of(story),
        "network": story.behind.get("network") or {},
        "words": wording,
    }


def report_kind() -> Kind:
    """The worker's kind."""
    return Kind("report", studies.waiting_reports, carry_out)


def carry_out(hands: Hands, subject: str) -> None:
    """One report; the row says what became of it."""
    study, _colon, locale = subject.partition(":")
    study_id = UUID(study)
    arguments = {"database_url": hands.database_url, "study_id": study, "locale": locale}
    document, problem = b"", None
    try:
        document = run(
            "audit_app.effectiveness.reporting:make", arguments, LIMITS, stopped=hands.stopping.is_set
        )
    except Stopped:
        with write(hands.engines) as session:
            actions.put_back_report(session, study_id, locale)
        return
    except AuditError as refused:
        problem = refused
    except Exception:
        log.exception("report", study=study)
        problem = BrokeOff()
    with write(hands.engines) as session:
        actions.end_report(session, study_id, locale, document, problem, clock.now())
