"""Files that come in parts: what has arrived waits aside until the whole is there, so that a cut line costs one part at most.

Situation: a photo on one bar of signal is cut off again and again and would begin anew each time. Choice: one file for
each person and hash below the data folder, written under the file's own lock (processes share it); what is there
already is skipped, so any part may come twice. Nothing here is acknowledged as evidence: that happens when the hash of
the whole is right. Refused: parts in the database (they would be written twice).
"""

import fcntl
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

KEPT_FOR = timedelta(days=3)
"""Parts nobody continues are removed after so long; the phone then begins anew."""
MOST_ASIDE = 8
"""Unfinished files of one person; the one that rested longest makes room."""
_ENDING = ".part"


def part_path(folder: Path, person_id: UUID, sha256: str) -> Path:
    """Where the parts of this file of this person wait."""
    return folder / f"{person_id.hex}-{sha256}{_ENDING}"


def arrived(folder: Path, person_id: UUID, sha256: str) -> int:
    """How many bytes from the beginning are here."""
    try:
        return part_path(folder, person_id, sha256).stat().st_size
    except FileNotFoundError:
        return 0


def add_part(
    folder: Path, person_id: UUID, sha256: str, start: int, data: bytes, now: datetime
) -> tuple[int, bool]:
    """Write what is new of this part; gives how far the file is, and whether the part fitted on to it."""
    path = part_path(folder, person_id, sha256)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder, now)
        _make_room(folder, person_id)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        here = os.fstat(file.fileno()).st_size
        if start > here:
            return here, False
        fresh = data[here - start :]
        file.write(fresh)
        file.flush()
        return here + len(fresh), True


def whole_file(folder: Path, person_id: UUID, sha256: str) -> bytes | None:
    """The bytes that came in parts; None when somebody else has just finished or removed them."""
    try:
        return part_path(folder, person_id, sha256).read_bytes()
    except FileNotFoundError:
        return None


def forget_part(folder: Path, person_id: UUID, sha256: str) -> None:
    """Remove what waits aside of this file."""
    part_path(folder, person_id, sha256).unlink(missing_ok=True)


def sweep(folder: Path, now: datetime) -> int:
    """Remove what nobody continued for days; gives how many files."""
    gone = 0
    for path, rested in _aside(folder, f"*{_ENDING}"):
        if rested < (now - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _make_room(folder: Path, person_id: UUID) -> None:
    mine = sorted(_aside(folder, f"{person_id.hex}-*{_ENDING}"), key=lambda one: one[1])
    for path, _rested in mine[: max(0, len(mine) - MOST_ASIDE + 1)]:
        path.unlink(missing_ok=True)


def _aside(folder: Path, pattern: str) -> list[tuple[Path, float]]:
    """Files with the time of their last part; one that goes away meanwhile is not listed."""
    found = []
    for path in folder.glob(pattern):
        try:
            found.append((path, path.stat().st_mtime))
        except FileNotFoundError:
            continue
    return found
