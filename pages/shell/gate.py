"""Addresses of Streamlit's own that a stranger has no business with (A9.1).

Streamlit knows no sign-in of ours: whoever has the address of a chart's or a download's file gets it, and whoever
shows the sign-in form may upload. Here both need a session that lasts. The way to the pages themselves
(``/_stcore/stream``) stays open, since the sign-in form comes through it; each page asks its guard.

Nor does Streamlit tell the ports of a machine apart, though a browser sends our cookie to all of them; and it asks the
internet for this machine's address, while everybody waits, before it refuses an ``Origin`` that it does not know. So
what another site began comes no further than here: no connection for pages, and no ``Origin`` to ask about.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

CLOSED = ("/_stcore/agent/", "/_stcore/metrics", "/_stcore/script-health-check")  # nothing of ours uses them
FOR_SESSIONS = ("/media/", "/_stcore/upload_file/")
OURS = ("/api/", "/auth/")  # they judge by themselves where a request comes from
POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1


@dataclass(frozen=True)
class Gate:
    """Middleware; ``is_signed_in`` asks the database, in a thread."""

    app: ASGIApp
    is_signed_in: Callable[[Request], bool]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_foreign = scope["type"] in ("http", "websocket") and _is_of_another_site(scope)
        if is_foreign and scope["type"] == "websocket":
            await WebSocketClose(POLICY_VIOLATION)(scope, receive, send)
            return
        refusal = await self._refusal(scope) if scope["type"] == "http" else None
        if is_foreign:
            scope = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"origin"]}
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        path = scope["path"]
        if path.startswith(CLOSED) or path.rstrip("/") in CLOSED or "/_stcore/agent/" in path:
            return PlainTextResponse("not found", status_code=404)
        if path.startswith(FOR_SESSIONS) and not await run_in_threadpool(self.is_signed_in, Request(scope)):
            return PlainTextResponse("forbidden", status_code=403)
        return None


def is_page_of(host: str | None, address: str) -> bool:
    """Whether an ``Origin`` or ``Referer`` names the host; compared as text, since either may be no address at all."""
    return any(f"{address}/".startswith(f"{scheme}://{host}/") for scheme in ("http", "https"))


def _is_of_another_site(scope: Scope) -> bool:
    """Whether a page of another name or port sent it; programs name no page."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is not None and not scope["path"].startswith(OURS) and not is_page_of(headers.get("host"), origin)
