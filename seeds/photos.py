"""Pictures for the evidence: plainly drawn shop fronts, receipts, shelves and cabins. No faces, no real shop.

Each recent visit has pictures of its own; older ones share a pool, so that a year of visits fits into a few megabytes.
"""

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from audit_app.kit.picture_files import thumb_of
from audit_app.kit.pictures import THUMB_SIDE
from seeds.chance import stream
from seeds.places import Place
from seeds.plan import Plan

WIDTH, HEIGHT = 900, 675
KEPT_WIDTH, KEPT_HEIGHT = 720, 540
Colour = tuple[int, int, int]

_SIGNS = {"alder-lane": ("ALDER LANE", (38, 70, 58)), "fern-fable": ("FERN & FABLE", (112, 60, 84)), "northcote": ("NORTHCOTE WEAR", (40, 56, 96))}  # fmt: skip
_CLOTH: tuple[Colour, ...] = ((154, 94, 80), (92, 112, 138), (196, 168, 120), (78, 98, 84), (170, 160, 150), (124, 88, 120), (60, 66, 80))  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A stored picture."""

    file: str
    bytes: int
    width: int
    height: int
    look: str


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _shade(chance: random.Random, colour: Colour, spread: int = 14) -> Colour:
    red, green, blue = (max(0, min(255, part + chance.randint(-spread, spread))) for part in colour)
    return red, green, blue


def _canvas(chance: random.Random, wall: Colour, ground: Colour, line: int = 500) -> tuple[Any, Any]:
    image = Image.new("RGB", (WIDTH, HEIGHT), _shade(chance, wall))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, line, WIDTH, HEIGHT), fill=_shade(chance, ground))
    return image, draw


def _garment(chance: random.Random, draw: Any, x: int, y: int, width: int, height: int) -> None:
    colour = _shade(chance, chance.choice(_CLOTH), 20)
    middle = x + width // 2
    draw.line((middle, y - 14, middle, y), fill=(90, 90, 90), width=3)
    draw.polygon(
        [(middle - 8, y), (middle + 8, y), (x + width, y + 24), (x + width - 6, y + height), (x + 6, y + height), (x, y + 24)],
        fill=colour,
    )  # fmt: skip


def _front(chance: random.Random, place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (206, 200, 192), (128, 126, 124), 560)
    for row in range(0, 90, 30):
        for x in range(-40 + row, WIDTH, 80):
            draw.rectangle((x, row, x + 76, row + 26), outline=(182, 176, 168))
    sign, colour = _SIGNS[place.brand]
    draw.rectangle((60, 100, 840, 180), fill=colour)
    text = _font(48)
    draw.text((450 - draw.textlength(sign, text) / 2, 112), sign, fill=(244, 240, 228), font=text)
    for left in (60, 500):
        draw.rectangle(
            (left, 190, left + 340, 560), fill=_shade(chance, (188, 204, 212)), outline=(70, 74, 78), width=6
        )
        for number in range(3):
            _garment(chance, draw, left + 34 + number * 100, 270 + chance.randint(-14, 14), 80, 190)
        draw.polygon(
            [(left + 20, 550), (left + 130, 200), (left + 170, 200), (left + 60, 550)],
            fill=_shade(chance, (200, 214, 222), 6),
        )
    draw.rectangle((408, 220, 492, 560), fill=_shade(chance, (120, 134, 140)), outline=(60, 64, 68), width=6)
    draw.line((474, 390, 474, 430), fill=(220, 220, 214), width=6)
    return image


def _window(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (168, 190, 202), (110, 112, 114), 600)
    for number in range(4):
        _garment(chance, draw, 90 + number * 200, 230, 130, 300)
    for _streak in range(chance.randint(6, 14)):
        x, y = chance.randint(0, WIDTH), chance.randint(40, 560)
        draw.line(
            (x, y, x + chance.randint(-60, 60), y + chance.randint(60, 180)),
            fill=_shade(chance, (206, 216, 220)),
            width=chance.randint(3, 9),
        )
    for _drop in range(80):
        x, y = chance.randint(0, WIDTH), chance.randint(300, 590)
        draw.ellipse((x, y, x + 6, y + 7), fill=(214, 220, 222))
    return image


def _boxes(chance: random.Random, draw: Any, left: int, floor: int, count: int) -> None:
    for number in range(count):
        width, height = chance.randint(110, 170), chance.randint(80, 120)
        x, y = left + (number % 2) * 150 + chance.randint(-10, 10), floor - (number // 2) * 100
        draw.rectangle(
            (x, y - height, x + width, y), fill=_shade(chance, (184, 146, 98)), outline=(120, 92, 58), width=3
        )
        draw.line((x, y - height // 2, x + width, y - height // 2), fill=(208, 186, 140), width=8)


def _entrance(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (214, 208, 198), (150, 140, 128), 480)
    draw.rectangle((300, 90, 620, 480), fill=_shade(chance, (190, 206, 214)), outline=(70, 72, 76), width=8)
    draw.rectangle((330, 480, 590, 530), fill=(86, 84, 82))
    _boxes(chance, draw, chance.randint(300, 420), 600, chance.randint(2, 4))
    return image


def _exit(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (220, 218, 212), (140, 138, 134), 520)
    draw.rectangle((340, 130, 560, 520), fill=_shade(chance, (150, 156, 158)), outline=(80, 82, 84), width=6)
    draw.rectangle((370, 60, 530, 115), fill=(20, 130, 80))
    draw.text((402, 66), "EXIT", fill=(255, 255, 255), font=_font(40))
    _boxes(chance, draw, chance.randint(330, 400), 600, chance.randint(3, 5))
    return image


def _cabin(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (208, 196, 184), (120, 96, 76), 540)
    draw.rectangle((330, 60, 600, 540), fill=_shade(chance, (214, 224, 228)), outline=(92, 78, 62), width=8)
    draw.rectangle((0, 0, 170, 600), fill=_shade(chance, (120, 60, 66)))
    for x in range(20, 170, 30):
        draw.line((x, 0, x - 8, 600), fill=(96, 44, 50), width=4)
    for number in range(chance.randint(1, 4)):
        _garment(chance, draw, 640 + number * 52, 180, 70, 200)
    for _piece in range(chance.randint(1, 4)):
        x, y = chance.randint(200, 700), chance.randint(560, 620)
        draw.ellipse((x, y, x + chance.randint(60, 150), y + 34), fill=_shade(chance, chance.choice(_CLOTH)))
    return image


def _floor(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (176, 164, 150), (166, 154, 140), 0)
    for x in range(0, WIDTH, 150):
        draw.line((x, 0, x, HEIGHT), fill=(150, 138, 124), width=3)
    for y in range(0, HEIGHT, 150):
        draw.line((0, y, WIDTH, y), fill=(150, 138, 124), width=3)
    for _spot in range(chance.randint(2, 5)):
        x, y, size = chance.randint(80, 760), chance.randint(80, 540), chance.randint(24, 90)
        draw.ellipse((x, y, x + size, y + size * 2 // 3), fill=_shade(chance, (104, 82, 62)))
    for _tag in range(chance.randint(2, 5)):
        x, y = chance.randint(40, 820), chance.randint(40, 600)
        draw.rectangle((x, y, x + 44, y + 22), fill=(240, 238, 230))
    return image


def _receipt(chance: random.Random, place: Place, plan: Plan) -> Any:
    image, draw = _canvas(chance, (126, 104, 84), (118, 96, 78), 0)
    left, right, mono = 300, 600, _font(19)
    draw.rectangle((left, 30, right, 645), fill=(247, 245, 240))
    draw.text((left + 60, 48), _SIGNS[place.brand][0], fill=(40, 40, 40), font=_font(24))
    at = plan.visited_at + timedelta(minutes=24) if plan.visited_at else None
    lines = [place.city.name.upper(), at.astimezone(place.zone).strftime("%d.%m.%Y  %H:%M") if at else "", ""]
    total = 0
    for _item in range(chance.randint(1, 3)):
        cents = chance.randrange(6, 38) * 100 - 5
        total += cents
        name = chance.choice(("SCARF WOOL", "SOCKS 2 PAIRS", "BELT LEATHER", "T-SHIRT", "GLOVES", "CAP KNIT"))
        lines.append(f"{name:<16}{cents / 100:>8.2f}")
    lines += [
        "",
        f"{'TOTAL':<16}{total / 100:>8.2f}",
        f"{'CARD':<16}{total / 100:>8.2f}",
        "",
        f"No. {chance.randrange(10**5, 10**6)}",
    ]
    for number, line in enumerate(lines):
        name, gap, price = line.rpartition("  ")
        y = 96 + number * 34
        draw.text((left + 24, y), (name if gap else line).strip(), fill=(50, 50, 50), font=mono)
        if gap:
            draw.text(
                (right - 24 - draw.textlength(price.strip(), mono), y),
                price.strip(),
                fill=(50, 50, 50),
                font=mono,
            )
    x = left + 40
    while x < right - 50:
        width = chance.choice((2, 3, 5))
        draw.rectangle((x, 560, x + width, 620), fill=(30, 30, 30))
        x += width + chance.choice((3, 4, 6))
    return image


def _tag(chance: random.Random, _place: Place, _plan: Plan) -> Any:
    image, draw = _canvas(chance, (150, 140, 132), (150, 140, 132), 0)
    draw.rectangle((0, 0, WIDTH, 260), fill=_shade(chance, chance.choice(_CLOTH)))
    price = chance.randrange(12, 60)
    draw.rounded_rectangle((150, 200, 420, 520), 18, fill=(244, 240, 230))
    draw.ellipse((272, 222, 298, 248), fill=(150, 140, 132))
    draw.text((196, 330), f"{price}.95", fill=(40, 40, 40), font=_font(70))
    draw.rectangle((500, 180, 780, 620), fill=(248, 246, 242))
    draw.text((530, 330), f"TOTAL   {price + max(2, price // 9)}.95", fill=(40, 40, 40), font=_font(30))
    return image


_DRAWN: dict[str, Callable[[random.Random, Place, Plan], Any]] = {
    "front_photo": _front,
    "receipt_photo": _receipt,
    "window_clean": _window,
    "entrance_clear": _entrance,
    "exit_clear": _exit,
    "fitting_state": _cabin,
    "floor_clean": _floor,
    "price_right": _tag,
}
"""What is on the photo of an item; anything else shows the floor."""


def draw_picture(item: str, chance: random.Random, place: Place, plan: Plan) -> Any:
    """One picture, a little soft and slanted as a phone in a shop makes them."""
    image = _DRAWN.get(item, _floor)(chance, place, plan)
    light = chance.uniform(0.82, 1.06)
    image = image.resize((KEPT_WIDTH, KEPT_HEIGHT), Image.Resampling.BILINEAR).point(
        lambda part: part * light
    )
    tilt = chance.uniform(-5, 5) if item == "receipt_photo" else chance.uniform(-1.5, 1.5)
    return image.rotate(tilt, resample=Image.Resampling.BILINEAR, fillcolor=(60, 58, 56))


@dataclass
class Pool:
    """Pictures that were drawn already, by item; `left` says how many more may be drawn."""

    folder: Path
    left: int
    drawn: dict[str, list[Picture]] = field(default_factory=dict)
    fewest: int = 3

    def picture(self, chance: random.Random, item: str, place: Place, plan: Plan, *, fresh: bool) -> Picture:
        """A picture for this item: a new one while there may be new ones, else one of the pool."""
        known = self.drawn.setdefault(f"{item}/{place.brand}" if item == "front_photo" else item, [])
        if len(known) < self.fewest or (fresh and self.left > 0):
            self.left -= 1
            known.append(self._draw(item, place, plan))
            return known[-1]
        return chance.choice(known)

    def _draw(self, item: str, place: Place, plan: Plan) -> Picture:
        chance = stream("picture", str(plan.id), item)
        image = draw_picture(item, chance, place, plan)
        name = f"{chance.getrandbits(128):032x}"
        name = f"{name[:2]}/{name}.jpg"
        (self.folder / name).parent.mkdir(exist_ok=True)
        jpeg = _written(image, 80)
        (self.folder / name).write_bytes(jpeg)
        image.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BILINEAR)
        (self.folder / thumb_of(name)).write_bytes(_written(image, 75))
        # Drawings of one kind look alike to a perceptual hash, real photos do not: so each gets a look of its own.
        return Picture(name, len(jpeg), KEPT_WIDTH, KEPT_HEIGHT, hashlib.sha256(jpeg).hexdigest()[:16])


def _written(image: Any, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality)
    return written.getvalue()
