"""How reads through the cache were answered, by namespace and minute (C1)."""

from datetime import datetime

from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.orm import Mapped

from db.models.base import Base, Code


class CacheCount(Base):
    """One namespace in one minute; all processes add to it."""

    __tablename__ = "cache_counts"
    __table_args__ = (PrimaryKeyConstraint("started_at", "namespace"),)
    started_at: Mapped[datetime]
    namespace: Mapped[Code]
    hits: Mapped[int]
    stale: Mapped[int]
    shared: Mapped[int]
    misses: Mapped[int]
    degraded: Mapped[int]
