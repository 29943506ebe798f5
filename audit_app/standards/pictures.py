"""Which pictures of good practice a standard has, and which its items only name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from audit_app.kit.errors import NotFound
from audit_app.organisation.rules import Actor
from audit_app.standards.models import StandardPicture, StandardVersion, VersionState
from audit_app.standards.queries import EDITORS

Pictures = dict[str, StandardPicture]


def names_in(document: Mapping[str, Any]) -> list[str]:
    """The pictures the items of a document name, in their order; each once. A draft may hold anything, so look twice."""
    found: dict[str, None] = {}
    for section in document.get("sections") or ():
        for item in section.get("items") or ():
            name = item.get("picture")
            if isinstance(name, str) and name:
                found[name] = None
    return list(found)


def pictures_named(session: Session, standard_id: UUID, names: Iterable[str]) -> Pictures:
    """The pictures of these names; one question, and none when nothing is named."""
    wanted = set(names)
    if not wanted:
        return {}
    rows = session.exec(
        select(StandardPicture).where(
            StandardPicture.standard_id == standard_id, col(StandardPicture.name).in_(wanted)
        )
    )
    return {row.name: row for row in rows}


def pictures_of(session: Session, version: StandardVersion) -> Pictures:
    """The pictures a version shows."""
    return pictures_named(session, version.standard_id, names_in(version.document))


def shown_pictures(pictures: Pictures, address: Callable[..., str], route: str) -> dict[str, dict[str, Any]]:
    """The pictures as templates show them: where each is, and how large, so that nothing jumps while it loads."""
    return {
        name: {"src": address(route, picture_id=one.id), "width": one.width, "height": one.height}
        for name, one in pictures.items()
    }


def missing_pictures(session: Session, version: StandardVersion) -> list[str]:
    """Names that items give and no picture has: a file carries the names only."""
    here = pictures_of(session, version)
    return [name for name in names_in(version.document) if name not in here]


def picture_for(session: Session, picture_id: UUID, actor: Actor) -> StandardPicture:
    """The picture, for whoever reads standards; one that stands in drafts only is for those who write them."""
    picture = session.get(StandardPicture, picture_id)
    if picture is None:
        raise NotFound
    if not actor.has(*EDITORS):
        documents = session.exec(
            select(StandardVersion.document).where(
                StandardVersion.standard_id == picture.standard_id,
                StandardVersion.state != VersionState.DRAFT,
            )
        )
        if not any(picture.name in names_in(document) for document in documents):
            raise NotFound
    return picture
