"""Requests take turns: a flood at the API must leave the pages of the same process their database connections (R2)."""

import asyncio

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_answer, language_of
from api.event_stream import MEDIA_TYPE
from core.errors import AppError

AT_ONCE = 6  # of the ten connections of the process (``db.session.open_database``: five, and five more)
LONGEST_WAIT_SECONDS = 10.0
ALWAYS = "/health"  # load balancers ask how it is just when there is much to do


class Turns:
    """At most ``at_once`` requests are worked on at a time; who waits too long gets 503 ``database_busy``.

    A turn ends with the work. An answer that tells its length was made whole before it began, so its turn is given back
    there and a slow reader holds none; one without a length may still read the database until it has ended. A stream of
    events lasts minutes and bounds by itself how many there are and what they read (``api.event_stream``).
    """

    def __init__(self, app: ASGIApp, at_once: int = AT_ONCE, longest_wait: float = LONGEST_WAIT_SECONDS) -> None:
        self.app = app
        self.longest_wait = longest_wait
        self.turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].removeprefix(scope.get("root_path", "")) == ALWAYS:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.longest_wait):
                await self.turns.acquire()
        except TimeoutError:
            await error_answer(AppError("database_busy", 503), language_of(Request(scope)))(scope, receive, send)
            return
        is_held = True

        async def give_back_when_made(message: Message) -> None:
            nonlocal is_held
            if is_held and message["type"] == "http.response.start" and _holds_nothing(Headers(scope=message)):
                is_held = False
                self.turns.release()
            await send(message)

        try:
            await self.app(scope, receive, give_back_when_made)
        finally:
            if is_held:
                self.turns.release()


def _holds_nothing(headers: Headers) -> bool:
    return "content-length" in headers or headers.get("content-type", "").startswith(MEDIA_TYPE)
