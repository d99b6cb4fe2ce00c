"""``manage.py`` on the database of a test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.session import Database
from tests.architecture.source_tree import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]
FORKED = ("-m", "tests.integration.commands.forked")


@pytest.fixture(scope="session")
def forking() -> Iterator[subprocess.Popen[str]]:
    """``tests.integration.commands.forked``, waiting for commands."""
    with subprocess.Popen(
        [sys.executable, *FORKED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    """Settings by which a process of its own works on the test's database."""
    url = database.engine.url.render_as_string(hide_password=False)
    own = {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0", "BAROMETER_HOME": str(tmp_path / "home")}
    return {**os.environ, **own, "ML_MODELS_DIR": str(tmp_path / "models")}


@pytest.fixture
def manage(forking: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path) -> Run:
    """``manage.py`` in a process of its own, on the test's database."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        output, errors = tmp_path / "stdout", tmp_path / "stderr"
        asked = {
            "arguments": arguments, "environment": environment | settings, "folder": str(tmp_path),
            "output": str(output), "errors": str(errors),
        }  # fmt: skip
        assert forking.stdin is not None
        assert forking.stdout is not None
        forking.stdin.write(json.dumps(asked) + "\n")
        forking.stdin.flush()
        code = int(forking.stdout.readline())
        return subprocess.CompletedProcess(list(arguments), code, output.read_text(), errors.read_text())

    return run
