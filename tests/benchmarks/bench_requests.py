"""C3: what measuring costs: a request with and without the middleware, recording alone, a flush, the page's reads."""

import asyncio
from datetime import timedelta
from statistics import median
from time import perf_counter

import numpy as np
from fastapi import FastAPI
from sqlalchemy import text
from starlette.types import ASGIApp, Message

from api.errors import install_error_handlers
from api.metering import Metering
from core.clock import FixedClock, SystemClock
from core.scope import SYSTEM
from operations.requests.histogram import added, quantile
from operations.requests.recorder import Endpoint, Request, RequestRecorder
from operations.requests.service import RequestService
from tests.benchmarks.report import Row, timed
from tests.benchmarks.servers import fresh_database

REQUESTS, ROUNDS = 2_000, 7
RECORDED = 100_000
ENDPOINTS, DAYS, PER_HOUR = 40, 30, 30
ENDPOINT = Endpoint("api", "GET", "/api/rooms/{room}")
RAW = """
CREATE TEMP TABLE raw AS SELECT n % :endpoints AS endpoint, exp(random() * 4 - 6) AS seconds
  FROM generate_series(1, :rows) AS n
"""
EXACT = """
SELECT endpoint, count(*), percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY seconds) FROM raw GROUP BY 1
"""
SCOPE = {
    "type": "http", "method": "GET", "path": "/rooms/7", "raw_path": b"/rooms/7", "query_string": b"",
    "headers": [(b"host", b"test")], "client": ("127.0.0.1", 1), "server": ("test", 80), "scheme": "http",
    "http_version": "1.1", "root_path": "",
}  # fmt: skip


def run() -> list[Row]:
    return [request_row(), recording_row(), *database_rows()]


def small_app(recorder: RequestRecorder | None) -> FastAPI:
    """The API's error handlers around a route that does nothing; it is async, as thread pools are noisy."""
    app = FastAPI()
    install_error_handlers(app, lambda _: None)
    if recorder is not None:
        app.add_middleware(Metering, recorder=recorder)

    @app.get("/rooms/{room}")
    async def room(room: int) -> dict[str, int]:
        return {"room": room}

    return app


async def asked(app: ASGIApp, count: int) -> float:
    """Seconds of ``count`` requests, one after the other, without a network."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        return None

    began = perf_counter()
    for _ in range(count):
        await app(dict(SCOPE), receive, send)
    return perf_counter() - began


def request_row() -> Row:
    measured, plain = small_app(RequestRecorder(SystemClock())), small_app(None)

    async def in_turns() -> list[tuple[float, float]]:
        await asked(measured, 100)
        await asked(plain, 100)
        return [(await asked(measured, REQUESTS), await asked(plain, REQUESTS)) for _ in range(ROUNDS)]

    pairs = asyncio.run(in_turns())
    ours, without = (median(column) for column in zip(*pairs, strict=True))
    note = f"{1e6 * (ours - without) / REQUESTS:.0f} µs a request; median of {ROUNDS} rounds in turns"
    return Row("C3", f"{REQUESTS:,} requests, measured", ours, "the same app without", without, "< 200 µs more", note)


def recording_row() -> Row:
    recorder, seconds = RequestRecorder(SystemClock()), np.random.default_rng(1).lognormal(-4, 1, RECORDED)
    requests = [Request(ENDPOINT, one, 200) for one in seconds.tolist()]
    kept: list[Request] = []

    def record() -> None:
        for request in requests:
            recorder.record(request)

    def append() -> None:
        for request in requests:
            kept.append(request)  # noqa: PERF402 - one by one, as requests come

    ours, bare = timed(record, 1), timed(append, 1)
    counted: dict[int, int] = {}
    for tally in recorder.take().tallies.values():
        counted = added(counted, tally.buckets)
    errors = [
        abs((quantile(counted, share) or 0) / np.quantile(seconds, share, method="inverted_cdf") - 1)
        for share in (0.5, 0.95, 0.99)
    ]
    note = f"{1e6 * ours / RECORDED:.1f} µs each; p50, p95, p99 off by {', '.join(f'{error:.2%}' for error in errors)}"
    return Row("C3", f"{RECORDED:,} requests recorded", ours, "appended to a list", bare, "error ≤ 2 %", note)


def database_rows() -> list[Row]:
    """A month of an installation with 40 endpoints that are asked all day and night."""
    with fresh_database() as database:
        clock = FixedClock(SystemClock().now())
        service = RequestService(database, clock, RequestRecorder(clock))
        now, seconds = clock.now(), np.random.default_rng(2).lognormal(-4, 1, ENDPOINTS * PER_HOUR).tolist()
        took = []
        for hours in range(24 * DAYS, 0, -1):
            clock.at = now - timedelta(hours=hours)
            for number, one in enumerate(seconds):
                endpoint = Endpoint("api", "GET", f"/api/topic-{number % ENDPOINTS}/{{id}}")
                service.recorder.record(Request(endpoint, one, 200))
            took.append(timed(service.flush, 1))
        clock.at = now
        ours = timed(lambda: service.overview(SYSTEM, "api", "30d"))
        chart = timed(lambda: service.course(SYSTEM, "api", "30d"))
        with database.transaction() as connection:
            connection.execute(text(RAW), {"rows": 24 * DAYS * ENDPOINTS * PER_HOUR, "endpoints": ENDPOINTS})
            bare = timed(lambda: connection.execute(text(EXACT)).all(), 1)
    kept = f"{24 * DAYS * ENDPOINTS:,} hours of {24 * DAYS * ENDPOINTS * PER_HOUR:,} requests"
    return [
        Row("C3", f"figures of 30 days: {kept}", ours, "exact percentiles of as many raw rows", bare, "< 1 s",
            f"and 24 h beside it; chart {chart:.2f} s; a flush of {ENDPOINTS} endpoints: median {median(took):.3f} s"),
    ]  # fmt: skip
