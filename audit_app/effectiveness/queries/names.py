"""The items of a standard over all its versions: texts of the newest, how each version changed them, what they cost in minutes."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session, col, select

from audit_app.effectiveness.reading import Name
from audit_app.kit.i18n import _, gettext, language, pick
from audit_app.standards.models import StandardVersion, VersionState
from audit_app.standards.parsed import version_of
from audit_app.standards.rules.definition import AnswerType, Version

EFFORT = {
    AnswerType.PHOTO: 2.5,
    AnswerType.SIGNATURE: 2.0,
    AnswerType.TEXT: 3.0,
    AnswerType.MULTIPLE: 1.5,
    AnswerType.DURATION: 1.5,
    AnswerType.TIME: 1.2,
    AnswerType.NUMBER: 1.2,
}
"""How long an answer takes beside a plain yes or no. Rough: a text is typed, a photo framed."""
USUAL_MINUTES = 0.5
"""Minutes of an item where a version does not say how long filling takes."""


def minutes_by_item(version: Version) -> dict[str, float]:
    """The expected minutes of a visit, shared among its items by effort."""
    effort = {item.code: EFFORT.get(item.type, 1.0) for item in version.items}
    whole = sum(effort.values())
    minutes = float(version.minutes) if version.minutes else USUAL_MINUTES * len(effort)
    return {code: minutes * share / whole for code, share in effort.items()}


def names_of(session: Session, standard_id: UUID) -> dict[str, Name]:
    """Every item that any published version has; the newest text wins."""
    rows = session.exec(
        select(StandardVersion)
        .where(StandardVersion.standard_id == standard_id, StandardVersion.state != VersionState.DRAFT)
        .order_by(col(StandardVersion.number))
    ).all()
    found: dict[str, Name] = {}
    where: dict[str, list[int]] = {}
    classes: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        version = version_of(row)
        minutes = minutes_by_item(version)
        changed = {change["item"]: str(change["class"]) for change in row.changes}
        newest = row is rows[-1]
        here = {item.code for item in version.items}
        for code in [code for code, seen in classes.items() if code not in here and seen[-1][1] != "gone"]:
            classes[code].append((row.number, "gone"))
        for item in version.items:
            where.setdefault(item.code, []).append(row.number)
            classes.setdefault(item.code, []).append((row.number, changed.get(item.code, "same")))
            name = Name(
                text=item.text,
                section=version.section_of[item.code].title,
                kind=str(item.type),
                guidance=item.guidance,
                versions=tuple(where[item.code]),
                classes=tuple(classes[item.code]),
                minutes=minutes[item.code] if newest else 0.0,
                in_force=newest,
            )
            found[item.code] = name
            # What a code meant before a change made it a new question has a name of its own (`rules.identity`).
            found[f"{item.code}@{row.number}"] = replace(
                name, text=_until(item.text, row.number), minutes=0.0, in_force=False
            )
    return {
        code: name
        if name.in_force or "@" in code
        else replace(name, minutes=0.0, in_force=False, classes=tuple(classes[code]))
        for code, name in found.items()
    }


def _until(text: Mapping[str, str], number: int) -> dict[str, str]:
    """The old wording, and until when it was asked like this."""
    said = gettext(_("%(item)s (as asked until version %(number)s)"), item=pick(text), number=number)
    return {language(): said}
