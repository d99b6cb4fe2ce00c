"""P-11: the API under 50 clients for a minute; P-12: a page deep in 2 million rows.

BAROMETER_LOAD_SECONDS=600 is the long form.

Each client has an access token of its own and asks on a schedule, so that a slow answer does not thin out the load;
what is timed is from when the request was due. Nothing is asked with an ETag: every answer is read anew.
"""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import httpx
import numpy as np
from sqlalchemy import text

from core.clock import SystemClock
from core.scope import SYSTEM
from db.queries import metric_values
from db.queries.metric_values import Wanted
from pipeline.alerts.service import AlertFilters
from tests.benchmarks.big_hotel import BigHotel, big_hotel
from tests.benchmarks.report import Row, timed
from tests.benchmarks.servers import fresh_database
from tests.browser.conftest import PASSWORD

CLIENTS, PER_SECOND = 50, 100.0
SECONDS = float(os.environ.get("BAROMETER_LOAD_SECONDS", "60"))
REFERENCE_SECONDS = 15.0
ROOMS, DAYS = 200, 60
ROWS, DEEP, PAGE = 2_000_000, 1_000_000, 100


@dataclass
class Load:
    """Seconds of each answer by address, and the answers by status."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def all(self) -> list[float]:
        return [one for found in self.seconds.values() for one in found]

    def slowest(self) -> str:
        p95s = sorted(((float(np.quantile(found, 0.95)), path) for path, found in self.seconds.items()), reverse=True)
        return ", ".join(f"{path} {1000 * seconds:.0f} ms" for seconds, path in p95s[:3])


def run() -> list[Row]:
    with big_hotel(ROOMS, DAYS) as hotel:
        rows = [load_row(hotel)]
    return [*rows, deep_row()]


def load_row(hotel: BigHotel) -> Row:
    asked = addresses(hotel)
    ours, reference = asyncio.run(both(hotel, asked))
    failed = {status: count for status, count in sorted(ours.statuses.items()) if status != 200}
    errors = f"{sum(failed.values())} of them errors{' ' + str(failed) if failed else ''}"
    total = sum(ours.statuses.values())
    note = (
        f"p50 {1000 * np.median(ours.all):.0f} ms, p99 {1000 * np.quantile(ours.all, 0.99):.0f} ms; {total:,} answers,"
        f" {errors}; p95 of the slowest: {ours.slowest()}"
    )
    work = f"{CLIENTS} clients, {PER_SECOND:.0f} requests/s, {SECONDS:.0f} s, {len(asked)} reads of {ROOMS} rooms, p95"
    return Row("P-11", work, p95(ours), "a constant JSON route of the same server, p95", p95(reference),
               "p95 < 100 ms, no errors", note)  # fmt: skip


def p95(load: Load) -> float:
    return float(np.quantile(load.all, 0.95))


def addresses(hotel: BigHotel) -> list[str]:
    """What the screens of a morning read: (path, with its query)."""
    [alert, *_] = hotel.services.alerts.board(SYSTEM, AlertFilters(states=("all",)), limit=1).rows
    now = SystemClock().now()
    of_day = {"since": (now - timedelta(days=1)).isoformat(), "until": now.isoformat()}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/alerts", {}), ("/alerts/counts", {}), ("/alerts/summary", {}), (f"/alerts/{alert.id}", {}),
        ("/hotels", {}), ("/reports/overview", {}), ("/reports/overview/running-low", {}),
        ("/reports/consumption", {"days": 7, "hotel_id": hotel.hotel_id}), ("/jobs/runs", {}),
        ("/ml/forecasts", {"hotel_id": hotel.hotel_id}), ("/ml/thresholds", {"hotel_id": hotel.hotel_id}),
        ("/ml/metrics/values", {"hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", **of_day}),
    ]  # fmt: skip
    return [str(httpx.URL(path, params=query)) for path, query in asked]


async def both(hotel: BigHotel, asked: list[str]) -> tuple[Load, Load]:
    names = [f"client{number}" for number in range(CLIENTS)]
    for name in names:
        hotel.services.identity.add_user(SYSTEM, name, PASSWORD, "admin", language="en", hotels=[hotel.hotel_id])
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=hotel.address + "/api", limits=limits, timeout=30) as client:
        tokens = [await signed_in(client, name) for name in names]
        constant = await load(client, tokens, ["/.well-known/jwks.json"], REFERENCE_SECONDS)
        await load(client, tokens, asked, REFERENCE_SECONDS)  # what the first of a process pays
        tokens = [await signed_in(client, name) for name in names]  # they live ten minutes, as long as the long form
        return await load(client, tokens, asked, SECONDS), constant


async def signed_in(client: httpx.AsyncClient, name: str) -> str:
    answer = await client.post("/auth/token", json={"username": name, "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def load(client: httpx.AsyncClient, tokens: list[str], asked: list[str], seconds: float) -> Load:
    found, interval, began = Load(), CLIENTS / PER_SECOND, perf_counter() + 0.5

    async def one(number: int, token: str) -> None:
        due, turn = began + number * interval / CLIENTS, number
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            path = asked[turn % len(asked)]
            status = 0  # no answer at all
            with suppress(httpx.TransportError):
                status = (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code
            found.seconds.setdefault(path.partition("?")[0], []).append(perf_counter() - due)
            found.statuses[status] += 1
            due, turn = due + interval, turn + 1

    await asyncio.gather(*(one(number, token) for number, token in enumerate(tokens)))
    return found


MANY = """
INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value)
SELECT h.id, 'stok_seviye', 'product', entity, at - interval '1 hour', at, 1
  FROM hotels h, generate_series(cast(:until as timestamptz) - interval '1999 hours', :until, '1 hour') AS at,
       generate_series(1, 1000) AS entity
"""


def deep_row() -> Row:
    """Pages of the metrics API's own query; the reference is the first page."""
    with fresh_database() as database:
        until = datetime(2026, 3, 1).astimezone()
        with database.transaction() as connection:
            connection.execute(text("INSERT INTO hotels (code, name) VALUES ('A', 'A')"))
            connection.execute(text(MANY), {"until": until})
        with database.transaction() as connection:
            connection.execute(text("ANALYZE ml_metrics"))
            hotel_id = int(connection.execute(text("SELECT id FROM hotels")).scalar_one())
        wanted = Wanted(hotel_id, "stok_seviye", until - timedelta(days=365), until + timedelta(hours=1))
        after = (until - timedelta(hours=(ROWS - DEEP) // 1000), 500)
        with database.reading() as connection:
            first = timed(lambda: metric_values.page(connection, wanted, PAGE, None), 30)
            deep = timed(lambda: metric_values.page(connection, wanted, PAGE, after), 30)
    return Row("P-12", f"page of {PAGE} at row {DEEP:,} of {ROWS:,}", deep, "the first page", first, "≤ 1.5 ×")
