"""Job runs and requests."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from api.schemas.base import Answer, Asked, HotelNumber, Instant, Words
from operations.jobs import board
from operations.jobs.definitions import JOB_NAMES


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("must be a time zone such as Europe/Istanbul")
    return zone


Zone = Annotated[str, Field(max_length=64, examples=["Europe/Istanbul"]), AfterValidator(_known)]
JobName = Literal[JOB_NAMES]  # type: ignore[valid-type]


class Run(Answer):
    """One run of one job in one hotel."""

    id: int
    job_name: str
    hotel_id: int | None
    trigger: str = Field(examples=["schedule"])
    requested_by: str | None
    state: Literal["running", "succeeded", "failed", "timed_out", "lost", "cancelled"]
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    progress_ratio: float | None
    progress_note: str | None
    rows_in: int | None
    rows_out: int | None
    error_code: str | None
    retry_of: int | None = Field(description="the run that this one repeats")
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None


class OneRun(Run):
    """A run with its result and, where it failed, what it said."""

    arguments: dict[str, Any] | None
    timeout_seconds: int | None
    process_id: int | None
    host: str | None
    result: dict[str, Any] | None
    error_text: str | None


class Request(Answer):
    """Work that was asked for."""

    id: int
    job_name: str
    hotel_id: int | None = Field(description="null: work of the installation, such as backups")
    requested_by: str
    requested_at: datetime
    state: str = Field(examples=["pending"])
    run_id: int | None
    retry_of: int | None


class JobState(Answer):
    """How far a job is in a hotel; ``is_served``: the sidecar, which runs jobs, has shown a sign of life lately."""

    request: Request | None
    running: Run | None
    last: Run | None
    is_served: bool


class Runs(Answer):
    items: list[Run]


class AskedRun(Asked):
    job: JobName = Field(examples=["collect"])
    hotel_id: HotelNumber | None = Field(None, examples=[1], description="every hotel of the caller's when left out")
    at: Instant | None = Field(None, description="as of when; now when left out")


class RequestIds(Answer):
    """One request a hotel."""

    request_ids: list[int]


class Figures(Answer):
    """Of the runs of the last 24 hours that ended by themselves; ``mean_seconds`` of those that went well."""

    ended: int
    succeeded: int
    success_ratio: float | None
    mean_seconds: float | None


class Estimate(Answer):
    """Seconds until a run ends as such runs usually do; ``is_over``: it takes longer than nine of ten."""

    run_id: int
    seconds: float
    low_seconds: float
    high_seconds: float
    runs: int
    is_over: bool

    @classmethod
    def of(cls, run_id: int, eta: board.Eta) -> "Estimate":
        return cls(run_id=run_id, **vars(eta))


class Estimates(Answer):
    items: list[Estimate]


class Pause(Answer):
    """A job that the timetable leaves out; without a hotel: everywhere."""

    id: int
    job_name: str
    hotel_id: int | None
    reason: str
    paused_by: str
    paused_at: datetime


class Pauses(Answer):
    items: list[Pause]


class Scheduled(Answer):
    """A job of the timetable in a hotel; ``left_out``: how often it was due since it pauses."""

    job_name: str
    hotel_id: int | None
    next_at: datetime
    last_run_id: int | None
    last_state: str | None
    succeeded_at: datetime | None
    usual_seconds: float | None
    pause: Pause | None
    left_out: int

    @classmethod
    def of(cls, one: board.Scheduled) -> "Scheduled":
        return cls(
            job_name=one.job_name, hotel_id=one.hotel_id, next_at=one.next_at, last_run_id=one.newest.run_id,
            last_state=one.newest.state, succeeded_at=one.newest.succeeded_at,
            usual_seconds=one.usual.median_seconds if one.usual else None,
            pause=Pause.model_validate(one.pause) if one.pause else None, left_out=one.left_out,
        )  # fmt: skip


class Timetable(Answer):
    items: list[Scheduled]


class Stale(Answer):
    """Data as old as ``since`` (null: there never were any), why, and the jobs that read them."""

    job_name: str
    hotel_id: int | None
    since: datetime | None
    reason: Literal["failed", "missed", "paused"]
    run_id: int | None
    error_code: str | None
    affects: list[str]


class StaleData(Answer):
    items: list[Stale]


class DayRun(Answer):
    id: int
    job_name: str
    hotel_id: int | None
    trigger: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    rows_out: int | None


class Noticed(Answer):
    """What was odd about a job's runs, how often, and the last of them."""

    kind: Literal["missed", "late", "too_fast", "empty"]
    job_name: str
    hotel_id: int | None
    count: int
    first_at: datetime
    last_at: datetime
    run_id: int | None


class Day(Answer):
    """``is_complete``: no run was left out."""

    since: datetime
    until: datetime
    runs: list[DayRun]
    noticed: list[Noticed]
    is_complete: bool


class AskedPause(Asked):
    job: Words = Field(examples=["collect"])
    hotel_id: HotelNumber | None = Field(None, examples=[1], description="everywhere when left out")
    reason: Words = Field(examples=["the scales are away"])
