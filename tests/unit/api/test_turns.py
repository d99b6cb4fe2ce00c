"""A flood of requests waits for its turn, and is told when that takes too long (R2)."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.turns import Turns


class Counter:
    """An application that knows how many requests were in it at once."""

    def __init__(self, at_once: int, longest_wait: float) -> None:
        self.now = self.most = 0
        routes = [Route("/slow", self.slow), Route("/health", self.slow), Route("/broken", self.broken)]
        turns = Middleware(Turns, at_once=at_once, longest_wait=longest_wait)
        self.app = Starlette(routes=routes, middleware=[turns])

    async def slow(self, _: Request) -> PlainTextResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return PlainTextResponse("done")

    async def broken(self, _: Request) -> PlainTextResponse:
        raise RuntimeError("a mistake")

    def ask(self, *paths: str) -> list[httpx.Response]:
        async def all_at_once() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                asked: list[Coroutine[Any, Any, httpx.Response]] = [client.get(path) for path in paths]
                return await asyncio.gather(*asked)

        return asyncio.run(all_at_once())


def test_so_many_are_answered_at_once_and_all_in_the_end() -> None:
    counter = Counter(3, 10.0)
    assert {answer.status_code for answer in counter.ask(*["/slow"] * 20)} == {200}
    assert counter.most == 3


def test_who_waits_too_long_is_told_when_to_come_back() -> None:
    counter = Counter(1, 0.01)
    answers = counter.ask(*["/slow"] * 3)
    assert sorted(answer.status_code for answer in answers) == [200, 503, 503]
    [busy] = {answer.headers["retry-after"] for answer in answers if answer.status_code == 503}
    assert int(busy) > 0
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 503} == {"database_busy"}


def test_the_question_how_it_is_does_not_wait_and_a_mistake_gives_its_turn_back() -> None:
    counter = Counter(1, 0.01)
    assert [answer.status_code for answer in counter.ask("/slow", "/health", "/health")] == [200, 200, 200]
    assert [counter.ask("/broken")[0].status_code for _ in range(3)] == [500, 500, 500]
    assert counter.ask("/slow")[0].status_code == 200
