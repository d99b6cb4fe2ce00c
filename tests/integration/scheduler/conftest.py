"""Sidecars in processes of their own, with jobs made for tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from core.settings import ROOT
from db.session import Database

PROCESS = Path(__file__).parent / "jobs_process.py"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def hold_file(tmp_path: Path) -> Path:
    """While it exists, the job ``slow`` goes on."""
    path = tmp_path / "hold"
    path.touch()
    return path


@pytest.fixture
def start(database: Database, hold_file: Path) -> Iterator[Start]:
    """Start sidecars; whatever they left is stopped after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*jobs: str, url: str = "", **more: str) -> subprocess.Popen[bytes]:
        url = url or database.engine.url.render_as_string(hide_password=False)
        environment = {**os.environ, "DATABASE_URL": url, "HOLD_FILE": str(hold_file), "PYTHONPATH": str(ROOT), **more}
        process = subprocess.Popen([sys.executable, PROCESS, "serve", *jobs], env=environment, start_new_session=True)
        started.append(process)
        return process

    yield begin
    hold_file.unlink(missing_ok=True)
    children = []
    for process in started:
        with suppress(psutil.NoSuchProcess):  # it has ended, as the test or the file wanted it
            children += psutil.Process(process.pid).children()
        process.kill()
        process.wait(60)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()


@pytest.fixture
def hotel(database: Database) -> int:
    return add_hotel(database)


def add_hotel(database: Database, code: str = "A") -> int:
    with database.transaction() as connection:
        statement = text("INSERT INTO hotels (code, name) VALUES (:code, 'x') RETURNING id")
        return int(connection.execute(statement, {"code": code}).scalar_one())
