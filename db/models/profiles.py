"""Profiles of the installation's processes (C10)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key

ACTIVE = "state IN ('requested', 'running')"


class Profile(Base):
    """One measurement: asked for, taken by the process it is of, kept. One at a time is asked for or runs."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index(None, "requested_at"),
        Index(
            "uq_profiles_active",
            text("(true)"),
            unique=True,
            postgresql_where=text("state IN ('requested', 'running')"),
        ),
    )
    id: Mapped[Key]
    target: Mapped[Code]  # 'dashboard', 'api', 'scheduler', 'job'
    job_name: Mapped[Code | None]
    kind: Mapped[Code]  # 'time', 'memory'
    seconds: Mapped[int]
    state: Mapped[Code]  # 'requested', 'running', 'done', 'failed'
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    process_id: Mapped[int | None]
    host: Mapped[str | None]
    version: Mapped[str | None]
    error_code: Mapped[Code | None]
    overhead_ratio: Mapped[float | None] = mapped_column(comment="of one core; what measuring itself took")
    usage: Mapped[list[Any] | None] = mapped_column(comment="operations.profiler.usage.Usage, one a second")
    result: Mapped[dict[str, Any] | None] = mapped_column(comment="operations.profiler.report, or grown lines")
