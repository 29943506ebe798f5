"""Pictures of good practice as whoever makes a visit sees them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from audit_app.kit.errors import NotFound
from audit_app.organisation.rules import Actor
from audit_app.standards.models import StandardPicture, StandardVersion
from audit_app.standards.parsed import version_by_id
from audit_app.standards.pictures import Pictures, pictures_named
from audit_app.standards.rules.definition import Version
from audit_app.visits.models import Visit, VisitState


def guide_pictures(session: Session, version: Version, version_id: UUID) -> Pictures:
    """The pictures of good practice the items of a version show; asks nothing when it names none."""
    names = [item.picture for item in version.items if item.picture]
    if not names:
        return {}
    found = session.connection().execute(
        sa.select(col(StandardVersion.standard_id)).where(col(StandardVersion.id) == version_id)
    )
    return pictures_named(session, found.scalar_one(), names)


def pictures_to_keep(session: Session, visits: Sequence[UUID]) -> list[UUID]:
    """The pictures a phone needs for these visits without a network."""
    versions = session.connection().execute(
        sa.select(col(Visit.version_id)).where(col(Visit.id).in_(visits)).distinct()
    )
    found: dict[UUID, None] = {}
    for version_id in versions.scalars().all():
        named = guide_pictures(session, version_by_id(session, version_id), version_id)
        found.update(dict.fromkeys(one.id for one in named.values()))
    return sorted(found)


def guide_picture(session: Session, picture_id: UUID, actor: Actor) -> StandardPicture:
    """A picture of good practice, for a shopper who was ever offered a visit with it."""
    picture = session.get(StandardPicture, picture_id)
    if picture is None:
        raise NotFound
    versions = session.connection().execute(
        sa.select(col(Visit.version_id))
        .join(StandardVersion, col(StandardVersion.id) == col(Visit.version_id))
        .where(
            col(Visit.shopper_id) == actor.id,
            col(Visit.state) != VisitState.PLANNED,
            col(StandardVersion.standard_id) == picture.standard_id,
        )
        .distinct()
    )
    for version_id in versions.scalars().all():
        if any(item.picture == picture.name for item in version_by_id(session, version_id).items):
            return picture
    raise NotFound
