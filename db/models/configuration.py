"""Versions of the settings that are kept in the database (C9)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key


class ConfigurationVersion(Base):
    """One text as it was saved; nothing changes or deletes rows. Each version follows one other: of two people who
    save at once, the second has nothing to follow."""

    __tablename__ = "configuration_versions"
    __table_args__ = (Index("uq_configuration_versions_previous", text("COALESCE(previous_id, 0)"), unique=True),)
    id: Mapped[Key]
    text: Mapped[str] = mapped_column(comment="TOML: setting = value")
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("configuration_versions.id"))
    author: Mapped[str]
    saved_at: Mapped[datetime]
    reason: Mapped[str]
    checksum: Mapped[str] = mapped_column(comment="SHA-256 of the text: whether it is what was saved")
