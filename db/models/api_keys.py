"""Keys of machines: what they may do and see, and for how long; of the key itself only its SHA-256 is stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key, Now


class ApiKey(Base):
    """``permissions`` and ``hotels`` (None: all of the owner's) only narrow what the owner may do at the moment."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("user_id", "name"),)
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[Code]
    key_sha256: Mapped[Code] = mapped_column(unique=True)
    hint: Mapped[Code]
    permissions: Mapped[list[Any]]
    hotels: Mapped[list[Any] | None]
    created_by: Mapped[str]
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
