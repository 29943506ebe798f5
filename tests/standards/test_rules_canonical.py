"""One meaning, one spelling, one fingerprint."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from audit_app.kit.yaml import read_yaml, write_yaml
from audit_app.standards.rules.canonical import canonical, fingerprint
from audit_app.standards.rules.problems import StandardNotUnderstood
from audit_app.standards.rules.reading import read_version
from tests.standards.documents import changed, contract, standard
from tests.standards.test_rules_reading import GOOD

FIRST = ("sections", 0, "items", 0)

SAME_MEANING = [
    (standard({"weight": 2}), standard({"weight": "2.000"})),
    (standard({"weight": Decimal("0.50")}), standard({"weight": "0.5"})),
    (standard({}), standard({"weight": 1, "required": True, "na": False, "bonus": False, "nature": "fact"})),
    (standard({}), standard({"guidance": None, "segments": [], "picture": None})),
    (standard({}), standard({}, channels=["in_person"], kinds=["audit", "mystery", "competitor"], aggregation="pooled", bonus_cap=100)),
    (standard({}), standard({}, title={"en": " Test "}, languages=["en"])),
    (standard({}), standard({"options": [{"code": "yes", "points": 1}, {"code": "no", "points": 0}]})),
    (standard({"segments": ["b", "a"]}), standard({"segments": ["a", "b", "a"]})),
    (standard({"evidence": {"any": ["photo"], "no": ["photo", "comment"]}}), standard({"evidence": {"no": ["comment", "photo"], "any": ["photo"]}})),
    (standard({}, bands=[{"from": 0, "name": "a"}, {"from": 50, "name": "b"}]), standard({}, bands=[{"from": "0.0", "name": "a", "tone": "bad"}, {"from": 50, "name": "b", "tone": "good"}])),
    (standard({"type": "duration", "ranges": [{"points": 1}, {"from": 90, "points": 0}]}), standard({"type": "duration", "ranges": [{"points": 1}, {"from": "1:30", "points": "0"}]})),
    (standard({"type": "scale"}), standard({"type": "scale", "scale": {"min": 1, "max": 5}})),
    (standard({}, title="Caf\u00e9"), standard({}, title="Cafe\u0301")),
]  # fmt: skip

OTHER_MEANING: list[tuple[tuple[str | int, ...], Any]] = [
    (("version",), 4),
    (("pass_mark",), "75.001"),
    (("bonus_cap",), None),
    (("aggregation",), "pooled"),
    (("sections", 0, "weight"), 3),
    ((*FIRST, "text"), {"en": "Did you enter?"}),
    (("sections", 0, "items", 1, "critical", "at"), "50.5"),
    (("sections", 0, "items", 1, "options", 1, "points"), 4),
    (("sections", 0, "items", 1, "na"), False),
    (("bands", 1, "from"), 74),
]


@pytest.mark.parametrize(("one", "other"), SAME_MEANING)
def test_equal_meaning_gives_an_equal_fingerprint(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) == canonical(other)
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("path", "value"), OTHER_MEANING)
def test_another_meaning_gives_another_fingerprint(path: tuple[str | int, ...], value: Any) -> None:
    assert fingerprint(changed(contract(), path, value)) != fingerprint(contract())


def test_the_order_of_items_is_meaning() -> None:
    document = standard({"code": "a"}, {"code": "b"})
    turned = standard({"code": "b"}, {"code": "a"})

    assert fingerprint(document) != fingerprint(turned)


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD.keys())
def test_the_canonical_document_says_the_same(document: dict[str, Any]) -> None:
    once = canonical(document)

    assert canonical(once) == once
    assert read_version(once) == read_version(document)
    assert json.loads(json.dumps(once)) == once
    assert read_version(read_yaml(write_yaml(once))) == read_version(document)


@pytest.mark.parametrize(
    "path", sorted(Path("checklists").glob("*/*.yaml")), ids=lambda path: path.parent.name
)
def test_our_checklists_survive_the_round_trip(path: Path) -> None:
    document = read_yaml(path.read_bytes())
    once = canonical(document)

    assert read_version(once) == read_version(document)
    assert read_yaml(write_yaml(once)) == once


def test_a_known_fingerprint_never_changes() -> None:
    # Published versions are kept with their fingerprint: were this to change, every one of them would seem edited.
    assert (
        fingerprint(standard({"weight": "0.5"}))
        == "06a8902670346d863efcfd4fde2c07bfd245d6bcb6c71e39fa355acedfab4dc6"
    )


def test_a_bad_document_has_no_fingerprint() -> None:
    with pytest.raises(StandardNotUnderstood):
        fingerprint({"code": "x"})
