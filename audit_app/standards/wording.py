"""An answer in the reader's words: the option's text, a number with its unit, a time as the reader may know it."""

from fractions import Fraction

from audit_app.kit.i18n import _, day_part, format_number, gettext, pick
from audit_app.standards.rules.definition import GIVEN, NA, AnswerType, Item

COMMON = {
    "yes": _("Yes"),
    "no": _("No"),
    "pass": _("Done"),
    "partial": _("In part"),
    "fail": _("Not done"),
    NA: _("Not applicable"),
    GIVEN: _("Given"),
}
"""Words of the codes that need no text of their own."""


def option_text(item: Item, code: str) -> str:
    """The words of one option."""
    option = next((one for one in item.options if one.code == code), None)
    if option is not None and option.text:
        return pick(option.text)
    return gettext(COMMON[code]) if code in COMMON else code


def answer_text(item: Item, said: str | None, *, coarse: bool = False) -> str:
    """What was answered, in words; `coarse` keeps a time of day to its part (for readers at the place)."""
    if not said:
        return "–"
    if said == NA:
        return gettext(COMMON[NA])
    if item.type == AnswerType.MULTIPLE:
        return ", ".join(option_text(item, code.strip()) for code in said.split(";") if code.strip()) or "–"
    if item.options or said in COMMON:
        return option_text(item, said)
    if item.type == AnswerType.TIME:
        hour = said.partition(":")[0]
        return day_part(int(hour)) if coarse and hour.isdigit() else said
    if item.type == AnswerType.DURATION:
        return _duration(said)
    if item.type == AnswerType.SCALE and item.scale:
        return gettext(_("%(value)s of %(most)s"), value=said, most=item.scale.max)
    if item.type == AnswerType.NUMBER:
        try:
            number = format_number(float(Fraction(said.replace(",", "."))))
        except (ValueError, ZeroDivisionError):
            number = said
        unit = pick(item.unit)
        return f"{number} {unit}" if unit else number
    return said


def _duration(said: str) -> str:
    parts = said.split(":")
    if not all(part.isdigit() for part in parts):
        return said
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return gettext(_("%(seconds)s s"), seconds=rest)
    return gettext(_("%(minutes)s min %(seconds)s s"), minutes=minutes, seconds=rest)
