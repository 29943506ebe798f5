"""Photos from strangers' phones: recognised by content, bounded, made anew without a byte of the original's metadata.

Situation: a file named .jpg may be a page with a script, a bomb of 2.5 gigapixels or half a picture.
Choice: three formats, looked at before they are decoded, decoded once, turned upright, scaled, written as new JPEGs;
what the metadata said of time and place is handed back to be kept beside, never inside.
Refused: keeping originals, SVG and GIF, trusting names or declared types.
"""

import contextlib
import io
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any

from PIL import Image, ImageOps

from audit_app.kit.errors import BadInput
from audit_app.kit.i18n import _

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 40_000_000
FEWEST_SIDE = 64
LARGEST_SIDE = 2000
THUMB_SIDE = 480


class NotAPicture(BadInput):
    """This is no photo that can be taken: a JPEG, PNG or WebP picture is needed."""

    code = "not_a_picture"


@dataclass(frozen=True)
class Picture:
    """The picture made anew, its thumb, its look, and what the old metadata said."""

    jpeg: bytes
    thumb: bytes
    width: int
    height: int
    look: str
    taken_at: datetime | None
    latitude: float | None
    longitude: float | None


def remake(raw: bytes, zone: tzinfo = UTC, longest: int = LARGEST_SIDE) -> Picture:
    """Read, check and write anew, the longer side at most `longest` pixels; `zone` is where a camera's clock stood if it does not say. Raises `NotAPicture`."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
            return _remade(opened, zone, longest)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture(_too_many()) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, MemoryError):
        # Pillow's readers raise any of these on files that are broken off, made up or hostile.
        raise NotAPicture(
            _("This photo cannot be read: a whole JPEG, PNG or WebP picture is needed.")
        ) from None


def _too_many() -> str:
    return _("This photo has too many pixels; 40 megapixels are the most.")


def _remade(opened: Any, zone: tzinfo, longest: int) -> Picture:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise NotAPicture(_too_many())
    if min(width, height) < FEWEST_SIDE:
        raise NotAPicture(_("This photo is too small to show anything; 64 pixels a side are the least."))
    # Phones write JPEGs with a second picture behind the first (MPO); an animation is something else.
    if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
        raise NotAPicture(_("This is an animation; one still picture is needed."))
    taken_at, latitude, longitude = _told(opened, zone)
    if opened.format == "JPEG":
        opened.draft("RGB", (longest, longest))
    upright = ImageOps.exif_transpose(opened)
    plain = _on_white(upright)
    plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    thumb = plain.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BILINEAR)
    return Picture(
        jpeg=_written(plain, 84),
        thumb=_written(thumb, 75),
        width=plain.width,
        height=plain.height,
        look=look_of(plain),
        taken_at=taken_at,
        latitude=latitude,
        longitude=longitude,
    )


def _on_white(image: Any) -> Any:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        ground = Image.new("RGB", seen.size, (255, 255, 255))
        ground.paste(seen, mask=seen.getchannel("A"))
        return ground
    # A fresh picture, so that nothing of `info` (colour profile, comments, EXIF) can follow into the file.
    plain = image.convert("RGB")
    plain.info = {}
    return plain


def _written(image: Any, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=False, progressive=False)
    return buffer.getvalue()


def _told(opened: Any, zone: tzinfo) -> tuple[datetime | None, float | None, float | None]:
    """Time and place by the metadata; anything odd in it is simply not told."""
    with contextlib.suppress(Exception):
        exif = opened.getexif()
        details = exif.get_ifd(0x8769)
        said = details.get(0x9003) or exif.get(0x9003) or exif.get(0x0132)
        offset = details.get(0x9011)
        places = exif.get_ifd(0x8825)
        return _moment(said, offset, zone), _degrees(places, 2, 1, "S", 90), _degrees(places, 4, 3, "W", 180)
    return None, None, None


def _moment(said: object, offset: object, zone: tzinfo) -> datetime | None:
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        naive = datetime.strptime(str(said).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF has no zone
        if isinstance(offset, str) and len(offset) >= 6 and offset[0] in "+-":
            minutes = int(offset[1:3]) * 60 + int(offset[4:6])
            zone = timezone(timedelta(minutes=minutes if offset[0] == "+" else -minutes))
        if 1990 <= naive.year <= 2100:
            return naive.replace(tzinfo=zone).astimezone(UTC)
    return None


def _degrees(places: Any, key: int, side_key: int, minus: str, limit: int) -> float | None:
    with contextlib.suppress(TypeError, ValueError, ZeroDivisionError, KeyError):
        whole, minutes, seconds = (float(part) for part in places[key])
        value = whole + minutes / 60 + seconds / 3600
        if math.isfinite(value) and abs(value) <= limit:
            return round(-value if str(places.get(side_key)) == minus else value, 6)
    return None


@cache
def _cosines() -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(math.cos(math.pi * (2 * x + 1) * u / 64) for x in range(32)) for u in range(8))


def look_of(image: Any) -> str:
    """A perceptual hash: 64 bits in hex that stay nearly the same when the picture is scaled, cropped a little or dimmed."""
    small = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    rows = [[sum(grey[y * 32 + x] * wave[x] for x in range(32)) for wave in _cosines()] for y in range(32)]
    waves = [sum(rows[y][u] * wave[y] for y in range(32)) for wave in _cosines() for u in range(8)]
    # The first wave is plain brightness; the median of the others parts light from dark.
    middle = sorted(waves[1:])[31]
    bits = 0
    for value in waves:
        bits = bits << 1 | (value > middle)
    return f"{bits:016x}"


def look_distance(one: str, other: str) -> int:
    """In how many of the 64 bits two looks differ; up to 8 is the same picture."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
