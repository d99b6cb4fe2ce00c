"""The servers of one data folder: reused when they run, started when they do not, never started twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

from core.embedded.postgres import PostgresServer, cluster_folder, start_postgres
from core.embedded.process import is_running, reap
from core.embedded.valkey import ValkeyServer, start_valkey
from core.errors import AppError
from core.private_file import write_private
from core.settings import Settings


@dataclass(frozen=True)
class Servers:
    """Addresses to use, and the embedded servers behind them (None where an outside server is used)."""

    database_url: str
    redis_url: str
    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    database_owner_url: str | None = None
    redis_reader_url: str | None = None  # an account that can only look

    @property
    def owner_url(self) -> str:
        """For what only the owner of the tables may do; the application's own where there is one role for all."""
        return self.database_owner_url or self.database_url


def ensure_servers(settings: Settings) -> tuple[Servers, bool]:
    """The servers of the data folder and whether this call started any of them."""
    home = prepare_home(settings.data_dir)
    fresh_postgres = fresh_valkey = False
    postgres = valkey = None
    with _exclusive(home / "servers.lock"):
        state = _read_state(home)
        if settings.database_url is None:
            postgres, fresh_postgres = _postgres(home, state)
            _write_state(home, state | {"postgres": asdict(postgres)})
        if settings.redis_url is None:
            valkey, fresh_valkey = _valkey(home, state)
            _write_state(home, _read_state(home) | {"valkey": asdict(valkey)})
    database_url = settings.database_url or (postgres.app_url if postgres else "")
    owner_url = settings.database_owner_url or (postgres.url if postgres else None)
    redis_url = settings.redis_url or (valkey.url if valkey else "")
    reader_url = settings.redis_reader_url or (valkey.reader_url if valkey else None)
    servers = Servers(database_url, redis_url, postgres, valkey, owner_url, reader_url)
    return servers, fresh_postgres or fresh_valkey


def dead_servers(servers: Servers) -> dict[str, int]:
    """Names and ports of the embedded servers that ran and do not run any more; nothing is left of them."""
    for started in (servers.postgres, servers.valkey):
        if started:
            reap(started.process_id)
    checks = (("PostgreSQL", servers.postgres, "postgres"), ("Valkey", servers.valkey, "valkey"))
    return {title: server.port for title, server, name in checks if server and not is_running(server.process_id, name)}


def stop_servers(home: Path) -> None:
    """Stop the embedded servers of a data folder, whoever started them; outside servers are not ours to stop."""
    with _exclusive(home / "servers.lock"):
        state = _read_state(home)
        for server in (_running_valkey(state), _running_postgres(home, state)):
            if server is not None:
                server.stop()


@contextmanager
def running_servers(settings: Settings) -> Iterator[Servers]:
    """The servers for the time of one command; the last of the commands that use them at the same time stops them."""
    home = prepare_home(settings.data_dir)
    with (home / "servers.users").open("w") as users:
        with _exclusive(home / "servers.users.lock"):
            flock(users, LOCK_SH)
        try:
            yield ensure_servers(settings)[0]
        finally:
            with _exclusive(home / "servers.users.lock"):
                if _is_last(users):
                    stop_servers(home)


def _is_last(users: TextIO) -> bool:
    """Every user holds a shared lock, which the system takes back from a killed one."""
    try:
        flock(users, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def prepare_home(home: Path) -> Path:
    """Create the data folder, private to its owner; raises ``data_folder_unusable`` with the reason."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=home) as probe:
            probe.write(b"x")
    except OSError as error:
        raise AppError("data_folder_unusable", 500, params={"folder": str(home), "reason": error.strerror}) from error
    return home


def _read_state(home: Path) -> dict[str, Any]:
    """What the last start wrote; a file cut short by a crash says nothing."""
    try:
        return dict(json.loads((home / "servers.json").read_text()))
    except (OSError, ValueError):
        return {}


def _write_state(home: Path, state: dict[str, Any]) -> None:
    write_private(home / "servers.json", json.dumps(state), 0o600)


def _running_postgres(home: Path, state: dict[str, Any]) -> PostgresServer | None:
    known = PostgresServer(**state["postgres"]) if "postgres" in state else None
    return known if known and is_running(known.process_id, str(cluster_folder(home))) else None


def _running_valkey(state: dict[str, Any]) -> ValkeyServer | None:
    known = ValkeyServer(**state["valkey"]) if "valkey" in state else None
    return known if known and is_running(known.process_id, f":{known.port}") else None


def _postgres(home: Path, state: dict[str, Any]) -> tuple[PostgresServer, bool]:
    found = _running_postgres(home, state)
    port = state.get("postgres", {}).get("port")
    return (found, False) if found else (start_postgres(home, port), True)


def _valkey(home: Path, state: dict[str, Any]) -> tuple[ValkeyServer, bool]:
    found = _running_valkey(state)
    port = state.get("valkey", {}).get("port")
    return (found, False) if found else (start_valkey(home, port), True)


@contextmanager
def _exclusive(lock_file: Path) -> Iterator[None]:
    with lock_file.open("w") as stream:
        flock(stream, LOCK_EX)
        try:
            yield
        finally:
            flock(stream, LOCK_UN)
