"""What people do with pilots: plan one (and draw), start it, note that a place has begun, measure, stop."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlmodel import Session, select

from audit_app.effectiveness import pilot_queries as queries
from audit_app.effectiveness.pilot_models import Pilot, PilotState, PilotStep
from audit_app.effectiveness.pilot_queries import Place
from audit_app.effectiveness.rules import experiment, roll_out
from audit_app.effectiveness.rules.facts import Floats, Places
from audit_app.effectiveness.rules.multiplicity import benjamini_hochberg
from audit_app.effectiveness.rules.panel import CannotEstimate
from audit_app.effectiveness.rules.plan import COMPLAINTS, CONVERSION, TICKET, Model, Outcome
from audit_app.kit import audit
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import _

OUTCOMES = (CONVERSION, TICKET, COMPLAINTS)
LEAD_IN = 26
"""Weeks before the first start that are looked at."""
FOLLOW_UP = 26
"""Weeks after the last start."""


class NotThatFar(AuditError):
    """The pilot is not at the point where this can be done."""

    code = "pilot_state"


class PlacesTaken(AuditError):
    """Some of these places are in another pilot: two changes at once cannot be told apart."""

    code = "places_taken"


@dataclass(frozen=True)
class Wanted:
    """A pilot as it is asked for."""

    standard_id: UUID
    item: str
    version_id: UUID | None
    region_id: UUID | None
    format: str
    first_on: date
    steps: int
    between: int
    seed: int


@dataclass(frozen=True)
class Drawn:
    """What a pilot would be: who starts when, whether chance was even-handed, and what could be found."""

    places: Sequence[Place]
    step: Places
    balance: roll_out.Balance
    least_effect: float | None
    """Change of log conversion found four times out of five; None where the past tells too little."""
    taken: int

    def starts_on(self, wanted: Wanted, place: int) -> date:
        """The Monday on which a place starts."""
        return wanted.first_on + timedelta(weeks=int(self.step[place]) * wanted.between)


def draw(session: Session, wanted: Wanted, today: date) -> Drawn:
    """The draw, as often as one likes with the same answer."""
    places = queries.candidates(session, wanted.region_id, wanted.format, today)
    each = [one.candidate for one in places]
    step = roll_out.draw(each, wanted.steps, wanted.seed)
    least = None
    noise = queries.past_noise(session, places, today)
    if noise is not None:
        weeks = LEAD_IN + wanted.steps * wanted.between + wanted.between
        least = roll_out.least_effect(roll_out.exposure(step, LEAD_IN, wanted.between, weeks), noise)
    return Drawn(
        places, step, roll_out.balance(each, step), least, queries.busy(session, [one.id for one in places])
    )


def plan_pilot(session: Session, wanted: Wanted, by: UUID, now: datetime) -> Pilot:
    """Keep the pilot and its draw."""
    drawn = draw(session, wanted, now.date())
    if drawn.taken:
        raise PlacesTaken
    pilot = Pilot(**asdict(wanted), least_effect=drawn.least_effect, planned_by=by, planned_at=now)
    session.add(pilot)
    session.flush()
    stratum = roll_out.strata([one.candidate for one in drawn.places])
    session.add_all(
        PilotStep(
            pilot_id=pilot.id,
            location_id=place.id,
            place=k,
            stratum=int(stratum[k]),
            step=int(drawn.step[k]),
            starts_on=drawn.starts_on(wanted, k),
        )
        for k, place in enumerate(drawn.places)
    )
    audit.record(
        session, by, "pilot.planned", "pilot", pilot.id, at=now, seed=wanted.seed, places=len(drawn.places)
    )
    return pilot


def start_pilot(session: Session, pilot: Pilot, by: UUID, now: datetime) -> None:
    """From now on the dates hold."""
    _ensure(pilot, PilotState.PLANNED)
    if pilot.first_on < now.date():
        raise NotThatFar(_("The first date has passed. Plan the pilot anew with a later one."))
    pilot.state, pilot.started_at = PilotState.RUNNING, now
    audit.record(session, by, "pilot.started", "pilot", pilot.id, at=now)


def note_start(session: Session, pilot: Pilot, location_id: UUID, on: date, by: UUID, now: datetime) -> None:
    """A place really began on that day."""
    _ensure(pilot, PilotState.RUNNING)
    step = session.get(PilotStep, (pilot.id, location_id))
    if step is None:
        raise NotThatFar(_("This location is not in the pilot."))
    if on > now.date():
        raise NotThatFar(_("This day is still to come."))
    step.started_on, step.noted_by, step.noted_at = on, by, now
    audit.record(session, by, "pilot.place_started", "pilot", pilot.id, at=now, location=str(location_id))


def stop_pilot(session: Session, pilot: Pilot, reason: str, by: UUID, now: datetime) -> None:
    """Nobody new starts; what was learnt until now can still be measured."""
    if pilot.state == PilotState.STOPPED:
        raise NotThatFar(_("The pilot has been stopped already."))
    pilot.state, pilot.stopped_at, pilot.reason = PilotState.STOPPED, now, reason
    audit.record(session, by, "pilot.stopped", "pilot", pilot.id, at=now)


def measure_pilot(session: Session, pilot: Pilot, by: UUID, now: datetime) -> None:
    """Compute what the change did until the last whole week, and keep it."""
    if pilot.state == PilotState.PLANNED:
        raise NotThatFar(_("The pilot has not been started yet."))
    pilot.result = result_of(session, pilot, now.date())
    pilot.measured_at = now
    audit.record(session, by, "pilot.measured", "pilot", pilot.id, at=now)


def result_of(session: Session, pilot: Pilot, today: date) -> dict[str, Any]:
    """What the change did, by the dates of the draw: who began late or early must not choose its own side."""
    steps = sorted(
        session.exec(select(PilotStep).where(PilotStep.pilot_id == pilot.id)).all(), key=lambda s: s.place
    )
    first = pilot.first_on - timedelta(weeks=LEAD_IN)
    last = min(today, pilot.stopped_at.date() if pilot.stopped_at else today)
    monday = min(
        last - timedelta(days=last.weekday()),
        pilot.first_on + timedelta(weeks=(pilot.steps - 1) * pilot.between + FOLLOW_UP),
    )
    weeks = max((monday - first).days // 7, 0)
    measures = queries.weeks_of(session, [one.location_id for one in steps], first, weeks)
    region = queries.numbered(
        [one.region for one in sorted(queries.joined(session, pilot.id), key=lambda j: j.step.place)]
    )
    stratum = np.array([one.stratum for one in steps], dtype=np.int32)
    starts = np.array([LEAD_IN + k * pilot.between for k in range(pilot.steps)], dtype=np.int32)
    step = np.array([one.step for one in steps], dtype=np.int32)

    def deal(rng: np.random.Generator) -> Places:
        return np.asarray(starts[roll_out.deal(stratum, pilot.steps, rng)], dtype=np.int32)

    found: list[tuple[Outcome, Any]] = []
    for outcome in OUTCOMES:
        try:
            one = _measured(
                outcome, measures, region, starts[step], deal, pilot.seed + 1
            )  # the pilot's own seed would draw the pilot itself once more
            found.append((outcome, one))
        except CannotEstimate as refused:
            found.append(
                (outcome, {"name": outcome.name, "why": refused.text, "values": dict(refused.values)})
            )
    told = [one for _outcome, one in found if isinstance(one, experiment.Outcome)]
    q = iter(benjamini_hochberg(np.array([_p(one) for one in told])) if told else ())
    rows = [
        _row(outcome, one, float(next(q))) if isinstance(one, experiment.Outcome) else one
        for outcome, one in found
    ]
    return {"until": (monday - timedelta(days=1)).isoformat(), "weeks": weeks, "outcomes": rows}


def _measured(outcome: Outcome, measures: dict[str, Floats], region: Places, start: Places, deal: Any, seed: int) -> experiment.Outcome:  # fmt: skip
    """One outcome. Log visitors are held constant: busy weeks change both habits and sales."""
    visitors = measures["visitors"]
    control = np.log(np.where(visitors > 0, visitors, np.nan))
    controls = (control,) if np.isfinite(control).any() else ()
    if outcome.model is Model.POISSON:
        course = experiment.Course(
            measures[outcome.count], measures[outcome.exposure], region, start, controls
        )
        return experiment.measure_counts(course)
    rate = queries.log_rate(measures, outcome.count, outcome.exposure)
    events = measures["transactions"]
    return experiment.measure(experiment.Course(rate, events, region, start, controls), deal, seed)


def _p(one: experiment.Outcome) -> float:
    """Of the draw itself where there is one: it holds whatever the errors' shape."""
    return one.effect.p if one.p_random is None else one.p_random


def _row(outcome: Outcome, one: experiment.Outcome, q: float) -> dict[str, Any]:
    """Plain JSON values."""
    return {
        "name": outcome.name,
        "verdict": str(experiment.verdict(one, outcome.good, outcome.smallest, q)),
        "good": outcome.good,
        "smallest": outcome.smallest,
        "estimate": one.effect.estimate,
        "se": one.effect.se,
        "low": one.effect.low,
        "high": one.effect.high,
        "p": _p(one),
        "q": q,
        "drawn": one.p_random is not None,
        "imputed": None if one.imputed is None else asdict(one.imputed),
        "before": one.p_before,
        "moments": [asdict(moment) for moment in one.moments],
        "locations": one.locations,
    }


def _ensure(pilot: Pilot, state: PilotState) -> None:
    if pilot.state != state:
        raise NotThatFar
