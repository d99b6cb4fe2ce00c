"""What the machinery knows of runs and requests: their rows and columns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.queries.hotel_scope import of_hotels

RUN_COLUMNS = """job_runs.id, job_name, hotel_id, trigger, requested_by, arguments, state, started_at, heartbeat_at,
    finished_at, timeout_seconds, process_id, host, progress_ratio, progress_note, rows_in, rows_out, result,
    error_code, error_text, retry_of, cancel_requested_at, cancel_requested_by"""
OF_HOTELS = of_hotels()
REQUEST_COLUMNS = "id, job_name, hotel_id, arguments, requested_by, requested_at, state, run_id, retry_of"
RunKey = tuple[str, int | None]  # (job, hotel), None for the installation


@dataclass(frozen=True)
class JobHotel:
    """What the timetable must know of a hotel; ``id`` is None for the installation, which has jobs of its own."""

    id: int | None
    code: str
    time_zone: str
    simulated: bool
    created_at: datetime


@dataclass(frozen=True)
class RunRow:
    """One row of ``job_runs``."""

    id: int
    job_name: str
    hotel_id: int | None
    trigger: str
    requested_by: str | None
    arguments: dict[str, Any] | None
    state: str
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    timeout_seconds: int | None
    process_id: int | None
    host: str | None
    progress_ratio: float | None
    progress_note: str | None
    rows_in: int | None
    rows_out: int | None
    result: dict[str, Any] | None
    error_code: str | None
    error_text: str | None
    retry_of: int | None
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None


@dataclass(frozen=True)
class NewRun:
    """What is known of a run before it starts."""

    job_name: str
    hotel_id: int | None
    trigger: str
    started_at: datetime
    host: str
    timeout_seconds: int | None = None
    requested_by: str | None = None
    arguments: dict[str, Any] | None = None
    process_id: int | None = None
    retry_of: int | None = None


@dataclass(frozen=True)
class Beat:
    """What a run hears when it says that it lives: it may have been taken away, or somebody wants it to end."""

    is_ours: bool
    cancel_requested_at: datetime | None = None


@dataclass(frozen=True)
class RunEnd:
    """How a run ended."""

    state: str
    finished_at: datetime
    rows_in: int | None = None
    rows_out: int | None = None
    result: dict[str, Any] | None = None
    error_code: str | None = None
    error_text: str | None = None


@dataclass(frozen=True)
class RequestRow:
    """Work a person asked for."""

    id: int
    job_name: str
    hotel_id: int | None
    arguments: dict[str, Any] | None
    requested_by: str
    requested_at: datetime
    state: str
    run_id: int | None
    retry_of: int | None
