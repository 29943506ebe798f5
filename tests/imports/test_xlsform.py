"""Standards as XLSForm from the command line: the kind is told by the content, losses are listed, bad forms change nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from audit_app.cli import main
from audit_app.standards.xlsform import write_xlsform
from tests.factories.standards import make_document
from tests.factories.xlsform import make_form


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [*words, "--data", "d"])


def test_a_form_comes_in_and_goes_out(run):
    Path("shop.xlsx").write_bytes(write_xlsform(make_document()))

    first = run("import", "standards", "shop.xlsx")
    out = run("export", "standards", "--format", "xlsx", "--out", "forms")
    again = run("import", "standards", "forms/shop-floor/1.xlsx")

    assert first.exit_code == 0, first.output
    assert "1 new" in first.output
    assert out.exit_code == 0, out.output
    assert "1 the same" in again.output


def test_what_was_left_out_is_printed(run):
    form = make_form(
        {"type": "select_one yes_no", "name": "a", "label": "A"}, {"type": "geopoint", "name": "place"}
    )
    Path("plain.xlsx").write_bytes(form)

    done = run("import", "standards", "plain.xlsx", "--state", "draft")

    assert done.exit_code == 0, done.output
    assert (
        "plain.xlsx: survey, row 4, column type: a row of type “geopoint” is not carried over" in done.output
    )


def test_bad_forms_are_told_with_their_places_and_nothing_is_written(run):
    Path("bad.xlsx").write_bytes(make_form({"type": "zzz", "name": "a", "label": "A"}))
    Path("odd.xlsx").write_bytes(
        make_form({"type": "select_one yes_no", "name": "a", "label": "A", "audit::weight": "much"})
    )

    bad, odd = run("import", "standards", "bad.xlsx"), run("import", "standards", "odd.xlsx")

    assert bad.exit_code == 1
    assert "bad.xlsx: survey, row 3, column type: “zzz” is no type of XLSForm" in bad.output
    assert odd.exit_code == 1
    assert "line 3, survey, audit::weight" in odd.output
    assert "“much” is not a number" in odd.output
    assert run("export", "standards").output == ""


def test_forms_need_a_folder(run):
    Path("shop.xlsx").write_bytes(write_xlsform(make_document()))
    run("import", "standards", "shop.xlsx")

    refused = run("export", "standards", "--format", "xlsx")

    assert refused.exit_code == 1
    assert "name a folder with --out" in refused.output
