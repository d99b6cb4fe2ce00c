"""The machinery: job runs and requests, sidecar heartbeats, data versions, imports, simulated hotels."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.activity import one_of
from db.models.base import Base, Code, HotelKey, Key, Now

JOB_STATES = ("running", "succeeded", "failed", "timed_out", "lost", "cancelled")
REQUEST_STATES = ("pending", "taken", "cancelled")


class JobRun(Base):
    """One run of one job: what was read and written, how long, and why it failed."""

    __tablename__ = "job_runs"
    __table_args__ = (
        one_of("state", JOB_STATES),
        Index(None, "job_name", "started_at"),
        Index(None, "job_name", "hotel_id", "started_at"),
        Index(None, "started_at"),
        Index(None, "state", "started_at"),
    )
    id: Mapped[Key]
    job_name: Mapped[Code]
    hotel_id: Mapped[int | None] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    trigger: Mapped[Code]  # 'schedule', 'request', 'command'
    requested_by: Mapped[str | None]
    arguments: Mapped[dict[str, Any] | None]
    state: Mapped[Code]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    timeout_seconds: Mapped[int | None]
    process_id: Mapped[int | None]
    host: Mapped[str | None]
    progress_ratio: Mapped[float | None]
    progress_note: Mapped[str | None]
    rows_in: Mapped[int | None]
    rows_out: Mapped[int | None]
    result: Mapped[dict[str, Any] | None]
    error_code: Mapped[str | None]
    error_text: Mapped[str | None] = mapped_column(Text)
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("job_runs.id", ondelete="SET NULL"), index=True)
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by: Mapped[str | None]


# One run at a time of a job in a hotel, whoever starts it.
Index(
    "uq_job_runs_running",
    JobRun.job_name, JobRun.hotel_id,
    unique=True, postgresql_where=text("state = 'running'"), postgresql_nulls_not_distinct=True,
)  # fmt: skip


class JobRequest(Base):
    """Work a person asked for; the sidecar claims it with one conditional UPDATE."""

    __tablename__ = "job_requests"
    __table_args__ = (one_of("state", REQUEST_STATES),)
    id: Mapped[Key]
    job_name: Mapped[Code]
    hotel_id: Mapped[int | None] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    arguments: Mapped[dict[str, Any] | None]
    requested_by: Mapped[str]
    requested_at: Mapped[Now]
    state: Mapped[Code] = mapped_column(server_default="pending")
    run_id: Mapped[int | None] = mapped_column(ForeignKey("job_runs.id", ondelete="SET NULL"))
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("job_runs.id", ondelete="SET NULL"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]


# A run is repeated once: of two people who ask at the same time the second is told.
Index("uq_job_requests_retry_of", JobRequest.retry_of, unique=True, postgresql_where=text("state <> 'cancelled'"))


class JobPause(Base):
    """A job that the timetable leaves out, in a hotel or everywhere (no hotel), until somebody resumes it."""

    __tablename__ = "job_pauses"
    id: Mapped[Key]
    job_name: Mapped[Code]
    hotel_id: Mapped[int | None] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str]
    paused_by: Mapped[str]
    paused_at: Mapped[datetime]
    resumed_by: Mapped[str | None]
    resumed_at: Mapped[datetime | None]


Index(
    "uq_job_pauses_lasting",
    JobPause.job_name, JobPause.hotel_id,
    unique=True, postgresql_where=text("resumed_at IS NULL"), postgresql_nulls_not_distinct=True,
)  # fmt: skip


class Heartbeat(Base):
    __tablename__ = "heartbeats"
    service: Mapped[Code] = mapped_column(primary_key=True)
    process_id: Mapped[int]
    host: Mapped[str]
    version: Mapped[str]
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]


class DataVersion(Base):
    """Bumped in the writer's own transaction; the key of every cached read."""

    __tablename__ = "data_versions"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "topic"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    topic: Mapped[Code]
    version: Mapped[int] = mapped_column(server_default="1")
    changed_at: Mapped[Now]


class ImportMapping(Base):
    """Which column of a hotel's files is which field of ours."""

    __tablename__ = "import_mappings"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "kind"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    kind: Mapped[Code]
    columns: Mapped[dict[str, Any]]
    updated_at: Mapped[Now]


class ImportRun(Base):
    __tablename__ = "import_runs"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    kind: Mapped[Code]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    started_at: Mapped[Now]
    finished_at: Mapped[datetime | None]
    state: Mapped[Code]
    row_count: Mapped[int] = mapped_column(server_default="0")
    inserted_count: Mapped[int] = mapped_column(server_default="0")
    updated_count: Mapped[int] = mapped_column(server_default="0")
    error_count: Mapped[int] = mapped_column(server_default="0")
    errors: Mapped[list[Any] | None]


class SimulatedHotel(Base):
    """How a hotel's simulated rows were made, so that they can be continued; one row a hotel."""

    __tablename__ = "simulated_hotels"
    hotel_id: Mapped[int] = mapped_column(
        ForeignKey("hotels.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    profile: Mapped[Code]  # 'city', 'resort', 'given_stays'
    seed: Mapped[int]
    rooms: Mapped[int]
    started_on: Mapped[date]
    simulated_until: Mapped[datetime]
    planted: Mapped[dict[str, Any] | None]  # the plan of planted anomalies
