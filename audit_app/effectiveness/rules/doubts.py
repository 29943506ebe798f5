"""Reasons to doubt a study, in words, each with what to do about it."""

from audit_app.effectiveness.rules.findings import Doubt, Reason
from audit_app.kit.i18n import _

FEW_LOCATIONS = 40
FEW_VISITS = 10
FEW_WEEKS = 26
GAPS = 0.10
"""Share of location-weeks without numbers, between a location's first and last, from which it is said."""
LOW_RESPONSE = 0.20


def small_network(locations: int) -> Doubt:
    """Few locations."""
    return Doubt(
        "few_locations",
        False,
        Reason(
            _("Locations that could be compared with themselves over time: only %(count)s."),
            {"count": str(locations)},
        ),
        Reason(_("Expect few verdicts. More locations help more than more visits to the same ones.")),
    )


def seldom_visited(visits: float) -> Doubt:
    """Few visits per location."""
    return Doubt(
        "few_visits",
        False,
        Reason(
            _("Visits of a usual location in this period: %(count)s. Half of them have fewer."),
            {"count": f"{visits:.0f}"},
        ),
        Reason(_("Plan two visits a month for every location, or choose a longer period.")),
    )


def short_period(weeks: int) -> Doubt:
    """Few weeks."""
    return Doubt(
        "few_weeks",
        False,
        Reason(_("Weeks in the period: only %(count)s."), {"count": str(weeks)}),
        Reason(_("Habits change slowly: half a year is a beginning, a year is good.")),
    )


def hidden_cause(outcome: str, z: float) -> Doubt:
    """The climate alarm."""
    return Doubt(
        "hidden_cause",
        True,
        Reason(
            _(
                "Something unseen seems to move both compliance and %(outcome)s (strength %(z)s, alarm from 2.0)."
            ),
            {"outcome": outcome, "z": f"{abs(z):.1f}"},
        ),
        Reason(
            _(
                "Its estimated share was taken out, but read “pays” as “moves together with”. A pilot would settle it."
            )
        ),
    )


def leads_found(outcome: str) -> Doubt:
    """Effects before their cause."""
    return Doubt(
        "leads",
        True,
        Reason(
            _("Compliance of two months later goes with %(outcome)s of today: effort may follow results."),
            {"outcome": outcome},
        ),
        Reason(
            _(
                "Read “pays” as “moves together with”. Add what triggers effort as a covariate, or run a pilot."
            )
        ),
    )


def placebo_found(outcome: str, items: int, *, controlled: bool) -> Doubt:
    """An outcome that cannot react moves with items."""
    if controlled:
        return Doubt(
            "placebo",
            False,
            Reason(
                _(
                    "Busy weeks and compliance go together (items: %(items)s). Footfall is therefore held constant."
                ),
                {"items": str(items)},
            ),
            Reason(_("Make sure that the visitor counts are right; verdicts lean on them.")),
        )
    return Doubt(
        "placebo",
        True,
        Reason(
            _(
                "Items that seem to change %(outcome)s, which they cannot: %(items)s. A hidden cause is at work."
            ),
            {"items": str(items), "outcome": outcome},
        ),
        Reason(_("Read “pays” as “moves together with”, and look for what is missing as a covariate.")),
    )


NO_FOOTFALL = Doubt(
    "no_footfall",
    True,
    Reason(
        _(
            "There are no visitor counts: busy weeks, which spoil both compliance and sales, are not held constant."
        )
    ),
    Reason(_("Bring visitor counts, or staff hours as a covariate.")),
)
NO_REGIONS = Doubt(
    "no_regions",
    False,
    Reason(_("No regions are known: local weather, holidays and campaigns are not held constant.")),
    Reason(_("Give every location its region.")),
)


def uneven_shoppers(count: int) -> Doubt:
    """Shoppers far from the others."""
    return Doubt(
        "shoppers",
        False,
        Reason(
            _("Shoppers who judge far more strictly or kindly than the others: %(count)s."),
            {"count": str(count)},
        ),
        Reason(_("Their strictness was taken out. Look at their reports together and train where needed.")),
    )


def left_out(outcome: str) -> Doubt:
    """An outcome could not be studied."""
    return Doubt(
        "left_out",
        False,
        Reason(
            _("%(outcome)s was left out: its numbers are missing or always nought."), {"outcome": outcome}
        ),
        Reason(_("Bring the numbers for at least half a year, by location and day.")),
    )


def not_estimated(outcome: str) -> Doubt:
    """An outcome's model cannot be estimated."""
    return Doubt(
        "left_out",
        False,
        Reason(
            _("%(outcome)s was left out: there are too few locations or weeks to compare."),
            {"outcome": outcome},
        ),
        Reason(_("Bring the numbers for at least half a year, by location and day.")),
    )


def counted_instead(outcome: str, share: float) -> Doubt:
    """Zeros: Poisson instead of logs."""
    return Doubt(
        "zeros",
        False,
        Reason(
            _("%(outcome)s is nought in %(share)s %% of the weeks, so it is studied as a rare count."),
            {"outcome": outcome, "share": f"{100 * share:.1f}"},
        ),
        Reason(_("Check that nought means nothing happened, and not that nothing was recorded.")),
    )


def without_numbers(outcome: str, count: int) -> Doubt:
    """Visited locations that an outcome knows nothing of."""
    return Doubt(
        "no_numbers",
        False,
        Reason(
            _("Visited locations without numbers for %(outcome)s: %(count)s."),
            {"count": str(count), "outcome": outcome},
        ),
        Reason(_("Bring the numbers for at least half a year, by location and day.")),
    )


def gaps(share: float) -> Doubt:
    """Missing outcome weeks."""
    return Doubt(
        "gaps",
        False,
        Reason(_("%(share)s %% of the weeks have no numbers."), {"share": f"{100 * share:.0f}"}),
        Reason(
            _("Look at the coverage page: weeks that are missing when things go badly would bend the result.")
        ),
    )


def no_signal(items: int) -> Doubt:
    """Items without a signal."""
    return Doubt(
        "no_signal",
        False,
        Reason(
            _("Items of which visits saw nothing but what looks like chance: %(items)s."),
            {"items": str(items)},
        ),
        Reason(_("Make clear what counts, train shoppers on these items, or visit more often.")),
    )


def leans_on_one(items: int) -> Doubt:
    """Findings that hang on one location."""
    return Doubt(
        "one_location",
        False,
        Reason(
            _("Findings that would be gone without one single location: %(items)s."), {"items": str(items)}
        ),
        Reason(_("Look at that location's numbers before acting on these findings.")),
    )


def few_answer_surveys(outcome: str, rate: float) -> Doubt:
    """Survey response."""
    return Doubt(
        "survey",
        True,
        Reason(
            _("Only %(rate)s %% of those asked answered the survey behind %(outcome)s."),
            {"rate": f"{100 * rate:.1f}", "outcome": outcome},
        ),
        Reason(_("Those who answer are not like those who do not: take the result as a hint.")),
    )
