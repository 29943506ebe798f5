"""The HTML of questions: made by the shared macros once, kept for the plain ones.

A page of 60 questions is mostly the same for everybody who fills this version in this language, so a question without
comment, photo or remark is kept as text by what it shows. Anything a person wrote is never kept.
"""

import json
from typing import Any
from uuid import UUID

from jinja2 import Environment
from markupsafe import Markup

from audit_app.kit import i18n
from audit_app.standards.rules.definition import AnswerType
from audit_app.visits.rules.form import Question, asks_json, mark_of, needs_photo_field, show_if_json

MOST_KEPT = 4000
_FREE = frozenset({AnswerType.TEXT, AnswerType.NUMBER, AnswerType.DURATION, AnswerType.TIME})
_kept: dict[tuple[Any, ...], Markup] = {}


def question_html(
    environment: Environment,
    version_id: UUID,
    question: Question,
    photos: list[dict[str, Any]],
    *,
    competitor: bool,
) -> Markup:
    """One question, as it stands for this visit."""
    entry = question.entry
    plain = not (
        entry.get("comment")
        or entry.get("evidence")
        or question.reason
        or question.said_twice
        or question.error
        or (entry.get("answer") and question.item.type in _FREE)
    )
    if not plain:
        return _rendered(environment, question, photos, competitor)
    key = (
        version_id,
        i18n.language(),
        question.code,
        question.number,
        entry.get("answer"),
        question.shown,
        question.asks,
        competitor,
    )
    found = _kept.get(key)
    if found is None:
        found = _rendered(environment, question, [], competitor)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def _rendered(
    environment: Environment, question: Question, photos: list[dict[str, Any]], competitor: bool
) -> Markup:
    show = show_if_json(question.item.show_if)
    asks = asks_json(question.item)
    text = environment.get_template("visits/field/_question.html").render(
        q=question,
        item=question.item,
        kind=question.item.type.value,
        value=question.entry.get("answer", ""),
        photos=photos,
        competitor=competitor,
        photo_field=needs_photo_field(question.item),
        was=mark_of(question.entry),
        show=json.dumps(show, separators=(",", ":")) if show else "",
        asks=json.dumps(asks, separators=(",", ":")) if asks else "",
    )
    return Markup(text)  # noqa: S704 - made by our own template, which escapes what people wrote
