"""The demo chain is believable, whole and always the same."""

import hashlib
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import SQLModel

from audit_app.effectiveness.loading import Wanted, facts_of
from audit_app.effectiveness.rules.identity import identities_of
from audit_app.kit import audit
from audit_app.kit.db import Engines, make_engines, read
from audit_app.organisation.models import Role
from audit_app.organisation.rules import check_password
from audit_app.scoring.actions import columns_of, score_answers
from audit_app.standards.rules.answers import ratio_of, read_given
from audit_app.standards.rules.reading import read_version
from audit_app.standards.rules.visibility import missing, visibility
from audit_app.visits.models import VisitState
from audit_app.visits.rules.states import MOVES
from seeds import chain, outcomes
from seeds.paths import WEEKS, done, paths
from seeds.people import ACCOUNTS, DOMAIN, PASSWORD
from seeds.places import places
from seeds.quality import characters
from seeds.size import NORMAL, SMALL

NOW = datetime(2026, 11, 22, 15, 40, tzinfo=UTC)
TABLES = (
    "brand", "region", "location", "person", "role_grant", "employee", "shopper", "standard", "standard_version", "visit",
    "visit_step", "draft", "revision", "evidence", "review", "visit_score", "result_month", "outcome_day", "outcome_week",
    "outcome_doubt",
)  # fmt: skip

Rows = list[dict[str, Any]]


def all_rows(engines: Engines, name: str) -> Rows:
    table = SQLModel.metadata.tables[name]
    with engines.reading.connect() as connection:
        found = connection.execute(sa.select(table).order_by(*table.primary_key.columns))
        return [dict(row._mapping) for row in found]


class Chain:
    """A seeded database, read once."""

    def __init__(self, engines: Engines, photos: Path) -> None:
        self.engines, self.photos = engines, photos
        self.rows = {name: all_rows(engines, name) for name in TABLES}

    def by_id(self, name: str) -> dict[Any, dict[str, Any]]:
        return {row["id"]: row for row in self.rows[name]}


def seeded(folder: Path, migrated_file: Path) -> Chain:
    folder.mkdir(exist_ok=True)
    shutil.copy(migrated_file, folder / "audit.db")
    engines = make_engines(f"sqlite:///{folder / 'audit.db'}")
    chain.seed(engines, folder / "photos", SMALL, NOW, "hash", lambda text: None)
    return Chain(engines, folder / "photos")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Chain]:
    made = seeded(tmp_path_factory.mktemp("chain"), migrated_file)
    yield made
    made.engines.dispose()


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.jpg")}


def test_the_small_chain_has_what_it_promises(small: Chain) -> None:
    assert len(small.rows["location"]) == 5
    assert len(small.rows["region"]) == 3
    assert sum(brand["own"] for brand in small.rows["brand"]) == 1
    assert 60 <= len(small.rows["visit"]) <= 85
    assert {grant["role"] for grant in small.rows["role_grant"]} == {str(role) for role in Role}


def test_every_state_of_a_desk_is_there(small: Chain) -> None:
    states = Counter(visit["state"] for visit in small.rows["visit"])
    wanted = {"planned", "offered", "accepted", "started", "submitted", "returned", "approved", "released"}
    assert wanted <= set(states)
    assert states["released"] > len(small.rows["visit"]) / 2


def test_the_demo_shopper_has_work(small: Chain) -> None:
    shopper = next(row["id"] for row in small.rows["person"] if row["email"] == f"shopper@{DOMAIN}")
    mine = Counter(visit["state"] for visit in small.rows["visit"] if visit["shopper_id"] == shopper)
    assert (mine["accepted"], mine["offered"], mine["started"], mine["returned"]) == (4, 2, 1, 1)
    begun = next(
        v["id"] for v in small.rows["visit"] if v["shopper_id"] == shopper and v["state"] == "started"
    )
    draft = next(row for row in small.rows["draft"] if row["visit_id"] == begun)
    assert 5 < len(draft["answers"]) < 30
    assert draft["base"] == max(draft["bases"].values())


def test_accounts_can_sign_in_by_our_own_rule() -> None:
    for account in ACCOUNTS:
        check_password(PASSWORD, context=(account.name, account.email, "Alder Lane"))
    assert {account.role for account in ACCOUNTS} == {str(role) for role in Role}
    assert {account.locale for account in ACCOUNTS} == {"en", "ru", "uk"}
    assert len({account.email for account in ACCOUNTS}) == len(ACCOUNTS)


def test_the_same_day_gives_the_same_chain(
    small: Chain, tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = seeded(tmp_path / "again", migrated_file)
    for name in TABLES:
        assert again.rows[name] == small.rows[name], name
    assert digests(again.photos) == digests(small.photos)
    again.engines.dispose()


def test_every_score_is_what_scoring_its_revision_gives(small: Chain) -> None:
    versions = {row["id"]: read_version(row["document"]) for row in small.rows["standard_version"]}
    revisions = small.by_id("revision")
    assert len(small.rows["visit_score"]) == len(revisions)
    for row in small.rows["visit_score"]:
        version = versions[row["version_id"]]
        score = score_answers(version, revisions[row["revision_id"]]["answers"], row["attributes"])
        wanted = columns_of(version, score)
        assert {key: row[key] for key in wanted} == wanted


def test_one_score_of_a_visit_counts_and_it_is_of_its_last_revision(small: Chain) -> None:
    current = {row["visit_id"]: row["revision_id"] for row in small.rows["visit_score"] if row["current"]}
    assert sum(row["current"] for row in small.rows["visit_score"]) == len(current)
    counting = {visit["id"]: visit["revision_id"] for visit in small.rows["visit"] if visit["revision_id"]}
    assert current == counting


def test_no_sent_visit_lacks_anything_or_answers_what_it_was_not_asked(small: Chain) -> None:
    versions = {row["id"]: read_version(row["document"]) for row in small.rows["standard_version"]}
    visits, places = small.by_id("visit"), small.by_id("location")
    kept = {(row["visit_id"], row["item"], row["sha256"]) for row in small.rows["evidence"]}
    last = {visit["revision_id"] for visit in small.rows["visit"]}
    assert last - {None}
    for revision in small.rows["revision"]:
        visit = visits[revision["visit_id"]]
        version, attributes = versions[visit["version_id"]], places[visit["location_id"]]["attributes"]
        givens, problems = read_given(version, revision["answers"])
        assert not problems
        seen = visibility(version, {k: g.answer for k, g in givens.items() if g.answer}, attributes)
        assert all(seen[code] == "shown" for code in givens)
        if revision["id"] in last:
            assert missing(version, givens, attributes) == ()
        for code, given in givens.items():
            assert all((visit["id"], code, sha256) in kept for sha256 in given.evidence)


def test_the_facts_of_a_study_are_what_reading_visit_by_visit_gives(small: Chain) -> None:
    """The columnar loader against the plain way: one visit, one item, one question after the other."""
    standard = next(row["id"] for row in small.rows["standard"] if row["code"] == "clothing-shop")
    facts = facts_of(small.engines, Wanted(standard, date(2025, 11, 17), date(2026, 11, 22)))
    versions = {
        row["id"]: read_version(row["document"])
        for row in small.rows["standard_version"]
        if row["standard_id"] == standard and row["state"] != "draft"
    }
    known = identities_of(list(versions.values()))
    places, revisions = small.by_id("location"), small.by_id("revision")
    own = {row["id"] for row in small.rows["brand"] if row["own"]}
    found = {name: number for number, name in enumerate(facts.visits)}
    counted, not_applicable, hidden = set(), 0, 0
    for visit in small.rows["visit"]:
        place = places[visit["location_id"]]
        if visit["state"] not in ("approved", "released") or place["brand_id"] not in own:
            continue
        day = (visit["visited_at"].astimezone(ZoneInfo(place["timezone"])).date() - facts.first_day).days
        if visit["version_id"] not in versions or not 0 <= day < facts.weeks * 7:
            continue
        row = found[visit["id"].hex]
        counted.add(row)
        assert facts.locations[facts.location[row]] == place["code"]
        assert facts.day[row] == day
        version = versions[visit["version_id"]]
        assert facts.version[row] == version.version
        givens, _problems = read_given(version, revisions[visit["revision_id"]]["answers"])
        answers = {code: given.answer for code, given in givens.items() if given.answer}
        seen = visibility(version, answers, place["attributes"])
        wanted = np.full(len(facts.items), np.nan, dtype=np.float32)
        on_list = np.zeros(len(facts.items), dtype=bool)
        for code, column in known.columns[version.version].items():
            on_list[column] = True
            hidden += seen[code] != "shown"
            if code in answers and seen[code] == "shown":
                ratio = ratio_of(version.item_by_code[code], answers[code])
                not_applicable += answers[code].is_na
                wanted[column] = np.nan if ratio is None else float(ratio)
        np.testing.assert_array_equal(facts.ratio[row], wanted)
        np.testing.assert_array_equal(facts.on_list[row], on_list)
    assert counted == set(found.values())
    assert len(counted) > 30
    assert len(set(facts.version.tolist())) > 1
    assert not_applicable
    assert hidden
    assert ((facts.ratio > 0) & (facts.ratio < 1)).any()


def test_every_visit_went_a_way_the_states_allow(small: Chain) -> None:
    steps: dict[Any, Rows] = {}
    for step in small.rows["visit_step"]:
        steps.setdefault(step["visit_id"], []).append(step)
    for visit in small.rows["visit"]:
        mine = sorted(steps[visit["id"]], key=lambda step: step["at"])
        assert mine[0]["from_state"] == ""
        assert mine[-1]["to_state"] == visit["state"]
        for before, after in itertools.pairwise(mine):
            assert after["from_state"] == before["to_state"]
            assert VisitState(after["to_state"]) in MOVES[VisitState(before["to_state"])]
        assert mine[-1]["at"] <= NOW
        if visit["visited_at"]:
            assert visit["from_on"] <= visit["visited_at"].date() <= visit["due_on"]


def test_nothing_a_location_reads_names_a_shopper(small: Chain) -> None:
    shoppers = {row["person_id"] for row in small.rows["shopper"]}
    names = [row["name"] for row in small.rows["person"] if row["id"] in shoppers]
    words = {part for name in names for part in name.split() if len(part) > 3}
    assert len(names) >= 10
    visible = [
        json.dumps([row["answers"] for row in small.rows["revision"]], ensure_ascii=False),
        json.dumps([row["scenario"] for row in small.rows["visit"]], ensure_ascii=False),
        json.dumps([row["document"] for row in small.rows["standard_version"]], ensure_ascii=False),
        json.dumps(
            [row["name"] for row in small.rows["employee"] + small.rows["location"]], ensure_ascii=False
        ),
    ]
    assert not [name for name in names for text in visible if name in text]
    assert not [word for word in words if word in visible[0]]


def test_of_competitors_nobody_is_kept(small: Chain) -> None:
    brands = small.by_id("brand")
    foreign = {row["id"] for row in small.rows["location"] if not brands[row["brand_id"]]["own"]}
    there = [visit for visit in small.rows["visit"] if visit["location_id"] in foreign]
    assert there
    assert {visit["kind"] for visit in there} == {"competitor"}
    assert {visit["employee_id"] for visit in there} == {None}
    assert not [row for row in small.rows["employee"] if row["location_id"] in foreign]


def test_photos_are_there_and_say_nothing_of_themselves(small: Chain) -> None:
    files = {row["file"] for row in small.rows["evidence"]}
    there = {str(path.relative_to(small.photos)) for path in small.photos.rglob("*.jpg")}
    assert there == files | {file.removesuffix(".jpg") + "-t.jpg" for file in files}
    for path in small.photos.rglob("*.jpg"):
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
            assert not picture.getexif()
    assert all(row["latitude"] and row["taken_at"] for row in small.rows["evidence"])


def test_keys_fit_and_the_audit_chain_is_sound(small: Chain) -> None:
    with small.engines.reading.connect() as connection:
        assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
    with read(small.engines) as session:
        verdict = audit.verify(session)
        actions = [
            row.action
            for row in session.connection().execute(sa.select(audit.AuditEntry.__table__))  # type: ignore[attr-defined]
        ]
    assert verdict.broken_at is None
    assert Counter(actions)["standard.published"] == 5
    assert actions[-1] == chain.DONE
    assert chain.look(small.engines) == chain.Found(empty=False, demo=True, whole=True)


def test_versions_follow_one_another(small: Chain) -> None:
    main = [row for row in small.rows["standard_version"] if row["document"]["code"] == "clothing-shop"]
    assert sorted((row["number"], row["state"]) for row in main) == [
        (1, "retired"),
        (2, "published"),
        (3, "draft"),
    ]
    used = {visit["version_id"] for visit in small.rows["visit"]}
    assert used == {row["id"] for row in main if row["state"] != "draft"}
    for row in main:
        read_version(row["document"])


@pytest.mark.postgres
def test_postgresql_takes_the_same_chain(small: Chain, postgres_url: str, tmp_path: Path) -> None:
    engines = make_engines(postgres_url)
    chain.seed(engines, tmp_path / "photos", SMALL, NOW, "hash", lambda text: None)
    for name in ("visit", "revision", "visit_score", "result_month", "outcome_day", "outcome_doubt"):
        assert len(all_rows(engines, name)) == len(small.rows[name])
    engines.dispose()


def test_our_own_shops_have_a_year_of_numbers_and_competitors_none(small: Chain) -> None:
    brands, places = small.by_id("brand"), small.by_id("location")
    days = Counter(row["location_id"] for row in small.rows["outcome_day"])
    assert set(days) == {key for key, place in places.items() if brands[place["brand_id"]]["own"]}
    assert sorted(days.values()) == [360, 365, 365, 365]  # five days of one shop were never sent
    for row in small.rows["outcome_day"]:
        assert row["day"] < NOW.date()
        assert 0 <= row["transactions"] <= row["visitors"]
        assert row["revenue_cents"] > 0
        assert row["more"]["staff_hours"] > 0
    assert sum(week["days"] for week in small.rows["outcome_week"]) == sum(days.values())


def test_what_is_done_for_customers_moves_the_sales_and_luck_does_not() -> None:
    """The truth of `seeds.outcomes` is in the numbers: sales follow the true paths, with the planted effect."""
    all_places = places(NORMAL)
    known, character = paths(all_places), characters(all_places)
    ids, days = next(outcomes.parts(all_places, known, character, NOW.date()))
    assert len(ids) == 40
    week = (WEEKS - 1) - (outcomes.number_of(NOW.date()) - 1 - days.day) // 7
    keys = days.location * WEEKS + week

    def total(name: str) -> np.ndarray:
        values = np.bincount(keys, np.nan_to_num(days.values[name]), minlength=40 * WEEKS)
        return values.reshape(40, WEEKS)[:, 2:]

    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log(total("revenue") / total("transactions"))
    whole = np.isfinite(rate).all(axis=1)
    assert whole.sum() > 30

    def within(table: np.ndarray) -> np.ndarray:
        kept = table[whole]
        return kept - kept.mean(1, keepdims=True) - kept.mean(0, keepdims=True) + kept.mean()

    columns = [
        within(done(item, known, all_places, character)[:40, 2:]).ravel() for item in outcomes.TRUTH["ticket"]
    ]
    found, *_rest = np.linalg.lstsq(np.column_stack(columns), within(rate).ravel(), rcond=None)
    np.testing.assert_allclose(found, list(outcomes.TRUTH["ticket"].values()), atol=0.03)
