"""The dashboard as people start it: ``python asgi.py`` on a free port, with pages and API."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import psutil
import pytest

from core.settings import ROOT

LOOKS = 10  # in a row, in which a process at rest does nothing


@contextmanager
def dashboard(home: Path, database_url: str, redis_url: str) -> Iterator[str]:
    """``python asgi.py`` on a free port; its output is shown when it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "BAROMETER_HOME": str(home),
        "BAROMETER_PORT": str(port),
        "ML_MODELS_DIR": str(home / "models"),
    }
    output = home / "dashboard.txt"
    with output.open("w") as stream:
        started = subprocess.Popen(
            [sys.executable, str(ROOT / "asgi.py")], cwd=home, env=environment, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _await(address + "/_stcore/health", started, output)
        yield address
    finally:
        started.terminate()
        started.wait(60)


def running() -> psutil.Process:
    """The only dashboard that this process has started and that runs; other children may have ended unnoticed."""
    [found] = [one for one in psutil.Process().children() if _is_dashboard(one)]
    return found


def at_rest() -> psutil.Process:
    """``running``, when it has done what it does beside its start: modules that it still loads would look like growth.

    A thread that works can be seen to, however little of the processor it gets.
    """
    found, idle = running(), 0
    deadline = monotonic() + 180
    while idle < LOOKS and monotonic() < deadline:
        sleep(0.05)
        idle = 0 if any(_is_at_work(found.pid, thread.id) for thread in found.threads()) else idle + 1
    if idle < LOOKS:
        pytest.fail("the dashboard did not come to rest")
    return found


def _is_at_work(process_id: int, thread_id: int) -> bool:
    try:
        told = Path(f"/proc/{process_id}/task/{thread_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # the thread has ended
        return False
    return told.rpartition(")")[2].split()[0] in "RD"  # runs or would, waits for the disk


def _is_dashboard(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "asgi.py" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # it ended between the two looks, as a zombie does too
        return False


def _await(address: str, started: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = monotonic() + 180
    while monotonic() < deadline and started.poll() is None:
        try:
            with urlopen(address, timeout=20):  # noqa: S310 - our own address
                return
        except OSError:  # nobody listens yet, or whoever does is too busy with starting to answer
            sleep(0.2)
    pytest.fail(f"the dashboard did not start:\n{output.read_text()[-3000:]}")
