"""Samples of the Redis server as it answered over time (C5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key


class RedisSample(Base):
    """What one look at the server found: one a minute, and one whenever its state changes."""

    __tablename__ = "redis_samples"
    __table_args__ = (Index(None, "sampled_at"),)
    id: Mapped[Key]
    sampled_at: Mapped[datetime]
    state: Mapped[Code]  # 'up', 'slow', 'refusing', 'down'
    reason: Mapped[str | None]
    answer_seconds: Mapped[float | None]
    figures: Mapped[dict[str, Any] | None] = mapped_column(comment="operations.redis.figures.ServerFigures")
    patterns: Mapped[list[Any] | None] = mapped_column(comment="operations.redis.survey.Pattern, a few times an hour")
