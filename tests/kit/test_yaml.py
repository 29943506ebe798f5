"""People's YAML: read without surprises, refused with a line, written so that it reads the same."""

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_app.kit.yaml import DEEPEST, LARGEST, YamlNotUnderstood, read_document, read_yaml, write_yaml


def test_plain_values_mean_what_they_look_like() -> None:
    text = "time: 12:30\nold: 010\nlist: [1, 1.50, 1e3, 0x1F, 2024-01-01]\nnothing:\nyes_value: yes\nquoted: 'yes'\n"

    assert read_yaml(text) == {
        "time": "12:30",
        "old": "010",
        "list": [1, Decimal("1.50"), "1e3", "0x1F", "2024-01-01"],
        "nothing": None,
        "yes_value": True,
        "quoted": "yes",
    }


def test_decimals_stay_exact() -> None:
    assert str(read_yaml("w: 0.1")["w"]) == "0.1"
    assert isinstance(read_yaml("w: 0.1")["w"], Decimal)


REFUSED = {
    "the same key twice": ("a: 1\nb: 2\na: 3", 3, 1, "twice"),
    "the same number twice as a key": ("1: a\n1: b", 2, 1, "twice"),
    "bare yes as a key": ("evidence:\n  no: [photo]", 2, 3, '"no" in quotes'),
    "bare yes in a list": ("is: [yes]", 1, 6, '"yes" in quotes'),
    "bare off in a block list": ("is:\n- off", 2, 3, '"off" in quotes'),
    "true as a key": ("true: 1", 1, 1, "key must be text"),
    "an anchor": ("a: &x 1", 1, 4, "anchors"),
    "an alias": ("a: 1\nb: *x", 2, 4, "anchors"),
    "a Python tag": ("a: !!python/object/apply:os.system [ls]", 1, 4, "tags"),
    "any tag": ("a: !!str 5", 1, 4, "tags"),
    "two documents": ("a: 1\n---\nb: 2", 2, 1, "only one document"),
    "a tab": ("\ta: 1", 1, 1, "tabs"),
    "an open quote": ('a: "x', 1, 6, "never closed"),
    "a colon in a text": ("a: b: c", 1, 5, "quotes"),
    "a NUL": ("a: x\0y", 1, 5, "U+0000"),
    "a NUL by escape": ('a: "x\\0"', 1, 4, "U+0000"),
    "a lone surrogate": ("a: \ud800", 1, 4, "U+D800"),
    "a surrogate by escape": ('a: "\\ud800"', 1, 7, ""),
    "a key that is a list": ("? [a]\n: b", 1, 3, "key must be text"),
    "a number without end": ("a: " + "1" * 5000, 1, 4, "too long"),
}


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals_name_line_and_column(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(YamlNotUnderstood) as refusal:
        read_yaml(text)

    assert (refusal.value.line, refusal.value.column) == (line, column)
    assert words in str(refusal.value)
    assert refusal.value.status == 422


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "{a: " * 20_000, "- " * 20_000, "? " * 20_000, "[" * 20_000 + "]" * 20_000]
)
def test_a_deep_nest_is_refused_and_not_a_recursion_error(text: str) -> None:
    with pytest.raises(YamlNotUnderstood):
        read_yaml(text)


def test_depth_is_counted_exactly() -> None:
    read_yaml("[" * DEEPEST + "]" * DEEPEST)

    with pytest.raises(YamlNotUnderstood, match="nested deeper"):
        read_yaml("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))


def test_too_large_not_utf_8_and_empty() -> None:
    with pytest.raises(YamlNotUnderstood, match="larger than"):
        read_yaml("a: " + "x" * LARGEST)
    with pytest.raises(YamlNotUnderstood, match="Line 2, column 4: the file is not UTF-8"):
        read_yaml(b"a: 1\nb: \xff")
    for nothing in ("", "# only a comment\n"):
        with pytest.raises(YamlNotUnderstood, match="empty"):
            read_yaml(nothing)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_yaml("\ufeffa: 1") == read_yaml(b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_places_of_parts() -> None:
    document = read_document("code: x\nsections:\n  - code: a\n    items:\n      - code: b\n")

    assert document.line_of(("sections", 0, "items", 0, "code")) == 5
    assert document.line_of(("sections", 0, "items", 0, "critical", "at")) == 5
    assert document.line_of(("nowhere",)) == 1


def test_writing_keeps_order_and_quotes_what_could_be_misread() -> None:
    document = {
        "z": "yes",
        "a": {"no": ["on", "late", 5]},
        "text": "Торговый зал",
        "time": "12:30",
        "long": "one\ntwo\n",
    }

    written = write_yaml(document)

    assert written.startswith(
        'z: "yes"\na:\n  "no": ["on", late, 5]\ntext: Торговый зал\ntime: "12:30"\nlong: |\n  one\n  two\n'
    )
    assert read_yaml(written) == document


def test_binary_floats_are_not_written() -> None:
    with pytest.raises(TypeError, match="exact"):
        write_yaml({"a": 0.1})


_texts = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters=[chr(c) for c in [*range(9), 11, 12, *range(14, 32), 127]],
    ),
    max_size=60,
)
_documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | _texts
    | st.decimals(-10_000, 10_000, places=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_documents)
def test_what_is_written_reads_the_same(document: Any) -> None:
    assert read_yaml(write_yaml({"x": document})) == {"x": document}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_anything_is_read_or_refused(source: str | bytes) -> None:
    with suppress(YamlNotUnderstood):
        read_yaml(source)


def test_every_checklist_survives_writing() -> None:
    for path in sorted(Path("checklists").glob("*/*.yaml")):
        document = read_yaml(path.read_bytes())
        assert read_yaml(write_yaml(document)) == document
