"""Selective restores: what of a backup was put back, so that it can be undone (C8)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key


class PartialRestore(Base):
    """Thresholds, verdicts or configuration as they stood in a backup; ``changes``: what undoing it must know."""

    __tablename__ = "partial_restores"
    id: Mapped[Key]
    backup: Mapped[str]
    safety: Mapped[str] = mapped_column(comment="the backup of the state before")
    parts: Mapped[list[Any]]
    restored_by: Mapped[str]
    restored_at: Mapped[datetime]
    changes: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
