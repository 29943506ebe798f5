"""The command `effectiveness` on the database: the same numbers as from plain files, and one sentence where it cannot."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner

from audit_app.cli import main
from audit_app.effectiveness.models import ItemDecision
from audit_app.kit.db import write
from audit_app.standards.models import Standard
from audit_app.visits.models import VisitState
from tests.factories.effectiveness import make_study
from tests.factories.organisation import make_location, make_person
from tests.factories.outcomes import make_days
from tests.factories.visits import make_revision, make_version, make_visit, text
from tests.factories.worlds import make_world, write_world

WORDS = {1.0: "yes", 0.0: "no"}


def standard(items):
    questions = [
        {"code": code, "text": text(code), "type": "yes_no", "na": True, "required": False} for code in items
    ]
    return {
        "code": "shop", "title": text("Shop"), "brief": text("Go."), "languages": ["en", "ru", "uk"],
        "channels": ["in_person"], "kinds": ["mystery"], "minutes": 5, "aggregation": "sections",
        "bands": [{"from": 0, "name": text("All"), "tone": "fair"}],
        "sections": [{"code": "all", "title": text("All"), "items": questions}],
    }  # fmt: skip


@pytest.fixture
def facts():
    return make_world(locations=8, weeks=12, visits=5, effects=(0.5, -0.5))


@pytest.fixture
def code(engines, facts):
    with write(engines) as session:
        version = make_version(session, standard(facts.items))
        shoppers = [make_person(session, f"S{n}", "shopper") for n in range(12)]
        places = [
            make_location(session, name, region=region)
            for name, region in zip(facts.locations, facts.regions, strict=True)
        ]
        for s, place in enumerate(places):
            for w in range(facts.weeks):
                values = {name: int(table[s, w]) for name, table in facts.measures.items()}
                cents = round(float(facts.measures["revenue"][s, w]) * 100)
                day = facts.first_day + timedelta(weeks=w)
                values.pop("revenue")
                make_days(session, place, day, days=1, revenue_cents=cents, **values)
        for v in range(len(facts.visits)):
            moment = datetime.combine(
                facts.first_day + timedelta(days=int(facts.day[v])), time(12), tzinfo=UTC
            )
            made = make_visit(
                session, places[facts.location[v]], version, shoppers[facts.shopper[v]], VisitState.RELEASED,
                visited_at=moment,
            )  # fmt: skip
            make_revision(
                session,
                made,
                {
                    item: {"answer": WORDS.get(float(ratio), "na")}
                    for item, ratio in zip(facts.items, facts.ratio[v], strict=True)
                },
            )
        quinn = make_person(session, "Quinn", "quality_manager")
        study = make_study(session, version, quinn)
        session.add(
            ItemDecision(
                standard_id=version.standard_id, item=facts.items[0], study_id=study.id, proposed="keep",
                taken="hygiene", reason="The law",
            )
        )  # fmt: skip
        return session.get_one(Standard, version.standard_id).code


def study(tmp_path, out, *options):
    return CliRunner().invoke(
        main, ["effectiveness", "--data", str(tmp_path), "--out", str(tmp_path / out), *options]
    )


def test_the_database_and_plain_files_give_the_same_numbers(tmp_path, code, facts):
    done = study(tmp_path, "base", "--standard", code)
    assert done.exit_code == 0, done.output
    folder = write_world(facts, tmp_path / "plain")
    plain = CliRunner().invoke(
        main, ["effectiveness", "--from", str(folder), "--out", str(tmp_path / "plain")]
    )
    assert plain.exit_code == 0, plain.output

    base, files = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("base", "plain"))
    assert base.keys() == files.keys()

    def numbers(found):
        return {
            (row["item"], row["outcome"]): row["estimate"]
            for row in found["rows"]
            if row["estimate"] is not None
        }

    assert len(numbers(base)) > 1
    assert numbers(base) == pytest.approx(numbers(files), rel=1e-6)
    assert base["items"][0]["decision"] == "hygiene"


def test_a_part_of_the_time(tmp_path, code, facts):
    since = facts.first_day + timedelta(weeks=2)
    done = study(tmp_path, "part.csv", "--standard", code, "--since", str(since), "--outcome", "conversion")

    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "part.json").read_text())["diagnostics"]["n_weeks"] == facts.weeks - 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--standard", "nothing"], "There is no standard with the code nothing."),
        (["--standard", "CODE", "--since", "2025-03-01", "--until", "2025-02-01"], "holds no day"),
        (["--standard", "CODE", "--until", "2025-01-20"], "at least 8"),
        (["--standard", "CODE", "--since", "1990-01-01"], "more than ten years"),
        (["--standard", "CODE", "--outcome", "joy"], "the database has no such column"),
    ],
)
def test_one_sentence_where_it_cannot(tmp_path, code, options, says):
    done = study(tmp_path, "none", *[code if one == "CODE" else one for one in options])

    assert done.exit_code == 1
    assert says in done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.glob("none*"))


def test_either_files_or_the_database(tmp_path):
    assert study(tmp_path, "none").exit_code == 2
    assert study(tmp_path, "none", "--from", str(tmp_path), "--standard", "x").exit_code == 2
