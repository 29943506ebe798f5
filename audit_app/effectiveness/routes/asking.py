"""Ask for a study: what data there is, the parameters, progress, cancel, again."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlmodel import Session

from audit_app.effectiveness import actions, forms, wording
from audit_app.effectiveness.queries import decisions, studies, supply
from audit_app.effectiveness.queries.studies import DECIDERS
from audit_app.effectiveness.rules.document import plan_document
from audit_app.effectiveness.rules.plan import Model, Outcome
from audit_app.kit import clock, web
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import _, format_number
from audit_app.kit.i18n import gettext as _t
from audit_app.kit.web import Db, Typed, bind, get, post, requires, see
from audit_app.organisation.rules import Actor

R = Request[Actor, Any, Any]


def woken(request: R, answer: Redirect) -> Redirect:
    """The answer, after which (and after the commit) the worker looks what waits."""
    worker = getattr(request.app.state, "worker", None)
    if worker is not None:
        answer.background = BackgroundTask(worker.wake)
    return answer


def everywhere(actor: Actor) -> None:
    """Studies are about the whole network."""
    if not actor.scope(*DECIDERS).everything:
        raise NotFound


class Asking(Controller):
    """For those who may ask for a study."""

    path = "/effectiveness"
    guards = [requires(*DECIDERS)]

    @get("/new", name="effectiveness.new")
    def new(
        self,
        request: R,
        session: Db,
        standard: FromQuery[UUID | None] = None,
        from_on: FromQuery[date | None] = None,
        to_on: FromQuery[date | None] = None,
    ) -> Template:
        """Choose a standard and a period, see what data there is, then the parameters."""
        everywhere(request.user)
        worker = getattr(request.app.state, "worker", None)
        if worker is not None:
            worker.prepare()
        return form_page(request, session, standard, from_on, to_on)

    @post("/new", name="effectiveness.ask")
    def ask(self, request: R, session: Db, typed: Typed) -> Template | Redirect:
        """The study waits for the worker."""
        everywhere(request.user)
        form, errors = bind(forms.NewStudy, typed)
        if form is None:
            return _again(request, session, typed, errors)
        standard_id = _uuid(form.standard_id)
        known = {one.id for one in supply.standards_with_visits(session)}
        if standard_id is None or standard_id not in known:
            return _again(request, session, typed, {"standard_id": _("Please choose one from the list.")})
        there = supply.supply_of(session, standard_id, form.from_on, form.to_on)
        if there.refusal:
            return _again(request, session, typed, {"from_on": there.refusal})
        possible = supply.possible_outcomes(there.measures)
        if not {one.name for one in possible} & set(form.outcomes):
            return _again(request, session, typed, {"outcomes": _("Choose at least one outcome.")})
        smallest, good, wrong = _thresholds(typed, possible, form)
        if wrong:
            return _again(request, session, typed, wrong)
        covariates = set(supply.possible_covariates(there.measures, possible))
        form.covariates = [name for name in form.covariates if name in covariates]
        plan = form.plan(possible, smallest, good, decisions.kept_items(session, standard_id))
        extras = {"currency": form.currency, "complaint_cost": form.complaint_cost}
        study = actions.ask(
            session,
            standard_id,
            form.from_on,
            form.to_on,
            {**plan_document(plan), **extras},
            request.user,
            clock.now(),
        )
        return woken(request, see(request, "effectiveness.study", study_id=study.id))

    @post("/studies/{study_id:uuid}/cancel", name="effectiveness.cancel")
    def cancel(self, request: R, session: Db, study_id: FromPath[UUID]) -> Redirect:
        """Stop a study that waits or runs."""
        study = studies.study_for(session, study_id, request.user, for_change=True)
        actions.cancel(session, study, request.user, clock.now())
        return see(
            request,
            "effectiveness.study",
            study_id=study_id,
            said=("info", _t("The study was cancelled. Nothing of it is kept.")),
        )

    @post("/studies/{study_id:uuid}/again", name="effectiveness.again")
    def again(self, request: R, session: Db, study_id: FromPath[UUID], typed: Typed) -> Redirect:
        """The same question once more: to check that the numbers are the same, or thoroughly this time."""
        study = studies.study_for(session, study_id, request.user, for_change=True)
        plan = dict(study.plan)
        if typed.get("depth") in ("quick", "thorough"):
            plan["thorough"] = typed.get("depth") == "thorough"
        fresh = actions.ask(
            session, study.standard_id, study.from_on, study.to_on, plan, request.user, clock.now()
        )
        return woken(request, see(request, "effectiveness.study", study_id=fresh.id))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _again(request: R, session: Session, typed: FormMultiDict, errors: Mapping[str, str]) -> Template:
    return form_page(
        request,
        session,
        _uuid(str(typed.get("standard_id", ""))),
        _date(typed.get("from_on")),
        _date(typed.get("to_on")),
        typed=typed,
        errors=errors,
    )


def _thresholds(
    typed: FormMultiDict, possible: tuple[Outcome, ...], form: forms.NewStudy
) -> tuple[dict[str, float], dict[str, int], dict[str, str]]:
    smallest: dict[str, float] = {}
    good: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for one in possible:
        if one.name not in form.outcomes:
            continue
        text, money = (str(typed.get(f"{kind}.{one.name}", "")) for kind in ("smallest", "money"))
        if text.strip() or money.strip():
            base = _money_base(typed, one, form)
            value = forms.smallest_from(text, money, one, base)
            if value is None:
                wrong[f"smallest.{one.name}"] = _(
                    "Please give a number above nought and at most 100, or less money than the outcome brings in."
                )
            else:
                smallest[one.name] = value
        if typed.get(f"good.{one.name}") in ("1", "-1"):
            good[one.name] = int(str(typed.get(f"good.{one.name}")))
    return smallest, good, wrong


def _money_base(typed: FormMultiDict, outcome: Outcome, form: forms.NewStudy) -> float | None:
    """What the outcome brings in (or costs) per shop and month, as the form showed it."""
    try:
        base = float(str(typed.get("revenue_month", "")))
    except ValueError:
        return None
    if not math.isfinite(base) or base <= 0:
        return None
    return base if outcome.name in ("conversion", "ticket") else None


def form_page(
    request: R,
    session: Session,
    standard_id: UUID | None,
    from_on: date | None,
    to_on: date | None,
    *,
    typed: FormMultiDict | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:
    """The page of a new study; with a standard it shows what data there is, and then the parameters."""
    known = supply.standards_with_visits(session)
    chosen = next((one for one in known if one.id == standard_id), known[0] if known else None)
    there = None
    possible: tuple[Outcome, ...] = ()
    covariates: tuple[str, ...] = ()
    revenue = None
    if chosen is not None:
        usual = supply.usual_period(session, chosen.id, clock.now().date())
        from_on, to_on = from_on or usual[0], to_on or usual[1]
        if to_on < from_on or (to_on - from_on).days > forms.MOST_WEEKS * 7:
            errors = {
                **(errors or {}),
                "to_on": _("The period ends before it begins, or is longer than six years."),
            }
            from_on, to_on = usual
        there = supply.supply_of(session, chosen.id, from_on, to_on)
        possible = supply.possible_outcomes(there.measures)
        covariates = supply.possible_covariates(there.measures, possible)
        revenue = supply.revenue_month(session, from_on, to_on)
    picked = typed.getall("outcomes", []) if typed else [one.name for one in possible]
    held = typed.getall("covariates", []) if typed else list(covariates)
    return web.page(
        request,
        "effectiveness/new.html",
        status_code=422 if errors else 200,
        standards=known,
        chosen=chosen,
        from_on=from_on,
        to_on=to_on,
        there=there,
        measures=[wording.measure_name(one) for one in there.measures] if there else [],
        refusal=_t(there.refusal) if there else "",
        thin=_t(there.thin) if there and not there.refusal else "",
        weeks=((to_on - from_on) + timedelta(days=1)).days // 7 if from_on and to_on else 0,
        outcomes=[
            {
                "name": one.name,
                "label": wording.outcome_name(one.name),
                "meaning": _t(wording.MEANINGS[one.name]) if one.name in wording.MEANINGS else "",
                "good": str(typed.get(f"good.{one.name}", one.good)) if typed else str(one.good),
                "smallest": str(typed.get(f"smallest.{one.name}", ""))
                if typed
                else format_number(_percent(one), 1),
                "money": str(typed.get(f"money.{one.name}", "")) if typed else "",
                "unit": wording.unit(one.model),
                "priced": revenue is not None and one.name in ("conversion", "ticket"),
                "worth": revenue * math.expm1(one.smallest)
                if revenue is not None and one.name in ("conversion", "ticket")
                else None,
                "picked": one.name in picked,
            }
            for one in possible
        ],
        covariates=[(name, wording.measure_name(name)) for name in covariates],
        held=held,
        kept=len(decisions.kept_items(session, chosen.id)) if chosen else 0,
        revenue=revenue,
        typed=dict(typed or {}),
        errors={key: _t(text) for key, text in (errors or {}).items()},
        currencies=[(code, f"{code} ({wording.currency_sign(code)})") for code in forms.CURRENCIES],
        words=wording,
    )


def _percent(outcome: Outcome) -> float:
    return outcome.smallest if outcome.model is Model.MEAN else 100 * math.expm1(outcome.smallest)
