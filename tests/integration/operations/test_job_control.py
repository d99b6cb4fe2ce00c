"""Cancel, retry, pause: each acts once however many ask, tells the others who did, and is in the audit log (C4)."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, StageReport
from db.queries import job_control as control_queries
from db.queries import jobs as queries
from db.queries.job_rows import NewRun, RunEnd, RunRow
from db.session import Database
from operations.jobs.children import is_alive
from operations.jobs.control import JobControl
from operations.jobs.definitions import JobDefinition
from operations.jobs.execution import run_recorded
from operations.jobs.reaper import Reaper
from operations.jobs.service import JobService
from tests.waiting import wait_for

DENIZ = Scope("deniz", frozenset({"*"}), None)
ESRA = Scope("esra", frozenset({"*"}), None)


@pytest.fixture
def control(database: Database, clock: FixedClock) -> JobControl:
    return JobControl(database, clock)


def begin(database: Database, clock: FixedClock, hotel: int | None, job: str = "collect", **more: object) -> int:
    with database.transaction() as connection:
        new = NewRun(job, hotel, "schedule", clock.now(), socket.gethostname(), 60, **more)  # type: ignore[arg-type]
        return queries.begin_run(connection, new) or 0


def end(database: Database, clock: FixedClock, run_id: int, state: str = "failed") -> None:
    with database.transaction() as connection:
        queries.finish_run(connection, run_id, RunEnd(state, clock.now(), error_code="unexpected"))


def read(database: Database, run_id: int) -> RunRow:
    with database.reading() as connection:
        found = queries.read_run(connection, run_id)
    assert found
    return found


def acts(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        return [(row.actor, row.action) for row in connection.execute(text("SELECT * FROM audit_log ORDER BY id"))]


def together(*commands: Callable[[], object]) -> list[str]:
    """What each of them met when all begin at once: ``done`` or the code of a refusal."""
    gate, said = threading.Barrier(len(commands)), []

    def ask(command: Callable[[], object]) -> None:
        gate.wait(60)
        try:
            command()
            said.append("done")
        except AppError as error:
            said.append(error.code)

    threads = [threading.Thread(target=ask, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(said)


def test_of_two_people_at_once_one_acts_and_the_other_is_told(
    database: Database, clock: FixedClock, hotel: int, control: JobControl
) -> None:
    run_id = begin(database, clock, hotel)
    both = together(lambda: control.cancel_run(DENIZ, run_id), lambda: control.cancel_run(ESRA, run_id))
    assert both == ["cancel_asked_already", "done"]
    with pytest.raises(AppError) as told:
        control.cancel_run(ESRA, run_id)
    assert told.value.params["who"] == read(database, run_id).cancel_requested_by
    end(database, clock, run_id, "cancelled")
    assert together(lambda: control.retry(DENIZ, run_id), lambda: control.retry(ESRA, run_id)) == [
        "done", "retried_already",
    ]  # fmt: skip
    [waiting] = JobService(database, clock).pending(DENIZ)
    assert together(
        lambda: control.cancel_request(DENIZ, waiting.id), lambda: control.cancel_request(ESRA, waiting.id)
    ) == ["cancel_asked_already", "done"]
    assert together(
        lambda: control.pause(DENIZ, "collect", hotel, "x"), lambda: control.pause(ESRA, "collect", hotel, "y")
    ) == ["done", "paused_already"]
    [pause] = control.pauses(DENIZ)
    assert together(lambda: control.resume(DENIZ, pause.id), lambda: control.resume(ESRA, pause.id)) == [
        "done", "resumed_already",
    ]  # fmt: skip
    assert sorted(action for _, action in acts(database)) == [
        "job_cancelled", "job_paused", "job_request_cancelled", "job_resumed", "job_retried",
    ]  # fmt: skip


def test_a_run_is_either_cancelled_or_repeated_and_one_that_ended_meanwhile_is_told(
    database: Database, clock: FixedClock, hotel: int, control: JobControl
) -> None:
    run_id = begin(database, clock, hotel)
    both = together(lambda: control.cancel_run(DENIZ, run_id), lambda: control.retry(ESRA, run_id))
    assert both == ["done", "run_not_repeatable"]
    end(database, clock, run_id, "succeeded")
    for command in (control.retry, control.cancel_run):
        with pytest.raises(AppError) as told:
            command(DENIZ, run_id)
        assert told.value.code in ("run_not_repeatable", "run_has_ended")
    backup = begin(database, clock, None, "restore")
    end(database, clock, backup)
    with pytest.raises(AppError, match="run_not_repeatable"):
        control.retry(DENIZ, backup)


def test_a_retry_has_the_arguments_of_the_run_it_repeats_and_may_be_taken_back(
    database: Database, clock: FixedClock, hotel: int, control: JobControl
) -> None:
    at = (clock.now() - timedelta(days=2)).isoformat()
    run_id = begin(database, clock, hotel, arguments={"at": at})
    end(database, clock, run_id)
    control.cancel_request(DENIZ, control.retry(DENIZ, run_id))
    control.retry(DENIZ, run_id)
    with database.transaction() as connection:
        request = queries.claim_request(connection, [])
        assert request
        assert queries.claim_request(connection, []) is None
    assert (request.arguments, request.retry_of, request.requested_by) == ({"at": at}, run_id, "deniz")
    with pytest.raises(AppError, match="request_has_begun"):
        control.cancel_request(DENIZ, request.id)


def test_a_request_that_was_cancelled_before_it_began_never_runs(
    database: Database, clock: FixedClock, hotel: int, control: JobControl
) -> None:
    [asked] = JobService(database, clock).request(DENIZ, "collect", hotel)
    control.cancel_request(DENIZ, asked)
    with database.transaction() as connection:
        assert queries.claim_request(connection, []) is None
    assert JobService(database, clock).pending(DENIZ) == []


def test_a_hanging_run_that_nobody_watches_is_killed_and_neither_lost_nor_asked_for_again(
    database: Database, clock: FixedClock, hotel: int, control: JobControl
) -> None:
    run_id = begin(database, clock, hotel)
    command = [sys.executable, "-c", "import time; time.sleep(600)", str(run_id)]
    with subprocess.Popen(command, start_new_session=True) as process:
        with database.transaction() as connection:
            queries.attach_process(connection, run_id, process.pid, socket.gethostname())
        wait_for(lambda: is_alive(process.pid, run_id))
        clock.advance(timedelta(seconds=90))
        assert Reaper(database, clock).reap() == []
        control.cancel_run(DENIZ, run_id)
        assert Reaper(database, clock).reap(own={run_id}) == []
        assert process.poll() is None
        clock.advance(timedelta(seconds=31))
        assert Reaper(database, clock).reap() == []
        assert process.wait(60) == -9
    assert (read(database, run_id).state, read(database, run_id).error_code) == ("cancelled", "cancelled_by_person")


@pytest.mark.parametrize("of_ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_a_command_in_a_terminal_or_behind_one_is_interrupted_and_says_who_wanted_it(
    database: Database, clock: FixedClock, hotel: int, control: JobControl, of_ctrl_c: Any
) -> None:
    """What a shell starts in the background ignores Ctrl+C."""
    before = signal.signal(signal.SIGINT, of_ctrl_c)

    def until_interrupted(hotel_id: int | None, at: object, progress: Progress) -> StageReport:
        with database.reading() as connection:
            [run] = queries.running(connection)
        control.cancel_run(DENIZ, run.id)
        threading.Event().wait(120)
        return StageReport()

    try:
        with pytest.raises(KeyboardInterrupt):
            run_recorded(
                JobDefinition("collect", until_interrupted), hotel, clock.now(), database=database, clock=clock,
                requested_by="command", beat_seconds=0.05,
            )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    [run] = JobService(database, clock).recent(DENIZ)
    assert (run.state, run.error_code, run.cancel_requested_by) == ("cancelled", "cancelled_by_person", "deniz")


@pytest.mark.parametrize("job", ["parts_restore", "parts_preview", "restore", "archive_bring"])
def test_what_is_asked_for_with_more_rights_is_neither_touched_nor_read_with_fewer(
    database: Database, clock: FixedClock, hotel: int, control: JobControl, job: str
) -> None:
    fewer = Scope("fatma", frozenset({"jobs.read", "jobs.run", "backups.write", "archive.read"}), None)
    run_id = begin(database, clock, hotel if job == "archive_bring" else None, job)
    with pytest.raises(AppError, match="forbidden"):
        control.cancel_run(fewer, run_id)
    with database.transaction() as connection:
        queries.finish_run(connection, run_id, RunEnd("failed", clock.now(), result={"told": "a value"}))
    for who in (fewer, DENIZ):
        with pytest.raises(AppError, match=r"forbidden|run_not_repeatable"):
            control.retry(who, run_id)
    jobs = JobService(database, clock)
    assert jobs.run(fewer, run_id).result is None
    assert jobs.run(DENIZ, run_id).result == {"told": "a value"}


def test_pauses_are_of_a_job_in_a_hotel_or_everywhere_with_a_reason(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int, control: JobControl
) -> None:
    control.pause(DENIZ, "collect", hotel, " the scales are away ")
    control.pause(DENIZ, "detect", None, "tuning")
    control.pause(DENIZ, "audit_verification", None, "moving")
    with database.reading() as connection:
        assert control_queries.paused_keys(connection) == {
            ("collect", hotel), ("detect", None), ("audit_verification", None),
        }  # fmt: skip
    assert control.pauses(DENIZ)[0].reason == "the scales are away"
    cem = Scope("cem", frozenset({"jobs.read", "jobs.control", "jobs.run"}), frozenset({other_hotel}))
    assert [pause.job_name for pause in control.pauses(cem)] == ["detect", "audit_verification"]
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: control.pause(DENIZ, "collect", hotel, "  "), "reason_wanted"),
        (lambda: control.pause(DENIZ, "rm -rf", hotel, "x"), "unknown_job"),
        (lambda: control.pause(DENIZ, "audit_verification", hotel, "x"), "unknown_job"),
        (lambda: control.pause(DENIZ, "collect", 999_999, "x"), "not_found"),
        (lambda: control.pause(cem, "collect", None, "x"), "forbidden"),
        (lambda: control.pause(cem, "collect", hotel, "x"), "not_found"),
        (lambda: control.resume(cem, control.pauses(DENIZ)[0].id), "not_found"),
        (lambda: control.resume(cem, control.pauses(DENIZ)[1].id), "forbidden"),
        (lambda: control.resume(Scope("bora", frozenset({"jobs.run"}), None), 1), "forbidden"),
        (lambda: control.resume(DENIZ, 999_999), "not_found"),
    ]
    for command, code in wrong:
        with pytest.raises(AppError, match=code):
            command()


def test_runs_and_requests_of_other_hotels_cannot_be_touched(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int, control: JobControl
) -> None:
    run_id = begin(database, clock, hotel)
    own = begin(database, clock, None, "backup")
    [asked] = JobService(database, clock).request(DENIZ, "features", hotel)
    cem = Scope("cem", frozenset({"jobs.run"}), frozenset({other_hotel}))
    runner = Scope("ece", frozenset({"jobs.run"}), None)
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: control.cancel_run(cem, run_id), "not_found"), (lambda: control.retry(cem, run_id), "not_found"),
        (lambda: control.cancel_request(cem, asked), "not_found"), (lambda: control.cancel_run(cem, own), "not_found"),
        (lambda: control.cancel_run(runner, own), "forbidden"), (lambda: control.cancel_run(runner, 99), "not_found"),
        (lambda: control.cancel_run(Scope("bora", frozenset({"jobs.read"}), None), run_id), "forbidden"),
    ]  # fmt: skip
    for command, code in wrong:
        with pytest.raises(AppError, match=code):
            command()
    assert read(database, run_id).cancel_requested_at is None
