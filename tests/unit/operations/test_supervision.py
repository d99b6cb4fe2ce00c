"""A dead server of the data folder is started again, and nothing is given up on while it cannot be (D4)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.errors import AppError
from core.settings import Settings
from operations import supervision
from operations.supervision import EmbeddedServers

OLD = Servers("db", "redis://old", None, ValkeyServer(1, 4000, "x"))


class Machine:
    """What the supervisor meets: the time, who is dead, which ports are taken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.is_taken, self.starts, self.found = 1_000.0, False, 0, OLD
        self.error: AppError | None = None
        self.dead: dict[str, int] = {}
        monkeypatch.setattr(supervision.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(supervision, "dead_servers", lambda _: dict(self.dead))
        monkeypatch.setattr(supervision, "free_port", lambda port: port + self.is_taken)
        monkeypatch.setattr(supervision, "ensure_servers", self.start)

    def start(self, _: Any) -> tuple[Servers, bool]:
        self.starts += 1
        if self.error is not None:
            raise self.error
        return self.found, True


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def looked(embedded: EmbeddedServers, machine: Machine, seconds: int) -> None:
    for _ in range(4 * seconds):
        machine.now += 0.25
        embedded.keep_alive()


def test_what_cannot_start_is_tried_ever_less_often_and_never_given_up(machine: Machine, tmp_path: Path) -> None:
    embedded = EmbeddedServers(Settings(home=tmp_path), OLD)
    looked(embedded, machine, 10)
    assert machine.starts == 0
    machine.dead, machine.error = {"Valkey": 4000}, AppError("embedded_server_failed", 500)
    looked(embedded, machine, 60)
    assert 4 <= machine.starts <= 6  # after 2, 4, 8, 16, 32 seconds
    looked(embedded, machine, 600)
    assert machine.starts <= 16
    machine.dead = {}
    looked(embedded, machine, 120)
    machine.dead, machine.starts = {"Valkey": 4000}, 0
    looked(embedded, machine, 4)
    assert machine.starts == 2  # well for a while: it begins anew


def test_a_port_that_is_taken_for_a_moment_is_waited_for(machine: Machine, tmp_path: Path) -> None:
    embedded = EmbeddedServers(Settings(home=tmp_path), OLD)
    machine.dead, machine.is_taken = {"Valkey": 4000}, True
    looked(embedded, machine, 10)
    assert machine.starts == 0
    machine.is_taken, machine.found = False, replace(OLD, valkey=ValkeyServer(2, 4000, "x"))
    looked(embedded, machine, 20)
    assert machine.starts >= 1
    assert embedded.servers.valkey == ValkeyServer(2, 4000, "x")


def test_a_server_at_another_address_ends_the_installation(machine: Machine, tmp_path: Path) -> None:
    embedded = EmbeddedServers(Settings(home=tmp_path), OLD)
    machine.dead, machine.found = {"Valkey": 4000}, replace(OLD, redis_url="redis://new")
    with pytest.raises(AppError, match="embedded_server_failed"):
        looked(embedded, machine, 5)
