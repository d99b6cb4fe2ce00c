"""Every request of the API has an id and is measured under its route's template (C3)."""

import asyncio
import json
import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as Incoming
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from api import metering
from api.errors import install_error_handlers
from api.metering import NEVER_ANSWERED, Metering
from core.clock import SystemClock
from core.errors import AppError
from core.logs import add_request, configure_logging, logger
from core.request_context import RequestContext, begin_request, current_request, end_request, identify_request
from operations.requests.recorder import Endpoint, Request, RequestRecorder


@pytest.fixture
def recorder() -> RequestRecorder:
    return RequestRecorder(SystemClock())


def routers() -> list[APIRouter]:
    inner, outer = APIRouter(prefix="/alerts"), APIRouter(prefix="/ml")

    @inner.get("/{alert_id}")
    def alert(alert_id: int) -> dict[str, str | None]:
        identify_request("ayse", "admin")
        if alert_id == 404:
            raise AppError("not_found", 404, params={"what": "alert 404"})
        if alert_id == 500:
            raise ZeroDivisionError
        return {"request_id": current_request().request_id}

    @inner.post("/{alert_id}")
    async def comment(alert_id: int, asked: Incoming) -> int:
        return len(await asked.body())

    outer.include_router(inner)
    return [outer]


@pytest.fixture
def app(recorder: RequestRecorder) -> Starlette:
    api = FastAPI()
    install_error_handlers(api, lambda _: None)
    api.add_middleware(Metering, recorder=recorder)
    for router in routers():
        api.include_router(router)

    def broken(_: Incoming) -> PlainTextResponse:
        raise ZeroDivisionError

    measured = [Middleware(Metering, recorder=recorder, route="/auth/enter")]
    return Starlette(routes=[Mount("/api", api), Route("/auth/enter", broken, middleware=measured)])


@pytest.fixture
def ask(app: Starlette) -> Callable[..., httpx.Response]:
    def ask(method: str, path: str, **headers: str) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(call())

    return ask


def recorded(recorder: RequestRecorder) -> list[Request]:
    return [request for newest in recorder.take().recent.values() for _, request in newest]


def test_a_request_is_counted_under_its_template_with_who_asked(ask: Any, recorder: RequestRecorder) -> None:
    answer = ask("GET", "/api/ml/alerts/7?token=secret")
    [request] = recorded(recorder)
    assert request.endpoint == Endpoint("api", "GET", "/api/ml/alerts/{alert_id}")
    assert (request.status, request.actor, request.bytes_out) == (200, "ayse", len(answer.content))
    assert "secret" not in repr(request)
    assert recorder.in_flight["api"] == 0


def test_the_request_knows_at_its_end_what_it_was_a_request_of(
    ask: Any, recorder: RequestRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[RequestContext] = []
    monkeypatch.setattr(metering, "begin_request", lambda *given: begun.append(begin_request(*given)) or begun[-1])
    ask("GET", "/api/ml/alerts/7?token=secret")
    ask("POST", "/api/nowhere")
    assert [one.place for one in begun] == ["GET /api/ml/alerts/{alert_id}", "POST unknown"]


def test_the_id_is_the_same_in_the_answer_in_the_work_and_in_the_record(ask: Any, recorder: RequestRecorder) -> None:
    answer = ask("GET", "/api/ml/alerts/7", **{"X-Request-ID": "ticket-4711"})
    [request] = recorded(recorder)
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == request.request_id == "ticket-4711"
    made = ask("GET", "/api/ml/alerts/7", **{"X-Request-ID": "not valid"}).headers["x-request-id"]
    assert len(made) == 32


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "route"),
    [
        ("GET", "/api/ml/alerts/404", 404, "not_found", "/api/ml/alerts/{alert_id}"),
        ("GET", "/api/ml/alerts/500", 500, "internal_error", "/api/ml/alerts/{alert_id}"),
        ("GET", "/api/ml/alerts/x", 422, "validation_failed", "/api/ml/alerts/{alert_id}"),
        ("PUT", "/api/ml/alerts/7", 405, "method_not_allowed", "/api/ml/alerts/{alert_id}"),
        ("GET", "/api/ml/no/such/thing", 404, "not_found", "unknown"),
        ("GET", "/api/nothing", 404, "not_found", "unknown"),
        ("GET", "/auth/enter", 500, None, "/auth/enter"),
    ],
)
def test_failures_are_counted_with_their_code(
    ask: Any, recorder: RequestRecorder, method: str, path: str, status: int, code: str, route: str
) -> None:
    assert ask(method, path).status_code == status
    [request] = recorded(recorder)
    assert (request.status, request.error_code, request.endpoint.route) == (status, code, route)
    assert recorder.in_flight["api"] == 0


def test_unknown_methods_and_paths_make_no_endpoints_of_their_own(ask: Any, recorder: RequestRecorder) -> None:
    for number in range(20):
        ask(f"METHOD{number}", f"/api/{number}")
    assert {endpoint for endpoint, _ in recorder.take().tallies} == {Endpoint("api", "OTHER", "unknown")}


def test_the_bytes_that_came_are_counted_whatever_was_said_of_them(app: Starlette, recorder: RequestRecorder) -> None:
    parts = [b"12345", b"678"]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(_: Any) -> None:
        return None

    headers = [(b"content-length", b"999999999999999")]
    scope = {
        "type": "http", "method": "POST", "path": "/api/ml/alerts/7", "headers": headers, "query_string": b"",
        "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    [request] = recorded(recorder)
    assert (request.status, request.bytes_in) == (200, 8)


def test_how_long_an_answer_is_read_is_not_counted_as_work(recorder: RequestRecorder) -> None:
    """A large file on a slow line, or a stream: the time until its beginning is counted, and all of its bytes."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(5):
            await send({"type": "http.response.body", "body": b"piece", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def read_slowly(message: Any) -> None:
        if message["type"] == "http.response.body":
            begun.append(perf_counter() - asked_at)
            await asyncio.sleep(0.02)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    begun, asked_at = list[float](), perf_counter()
    asyncio.run(Metering(large, recorder)(scope, receive, read_slowly))  # type: ignore[arg-type]
    [request] = recorded(recorder)
    assert 0.05 <= request.seconds <= begun[0] < begun[-1]
    assert request.bytes_out == 25


def test_who_hangs_up_before_the_answer_is_counted_as_that(recorder: RequestRecorder) -> None:
    async def endless(*_: Any) -> None:
        await asyncio.sleep(60)

    async def hang_up() -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        task = asyncio.create_task(Metering(endless, recorder)(scope, endless, endless))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        assert recorder.in_flight["api"] == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(hang_up())
    [request] = recorded(recorder)
    assert (request.status, request.bytes_in) == (NEVER_ANSWERED, 0)


def test_lines_that_a_request_caused_carry_its_id_and_who_asked() -> None:
    begin_request(wanted_id="ticket-4711")
    identify_request("ayse", "admin")
    event = add_request(None, "info", {"event": "model_loaded"})
    assert (event["request_id"], event["actor"]) == ("ticket-4711", "ayse")
    end_request()
    assert add_request(None, "info", {"event": "model_loaded"}) == {"event": "model_loaded"}


def test_the_configured_renderer_writes_the_id(tmp_path: Any) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("test", "INFO", tmp_path, console=False)
    begin_request(wanted_id="ticket-4711")
    logger("tests").info("something_happened")
    end_request()
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    [line] = (tmp_path / "test.jsonl").read_text().splitlines()
    assert json.loads(line)["request_id"] == "ticket-4711"
