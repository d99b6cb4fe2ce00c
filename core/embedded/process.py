"""What both embedded servers need: free ports, secrets in 0600 files, processes that outlive Ctrl-C of the shell."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from core.errors import AppError

UNPRIVILEGED_ID = 65534
FATAL_WORDS = ("FATAL:", "PANIC:", "Fatal")


def free_port(preferred: int | None = None) -> int:
    """The preferred port when nobody listens there, else one that the system chooses."""
    for candidate in (preferred, 0):
        if candidate is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AppError("no_free_port", 500)


def secret_file(path: Path) -> str:
    """The secret stored in a file readable by its owner only; made on first use."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def as_unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses uid 0: root runs it in a user namespace where it is nobody."""
    if os.geteuid() != 0:
        return command
    mapping = [f"--map-user={UNPRIVILEGED_ID}", f"--map-group={UNPRIVILEGED_ID}"]
    namespace = ["unshare", "--user", *mapping]
    if not _works([*namespace, "true"]):
        raise AppError("embedded_needs_user", 500)
    return [*namespace, *command]


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def start_process(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches only its owner."""
    with log.open("ab") as stream:
        return subprocess.Popen(command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, start_new_session=True)


def last_words(log: Path, since: int = 0) -> str:
    """Why a server ended: the last fatal line after ``since`` bytes of its log, else its last line."""
    text = log.read_bytes()[since:].decode(errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in FATAL_WORDS)]
    return (fatal or lines or [""])[-1]


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], timeout_seconds: float) -> bool:
    """Poll ``ready`` until it holds; False when the process ended or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return False


@contextmanager
def stopped_unless_ready(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> Iterator[None]:
    """A start that fails or is interrupted leaves no server behind."""
    is_ready = False
    try:
        yield
        is_ready = True
    finally:
        if not is_ready:
            stop_process(process.pid, stop_signal)


def detach(process: subprocess.Popen[bytes]) -> int:
    """Its process id; the Popen object is told to forget a server that is meant to outlive it."""
    process.returncode = 0
    return process.pid


def reap(process_id: int) -> None:
    """Let the system forget a child that ended; until then its process id counts as taken."""
    with suppress(ChildProcessError):
        os.waitpid(process_id, os.WNOHANG)


def stop_process(process_id: int, stop_signal: signal.Signals, timeout_seconds: float = 30) -> None:
    """Ask a server to stop and wait; one that does not is killed (both servers recover from that)."""
    try:
        process = psutil.Process(process_id)
        process.send_signal(stop_signal)
        process.wait(timeout_seconds)
    except psutil.TimeoutExpired:
        process.kill()
    except psutil.NoSuchProcess:
        return


def is_running(process_id: int, name: str) -> bool:
    """True when the process lives and its command line names the server (process ids are reused)."""
    try:
        process = psutil.Process(process_id)
        return process.status() != psutil.STATUS_ZOMBIE and any(name in part for part in process.cmdline())
    except psutil.Error:
        return False
