"""The servers of one data folder: reused when they run, started when they do not, never started twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

from core.embedded.postgres import PostgresServer, start_postgres
from core.embedded.process import is_running
from core.embedded.valkey import ValkeyServer, start_valkey
from core.errors import AppError
from core.settings import Settings


@dataclass(frozen=True)
class Servers:
    """Addresses to use, and the embedded servers behind them (None where an outside server is used)."""

    database_url: str
    redis_url: str
    postgres: PostgresServer | None
    valkey: ValkeyServer | None

    def stop(self) -> None:
        """Stop the embedded servers; outside servers are not ours to stop."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()


def ensure_servers(settings: Settings) -> tuple[Servers, bool]:
    """The servers of the data folder and whether this call started any of them."""
    home = prepare_home(settings.data_dir)
    with _exclusive(home / "servers.lock"):
        state_file = home / "servers.json"
        state = json.loads(state_file.read_text()) if state_file.exists() else {}
        started = False
        postgres = valkey = None
        if settings.database_url is None:
            postgres, fresh = _postgres(home, state.get("postgres"))
            started |= fresh
        if settings.redis_url is None:
            valkey, fresh = _valkey(home, state.get("valkey"))
            started |= fresh
        running = {"postgres": postgres, "valkey": valkey}
        state_file.touch(mode=0o600)
        state_file.write_text(json.dumps({key: asdict(server) for key, server in running.items() if server}))
    database_url = settings.database_url or (postgres.url if postgres else "")
    redis_url = settings.redis_url or (valkey.url if valkey else "")
    return Servers(database_url, redis_url, postgres, valkey), started


@contextmanager
def running_servers(settings: Settings) -> Iterator[Servers]:
    """The servers for the time of one command; those that the command itself started are stopped after it."""
    servers, started = ensure_servers(settings)
    try:
        yield servers
    finally:
        if started:
            servers.stop()


def prepare_home(home: Path) -> Path:
    """Create the data folder, private to its owner; raises ``data_folder_unusable`` with the reason."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / ".writable"
        probe.write_text("x")
        probe.unlink()
    except OSError as error:
        raise AppError("data_folder_unusable", 500, params={"folder": str(home), "reason": error.strerror}) from error
    return home


def _postgres(home: Path, known: dict[str, object] | None) -> tuple[PostgresServer, bool]:
    server = PostgresServer(**known) if known else None  # type: ignore[arg-type]
    if server and is_running(server.process_id, "postgres"):
        return server, False
    return start_postgres(home, server.port if server else None), True


def _valkey(home: Path, known: dict[str, object] | None) -> tuple[ValkeyServer, bool]:
    server = ValkeyServer(**known) if known else None  # type: ignore[arg-type]
    if server and is_running(server.process_id, "valkey-server"):
        return server, False
    return start_valkey(home, server.port if server else None), True


@contextmanager
def _exclusive(lock_file: Path) -> Iterator[None]:
    with lock_file.open("w") as stream:
        flock(stream, LOCK_EX)
        try:
            yield
        finally:
            flock(stream, LOCK_UN)
