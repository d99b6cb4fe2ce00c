"""What another site began comes no further than the gate (A9.1)."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages.shell.gate import Gate, is_page_of

HOST = "hotel.example:8501"


def passed(kind: str, path: str, origin: str | None) -> tuple[Scope | None, list[Message]]:
    """What the application behind the gate was asked, None for nothing, and what the gate answered by itself."""
    asked: list[Scope] = []
    answered: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope)

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        answered.append(message)

    headers = [(b"host", HOST.encode()), *([(b"origin", origin.encode())] if origin is not None else [])]
    scope = {"type": kind, "path": path, "headers": headers, "method": "GET"}
    asyncio.run(Gate(app, lambda _: True)(scope, receive, send))
    return (asked[0] if asked else None), answered


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://hotel.example:9999", "http://hotel.example", "null", "", "http://["]
)
def test_another_site_opens_no_page_and_streamlit_is_not_asked_about_it(origin: str) -> None:
    closed = {"type": "websocket.close", "code": 1008, "reason": ""}
    assert passed("websocket", "/_stcore/stream", origin) == (None, [closed])
    scope, _ = passed("http", "/_stcore/health", origin)
    assert scope is not None
    assert scope["headers"] == [(b"host", HOST.encode())]


@pytest.mark.parametrize("origin", [f"http://{HOST}", f"https://{HOST}", None])
def test_our_own_pages_and_programs_go_on(origin: str | None) -> None:
    for kind, path in (("websocket", "/_stcore/stream"), ("http", "/_stcore/health")):
        scope, answered = passed(kind, path, origin)
        assert answered == []
        assert scope is not None
        assert (b"origin" in dict(scope["headers"])) is (origin is not None)


def test_the_routes_that_judge_by_themselves_still_see_where_a_request_comes_from() -> None:
    scope, _ = passed("http", "/auth/leave", "http://evil.example")
    assert scope is not None
    assert dict(scope["headers"])[b"origin"] == b"http://evil.example"


def test_a_name_that_only_begins_like_ours_is_another_one() -> None:
    assert is_page_of("a.example", "https://a.example/x?y")
    for address in ("https://a.example.evil/", "https://a.example@evil/", "ftp://a.example", "a.example"):
        assert not is_page_of("a.example", address)
