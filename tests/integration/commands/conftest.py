"""``manage.py`` on the database of a test."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from db.session import Database
from tests.architecture.source_tree import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def manage(database: Database, tmp_path: Path) -> Run:
    """``manage.py`` in a process of its own, on the test's database."""
    url = database.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    environment |= {"BAROMETER_HOME": str(tmp_path / "home"), "ML_MODELS_DIR": str(tmp_path / "models")}

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(
            command, env=environment | settings, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run
