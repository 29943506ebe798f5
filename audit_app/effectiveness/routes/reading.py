"""Read a study: what to do, effects, one item, whether to trust it, and what a naive reading would have said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from audit_app.effectiveness import figures, trust, wording
from audit_app.effectiveness.checks import checks_of
from audit_app.effectiveness.models import OPEN_STATES, Study, StudyState
from audit_app.effectiveness.pilot_queries import READERS as PILOT_READERS
from audit_app.effectiveness.queries import decisions, studies
from audit_app.effectiveness.queries.names import names_of
from audit_app.effectiveness.queries.studies import DECIDERS, READERS
from audit_app.effectiveness.reading import SETTLED, Line
from audit_app.effectiveness.reading import Reading as Story
from audit_app.effectiveness.rules.findings import Decision
from audit_app.kit import clock, web
from audit_app.kit.errors import NotFound
from audit_app.kit.i18n import language
from audit_app.kit.web import Db, get, requires
from audit_app.organisation.models import Person
from audit_app.organisation.rules import Actor
from audit_app.standards.models import Standard

R = Request[Actor, Any, Any]
PAGE = 25
SOON = timedelta(days=60)


class Reading(Controller):
    """For those who read studies."""

    path = "/effectiveness"
    guards = [requires(*READERS)]

    @get("/", name="effectiveness.index")
    def index(self, request: R, session: Db, page: FromQuery[int] = 1) -> Template:
        """What pays, standard by standard; what to look at again; all studies."""
        if not request.user.scope(*READERS).everything:
            raise NotFound
        number = min(max(page, 1), 10_000)
        rows, total = studies.studies(session, page=number, size=PAGE)
        newest = [
            {"row": row, "story": studies.reading_of(session, row.study)}
            for row in studies.newest_done(session)[:6]
        ]
        due = decisions.calendar(session, until=clock.now().date() + SOON, limit=6)
        return web.page(
            request,
            "effectiveness/index.html",
            fragment="studies",
            newest=newest,
            due=due,
            due_names={key: names_of(session, key) for key in {one.standard.id for one in due}},
            rows=rows,
            total=total,
            number=number,
            pages=max(1, -(-total // PAGE)),
            words=wording,
            may_ask=may_decide(request.user),
            today=clock.now().date(),
        )

    @get("/calendar", name="effectiveness.calendar")
    def calendar(self, request: R, session: Db) -> Template:
        """When each item is looked at again, and who decided."""
        if not request.user.scope(*READERS).everything:
            raise NotFound
        due = decisions.calendar(session)
        names = {
            standard_id: names_of(session, standard_id) for standard_id in {one.standard.id for one in due}
        }
        return web.page(
            request, "effectiveness/calendar.html", due=due, names=names, words=wording,
            today=clock.now().date(),
        )  # fmt: skip

    @get("/method", name="effectiveness.method")
    def method(self, request: R) -> Template:
        """How it is computed, for owners first and with formulas after."""
        return web.page(request, "effectiveness/method.html", words=wording)

    @get("/studies/{study_id:uuid}", name="effectiveness.study")
    def study(self, request: R, session: Db, study_id: FromPath[UUID]) -> Template:
        """The decision list; while it is computed, how far it is."""
        found = studies.study_for(session, study_id, request.user)
        if found.state != StudyState.DONE:
            return web.page(
                request, "effectiveness/progress.html", fragment="progress",
                headers={"hx-refresh": "true"} if _ended_meanwhile(request, found) else {},
                study=found, standard=session.get_one(Standard, found.standard_id), words=wording,
                running=found.state in OPEN_STATES, may_ask=may_decide(request.user),
            )  # fmt: skip
        story = studies.reading_of(session, found)
        drop = [one for one in story.lines if one.proposed is Decision.DROP]
        return web.page(
            request,
            "effectiveness/study.html",
            headers={"hx-refresh": "true"} if web.is_fragment(request) else {},
            groups=story.groups,
            scales={
                one.name: figures.scale_of(
                    [effect for line in story.lines if (effect := line.on(one.name)) is not None]
                )
                for one in story.outcomes
            },
            thresholds="; ".join(
                f"{wording.outcome_name(one.name)} {wording.effect_text(wording.in_percent(one.smallest, one.model), one.model).lstrip('+')}"
                for one in story.outcomes
            ),
            saved=sum(one.name.minutes for one in drop),
            worth=sum(one.worth or 0.0 for one in story.lines if one.proposed is Decision.KEEP),
            to_win=sum(one.to_win or 0.0 for one in story.lines if one.proposed is Decision.KEEP),
            open_lines=[one for one in story.lines if not _decided(one, found)],
            changes=changes_of(story),
            same_as=_same_question(studies.same_standard(session, found), found),
            report=studies.report_of(session, found.id, language()),
            **frame(request, session, found, story),
        )

    @get("/studies/{study_id:uuid}/effects", name="effectiveness.effects")
    def effects(
        self,
        request: R,
        session: Db,
        study_id: FromPath[UUID],
        outcome: FromQuery[str] = "",
        decision: FromQuery[str] = "",
        q: FromQuery[str] = "",
        sort: FromQuery[str] = "",
    ) -> Template:
        """Forest plot and table of one outcome, sorted and filtered by the address."""
        found = studies.finished(session, study_id, request.user)
        story = studies.reading_of(session, found)
        names = [one.name for one in story.outcomes]
        chosen = outcome if outcome in names else (names[0] if names else "")
        order = sort if sort.lstrip("-") in figures.SORTS else ""
        lines = figures.filtered(
            story.lines, decision=decision if decision in list(Decision) else "", q=q[:200]
        )
        lines = (
            figures.sorted_lines(lines, chosen, order) if order else figures.usual_order(lines, chosen)
        )  # fmt: skip
        effects = [one for line in story.lines if (one := line.on(chosen)) is not None]
        return web.page(
            request,
            "effectiveness/effects.html",
            fragment="effects",
            outcome=chosen,
            outcomes=[(name, wording.outcome_name(name)) for name in names],
            lines=lines,
            scale=figures.scale_of(effects),
            decision=decision,
            q=q,
            sort=order,
            **frame(request, session, found, story),
        )

    @get("/studies/{study_id:uuid}/trust", name="effectiveness.trust")
    def trust(self, request: R, session: Db, study_id: FromPath[UUID]) -> Template:
        """Reasons to doubt, power, noise, overlap: what stands behind the trust."""
        found = studies.finished(session, study_id, request.user)
        story = studies.reading_of(session, found)
        return web.page(
            request,
            "effectiveness/trust.html",
            checks=checks_of(story),
            marked=trust.marked_of(story),
            doubts=trust.doubts_of(story),
            powers=trust.powers_of(story),
            noisy=sorted(
                (one for one in story.lines if one.finding.reliability is not None),
                key=lambda one: one.finding.reliability or 0.0,
            ),
            **frame(request, session, found, story),
        )

    @get("/studies/{study_id:uuid}/naive", name="effectiveness.naive")
    def naive(
        self, request: R, session: Db, study_id: FromPath[UUID], outcome: FromQuery[str] = "", called: FromQuery[str] = ""
    ) -> Template:  # fmt: skip
        """What correlating scores with sales would have said, and why it is wrong here."""
        found = studies.finished(session, study_id, request.user)
        story = studies.reading_of(session, found)
        counts = figures.naive_counts(story)
        example = _example(story)
        sides = (
            figures.sides_of(story.behind, example.item, story.outcomes[0].name)
            if example and story.outcomes
            else ([], [])
        )
        return web.page(
            request,
            "effectiveness/naive.html",
            counts=counts,
            first=next(
                (one for one in story.outcomes if one.name == outcome),
                story.outcomes[0] if story.outcomes else None,
            ),
            called=called if called in figures.CALLED else "",
            listed=figures.called(story, outcome, called),
            example=example,
            between=sides[0],
            within=sides[1],
            shares=trust.shares_of(story),
            surveys=trust.surveys_of(story),
            **frame(request, session, found, story),
        )

    @get("/studies/{study_id:uuid}/items/{item:str}", name="effectiveness.item")
    def item(self, request: R, session: Db, study_id: FromPath[UUID], item: FromPath[str]) -> Template:
        """One item: what was found, the data behind it, what would change the verdict, and its history."""
        found = studies.finished(session, study_id, request.user)
        return item_page(request, session, found, item)


def item_page(
    request: R, session: Any, study: Study, item: str, *, status_code: int = 200, typed: Any = None,
    errors: dict[str, str] | None = None,
) -> Template:  # fmt: skip
    """The page of one item; a decision that was refused comes back with what was typed."""
    story = studies.reading_of(session, study)
    line = story.line(item)
    if line is None:
        raise NotFound
    order = [one.item for group in story.groups for one in group.lines]
    at = order.index(item)
    lags = [
        (effect, points, figures.lag_limit(points))
        for effect in line.effects
        if (points := figures.lag_points(story.behind, item, effect.outcome))
    ]
    known = [one for one in line.effects if one.value is not None]
    return web.page(
        request,
        "effectiveness/item.html",
        status_code=status_code,
        line=line,
        about=(story.behind.get("items") or {}).get(item) or {},
        compliance=figures.compliance_points(story.behind, item),
        scale=figures.scale_of(known),
        lags=lags,
        flags=trust.flags_of(line),
        priced=[
            (one, base)
            for one in line.effects
            if one.worth is not None
            and one.verdict in SETTLED
            and (base := story.money.base(one.outcome)) is not None
        ],
        changers=trust.changers_of(line, story),
        history=decisions.history_of(session, study.standard_id, item),
        earlier=trust.earlier_of(session, study, item),
        before=order[at - 1] if at else None,
        after=order[at + 1] if at + 1 < len(order) else None,
        typed=typed or {},
        errors=errors or {},
        usual_review=(clock.now() + timedelta(days=182)).date(),
        **frame(request, session, study, story),
    )


def may_decide(actor: Actor) -> bool:
    """Whether this reader also asks and decides."""
    return actor.scope(*DECIDERS).everything


def frame(request: R, session: Any, study: Study, story: Story) -> dict[str, Any]:
    """What every page of a finished study needs."""
    asked_by = session.get(Person, study.asked_by) if study.asked_by else None
    return {
        "study": study,
        "story": story,
        "standard": session.get_one(Standard, study.standard_id),
        "asked_by": asked_by.name if asked_by else "",
        "words": wording,
        "may_decide": may_decide(request.user),
        "may_see_pilots": request.user.scope(*PILOT_READERS).everything,
        "decided": {one.item for one in story.lines if _decided(one, study)},
        "network": story.behind.get("network") or {},
    }


def _decided(line: Line, study: Study) -> bool:
    """Whether a person decided about it on the ground of this study."""
    return line.taken is not None and line.taken.study_id == study.id


def changes_of(story: Story) -> dict[str, list[Line]]:
    """What the decisions taken would change in the next version."""
    found: dict[str, list[Line]] = {Decision.DROP: [], Decision.HYGIENE: []}
    for line in story.lines:
        if line.taken is not None and line.taken.taken in found and line.name.in_force:
            found[line.taken.taken].append(line)
    return found


def _ended_meanwhile(request: R, study: Study) -> bool:
    return web.is_fragment(request) and study.state not in OPEN_STATES


def _same_question(known: list[Study], study: Study) -> tuple[Study, bool] | None:
    """The study before this one that asked the same, and whether it found the same numbers."""

    def question(one: Study) -> tuple[Any, ...]:
        return (one.from_on, one.to_on, one.plan)

    earlier = [one for one in known if one.asked_at < study.asked_at and question(one) == question(study)]
    return (earlier[-1], earlier[-1].result_hash == study.result_hash) if earlier else None


def _example(story: Story) -> Line | None:
    """The item whose naive reading misleads most on the first outcome."""
    if not story.outcomes:
        return None
    first = story.outcomes[0].name

    def gap(line: Line) -> float:
        effect = line.on(first)
        if (
            effect is None
            or effect.naive is None
            or effect.value is None
            or effect.raw.naive_p is None
            or effect.raw.naive_p > 0.05
            or effect.verdict in SETTLED
            or wording.is_wide(effect.low, effect.high, effect.outcome.model)
        ):
            return 0.0
        between, within = figures.sides_of(story.behind, line.item, first)
        if len(between) < 4 or len(within) < 2 or between[0].x == between[-1].x:
            return 0.0
        return abs(effect.naive - (effect.shrunk or 0.0)) / (1 + abs(effect.value))

    found = max(story.lines, key=gap, default=None)
    return found if found is not None and gap(found) > 0 else None


__all__ = ["Reading", "changes_of", "frame", "item_page", "may_decide"]
