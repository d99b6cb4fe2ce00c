"""The dashboard as people start it: ``python asgi.py`` on a free port, with pages and API."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from core.settings import ROOT


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
        started.wait(20)


def running() -> psutil.Process:
    """The only dashboard that this process has started and that runs; other children may have ended unnoticed."""
    children = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    [found] = [one for one in children if "asgi.py" in " ".join(one.cmdline())]
    return found


def _await(address: str, started: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = monotonic() + 60
    while monotonic() < deadline and started.poll() is None:
        try:
            with urlopen(address, timeout=2):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError):
            sleep(0.2)
    pytest.fail(f"the dashboard did not start:\n{output.read_text()[-3000:]}")
