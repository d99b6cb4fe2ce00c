"""Backups asked for on screens: one at a time, run in the name of who asked, and the run outlives the swap."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import ROOT, Settings
from db.queries import jobs as queries
from db.queries.claims import OF_THE_KEEPER
from db.queries.job_rows import NewRun, RunRow
from operations.backups.jobs import BackupJobs
from operations.jobs.definitions import KEEPER_JOB_NAMES, keeper_jobs
from operations.jobs.execution import execute
from tests.integration.operations.backups.conftest import Installation, shelf_of
from tests.waiting import wait_for

DENIZ = Scope("deniz", frozenset({"backups.read", "backups.write", "backups.restore"}), None)
BORA = Scope("bora", frozenset({"backups.read", "backups.write"}), None)


@pytest.fixture
def jobs(installation: Installation) -> BackupJobs:
    return BackupJobs(installation.database, installation.clock, installation.service, installation.parts)


def run_asked(installation: Installation, jobs: BackupJobs, trigger: str = "request", **run: Any) -> RunRow:
    """What the keeper does with the request that waits, in this process."""
    with installation.database.transaction() as connection:
        request = queries.claim_request(connection, [], OF_THE_KEEPER)
        if request is not None:
            run |= {
                "job_name": request.job_name, "requested_by": request.requested_by, "arguments": request.arguments,
            }  # fmt: skip
        new = NewRun(hotel_id=None, trigger=trigger, started_at=installation.clock.now(), host="here", **run)
        run_id = queries.begin_run(connection, new)
        assert run_id is not None
        if request is not None:
            queries.give_request(connection, request.id, run_id)
    execute(jobs.definitions, run_id, installation.database, installation.clock)
    with installation.database.reading() as connection:
        found = queries.read_run(connection, run_id)
    assert found is not None
    return found


def test_a_restore_that_was_asked_for_runs_once_in_the_name_of_who_asked(
    installation: Installation, jobs: BackupJobs
) -> None:
    made = installation.backup()
    before = installation.rows()
    installation.execute("UPDATE hotels SET name = 'spoilt'")
    with pytest.raises(AppError, match="backup_confirmation_wrong"):
        jobs.restore(DENIZ, made.name, "barometer")
    jobs.restore(DENIZ, made.name, f" {made.name} ")
    for second in (lambda: jobs.create(BORA), lambda: jobs.prove(BORA, made.name), lambda: jobs.create(DENIZ)):
        with pytest.raises(AppError, match="backup_busy"):
            second()
    waiting = jobs.state(BORA)
    assert (waiting.request and waiting.request.requested_by, waiting.is_served) == ("deniz", False)
    run = run_asked(installation, jobs)
    assert (run.state, run.result and run.result["backup"]) == ("succeeded", made.name)
    ours = {name: state for name, state in installation.rows().items() if not name.startswith("job_")}
    assert ours == {name: state for name, state in before.items() if not name.startswith("job_")}
    assert installation.scalar("SELECT actor FROM audit_log WHERE action = 'backup_restored'") == "deniz"
    state = jobs.state(DENIZ)
    assert (state.request, state.running, state.last and state.last.id) == (None, None, run.id)


def test_a_damaged_backup_fails_its_run_with_the_code(installation: Installation, jobs: BackupJobs) -> None:
    made = installation.backup()
    jobs.prove(BORA, made.name)
    [path] = installation.archives
    path.write_bytes(path.read_bytes()[:-50])
    run = run_asked(installation, jobs)
    assert (run.state, run.error_code) == ("failed", "backup_damaged")
    assert run.result == {"error": {"id": "error.backup_damaged", "params": {"reason": "chunk 1 of 1"}}}


def test_what_one_administrator_deletes_before_it_is_put_back_for_another_changes_nothing(
    installation: Installation, jobs: BackupJobs
) -> None:
    made = installation.backup()
    jobs.restore(DENIZ, made.name, made.name)
    before = installation.rows()
    installation.service.delete(BORA, made.name, made.name)
    run = run_asked(installation, jobs)
    assert (run.state, run.error_code) == ("failed", "not_found")
    assert run.result == {"error": {"id": "error.not_found", "params": {"what": f"backup {made.name}"}}}
    changed = {name for name, state in installation.rows().items() if state != before[name]}
    assert (changed, shelf_of(installation)) == ({"job_requests", "job_runs"}, [])  # no safety copy for nothing


def test_by_the_timetable_old_ones_go_when_a_new_one_is_proven(installation: Installation, jobs: BackupJobs) -> None:
    installation.service.settings.__dict__.update(
        backup_last=1, backup_daily=0, backup_weekly=0, backup_monthly=0
    )  # fmt: skip
    for _ in range(2):
        run = run_asked(installation, jobs, "schedule", job_name="backup")
        assert run.state == "succeeded", run.error_text
        installation.clock.advance(timedelta(days=1))
    assert [name.partition(".")[2] for name in shelf_of(installation)] == ["backup", "proof"]
    assert run.result is not None
    assert run.result["deleted"] == ["barometer-20260302T050000-scheduled"]


def test_who_may_not_restore_cannot_ask_for_it(installation: Installation, jobs: BackupJobs) -> None:
    made = installation.backup()
    for refused in (lambda: jobs.restore(BORA, made.name, made.name), lambda: jobs.undo(BORA)):
        with pytest.raises(AppError, match="forbidden"):
            refused()
    with pytest.raises(AppError, match="forbidden"):
        jobs.create(Scope("cem", frozenset({"*"}), frozenset({1})))
    with pytest.raises(AppError, match="nothing_to_undo"):
        jobs.undo(DENIZ)


def test_the_sidecar_leaves_these_requests_to_the_keeper(installation: Installation, jobs: BackupJobs) -> None:
    jobs.create(BORA)
    with installation.database.transaction() as connection:
        assert queries.claim_request(connection, []) is None
    assert tuple(job.name for job in keeper_jobs(Settings())) == ("backup",)
    assert {definition.name for definition in jobs.definitions()} == set(KEEPER_JOB_NAMES)


def test_the_keeper_that_people_start_does_what_was_asked(installation: Installation, jobs: BackupJobs) -> None:
    """The program itself, signing in as the owner."""
    jobs.create(DENIZ)
    environment = os.environ | {
        "DATABASE_URL": installation.service.owner_url, "REDIS_URL": "redis://127.0.0.1:1/0",
        "BAROMETER_HOME": str(installation.folder), "ML_MODELS_DIR": str(installation.models),
        "BAROMETER_BACKUP_SCHEDULE": "0 0 29 2 *",  # not by itself, also where this runs at half past two
    }  # fmt: skip
    command = [sys.executable, ROOT / "scheduler_service.py", "keeper"]
    keeper = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        last = wait_for(lambda: jobs.state(SYSTEM).last)
        assert (last.state, last.error_text) == ("succeeded", None)
    finally:
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(120) == 0
    [backup] = installation.service.listed(SYSTEM).backups
    assert (backup.state, backup.label and backup.label.made_by) == ("proven", "deniz")
