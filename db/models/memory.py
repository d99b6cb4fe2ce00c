"""Samples of how much memory each process holds (R1)."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key


class ProcessMemory(Base):
    """One process at one time: every minute, and whenever its level changes or it gave memory back."""

    __tablename__ = "process_memory"
    __table_args__ = (Index(None, "sampled_at"),)
    id: Mapped[Key]
    sampled_at: Mapped[datetime]
    service: Mapped[Code]  # 'dashboard', 'sidecar', or 'job:train'
    process_id: Mapped[int]
    host: Mapped[str]
    process_started_at: Mapped[datetime]
    rss_bytes: Mapped[int]
    uss_bytes: Mapped[int | None] = mapped_column(comment="what would become free if the process ended")
    limit_bytes: Mapped[int | None] = mapped_column(comment="of the process itself, where the settings name one")
    used_ratio: Mapped[float] = mapped_column(comment="of the nearest limit: the process's, the group's, the machine's")
    level: Mapped[Code]  # operations.memory.levels
    given_back_bytes: Mapped[int | None]
