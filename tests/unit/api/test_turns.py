"""A flood of requests waits for its turn, and is told when that takes too long (R2)."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from api.turns import Turns


class Counter:
    """An application that knows how many requests were in it at once."""

    def __init__(self, at_once: int, longest_wait: float) -> None:
        self.now = self.most = 0
        self.has_begun, self.may_end = asyncio.Event(), asyncio.Event()
        routes = [
            Route("/slow", self.slow), Route("/held", self.held), Route("/health", self.made),
            Route("/rooms/health", self.made),
            Route("/broken", self.broken), Route("/made", self.made), Route("/stream", self.stream),
            Route("/events", self.events),
        ]  # fmt: skip
        turns = Middleware(Turns, at_once=at_once, longest_wait=longest_wait)
        self.app = Starlette(routes=routes, middleware=[turns])

    async def slow(self, _: Request) -> PlainTextResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return PlainTextResponse("done")

    async def held(self, _: Request) -> PlainTextResponse:
        self.has_begun.set()
        await self.may_end.wait()
        return PlainTextResponse("done")

    async def made(self, _: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    async def stream(self, _: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "done"

        return StreamingResponse(parts())

    async def events(self, _: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "event: line\n\n"

        return StreamingResponse(parts(), media_type="text/event-stream")

    async def broken(self, _: Request) -> PlainTextResponse:
        raise RuntimeError("a mistake")

    async def read_slowly(self, path: str) -> list[int]:
        """Somebody reads an answer's beginning and stops; the status that another one gets meanwhile."""
        has_begun, reads_on = asyncio.Event(), asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                has_begun.set()
                await reads_on.wait()

        async def receive() -> Any:
            await reads_on.wait()
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
        reader = asyncio.create_task(self.app(scope, receive, send))
        await has_begun.wait()
        found = [answer.status_code for answer in await self.gathered("/made")]
        reads_on.set()
        await reader
        return found + [answer.status_code for answer in await self.gathered("/made")]

    async def gathered(self, *paths: str) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asked: list[Coroutine[Any, Any, httpx.Response]] = [client.get(path) for path in paths]
            return await asyncio.gather(*asked)

    def ask(self, *paths: str) -> list[httpx.Response]:
        return asyncio.run(self.gathered(*paths))

    def ask_while_one_is_held(self, *paths: str, inside: str = "") -> list[httpx.Response]:
        """What others are answered while one request has not ended, and at last that one's own answer."""

        async def both() -> list[httpx.Response]:
            first = asyncio.create_task(self.gathered(f"{inside}/held"))
            await self.has_begun.wait()
            others = await self.gathered(*paths)
            self.may_end.set()
            return others + await first

        return asyncio.run(both())


def test_so_many_are_answered_at_once_and_all_in_the_end() -> None:
    counter = Counter(3, 10.0)
    assert {answer.status_code for answer in counter.ask(*["/slow"] * 20)} == {200}
    assert counter.most == 3


def test_who_waits_too_long_is_told_when_to_come_back() -> None:
    *late, first = Counter(1, 0.01).ask_while_one_is_held("/made", "/made")
    assert ([answer.status_code for answer in late], first.status_code) == ([503, 503], 200)
    [busy] = {answer.headers["retry-after"] for answer in late}
    assert int(busy) > 0
    assert {answer.json()["error"]["code"] for answer in late} == {"database_busy"}


def test_the_question_how_it_is_does_not_wait_and_a_mistake_gives_its_turn_back() -> None:
    counter = Counter(1, 0.01)
    answers = counter.ask_while_one_is_held("/health", "/health")
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [counter.ask("/broken")[0].status_code for _ in range(3)] == [500, 500, 500]
    assert counter.ask("/made")[0].status_code == 200


def test_only_the_question_how_it_is_itself_is_let_past() -> None:
    answers = Counter(1, 0.01).ask_while_one_is_held("/rooms/health")
    assert [answer.status_code for answer in answers] == [503, 200]
    counter = Counter(1, 0.01)
    counter.app = Starlette(routes=[Mount("/api", counter.app)])
    answers = counter.ask_while_one_is_held("/api/health", "/api/rooms/health", inside="/api")
    assert [answer.status_code for answer in answers] == [200, 503, 200]


def test_who_reads_a_finished_answer_slowly_holds_no_turn_and_a_stream_is_finished_at_its_end() -> None:
    assert asyncio.run(Counter(1, 0.01).read_slowly("/made")) == [200, 200]
    assert asyncio.run(Counter(1, 0.01).read_slowly("/stream")) == [503, 200]
    assert asyncio.run(Counter(1, 0.01).read_slowly("/events")) == [200, 200]  # it bounds by itself what it reads
