"""Pictures as files below a folder: made anew in a thread, written durably under random names, forgotten again, and shown."""

import hashlib
import os
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter, to_thread
from litestar import Request
from litestar.response import Response

from audit_app.kit.errors import NotFound
from audit_app.kit.pictures import LARGEST_SIDE, Picture, remake

LARGEST_UPLOAD = 25 * 2**20
"""What the app ever takes; the setting AUDIT_UPLOAD_MEGABYTES may lower it."""
_two_at_once: list[CapacityLimiter] = []


def _limiter() -> CapacityLimiter:
    """Two pictures are worked on at once; the others wait, so that pages stay quick."""
    if not _two_at_once:
        _two_at_once.append(CapacityLimiter(2))
    return _two_at_once[0]


async def remade(raw: bytes, timezone: str = "UTC", longest: int = LARGEST_SIDE) -> Picture:
    """The picture made anew, in a thread, before any turn to write is taken."""
    work = partial(remake, raw, ZoneInfo(timezone), longest)
    return await to_thread.run_sync(work, limiter=_limiter())


def thumb_of(file: str) -> str:
    """The name of the small picture beside a file."""
    return file.removesuffix(".jpg") + "-t.jpg"


def write_files(folder: Path, picture: Picture) -> str:
    """Write picture and thumb durably under a random name below the folder; gives the name."""
    stem = secrets.token_hex(16)
    name = f"{stem[:2]}/{stem}.jpg"
    (folder / stem[:2]).mkdir(parents=True, exist_ok=True)
    for one, content in ((name, picture.jpeg), (thumb_of(name), picture.thumb)):
        path = folder / one
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return name


def forget_files(folder: Path, files: Sequence[str]) -> None:
    """Remove files that no row names."""
    for file in files:
        for one in (file, thumb_of(file)):
            (folder / one).unlink(missing_ok=True)


def picture_answer(
    request: Request[Any, Any, Any], file: str, ident: UUID, keep: str = "private, no-cache"
) -> Response[bytes]:
    """A kept picture as an answer that can do nothing but be looked at; its name says nothing."""
    path = request.app.state.settings.paths.photos / file
    mark = f'"{hashlib.sha256(file.encode()).hexdigest()[:20]}"'
    headers = {
        "cache-control": keep,
        "etag": mark,
        "content-disposition": f'inline; filename="photo-{ident.hex[:8]}.jpg"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if request.headers.get("if-none-match") == mark:
        return Response(b"", status_code=304, headers=headers, media_type="image/jpeg")
    if not path.is_file():
        raise NotFound
    return Response(path.read_bytes(), headers=headers, media_type="image/jpeg")
