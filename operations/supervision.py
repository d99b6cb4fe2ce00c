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

from core.errors import AppError
from core.logs import logger

MAX_CRASHES = 5
CRASH_WINDOW_SECONDS = 60.0
STOP_SECONDS = 20.0
MAX_LOG_BYTES = 20_000_000
PR_SET_PDEATHSIG = 1

log = logger(__name__)


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
