"""The command line as a person meets it: one sentence when refused, exit code, nothing changed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit_app.cli import main
from tests.imports.test_visits import ANSWERS, STANDARD, VISITS

LOCATIONS = "code,name,brand,own,attributes\nold-town,Old Town,N,yes,patio=no\nrival,Rival,R,no,\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIT_SECRET_KEY", "a-secret-of-the-tests-0123456789-abcdef")
    for name, content in {
        "standard.yaml": STANDARD,
        "visits.csv": VISITS,
        "answers.csv": ANSWERS,
        "locations.csv": LOCATIONS,
        "shoppers.csv": "code,name,email\ns-1,Mara,mara@example.org\n",
    }.items():
        Path(name).write_text(content)

    def go(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return go


def test_the_whole_way_by_files(run):
    for kind, name in [
        ("standards", "standard.yaml"),
        ("locations", "locations.csv"),
        ("shoppers", "shoppers.csv"),
        ("visits", "visits.csv"),
        ("answers", "answers.csv"),
    ]:
        done = run("import", kind, name, "--data", "d")
        assert done.exit_code == 0, done.output
    assert "answers.csv: 5 new, 0 changed, 0 the same, 0 left out." in done.output
    assert "0 new, 0 changed, 5 the same" in run("import", "answers", "answers.csv", "--data", "d").output

    scores = run("export", "scores", "--data", "d").stdout.splitlines()
    assert scores[1] == "v1,old-town,2026-03-14,shop-floor,3,mystery,approved,5/6,83.3,yes,Pass,,0,1"
    assert run("export", "visits", "--data", "d", "--out", "out.xlsx").exit_code == 0
    assert Path("out.xlsx").read_bytes().startswith(b"PK")
    assert run("export", "standards", "--data", "d", "--out", "lists").exit_code == 0
    again = run("import", "standards", "lists/shop-floor/3.yaml", "--data", "d")
    assert "0 new, 0 changed, 1 the same" in again.output


def test_a_bad_row_in_any_file_stops_all_files(run):
    Path("more.csv").write_text("code,name,brand,latitude\nx,X,N,91\n")
    refused = run("import", "locations", "locations.csv", "more.csv", "--data", "d")

    assert refused.exit_code == 1
    assert refused.output.splitlines() == [
        "more.csv: line 2, latitude: “91” is no number from -90 to 90",
        "Error: Rows that cannot be taken: 1, so nothing was imported. The first is line 2.",
    ]
    assert len(run("export", "locations", "--data", "d").stdout.splitlines()) == 1


def test_bad_rows_are_written_beside_the_file(run):
    Path("more.csv").write_text("code,name,brand,latitude\nx,X,N,91\ny,Y,N,1\n")
    done = run("import", "locations", "more.csv", "--data", "d", "--skip-bad")

    assert done.exit_code == 0
    assert Path("more.csv.bad.csv").read_text("utf-8-sig").splitlines() == [
        "code,name,brand,latitude,reason",
        "x,X,N,91,latitude: “91” is no number from -90 to 90",
    ]
    assert len(run("export", "locations", "--data", "d").stdout.splitlines()) == 2


def test_a_dry_run_only_tells(run):
    done = run("import", "locations", "locations.csv", "--data", "d", "--dry-run")

    assert done.output.startswith("locations.csv: would be 2 new")
    assert len(run("export", "locations", "--data", "d").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "locations", "nowhere.csv"), "Error: nowhere.csv: No such file or directory."),
        (("import", "locations", "standard.yaml"), "is missing"),
        (("import", "standards", "locations.csv"), "line 1"),
        (("import", "planets", "locations.csv"), "is not one of"),
        (("import", "locations", "locations.csv", "--state", "planned"), "is no state for locations"),
        (("export", "locations", "--out", "no/such/folder/x.csv"), "No such file or directory."),
        (("score", "standard.yaml", "nowhere.csv"), "No such file or directory."),
        (("score", "answers.csv", "answers.csv"), "Error: "),
        (("score", "standard.yaml", "locations.csv"), "the column “visit, item, answer” is missing"),
    ],
)
def test_a_refusal_is_one_sentence_and_an_exit_code(run, words, said):
    refused = run(*words, *(() if words[0] == "score" else ("--data", "d")))

    assert refused.exit_code != 0
    assert said in refused.output
    assert "Traceback" not in refused.output


def test_score_prints_exact_fractions_and_terms(run):
    done = run("score", "standard.yaml", "answers.csv", "--locations", "locations.csv")
    document = json.loads(done.stdout)

    assert [(one["visit"], one["score"], one["percent"]) for one in document["visits"]] == [
        ("v1", "5/6", "83.3"),
        ("v2", "0", "0.0"),
    ]
    assert document["visits"][0]["terms"][1] == {
        "item": "clean",
        "ratio": "1/2",
        "weight": "1",
        "counted": True,
        "why": "scored",
    }


def test_score_of_a_bad_row_prints_nothing_but_the_sentence(run):
    Path("bad.csv").write_text("visit,item,answer\nv1,greeted,maybe\n")
    refused = run("score", "standard.yaml", "bad.csv")

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "line 2, answer" in refused.stderr


@pytest.mark.parametrize("command", ["import", "export", "score", "serve", "migrate", "token", "doctor"])
def test_every_command_explains_itself(run, command):
    told = run(command, "--help")

    assert told.exit_code == 0
    assert len(told.output.splitlines()) > 6


def test_all_that_was_published_goes_out_and_comes_in_again(run):
    Path("next.yaml").write_text(
        STANDARD.replace("version: 3", "version: 4").replace("Shop floor", "Shop", 1)
    )
    for kind, name in [
        ("locations", "locations.csv"),
        ("shoppers", "shoppers.csv"),
        ("standards", "standard.yaml"),
        ("standards", "next.yaml"),
        ("visits", "visits.csv"),
        ("answers", "answers.csv"),
    ]:
        assert run("import", kind, name, "--data", "d").exit_code == 0
    kinds = ("locations", "shoppers", "standards", "visits", "answers")
    before = {kind: run("export", kind, "--data", "d").stdout for kind in kinds}
    assert before["standards"].count("code: shop-floor") == 2

    for kind in kinds:
        Path(f"{kind}.out").write_text(before[kind])
        done = run("import", kind, f"{kind}.out", "--data", "e")
        assert done.exit_code == 0, done.output
    assert {kind: run("export", kind, "--data", "e").stdout for kind in kinds} == before


def test_several_standards_in_one_file_keep_their_lines(run):
    Path("two.yaml").write_text(f"---\n{STANDARD}---\ncode: other\nversion: 1\nversion: 2\n")
    refused = run("import", "standards", "two.yaml", "--data", "d")

    line = STANDARD.count("\n") + 5
    assert refused.exit_code == 1
    assert f"two.yaml: Line {line}, column 1: the key “version” stands here twice." in refused.output
    assert run("export", "standards", "--data", "d").stdout == ""


def test_a_score_names_every_row_that_is_wrong(run):
    Path("odd.csv").write_text("visit,item,answer\nv1,greeted,perhaps\nv1,nothing,yes\n")
    refused = run("score", "standard.yaml", "odd.csv")

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert [line.partition(": ")[0] for line in refused.output.splitlines()] == [
        "odd.csv",
        "odd.csv",
        "Error",
    ]
    assert "line 3, item: there is no item “nothing” in this version" in refused.output

    Path("half.csv").write_bytes(b"visit,item,answer,comment\nv1,greeted,yes,\xed\xa0\x80\n")
    refused = run("score", "standard.yaml", "half.csv")
    assert refused.output == (
        "Error: half.csv: Line 2: there is a sign here that text cannot hold (U+D800).\n"
    )
