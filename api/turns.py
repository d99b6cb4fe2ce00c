"""Requests take turns: a flood at the API must leave the pages of the same process their database connections (R2)."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import error_answer, language_of
from core.errors import AppError

AT_ONCE = 6  # of the ten connections of the process (``db.session.open_database``: five, and five more)
LONGEST_WAIT_SECONDS = 10.0
ALWAYS = "/health"  # load balancers ask how it is just when there is much to do


class Turns:
    """At most ``at_once`` requests are answered at a time; who waits too long gets 503 ``database_busy``."""

    def __init__(self, app: ASGIApp, at_once: int = AT_ONCE, longest_wait: float = LONGEST_WAIT_SECONDS) -> None:
        self.app = app
        self.longest_wait = longest_wait
        self.turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(ALWAYS):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.longest_wait):
                await self.turns.acquire()
        except TimeoutError:
            await error_answer(AppError("database_busy", 503), language_of(Request(scope)))(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self.turns.release()
