"""One-time links by which people choose a password: invitations and resets; only hashes are stored."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

USABLE = "used_at IS NULL AND revoked_at IS NULL AND expires_at > :at"


@dataclass(frozen=True)
class LinkRow:
    user_id: int
    kind: str
    expires_at: datetime


def insert(
    connection: Connection, user_id: int, kind: str, token_sha256: str, *, expires_at: datetime, by: str
) -> None:
    connection.execute(
        text(
            "INSERT INTO user_links (user_id, kind, token_sha256, expires_at, created_by)"
            " VALUES (:user_id, :kind, :token, :expires_at, :by)"
        ),
        {"user_id": user_id, "kind": kind, "token": token_sha256, "expires_at": expires_at, "by": by},
    )


def revoke_all(connection: Connection, user_id: int, at: datetime) -> None:
    """A newer link, another password or a disabled account ends those that are still open."""
    connection.execute(
        text(
            "UPDATE user_links SET revoked_at = :at WHERE user_id = :user_id AND used_at IS NULL AND revoked_at IS NULL"
        ),
        {"user_id": user_id, "at": at},
    )


def usable(connection: Connection, token_sha256: str, at: datetime) -> LinkRow | None:
    row = connection.execute(
        text(f"SELECT user_id, kind, expires_at FROM user_links WHERE token_sha256 = :token AND {USABLE}"),
        {"token": token_sha256, "at": at},
    ).first()
    return LinkRow(**row._mapping) if row else None


def use(connection: Connection, token_sha256: str, at: datetime) -> bool:
    """In one conditional update: a link works once."""
    done = connection.execute(
        text(f"UPDATE user_links SET used_at = :at WHERE token_sha256 = :token AND {USABLE}"),
        {"token": token_sha256, "at": at},
    )
    return done.rowcount == 1
