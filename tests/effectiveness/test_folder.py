"""The command `effectiveness` on plain files: what it writes, and one sentence for every folder that cannot be right."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit_app.cli import main
from audit_app.effectiveness.folder import read_folder
from tests.factories.worlds import make_world, write_world

HEADINGS = "item,outcome,estimate,se,ci_low,ci_high,p,q,mde80,shrunk,visits_needed,verdict,reason"


@pytest.fixture(scope="module")
def facts():
    return make_world(locations=12, weeks=20, visits=8, effects=(0.5, 0.0, -0.5))


@pytest.fixture(scope="module")
def good(facts, tmp_path_factory):
    return write_world(facts, tmp_path_factory.mktemp("good"))


@pytest.fixture
def folder(good, tmp_path):
    for file in good.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def study(folder, out, *options):
    return CliRunner().invoke(main, ["effectiveness", "--from", str(folder), "--out", str(out), *options])


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_both_files_are_written_whatever_ending_is_given(good, tmp_path):
    for number, name in enumerate(("a", "b.csv", "c.json")):
        done = study(
            good, tmp_path / name, *(["--thorough", "--outcome", "conversion"] if number == 2 else [])
        )
        assert done.exit_code == 0, done.output

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.csv",
        "a.json",
        "b.csv",
        "b.json",
        "c.csv",
        "c.json",
    ]
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == HEADINGS
    assert [line.split(",")[:2] for line in lines[1:4]] == [["item_1", "conversion"], ["item_1", "ticket"], ["item_1", "complaints"]]  # fmt: skip
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert {"half_life", "shopper_sd", "gamma_z", "n_locations", "n_weeks"} <= document["diagnostics"].keys()
    assert [set(item) >= {"item", "decision", "reason"} for item in document["items"]] == [True] * 3
    assert len(document["rows"]) == len(lines) - 1


def test_what_is_read_is_what_was_written(facts, good):
    read = read_folder(good)

    assert (read.locations, read.regions, read.items, read.weeks) == (
        facts.locations,
        facts.regions,
        facts.items,
        20,
    )
    assert read.visits == facts.visits
    assert (read.day == facts.day).all()
    assert read.ratio.tobytes() == facts.ratio.tobytes()
    assert (read.measures["revenue"].round(2) == facts.measures["revenue"]).all()
    assert (read.days_covered == 1).all()


def test_outcomes_are_chosen_and_their_direction(good, tmp_path):
    done = study(
        good,
        tmp_path / "x",
        "--outcome",
        "conversion:down",
        "--outcome",
        "visitors",
        "--smallest-effect",
        "0.1",
    )

    assert done.exit_code == 0, done.output
    rows = table(tmp_path / "x.csv")
    assert {row["outcome"] for row in rows} == {"conversion", "visitors"}
    plan = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["plan"]
    assert [(o["name"], o["good"], o["smallest"]) for o in plan["outcomes"]] == [("conversion", -1, 0.1), ("visitors", 1, 0.1)]  # fmt: skip


def edit(name, change):
    def spoil(folder: Path):
        path = folder / name
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")

    return spoil


def cell(name, line, column, value):
    """Put a value into one cell."""

    def change(lines):
        cells = lines[line - 1].split(",")
        cells[column] = value
        return [*lines[: line - 1], ",".join(cells), *lines[line:]]

    return edit(name, change)


def column(name, index, value):
    """Put a value into a whole column."""

    def change(lines):
        rows = [line.split(",") for line in lines]
        return [
            lines[0],
            *(",".join([*row[:index], value(row[index]), *row[index + 1 :]]) for row in rows[1:]),
        ]

    return edit(name, change)


BAD = {
    "no file": (lambda f: (f / "visits.csv").unlink(), "visits.csv cannot be read"),
    "empty file": (lambda f: (f / "answers.csv").write_text(""), "answers.csv is empty"),
    "only headings": (edit("outcomes.csv", lambda lines: lines[:1]), "no rows"),
    "column missing": (edit("answers.csv", lambda lines: [line.rsplit(",", 2)[0] for line in lines]), "“answer” is missing"),
    "column twice": (edit("outcomes.csv", lambda lines: [lines[0].replace("revenue", "visitors"), *lines[1:]]), "two columns"),
    "half a line": (edit("outcomes.csv", lambda lines: [*lines[:-1], lines[-1][:9]]), "half a file"),
    "half a word": (edit("answers.csv", lambda lines: [*lines[:-1], "V00001,item_1,pas,1"]), "“pas” is none of"),
    "not text": (lambda f: (f / "visits.csv").write_bytes(b"visit,location,date\n\xff\xfe\x00,a,b\n"), "UTF-8"),
    "unknown location": (cell("outcomes.csv", 5, 0, "L999"), "line 5: “L999” is not in locations.csv"),
    "visit elsewhere": (cell("visits.csv", 3, 1, "Nowhere"), "visits.csv, line 3"),
    "answer without visit": (cell("answers.csv", 9, 0, "V9"), "answers.csv, line 9: “V9” is not in visits.csv"),
    "day twice": (edit("outcomes.csv", lambda lines: [*lines, lines[7]]), "twice"),
    "visit twice": (edit("visits.csv", lambda lines: [*lines, lines[7]]), "twice"),
    "answer twice": (edit("answers.csv", lambda lines: [*lines, lines[7]]), "twice"),
    "location twice": (edit("locations.csv", lambda lines: [*lines, lines[1]]), "twice"),
    "negative count": (cell("outcomes.csv", 4, 3, "-7"), "outcomes.csv, line 4: “transactions” is negative"),
    "text in numbers": (cell("outcomes.csv", 6, 2, "many"), "line 6: “many” in “visitors” is not a number"),
    "not a number": (cell("outcomes.csv", 6, 2, "nan"), "is not a number"),
    "infinite": (cell("outcomes.csv", 6, 2, "inf"), "is not a number"),
    "thousands": (cell("outcomes.csv", 6, 4, '"1,234.50"'), "two ways"),
    "unclear comma": (cell("outcomes.csv", 6, 4, '"1,234"'), "two ways"),
    "odd date": (cell("visits.csv", 2, 2, "06.01.2025"), "is not a date"),
    "no such day": (cell("outcomes.csv", 2, 1, "2025-02-30"), "is not a date"),
    "another century": (cell("outcomes.csv", 2, 1, "1925-01-06"), "ten years"),
    "empty item": (cell("answers.csv", 2, 1, ""), "“item” is empty"),
    "share above one": (cell("answers.csv", 2, 2, "1.5"), "is none of"),
    "two locations": (
        lambda f: write_world(make_world(locations=2, effects=(0.5, 0.0)), f),
        "two visits or more: only 2",
    ),
    "one week": (lambda f: write_world(make_world(weeks=1, visits=2, effects=(0.5, 0.0)), f), "Weeks in the period: only 1"),
    "outcomes of noughts": (
        edit("outcomes.csv", lambda lines: [lines[0], *(",".join([*line.split(",")[:2], "0", "0", "0", "0"]) for line in lines[1:])]),
        "None of the outcomes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_sentence(folder, spoil, sentence):
    spoil(folder)

    done = study(folder, folder / "out")

    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit)
    assert done.output.startswith("Error: ")
    assert sentence in done.output
    assert done.output.strip().count("\n") == 0
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--outcome", "happiness"], "no such column"),
        (["--outcome", "nps"], "promoters"),
        (["--outcome", "conversion:sideways"], "up or down"),
        (["--outcome", "conversion", "--outcome", "conversion:down"], "twice"),
        (["--smallest-effect", "0"], "between 0 and 1"),
        (["--smallest-effect", "nan"], "between 0 and 1"),
    ],
)
def test_options_that_cannot_be_meant(good, tmp_path, options, sentence):
    done = study(good, tmp_path / "out", *options)

    assert done.exit_code == 1
    assert sentence in done.output


ODD = {
    "all answers the same": column("answers.csv", 2, lambda _answer: "pass"),
    "nothing ever answered": column("answers.csv", 2, lambda _answer: "na"),
    "one item": edit("answers.csv", lambda lines: [line for line in lines if "item_2" not in line and "item_3" not in line]),
    "no shoppers": edit("visits.csv", lambda lines: [",".join(line.split(",")[:3]) for line in lines]),
    "decimal commas": column("outcomes.csv", 4, lambda value: '"' + value.replace(".", ",") + '"'),
    "semicolons": edit("outcomes.csv", lambda lines: [line.replace(",", ";") for line in lines]),
    "byte order mark": lambda f: (f / "visits.csv").write_bytes(b"\xef\xbb\xbf" + (f / "visits.csv").read_bytes()),
    "missing values": column("outcomes.csv", 5, lambda _value: ""),
    "half the weeks": edit("outcomes.csv", lambda lines: [lines[0], *lines[1::2]]),
    "twin items": lambda f: (f / "answers.csv").write_text(
        "visit,item,answer\n"
        + "".join(
            f"{visit},{item},{answer}\n"
            for visit, item, answer, _weight in (line.split(",") for line in (f / "answers.csv").read_text().split()[1:])
            for item in ((item, "twin") if item == "item_1" else (item,))
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_input_is_studied_honestly(folder, odd):
    odd(folder)

    done = study(folder, folder / "out")

    if done.exit_code:
        assert done.output.startswith("Error: ")
        return
    json.loads((folder / "out.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    rows = table(folder / "out.csv")
    assert {row["verdict"] for row in rows} <= {
        "pays",
        "harmful",
        "no evidence",
        "not enough data",
        "no variation",
    }
    assert all("nan" not in value.lower().split(",") for row in rows for value in row.values())
