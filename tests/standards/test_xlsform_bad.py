"""Bad forms: every one gets plain sentences with sheet, row and column; nothing else happens."""

import io
import time
import tracemalloc
import zipfile

import pytest

from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import use_language
from audit_app.standards.formats import FileNotUnderstood, read_file
from audit_app.standards.rules.reading import read_version
from audit_app.standards.xlsform import XlsformNotUnderstood, read_xlsform
from tests.factories.xlsform import YES_NO, make_form, make_workbook
from tests.support.odd_files import TABLES, workbook

A = {"type": "select_one yes_no", "name": "a", "label": "A"}
BEGIN = {"type": "begin_group", "name": "g", "label": "G"}
END = {"type": "end_group"}


@pytest.fixture(autouse=True)
def english():
    use_language("en")


def refused(content):
    with pytest.raises(XlsformNotUnderstood) as odd:
        read_xlsform(content)
    return str(odd.value).split("\n")


@pytest.mark.parametrize("name", TABLES)
def test_odd_files_are_refused_in_a_sentence_and_in_time(name):
    began = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(AuditError) as odd:
            read_file(TABLES[name][0], name, "xlsform")
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert isinstance(odd.value, FileNotUnderstood)
    assert all(one.text and one.text.endswith((".", ")")) for one in odd.value.wrong)
    assert peak < 300 * 2**20
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("survey", "said"),
    [
        ([BEGIN, A], ["survey, row 2, column type: what begins here never ends: there is no end_group"]),
        ([BEGIN, A, END, END], ["survey, row 5, column type: this ends a group that never began"]),
        (
            [BEGIN, A, {"type": "end_repeat"}],
            ["survey, row 4, column type: this ends a repeat, but a group began in row 2"],
        ),
        ([BEGIN, A, A, END], ["survey, row 4, column name: the name “a” is used twice"]),
        (
            [BEGIN, {**A, "type": "selekt_one yes_no"}, END],
            ["survey, row 3, column type: “selekt_one yes_no” is no type of XLSForm"],
        ),
        (
            [BEGIN, {**A, "type": "select_one nothing"}, END],
            ["survey, row 3, column type: there is no list “nothing” on the sheet choices"],
        ),
        (
            [BEGIN, {"type": "text", "label": "A"}, A, END],
            ["survey, row 3, column name: the name of the question is missing"],
        ),
        ([BEGIN, {"name": "b", "label": "B"}, A, END], ["survey, row 3, column type: the type is missing"]),
        (
            [BEGIN, {**A, "relevant": "${b} = 'x'"}, {"type": "text", "name": "b", "label": "B"}, END],
            [
                "survey, row 3, column relevant: “b” does not stand earlier; a condition can only look at items above"
            ],
        ),
        (
            [BEGIN, {**A, "relevant": "${zz} = 'x'"}, END],
            ["survey, row 3, column relevant: there is no item “zz”"],
        ),
        ([BEGIN, END], ["survey: there is no question here that can be carried over"]),
        (
            [BEGIN, {**A, "audit::evidence": "no comment"}, END],
            [
                "survey, row 3, column audit::evidence: “no comment” is not understood; write answer: comment, photo"
            ],
        ),
        (
            [BEGIN, {**A, "audit::applies_if": "[[[["}, {**A, "name": "b", "audit::applies_if": "yes"}, END],
            None,
        ),
        ([BEGIN] * 30 + [A] + [END] * 30, None),
        ([{"type": "text", "name": f"q{n}", "label": "x"} for n in range(400)], None),
        ([{"type": "text", "name": f"q{n}", "label": "x"} for n in range(6000)], None),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(survey, said):
    found = refused(make_workbook(survey=survey, choices=YES_NO))

    assert said is None or found == said


def test_several_faults_are_told_at_once():
    rows = [BEGIN, {**A, "type": "zzz"}, {**A, "relevant": "${zz} = 'x'"}, {**A, "name": ""}]

    assert len(refused(make_workbook(survey=rows, choices=YES_NO))) == 4


@pytest.mark.parametrize(
    ("cells", "place", "text"),
    [
        ({"audit::weight": str(2**65)}, "survey, row 3, column audit::weight", "is not a number"),
        ({"audit::weight": "heavy"}, "survey, row 3, column audit::weight", "“heavy” is not a number"),
        ({"audit::na": "perhaps"}, "survey, row 3, column audit::na", "only true or false"),
        ({"audit::critical": "cap_total", "audit::critical_at": "120"}, "survey, row 3, column audit::critical", "120"),
        ({"audit::critical": "explode"}, "survey, row 3, column audit::critical", "“explode” is not known here"),
        ({"audit::evidence": "maybe: photo"}, "survey, row 3, column audit::evidence", "“maybe” is no answer here"),
        ({"audit::incident": "a b", "audit::incident_when": "no"}, "survey, row 3, column audit::incident", "a b"),
        ({"audit::show_if": "{item: a, is: [x]}"}, "survey, row 3, column audit::show_if", "does not stand earlier"),
        ({"audit::picture": "../../etc/passwd"}, "survey, row 3, column audit::picture", "without folders"),
    ],
)  # fmt: skip
def test_what_the_standard_refuses_names_the_cell(cells, place, text):
    content = make_workbook(survey=[BEGIN, {**A, **cells}, END], choices=YES_NO)
    with pytest.raises(FileNotUnderstood) as odd:
        read_file(content, "form.xlsx")

    assert any(one.place.startswith(place) and text in one.text for one in odd.value.wrong), odd.value.wrong


def test_points_that_cannot_be_name_the_choice():
    choices = [
        {"list_name": "l", "name": "x", "label": "X", "points": 0},
        {"list_name": "l", "name": "y", "label": "Y", "points": "9" * 5000},
    ]
    content = make_workbook(survey=[BEGIN, {**A, "type": "select_one l"}, END], choices=choices)
    with pytest.raises(FileNotUnderstood) as odd:
        read_file(content, "form.xlsx")

    assert any(one.place.startswith("choices, row 3") for one in odd.value.wrong)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (
            [*YES_NO, {"list_name": "yes_no", "name": "yes", "label": "Yes again"}],
            ["choices, row 4, column name: “yes” stands in the list “yes_no” twice"],
        ),
        (
            [*YES_NO, {"list_name": "yes_no", "label": "nameless"}],
            ["choices, row 4, column name: the name of the answer is missing"],
        ),
        (
            [*YES_NO, {"name": "lost", "label": "lost"}],
            ["choices, row 4, column list_name: the name of the list is missing"],
        ),
    ],
)
def test_choices_without_sense_are_refused(choices, said):
    assert refused(make_form(A, choices=choices)) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a workbook", "This is no workbook. An XLSForm is a file in the format .xlsx."),
        (
            make_workbook(sheet1=[{"type": "text"}]),
            "The workbook has no sheet “survey”; it has sheet1. An XLSForm keeps its questions there.",
        ),
        (make_workbook(survey=[]), "survey: there is no question here that can be carried over"),
        (
            make_workbook(survey=[{"type": "text", "label": "A", "Label": "B", "name": "a"}]),
            "survey, row 1, column Label: two columns of this sheet mean the same",
        ),
    ],
)
def test_a_workbook_that_is_no_form_is_refused(content, said):
    assert refused(content) == [said]


def _survey_of(inner: str) -> bytes:
    """The odd workbook with its sheet called survey."""
    old, buffer = zipfile.ZipFile(io.BytesIO(workbook(inner))), io.BytesIO()
    with old, zipfile.ZipFile(buffer, "w") as archive:
        for name in old.namelist():
            archive.writestr(name, old.read(name).replace(b'name="S"', b'name="survey"'))
    return buffer.getvalue()


def test_a_sign_that_text_cannot_hold_names_its_cell():
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>te_x0000_xt</t></is></c></row>'

    assert refused(_survey_of(cells)) == [
        "survey, row 2, column type: there is a sign here that text cannot hold (U+0000)"
    ]


def test_a_cell_far_away_costs_nothing():
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    assert refused(_survey_of(cells)) == ["Line 1048576: more than 200 columns."]


def test_numbers_as_names_and_codes_stay_what_they_are():
    choices = [
        {"list_name": "l", "name": 1, "label": "One", "points": 1},
        {"list_name": "l", "name": 2, "label": 2},
    ]
    reading = read_xlsform(make_form({**A, "type": "select_one l", "name": 7}, choices=choices))

    (item,) = read_version(reading.document).items
    assert (item.code, [option.code for option in item.options]) == ("q7", ["1", "2"])
