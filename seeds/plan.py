"""Which visits there were and will be: place, shopper, dates, and every step on the way. No answers yet.

Past visits are spread evenly over the year at every place, as a wave would draw them. The newest ones wait for review, the
ones before wait for their release (a delay, and never a single visit of a place), all older ones are released.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from seeds import words
from seeds.chance import new_id, stream
from seeds.people import People, Shopper
from seeds.places import Place
from seeds.size import Size
from seeds.standards import Published, Standards

RELEASE_HOURS, RELEASED_TOGETHER = 24, 2
"""The defaults of AUDIT_RELEASE_DELAY_HOURS and AUDIT_RELEASE_MINIMUM."""

BEGUN_BEFORE = timedelta(hours=5)
"""How long before the day began the half-filled draft was begun: the evening before, on the way home."""

_HOURS = (10, 11, 12, 12, 13, 14, 15, 16, 17, 17, 18, 18, 19)

Step = tuple[datetime, str, str, UUID | None, str]
"""When, from which state, to which, by whom, why."""


@dataclass(slots=True)
class Sending:
    """One submission: a revision to be."""

    id: UUID
    started_at: datetime
    finished_at: datetime
    received_at: datetime


@dataclass(slots=True)
class Plan:
    """A visit without its answers."""

    id: UUID
    place: int
    published: Published
    kind: str
    state: str
    from_on: date
    due_on: date
    planned_at: datetime
    shopper: Shopper | None = None
    employee: UUID | None = None
    scenario: int | None = None
    visited_at: datetime | None = None
    return_due_at: datetime | None = None
    sendings: list[Sending] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    returned_at: datetime | None = None
    approved_at: datetime | None = None
    released_at: datetime | None = None
    reviewer: UUID | None = None
    begun: bool = False

    @property
    def busy(self) -> bool:
        """Whether the shop was full: a Saturday, the hour after work, or the weeks before the holidays."""
        at = self.visited_at
        if at is None:
            return False
        return at.weekday() == 5 or (at.month, at.day) >= (11, 24) or (at.month == 9 and at.day < 14)


@dataclass
class Desk:
    """What making a plan needs at hand."""

    all_places: list[Place]
    found: People
    known: Standards
    now: datetime
    nearby: list[list[Shopper]] = field(default_factory=list)
    last: dict[int, list[UUID]] = field(default_factory=dict)
    planner: UUID | None = None

    def __post_init__(self) -> None:
        self.planner = self.found.account("quality")
        in_city: dict[str, list[Shopper]] = {}
        in_region: dict[str, list[Shopper]] = {}
        for one in self.found.pool:
            in_city.setdefault(one.city, []).append(one)
            in_region.setdefault(one.region, []).append(one)
        for place in self.all_places:
            near = in_city.get(place.city.name, [])
            self.nearby.append(near if len(near) > 3 else near * 2 + in_region[place.city.region])

    def shopper(self, chance: random.Random, place: int) -> Shopper:
        """Somebody who lives near and was not among the last three there."""
        recent = self.last.setdefault(place, [])
        for _try in range(6):
            one = chance.choice(self.nearby[place])
            if one.id not in recent:
                break
        recent.append(one.id)
        del recent[:-3]
        return one

    def someone(self, key: str) -> Shopper:
        """A shopper or auditor by the key of their account."""
        own_id = self.found.account(key)
        return next(one for one in (*self.found.pool, *self.found.auditors) if one.id == own_id)


def plans(size: Size, all_places: list[Place], found: People, known: Standards, now: datetime) -> list[Plan]:
    """All visits of the demo, the oldest first; `now` is the midnight (UTC) the day began with."""
    desk = Desk(all_places, found, known, now)
    made = _past(size, desk)
    _release(made, desk)
    return made + _upcoming(size, desk)


def _past(size: Size, desk: Desk) -> list[Plan]:
    chance = stream("past")
    recent = max(5, round(size.past * 0.016))
    moments: list[tuple[float, int]] = []
    count = len(desk.all_places)
    steady = size.past - recent
    shares = [1.0 if place.own else 0.35 for place in desk.all_places]
    for place, share in enumerate(shares):
        mine = round(steady * share / sum(shares))
        moments += [(6.6 + (365 - 6.6) * (n + chance.random()) / mine, place) for n in range(mine)]
    for n in range(recent):  # these are on the reviewers' desk
        moments.append((0.45 + 5 * chance.random(), (n * 7) % count))
    moments.sort(reverse=True)
    made = [_visit_of(chance, desk, days, place) for days, place in moments]
    returned = max(1, round(recent * 0.14))
    fresh = [plan for plan in made if plan.state == "submitted"]
    places_of_demo = [
        n for n, place in enumerate(desk.all_places) if place.own and place.city.name == "London"
    ]
    for number, plan in enumerate(fresh[-returned:]):
        if number == 0:  # the demo's shopper finds one that came back
            plan.place, plan.shopper = places_of_demo[-1], desk.someone("shopper")
            plan.employee = None
        _send_back(chance, plan, desk)
    return made


def _moment(chance: random.Random, desk: Desk, days: float, place: int) -> datetime:
    """A time in opening hours that day, there."""
    zone = desk.all_places[place].zone
    day = (desk.now - timedelta(days=days)).date()
    if day.weekday() == 6 and chance.random() < 0.5:
        day -= timedelta(days=1)
    at = datetime.combine(day, time(chance.choice(_HOURS), chance.randrange(60)), tzinfo=zone)
    return min(at, desk.now - timedelta(hours=9)).astimezone(desk.now.tzinfo)


def _visit_of(chance: random.Random, desk: Desk, days: float, place: int) -> Plan:
    where = desk.all_places[place]
    visited = _moment(chance, desk, days, place)
    from_on = visited.date() - timedelta(days=chance.randrange(0, 7))
    planned = datetime.combine(from_on, time(7, 30), tzinfo=desk.now.tzinfo) - timedelta(
        days=chance.randrange(9, 16), minutes=chance.randrange(600)
    )
    audit = where.own and chance.random() < 0.035
    who = chance.choice(desk.found.auditors) if audit else desk.shopper(chance, place)
    plan = Plan(
        id=new_id(chance),
        place=place,
        published=desk.known.at(planned),
        kind="audit" if audit else "mystery" if where.own else "competitor",
        state="planned",
        from_on=from_on,
        due_on=from_on + timedelta(days=chance.randrange(7, 11)),
        planned_at=planned,
        shopper=who,
        scenario=chance.randrange(len(words.SCENARIOS)) if not audit and chance.random() < 0.25 else None,
    )
    plan.steps.append((planned, "", "planned", desk.planner, ""))
    offered = planned + timedelta(hours=chance.uniform(1, 30))
    accepted = offered + timedelta(hours=chance.uniform(0.5, 40))
    plan.steps.append((offered, "planned", "offered", desk.planner, ""))
    if days > 20 and _miss(chance, desk, plan, offered, accepted):
        return plan
    plan.steps.append((accepted, "offered", "accepted", who.id, ""))
    if where.own and chance.random() < 0.6:
        crew = desk.found.crews[where.id]
        plan.employee = crew[1] if chance.random() < 0.2 else chance.choice(crew)
    _make(chance, desk, plan, visited, waiting=days < 6)
    return plan


def _miss(chance: random.Random, desk: Desk, plan: Plan, offered: datetime, accepted: datetime) -> bool:
    """Some visits never happen: nobody took them, the shopper said no, or they were called off."""
    who = plan.shopper
    assert who is not None
    expired, declined, cancelled = 0.012, 0.011, 0.008
    draw = chance.random()
    if draw < expired:
        plan.state = "expired"
        over = datetime.combine(plan.due_on + timedelta(days=1), time(0, 5), tzinfo=offered.tzinfo)
        plan.steps.append((over, "offered", "expired", None, ""))
    elif draw < expired + declined:
        plan.state = "declined"
        reason = words.pick(chance, words.STEP_REASONS["declined"], who.language)
        plan.steps.append((accepted, "offered", "declined", who.id, reason))
    elif draw < expired + declined + cancelled:
        plan.state = "cancelled"
        reason = words.pick(chance, words.STEP_REASONS["cancelled"], "en")
        plan.steps.append((accepted, "offered", "cancelled", desk.planner, reason))
    return plan.state != "planned"


def _send(chance: random.Random, plan: Plan, begun: datetime, minutes: float) -> datetime:
    finished = begun + timedelta(minutes=minutes)
    received = finished + timedelta(seconds=chance.randrange(2, 400))
    plan.sendings.append(Sending(new_id(chance), begun, finished, received))
    return received


def _make(chance: random.Random, desk: Desk, plan: Plan, visited: datetime, *, waiting: bool) -> None:
    """The visit happens, is sent, perhaps comes back once, and is approved unless it still waits."""
    who = plan.shopper
    assert who is not None
    plan.visited_at, plan.state, plan.begun = visited, "submitted", True
    plan.reviewer = chance.choice(desk.found.reviewers)
    begun = visited + timedelta(minutes=chance.uniform(25, 200))
    received = _send(chance, plan, begun, chance.lognormvariate(2.6, 0.3))
    plan.steps.append((begun, "accepted", "started", who.id, ""))
    plan.steps.append((received, "started", "submitted", who.id, ""))
    if waiting:
        return
    if chance.random() < 0.07:
        plan.returned_at = received + timedelta(hours=chance.uniform(5, 34))
        plan.steps.append((plan.returned_at, "submitted", "returned", plan.reviewer, ""))
        again = plan.returned_at + timedelta(hours=chance.uniform(1, 19))
        received = _send(chance, plan, again, chance.uniform(2, 8))
        plan.steps.append((received, "returned", "submitted", who.id, ""))
    judged = received + timedelta(hours=chance.uniform(6, 60))
    if chance.random() < 0.005:
        plan.state = "void"
        reason = words.pick(chance, words.STEP_REASONS["void"], "en")
        plan.steps.append((judged, "submitted", "void", plan.reviewer, reason))
        return
    plan.state, plan.approved_at = "approved", judged
    plan.steps.append((judged, "submitted", "approved", plan.reviewer, ""))


def _send_back(chance: random.Random, plan: Plan, desk: Desk) -> None:
    """A report that is with its shopper again, the clock still running."""
    assert plan.sendings
    sent = plan.sendings[-1].received_at
    plan.returned_at = min(sent + timedelta(hours=chance.uniform(3, 20)), desk.now - timedelta(minutes=50))
    plan.state = "returned"
    plan.return_due_at = desk.now + timedelta(hours=chance.choice((36, 42, 48)))
    plan.steps.append((plan.returned_at, "submitted", "returned", plan.reviewer, ""))


def _release(made: list[Plan], desk: Desk) -> None:
    """Approved visits are shown after the delay; unannounced ones of a place never singly."""
    waiting: dict[int, list[Plan]] = {}
    for plan in sorted((p for p in made if p.approved_at), key=lambda p: (p.approved_at, p.id)):
        assert plan.approved_at is not None
        due = plan.approved_at + timedelta(hours=RELEASE_HOURS)
        together = waiting.setdefault(plan.place, []) if plan.kind == "mystery" else []
        together.append(plan)
        if due > desk.now or (plan.kind == "mystery" and len(together) < RELEASED_TOGETHER):
            continue
        for one in together:
            one.state, one.released_at = "released", due
            one.steps.append((due, "approved", "released", None, ""))
        together.clear()


_AHEAD = (
    # account, state, how many, in which city
    ("shopper", "accepted", 4, "London"),
    ("shopper", "offered", 2, "London"),
    ("shopper", "started", 1, "London"),
    ("shopper.kyiv", "accepted", 2, "Kyiv"),
    ("shopper.kyiv", "offered", 1, "Kyiv"),
    ("auditor", "accepted", 2, "Riga"),
)
"""What the people of the demo find on their desks."""


def _upcoming(size: Size, desk: Desk) -> list[Plan]:
    chance = stream("upcoming")
    made: list[Plan] = []
    for key, state, count, city in _AHEAD:
        near = [n for n, place in enumerate(desk.all_places) if place.city.name == city]
        for number in range(count):
            place = near[(number + len(made)) % len(near)]
            if key == "auditor":
                place = next(n for n in (*near, 0) if desk.all_places[n].own)
            made.append(_ahead(chance, desk, place, state, desk.someone(key), number))
    for number in range(max(3, size.upcoming - len(made))):
        state = ("planned", "offered", "accepted", "planned", "offered", "planned")[number % 6]
        place = chance.randrange(len(desk.all_places))
        who = None if state == "planned" else desk.shopper(chance, place)
        made.append(_ahead(chance, desk, place, state, who, number))
    return made


def _ahead(
    chance: random.Random, desk: Desk, place: int, state: str, who: Shopper | None, number: int
) -> Plan:
    where = desk.all_places[place]
    begun = state == "started"
    from_on = desk.now.date() + timedelta(days=-1 if begun else -1 + (number * 4 + chance.randrange(3)) % 17)
    planned = desk.now - timedelta(days=chance.randrange(4, 9), minutes=chance.randrange(900))
    auditor = who is not None and who in desk.found.auditors
    plan = Plan(
        id=new_id(chance),
        place=place,
        published=desk.known.newest,
        kind="audit" if auditor else "mystery" if where.own else "competitor",
        state=state,
        from_on=from_on,
        due_on=from_on + timedelta(days=chance.randrange(5, 10)),
        planned_at=planned,
        shopper=who,
        scenario=None if auditor or number % 2 else chance.randrange(len(words.SCENARIOS)),
        begun=begun,
    )
    plan.steps.append((planned, "", "planned", desk.planner, ""))
    at, before = planned, "planned"
    for following in ("offered", "accepted", "started"):
        if before == state or who is None:
            break
        at = (
            desk.now - BEGUN_BEFORE if following == "started" else at + timedelta(hours=chance.uniform(2, 30))
        )
        plan.steps.append((at, before, following, desk.planner if following == "offered" else who.id, ""))
        before = following
    return plan


def submittable(desk: Desk, who: Shopper, first: int, count: int) -> list[Plan]:
    """Accepted visits of one shopper, ready to be filled and sent, spread over the own places."""
    made: list[Plan] = []
    own = [number for number, place in enumerate(desk.all_places) if place.own]
    for number in range(first, first + count):
        plan = _ahead(stream("submittable", number), desk, own[number % len(own)], "accepted", who, 1)
        plan.from_on = desk.now.date() - timedelta(days=1)
        plan.due_on = desk.now.date() + timedelta(days=60)
        made.append(plan)
    return made
