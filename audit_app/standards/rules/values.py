"""Numbers as people write them: 3,5 · 1:30 · 09:05, and back again, exactly."""

import re
from fractions import Fraction

_DECIMAL = re.compile(r"[-+]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_MINUTES = re.compile(r"([0-9]{1,5}):([0-5][0-9])")
_HOURS = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])")


def read_decimal(text: str) -> Fraction | None:
    """A decimal number with a point or a comma, at most 12 digits before it and 6 behind."""
    return Fraction(text.replace(",", ".")) if _DECIMAL.fullmatch(text) else None


def read_duration(text: str) -> Fraction | None:
    """Seconds: as a number, as m:ss or as h:mm:ss."""
    if hours := _HOURS.fullmatch(text):
        return Fraction(int(hours[1]) * 3600 + int(hours[2]) * 60 + int(hours[3]))
    if minutes := _MINUTES.fullmatch(text):
        return Fraction(int(minutes[1]) * 60 + int(minutes[2]))
    seconds = read_decimal(text)
    return seconds if seconds is not None and seconds >= 0 else None


def read_time(text: str) -> Fraction | None:
    """Minutes since midnight, from HH:MM."""
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 23:
        return None
    return Fraction(int(found[1]) * 60 + int(found[2]))


def write_decimal(number: Fraction) -> str:
    """The shortest decimal spelling of a number that has one: 5, 2.5, -0.125."""
    if number.denominator == 1:
        return str(number.numerator)
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
        if places > 30:
            raise ValueError(f"{number} has no decimal spelling")
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def write_time(minutes: Fraction) -> str:
    """HH:MM from minutes since midnight."""
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"
