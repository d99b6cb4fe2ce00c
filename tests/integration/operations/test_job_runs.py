"""Runs are recorded whatever happens, once at a time, and never look alive when they are not (issue of the sidecar)."""

import os
import socket
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.stage import Progress, StageReport, silent
from db.queries import job_control
from db.queries import jobs as queries
from db.queries.job_rows import NewRun, RunEnd, RunRow
from db.session import Database
from operations.jobs.definitions import JobDefinition, of_hotel
from operations.jobs.execution import execute, run_recorded
from operations.jobs.reaper import Reaper
from operations.jobs.service import JobService

AYSE = Scope("ayse", frozenset({"jobs.run", "jobs.read"}), frozenset({1}))


def begin(database: Database, clock: FixedClock, hotel: int | None, job: str = "collect", **more: object) -> int | None:
    with database.transaction() as connection:
        new = NewRun(job, hotel, "schedule", clock.now(), socket.gethostname(), 60, **more)  # type: ignore[arg-type]
        return queries.begin_run(connection, new)


def read(database: Database, run_id: int | None) -> RunRow:
    with database.reading() as connection:
        found = queries.read_run(connection, run_id or 0)
    assert found
    return found


def collect(hotel_id: int | None, at: datetime, progress: Progress) -> StageReport:
    progress(0.5, "stage.collect")
    return StageReport(7, 5, {"hotel": hotel_id, "at": at.isoformat()})


def fail(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    raise ZeroDivisionError("planted")


def refuse(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    raise AppError("disk_full", params={"folder": "/x"})


def test_a_run_records_what_it_read_and_wrote(database: Database, clock: FixedClock, hotel: int) -> None:
    run_id = begin(database, clock, hotel)
    assert execute(lambda: [JobDefinition("collect", collect)], run_id or 0, database, clock) == 0
    run = read(database, run_id)
    assert (run.state, run.rows_in, run.rows_out, run.progress_ratio) == ("succeeded", 7, 5, 1.0)
    assert run.result == {"hotel": hotel, "at": clock.now().isoformat()}
    assert (run.process_id, run.finished_at) == (os.getpid(), clock.now())


@pytest.mark.parametrize(
    ("function", "code", "words"), [(fail, "unexpected", "planted"), (refuse, "disk_full", "AppError")]
)
def test_a_failing_job_records_its_error(
    database: Database, clock: FixedClock, hotel: int, function: object, code: str, words: str
) -> None:
    run_id = begin(database, clock, hotel)
    assert execute(lambda: [JobDefinition("collect", function)], run_id or 0, database, clock) == 1  # type: ignore[arg-type]
    run = read(database, run_id)
    assert (run.state, run.error_code) == ("failed", code)
    assert "Traceback" in (run.error_text or "")
    assert words in (run.error_text or "")


def test_a_job_that_this_process_does_not_know_fails_and_says_so(
    database: Database, clock: FixedClock, hotel: int
) -> None:
    run_id = begin(database, clock, hotel, "unheard_of")
    assert execute(lambda: [JobDefinition("collect", collect)], run_id or 0, database, clock) == 1
    assert read(database, run_id).error_code == "unknown_job"


def test_what_computes_may_fail_to_load_and_the_run_says_so(database: Database, clock: FixedClock, hotel: int) -> None:
    def broken() -> list[JobDefinition]:
        raise ImportError("no module named planted")

    run_id = begin(database, clock, hotel)
    assert execute(broken, run_id or 0, database, clock) == 1
    assert "no module named planted" in (read(database, run_id).error_text or "")


def test_a_run_works_as_of_the_instant_that_was_asked_for(database: Database, clock: FixedClock, hotel: int) -> None:
    asked = (clock.now() - timedelta(days=3)).isoformat()
    run_id = begin(database, clock, hotel, arguments={"at": asked})
    execute(lambda: [JobDefinition("collect", collect)], run_id or 0, database, clock)
    assert (read(database, run_id).result or {})["at"] == asked


def test_no_run_is_as_of_an_instant_that_has_not_come(database: Database, clock: FixedClock, hotel: int) -> None:
    """Cleaning up as of 2090 would take everything away."""
    later = (clock.now() + timedelta(seconds=1)).isoformat()
    with pytest.raises(AppError, match="run_in_future"):
        JobService(database, clock).request(SYSTEM, "data_cleanup", hotel, {"at": later})
    assert JobService(database, clock).pending(SYSTEM) == []
    run_id = begin(database, clock, hotel, arguments={"at": later})
    execute(lambda: [JobDefinition("collect", collect)], run_id or 0, database, clock)
    assert (read(database, run_id).state, read(database, run_id).error_code) == ("failed", "run_in_future")


def test_a_job_runs_once_at_a_time_in_a_hotel_and_others_beside_it(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int
) -> None:
    first = begin(database, clock, hotel)
    assert begin(database, clock, hotel) is None
    assert begin(database, clock, other_hotel) is not None
    assert begin(database, clock, hotel, "features") is not None
    execute(lambda: [JobDefinition("collect", collect)], first or 0, database, clock)
    assert begin(database, clock, hotel) is not None


def test_a_run_that_was_closed_by_others_stays_as_they_closed_it(
    database: Database, clock: FixedClock, hotel: int
) -> None:
    run_id = begin(database, clock, hotel)

    def taken_away(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
        with database.transaction() as connection:
            queries.finish_run(connection, run_id or 0, RunEnd("cancelled", clock.now()))
        return StageReport(1, 1)

    execute(lambda: [JobDefinition("collect", taken_away)], run_id or 0, database, clock)
    assert read(database, run_id).state == "cancelled"


def test_a_command_is_recorded_like_any_other_run_and_still_raises(
    database: Database, clock: FixedClock, hotel: int
) -> None:
    seen: list[tuple[float, str]] = []
    report = run_recorded(
        JobDefinition("collect", collect), hotel, clock.now(), database=database, clock=clock, requested_by="ayse",
        progress=lambda ratio, note: seen.append((ratio, note)),
    )  # fmt: skip
    assert (report.rows_out, seen) == (5, [(0.5, "stage.collect")])
    with pytest.raises(ZeroDivisionError):
        run_recorded(JobDefinition("train", fail), hotel, clock.now(), database=database, clock=clock, requested_by="a")
    with database.reading() as connection:
        runs = queries.recent_runs(connection, None, 10)
    assert [(run.job_name, run.state, run.trigger) for run in runs] == [
        ("train", "failed", "command"),
        ("collect", "succeeded", "command"),
    ]


def test_a_command_waits_for_no_one_when_the_job_runs_already(
    database: Database, clock: FixedClock, hotel: int
) -> None:
    begin(database, clock, hotel)
    with pytest.raises(AppError, match="job_already_running"):
        run_recorded(
            JobDefinition("collect", collect), hotel, clock.now(), database=database, clock=clock, requested_by="a"
        )


def test_the_reaper_takes_silent_runs_whose_process_is_gone_and_no_others(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int
) -> None:
    gone = begin(database, clock, hotel, "collect", process_id=2**22)
    alive = begin(database, clock, hotel, "features", process_id=os.getpid())
    watched = begin(database, clock, hotel, "train", process_id=2**22)
    clock.advance(timedelta(seconds=50))
    assert Reaper(database, clock).reap() == []
    young = begin(database, clock, other_hotel, "collect", process_id=2**22)
    clock.advance(timedelta(seconds=20))
    assert [run.id for run in Reaper(database, clock).reap(own={watched})] == [gone]
    assert read(database, gone).error_code == "process_gone"
    assert {read(database, run).state for run in (alive, watched, young)} == {"running"}


def test_a_silent_run_of_another_machine_is_lost_by_its_heartbeat_alone(
    database: Database, clock: FixedClock, hotel: int
) -> None:
    run_id = begin(database, clock, hotel, process_id=os.getpid())
    with database.transaction() as connection:
        queries.attach_process(connection, run_id or 0, os.getpid(), "another-machine")
    clock.advance(timedelta(seconds=61))
    assert [run.id for run in Reaper(database, clock).reap()] == [run_id]


def test_a_dead_run_whose_heartbeat_is_to_come_is_lost_too(database: Database, clock: FixedClock, hotel: int) -> None:
    """The clock of the machine was put back: else it would run, and hold the next one up, until the time has come."""
    gone = begin(database, clock, hotel, "collect", process_id=2**22)
    alive = begin(database, clock, hotel, "features", process_id=os.getpid())
    clock.advance(timedelta(hours=-2))
    assert [run.id for run in Reaper(database, clock).reap()] == [gone]
    assert (read(database, gone).error_code, read(database, alive).state) == ("process_gone", "running")


def test_a_request_whose_run_never_began_is_asked_again(database: Database, clock: FixedClock, hotel: int) -> None:
    """The sidecar was killed between taking the request and starting the child."""
    scope = Scope("ayse", frozenset({"jobs.run"}), frozenset({hotel}))
    JobService(database, clock).request(scope, "collect", hotel)
    with database.transaction() as connection:
        request = queries.claim_request(connection, [])
        assert request
        run_id = queries.begin_run(connection, NewRun("collect", hotel, "request", clock.now(), "dead-machine"))
        queries.give_request(connection, request.id, run_id)
    with database.transaction() as connection:
        assert queries.claim_request(connection, []) is None
    clock.advance(timedelta(seconds=61))
    Reaper(database, clock).reap()
    with database.transaction() as connection:
        again = queries.claim_request(connection, [])
    assert again
    assert (again.id, again.run_id) == (request.id, None)


def test_a_request_is_taken_by_one_claimer_only_and_not_for_a_busy_hotel(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int
) -> None:
    service = JobService(database, clock)
    everything = Scope("deniz", frozenset({"jobs.run"}), None)
    assert len(service.request(everything, "collect")) == 2
    with database.transaction() as first, database.transaction() as second:
        taken = [queries.claim_request(first, []), queries.claim_request(second, []), queries.claim_request(second, [])]
    assert [request.hotel_id if request else None for request in taken] == [hotel, other_hotel, None]
    service.request(everything, "collect", hotel)
    with database.transaction() as connection:
        assert queries.claim_request(connection, [hotel]) is None


def test_requests_and_runs_of_other_hotels_are_neither_made_nor_seen(
    database: Database, clock: FixedClock, hotel: int, other_hotel: int
) -> None:
    service = JobService(database, clock)
    ayse = Scope("ayse", frozenset({"jobs.run", "jobs.read"}), frozenset({hotel}))
    with pytest.raises(AppError, match="not_found"):
        service.request(ayse, "collect", other_hotel)
    with pytest.raises(AppError, match="unknown_job"):
        service.request(ayse, "rm -rf")
    with pytest.raises(AppError, match="forbidden"):
        service.request(Scope("bora", frozenset({"jobs.read"}), None), "collect")
    with pytest.raises(AppError, match="not_found"):
        service.request(Scope("deniz", frozenset({"*"}), None), "collect", 999_999)
    begin(database, clock, other_hotel)
    own = begin(database, clock, hotel)
    assert [run.id for run in service.active(ayse)] == [own] == [run.id for run in service.recent(ayse)]
    assert len(service.request(ayse, "collect")) == 1
    assert [request.hotel_id for request in service.pending(ayse)] == [hotel]


def test_a_job_of_the_installation_runs_without_a_hotel_and_only_one_at_a_time(
    database: Database, clock: FixedClock
) -> None:
    run_id = begin(database, clock, None)
    assert begin(database, clock, None) is None
    assert execute(lambda: [JobDefinition("collect", collect)], run_id or 0, database, clock) == 0
    assert (read(database, run_id).result or {})["hotel"] is None
    with database.reading() as connection:
        assert queries.last_done(connection) == {("collect", None): clock.now()}
    clock.advance(timedelta(hours=1))
    again = begin(database, clock, None) or 0
    with database.transaction() as connection:
        job_control.ask_cancel(connection, again, "deniz", clock.now())
        queries.finish_run(connection, again, RunEnd("cancelled", clock.now(), error_code="cancelled_by_person"))
        assert queries.last_done(connection) == {("collect", None): clock.now()}  # no new leader repeats it
        assert queries.hotels(connection) == []
        assert queries.installation(connection).time_zone == "UTC"


def test_a_job_of_a_hotel_is_refused_without_one() -> None:
    of_a_hotel = of_hotel(lambda scope, hotel_id, at, progress: StageReport())
    with pytest.raises(AppError, match="hotel_wanted"):
        of_a_hotel(None, datetime(2026, 3, 2, tzinfo=UTC), silent)
