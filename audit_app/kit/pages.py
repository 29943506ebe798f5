"""The template engine and the files beside it: where they lie, how they are named, what a template can call."""

import hashlib
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, pass_context, select_autoescape
from jinja2.compiler import CodeGenerator, Frame
from litestar.datastructures import CacheControlHeader
from litestar.router import Router
from litestar.static_files import create_static_files_router
from markupsafe import Markup

from audit_app.kit import i18n
from audit_app.kit.web import everyone


def data_folder(name: str) -> Path:
    """The folder `templates`, `static` or `checklists`: of the checkout, else of the installed package."""
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").exists():
        return root / name
    return Path(__file__).resolve().parents[1] / "_data" / name


@cache
def _mark_of(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:10]


@cache
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


_addresses: dict[str, tuple[float, str]] = {}
_joined: dict[str, tuple[str, ...]] = {}


def join(name: str, parts: tuple[str, ...]) -> None:
    """From now on `asset(name)` stands for these files of static/ in one; kit/joined.py serves it."""
    _joined[name] = parts


def joined_parts(name: str) -> tuple[str, ...]:
    """The files that stand together under this name; none when there is no such name."""
    return _joined.get(name, ())


def asset_url(name: str) -> str:
    """The address of a file in static/, with its hash, so that browsers may keep it for ever.

    A page names a dozen files, its icons hundreds of times: the disk is asked at most once a second for each.
    """
    now = time.monotonic()
    known = _addresses.get(name)
    if known and now - known[0] < 1:
        return known[1]
    path = data_folder("static") / name
    try:
        if name in _joined:
            return f"/joined/{name}?v={_mark_of(tuple(asset_url(part) for part in _joined[name]))}"
        address = f"/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}"
    except FileNotFoundError:
        return f"/static/{name}"
    _addresses[name] = (now, address)
    return address


_said: dict[str, dict[str, Markup]] = {}


def said(text: str) -> Markup:
    """A sentence of a template without placeholders, in the reader's language; each is translated once."""
    known = _said.setdefault(i18n.language(), {})
    found = known.get(text)
    if found is None:
        # `% {}` as Jinja itself does it: a sign of percent is written twice in templates.
        found = known[text] = Markup(i18n.gettext(text)) % {}  # noqa: S704 - a sentence of our own templates
    return found


class _Generator(CodeGenerator):
    """Compiles `_("…")` with nothing to fill in to one look into a table: a list of visits says six hundred of them."""

    def visit_Call(  # noqa: N802 - the name Jinja gives it
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """A call in a template."""
        said_so = isinstance(node.node, nodes.Name) and node.node.name == "_"
        bare = not (node.kwargs or node.dyn_args or node.dyn_kwargs) and len(node.args) == 1
        sentence = node.args[0] if said_so and bare else None
        if isinstance(sentence, nodes.Const) and isinstance(sentence.value, str):
            self.write(f"environment.said({sentence.value!r})")
        else:
            super().visit_Call(node, frame, forward_caller=forward_caller)


def _counted(plural: Callable[..., Any]) -> Callable[..., Any]:
    """Jinja's own, with the number written as its reader writes numbers: 1,654 or 1 654."""

    @pass_context
    def counted(context: Any, one: str, many: str, n: int, /, **values: Any) -> Any:
        return plural(context, one, many, n, **{"num": i18n.format_number(n), **values})

    return counted


class _Environment(Environment):
    code_generator_class = _Generator
    said = staticmethod(said)


def make_environment() -> Environment:
    """Jinja with autoescape, our languages and our ways to write numbers and days; a misspelt name fails at once."""
    environment = _Environment(
        loader=FileSystemLoader(data_folder("templates")),
        autoescape=select_autoescape(default=True),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=i18n.gettext, ngettext=i18n.ngettext_raw, newstyle=True
    )
    environment.globals["ngettext"] = _counted(cast(Callable[..., Any], environment.globals["ngettext"]))
    environment.filters.update(
        text=i18n.pick,
        number=i18n.format_number,
        percent=i18n.format_tenths,
        date=i18n.format_day,
        time=i18n.format_clock,
        datetime=i18n.format_moment,
        daypart=i18n.day_part_of,
        step_text=i18n.step_text,
    )
    environment.globals.update(LANGUAGE_NAMES=i18n.NAMES)
    return environment


def static_files() -> Router:
    """The router of static/: hashed addresses, so a year in the browser's cache."""
    return create_static_files_router(
        path="/static",
        directories=[data_folder("static")],
        name="static",
        guards=[everyone],
        cache_control=CacheControlHeader(public=True, max_age=31536000, immutable=True),
        include_in_schema=False,
    )
