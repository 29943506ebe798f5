"""The template engine and the files beside it: where they lie, how they are named, what a template can call."""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar.datastructures import CacheControlHeader
from litestar.router import Router
from litestar.static_files import create_static_files_router

from audit_app.kit import i18n
from audit_app.kit.web import everyone


def data_folder(name: str) -> Path:
    """The folder `templates`, `static` or `checklists`: of the checkout, else of the installed package."""
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").exists():
        return root / name
    return Path(__file__).resolve().parents[1] / "_data" / name


@cache
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset_url(name: str) -> str:
    """The address of a file in static/, with its hash, so that browsers may keep it for ever."""
    path = data_folder("static") / name
    try:
        mark = _mark(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return f"/static/{name}"
    return f"/static/{name}?v={mark}"


def make_environment() -> Environment:
    """Jinja with autoescape, our languages and our ways to write numbers and days; a misspelt name fails at once."""
    environment = Environment(
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
