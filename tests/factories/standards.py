"""Small standards with honest defaults: one section, two items, published unless asked otherwise."""

from copy import deepcopy
from typing import Any
from uuid import UUID

from sqlmodel import Session

from audit_app.kit import clock
from audit_app.standards import actions
from audit_app.standards.models import StandardVersion

DOCUMENT: dict[str, Any] = {
    "code": "shop-floor",
    "version": 1,
    "title": {"en": "Shop floor", "ru": "Торговый зал", "uk": "Торговий зал"},
    "languages": ["en", "ru", "uk"],
    "aggregation": "sections",
    "bands": [
        {"from": 0, "name": {"en": "Low", "ru": "Низко", "uk": "Низько"}, "tone": "bad"},
        {"from": 75, "name": {"en": "Good", "ru": "Хорошо", "uk": "Добре"}, "tone": "good"},
    ],
    "pass_mark": 75,
    "sections": [
        {
            "code": "welcome",
            "title": {"en": "Welcome", "ru": "Встреча", "uk": "Зустріч"},
            "items": [
                {
                    "code": "greeted",
                    "text": {
                        "en": "Were you greeted?",
                        "ru": "Вас поприветствовали?",
                        "uk": "Вас привітали?",
                    },
                    "type": "yes_no",
                    "weight": 4,
                    "na": True,
                    "evidence": {"no": ["comment"]},
                },
                {
                    "code": "smile",
                    "text": {"en": "Was there a smile?", "ru": "Вам улыбнулись?", "uk": "Вам усміхнулися?"},
                    "type": "yes_no",
                },
            ],
        }
    ],
}


class _By:
    def __init__(self, person_id: UUID) -> None:
        self.id = person_id


def make_document(**changes: Any) -> dict[str, Any]:
    """A document of two yes/no items in three languages; keyword arguments replace its top keys."""
    return {**deepcopy(DOCUMENT), **changes}


def make_version(
    session: Session,
    document: dict[str, Any] | None = None,
    *,
    published: bool = True,
    by: UUID | None = None,
) -> StandardVersion:
    """A version made as the app makes one: imported, then published."""
    who = _By(by) if by else None
    version = actions.import_document(session, document or make_document(), who, clock.now())
    if published:
        actions.publish(session, version, who, clock.now(), lambda _event: None)
    return version
