"""The theme that a user chose, in the browser before Streamlit draws anything (C11).

Streamlit offers no call that chooses a theme for one visitor. It reads the visitor's own choice from the browser's
local storage when it starts, where its menu keeps it: so a script of ours, which knows the user by the session
cookie, writes the choice there first. The key is Streamlit's (``lib/theme`` of its frontend);
tests/browser/test_theme.py notices when it changes.
"""

import json
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROUTE = "/auth/theme.js"
TAG = f'<script src="{ROUTE}"></script>'.encode()
NAMES = {"light": "Light", "dark": "Dark"}
KEY = '"stActiveTheme-" + window.location.pathname + "-v2"'


def theme_script(theme: str) -> str:
    """JavaScript that makes Streamlit start with the theme; ``device`` forgets what was chosen."""
    if theme not in NAMES:
        return f"window.localStorage.removeItem({KEY});\n"
    return f"window.localStorage.setItem({KEY}, {json.dumps(json.dumps(NAMES[theme]))});\n"


@dataclass(frozen=True)
class ThemeTag:
    """Middleware that puts the script's tag in front of everything else in the head of Streamlit's pages."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_page(scope):
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, _Tagged(send))


def _is_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a page, not for a part of one, and not for the API."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith("/api/"):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class _Tagged:
    """Sends an answer on; that of a page with the tag in it."""

    def __init__(self, send: Send) -> None:
        self.send = send
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
        body = self.body.replace(b"<head>", b"<head>" + TAG, 1)
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})
