"""Keeps the processes of one installation alive: restarts a crashed one, gives up on one that keeps crashing."""

import ctypes
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded.process import free_port
from core.embedded.servers import Servers, dead_servers, ensure_servers
from core.errors import AppError
from core.logs import logger
from core.settings import Settings

MAX_CRASHES = 5
CRASH_WINDOW_SECONDS = 60.0
STOP_SECONDS = 20.0
MAX_LOG_BYTES = 20_000_000
LOOK_SECONDS = 1.0
PR_SET_PDEATHSIG = 1

log = logger(__name__)


@dataclass
class EmbeddedServers:
    """The database and the cache of the data folder: started again at the same address when they died.

    Nothing is given up on, only tried less often: screens say what is missing, and what does not need it goes on.
    """

    settings: Settings
    servers: Servers
    look_at: float = field(default=0.0, init=False)
    wait_seconds: float = field(default=LOOK_SECONDS, init=False)
    started_at: float = field(default=0.0, init=False)

    def keep_alive(self) -> None:
        """Raises ``embedded_server_failed`` where another program has taken the address meanwhile."""
        now = time.monotonic()
        if now < self.look_at:
            return
        self.look_at = now + LOOK_SECONDS
        dead = dead_servers(self.servers)
        if dead:
            log.error("embedded_server_ended", servers=list(dead))
            self._start_again(now, dead)

    def _start_again(self, now: float, dead: dict[str, int]) -> None:
        if now - self.started_at > CRASH_WINDOW_SECONDS:
            self.wait_seconds = LOOK_SECONDS
        self.wait_seconds = min(2 * self.wait_seconds, CRASH_WINDOW_SECONDS)
        self.look_at, self.started_at = now + self.wait_seconds, now
        taken = [port for port in dead.values() if free_port(port) != port]
        if taken:  # for a moment, or by another program
            log.warning("embedded_server_port_taken", ports=taken)
            return
        try:
            found, _ = ensure_servers(self.settings)
        except AppError as error:
            log.warning("embedded_server_not_started", code=error.code, **error.params)
            return
        if (found.database_url, found.redis_url) != (self.servers.database_url, self.servers.redis_url):
            raise AppError(
                "embedded_server_failed", 500,
                params={"server": "PostgreSQL / Valkey", "reason": "another program uses its port"},
            )  # fmt: skip
        self.servers = found


@dataclass
class Service:
    """One supervised process; what it prints goes to its log file."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    crashes: deque[float] = field(default_factory=deque, init=False)
    start_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log_file.exists() and self.log_file.stat().st_size > MAX_LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".old.log"))
        with self.log_file.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,  # Ctrl-C reaches only us, and we stop the services in order
                # The launcher has one thread, and the call is a single system call.
                preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )

    def keep_alive(self) -> None:
        """Restart it when it ended, later each time; raises ``service_keeps_failing`` after five crashes a minute."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        log.error("service_ended", service=self.name, exit_code=code)
        self.crashes.append(now)
        while now - self.crashes[0] > CRASH_WINDOW_SECONDS:
            self.crashes.popleft()
        if len(self.crashes) >= MAX_CRASHES:
            raise AppError("service_keeps_failing", 500, params={"service": self.name, "log": str(self.log_file)})
        self.process = None
        self.start_at = now + 0.5 * 2 ** (len(self.crashes) - 1)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _end_with_the_parent() -> None:
    """Linux: a launcher that is killed takes its services along instead of leaving them on the port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
