"""How much of the chain is made."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Numbers of one demo; `past` visits are made or missed already, `upcoming` ones lie ahead.

    `detail`: comments on what went well too, times at every answer, pictures of their own. The large chain is for measuring
    and leaves these out.
    """

    name: str
    own: int
    competing: int
    crew: int
    shoppers: int
    past: int
    upcoming: int
    photos: int
    detail: bool = True


SMALL = Size("small", own=4, competing=1, crew=4, shoppers=10, past=60, upcoming=8, photos=16)
NORMAL = Size("normal", own=40, competing=6, crew=6, shoppers=58, past=1860, upcoming=26, photos=150)
LARGE = Size(
    "large",
    own=1960,
    competing=40,
    crew=6,
    shoppers=1500,
    past=198_500,
    upcoming=1500,
    photos=24,
    detail=False,
)
