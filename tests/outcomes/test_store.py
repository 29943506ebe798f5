"""Days go in and come out in bulk on both engines; sums of weeks and doubts follow."""

from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, select

from audit_app.kit.db import Engines
from audit_app.outcomes.models import OutcomeDay, OutcomeDoubt, OutcomeWeek
from audit_app.outcomes.rules.days import Days, merged, number_of, twice
from audit_app.outcomes.rules.doubts import doubts_in
from audit_app.outcomes.store import known_days, summarise, write_days
from tests.factories.organisation import make_location

MONDAY = date(2026, 8, 3)
NAN = float("nan")


def days_of(*rows: tuple[int, int, float, float], revenue: float = 1000.0) -> Days:
    """Location, days after Monday, visitors, transactions."""
    location, day, visitors, sales = zip(*rows, strict=True)
    return Days(
        np.array(location, dtype=np.int32),
        np.array(day, dtype=np.int32) + number_of(MONDAY),
        {
            "visitors": np.array(visitors, dtype=float),
            "transactions": np.array(sales, dtype=float),
            "revenue": np.full(len(rows), revenue),
        },
    )


def test_a_day_written_twice_is_replaced_and_weeks_follow(both_engines: Engines) -> None:
    with Session(both_engines.writing) as session:
        places = [make_location(session, code).id for code in ("b", "a")]
        first = days_of((0, 0, 100, 30), (1, 1, 50, NAN), (0, 7, 10, 2))
        write_days(session, first, places)
        again = days_of((0, 0, 120, 31))
        write_days(
            session,
            Days(again.location, again.day, {**again.values, "staff_hours": np.array([12.5])}),
            places,
        )
        summarise(session, places)

        rows = session.exec(select(OutcomeDay).order_by(OutcomeDay.visitors)).all()
        assert [(row.visitors, row.transactions, row.complaints) for row in rows] == [
            (10, 2, None),
            (50, None, None),
            (120, 31, None),
        ]
        assert rows[2].more == {"staff_hours": 12.5}
        assert rows[0].day == MONDAY + timedelta(days=7)
        weeks = session.exec(select(OutcomeWeek).order_by(OutcomeWeek.visitors)).all()
        assert [(week.monday, week.days, week.full, week.visitors, week.transactions) for week in weeks] == [
            (MONDAY + timedelta(days=7), 1, 1, 10, 2),
            (MONDAY, 1, 0, 50, None),
            (MONDAY, 1, 1, 120, 31),
        ]
        known = known_days(session, places, MONDAY, MONDAY)
        assert len(known) == 1
        assert known.values["staff_hours"].tolist() == [12.5]


def test_what_a_file_does_not_say_is_kept() -> None:
    known = Days(
        np.array([0, 1], dtype=np.int32),
        np.array([5, 5], dtype=np.int32),
        {"visitors": np.array([1.0, 2.0]), "complaints": np.array([NAN, 7.0])},
    )
    incoming = Days(
        np.array([1, 0, 2], dtype=np.int32),
        np.array([5, 5, 5], dtype=np.int32),
        {"visitors": np.array([3.0, 1.0, 4.0])},
    )

    found = merged(incoming, known)

    assert found.new.tolist() == [False, False, True]
    assert found.changed.tolist() == [True, False, False]
    assert found.written.values["visitors"].tolist() == [3.0, 4.0]
    np.testing.assert_array_equal(found.written.values["complaints"], [7.0, NAN])
    nothing = Days(np.zeros(0, np.int32), np.zeros(0, np.int32), {})
    assert merged(incoming, nothing).new.all()
    assert len(merged(nothing, known).written) == 0


def test_the_second_of_two_equal_days_points_at_the_first() -> None:
    days = days_of((0, 0, 1, 1), (1, 0, 1, 1), (0, 0, 2, 2))

    assert twice(days).tolist() == [0, 1, 0]


def test_doubts_are_told_from_honest_days() -> None:
    chance = np.random.default_rng(3)
    rows = []
    for day in range(140):
        usual = 300 if day % 7 == 5 else 0 if day % 7 == 6 else 100
        visitors = float(chance.poisson(usual))
        rows.append((0, day, visitors, float(chance.binomial(int(visitors), 0.3))))
    days = days_of(*rows)
    days.values["revenue"][:] = days.values["transactions"] * 2000
    assert doubts_in(days).row.tolist() == []  # Sundays are closed, Saturdays are full: both are a habit

    days.values["visitors"][14] = 20  # fewer than bought
    days.values["transactions"][14] = 28
    days.values["visitors"][22] = 0
    days.values["transactions"][22] = 0
    days.values["revenue"][22] = 0
    days.values["revenue"][30] *= 100
    days.values["revenue"][36] *= -1
    found = doubts_in(days)

    said = set(zip(found.row.tolist(), map(str, found.kind), found.measure, strict=True))
    assert said == {
        (14, "more_sales", "transactions"),
        (22, "zero", "visitors"),
        (22, "zero", "transactions"),
        (22, "zero", "revenue"),
        (30, "jump", "revenue"),
        (36, "negative", "revenue"),
    } | {(14, "jump", "visitors")}


def test_doubts_stand_in_units_people_know(both_engines: Engines) -> None:
    with Session(both_engines.writing) as session:
        place = make_location(session).id
        days = days_of(*[(0, day, 100.0, 30.0) for day in range(70)], revenue=60_000.0)
        days.values["revenue"][21] = 6_000_000.0
        write_days(session, days, [place])
        summarise(session, [place])

        doubt = session.exec(select(OutcomeDoubt)).one()
        assert (doubt.kind, doubt.measure, doubt.value, doubt.usual) == ("jump", "revenue", 60_000.0, 600.0)
        week = session.exec(
            select(OutcomeWeek).where(OutcomeWeek.monday == MONDAY + timedelta(days=21))
        ).one()
        assert week.doubts == 1
        assert (
            session.connection().execute(sa.select(sa.func.count()).select_from(OutcomeWeek)).scalar() == 10
        )
