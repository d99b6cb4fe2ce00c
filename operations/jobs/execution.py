"""Runs one job and records how it ended; the only place of the pipeline that catches every exception."""

import json
import os
import resource
import socket
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from core.masking import masked
from core.request_context import begin_request, identify_request, place_request
from core.stage import Progress, StageReport, silent
from db.queries import job_control
from db.queries import jobs as queries
from db.queries.job_rows import NewRun, RunEnd, RunRow
from db.session import Database
from operations.jobs.definitions import JobDefinition, JobFunction, require_past
from operations.jobs.heart import BEAT_SECONDS, CANCELLED, ORPHAN_GRACE_SECONDS, Heart, beating_for_a_command
from operations.profiler.watch import RUNNING, ProfileWatch, profiled

MAX_ERROR_CHARACTERS = 20_000

log = logger(__name__)


def execute(
    load_definitions: Callable[[], Iterable[JobDefinition]],
    run_id: int,
    database: Database,
    clock: Clock,
    *,
    beat_seconds: float = BEAT_SECONDS,
    cancel_grace_seconds: float = ORPHAN_GRACE_SECONDS,
) -> int:
    """Run a run that the sidecar recorded, in the child process it started; returns the exit code.

    ``load_definitions`` builds what computes; when that fails, the run says so like any other failure.
    """
    with database.transaction() as connection:
        queries.attach_process(connection, run_id, os.getpid(), socket.gethostname())
        run = queries.read_run(connection, run_id)
    if run is None or run.state != "running":
        return 1
    begin_request(wanted_id=f"job-run-{run_id}")
    identify_request("system", "system")
    place_request(f"job:{run.job_name}")
    watch = ProfileWatch(lambda: database, clock, RUNNING, run.job_name)
    heart = Heart(database, clock, run_id, run.timeout_seconds, beat_seconds, cancel_grace_seconds)
    with heart, profiled(watch):
        end = _attempt(load_definitions, run, clock, heart.progress)
    with database.transaction() as connection:
        queries.finish_run(connection, run_id, end)
    log.info("run_ended", run_id=run_id, job=run.job_name, hotel_id=run.hotel_id, state=end.state, error=end.error_code)
    return 0 if end.state == "succeeded" else 1


def run_recorded(
    definition: JobDefinition,
    hotel_id: int,
    at: datetime,
    *,
    database: Database,
    clock: Clock,
    requested_by: str,
    progress: Progress = silent,
    beat_seconds: float = BEAT_SECONDS,
) -> StageReport:
    """Run a job in this process for a command, recorded like any other run; raises what the job raises.

    Raises ``job_already_running`` when the sidecar is at the same job in the same hotel.
    """
    host, pid = socket.gethostname(), os.getpid()
    new = NewRun(
        definition.name, hotel_id, "command", clock.now(), host,
        requested_by=requested_by, arguments={"at": at.isoformat()}, process_id=pid,
    )  # fmt: skip
    with database.transaction() as connection:
        run_id = queries.begin_run(connection, new)
    if run_id is None:
        raise AppError("job_already_running", 409, params={"job": definition.name})
    end = RunEnd("cancelled", clock.now(), error_code="interrupted")
    try:
        with beating_for_a_command(database, clock, run_id, beat_seconds) as heart:
            report = _work(definition)(hotel_id, at, _both(heart.progress, progress))
        end = _succeeded(report, clock.now())
    except Exception as error:
        end = _failed(error, clock.now())
        raise
    finally:
        with database.transaction() as connection:
            if end.error_code == "interrupted" and job_control.cancelled(connection, [run_id]):
                end = replace(end, error_code=CANCELLED)
            queries.finish_run(connection, run_id, replace(end, finished_at=clock.now()))
    return report


def limit_memory(megabytes: int) -> None:
    """A run that grows beyond its limit gets a MemoryError of its own instead of hurting the machine (SPEC R1)."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1024 * 1024, hard))


def _definition(definitions: Iterable[JobDefinition], name: str) -> JobDefinition:
    for definition in definitions:
        if definition.name == name:
            return definition
    raise AppError("unknown_job", params={"job": name})


def _work(definition: JobDefinition) -> JobFunction:
    if definition.run is None:
        raise AppError("unknown_job", params={"job": definition.name})
    return definition.run


def _attempt(
    load_definitions: Callable[[], Iterable[JobDefinition]],
    run: RunRow,
    clock: Clock,
    progress: Progress,
) -> RunEnd:
    try:
        definition = _definition(load_definitions(), run.job_name)
        if definition.run_asked is not None:
            return _succeeded(definition.run_asked(run, progress), clock.now())
        require_past(run.arguments, clock.now())
        wanted = (run.arguments or {}).get("at")
        at = datetime.fromisoformat(wanted) if wanted else clock.now()
        return _succeeded(_work(definition)(run.hotel_id, at, progress), clock.now())
    except Exception as error:
        log.exception("run_failed", run_id=run.id, job=run.job_name, hotel_id=run.hotel_id)
        return _failed(error, clock.now())


def _succeeded(report: StageReport, at: datetime) -> RunEnd:
    return RunEnd("succeeded", at, report.rows_in, report.rows_out, report.details)


def _failed(error: Exception, at: datetime) -> RunEnd:
    code, told = "unexpected", None
    if isinstance(error, AppError):
        code, told = error.code, _told(error)
    elif isinstance(error, MemoryError):
        code = "out_of_memory"
    text = "".join(traceback.format_exception(error))[-MAX_ERROR_CHARACTERS:]
    return RunEnd("failed", at, result=told, error_code=code, error_text=text)


def _told(error: AppError) -> dict[str, Any]:
    """The sentence that a page would have said, with what it names; kept as a run's result."""
    params = json.loads(json.dumps(masked(error.params), default=str))
    return {"error": {"id": error.message_id, "params": params}}


def _both(first: Progress, second: Progress) -> Progress:
    def tell(ratio: float, note: str) -> None:
        first(ratio, note)
        second(ratio, note)

    return tell
