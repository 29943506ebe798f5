"""Flags as tables: what is odd, with which number, and what is not odd at all."""

from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageDraw, ImageOps

from audit_app.kit.pictures import look_of
from audit_app.standards.rules.filled import fill
from audit_app.standards.rules.reading import read_version
from audit_app.visits.rules import flags
from audit_app.visits.rules.flags import Look, Seen, Spot, Times
from tests.factories.visits import DOCUMENT, text

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOP = Spot(50.4501, 30.5234)


def codes(found):
    return [(flag.code, dict(flag.values)) for flag in found]


@pytest.mark.parametrize(
    ("said", "location", "expected"),
    [
        (None, SHOP, []),
        (Spot(50.4501, 30.5234, 20), None, []),
        (Spot(50.4502, 30.5235, 20), SHOP, []),
        (Spot(50.4502, 30.5235), SHOP, [("unsure", {})]),
        (Spot(50.4502, 30.5235, 900), SHOP, [("coarse", {"accuracy": 900})]),
        # 1.1 km to the north: odd when exact to 20 m, not when the phone says it may be 900 m off.
        (Spot(50.4601, 30.5234, 20), SHOP, [("away", {"metres": 1112, "accuracy": 20})]),
        (Spot(50.4601, 30.5234, 900), SHOP, [("coarse", {"accuracy": 900})]),
        # Over the date line it is 22 km, not round the world.
        (Spot(0, 179.9, 10), Spot(0, -179.9), [("away", {"metres": 22239, "accuracy": 10})]),
    ],
)
def test_place(said, location, expected):
    assert codes(flags.place_flags(said, location)) == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([(30, Spot(50.46, 30.53))], []),  # round the corner
        ([(-600, Spot(49.84, 24.03))], []),  # Lviv in ten hours
        ([(60, Spot(49.84, 24.03))], [("travel", {"km": 467.5, "minutes": 60})]),
        ([(-60, Spot(49.84, 24.03))], [("travel", {"km": 467.5, "minutes": 60})]),
        ([(0, Spot(50.51, 30.52))], [("travel", {"km": 6.7, "minutes": 0})]),
        ([(600, Spot(49.84, 24.03)), (10, Spot(50.6, 30.5))], []),  # 17 km in ten minutes: 100 km/h
        ([(200, Spot(49.84, 24.03)), (170, Spot(49.84, 24.03))], [("travel", {"km": 467.5, "minutes": 170})]),
    ],
)
def test_travel(others, expected):
    mine = Seen(NOON, SHOP)
    seen = [Seen(NOON + timedelta(minutes=minutes), spot) for minutes, spot in others]
    assert codes(flags.travel_flags(mine, seen)) == expected


def form(count=10, minutes=10, ratings=None, comments=()):
    items = [
        {"code": f"q{n}", "text": text(f"Question {n}"), "type": "scale" if ratings else "yes_no",
         **({"scale": {"min": 1, "max": 5}} if ratings else {})}
        for n in range(count)
    ]  # fmt: skip
    document = {
        **DOCUMENT, "version": 1, "minutes": minutes,
        "sections": [{"code": "all", "title": text("All"), "items": items}],
    }  # fmt: skip
    answers = {
        f"q{n}": {"answer": ratings[n] if ratings else "yes", "comment": dict(comments).get(n, "")}
        for n in range(count)
    }
    return fill(None, read_version(document), answers, {})


def times(took=600, gap=30.0, count=10, ahead=0.0, distinct=True):
    began = NOON - timedelta(seconds=took)
    stamps = [began + timedelta(seconds=gap * n if distinct else 0) for n in range(count)]
    return Times(stamps, began, NOON, NOON + timedelta(minutes=ahead), NOON)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (times(), []),
        (times(took=150), [("short", {"minutes": 2.5, "usual": 10})]),
        (times(gap=1.5), [("fast", {"seconds": 1.5, "count": 10})]),
        (times(gap=2), []),
        # A plain form stamps a whole page at once: then the whole time counts, not the gaps.
        (times(distinct=False), []),
        (times(took=15, distinct=False), [("short", {"minutes": 0.2, "usual": 10}), ("fast", {"seconds": 1.5, "count": 10})]),
        (times(ahead=4), []),
        (times(ahead=1440), [("clock", {"minutes": 1440})]),
        (times(ahead=-12), [("clock", {"minutes": 12})]),
        (Times([], None, None, None, NOON), []),
        (Times([], NOON, NOON - timedelta(minutes=1), None, NOON), []),
    ],
)  # fmt: skip
def test_times(given, expected):
    assert codes(flags.time_flags(form(), given)) == expected


def test_few_questions_may_be_quick():
    assert codes(flags.time_flags(form(count=4, minutes=1), times(took=60, gap=0.5, count=4))) == []


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (["3"] * 5, [("alike", {"count": 5, "value": "3"})]),
        (["3", "3", "3", "3", "4"], []),
        (["3"] * 3, []),
    ],
)
def test_straight_lines(ratings, expected):
    assert codes(flags.answer_flags(form(len(ratings), ratings=ratings))) == expected


def test_comments_that_repeat_themselves():
    same = "The assistant was kind, and quick."
    filled = form(comments=((0, same), (3, same.upper() + "  "), (4, "Short."), (5, "Short.")))
    assert codes(flags.answer_flags(filled)) == [("repeated", {"count": 2})]
    assert set(flags.long_comments(filled)) == {"q0", "q3"}


def picture(seed):
    image = Image.new("RGB", (320, 240), (40, 90, 120))
    draw = ImageDraw.Draw(image)
    for n in range(9):
        x, y = (seed * 37 + n * 53) % 280, (seed * 71 + n * 29) % 200
        draw.rectangle(
            (x, y, x + 60, y + 35), fill=((n * 29 + seed * 13) % 256, (n * 67) % 256, (n * 97) % 256)
        )
    return image


def test_pictures_again_the_same_alike_and_mirrored():
    known = [Look(f"known{n}", look_of(picture(n))) for n in range(1, 6)]
    smaller = picture(2).resize((200, 150))
    mirrored = ImageOps.mirror(picture(3)).resize((300, 225))
    other = picture(77)

    assert codes(flags.photo_flags([Look("known1", known[0].look)], known)) == [("reused", {"count": 1})]
    [(code, values)] = codes(flags.photo_flags([Look("a", look_of(smaller))], known))
    assert (code, values["count"]) == ("lookalike", 1)
    [(code, values)] = codes(flags.photo_flags([Look("b", look_of(mirrored))], known))
    assert (code, values["count"]) == ("mirrored", 1)
    assert codes(flags.photo_flags([Look("c", look_of(other)), Look("d", "")], known)) == []
    assert codes(flags.photo_flags([Look("e", "")], [Look("x", "")])) == []


def test_every_flag_has_words_that_its_numbers_fill():
    for code, sentence in flags.WORDS.items():
        values = dict.fromkeys(
            ("metres", "accuracy", "km", "minutes", "usual", "seconds", "count", "value", "bits"), "1"
        )
        assert "%" not in sentence % values, code
