"""From plans to rows: visits, their steps, revisions with answers, evidence, reviews, scores, drafts."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from audit_app.standards.rules.definition import Version
from audit_app.standards.rules.visibility import Visibility, visibility
from seeds import words
from seeds.answers import COMMENTED, Question, questions
from seeds.chance import new_id, numbers, stream
from seeds.paths import Paths, week_of
from seeds.people import People
from seeds.photos import Picture, Pool
from seeds.places import Place
from seeds.plan import BEGUN_BEFORE, Plan, Sending
from seeds.quality import Character, Floats, latent
from seeds.scores import ToScore, score_rows

Row = dict[str, Any]


@dataclass
class Rows:
    """What one part of the visits comes to, by table, in the order in which they can be written."""

    visit: list[Row] = field(default_factory=list)
    visit_step: list[Row] = field(default_factory=list)
    revision: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    review: list[Row] = field(default_factory=list)
    draft: list[Row] = field(default_factory=list)
    visit_score: list[Row] = field(default_factory=list)


@dataclass
class Given:
    """The answers of one visit: the document of its first sending, and all that can be said of it."""

    document: dict[str, Row]
    texts: dict[str, str]
    photos: list[str]


class Maker:
    """Makes the rows of many visits; holds what they share."""

    def __init__(
        self,
        all_places: list[Place],
        found: People,
        known: list[Character],
        pool: Pool,
        now: datetime,
        habits: Paths | None = None,
        *,
        detail: bool,
    ) -> None:
        self.all_places, self.found, self.known = all_places, found, known
        self.pool, self.now, self.detail = pool, now, detail
        self.planner = found.account("quality")
        self.habits = habits
        self._questions: dict[UUID, list[Question]] = {}

    def rows(self, visits: list[Plan], chunk: int) -> Rows:
        """The rows of these visits; `chunk` names their stream of chance."""
        made = Rows()
        by_version: dict[UUID, list[Plan]] = {}
        for plan in visits:
            made.visit.append(self._visit(plan))
            self._steps(made, plan)
            if plan.sendings or plan.begun:
                by_version.setdefault(plan.published.id, []).append(plan)
        for group in by_version.values():
            self._fill(made, group, chunk)
        return made

    def _visit(self, plan: Plan) -> Row:
        place = self.all_places[plan.place]
        last = plan.sendings[-1] if plan.sendings else None
        return {
            "id": plan.id,
            "reference": None,
            "location_id": place.id,
            "version_id": plan.published.id,
            "kind": plan.kind,
            "channel": "in_person",
            "state": plan.state,
            "shopper_id": plan.shopper.id if plan.shopper else None,
            "employee_id": plan.employee,
            "from_on": plan.from_on,
            "due_on": plan.due_on,
            "scenario": {} if plan.scenario is None else words.SCENARIOS[plan.scenario],
            "source": "demo",
            "planned_by": self.planner,
            "planned_at": plan.planned_at,
            "started_at": plan.sendings[0].started_at
            if plan.sendings
            else self.now - BEGUN_BEFORE
            if plan.begun
            else None,
            "visited_at": plan.visited_at,
            "submitted_at": last.received_at if last else None,
            "return_due_at": plan.return_due_at,
            "approved_at": plan.approved_at,
            "released_at": plan.released_at,
            "revision_id": last.id if last else None,
        }

    def _steps(self, made: Rows, plan: Plan) -> None:
        chance = stream("steps", str(plan.id))
        for at, before, after, by, reason in plan.steps:
            made.visit_step.append(
                {
                    "id": new_id(chance),
                    "visit_id": plan.id,
                    "at": at,
                    "from_state": before,
                    "to_state": after,
                    "by_id": by,
                    "reason": reason,
                }
            )

    def _fill(self, made: Rows, group: list[Plan], chunk: int) -> None:
        """Answers for all visits of one version."""
        published = group[0].published
        version = published.version
        asked = self._questions.setdefault(published.id, questions(version))
        chance = numbers("answers", str(published.id), chunk)
        hidden = latent(group, self.all_places, self.found, self.known, self.now, chunk, self._moved(group))
        clocks = [self._clock(plan) for plan in group]
        columns = [question.draw(chance, hidden, clocks) for question in asked]
        waiting: list[ToScore] = []
        for plan, texts in zip(group, zip(*columns, strict=True), strict=True):
            given = self._given(version, asked, plan, texts)
            if plan.sendings:
                self._sent(made, waiting, plan, given)
            else:
                self._begun(made, plan, given)
        made.visit_score += score_rows(version, waiting, self.all_places)

    def _moved(self, group: list[Plan]) -> Callable[[str], Floats]:
        """The paths of items at these visits."""
        place = np.array([plan.place for plan in group], dtype=np.int64)
        week = np.array([week_of(plan.visited_at or self.now, self.now) for plan in group], dtype=np.int64)
        known = self.habits
        return lambda item: known.of(item, place, week) if known else np.zeros(len(group))

    def _clock(self, plan: Plan) -> str:
        at = plan.visited_at or self.now - BEGUN_BEFORE - timedelta(minutes=70)
        return at.astimezone(self.all_places[plan.place].zone).strftime("%H:%M")

    def _given(self, version: Version, asked: list[Question], plan: Plan, texts: tuple[str, ...]) -> Given:
        attributes = self.all_places[plan.place].attributes
        read = {
            question.item.code: question.read(text)
            for question, text in zip(asked, texts, strict=True)
            if text and text != "…"
        }
        seen = visibility(version, {code: one[0] for code, one in read.items()}, attributes)
        chance = stream("said", str(plan.id))
        language = plan.shopper.language if plan.shopper else "en"
        given = Given({}, {}, [])
        begun = plan.sendings[0].started_at if plan.sendings else self.now - BEGUN_BEFORE
        missed: list[str] = []
        shown = Visibility.SHOWN
        for number, (question, text) in enumerate(zip(asked, texts, strict=True)):
            code = question.item.code
            if not text or seen[code] is not shown:
                continue
            if text == "…":
                if not self.detail:
                    continue
                text = words.change_first(chance, missed, language)
                answer, comment, photo, miss = question.read(text)
            else:
                answer, comment, photo, miss = read[code]
            given.texts[code] = answer.text
            entry: Row = {"answer": answer.text}
            if miss:
                missed.append(code)
                comment = comment or (self.detail and code in COMMENTED and chance.random() < 0.35)
            if comment:
                entry["comment"] = words.comment_on(chance, code, text, language, busy=plan.busy)
            if photo:
                entry["evidence"] = [hashlib.sha256(f"{plan.id}/{code}".encode()).hexdigest()]
                given.photos.append(code)
            if self.detail:
                entry["at"] = (begun + timedelta(seconds=12 + number * 14)).isoformat(timespec="seconds")
            given.document[code] = entry
        return given

    def _sent(self, made: Rows, waiting: list[ToScore], plan: Plan, given: Given) -> None:
        """One revision, or two when it came back once: the second mends what the first was returned for."""
        assert plan.shopper is not None
        reasons = self._reasons(plan, given)
        documents = [given.document]
        if len(plan.sendings) > 1:
            documents = [self._before(given.document, reasons), given.document]
        base: UUID | None = None
        for number, (sending, document) in enumerate(zip(plan.sendings, documents, strict=True), 1):
            made.revision.append(self._revision(plan, sending, number, base, document))
            waiting.append(ToScore(plan, sending, given.texts, number == len(documents)))
            base = sending.id
        self._pictures(made, plan, given)
        self._reviews(made, plan, reasons)

    @staticmethod
    def _before(document: dict[str, Row], reasons: dict[str, str]) -> dict[str, Row]:
        """The same answers, not yet explained where the reviewer asked."""
        return {
            code: {key: value for key, value in entry.items() if code not in reasons or key != "comment"}
            for code, entry in document.items()
        }

    def _revision(
        self, plan: Plan, sending: Sending, number: int, base: UUID | None, document: dict[str, Row]
    ) -> Row:
        body = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return {
            "id": sending.id,
            "visit_id": plan.id,
            "number": number,
            "base_id": base,
            "state": "accepted",
            "answers": document,
            "sha256": hashlib.sha256(f"{sending.id}{body}".encode()).hexdigest(),
            "by_id": plan.shopper.id if plan.shopper else None,
            "started_at": sending.started_at,
            "finished_at": sending.finished_at,
            "device_now": sending.received_at - timedelta(seconds=1),
            "received_at": sending.received_at,
        }

    def _reasons(self, plan: Plan, given: Given) -> dict[str, str]:
        if plan.returned_at is None or plan.shopper is None:
            return {}
        chance = stream("reasons", str(plan.id))
        askable = [code for code in words.RETURN_REASONS if code in given.document]
        chosen = chance.sample(askable, min(len(askable), chance.choice((1, 1, 2))))
        return {
            code: words.pick(chance, words.RETURN_REASONS[code], plan.shopper.language) for code in chosen
        }

    def _reviews(self, made: Rows, plan: Plan, reasons: dict[str, str]) -> None:
        chance = stream("review", str(plan.id))

        def note(decision: str, at: datetime, sending: Sending, why: dict[str, str], text: str = "") -> None:
            made.review.append(
                {
                    "id": new_id(chance),
                    "visit_id": plan.id,
                    "revision_id": sending.id,
                    "decision": decision,
                    "reasons": why,
                    "note": text,
                    "by_id": plan.reviewer,
                    "at": at,
                }
            )

        if plan.returned_at is not None:
            note("return", plan.returned_at, plan.sendings[0], reasons)
        if plan.approved_at is not None:
            note("approve", plan.approved_at, plan.sendings[-1], {})
        if plan.state == "void":
            note("void", plan.steps[-1][0], plan.sendings[-1], {}, plan.steps[-1][4])

    def _pictures(self, made: Rows, plan: Plan, given: Given) -> None:
        place = self.all_places[plan.place]
        chance = stream("evidence", str(plan.id))
        state = "accepted" if plan.approved_at else "uploaded"
        fresh = plan.state in ("submitted", "returned", "approved")
        for code in given.photos:
            picture = self.pool.picture(chance, code, place, plan, fresh=fresh and self.detail)
            made.evidence.append(
                self._evidence(plan, code, given.document[code]["evidence"][0], picture, place, state, chance)
            )

    def _evidence(
        self,
        plan: Plan,
        code: str,
        sha256: str,
        picture: Picture,
        place: Place,
        state: str,
        chance: random.Random,
    ) -> Row:
        sending = plan.sendings[0] if plan.sendings else None
        at = plan.visited_at or self.now - BEGUN_BEFORE - timedelta(minutes=60)
        return {
            "id": new_id(chance),
            "visit_id": plan.id,
            "item": code,
            "sha256": sha256,
            "state": state,
            "reason": "",
            "file": picture.file,
            "media_type": "image/jpeg",
            "bytes": picture.bytes,
            "width": picture.width,
            "height": picture.height,
            "look": picture.look,
            "taken_at": at + timedelta(minutes=chance.randrange(1, 25)),
            "latitude": round(place.latitude + chance.gauss(0, 0.0002), 6),
            "longitude": round(place.longitude + chance.gauss(0, 0.0003), 6),
            "added_at": sending.received_at if sending else self.now - BEGUN_BEFORE + timedelta(minutes=9),
        }

    def _begun(self, made: Rows, plan: Plan, given: Given) -> None:
        """A draft, filled as far as the fitting room."""
        half = len(given.document) * 2 // 5
        kept = dict(list(given.document.items())[:half])
        made.draft.append(
            {
                "visit_id": plan.id,
                "base": len(kept),
                "answers": kept,
                "bases": {code: number for number, code in enumerate(kept, 1)},
                "conflicts": {},
                "updated_at": self.now - BEGUN_BEFORE + timedelta(minutes=9),
            }
        )
        place, chance = self.all_places[plan.place], stream("evidence", str(plan.id))
        for code in given.photos:
            if code in kept:
                picture = self.pool.picture(chance, code, place, plan, fresh=self.detail)
                sha256 = given.document[code]["evidence"][0]
                made.evidence.append(self._evidence(plan, code, sha256, picture, place, "uploaded", chance))
