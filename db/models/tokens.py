"""Sign-ins of the API: families of refresh tokens, the tokens (hashes only), what was denied, and attempts (R3)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key


class TokenFamily(Base):
    """One sign-in: every token that came of it. It ends for good when ``revoked_at`` is set.

    A trigger of the table ``users`` sets it when the user is disabled or their role or password changes, whoever
    changes them.
    """

    __tablename__ = "token_families"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[Code]
    agent_family: Mapped[Code]
    device: Mapped[Code]
    begun_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # absolute: no refresh goes beyond it
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(64))


class RefreshToken(Base):
    """One refresh token. The unused one of a family is its only living line, which the index guarantees.

    ``successor_salt`` and the token that was presented give the successor again; the salt alone gives nothing.
    """

    __tablename__ = "refresh_tokens"
    id: Mapped[Key]
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("refresh_tokens.id", ondelete="CASCADE"), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # idle: renewed by each refresh
    used_at: Mapped[datetime | None]
    successor_salt: Mapped[str | None] = mapped_column(String(32))
    address_prefix: Mapped[Code]


Index(
    "uq_refresh_tokens_living", RefreshToken.family_id, unique=True, postgresql_where=text("used_at IS NULL")
)  # fmt: skip


class DeniedAccessToken(Base):
    """One access token that was revoked by itself, while its family lives on."""

    __tablename__ = "denied_access_tokens"
    jti: Mapped[str] = mapped_column(String(32), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    denied_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class TokenAttempt(Base):
    """How often somebody tried in the window that began last: sign-ins and refreshes by address."""

    __tablename__ = "token_attempts"
    __table_args__ = (PrimaryKeyConstraint("kind", "subject"),)
    kind: Mapped[Code]
    subject: Mapped[Code]
    window_began_at: Mapped[datetime]
    attempts: Mapped[int]
