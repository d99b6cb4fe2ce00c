"""The sidecar with real processes: killed, hung, doubled, cut off from its database, it loses nothing (R1)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.embedded.postgres import start_postgres
from core.scope import SYSTEM, Scope
from core.settings import ROOT
from db import migrate
from db.queries import health as health_queries
from db.queries import jobs as queries
from db.queries.job_rows import RunRow
from db.session import Database, open_database
from operations.jobs.children import is_alive
from operations.jobs.control import JobControl
from operations.jobs.service import JobService
from tests.integration.scheduler.conftest import Start, add_hotel
from tests.ports import free_port
from tests.waiting import wait_for

DENIZ = Scope("deniz", frozenset({"*"}), None)


def runs(database: Database, job: str = "", state: str = "") -> list[RunRow]:
    with database.reading() as connection:
        every = queries.recent_runs(connection, None, 100)
    return [run for run in every if job in ("", run.job_name) and state in ("", run.state)]


def leader(database: Database) -> int | None:
    with database.reading() as connection:
        beat = health_queries.heartbeat(connection, "sidecar")
    return beat.process_id if beat else None


def test_due_jobs_run_in_children_and_leave_their_record(database: Database, hotel: int, start: Start) -> None:
    sidecar = start("quick")
    run = wait_for(lambda: runs(database, "quick", "succeeded"))[0]
    assert (run.rows_in, run.rows_out, run.result, run.trigger) == (2, 1, {"done": True}, "schedule")
    assert run.process_id != sidecar.pid
    late = add_hotel(database, "B")
    wait_for(lambda: [run for run in runs(database, "quick", "succeeded") if run.hotel_id == late])


def test_a_killed_child_is_lost_and_the_next_run_completes(
    database: Database, hotel: int, start: Start, hold_file: Path
) -> None:
    start("slow")
    running = wait_for(lambda: [run for run in runs(database, "slow", "running") if run.progress_ratio])[0]
    os.kill(running.process_id or 0, signal.SIGKILL)
    lost = wait_for(lambda: runs(database, "slow", "lost"))[0]
    assert (lost.id, lost.error_code, lost.error_text) == (running.id, "process_killed", "signal 9 (SIGKILL)")
    hold_file.unlink()
    assert wait_for(lambda: runs(database, "slow", "succeeded"))[0].id > lost.id


@pytest.mark.parametrize("job", ["endless", "stubborn"])
def test_a_run_over_its_time_is_killed_even_when_it_does_not_listen(
    database: Database, hotel: int, start: Start, job: str
) -> None:
    start(job)
    run = wait_for(lambda: runs(database, job, "timed_out"))[0]
    assert not psutil.pid_exists(run.process_id or 0)
    assert run.error_code == "timed_out"


def test_a_child_that_ends_before_its_work_has_failed_and_is_not_repeated_at_once(
    database: Database, hotel: int, start: Start
) -> None:
    start("quick", CHILDREN_FAIL_TO_START="1")
    run = wait_for(lambda: runs(database, "quick", "failed"))[0]
    assert (run.error_code, run.error_text) == ("process_failed", "exit code 3")
    add_hotel(database, "B")
    wait_for(lambda: len(runs(database, "quick", "failed")) == 2)
    assert len(runs(database, "quick")) == 2


def test_a_run_that_grows_beyond_its_memory_fails_alone(database: Database, hotel: int, start: Start) -> None:
    start("greedy")
    assert wait_for(lambda: runs(database, "greedy", "failed"))[0].error_code == "out_of_memory"


def test_of_two_sidecars_one_leads_and_the_other_takes_over_when_it_is_killed(
    database: Database, hotel: int, start: Start, hold_file: Path
) -> None:
    """SIGKILL in the middle of a run: the run goes on as an orphan and completes; nothing runs twice."""
    first = start("slow")
    wait_for(lambda: leader(database) == first.pid)
    second = start("slow")
    run = wait_for(lambda: [run for run in runs(database, "slow", "running") if run.progress_ratio])[0]
    first.kill()
    first.wait(120)
    wait_for(lambda: leader(database) == second.pid)
    hold_file.unlink()
    assert wait_for(lambda: runs(database, "slow", "succeeded"))[0].id == run.id
    request = JobService(database, SystemClock()).request(SYSTEM, "collect", hotel)
    assert request
    wait_for(lambda: runs(database, "collect"))
    assert {run.state for run in runs(database)} <= {"succeeded", "failed", "running"}


def test_sidecar_and_child_killed_together_lose_the_run_and_the_successor_repeats_it(
    database: Database, hotel: int, start: Start, hold_file: Path
) -> None:
    first = start("slow")
    run = wait_for(lambda: [run for run in runs(database, "slow", "running") if run.progress_ratio])[0]
    first.kill()
    first.wait(120)
    os.kill(run.process_id or 0, signal.SIGKILL)
    hold_file.unlink()
    start("slow")
    assert wait_for(lambda: runs(database, "slow", "succeeded"))[0].id > run.id
    assert [lost.id for lost in runs(database, "slow", "lost")] == [run.id]


def test_a_request_is_run_and_says_who_asked(database: Database, hotel: int, start: Start) -> None:
    start()
    wait_for(lambda: leader(database))
    with database.transaction() as connection:
        queries.ask(connection, "ayse", "quick", hotel, at=SystemClock().now())
    run = wait_for(lambda: runs(database, "quick", "succeeded"))[0]
    assert (run.trigger, run.requested_by) == ("request", "ayse")


def test_a_cancel_ends_the_process_and_what_it_started_and_is_not_repeated(
    database: Database, hotel: int, start: Start
) -> None:
    """Also one that does not listen; the record says who, and a run that was cancelled is no lost run."""
    start("deaf")
    run = wait_for(lambda: [run for run in runs(database, "deaf", "running") if run.progress_ratio])[0]
    JobControl(database, SystemClock()).cancel_run(DENIZ, run.id)
    ended = wait_for(lambda: runs(database, "deaf", "cancelled"))[0]
    assert (ended.id, ended.error_code, ended.cancel_requested_by) == (run.id, "cancelled_by_person", "deniz")
    wait_for(lambda: not is_alive(run.process_id, run.id))  # its own heart may have written its end a moment before
    grandchild = int(run.progress_note or 0)
    wait_for(lambda: not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE)
    assert len(runs(database, "deaf")) == 1


def test_a_cancel_of_a_run_whose_sidecar_died_is_answered_by_the_run_itself(
    database: Database, hotel: int, start: Start
) -> None:
    sidecar = start("slow")
    run = wait_for(lambda: [run for run in runs(database, "slow", "running") if run.progress_ratio])[0]
    sidecar.kill()
    sidecar.wait(120)
    JobControl(database, SystemClock()).cancel_run(DENIZ, run.id)
    ended = wait_for(lambda: runs(database, "slow", "cancelled"))[0]
    assert ended.error_code == "cancelled_by_person"
    wait_for(lambda: not is_alive(run.process_id, run.id))


def test_a_paused_job_waits_for_its_resumption_and_is_made_up_once_while_others_run(
    database: Database, hotel: int, start: Start
) -> None:
    control = JobControl(database, SystemClock())
    pause = control.pause(DENIZ, "collect", None, "the scales are away")
    with database.transaction() as connection:
        connection.execute(text("UPDATE job_pauses SET job_name = 'quick'"))
    start("quick", "slow")
    wait_for(lambda: runs(database, "slow", "running"))
    assert runs(database, "quick") == []
    control.cancel_run(DENIZ, runs(database, "slow")[0].id)
    wait_for(lambda: runs(database, "slow", "cancelled"))
    assert runs(database, "quick") == []
    control.resume(DENIZ, pause)
    wait_for(lambda: runs(database, "quick", "succeeded"))
    assert len(runs(database, "quick")) == 1


def test_a_clean_stop_stops_the_children_and_takes_the_sign_of_life_away(
    database: Database, hotel: int, start: Start
) -> None:
    sidecar = start("slow")
    run = wait_for(lambda: [run for run in runs(database, "slow", "running") if run.progress_ratio])[0]
    sidecar.send_signal(signal.SIGTERM)
    assert sidecar.wait(120) == 0
    assert not psutil.pid_exists(run.process_id or 0)
    stopped = runs(database, "slow")[0]
    assert (stopped.state, stopped.error_code) == ("cancelled", "sidecar_stopped")
    assert leader(database) is None


def test_a_database_that_goes_away_and_comes_back_finds_the_sidecar_waiting(tmp_path: Path, start: Start) -> None:
    server = start_postgres(tmp_path, free_port())
    database = open_database(server.url)
    migrate.upgrade(database)
    sidecar = start("quick", url=server.url)
    try:
        wait_for(lambda: leader(database) == sidecar.pid)
        server.stop()
        server = start_postgres(tmp_path, server.port)
        database.dispose()
        hotel = add_hotel(database)
        run = wait_for(lambda: runs(database, "quick", "succeeded"))[0]
        assert (run.hotel_id, sidecar.poll()) == (hotel, None)
    finally:
        sidecar.terminate()
        sidecar.wait(120)
        database.dispose()
        server.stop()


def test_the_sidecar_itself_imports_nothing_that_computes() -> None:
    """SPEC R1: it only schedules, so its memory stays small; the child is the one that imports pandas."""
    heavy = "('pandas', 'numpy', 'sklearn', 'streamlit')"
    code = f"import scheduler_service, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    planted = subprocess.run(
        [sys.executable, "-c", "import pandas; " + code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pandas" in planted.stdout
