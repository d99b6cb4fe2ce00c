"""The routes of memory, and which routes wait when there is none left (R1, C12)."""

import pytest

from services import Services
from tests.integration.api.conftest import Api


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def test_processes_history_and_events_are_read(api: Api, services: Services, root: str) -> None:
    services.memory_watch.gauge = lambda: 0.85
    services.memory_watch.look()
    [process] = api.get("/memory/processes", root).json()["items"]
    assert (process["service"], process["level"], process["is_seen"]) == ("dashboard", "recycle", True)
    [moment] = api.get("/memory/history", root, period="1h").json()["items"]
    assert moment["rss_bytes"] == process["rss_bytes"]
    [event] = api.get("/memory/events", root).json()["items"]
    assert (event["before"], event["level"]) == ("normal", "recycle")


def test_when_memory_is_short_costly_routes_wait_and_cheap_ones_answer(api: Api, services: Services, root: str) -> None:
    services.memory_watch.gauge = lambda: 0.95
    services.memory_watch.look()
    waits = api.get("/reports/consumption", root)
    assert (waits.status_code, waits.json()["error"]["code"]) == (503, "memory_short")
    assert waits.headers["Retry-After"]
    assert api.get("/hotels", root).status_code == 200
    services.memory_watch.gauge = lambda: 0.5
    services.memory_watch.look()
    assert api.get("/reports/consumption", root).status_code != 503
