"""JSON as programs and phones send it, read strictly: one meaning or a refusal.

Refused are: text that is no UTF-8, keys given twice, NaN and infinities, numbers beyond what both databases keep,
nesting deeper than a few levels, NUL and lone surrogates anywhere.
"""

import json
import re
from typing import Any, NoReturn

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

DEEPEST = 8
LARGEST = 2**53
_ODD = re.compile("[\x00\ud800-\udfff]")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadInput(_("The same key stands twice in the JSON."))
    return found


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > LARGEST:
        raise BadInput(_("A number in the JSON is too large."))
    return value


def _constant(_name: str) -> NoReturn:
    raise BadInput(_("The JSON holds a number that is none (NaN or infinity)."))


def _fraction(digits: str) -> float:
    value = float(digits)
    if abs(value) > LARGEST:
        raise BadInput(_("A number in the JSON is too large."))
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
)


def _too_deep(value: Any) -> bool:
    """Whether it holds boxes within boxes within boxes, looked at level by level, without recursion."""
    level = [value] if type(value) in (dict, list) else []
    for _step in range(DEEPEST):
        level = [
            inner
            for box in level
            for inner in (box.values() if type(box) is dict else box)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def read_json(raw: bytes) -> Any:
    """The value, or `BadInput` with a sentence that says what is odd."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(_("The JSON is not in UTF-8.")) from None
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise BadInput(_("The JSON is nested too deeply.")) from None
    except json.JSONDecodeError:
        raise BadInput(_("This is not JSON.")) from None
    if _too_deep(value):
        raise BadInput(_("The JSON is nested too deeply."))
    # Escapes such as \u0000 and \ud800 only show after reading; a text without a backslash cannot hold one.
    if ("\\u" in text and _holds_odd(value)) or _ODD.search(text):
        raise BadInput(_("The text holds characters that cannot be stored. Please type it again."))
    return value


def _holds_odd(value: Any) -> bool:
    if isinstance(value, str):
        return _ODD.search(value) is not None
    if isinstance(value, dict):
        return any(_holds_odd(key) or _holds_odd(one) for key, one in value.items())
    if isinstance(value, list):
        return any(_holds_odd(one) for one in value)
    return False


def read_object(raw: bytes) -> dict[str, Any]:
    """The same for a body that must be an object."""
    value = read_json(raw)
    if not isinstance(value, dict):
        raise BadInput(_("The JSON must be an object."))
    return value
