"""Users, their hotels and sessions, how they sign in, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.activity import one_of
from db.models.base import Base, Code, Key, Name, Now

ROLES = ("superadmin", "sistem_yoneticisi", "admin", "depo_sorumlusu", "kat_sorumlusu", "veri_bilimci")
THEMES = ("device", "light", "dark")
ATTEMPT_KINDS = ("name", "address", "code", "reset", "reset_address", "browser", "present")
LINK_KINDS = ("invitation", "reset")


class User(Base):
    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES), one_of("theme", THEMES))
    id: Mapped[Key]
    username: Mapped[Code] = mapped_column(unique=True)
    full_name: Mapped[Name]
    email: Mapped[str | None]
    password_hash: Mapped[str | None]
    role: Mapped[Code]
    language: Mapped[str] = mapped_column(server_default="tr")
    theme: Mapped[Code] = mapped_column(server_default="device")
    sees_all_hotels: Mapped[bool] = mapped_column(server_default="false")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[Now]
    last_sign_in_at: Mapped[datetime | None]


class UserHotel(Base):
    __tablename__ = "user_hotels"
    __table_args__ = (PrimaryKeyConstraint("user_id", "hotel_id"),)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))


class UserSession(Base):
    """A dashboard session; only the SHA-256 of its cookie and of its one-time sign-in ticket are stored."""

    __tablename__ = "user_sessions"
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str | None] = mapped_column(unique=True)
    ticket_sha256: Mapped[str | None] = mapped_column(unique=True)
    ticket_expires_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    last_used_at: Mapped[Now]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[str | None]
    address: Mapped[str | None]
    has_shown_factors: Mapped[bool] = mapped_column(server_default="false")


class SignInAttempts(Base):
    """Failures of one name (a keyed hash), one address or one user's codes."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (PrimaryKeyConstraint("kind", "key"), one_of("kind", ATTEMPT_KINDS))
    kind: Mapped[Code]
    key: Mapped[Code]
    failures: Mapped[int]
    began_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class UserLink(Base):
    """A one-time link by which its user chooses a password; only its SHA-256 is stored."""

    __tablename__ = "user_links"
    __table_args__ = (one_of("kind", LINK_KINDS),)
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Code]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[Now]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The sealed secret of an authenticator app; it counts from its first right code on."""

    __tablename__ = "second_factors"
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str]
    created_at: Mapped[Now]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_sha256"),)
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_sha256: Mapped[str]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Only ever added to; a hotel that is deleted keeps its entries, so that its id refers to nothing then."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "actor", "id"),
        Index(None, "action", "id"),
        Index(None, "hotel_id", "id"),
        Index(None, "entity", "occurred_at"),
        Index(None, "occurred_at"),
    )
    id: Mapped[Key]
    occurred_at: Mapped[Now]
    actor: Mapped[str]
    role: Mapped[Code | None]
    action: Mapped[Code]
    hotel_id: Mapped[int | None]
    entity: Mapped[str | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any] | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class AuditLink(Base):
    """The place of an entry in the chain, given when its transaction commits; written by a trigger."""

    __tablename__ = "audit_chain"
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    entry_sha256: Mapped[str] = mapped_column(String(64))
    chain_sha256: Mapped[str] = mapped_column(String(64))
