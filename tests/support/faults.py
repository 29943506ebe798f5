"""Mischief between the phone and the server, for tests only: answers lost on the way, a server that is away, other scripts.

`Faults` stands before the app of `live`. `fault(scope)` says what happens to a request: "down" cuts the line before the app
hears it, "lose" after it has done its work. `plant` puts a mistake into a script as it is served, to show that a test
notices; nothing of this exists in the app itself.
"""

from collections.abc import Callable
from typing import Any

from audit_app.kit.pages import joined_parts


class Faults:
    """An ASGI app around the app."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.fault: Callable[[dict[str, Any]], str | None] = lambda scope: None
        self.planted: dict[str, tuple[str, str]] = {}
        self.done = 0
        """How often something went wrong."""
        self.heard: list[str] = []
        """Every request that came, so that a test can say what the server was asked."""
        self.inside: dict[int, str] = {}
        """Requests that have no answer yet."""

    def plant(self, path: str, old: str, new: str) -> None:
        """From now on the script at this path is served with that change."""
        self.planted[path] = (old, new)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        what = self.fault(scope)
        line = f"{scope['method']} {scope['path']}{f' ({what})' if what else ''}"
        self.heard.append(line)
        self.inside[id(scope)] = line
        try:
            await self._answer(what, scope, receive, send)
        finally:
            del self.inside[id(scope)]

    async def _answer(self, what: str | None, scope: Any, receive: Any, send: Any) -> None:
        if what:
            self.done += 1
            if what == "lose":
                await self.app(scope, receive, _nowhere)
            else:
                # Take what was sent, so that the phone sees a cut line and no refusal.
                while (await receive()).get("more_body"):
                    pass
            # An answer that promises more than it brings: the line is cut.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if scope["method"] == "GET" and (mistakes := self._mistakes(scope["path"])):
            await self._with_mistakes(mistakes, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _mistakes(self, path: str) -> list[tuple[str, str]]:
        """Those planted in this file, or in a file that it is joined of."""
        parts = (f"/static/{part}" for part in joined_parts(path.removeprefix("/joined/")))
        return [self.planted[one] for one in (path, *parts) if one in self.planted]

    async def _with_mistakes(
        self, mistakes: list[tuple[str, str]], scope: Any, receive: Any, send: Any
    ) -> None:
        start: dict[str, Any] = {}
        body = b""

        async def note(message: dict[str, Any]) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body += message.get("body", b"")

        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, note)
        text = body.decode()
        for old, new in mistakes:
            assert old in text, f"{scope['path']} has no “{old}”"
            text = text.replace(old, new)
        body = text.encode()
        headers = [pair for pair in start["headers"] if pair[0].lower() not in (b"content-length", b"etag")]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


async def _nowhere(_message: dict[str, Any]) -> None:
    """Where lost answers go."""
