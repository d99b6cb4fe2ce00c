"""Addresses of Streamlit's own that a stranger has no business with (A9.1).

Streamlit knows no sign-in of ours: whoever has the address of a chart's or a download's file gets it, and whoever
shows the sign-in form may upload. Here both need a session that lasts. The way to the pages themselves
(``/_stcore/stream``) stays open, since the sign-in form comes through it; each page asks its guard.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CLOSED = ("/_stcore/agent/", "/_stcore/metrics", "/_stcore/script-health-check")  # nothing of ours uses them
FOR_SESSIONS = ("/media/", "/_stcore/upload_file/")


@dataclass(frozen=True)
class Gate:
    """Middleware; ``is_signed_in`` asks the database, in a thread."""

    app: ASGIApp
    is_signed_in: Callable[[Request], bool]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        path = scope["path"]
        if path.startswith(CLOSED) or path.rstrip("/") in CLOSED or "/_stcore/agent/" in path:
            return PlainTextResponse("not found", status_code=404)
        if path.startswith(FOR_SESSIONS) and not await run_in_threadpool(self.is_signed_in, Request(scope)):
            return PlainTextResponse("forbidden", status_code=403)
        return None
