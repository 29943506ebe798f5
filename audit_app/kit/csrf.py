"""Proof that a form comes from our own page: a token bound to the browser's session cookie.

The token is salted anew on every page, so compressed pages tell nothing about it (BREACH). Requests that a browser
marks as coming from another site are refused before anything is read.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "x-csrf-token"


def _mark(secret: str, binding: str, salt: str) -> str:
    return hmac.new(
        secret.encode(), f"csrf:{salt}:{binding}".encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()[:40]


def make(secret: str, binding: str) -> str:
    """A fresh token for whoever holds the cookie `binding`."""
    salt = secrets.token_hex(8)
    return f"{salt}.{_mark(secret, binding, salt)}"


def fits(secret: str, binding: str, token: str | None) -> bool:
    """Whether the token was made by us for this cookie."""
    if not token or not binding:
        return False
    salt, _dot, mark = token.partition(".")
    # As bytes: compare_digest refuses text outside of ASCII, and a stranger may send any.
    return hmac.compare_digest(_mark(secret, binding, salt).encode(), mark.encode("utf-8", "replace"))


def same_site(base_url: str, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether the browser says the request began on our own pages (a client that says nothing is no browser)."""
    if fetch_site and fetch_site not in ("same-origin", "none"):
        return False
    if origin and origin != "null":
        return origin == base_url or _host_of(origin) == host
    return origin != "null"


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
