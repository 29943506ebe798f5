"""The type column: what each word of XLSForm means here, and which words are known but have no counterpart."""

import re
from dataclasses import dataclass
from typing import Final

from audit_app.standards.rules.definition import AnswerType

NOTE: Final = "note"
BEGIN: Final = "begin"
END: Final = "end"
OTHER: Final = "other"
SELECT_ONE: Final = "select_one"
SELECT_MULTIPLE: Final = "select_multiple"


@dataclass(frozen=True)
class Kind:
    """`word` is a type in one spelling, or begin, end, note, other; `about` the list, or what begins and ends."""

    word: str
    about: str = ""
    or_other: bool = False


_SELECT = re.compile(
    r"(?P<word>(?:add |q )?select(?:_one|_multiple|1| one| multiple| all that apply)"
    r"(?: prompt)?(?: from| using)?)\s+(?P<list>[^\s]+)(?P<other>\s+or[_ ](?:specify )?other)?",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"(?P<word>begin|end)[\s_]+(?P<about>group|repeat|loop|lgroup|score|rank|kobomatrix|matrix)\b.*",
    re.IGNORECASE,
)

_SAME: Final = {
    "int": "integer",
    "q int": "integer",
    "q decimal": "decimal",
    "percentage": "integer",
    "string": "text",
    "q string": "text",
    "photo": "image",
    "q image": "image",
    "q picture": "image",
    "q note": NOTE,
}
ANSWERS: Final[dict[str, tuple[AnswerType, ...]]] = {
    SELECT_ONE: (AnswerType.SINGLE, AnswerType.YES_NO, AnswerType.PASS_PARTIAL_FAIL),
    SELECT_MULTIPLE: (AnswerType.MULTIPLE,),
    "integer": (AnswerType.NUMBER, AnswerType.DURATION),
    "decimal": (AnswerType.NUMBER, AnswerType.DURATION),
    "range": (AnswerType.SCALE, AnswerType.NUMBER),
    "time": (AnswerType.TIME,),
    "text": (AnswerType.TEXT,),
    "image": (AnswerType.PHOTO, AnswerType.SIGNATURE),
    "date": (AnswerType.TEXT,),
    "datetime": (AnswerType.TEXT,),
    "barcode": (AnswerType.TEXT,),
}
"""Type of XLSForm → types of answer it can become; the first is taken when nothing says otherwise."""

AS_WORDS: Final = frozenset({"date", "datetime", "barcode"})
_WITHOUT_COUNTERPART: Final = frozenset(
    {
        "acknowledge", "trigger", "audio", "video", "file", "geopoint", "geotrace", "geoshape", "location", "gps",
        "calculate", "hidden", "start", "end", "today", "deviceid", "device id", "imei", "phonenumber", "phone number",
        "username", "email", "simserial", "sim id", "subscriberid", "subscriber id", "audit", "start-geopoint",
        "background-audio", "background-geopoint", "xml-external", "csv-external", "osm", "rank", "score__row",
        "rank__level", "start time", "end time", "uri:deviceid", "uri:email", "uri:phonenumber", "uri:username",
        "uri:simserial", "uri:subscriberid", "select_one_from_file", "select_multiple_from_file", "select_one_external",
        "select one external", "entity",
    }
)  # fmt: skip


def kind_of(cell: str) -> Kind | None:
    """What a cell of the type column says; None for a word that no version of XLSForm knows."""
    words = " ".join(cell.split())
    low = words.lower()
    group = _GROUP.fullmatch(words)
    if group:
        about = group["about"].lower()
        return Kind(group["word"].lower(), "repeat" if about in ("loop", "lgroup") else about)
    select = _SELECT.fullmatch(words)
    if select:
        several = re.search("multiple|all", select["word"], re.IGNORECASE)
        return Kind(
            SELECT_MULTIPLE if several else SELECT_ONE, select["list"], or_other=bool(select["other"])
        )
    low = re.sub(r"^add (.*) prompt$", r"\1", low)
    low = {"date time": "datetime", "q date": "date", "q barcode": "barcode", "picture": "image"}.get(
        low, low
    )
    low = _SAME.get(low, low)
    if low == NOTE or (low in ANSWERS and low not in (SELECT_ONE, SELECT_MULTIPLE)):
        return Kind(low)
    first = low.split(" ")[0]
    if low in _WITHOUT_COUNTERPART or first in _WITHOUT_COUNTERPART or low.startswith("q "):
        return Kind(OTHER, low)
    return None
