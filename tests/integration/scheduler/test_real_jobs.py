"""The real sidecar runs the real jobs of the table in children of its own (P8)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.settings import ROOT, Settings
from db.queries import jobs as queries
from db.queries.job_rows import RunRow
from db.session import Database
from operations.jobs.definitions import INSTALLATION_JOB_NAMES, JOB_NAMES, timed_jobs
from services import build_services, job_definitions
from tests.waiting import wait_for

EVERY = set(JOB_NAMES + INSTALLATION_JOB_NAMES)
EXPECTED = EVERY - {"sample_feed", "compare", "search_thresholds"}  # for simulated hotels; on Sundays


def succeeded(database: Database) -> dict[str, RunRow]:
    with database.reading() as connection:
        runs = queries.recent_runs(connection, None, 100)
    assert [run.error_text for run in runs if run.state == "failed"] == []
    return {run.job_name: run for run in runs if run.state == "succeeded"}


def test_every_job_of_the_table_can_be_run(database: Database) -> None:
    services = build_services(Settings(), Servers("", "redis://127.0.0.1:1", None, None), database=database)
    assert {definition.name for definition in job_definitions(services)} >= EVERY
    assert {job.name for job in timed_jobs(Settings())} == EVERY


@pytest.mark.timeout(1_200)
def test_an_installation_works_by_itself(database: Database, valkey_server: ValkeyServer, tmp_path: Path) -> None:
    """A hotel that is two days old gets its jobs, the nightly ones included, from the program people start."""
    with database.transaction() as connection:
        connection.execute(
            text("INSERT INTO hotels (code, name, created_at) VALUES ('A', 'A', now() - interval '2 days')")
        )
    environment = os.environ | {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": valkey_server.url,
        "BAROMETER_HOME": str(tmp_path / "home"),
        "ML_MODELS_DIR": str(tmp_path / "models"),
    }
    sidecar = subprocess.Popen([sys.executable, ROOT / "scheduler_service.py"], env=environment, start_new_session=True)
    try:
        wait_for(lambda: set(succeeded(database)) >= EXPECTED, 900)
    finally:
        sidecar.send_signal(signal.SIGTERM)
        assert sidecar.wait(200) == 0
    with database.reading() as connection:  # what both kinds of process asked of the database stands in its log (C2)
        found = connection.execute(text("SELECT DISTINCT process, place FROM statement_log")).all()
    assert {("sidecar", None), ("jobs", "job:collect"), ("jobs", "job:train")} <= {tuple(row) for row in found}


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ML_TRAINING_SCHEDULE", "at midnight", "not a cron line"),
        ("BAROMETER_PORT", "many", "The setting BAROMETER_PORT"),
        ("DATABASE_URL", "mysql://db/x", "is not a PostgreSQL address"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(
    valkey_server: ValkeyServer, tmp_path: Path, variable: str, value: str, words: str
) -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
        "REDIS_URL": valkey_server.url,
        "BAROMETER_HOME": str(tmp_path / "home"),
        variable: value,
    }
    done = subprocess.run(
        [sys.executable, ROOT / "scheduler_service.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
