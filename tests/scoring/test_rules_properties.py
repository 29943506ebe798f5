"""What holds for every version and all answers (contracts.md 3)."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit_app.scoring.rules.score import Score, Why, score_of
from audit_app.standards.rules.answers import NOT_APPLICABLE, Answer, ratio_of, read_answers
from audit_app.standards.rules.definition import Aggregation, Item, Version
from audit_app.standards.rules.visibility import Visibility, visibility
from tests.scoring.worlds import ATTRIBUTES, answers_for, texts_for, versions

MANY = settings(max_examples=80, deadline=None)


def without_conditions(version: Version) -> Version:
    """The same version with every item asked, so that visibility is held fixed."""

    def plain(item: Item) -> Item:
        return replace(item, show_if=None, applies_if=None)

    sections = tuple(
        replace(section, applies_if=None, items=tuple(map(plain, section.items)))
        for section in version.sections
    )
    return replace(version, sections=sections)


def drawn(data: st.DataObject, version: Version, *, complete: bool = False) -> dict[str, Answer]:
    return read_answers(version, data.draw(answers_for(version, complete=complete)))


@MANY
@given(versions(), st.data())
def test_a_score_lies_within_its_bounds(version: Version, data: st.DataObject) -> None:
    score = score_of(version, drawn(data, version), data.draw(st.sampled_from(ATTRIBUTES)))

    if score.ratio is not None:
        assert score.ratio >= 0
        assert version.bonus_cap is None or score.ratio * 100 <= version.bonus_cap
        assert score.base is not None
        assert 0 <= score.base <= 1
        assert score.band is not None
    assert all(term.ratio is None or 0 <= term.ratio <= 1 for term in score.terms)
    assert all(section.ratio is None or 0 <= section.ratio <= 1 for section in score.sections)
    assert score.na_share is None or 0 <= score.na_share <= 1
    assert [term.item for term in score.terms] == [item.code for item in version.items]


@MANY
@given(versions(), st.data())
def test_a_better_answer_never_lowers_the_score(version: Version, data: st.DataObject) -> None:
    """Visibility held fixed; N/A stays N/A."""
    version = without_conditions(version)
    before = drawn(data, version)
    code = data.draw(st.sampled_from(sorted(before)) if before else st.nothing())
    item = version.item_by_code[code]
    assume(not before[code].is_na)
    better = read_answers(version, {code: data.draw(texts_for(item))})[code]
    old, new = ratio_of(item, before[code]), ratio_of(item, better)
    assume(old is not None and new is not None and new >= old)

    low, high = score_of(version, before, {}), score_of(version, {**before, code: better}, {})

    assert low.ratio is None or (high.ratio is not None and high.ratio >= low.ratio)
    assert not (low.passed and not high.passed)
    assert {miss.item for miss in high.critical} <= {miss.item for miss in low.critical}


@MANY
@given(versions(), st.data())
def test_the_order_of_answers_items_and_sections_changes_nothing(
    version: Version, data: st.DataObject
) -> None:
    version = without_conditions(version)
    answers = drawn(data, version)
    shuffled = replace(
        version,
        sections=tuple(
            replace(section, items=tuple(data.draw(st.permutations(section.items))))
            for section in data.draw(st.permutations(version.sections))
        ),
    )
    turned = dict(reversed(list(answers.items())))

    one, other = score_of(version, answers, {}), score_of(shuffled, turned, {})

    assert (one.ratio, one.passed, one.na_share, one.bonus) == (
        other.ratio,
        other.passed,
        other.na_share,
        other.bonus,
    )
    assert {miss.item for miss in one.critical} == {miss.item for miss in other.critical}


def _numbers(score: Score) -> tuple[Fraction | None, bool | None, Fraction, list[str]]:
    return score.ratio, score.passed, score.bonus, [miss.item for miss in score.critical]


@MANY
@given(versions(), st.data())
def test_not_applicable_is_as_if_the_item_were_not_there(version: Version, data: st.DataObject) -> None:
    version = without_conditions(version)
    answers = drawn(data, version)
    item = data.draw(
        st.sampled_from([one for one in version.items if not one.critical and not one.bonus] or [None])
    )
    assume(item is not None and not version.section_of[item.code].only_bonus)
    assert item is not None
    gone = tuple(
        replace(section, items=tuple(one for one in section.items if one.code != item.code))
        for section in version.sections
    )
    # A section whose last regular item is taken out of the *standard* becomes another kind of section; not our question.
    assume(all(not section.only_bonus for section in gone) or version.aggregation is Aggregation.POOLED)
    left = {code: answer for code, answer in answers.items() if code != item.code}

    with_na = score_of(version, {**left, item.code: NOT_APPLICABLE}, {})
    without = score_of(replace(version, sections=gone), left, {})

    assert _numbers(with_na) == _numbers(without)


@MANY
@given(versions(), st.data())
def test_hidden_and_not_applying_items_leave(version: Version, data: st.DataObject) -> None:
    answers = drawn(data, version)
    attributes = data.draw(st.sampled_from(ATTRIBUTES))
    seen = visibility(version, answers, attributes)
    asked = {code: answer for code, answer in answers.items() if seen[code] is Visibility.SHOWN}

    everything, only_asked = score_of(version, answers, attributes), score_of(version, asked, attributes)

    assert everything == only_asked
    assert all(
        term.counted is False and term.ratio is None
        for term in everything.terms
        if seen[term.item] is not Visibility.SHOWN
    )


@MANY
@given(versions(), st.data())
def test_the_terms_make_the_score(version: Version, data: st.DataObject) -> None:
    """“Why this score?” adds up: section sums are the sums of their counted terms."""
    score = score_of(version, drawn(data, version), {})

    for section in score.sections:
        mine = [term for term in score.terms if term.section == section.code]
        regular = [term for term in mine if term.counted and not term.bonus]
        assert section.possible == sum(term.weight for term in regular)
        assert section.earned == sum(term.earned for term in regular)
    for before, after in zip(score.steps, score.steps[1:], strict=False):
        if before.kind != "section_effect":
            assert before.after == after.before
    if score.steps and score.ratio is not None:
        assert score.steps[-1].after == score.ratio
    zeroed = {term.section for term in score.terms if term.why is Why.SECTION_ZEROED}
    assert all(section.ratio == 0 for section in score.sections if section.code in zeroed)


@MANY
@given(versions(), st.data())
def test_the_same_inputs_give_the_same_score(version: Version, data: st.DataObject) -> None:
    answers = drawn(data, version)

    assert score_of(version, answers, {}) == score_of(version, dict(answers), {})
