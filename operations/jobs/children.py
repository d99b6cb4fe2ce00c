"""Child processes of the sidecar: started in a process group of their own, limited in time, killed for certain."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

STOP_GRACE_SECONDS = 5.0


@dataclass
class Child:
    """One run in one child process."""

    run_id: int
    job_name: str
    hotel_id: int | None
    process: subprocess.Popen[bytes]
    deadline: float
    grace_seconds: float = STOP_GRACE_SECONDS
    stopped_as: str | None = None  # the state of a run that we ended ourselves
    stopped_for: str | None = None  # … and the error code that says why
    kill_at: float = 0.0

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def watch_the_time(self) -> None:
        """Stop a run over its limit; kill one that does not listen."""
        now = time.monotonic()
        if self.stopped_as is None and now > self.deadline:
            self.stop("timed_out", "timed_out")
        elif self.stopped_as is not None and now > self.kill_at:
            self._signal(signal.SIGKILL)

    def stop(self, state: str, code: str) -> None:
        """The first reason stands; the second one who asks changes nothing."""
        if self.stopped_as is not None:
            return
        self.stopped_as, self.stopped_for = state, code
        self.kill_at = time.monotonic() + self.grace_seconds
        self._signal(signal.SIGTERM)

    def sweep(self) -> None:
        """What the run started itself ends with it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)


def start_child(
    command: Sequence[str],
    run_id: int,
    job_name: str,
    hotel_id: int | None,
    *,
    timeout_seconds: float,
    environment: dict[str, str],
    grace_seconds: float = STOP_GRACE_SECONDS,
) -> Child:
    process = subprocess.Popen(
        [*command, str(run_id)], stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    return Child(run_id, job_name, hotel_id, process, time.monotonic() + timeout_seconds, grace_seconds)


def is_alive(process_id: int | None, run_id: int) -> bool:
    """True when that process of this machine still runs that run (process ids are reused)."""
    if process_id is None:
        return False
    try:
        process = psutil.Process(process_id)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and (process_id == os.getpid() or process.cmdline()[-1:] == [str(run_id)])
    except psutil.Error:
        return False


def kill(process_id: int, run_id: int) -> None:
    """Kill a run that is not our child, with what it started where it leads a group of its own."""
    if not is_alive(process_id, run_id):
        return
    with suppress(ProcessLookupError):
        if os.getpgid(process_id) == process_id:
            os.killpg(process_id, signal.SIGKILL)
        else:
            os.kill(process_id, signal.SIGKILL)
