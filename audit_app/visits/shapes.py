"""The shapes of what phones and programs send about visits and what they hear: read by the document of the API.

Handlers read raw bodies (hashes are over the bytes), so the shapes stand here, beside the numbers the rules use. A test
sends the examples as they stand.
"""

from collections.abc import Mapping
from typing import Any, Final

from audit_app.standards.rules.answers import LONGEST_ANSWER
from audit_app.visits.rules.entries import LONGEST_COMMENT, MOST_PHOTOS_A_VISIT, MOST_PHOTOS_AN_ITEM
from audit_app.visits.rules.evidence import SOURCES
from audit_app.visits.rules.submission import MOST_ANSWERS, MOST_IN_MANIFEST

Shape = Mapping[str, Any]

VISIT: Final = "6f1c2b0e-6f0e-4b6a-9d1e-0a4f5b7c8d90"
SUBMISSION_ID: Final = "0b6d3f57-2f43-4a0a-8a53-5f1f6f0f3c11"
PHOTO_SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def said(kind: str, words: str, **more: Any) -> dict[str, Any]:
    """One field with its meaning."""
    return {"type": kind, "description": words, **more}


def _maybe(shape: Shape) -> dict[str, Any]:
    return {**shape, "type": [shape["type"], "null"]}


def _moment(words: str) -> dict[str, Any]:
    zone = "ISO 8601 with its zone, such as 2026-11-22T14:05:00+02:00."
    return said("string", f"{words} {zone}", format="date-time")


SHA: Final = said("string", "SHA-256 in small hexadecimal letters.", pattern="^[0-9a-f]{64}$")
_UUID: Final = {"type": "string", "format": "uuid"}
_ENTRY: Final = {
    "answer": {
        "type": ["string", "number", "array", "null"],
        "items": {"type": "string"},
        "maxLength": LONGEST_ANSWER,
        "description": "An option's code; several as a;b or a list; a number; a duration in seconds or m:ss; "
        "a time as HH:MM; words; or na where the question allows it. Left out where a photo or signature answers.",
    },
    "comment": _maybe(said("string", "Words beside the answer.", maxLength=LONGEST_COMMENT)),
    "evidence": _maybe(
        said(
            "array",
            f"The photos of this answer; at most {MOST_PHOTOS_A_VISIT} in a visit. Each is sent by PUT /api/v1/evidence/{{sha256}}.",
            items=SHA,
            maxItems=MOST_PHOTOS_AN_ITEM,
        )
    ),
    "at": _maybe(_moment("When it was answered, by the device's clock.")),
}
_DISTANCE: Final = {"latitude": 90, "longitude": 180}
PLACE: Final[Shape] = {
    "type": ["object", "null"],
    "description": "Where the device is, if the person let it say so.",
    "required": ["latitude", "longitude"],
    "properties": {
        **{name: said("number", "Degrees.", minimum=-most, maximum=most) for name, most in _DISTANCE.items()},
        "accuracy": said("number", "Metres, where the device knows them."),
        "at": _moment("When it was found."),
    },
}

DRAFT: Final[Shape] = {
    "type": "object",
    "required": ["answers"],
    "properties": {
        "base": said("integer", "The version of the draft the changes were made on; 0 before the first.", minimum=0),
        "device": said("string", "A name the device made up for itself, so that it is not at odds with itself.", maxLength=64),
        "brief": said("boolean", "Leave progress and demands out of the answer: the device knows the rules."),
        "answers": said(
            "object",
            "Changed answers by the item's code; null takes one back.",
            additionalProperties={"type": ["object", "null"], "properties": _ENTRY},
        ),
    },
}  # fmt: skip
DRAFT_EXAMPLE: Final[Shape] = {
    "base": 0,
    "device": "phone-1",
    "answers": {"greeted": {"answer": "yes", "at": "2026-11-22T14:05:00+02:00"}, "note": None},
}
_PROGRESS: Final = {
    "answered": said("integer", "Questions answered."),
    "total": said("integer", "Questions seen."),
    "required_left": said("integer", "Required ones without an answer."),
}
MERGED: Final[Shape] = {
    "type": "object",
    "required": ["base", "merged", "conflicts", "others"],
    "properties": {
        "base": said("integer", "The version of the draft now: send it with the next change."),
        "merged": said("array", "Items that were taken.", items={"type": "string"}),
        "conflicts": said(
            "object",
            "Items two devices answered differently, with both answers; a person chooses.",
            additionalProperties={"type": "array", "items": {"type": "object", "properties": _ENTRY}},
        ),
        "others": said(
            "object",
            "What other devices answered since this one looked.",
            additionalProperties={"type": "object", "properties": _ENTRY},
        ),
        "shown": said("array", "Items this visit sees (not with brief).", items={"type": "string"}),
        "asks": said(
            "object",
            "What answers still ask for: comment, photo (not with brief).",
            additionalProperties={"type": "array", "items": {"enum": ["comment", "photo"]}},
        ),
        "progress": said(
            "object",
            "How far the draft is, as a whole and by section (not with brief).",
            properties={
                **_PROGRESS,
                "lacking": said("integer", "Answers without their photo or comment."),
                "sections": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"section": said("string", "The section's code."), **_PROGRESS},
                    },
                },
            },
        ),
    },
}

SUBMISSION: Final[Shape] = {
    "type": "object",
    "required": ["submission_id", "answers"],
    "properties": {
        "submission_id": {
            **_UUID,
            "description": "Made on the device once and never anew: the same id with the same bytes may come as often as it likes.",
        },
        "base_version": {
            "type": ["integer", "null"],
            "description": "The number of the submission this one corrects; 0 or null for the first. "
            "An older one than what was sent back is kept beside it (202).",
        },
        "started_at": _maybe(_moment("When filling began, by the device's clock.")),
        "finished_at": _maybe(_moment("When filling ended, by the device's clock.")),
        "device_now": _maybe(_moment("The device's clock as it sends; the server corrects the others by it.")),
        "place": PLACE,
        "answers": said(
            "array",
            "Every answer, each item once. Of a correction only the items that were sent back may differ.",
            maxItems=MOST_ANSWERS,
            items={
                "type": "object",
                "required": ["item"],
                "properties": {"item": said("string", "The item's code.", maxLength=100), **_ENTRY},
            },
        ),
        "evidence": {
            "type": ["array", "null"],
            "description": "The photos the answers name, as the device knows them.",
            "maxItems": MOST_IN_MANIFEST,
            "items": {
                "type": "object",
                "required": ["sha256"],
                "properties": {
                    "sha256": SHA,
                    "bytes": said("integer", "How large the file is."),
                    "type": said("string", "Its media type."),
                    "from": {
                        "enum": sorted(SOURCES),
                        "description": "Taken with the camera, chosen from the pictures of the device, or drawn by hand; "
                        "shown to whoever reviews. Anything else counts as not known.",
                    },
                },
            },
        },
    },
}  # fmt: skip
SUBMISSION_EXAMPLE: Final[Shape] = {
    "submission_id": SUBMISSION_ID,
    "base_version": 0,
    "started_at": "2026-11-22T14:05:00+02:00",
    "finished_at": "2026-11-22T14:21:30+02:00",
    "device_now": "2026-11-22T14:21:31+02:00",
    "place": {"latitude": 50.45011, "longitude": 30.52339, "accuracy": 12},
    "answers": [
        {"item": "greeted", "answer": "yes", "at": "2026-11-22T14:06:10+02:00"},
        {"item": "smile", "answer": "4", "at": "2026-11-22T14:06:40+02:00"},
        {"item": "receipt", "answer": "no", "comment": "The till was broken.", "evidence": [PHOTO_SHA]},
    ],
    "evidence": [{"sha256": PHOTO_SHA, "bytes": 183204, "type": "image/jpeg", "from": "camera"}],
}
RECEIPT: Final[Shape] = {
    "type": "object",
    "required": ["id", "visit", "received_at", "sha256", "state", "missing_evidence"],
    "properties": {
        "id": {**_UUID, "description": "The submission_id that was sent."},
        "visit": {**_UUID, "description": "The visit."},
        "received_at": _moment("When it was taken, by the server's clock."),
        "sha256": said("string", "SHA-256 of the bytes of the body: a receipt for other bytes is none.", pattern="^[0-9a-f]{64}$"),
        "state": {"enum": ["submitted", "conflict"], "description": "Taken, or kept beside an earlier one."},
        "missing_evidence": said("array", "Photos that have not arrived yet.", items=SHA),
        "code": said("string", "conflict_kept, with 202 only."),
        "message": said("string", "For people, with 202 only."),
    },
}  # fmt: skip
RECEIPT_EXAMPLE: Final[Shape] = {
    "id": SUBMISSION_ID,
    "visit": VISIT,
    "received_at": "2026-11-22T12:21:32.418+00:00",
    "sha256": "4f3b1d6c0d6a9f0b7b1f0f2c6f3c2f3e8a6b9f1d2c4e5a7b8c9d0e1f2a3b4c5d",
    "state": "submitted",
    "missing_evidence": [PHOTO_SHA],
}

REPORT: Final[Shape] = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["closed", "recognised"], "description": "The place was closed, or the person was recognised."},
        "words": _maybe(said("string", "In their own words.", maxLength=1500)),
        "at": _maybe(_moment("When it happened, by the device's clock.")),
    },
}  # fmt: skip
REPORT_EXAMPLE: Final[Shape] = {
    "kind": "closed",
    "words": "A note on the door: stocktaking until Monday.",
    "at": "2026-11-22T14:05:00+02:00",
}
REPORT_KEPT: Final[Shape] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {**_UUID, "description": "The id the device made."}},
}

UPLOAD: Final[Shape] = {
    "type": "object",
    "required": ["sha256", "state"],
    "properties": {
        "sha256": SHA,
        "state": {
            "enum": ["expected", "part", "uploaded"],
            "description": "Nothing is here yet; a part of it is; all of it is and was understood as a picture.",
        },
        "received": said("integer", "Bytes from the beginning that are here; go on from there. Not with uploaded.", minimum=0),
    },
}  # fmt: skip

REFUSED: Final[Mapping[str, Mapping[int, Mapping[str, str]]]] = {
    "draft": {
        409: {"refused": "The visit can no longer be filled in; ask for its page."},
        422: {
            "bad_input": "The body cannot be read.",
            "bad_answers": "fields names each item, with the reason.",
        },
    },
    "submission": {
        409: {
            "different_bytes": "This id came before with other bytes. What was taken first stays; do not repeat.",
            "not_accepted": "The visit was offered and not accepted yet.",
        },
        410: {
            "closed": "The time for the visit is over, or it was given back. Settled: do not repeat.",
            "withdrawn": "The visit was withdrawn. Settled: do not repeat.",
        },
        422: {
            "bad_input": "The body cannot be read; fields names each place.",
            "bad_answers": "fields names each item, with the reason. Mend it and send it under the same id: nothing was kept.",
        },
    },
    "evidence": {
        404: {"not_expected": "No answer of yours names this photo; save the answer first."},
        409: {"wrong_offset": "A part before this one is missing; received says where to go on."},
        422: {
            "bad_input": "The name is no SHA-256, or a part is shorter than its range.",
            "bad_range": "Content-Range cannot be read.",
            "sha256_mismatch": "The bytes are not what their name says.",
            "not_a_picture": "The bytes are no JPEG, PNG or WebP that can be read.",
        },
    },
    "report": {422: {"bad_report": "kind, words or at cannot be read."}},
}
"""What else than the usual a call may answer: status → code → what it means."""
BUSY: Final[Mapping[int, Mapping[str, str]]] = {
    503: {
        "busy": "Repeat after Retry-After seconds: nothing was taken.",
        "no_room": "The server has no room just now. Repeat later: nothing was taken.",
    }
}
