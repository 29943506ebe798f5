"""What people decided about items: the newest of each, the history of one, and when it is looked at again."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.effectiveness.models import ItemDecision, Study
from audit_app.effectiveness.rules.findings import Decision
from audit_app.organisation.models import Person
from audit_app.standards.models import Standard


@dataclass(frozen=True)
class Entry:
    """One line of an item's history."""

    decision: ItemDecision
    by: str
    study: Study


@dataclass(frozen=True)
class Due:
    """An item to look at again."""

    decision: ItemDecision
    standard: Standard
    by: str


def newest_decisions(session: Session, standard_id: UUID) -> dict[str, ItemDecision]:
    """The decision that holds, by item."""
    found = session.exec(
        select(ItemDecision)
        .where(ItemDecision.standard_id == standard_id)
        .order_by(col(ItemDecision.at), col(ItemDecision.id).desc())
    ).all()
    return {one.item: one for one in found}


def history_of(session: Session, standard_id: UUID, item: str) -> list[Entry]:
    """All decisions about an item, the newest first."""
    found = session.exec(
        select(ItemDecision, Person.name, Study)
        .join(Study, col(Study.id) == col(ItemDecision.study_id))
        .outerjoin(Person, col(Person.id) == col(ItemDecision.by_id))
        .where(ItemDecision.standard_id == standard_id, ItemDecision.item == item)
        .order_by(col(ItemDecision.at).desc(), col(ItemDecision.id))
    ).all()
    return [Entry(decision, by or "", study) for decision, by, study in found]


def calendar(session: Session, *, until: date | None = None, limit: int = 500) -> list[Due]:
    """Items whose newest decision names a day to look again, the earliest first; dropped ones are done with."""
    place = sa.func.row_number().over(
        partition_by=[col(ItemDecision.standard_id), col(ItemDecision.item)],
        order_by=[col(ItemDecision.at).desc(), col(ItemDecision.id)],
    )
    newest = sa.select(col(ItemDecision.id), place.label("place")).subquery()
    question = (
        select(ItemDecision, Standard, Person.name)
        .join(newest, newest.c.id == ItemDecision.id)
        .join(Standard, col(Standard.id) == col(ItemDecision.standard_id))
        .outerjoin(Person, col(Person.id) == col(ItemDecision.by_id))
        .where(newest.c.place == 1, col(ItemDecision.review_on).is_not(None), col(ItemDecision.taken) != Decision.DROP)
        .order_by(col(ItemDecision.review_on), col(ItemDecision.item))
        .limit(limit)
    )  # fmt: skip
    if until is not None:
        question = question.where(col(ItemDecision.review_on) <= until)
    return [Due(decision, standard, by or "") for decision, standard, by in session.exec(question).all()]


def kept_items(session: Session, standard_id: UUID) -> frozenset[str]:
    """Items a person keeps as hygiene."""
    return frozenset(
        item
        for item, one in newest_decisions(session, standard_id).items()
        if one.taken == Decision.HYGIENE and one.proposed != Decision.HYGIENE
    )
