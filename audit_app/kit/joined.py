"""Files of static/ that a page always needs together, served as one: on a slow line each request costs half a second.

`join` names such a file; `asset_url` gives its address, which changes when any of its parts does.
"""

import re
from functools import cache

from litestar.params import FromPath
from litestar.response import Response

from audit_app.kit.errors import NotFound
from audit_app.kit.pages import asset_url, data_folder, joined_parts
from audit_app.kit.web import everyone, get

_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


@get("/joined/{name:str}", name="joined", guards=[everyone])
def joined_file(name: FromPath[str]) -> Response[str]:
    """All parts, one after the other; kept by browsers for ever, as the files of static/ are."""
    parts = joined_parts(name)
    if not parts:
        raise NotFound
    return Response(
        _text(name, tuple(asset_url(part) for part in parts)),
        media_type=_TYPES[name.rpartition(".")[2]],
        headers={"cache-control": "public, max-age=31536000, immutable"},
    )


@cache
def _text(name: str, _marks: tuple[str, ...]) -> str:
    folder = data_folder("static")
    texts = [(part, (folder / part).read_text(encoding="utf-8")) for part in joined_parts(name)]
    if name.endswith(".css"):
        # An address in a style sheet counts from the sheet.
        return "\n".join(re.sub(r'url\("(?!data:|/)', 'url("/static/', text) for _part, text in texts)
    # Each part is strict by itself; behind another its own words no longer say so.
    return '"use strict";\n' + "\n".join(f"/* {part} */\n{text}" for part, text in texts)
