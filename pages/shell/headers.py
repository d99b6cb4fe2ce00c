"""What every answer tells the browser it may do with it: the security headers (A9.5).

Streamlit needs little of what a policy can allow: styles that its components write into the page, pictures and fonts
as data, workers from memory. One script of its page stands in the page itself and is allowed by its hash; nothing
else that stands in a page runs, and nothing is loaded from or sent to another site.
"""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
YEAR_SECONDS = 365 * 24 * 3600
DENIED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "idle-detection",
    "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",  # what frame-ancestors says, for browsers older than it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in DENIED),
}
DATA_ONLY = "default-src 'none'; frame-ancestors 'none'"  # of the API: nothing of it is a page


def inline_hashes(page: str) -> list[str]:
    """What allows the scripts that stand in a page, and those alone."""
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(page)]
    return [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]


def policy(scripts: list[str], **more: str) -> str:
    """Nothing but our own files, the ``scripts`` that stand in the page, and styles that its components write."""
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *scripts]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@cache
def page_policy() -> str:
    """The Content-Security-Policy of Streamlit's pages and files."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return policy(
        inline_hashes(page), font_src="'self' data:", media_src="'self' data: blob:", worker_src="'self' blob:"
    )


@dataclass(frozen=True)
class SecurityHeaders:
    """Middleware around everything that the process answers."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_api = scope["path"].startswith("/api/")
        answer = _Guarded(send, is_api, scope.get("scheme") == "https")
        await self.app(scope, receive, answer)


class _Guarded:
    """Sends an answer on with the headers; of a page of the API (its documentation) the scripts are read first."""

    def __init__(self, send: Send, is_api: bool, is_secure: bool) -> None:
        self.send = send
        self.is_api = is_api
        self.is_secure = is_secure
        self.waiting: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._add(message, DATA_ONLY if self.is_api else page_policy())
            if self.is_api and "text/html" in MutableHeaders(scope=message).get("content-type", ""):
                self.waiting = message
                return
        elif self.waiting is not None:
            start, self.waiting = self.waiting, None
            page = message.get("body", b"").decode("utf-8", "replace")
            self._add(start, policy(inline_hashes(page)))
            await self.send(start)
        await self.send(message)

    def _add(self, start: Message, content_policy: str) -> None:
        headers = MutableHeaders(scope=start)
        for name, value in {**EVERYWHERE, "Content-Security-Policy": content_policy}.items():
            headers[name] = value
        if self.is_secure:
            headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
