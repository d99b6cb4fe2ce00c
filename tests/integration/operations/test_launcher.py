"""``make run``: up in order, watched, down in order; one clear error for each thing in the way (D4)."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from core.settings import ROOT
from tests.ports import free_port
from tests.waiting import wait_for

PROCESS = Path(__file__).parent / "launcher_process.py"


@dataclass
class Installation:
    """One data folder and one port, started as often as a test likes."""

    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def begin(self, **more: str) -> "Installation":
        self.home.mkdir(exist_ok=True)
        hidden = ("DATABASE_URL", "REDIS_URL")
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        environment |= {"BAROMETER_HOME": str(self.home / "data"), "BAROMETER_PORT": str(self.port)}
        environment |= {"NOTES": str(self.home / "notes"), "PYTHONPATH": str(ROOT), **more}
        self.process = subprocess.Popen(
            [sys.executable, PROCESS, "up"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return self

    def until_ready(self) -> list[str]:
        """What it printed up to its last line of welcome."""
        assert self.process
        assert self.process.stdout
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.strip())
            if "Ctrl-C" in line:
                return lines
        raise AssertionError(self.end())

    def end(self) -> tuple[int, str, str]:
        assert self.process
        out, errors = self.process.communicate(timeout=280)
        return self.process.returncode, out, errors

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        assert self.process
        self.process.send_signal(number)
        return self.end()

    def ask(self, path: str = "/api/health") -> int | None:
        """The process id of the dashboard that answered."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return int(answer.read())
        except OSError:
            return None

    def notes(self) -> list[str]:
        return (self.home / "notes").read_text().splitlines()

    def processes(self) -> list[str]:
        """Whatever still runs of this installation."""
        return [
            " ".join(process.info["cmdline"] or [])
            for process in psutil.process_iter(["cmdline", "environ"])
            if str(self.home) in " ".join(process.info["cmdline"] or [])
            or (process.info["environ"] or {}).get("NOTES") == str(self.home / "notes")
        ]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "one")
    yield made
    if made.process and made.process.poll() is None:
        made.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_says_how_to_sign_in_and_stops_cleanly(installation: Installation, number: signal.Signals) -> None:
    lines = installation.begin().until_ready()
    assert f"http://127.0.0.1:{installation.port}" in lines[0]
    assert "generated-word" in lines[1]
    kept = installation.home / "data" / "first-admin.txt"
    assert kept.read_text() == "admin\ngenerated-word\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    # The launcher is ready when the dashboard answers; the others may still be on their way.
    wait_for(lambda: {"sidecar", "keeper as owner"} <= set(installation.notes()))
    code, _, errors = installation.stop(number)
    assert (code, errors) == (0, "")
    assert sorted(installation.notes()) == sorted(
        ["prepared", "sidecar", "keeper as owner", "dashboard", "sidecar stopped with database"]
    )
    assert installation.processes() == []


def test_the_second_start_shows_no_password_but_where_it_is(installation: Installation) -> None:
    installation.begin().until_ready()
    installation.stop()
    lines = installation.begin().until_ready()
    assert "generated-word" not in " ".join(lines)
    assert "first-admin.txt" in lines[1]


def test_two_installations_run_side_by_side(installation: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "two")
    installation.begin()
    other.begin().until_ready()
    installation.until_ready()
    assert installation.ask() != other.ask()
    other.stop()
    assert installation.ask()


def test_a_killed_dashboard_comes_back(installation: Installation) -> None:
    installation.begin().until_ready()
    before = installation.ask()
    installation.ask("/die")
    assert before
    assert wait_for(lambda: installation.ask() not in (None, before))


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_killed_server_comes_back_at_its_address_and_the_services_stay(
    installation: Installation, server: str
) -> None:
    installation.begin().until_ready()
    state_file, dashboard = installation.home / "data" / "servers.json", installation.ask()
    before = json.loads(state_file.read_text())
    os.kill(before[server]["process_id"], signal.SIGKILL)

    def revived() -> dict[str, dict[str, object]] | None:
        state: dict[str, dict[str, object]] = json.loads(state_file.read_text())
        return state if state.get(server, {}).get("process_id") not in (None, before[server]["process_id"]) else None

    after = wait_for(revived)
    assert after[server]["port"] == before[server]["port"]
    other = "valkey" if server == "postgres" else "postgres"
    assert after[other] == before[other]
    assert installation.ask() == dashboard
    code, _, errors = installation.stop()
    assert (code, errors) == (0, "")
    assert installation.notes()[-1] == "sidecar stopped with database"
    assert installation.processes() == []


def test_a_service_that_keeps_crashing_ends_the_installation_with_its_name(installation: Installation) -> None:
    installation.begin(SIDECAR_CRASHES="1")
    code, _, errors = installation.end()
    assert code == 1
    assert "service_keeps_failing(service=sidecar" in errors
    assert installation.notes().count("sidecar") == 5
    assert installation.processes() == []


def test_a_killed_launcher_takes_its_services_along_and_the_next_start_works(installation: Installation) -> None:
    installation.begin().until_ready()
    assert installation.process
    installation.process.kill()
    installation.process.communicate()
    wait_for(lambda: not [one for one in installation.processes() if PROCESS.name in one])  # the servers go on
    installation.begin().until_ready()
    assert installation.stop()[0] == 0
    assert installation.processes() == []


def test_a_port_in_use_is_named(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        code, _, errors = installation.begin().end()
    assert code == 1
    assert f"port_in_use(port={installation.port})" in errors


def test_a_second_start_on_the_same_data_folder_is_refused(installation: Installation) -> None:
    installation.begin().until_ready()
    second = Installation(installation.home).begin()
    code, _, errors = second.end()
    assert code == 1
    assert "already_running" in errors
    assert installation.ask()


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("DATABASE_URL", "mysql://db/x", "database_url_wrong"),
        ("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/x", "database_unavailable"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "redis_unavailable"),
        ("REDIS_URL", "http://127.0.0.1/", "redis_url_wrong"),
        ("BAROMETER_ADDRESS", "203.0.113.1", "address_unusable"),
        ("BAROMETER_HOME", "/proc/nowhere", "data_folder_unusable"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(installation: Installation, variable: str, value: str, code: str) -> None:
    exit_code, _, errors = installation.begin(**{variable: value}).end()
    assert exit_code == 1
    assert errors.startswith(code)
    assert "Traceback" not in errors
    assert not (installation.home / "notes").exists()
    assert installation.processes() == []
