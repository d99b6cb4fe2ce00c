"""Who sends slowly waits for themselves alone, and not for ever (R2)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from api.app import create_api
from api.body_limits import BodyLimits
from api.turns import AT_ONCE

HEADERS = [(b"content-type", b"application/json"), (b"accept-language", b"tr")]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def scope(method: str, path: str) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": HEADERS, "client": ("127.0.0.1", 1), "server": ("test", 80), "scheme": "http",
        "http_version": "1.1", "root_path": "",
    }  # fmt: skip


def sender(*messages: dict[str, Any]) -> Receive:
    """What comes of a request, and then nothing more."""
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Answered:
    """An application that answers nothing, and the messages of whoever answers in its place."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.sent: list[dict[str, Any]] = []

    async def __call__(self, _: Any, receive: Receive, __: Any) -> None:
        self.asked.append((await receive())["body"])

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def ask(self, receive: Receive, longest_read: float = 10.0) -> None:
        limits: Any = BodyLimits(self, longest_read)  # type: ignore[arg-type]
        asyncio.run(limits(scope("POST", "/silences"), receive, self.send))


def test_a_body_that_does_not_arrive_in_time_is_refused_and_its_connection_closed() -> None:
    found = Answered()
    found.ask(sender(part(b"{", True)), 0.01)
    [start, body] = found.sent
    assert (start["status"], found.asked) == (408, [])
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["error"]["code"] == "body_too_slow"


def test_a_body_in_parts_reaches_the_application_whole_and_half_of_one_does_not() -> None:
    found = Answered()
    found.ask(sender(part(b"{", True), part(b"}", False)))
    found.ask(sender(part(b"{}", True), {"type": "http.disconnect"}))
    assert (found.asked, found.sent) == ([b"{}"], [])


def test_slow_senders_hold_no_turn_of_the_others() -> None:
    async def flood() -> int:
        api: Any = create_api(lambda: None)  # type: ignore[arg-type, return-value]
        found, slow = Answered(), Answered()
        senders = [
            asyncio.create_task(api(scope("POST", "/silences"), sender(part(b"{", True)), slow.send))
            for _ in range(AT_ONCE)
        ]
        await asyncio.sleep(0.01)
        async with asyncio.timeout(60):
            await api(scope("GET", "/nothing"), sender(part(b"", False)), found.send)
        for one in senders:
            one.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        assert slow.sent == []
        return int(found.sent[0]["status"])

    assert asyncio.run(flood()) == 404
