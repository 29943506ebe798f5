"""Settings: one frozen dataclass a subject, read once from the environment.

Every variable is named in `KNOWN` with its meaning (the table in docs/settings.md is made from it). An unknown
`AUDIT_…` name or a value that cannot be meant stops the start with the variable's name.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

KNOWN: dict[str, str] = {
    "AUDIT_DATA": "folder that holds everything the app writes; default ./data",
    "AUDIT_DATABASE_URL": "sqlite:///… or postgresql://…; default a SQLite file in AUDIT_DATA",
    "AUDIT_SECRET_KEY": "at least 32 characters; default: made once and kept in AUDIT_DATA/secret",
    "AUDIT_BASE_URL": "the address people use, such as https://audit.example.org; default http://127.0.0.1:8000",
    "AUDIT_ANALYTICS_URL": "engine for analytics, such as duckdb:// or postgresql://…; default the embedded one",
    "AUDIT_WORKER": "inside or apart: whether the web server does the long jobs itself or `audit-app worker` does; default inside",
    "AUDIT_LOG": "json or plain; default plain on a terminal, json elsewhere",
    "AUDIT_TRUSTED_PROXY": "address of the proxy whose X-Forwarded-For and -Proto are believed; default none",
    "AUDIT_RELEASE_DELAY_HOURS": "hours between approval and release to the location, 0 to 720; default 24",
    "AUDIT_RELEASE_MINIMUM": "visits of a location that are released together at least, 1 to 50; default 2",
    "AUDIT_RETURN_HOURS": "hours a shopper has to correct a returned visit, 1 to 720; default 24",
    "AUDIT_UPLOAD_MEGABYTES": "largest photo or file taken, 1 to 25; default 12",
}
"""Every variable the app reads, with its meaning."""


class BadSetting(Exception):
    """A variable of the environment holds something that cannot be meant; the text names it."""


@dataclass(frozen=True)
class Paths:
    """Where the app writes."""

    data: Path

    @property
    def photos(self) -> Path:
        """Evidence, re-encoded, under random names."""
        return self.data / "photos"

    @property
    def parts(self) -> Path:
        """Photos that come in parts, until they are whole."""
        return self.data / "parts"

    @property
    def imports(self) -> Path:
        """Uploaded files between preview and confirmation."""
        return self.data / "imports"


@dataclass(frozen=True)
class Web:
    """How people reach the app."""

    base_url: str
    secret: str
    trusted_proxy: str | None
    upload_bytes: int

    @property
    def secure(self) -> bool:
        """Whether cookies are for https only: always, save on http loopback."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def cookie(self) -> str:
        """Name of the session's cookie."""
        return "__Host-session" if self.secure else "session"


@dataclass(frozen=True)
class Visits:
    """House rules of visits that a company may choose."""

    release_delay_hours: int
    release_minimum: int
    return_hours: int


@dataclass(frozen=True)
class Settings:
    """All settings of one running app."""

    paths: Paths
    web: Web
    visits: Visits
    database_url: str
    analytics_url: str | None
    log: str
    worker_inside: bool = True
    """Whether the web server does the long jobs itself."""


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    if not raw.isdecimal() or not low <= int(raw) <= high:
        raise BadSetting(f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
    return int(raw)


def _base_url(env: Mapping[str, str]) -> str:
    raw = env.get("AUDIT_BASE_URL", "").strip().rstrip("/") or "http://127.0.0.1:8000"
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise BadSetting(f"AUDIT_BASE_URL must look like https://audit.example.org, not {raw!r}.")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise BadSetting(
            "AUDIT_BASE_URL must be https unless it is on this machine (127.0.0.1 or localhost)."
        )
    return raw


def _secret(env: Mapping[str, str], data: Path) -> str:
    given = env.get("AUDIT_SECRET_KEY")
    if given is not None:
        if len(given) < 32 or len(set(given)) < 8:
            raise BadSetting("AUDIT_SECRET_KEY must have at least 32 characters and not be a pattern.")
        return given
    kept = data / "secret"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600, exist_ok=True)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text().strip()


def _database_url(env: Mapping[str, str], data: Path) -> str:
    raw = env.get("AUDIT_DATABASE_URL", "").strip()
    if not raw:
        return f"sqlite:///{(data / 'audit.db').resolve()}"
    try:
        url = make_url(raw)
    except ArgumentError as odd:
        raise BadSetting(f"AUDIT_DATABASE_URL cannot be read: {odd}") from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadSetting("AUDIT_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    elif not url.database or url.database == ":memory:":
        raise BadSetting("AUDIT_DATABASE_URL must name a file: sqlite:///path/to/audit.db.")
    return url.render_as_string(hide_password=False)


def read_settings(env: Mapping[str, str] | None = None, *, data: Path | None = None) -> Settings:
    """Read the environment; `data` (from `--data`) wins over AUDIT_DATA.

    `NAME_FILE` holds the path of a file with the value of `NAME`, for secrets. Raises `BadSetting`.
    """
    given = dict(os.environ if env is None else env)
    for name in [n for n in given if n.startswith("AUDIT_") and n.endswith("_FILE") and n[:-5] in KNOWN]:
        try:
            given[name[:-5]] = Path(given.pop(name)).read_text().strip()
        except OSError as odd:
            raise BadSetting(f"{name}: {odd}") from None
    for name in given:
        if name.startswith("AUDIT_") and name not in KNOWN:
            raise BadSetting(f"{name} is not a setting of this app; `audit-app doctor` lists them.")
    folder = (data or Path(given.get("AUDIT_DATA", "").strip() or "data")).expanduser()
    log = given.get("AUDIT_LOG", "").strip() or ""
    worker = given.get("AUDIT_WORKER", "").strip()
    if worker not in ("", "inside", "apart"):
        raise BadSetting(f"AUDIT_WORKER must be inside or apart, not {worker!r}.")
    if log not in ("", "json", "plain"):
        raise BadSetting(f"AUDIT_LOG must be json or plain, not {log!r}.")
    return Settings(
        paths=Paths(data=folder),
        web=Web(
            base_url=_base_url(given),
            secret=_secret(given, folder),
            trusted_proxy=given.get("AUDIT_TRUSTED_PROXY", "").strip() or None,
            upload_bytes=_whole(given, "AUDIT_UPLOAD_MEGABYTES", 12, 1, 25) * 2**20,
        ),
        visits=Visits(
            release_delay_hours=_whole(given, "AUDIT_RELEASE_DELAY_HOURS", 24, 0, 720),
            release_minimum=_whole(given, "AUDIT_RELEASE_MINIMUM", 2, 1, 50),
            return_hours=_whole(given, "AUDIT_RETURN_HOURS", 24, 1, 720),
        ),
        database_url=_database_url(given, folder),
        analytics_url=given.get("AUDIT_ANALYTICS_URL", "").strip() or None,
        log=log,
        worker_inside=worker != "apart",
    )
