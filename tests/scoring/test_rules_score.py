"""Known answers: product.md 4, the golden vectors of the field, and the rulings on effects, bonus, bands and marks."""

from fractions import Fraction
from typing import Any

import pytest

from audit_app.scoring.rules.percent import fraction, percent, tenths
from audit_app.scoring.rules.score import Score, StepKind, Why, has_pass_rule, score_of
from audit_app.standards.rules.answers import read_answers
from audit_app.standards.rules.problems import StandardNotUnderstood
from audit_app.standards.rules.reading import read_version
from tests.standards.documents import changed, contract, standard, with_sections

F = Fraction
POINTS = [{"code": f"p{points}", "points": points} for points in range(6)]
FIVE = {"type": "single", "options": POINTS, "na": True}
YES_NA = {"na": True}


def score(document: dict[str, Any], *said: str, attributes: dict[str, str] | None = None) -> Score:
    """The score of answers in the order of the items; an empty text is no answer."""
    version = read_version(document)
    texts = dict(zip((item.code for item in version.items), said, strict=True))
    return score_of(version, read_answers(version, texts), attributes or {})


def sections(*said: tuple[Fraction | int, ...], **keys: Any) -> dict[str, Any]:
    """Sections whose items are all wanted as `weight` items of yes/no."""
    return with_sections(
        *({"items": [{"weight": str(weight)} for weight in weights]} for weights in said), **keys
    )


# ---------------------------------------------------------------------------------------------- known answers


def test_v1_weight_4_and_3_of_5_is_12_of_20() -> None:
    result = score(standard({**FIVE, "weight": 4}), "p3")

    (section,) = result.sections
    assert result.ratio == F(12, 20) == F(3, 5)
    assert (section.earned * 5, section.possible * 5) == (12, 20)


def test_v2_several_options_all_possible_make_a_base_of_8() -> None:
    several = {
        "type": "multiple",
        "options": [{"code": c, "points": p} for c, p in zip("abcd", (1, 2, 0, 5), strict=True)],
    }
    version = read_version(standard(several))

    assert version.items[0].best == 8
    assert score(standard(several), "a;b;c;d").ratio == 1
    assert score(standard(several), "a;b").ratio == F(3, 8)


def test_v3_five_items_of_five_one_not_applicable_is_80() -> None:
    result = score(standard(*[FIVE] * 5), "p5", "p5", "p5", "p1", "na")

    assert (result.ratio, result.percent, result.na_share) == (F(4, 5), "80.0", F(1, 5))


def test_v4_two_full_and_one_not_applicable_is_100() -> None:
    assert score(standard(*[YES_NA] * 3), "yes", "yes", "na").ratio == 1


def test_v5_16_of_50_and_with_a_section_of_5_not_applicable() -> None:
    ten = with_sections(*({"items": [FIVE]} for _section in range(10)))
    said = ("p5", "p5", "p5", "p1", *["p0"] * 6)

    assert score(ten, *said).percent == "32.0"
    assert score(ten, *said[:-1], "na").ratio == F(16, 45)
    assert score(ten, *said[:-1], "na").tenths == 356  # 35.5 on the source's page, which cuts


@pytest.mark.parametrize(
    ("ratios", "weights", "expected"),
    [((75, 50, 100), (10, 5, 5), 75), ((85, 50, 100), (10, 15, 5), 70)],
    ids=["V6", "V7"],
)
def test_v6_v7_weighted_means(ratios: tuple[int, ...], weights: tuple[int, ...], expected: int) -> None:
    scale = {"type": "scale", "scale": {"min": 0, "max": 100}}
    by_items = standard(*({**scale, "weight": weight} for weight in weights))
    by_sections = with_sections(
        *({"weight": weight, "items": [scale]} for weight in weights), aggregation="sections"
    )

    for document in (by_items, by_sections):
        assert score(document, *map(str, ratios)).ratio == F(expected, 100)


def test_v8_ticking_the_middle_and_the_worst() -> None:
    several = {
        "type": "multiple",
        "options": [{"code": "a", "points": 100}, {"code": "b", "points": 50}, {"code": "c", "points": 0}],
    }

    assert score(standard(several), "b;c").ratio == F(1, 3)


def test_v9_bands_with_a_hole_are_refused() -> None:
    bands = [{"from": 0, "to": 74, "name": "Fail"}, {"from": 75, "to": 100, "name": "Pass"}]

    with pytest.raises(StandardNotUnderstood, match=r"74\.5 would have no band"):
        read_version(standard({}, bands=bands))


def test_v10_auto_fail_keeps_the_number() -> None:
    fails = {"critical": {"effect": "fail"}}
    bands = [{"from": 0, "name": "Fail"}, {"from": 75, "name": "Pass"}]
    document = standard(*[{}] * 13, fails, fails, pass_mark=75, bands=bands)

    result = score(document, *["yes"] * 13, "no", "no")

    assert (result.percent, result.passed) == ("86.7", False)
    assert result.band is not None
    assert result.band.name == {"en": "Fail"}
    assert [miss.item for miss in result.critical] == ["i13", "i14"]


def test_sections_and_pooled_differ_and_what_na_does_to_both() -> None:
    a = [{**FIVE}, {**FIVE}]
    b = [{"na": True}, {"na": True}]
    pooled = with_sections({"items": [{**one, "weight": 5} for one in a]}, {"items": b})
    weighted = {**pooled, "aggregation": "sections"}
    said = ("p5", "p1", "yes", "yes")  # 6 of 10 and 2 of 2

    assert score(pooled, *said).percent == "66.7"
    assert score(weighted, *said).ratio == F(80, 100)
    assert score(pooled, *said[:3], "na").percent == "63.6"
    assert score(weighted, *said[:3], "na").ratio == F(80, 100)


# ---------------------------------------------------------------------------------------------- leaving, nothing


def test_a_section_with_nothing_counted_leaves() -> None:
    document = with_sections(
        {"weight": 1, "items": [YES_NA]}, {"weight": 9, "items": [YES_NA]}, aggregation="sections"
    )

    result = score(document, "yes", "na")

    assert result.ratio == 1
    assert [section.ratio for section in result.sections] == [1, None]


@pytest.mark.parametrize("aggregation", ["pooled", "sections"])
def test_nothing_counted_at_all_is_no_score(aggregation: str) -> None:
    document = standard(
        YES_NA, {"required": False}, aggregation=aggregation, pass_mark=50, bands=[{"from": 0, "name": "a"}]
    )

    result = score(document, "na", "")

    assert (result.ratio, result.percent, result.passed, result.band) == (None, None, None, None)
    assert result.na_share == F(1, 2)


def test_every_reason_has_its_name() -> None:
    document = standard(
        {"code": "plain"},
        {"code": "left_out", "na": True},
        {"code": "extra", "bonus": True},
        {"code": "asked", "weight": 0},
        {"code": "words", "type": "text"},
        {"code": "after", "show_if": {"item": "plain", "is": ["no"]}},
        {"code": "patio", "applies_if": {"attribute": "patio", "is": ["yes"]}},
        {"code": "open", "required": False},
    )

    result = score(document, "yes", "na", "yes", "no", "well", "yes", "yes", "")

    assert {term.item: term.why for term in result.terms} == {
        "plain": Why.SCORED,
        "left_out": Why.NOT_APPLICABLE,
        "extra": Why.BONUS,
        "asked": Why.NOT_SCORED,
        "words": Why.NOT_SCORED,
        "after": Why.HIDDEN,
        "patio": Why.NOT_APPLYING,
        "open": Why.UNANSWERED,
    }
    assert [term.item for term in result.terms if term.counted] == ["plain", "extra"]
    assert [term.answer for term in result.terms] == ["yes", "na", "yes", "no", "well", None, None, None]
    assert all(term.sentence for term in result.terms)
    assert result.ratio == 1
    assert result.na_share == F(1, 3)  # plain, left_out and open could have counted


def test_hidden_answers_do_not_count_whatever_they_were() -> None:
    document = standard({}, {"show_if": {"item": "i0", "is": ["yes"]}, "critical": {"effect": "zero_total"}})

    assert score(document, "no", "no").ratio == 0
    assert score(document, "no", "no").critical == ()
    assert score(standard({"type": "text"}, {}), "words", "yes").ratio == 1


# ---------------------------------------------------------------------------------------------- critical effects


def two_sections(
    effect: str, at: int | None = None, aggregation: str = "sections", **keys: Any
) -> dict[str, Any]:
    """Section s0: critical item and three others. Section s1: two items. All of weight 1."""
    critical = {"effect": effect} | ({} if at is None else {"at": at})
    return with_sections(
        {"items": [{"critical": critical}, {}, {}, {}]}, {"items": [{}, {}]}, aggregation=aggregation, **keys
    )


ALL_BUT_CRITICAL = ("no", "yes", "yes", "yes", "yes", "yes")


@pytest.mark.parametrize(
    ("effect", "at", "by_sections", "pooled"),
    [
        ("flag", None, F(7, 8), F(5, 6)),
        ("zero_section", None, F(1, 2), F(2, 6)),
        ("cap_section", 50, F(3, 4), F(4, 6)),
        ("cap_section", 90, F(7, 8), F(5, 6)),
        ("zero_total", None, F(0), F(0)),
        ("cap_total", 50, F(1, 2), F(1, 2)),
        ("cap_total", 95, F(7, 8), F(5, 6)),
        ("fail", None, F(7, 8), F(5, 6)),
    ],
)
def test_each_effect_in_each_aggregation(
    effect: str, at: int | None, by_sections: Fraction, pooled: Fraction
) -> None:
    first = score(two_sections(effect, at), *ALL_BUT_CRITICAL)
    second = score(two_sections(effect, at, "pooled"), *ALL_BUT_CRITICAL)

    assert (first.ratio, second.ratio) == (by_sections, pooled)
    for result in (first, second):
        assert [miss.item for miss in result.critical] == ["s0_i0"]
        assert result.passed is (False if effect == "fail" else None)
    assert score(two_sections(effect, at), *["yes"] * 6).ratio == 1


def test_the_lowest_cap_wins() -> None:
    def cap(at: int, effect: str = "cap_total") -> dict[str, Any]:
        return {"critical": {"effect": effect, "at": at}}

    document = standard(cap(60), cap(40), cap(50), *[{}] * 17)
    in_section = standard(cap(60, "cap_section"), cap(40, "cap_section"), *[{}] * 18)

    assert score(document, "no", "no", "no", *["yes"] * 17).ratio == F(2, 5)
    assert score(document, "no", "yes", "no", *["yes"] * 17).ratio == F(1, 2)
    assert score(in_section, "no", "no", *["yes"] * 18).ratio == F(2, 5)


def test_the_threshold_decides_what_a_miss_is() -> None:
    lenient = {**FIVE, "critical": {"below": "0.6", "effect": "zero_total"}}

    assert score(standard(lenient), "p3").ratio == F(3, 5)
    assert score(standard(lenient), "p2").ratio == 0
    assert score(standard({**FIVE, "critical": {"effect": "zero_total"}}), "p4").ratio == 0
    assert score(standard({**lenient, "weight": 0}, {}), "p0", "yes").ratio == 0
    assert score(standard(lenient), "na").critical == ()


def test_fail_keeps_the_score_and_takes_the_lowest_band() -> None:
    bands = [{"from": 0, "name": "low"}, {"from": 50, "name": "high"}]

    result = score(two_sections("fail", bands=bands), *ALL_BUT_CRITICAL)

    assert result.ratio == F(7, 8)
    assert result.passed is False
    assert result.band is not None
    assert result.band.name["en"] == "low"
    assert score(two_sections("fail", bands=bands), *["yes"] * 6).passed is True


def test_the_contracts_example() -> None:
    document = changed(contract(), ("sections", 0, "items", 1, "weight"), 1)

    missed = score(document, "yes", "late", attributes={"patio": "yes"})

    assert missed.ratio == F(1, 2)  # 4/5, held at 50 %
    assert missed.passed is False
    assert score(document, "yes", "late").ratio == 1


# ---------------------------------------------------------------------------------------------- bonus


def test_bonus_adds_to_earned_only_and_is_held_at_100() -> None:
    document = standard({}, {}, {}, {"bonus": True, "weight": 1})

    assert score(document, "yes", "yes", "no", "yes").ratio == 1
    assert score(document, "yes", "no", "no", "yes").ratio == F(2, 3)
    assert score(document, "yes", "no", "no", "no").ratio == F(1, 3)
    assert score(document, "yes", "yes", "yes", "yes").ratio == 1
    assert score({**document, "bonus_cap": None}, "yes", "yes", "yes", "yes").ratio == F(4, 3)
    assert score({**document, "bonus_cap": 110}, "yes", "yes", "yes", "yes").ratio == F(11, 10)


def test_bonus_in_sections_adds_to_its_own_sections_numerator() -> None:
    document = with_sections(
        {"weight": 3, "items": [{"weight": 4}, {"bonus": True, "weight": 1, "na": True}]},
        {"weight": 1, "items": [{}]},
        aggregation="sections",
    )

    assert score(document, "no", "yes", "yes").ratio == F(1, 4) + F(3, 4) * F(1, 4)
    assert score(document, "no", "na", "yes").ratio == F(1, 4)
    assert score(document, "no", "yes", "yes").sections[0].ratio == 0


def test_a_section_of_nothing_but_bonus_is_a_bonus_of_its_weight() -> None:
    document = with_sections(
        {"weight": 4, "items": [{}, {}]},
        {"weight": 1, "items": [{"bonus": True}, {"bonus": True}]},
        aggregation="sections",
    )
    pooled = {**document, "aggregation": "pooled"}

    assert score(document, "yes", "no", "yes", "no").ratio == F(1, 2) + F(1, 4) * F(1, 2)
    assert score(document, "yes", "no", "no", "no").ratio == F(1, 2)
    assert score(pooled, "yes", "no", "yes", "no").ratio == F(2, 2)


def test_a_bonus_leaves_with_its_section() -> None:
    document = with_sections(
        {"items": [YES_NA, {"bonus": True}]}, {"items": [{}, {}]}, aggregation="sections"
    )

    result = score(document, "na", "yes", "yes", "no")

    assert result.ratio == F(1, 2)
    assert result.terms[1].why is Why.BONUS_LEFT
    assert not result.terms[1].counted

    pooled = score({**document, "aggregation": "pooled"}, "na", "yes", "yes", "no")
    assert pooled.ratio == 1
    assert pooled.terms[1].why is Why.BONUS


def test_a_bonus_alone_is_no_score() -> None:
    for aggregation in ("pooled", "sections"):
        result = score(standard({"bonus": True}, aggregation=aggregation), "yes")
        assert (result.ratio, result.bonus) == (None, 0)


def test_a_section_effect_does_not_take_the_bonus_back_but_a_total_cap_holds_it() -> None:
    zeroed = standard({"critical": {"effect": "zero_section"}}, {}, {"bonus": True})
    capped = standard({"critical": {"effect": "cap_total", "at": 60}}, {}, {"bonus": True})

    assert score(zeroed, "no", "yes", "yes").ratio == F(1, 2)
    assert score(capped, "no", "yes", "yes").ratio == F(3, 5)


# ---------------------------------------------------------------------------------------------- marks and bands


def test_marks_and_bands_are_compared_unrounded() -> None:
    scale = {"type": "scale", "scale": {"min": 0, "max": 100}}
    bands = [{"from": 0, "name": "low"}, {"from": 75, "name": "high"}]
    document = standard(*[scale] * 10, pass_mark=75, bands=bands)

    almost = score(document, *["75"] * 9, "74")
    just = score(document, *["75"] * 10)

    assert (almost.percent, almost.passed) == ("74.9", False)
    assert (just.percent, just.passed) == ("75.0", True)
    assert almost.band is not None
    assert just.band is not None
    assert (almost.band.name["en"], just.band.name["en"]) == ("low", "high")
    hundred = standard(*[scale] * 100, pass_mark=75, bands=bands)
    nearly = score(hundred, *["75"] * 99, "74")
    assert (nearly.percent, nearly.passed) == ("75.0", False)


def test_a_section_below_its_mark_fails_the_visit() -> None:
    document = with_sections({"pass_mark": 60, "items": [YES_NA, {}]}, {"items": [{}] * 8}, pass_mark=50)

    assert score(document, "no", "yes", *["yes"] * 8).passed is False
    assert score(document, "yes", "yes", *["yes"] * 8).passed is True
    assert score(document, "na", "yes", *["yes"] * 8).passed is True


def test_a_section_mark_is_judged_without_bonus() -> None:
    document = with_sections({"pass_mark": 60, "items": [{}, {}, {"bonus": True}]}, aggregation="sections")

    result = score(document, "yes", "no", "yes")

    assert (result.ratio, result.passed) == (1, False)


def test_a_section_that_left_has_no_mark_to_reach() -> None:
    document = with_sections({"pass_mark": 100, "items": [YES_NA]}, {"items": [{}]})

    assert score(document, "na", "yes").passed is True


def test_without_any_pass_rule_nothing_is_passed_or_failed() -> None:
    assert score(standard({}), "yes").passed is None
    assert not has_pass_rule(read_version(standard({})))
    assert has_pass_rule(read_version(standard({"critical": {"effect": "fail"}})))


def test_a_band_above_100_needs_bonus_without_a_cap() -> None:
    bands = [{"from": 0, "name": "usual"}, {"from": 110, "name": "star"}]
    document = standard({}, {"bonus": True}, bonus_cap=None, bands=bands)

    result = score(document, "yes", "yes")

    assert result.percent == "200.0"
    assert result.band is not None
    assert result.band.name["en"] == "star"


# ---------------------------------------------------------------------------------------------- showing it


def test_every_step_can_be_shown() -> None:
    document = with_sections(
        {"items": [{"critical": {"effect": "zero_section"}}, {}]},
        {
            "items": [
                {"critical": {"effect": "cap_total", "at": 20}},
                {},
                {},
                {"critical": {"effect": "fail"}},
            ]
        },
        {"items": [{}, {"bonus": True, "weight": 9}]},
    )

    result = score(document, "no", "yes", "no", "yes", "yes", "no", "yes", "yes")

    kinds = [step.kind for step in result.steps]
    assert kinds == [
        StepKind.SECTION_EFFECT,
        StepKind.AGGREGATION,
        StepKind.BONUS,
        StepKind.BONUS_CAP,
        StepKind.TOTAL_CAP,
        StepKind.FAIL,
    ]
    assert [(step.before, step.after) for step in result.steps[1:]] == [
        (None, F(3, 7)),
        (F(3, 7), F(12, 7)),
        (F(12, 7), F(1)),
        (F(1), F(1, 5)),
        (F(1, 5), F(1, 5)),
    ]
    assert all(step.text % step.values for step in result.steps)
    said = [step.text % step.values for step in result.steps]
    assert said[1:5] == [
        "3 earned of 7 possible points: 42.9 %",
        "Bonus: +128.6 points, so 171.4 %",
        "With bonus the total may reach 100 % at most",
        "Critical miss “s1_i0”: the total is held at 20 %",
    ]
    assert result.terms[1].why is Why.SECTION_ZEROED
    assert (result.base, result.bonus, result.rule_version) == (F(3, 7), F(9, 7), "1")


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (F(2, 3), "66.7"),
        (F(1, 2000), "0.1"),
        (F(999, 2000), "50.0"),
        (F(4994, 10000), "49.9"),
        (F(0), "0.0"),
        (F(1), "100.0"),
        (F(4, 3), "133.3"),
        (F(1, 8), "12.5"),
    ],
)
def test_percent_is_half_up_to_one_decimal(ratio: Fraction, text: str) -> None:
    assert percent(ratio) == text
    assert tenths(ratio) == int(text.replace(".", ""))


def test_fractions_are_in_lowest_terms() -> None:
    assert (fraction(F(12, 20)), fraction(F(5, 5)), fraction(F(0, 7))) == ("3/5", "1", "0")
