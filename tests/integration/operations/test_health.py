"""Health: the worst check decides, and a monitor gets a status code it understands (issue: GET /api/health)."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import httpx
import pytest
from redis import Redis
from sqlalchemy import text

from api.app import create_api
from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer, start_valkey
from core.version import version
from db.queries import health as queries
from db.queries import jobs as job_queries
from db.queries.health import HeartbeatRow
from db.queries.job_rows import NewRun, RunEnd
from db.session import Database, open_database
from operations.health import HealthService
from operations.patience import Patience
from tests.ports import free_port
from tests.waiting import wait_for

NO_SERVER = "postgresql://u:p@127.0.0.1:1/x"
HERE = Path(__file__).parent
NO_CACHE = "redis://127.0.0.1:1/0"


@pytest.fixture
def health(database: Database, valkey_server: ValkeyServer, clock: FixedClock) -> HealthService:
    return HealthService(database, valkey_server.url, clock, version(), (HERE,))


def beat(database: Database, clock: FixedClock) -> None:
    with database.transaction() as connection:
        row = HeartbeatRow("sidecar", 1, "here", version(), clock.now(), clock.now())
        queries.beat_service(connection, row)


def collected(database: Database, clock: FixedClock, hotel: int) -> None:
    with database.transaction() as connection:
        run_id = job_queries.begin_run(connection, NewRun("collect", hotel, "schedule", clock.now(), "here"))
        job_queries.finish_run(connection, run_id or 0, RunEnd("succeeded", clock.now()))


def states(health: HealthService) -> dict[str, str]:
    return {check.name: check.status for check in health.report().checks}


def test_an_installation_that_runs_is_well(
    health: HealthService, database: Database, clock: FixedClock, hotel: int
) -> None:
    beat(database, clock)
    collected(database, clock, hotel)
    assert states(health) == {"database": "ok", "cache": "ok", "sidecar": "ok", "freshness": "ok", "disk": "ok"}
    assert health.report().status == "ok"


def test_a_cache_that_refuses_to_write_degrades(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    server = start_valkey(tmp_path, free_port())
    try:
        health = HealthService(database, server.url, clock, version(), (HERE,))
        assert states(health)["cache"] == "ok"
        with Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1")
        [cache] = [check for check in health.report().checks if check.name == "cache"]
        assert (cache.status, cache.details) == ("degraded", {"reason": "redis_refuses_writes"})
    finally:
        server.stop()


def test_a_database_that_never_answers_is_down_in_time_and_asked_once(health: HealthService) -> None:
    let_go, asked = Event(), list[int]()

    def hang() -> None:
        asked.append(1)
        let_go.wait(60)

    hanging = replace(health, patience=Patience(0.05))
    object.__setattr__(hanging, "database", SimpleNamespace(ping=hang, reading=health.database.reading))
    try:
        for _ in range(3):
            report = hanging.report()
            assert (report.status, report.checks[0].details) == ("down", {"reason": "database_unavailable"})
        assert wait_for(lambda: len(asked)) == 1  # its thread may begin later than it is waited for
    finally:
        let_go.set()


def test_a_silent_sidecar_and_old_data_degrade(
    health: HealthService, database: Database, clock: FixedClock, hotel: int
) -> None:
    assert states(health)["sidecar"] == "degraded"
    assert states(health)["freshness"] == "degraded"
    beat(database, clock)
    collected(database, clock, hotel)
    clock.advance(timedelta(minutes=59))
    assert (states(health)["sidecar"], states(health)["freshness"]) == ("degraded", "ok")
    clock.advance(timedelta(minutes=2))
    assert states(health)["freshness"] == "degraded"


def test_a_watermark_counts_as_a_collection(
    health: HealthService, database: Database, clock: FixedClock, hotel: int
) -> None:
    with database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_watermarks (hotel_id, stage, metric_type, read_until, updated_at) "
                "VALUES (:hotel, 'collect', 'stok_seviye', :at, :at)"
            ),
            {"hotel": hotel, "at": clock.now()},
        )
    assert states(health)["freshness"] == "ok"


def test_without_a_cache_people_can_still_work(database: Database, clock: FixedClock) -> None:
    report = HealthService(database, NO_CACHE, clock, version(), (HERE,)).report()
    assert {check.name: check.status for check in report.checks}["cache"] == "degraded"
    assert report.status == "degraded"


def test_a_disk_that_is_nearly_full_is_told_while_everything_still_works(
    health: HealthService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert states(health)["disk"] == "ok"
    megabytes = {HERE: 900, tmp_path: 499}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=megabytes[folder] * 1024 * 1024))
    [disk] = [check for check in health.report().checks if check.name == "disk"]
    assert (disk.status, disk.details) == ("ok", {"free_mb": 900})
    folders = (HERE, tmp_path, HERE / "never made")  # logs or backups may lie on a disk of their own
    [disk] = [check for check in replace(health, folders=folders).report().checks if check.name == "disk"]
    assert (disk.status, disk.details) == ("degraded", {"free_mb": 499})


def ask(service: HealthService) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_api(lambda: SimpleNamespace(health=service)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/health")

    return asyncio.run(call())


def test_the_api_answers_200_while_people_can_work_and_503_when_not(
    health: HealthService, valkey_server: ValkeyServer, clock: FixedClock
) -> None:
    answer = ask(health)
    assert answer.status_code == 200
    assert answer.json()["version"] == version()
    assert {check["name"] for check in answer.json()["checks"]} == {"database", "cache", "sidecar", "freshness", "disk"}
    away = open_database(NO_SERVER)
    down = ask(HealthService(away, valkey_server.url, clock, version(), (HERE,)))
    assert (down.status_code, down.json()["status"]) == (503, "down")
    assert "127.0.0.1" not in down.text
