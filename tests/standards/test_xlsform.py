"""XLSForm: what goes out comes back the same, what ODK's own converter takes, and plain forms with their losses listed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from audit_app.kit.i18n import use_language
from audit_app.kit.yaml import read_yaml
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.rules.reading import read_version
from audit_app.standards.xlsform import in_words, read_xlsform, write_xlsform
from tests.factories.standards import make_document
from tests.factories.xlsform import make_form, make_workbook

STANDARDS = sorted(Path("checklists").glob("*/*.yaml"))


def item_of(reading, code):
    return next(
        item for section in reading.document["sections"] for item in section["items"] if item["code"] == code
    )


def said(reading):
    return "\n".join(in_words(reading.notes))


@pytest.fixture(autouse=True)
def english():
    use_language("en")


@pytest.mark.parametrize("path", STANDARDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_standard_comes_back_as_it_went_out(path):
    document = canonical(read_yaml(path.read_bytes()))

    reading = read_xlsform(write_xlsform(document))

    assert canonical(reading.document) == document
    assert reading.notes == []


@pytest.mark.parametrize("path", STANDARDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_odk_takes_every_standard_without_a_word(path, tmp_path):
    file = tmp_path / "form.xlsx"
    file.write_bytes(write_xlsform(read_yaml(path.read_bytes())))

    made = convert(file, validate=False)

    assert made.warnings == []
    assert "<h:html" in made.xform


ODD = {
    "code": "odd-one",
    "version": 7,
    "title": {"en": "  Odd  ", "de": "Sonderbar", "uk": "Дивний"},
    "brief": {"en": "=1+1\n\nsecond\tline _x000D_ 'quoted'", "de": "x", "uk": "y"},
    "languages": ["de", "en"],
    "channels": ["phone", "chat"],
    "kinds": ["audit"],
    "minutes": 9,
    "aggregation": "pooled",
    "bonus_cap": None,
    "bands": [
        {"from": 0, "name": {"en": "Low", "de": "Tief"}, "tone": "bad"},
        {"from": "33.333", "name": {"en": "High", "de": "Hoch"}, "tone": "fair"},
    ],
    "pass_mark": "66.7",
    "sections": [
        {
            "code": "greeted",
            "title": {"en": "Same name as an item", "de": "Gleich"},
            "guidance": {"en": "A", "de": "B"},
            "weight": "0.125",
            "pass_mark": 50,
            "segments": ["loyal", "new"],
            "applies_if": {
                "any": [{"attribute": "Seats: a; b", "at_least": "2.5"}, {"not": {"attribute": "x", "is": ["no"]}}]
            },
            "items": [
                {
                    "code": "greeted",
                    "text": {"en": "Yes?", "de": "Ja?"},
                    "type": "yes_no",
                    "na": True,
                    "options": [
                        {"code": "no", "points": 0},
                        {"code": "yes", "points": "2.5", "text": {"en": "Yes", "de": "Ja"}, "guidance": {"en": "w", "de": "v"}},
                    ],
                    "critical": {"below": "0.5", "effect": "cap_total", "at": "49.5"},
                    "evidence": {"no": ["comment", "photo"], "na": ["comment"], "any": ["photo"]},
                    "incident": {"when": ["no", "miss"], "type": "service.greeting", "priority": 1},
                    "picture": "good greeting.jpg",
                    "nature": "feeling",
                    "segments": ["loyal"],
                },
                {
                    "code": "wait",
                    "text": {"en": "Wait", "de": "Warten"},
                    "guidance": {"en": "by the clock\n\n(seconds)", "de": "(seconds)"},
                    "type": "duration",
                    "na": True,
                    "min": 0,
                    "max": "3600",
                    "ranges": [{"points": 5}, {"from": "90.5", "points": "2.5"}, {"from": "0:02:00", "points": -1}],
                    "applies_if": {"attribute": "patio", "is": ["yes"]},
                },
                {
                    "code": "price",
                    "text": {"en": "Price", "de": "Preis"},
                    "type": "number",
                    "unit": {"en": "EUR", "de": "Euro"},
                    "guidance": {"en": "as printed (EUR)", "de": "wie gedruckt", "fr": "x"},
                    "required": False,
                    "min": "-1.5",
                    "max": 1000000000000,
                },
                {
                    "code": "came",
                    "text": {"en": "When", "de": "Wann"},
                    "type": "time",
                    "ranges": [{"points": 1}, {"from": "09:20", "points": 0}],
                },
                {
                    "code": "extras",
                    "text": {"en": "Extras", "de": "Extras"},
                    "type": "multiple",
                    "na": True,
                    "bonus": True,
                    "options": [{"code": "n_a", "points": 1}, {"code": "01", "points": 2, "text": {"en": "One", "de": "Eins"}}],
                },
                {
                    "code": "mood",
                    "text": {"en": "Mood", "de": "Laune"},
                    "type": "scale",
                    "scale": {"min": -2, "max": 7, "low": {"en": "bad", "de": "schlecht"}, "high": {"en": "top", "de": "top"}},
                    "show_if": {"item": "came", "at_least": "09:20"},
                },
                {
                    "code": "why",
                    "text": {"en": "Why", "de": "Warum"},
                    "type": "text",
                    "show_if": {
                        "all": [
                            {"any": [{"item": "wait", "at_most": 60}, {"item": "extras", "is": ["01", "n_a"]}]},
{"not": {"item": "greeted", "is": ["yes"]}},
                        ]
                    },
                },
                {
                    "code": "signed",
                    "text": {"en": "Sign", "de": "Zeichnen"},
                    "type": "signature",
                    "show_if": {"any": [{"item": "greeted", "is": ["na"]}, {"item": "greeted", "is": ["no", "yes"]}]},
                },
                {
                    "code": "shot",
                    "text": {"en": "Photo", "de": "Bild"},
                    "type": "photo",
                    "show_if": {"not": {"not": {"item": "signed", "is": ["given"]}}},
                },
                {
                    "code": "done",
                    "text": {"en": "Done", "de": "Fertig"},
                    "type": "pass_partial_fail",
                    "weight": 0,
                    "show_if": {"item": "came", "is": ["09:00", "10:30"]},
                },
            ],
        }
    ],
}  # fmt: skip


def test_what_xlsform_has_no_word_for_comes_back_too(tmp_path):
    document = canonical(ODD)
    content = write_xlsform(document)

    reading = read_xlsform(content)

    assert canonical(reading.document) == document
    assert reading.notes == []
    (tmp_path / "odd.xlsx").write_bytes(content)
    assert "<h:html" in convert(tmp_path / "odd.xlsx", validate=False).xform


_CODES = ["entered", "wait", "number", "several"]
_COMPARISONS = st.one_of(
    st.builds(
        lambda codes: {"item": "entered", "is": sorted(codes)},
        st.sets(st.sampled_from(["yes", "no", "na"]), min_size=1),
    ),
    st.builds(
        lambda codes: {"item": "several", "is": sorted(codes)},
        st.sets(st.sampled_from(["a", "b"]), min_size=1),
    ),
    st.builds(
        lambda code, key, bound: {"item": code, key: bound},
        st.sampled_from(["wait", "number"]),
        st.sampled_from(["at_least", "at_most"]),
        st.integers(0, 999),
    ),
)
_CONDITIONS = st.recursive(
    _COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="$", max_codepoint=0xFFFF),
    min_size=1,
    max_size=40,
).filter(str.strip)


def _asked(code, kind, **more):
    return {"code": code, "text": {"en": code}, "type": kind, **more}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(condition=_CONDITIONS, words=_TEXT, weight=st.decimals(0, 10_000, places=3))
def test_any_condition_text_and_weight_comes_back(condition, words, weight):
    document = canonical(
        {
            "code": "any",
            "version": 1,
            "title": {"en": words},
            "sections": [
                {
                    "code": "s",
                    "title": {"en": words},
                    "items": [
                        _asked("entered", "yes_no", na=True, weight=str(weight)),
                        _asked("wait", "duration"),
                        _asked("number", "number", unit={"en": words}),
                        _asked("several", "multiple", options=[{"code": "a", "points": 1}, {"code": "b"}]),
                        _asked("last", "text", guidance={"en": words}, show_if=_shallow(condition)),
                    ],
                }
            ],
        }
    )

    assert canonical(read_xlsform(write_xlsform(document)).document) == document


def _shallow(condition):
    """As deep as a standard allows."""
    try:
        read_version(
            {
                "code": "x",
                "version": 1,
                "title": "x",
                "sections": [
                    {
                        "code": "s",
                        "title": "x",
                        "items": [
                            _asked("entered", "yes_no", na=True),
                            _asked("wait", "duration"),
                            _asked("number", "number"),
                            _asked(
                                "several", "multiple", options=[{"code": "a", "points": 1}, {"code": "b"}]
                            ),
                            _asked("last", "text", show_if=condition),
                        ],
                    }
                ],
            }
        )
    except Exception:
        return {"item": "entered", "is": ["yes"]}
    return condition


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(condition=_CONDITIONS)
def test_odk_takes_any_condition(condition):
    document = make_document(languages=["en"])
    document["sections"][0]["items"] = [
        _asked("entered", "yes_no", na=True),
        _asked("wait", "duration"),
        _asked("number", "number"),
        _asked("several", "multiple", options=[{"code": "a", "points": 1}, {"code": "b"}]),
        _asked("last", "text", show_if=_shallow(condition)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form.xlsx"
        file.write_bytes(write_xlsform(document))
        assert "relevant=" in convert(file, validate=False).xform


def test_a_plain_form_of_kobo_imports_with_what_was_assumed():
    form = make_form(
        {"type": "start", "name": "start"},
        {"type": "begin group", "name": "Entrance", "label": "Entrance"},
        {"type": "note", "name": "n1", "label": "Look before you enter."},
        {"type": "select_one yes_no", "name": "Clean", "label": "Was it clean?", "required": "true", "hint": "Floor and door"},
        {"type": "note", "name": "n2", "label": "Count slowly."},
        {"type": "integer", "name": "people", "label": "How many people?", "constraint": ". > 0 and . <= 50"},
        {"type": "select_one ways", "name": "way", "label": "Which way?", "relevant": "${Clean} = 'yes' and ${people} >= 3"},
        {"type": "geopoint", "name": "place", "label": "Where?"},
        {"type": "calculate", "name": "sum", "calculation": "${people} * 2"},
        {"type": "text", "name": "why", "label": "Why?", "relevant": "${sum} > 4", "appearance": "multiline"},
        {"type": "end group"},
        {"type": "range", "name": "mood", "label": "Mood", "parameters": "start=0;end=5"},
        {"type": "image", "name": "sign", "label": "Sign here", "appearance": "signature"},
        choices=[
            {"list_name": "yes_no", "name": "yes", "label": "Yes"},
            {"list_name": "yes_no", "name": "no", "label": "No"},
            {"list_name": "yes_no", "name": "n/a", "label": "Not applicable"},
            {"list_name": "ways", "name": "Left", "label": "Left"},
            {"list_name": "ways", "name": "2", "label": "Right"},
        ],
        settings={"form_title": "Café №1", "form_id": "Cafe 1", "version": "2024010101", "style": "pages"},
    )  # fmt: skip

    reading = read_xlsform(form)
    version = read_version(reading.document)

    assert (version.code, version.version, version.title) == ("cafe-1", 1, {"en": "Café №1"})
    assert [section.code for section in version.sections] == ["entrance", "section_2"]
    assert version.sections[0].guidance == {"en": "Look before you enter."}
    clean, people, way, why = version.sections[0].items
    assert (clean.code, str(clean.type), clean.na, clean.required) == ("clean", "yes_no", True, True)
    assert clean.guidance == {"en": "Floor and door"}
    assert people.guidance == {"en": "Count slowly."}
    assert (people.min, people.max, people.required) == (1, 50, False)
    assert [option.code for option in way.options] == ["left", "2"]
    assert way.weight == 0
    assert item_of(reading, "way")["show_if"] == {
        "all": [{"item": "clean", "is": ["yes"]}, {"item": "people", "at_least": 3}]
    }
    assert why.show_if is None
    mood, sign = version.sections[1].items
    assert (mood.scale.min, mood.scale.max, str(sign.type)) == (0, 5, "signature")
    lines = in_words(reading.notes)
    for line in (
        "survey, row 2, column type: a row of type “start” is not carried over",
        "survey, row 9, column type: a row of type “geopoint” is not carried over",
        "survey, row 10, column type: a row of type “calculate” is not carried over",
        "survey, row 11, column relevant: always shown, because the condition is not carried over: ${sum} > 4 (it rests on “sum”, which was not carried over)",
        "survey, row 11, column appearance: not carried over: multiline",
        "survey, row 8, column type: the answers have no points, so the item is asked and not scored (column points of the sheet choices)",
        "settings, row 2, column style: not carried over: pages",
        "choices, row 4, column name: “n/a” was taken as “not applicable”",
        "assumed: every scored question counts the same, there are no bands and no pass mark",
    ):
        assert line in lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("relevant", "meant"),
    [
        ("${a} = 'yes'", {"item": "a", "is": ["yes"]}),
        ('"yes" = ${ a }', {"item": "a", "is": ["yes"]}),
        ("selected(${m}, 'x') or selected(${m},'y')", {"item": "m", "is": ["x", "y"]}),
        ("${a}='yes' and (${n}>=2 or ${n}<=1)", {"all": [{"item": "a", "is": ["yes"]}, {"any": [{"item": "n", "at_least": 2}, {"item": "n", "at_most": 1}]}]}),
        ("3 <= ${n}", {"item": "n", "at_least": 3}),
        ("${n} > 2.5", {"not": {"item": "n", "at_most": "2.5"}}),
        ("not(${a} = 'yes')", {"not": {"item": "a", "is": ["yes"]}}),
        ("${a} != '' and ${a} != 'yes'", {"not": {"item": "a", "is": ["yes"]}}),
        ("${a} != ''", {"item": "a", "is": ["no", "yes"]}),
        ("${k} >= 2", {"item": "k", "is": ["2", "3"]}),
        ("${p} != ''", {"item": "p", "is": ["given"]}),
        ("${t} = '09:30'", {"item": "t", "is": ["09:30"]}),
    ],
)  # fmt: skip
def test_conditions_are_understood(relevant, meant):
    assert item_of(read_xlsform(_with_relevant(relevant)), "last")["show_if"] == meant


@pytest.mark.parametrize(
    "relevant",
    [
        "count-selected(${m}) > 1",
        "${n} = ${k}",
        "${m} = 'x'",
        "${a} = 'maybe'",
        "${w} = 'word'",
        "regex(${w}, '^a')",
        "${n} mod 2 = 0",
        "${n} != ''",
        "${a} = ''",
        "not(${a} != '')",
        "${a} = 'yes' and",
        "(${a} = 'yes'",
        "pulldata('x', 'y')",
        "${n} = 1.2.3",
        "${t} > '09:30'",
        "((((((((((((((((((((${a} = 'yes'))))))))))))))))))))",
        "${a} = 'yes' or " * 500 + "${a} = 'no'",
    ],
)
def test_a_condition_that_is_not_understood_is_listed_and_the_item_is_shown(relevant):
    reading = read_xlsform(_with_relevant(relevant))

    assert "show_if" not in item_of(reading, "last")
    assert (
        "survey, row 10, column relevant: always shown, because the condition is not carried over: "
        in said(reading)
    )


def _with_relevant(relevant):
    return make_form(
        {"type": "select_one yes_no", "name": "a", "label": "A"},
        {"type": "select_multiple some", "name": "m", "label": "M"},
        {"type": "decimal", "name": "n", "label": "N"},
        {"type": "select_one numbers", "name": "k", "label": "K"},
        {"type": "image", "name": "p", "label": "P"},
        {"type": "time", "name": "t", "label": "T"},
        {"type": "text", "name": "w", "label": "W"},
        {"type": "text", "name": "last", "label": "Last", "relevant": relevant},
        choices=[
            {"list_name": "yes_no", "name": "yes", "label": "Yes"},
            {"list_name": "yes_no", "name": "no", "label": "No"},
            *({"list_name": "some", "name": name, "label": name} for name in "xyz"),
            *({"list_name": "numbers", "name": name, "label": name} for name in "123"),
        ],
    )


def test_an_answer_that_is_missing_is_said_where_the_two_differ():
    reading = read_xlsform(_with_relevant("${a} != 'yes'"))

    assert item_of(reading, "last")["show_if"] == {"not": {"item": "a", "is": ["yes"]}}
    assert "while “a” is not answered this stays hidden; the form would have shown it" in said(reading)


def test_conditions_of_groups_go_to_their_questions():
    reading = read_xlsform(
        make_form(
            {"type": "begin_group", "name": "one", "label": "One"},
            {"type": "select_one yes_no", "name": "a", "label": "A"},
            {"type": "begin_group", "name": "inner", "label": "Inner", "relevant": "${a} = 'yes'"},
            {"type": "text", "name": "b", "label": "B"},
            {"type": "text", "name": "c", "label": "C", "relevant": "${a} = 'no'"},
            {"type": "end_group"},
            {"type": "end_group"},
            {"type": "begin_repeat", "name": "two", "label": "Two", "relevant": "${a} = 'no'"},
            {"type": "text", "name": "d", "label": "D"},
            {"type": "end_repeat"},
        )
    )

    yes, no = {"item": "a", "is": ["yes"]}, {"item": "a", "is": ["no"]}
    assert item_of(reading, "b")["show_if"] == yes
    assert item_of(reading, "c")["show_if"] == {"all": [yes, no]}
    assert item_of(reading, "d")["show_if"] == no
    assert "the heading of a group inside a group is not carried over; its questions are" in said(reading)
    assert "“begin_repeat” is not carried over: its questions are asked once" in said(reading)


def test_a_form_in_several_languages_promises_those_that_are_complete():
    reading = read_xlsform(
        make_form(
            {"type": "begin_group", "name": "g", "label::English (en)": "G", "label::Русский (ru)": "Г", "label::fr": "G"},
            {"type": "text", "name": "a", "label::English (en)": "A", "label::Русский (ru)": "А"},
            {"type": "end_group"},
            settings={"form_title": "Cafe", "form_id": "cafe", "version": 1, "default_language": "English (en)"},
        )
    )  # fmt: skip

    assert read_version(reading.document).languages == ("en", "ru")
    assert "the text in “fr” is missing here" in said(reading)


def test_a_form_without_a_language_is_judged_by_its_letters():
    reading = read_xlsform(
        make_form({"type": "text", "name": "a", "label": "Чи привітали вас одразу, і як?"})
    )

    assert item_of(reading, "a")["text"] == {"uk": "Чи привітали вас одразу, і як?"}
    assert "no language is named; the texts were taken as Українська (uk)" in said(reading)


def test_points_make_answers_count():
    reading = read_xlsform(
        make_form(
            {"type": "select_one how", "name": "a", "label": "How?"},
            choices=[
                {"list_name": "how", "name": "well", "label": "Well", "points": 5},
                {"list_name": "how", "name": "so_so", "label": "So so", "points": 2.5},
                {"list_name": "how", "name": "badly", "label": "Badly", "points": 0},
            ],
        )
    )

    (item,) = read_version(reading.document).items
    assert item.scored
    assert [str(option.points) for option in item.options] == ["5", "5/2", "0"]


def test_a_relevant_that_was_changed_in_kobo_wins_over_our_own_column():
    document = canonical(ODD)
    content = write_xlsform(document)
    reading = read_xlsform(content)
    assert item_of(reading, "signed")["show_if"]["any"]

    rows = [
        {"type": "begin_group", "name": "g", "label": "G"},
        {"type": "select_one yes_no", "name": "a", "label": "A"},
        {
            "type": "text",
            "name": "b",
            "label": "B",
            "relevant": "${a} = 'no'",
            "audit::show_if": '{"all": [{"item": "a", "is": ["yes"]}]}',
        },
        {"type": "end_group"},
    ]
    changed = read_xlsform(make_form(*rows))

    assert item_of(changed, "b")["show_if"] == {"item": "a", "is": ["no"]}
    assert "“relevant” was taken" in said(changed)


def test_notes_speak_the_readers_language():
    reading = read_xlsform(make_form({"type": "text", "name": "A1", "label": "A"}))
    for language, words in (("ru", "код «A1» стал «a1»"), ("uk", "код «A1» став «a1»")):
        use_language(language)
        assert words in said(reading)


def test_columns_nobody_knows_are_listed_once():
    form = make_workbook(
        survey=[
            {"type": "text", "name": "a", "label": "A", "$kuid": "x1"},
            {"type": "text", "name": "b", "label": "B", "$kuid": "x2"},
        ]
    )
    reading = read_xlsform(form)

    assert said(reading).count("column $kuid: this column is not carried over") == 1
    assert reading.document["code"] == "imported-form"
