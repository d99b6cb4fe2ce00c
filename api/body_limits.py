"""What a request may carry: JSON, of a size and a depth that nobody needs more of, sent without dawdling."""

import asyncio
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_answer, language_of
from core.errors import AppError

SAFE: Final = ("GET", "HEAD", "OPTIONS")
MOST_BYTES = 1_000_000
MOST_DEPTH = 12
LONGEST_READ_SECONDS = 10.0  # for 1 MB: slower than any line that people work on
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]')


class BodyLimits:
    """Requests that change something carry JSON, so that no form of another site can send them.

    Around ``api.turns``: the whole body is here before a request takes its turn, so slow senders hold none.
    """

    def __init__(self, app: ASGIApp, longest_read: float = LONGEST_READ_SECONDS) -> None:
        self.app = app
        self.longest_read = longest_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.longest_read):
                body = await _checked(Headers(scope=scope), receive)
        except TimeoutError:
            await _refuse(
                AppError("body_too_slow", 408, params={"seconds": round(self.longest_read)}), scope, receive, send
            )
        except AppError as error:
            await _refuse(error, scope, receive, send)
        except ClientDisconnect:
            return  # nobody waits for an answer, and half of a body asks for nothing
        else:
            await self.app(scope, _replayed(body, receive), send)


async def _refuse(error: AppError, scope: Scope, receive: Receive, send: Send) -> None:
    await error_answer(error, language_of(Request(scope)))(scope, receive, send)


async def _checked(headers: Headers, receive: Receive) -> bytes:
    """The whole body; raises ``json_required`` (415), ``body_too_large`` (413), ``body_too_deep`` (422)."""
    kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise AppError("json_required", 415)
    too_large = AppError("body_too_large", 413, params={"kilobytes": MOST_BYTES // 1_000})
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:19]) > MOST_BYTES:
        raise too_large
    body = bytearray()
    is_more = True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise too_large
    if depth_of(bytes(body)) > MOST_DEPTH:
        raise AppError("body_too_deep", 422, params={"levels": MOST_DEPTH})
    return bytes(body)


def depth_of(body: bytes) -> int:
    """How deep objects and lists of a JSON text are nested, without building any of them."""
    depth = deepest = 0
    for match in BRACKETS.finditer(body):
        mark = match.group()
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what the server says (that the caller went away)."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
