"""Scripts of ours in the head of Streamlit's pages, in front of everything else there."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class HeadScripts:
    """Middleware that puts tags into the head: ``first`` run before Streamlit starts, ``later`` hold nothing up."""

    app: ASGIApp
    first: Sequence[str]
    later: Sequence[str] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_page(scope):
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        tags = "".join(
            f'<script src="{route}"{how}></script>'
            for how, routes in (("", self.first), (" defer", self.later))
            for route in routes
        )
        await self.app({**scope, "headers": plain}, receive, _Tagged(send, tags.encode()))


def _is_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a page, not for a part of one, and not for the API."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith("/api/"):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class _Tagged:
    """Sends an answer on; that of a page with the tags in it."""

    def __init__(self, send: Send, tags: bytes) -> None:
        self.send = send
        self.tags = tags
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and "text/html" in Headers(scope=message).get("content-type", ""):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self.start)

    async def _finish(self, start: Message) -> None:
        body = self.body.replace(b"<head>", b"<head>" + self.tags, 1)
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})
