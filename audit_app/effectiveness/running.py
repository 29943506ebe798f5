"""How the worker carries out studies: begin, compute in a limited process, keep the result or say why not."""

import time
from typing import Any
from uuid import UUID

import structlog

from audit_app.effectiveness import actions
from audit_app.effectiveness.computing import unbundle
from audit_app.effectiveness.queries.studies import waiting_studies
from audit_app.kit import clock
from audit_app.kit.db import write
from audit_app.kit.errors import AuditError
from audit_app.kit.limited import BrokeOff, Limits, Stopped, run
from audit_app.kit.worker import Hands, Kind

log = structlog.get_logger("audit_app")

QUICK = Limits(seconds=300, megabytes=6000)
THOROUGH = Limits(seconds=900, megabytes=6000)
NOTE_EVERY = 1.0
"""Seconds between two notes of progress."""


def study_kind(function: str = "audit_app.effectiveness.computing:compute") -> Kind:
    """The worker's kind; tests hand in a function of their own."""

    def act(hands: Hands, subject: str) -> None:
        carry_out(hands, UUID(subject), function)

    return Kind("study", waiting_studies, act)


def carry_out(hands: Hands, study_id: UUID, function: str) -> None:
    """One study from begin to end; never raises, since the row says what became of it."""
    with write(hands.engines) as session:
        study = actions.begin(session, study_id, clock.now())
        if study is None:
            return
        arguments = {
            "database_url": hands.database_url,
            "standard_id": str(study.standard_id),
            "from_on": study.from_on.isoformat(),
            "to_on": study.to_on.isoformat(),
            "plan": dict(study.plan),
        }
        limits = THOROUGH if study.thorough else QUICK
    try:
        packed = run(function, arguments, limits, *_listening(hands, study_id))
    except Stopped:
        with write(hands.engines) as session:
            actions.put_back(session, study_id)  # nothing happens to one that was cancelled
        return
    except AuditError as refused:
        problem = refused
    except Exception:
        log.exception("study", study=str(study_id))
        problem = BrokeOff()
    else:
        document, facts = unbundle(packed)
        with write(hands.engines) as session:
            actions.keep(
                session,
                study_id,
                document["findings"],
                document["behind"],
                facts,
                inputs_hash=document["inputs_hash"],
                code_version=document["code_version"],
                now=clock.now(),
            )
        return
    with write(hands.engines) as session:
        actions.fail(session, study_id, problem, clock.now())


def _listening(hands: Hands, study_id: UUID) -> tuple[Any, Any]:
    """What to do with progress, and when to stop."""
    last: dict[str, Any] = {"stage": "", "share": 0.0, "noted": 0.0, "cancelled": False}

    def note(moment: float) -> None:
        last["noted"] = moment
        with write(hands.engines) as session:
            last["cancelled"] = not actions.note_progress(
                session, study_id, last["stage"], last["share"], clock.now()
            )

    def tell(stage: str, share: float) -> None:
        changed = stage != last["stage"]
        last["stage"], last["share"] = stage, share
        if changed:
            note(time.monotonic())

    def stopped() -> bool:
        if hands.stopping.is_set():
            return True
        if time.monotonic() - last["noted"] > NOTE_EVERY:
            note(time.monotonic())
        return bool(last["cancelled"])

    return tell, stopped
