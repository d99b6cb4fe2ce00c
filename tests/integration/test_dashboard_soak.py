"""A dashboard that is asked again and again does not grow; one with a planted leak is found (R1)."""

from itertools import cycle
from pathlib import Path

import httpx
import pytest

from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.scope import SYSTEM
from core.settings import ROOT, Settings
from db.session import Database
from identity.permissions import MACHINE_PERMISSIONS
from services import build_services
from tests.dashboard import at_rest, dashboard
from tests.soak import LEAK, MEGABYTE, growth_bytes

SECONDS, MOST_MEGABYTES = 15, 4
PATHS = ("health", "hotels", "alerts/board", "jobs/runs", "jobs/figures", "queries/now", "config", "no/such/path")


@pytest.mark.parametrize("leaks", [False, True])
def test_a_dashboard_that_answers_for_long_does_not_grow(
    database: Database, valkey_server: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaks: bool
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    settings, servers = Settings(home=tmp_path), Servers(url, valkey_server.url, None, None)
    services = build_services(settings, servers, database=database)
    services.identity.add_user(SYSTEM, "root", "a long enough password", "superadmin", full_name="R", language="en")
    made = services.api_keys.create(SYSTEM, "soak", sorted(MACHINE_PERMISSIONS), days=1, owner="root")
    if leaks:
        monkeypatch.setenv("PYTHONPATH", f"{LEAK}:{ROOT}")
    statuses: list[int] = []
    headers = {"Authorization": f"Bearer {made.key}"}
    with dashboard(tmp_path, url, valkey_server.url) as address, httpx.Client(headers=headers) as client:
        pid, paths = at_rest().pid, cycle(PATHS)

        def ask() -> None:
            statuses.append(client.get(f"{address}/api/{next(paths)}", timeout=60).status_code)

        grown = growth_bytes(pid, SECONDS, ask) / MEGABYTE
    assert (grown > MOST_MEGABYTES) is leaks, f"{grown:.1f} MB"
    assert statuses.count(200) > 40  # it did work
