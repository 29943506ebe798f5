"""Photos made on the fly, honest and hostile."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw


def photo(width: int = 1200, height: int = 900, seed: int = 1) -> Image.Image:
    """A picture with enough in it to be told from another."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (120, 160, 200))
    draw = ImageDraw.Draw(image)
    for _ in range(120):
        x, y = chance.randrange(width), chance.randrange(height)
        draw.rectangle(
            [x, y, x + chance.randrange(20, 300), y + chance.randrange(20, 200)],
            fill=tuple(chance.randrange(256) for _ in range(3)),
        )
    return image


def jpeg(image: Image.Image | None = None, **options: Any) -> bytes:
    """The bytes of a JPEG."""
    buffer = io.BytesIO()
    (image or photo(640, 480)).save(buffer, "JPEG", **{"quality": 85, **options})
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small PNG that unpacks to a huge one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 1)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
