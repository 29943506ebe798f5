"""The HTML of questions, and of their numbers in the overview: made by the shared macros once, kept for the plain ones.

A page of 60 questions is mostly the same for everybody who fills this version in this language, so a question without
comment, photo or remark is kept as text by what it shows. Anything a person wrote is never kept.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from jinja2 import Environment
from markupsafe import Markup

from audit_app.kit import i18n
from audit_app.standards.rules.definition import AnswerType
from audit_app.visits import words
from audit_app.visits.rules.form import Part, Question, mark_of, needs_photo_field

MOST_KEPT = 8000
_FREE = frozenset({AnswerType.TEXT, AnswerType.NUMBER, AnswerType.DURATION, AnswerType.TIME})
_kept: dict[tuple[Any, ...], Markup] = {}
_NOTHING = Markup("")


def numbers_html(environment: Environment, parts: Iterable[Part]) -> Markup:
    """The numbers of all questions, each leading to its own, marked where it is answered."""
    found = []
    for part in parts:
        for question in part.questions:
            key = (i18n.language(), question.code, question.number, question.answered, question.shown)
            html = _kept.get(key)
            if html is None:
                text = environment.get_template("visits/field/_number.html").render(q=question)
                html = _keep(key, Markup(text))  # noqa: S704 - made by our own template
            found.append(html)
    return _NOTHING.join(found)


def question_html(
    environment: Environment,
    version_id: UUID,
    question: Question,
    photos: list[dict[str, Any]],
    *,
    competitor: bool,
    picture: dict[str, Any] | None = None,
) -> Markup:
    """One question, as it stands for this visit, with its picture of good practice."""
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
        return _rendered(environment, question, photos, competitor, picture)
    key = (
        version_id,
        i18n.language(),
        question.code,
        question.number,
        entry.get("answer"),
        question.shown,
        question.asks,
        competitor,
        picture["src"] if picture else None,
    )
    found = _kept.get(key)
    if found is None:
        found = _keep(key, _rendered(environment, question, [], competitor, picture))
    return found


def _keep(key: tuple[Any, ...], html: Markup) -> Markup:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = html
    return html


def _rendered(
    environment: Environment,
    question: Question,
    photos: list[dict[str, Any]],
    competitor: bool,
    picture: dict[str, Any] | None,
) -> Markup:
    text = environment.get_template("visits/field/_question.html").render(
        q=question,
        item=question.item,
        kind=question.item.type.value,
        value=question.entry.get("answer", ""),
        photos=photos,
        competitor=competitor,
        picture=picture,
        photo_field=needs_photo_field(question.item),
        was=mark_of(question.entry),
        twice_words=[words.entry_words(question.item, said) for said in question.said_twice],
        sent_words=words.entry_words(question.item, question.sent),
    )
    return Markup(text)  # noqa: S704 - made by our own template, which escapes what people wrote
