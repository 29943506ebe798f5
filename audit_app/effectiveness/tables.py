"""A study as a workbook for people: what to do, effects, pilots, reasons to doubt."""

from collections.abc import Sequence

from audit_app.effectiveness import trust, wording
from audit_app.effectiveness.models import Study
from audit_app.effectiveness.queries.experiments import Trial
from audit_app.effectiveness.reading import Effect, Reading
from audit_app.kit.i18n import _, gettext, pick
from audit_app.kit.xlsx_writing import Cell, Page, write_pages
from audit_app.standards.models import Standard


def workbook(study: Study, standard: Standard, story: Reading, trials: Sequence[Trial] = ()) -> bytes:
    """Five sheets in the reader's language; numbers are numbers."""
    return write_pages(
        [
            Page(
                gettext(_("Decisions")),
                [
                    gettext(one)
                    for one in (
                        _("Item"), _("Text"), _("Proposed"), _("Decided"), _("What was found"), _("Why"),
                        _("Worth a month and shop"), _("Currency"), _("Minutes of a visit"), _("Visits needed"),
                    )
                ],
                [
                    [
                        line.item,
                        pick(line.name.text),
                        wording.decision_word(line.proposed),
                        wording.decision_word(line.taken.taken) if line.taken else None,
                        line.sentence,
                        line.reason,
                        round(line.worth, 2) if line.worth is not None else None,
                        story.money.currency if line.worth is not None else None,
                        round(line.name.minutes, 2),
                        line.needed,
                    ]
                    for group in story.groups
                    for line in group.lines
                ],
                (22, 60, 12, 12, 70, 60, 14, 10, 10, 12),
            ),
            Page(
                gettext(_("Effects")),
                [
                    gettext(one)
                    for one in (
                        _("Item"), _("Outcome"), _("Verdict"), _("Effect, never to always"), _("From"), _("To"), _("Unit"),
                        _("Smallest effect worth having"), _("Usually found from"), "q", _("Naive correlation"),
                    )
                ],
                [_effect_row(line.item, effect) for line in story.lines for effect in line.effects],
                (22, 18, 18, 14, 10, 10, 10, 14, 14, 10, 14),
            ),
            Page(
                gettext(_("Pilots")),
                [
                    gettext(one)
                    for one in (
                        _("Item"), _("Version"), _("Outcome"), _("Verdict"), _("Effect"), _("Range"), _("Numbers until"),
                    )
                ],
                [
                    [one.item, one.version, result.name, wording.verdict_word(result.verdict), result.text, result.interval, one.until]
                    for one in trials
                    for result in one.results
                ],
                (22, 10, 18, 18, 14, 22, 14),
            ),
            Page(
                gettext(_("Reasons to doubt")),
                [gettext(_("Weight")), gettext(_("What")), gettext(_("What to do"))],
                [
                    [gettext(_("serious")) if one.serious else gettext(_("note")), one.text, one.advice]
                    for one in trust.doubts_of(story)
                ],
                (12, 80, 80),
            ),
            Page(
                gettext(_("About")),
                [gettext(_("What")), gettext(_("Value"))],
                [
                    [gettext(_("Standard")), pick(standard.title)],
                    [gettext(_("From")), study.from_on],
                    [gettext(_("To")), study.to_on],
                    [gettext(_("Thorough")), gettext(_("yes")) if study.thorough else gettext(_("no"))],
                    [gettext(_("Inputs (SHA-256)")), study.inputs_hash],
                    [gettext(_("Result (SHA-256)")), study.result_hash],
                    [gettext(_("Code")), study.code_version],
                ],
                (24, 70),
            ),
        ]
    )  # fmt: skip


def _effect_row(item: str, effect: Effect) -> list[Cell]:
    def number(value: float | None) -> float | None:
        return round(value, 3) if value is not None else None

    return [
        item,
        effect.name,
        gettext(wording.VERDICTS[effect.verdict][0]),
        number(effect.value),
        number(effect.low),
        number(effect.high),
        wording.unit(effect.outcome.model),
        number(effect.smallest),
        number(effect.mde),
        effect.raw.q,
        number(effect.naive),
    ]
