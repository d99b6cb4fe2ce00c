"""Users, their hotels, failed attempts and sessions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

COLUMNS = "u.id, u.username, u.full_name, u.role, u.language, u.theme, u.sees_all_hotels, u.is_active"


@dataclass(frozen=True)
class UserRow:
    """A user without the password; ``hotels`` are the ids they may see unless they see all."""

    id: int
    username: str
    full_name: str
    role: str
    language: str
    theme: str
    sees_all_hotels: bool
    is_active: bool
    hotels: frozenset[int]


@dataclass(frozen=True)
class Credentials:
    user_id: int
    password_hash: str
    is_active: bool
    locked_until: datetime | None


@dataclass(frozen=True)
class NewUser:
    username: str
    full_name: str
    password_hash: str
    role: str
    language: str
    sees_all_hotels: bool


def count_users(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM users")).scalar_one())


def insert_user(connection: Connection, user: NewUser, hotels: list[int]) -> int | None:
    """The id of the new user; None when the name is taken."""
    user_id = connection.execute(
        text(
            "INSERT INTO users (username, full_name, password_hash, role, language, sees_all_hotels) "
            "VALUES (:username, :full_name, :password_hash, :role, :language, :sees_all_hotels) "
            "ON CONFLICT (username) DO NOTHING RETURNING id"
        ),
        vars(user),
    ).scalar()
    if user_id is not None and hotels:
        rows = [{"user_id": user_id, "hotel_id": hotel_id} for hotel_id in hotels]
        connection.execute(text("INSERT INTO user_hotels VALUES (:user_id, :hotel_id)"), rows)
    return user_id


def credentials(connection: Connection, username: str) -> Credentials | None:
    """What the password check needs, the row locked so that parallel attempts are counted one by one."""
    row = connection.execute(
        text("SELECT id, password_hash, is_active, locked_until FROM users WHERE username = :username FOR UPDATE"),
        {"username": username},
    ).first()
    return Credentials(*row) if row else None


def count_failure(connection: Connection, user_id: int, limit: int, locked_until: datetime) -> None:
    """One more failed attempt; at the limit the account is locked and the count begins anew."""
    connection.execute(
        text(
            "UPDATE users SET"
            " failed_attempts = CASE WHEN failed_attempts + 1 >= :limit THEN 0 ELSE failed_attempts + 1 END,"
            " locked_until = CASE WHEN failed_attempts + 1 >= :limit THEN :locked_until ELSE locked_until END"
            " WHERE id = :user_id"
        ),
        {"user_id": user_id, "limit": limit, "locked_until": locked_until},
    )


def note_sign_in(connection: Connection, user_id: int, at: datetime, new_hash: str | None) -> None:
    connection.execute(
        text(
            "UPDATE users SET failed_attempts = 0, locked_until = NULL, last_sign_in_at = :at,"
            " password_hash = coalesce(:new_hash, password_hash) WHERE id = :user_id"
        ),
        {"user_id": user_id, "at": at, "new_hash": new_hash},
    )


def user(connection: Connection, user_id: int) -> UserRow | None:
    return _user(connection, "u.id = :key", {"key": user_id})


def user_of_name(connection: Connection, username: str) -> UserRow | None:
    return _user(connection, "u.username = :key", {"key": username})


def session_user(connection: Connection, token_sha256: str, at: datetime) -> UserRow | None:
    """The active user of a session that is neither expired nor revoked."""
    condition = (
        "u.is_active AND EXISTS (SELECT FROM user_sessions s WHERE s.user_id = u.id AND s.token_sha256 = :key"
        " AND s.revoked_at IS NULL AND s.expires_at > :at)"
    )
    return _user(connection, condition, {"key": token_sha256, "at": at})


def insert_session(
    connection: Connection, user_id: int, ticket_sha256: str, ticket_expires_at: datetime, expires_at: datetime
) -> None:
    connection.execute(
        text(
            "INSERT INTO user_sessions (user_id, ticket_sha256, ticket_expires_at, expires_at)"
            " VALUES (:user_id, :ticket, :ticket_expires_at, :expires_at)"
        ),
        {
            "user_id": user_id,
            "ticket": ticket_sha256,
            "ticket_expires_at": ticket_expires_at,
            "expires_at": expires_at,
        },
    )


def redeem_ticket(connection: Connection, ticket_sha256: str, token_sha256: str, at: datetime) -> bool:
    """Exchange the ticket for the token in one conditional update: a ticket works once."""
    done = connection.execute(
        text(
            "UPDATE user_sessions SET token_sha256 = :token, ticket_sha256 = NULL"
            " WHERE ticket_sha256 = :ticket AND ticket_expires_at > :at AND revoked_at IS NULL"
        ),
        {"token": token_sha256, "ticket": ticket_sha256, "at": at},
    )
    return done.rowcount == 1


def revoke_session(connection: Connection, token_sha256: str, at: datetime) -> None:
    connection.execute(
        text("UPDATE user_sessions SET revoked_at = :at WHERE token_sha256 = :token AND revoked_at IS NULL"),
        {"token": token_sha256, "at": at},
    )


def set_language(connection: Connection, user_id: int, language: str) -> None:
    connection.execute(
        text("UPDATE users SET language = :language WHERE id = :user_id"), {"user_id": user_id, "language": language}
    )


def set_theme(connection: Connection, user_id: int, theme: str) -> None:
    connection.execute(
        text("UPDATE users SET theme = :theme WHERE id = :user_id"), {"user_id": user_id, "theme": theme}
    )


def set_active(connection: Connection, user_id: int, is_active: bool) -> None:
    connection.execute(
        text("UPDATE users SET is_active = :is_active WHERE id = :user_id"),
        {"user_id": user_id, "is_active": is_active},
    )


def _user(connection: Connection, condition: str, params: dict[str, object]) -> UserRow | None:
    row = connection.execute(
        text(
            f"SELECT {COLUMNS}, ARRAY(SELECT h.hotel_id FROM user_hotels h WHERE h.user_id = u.id) AS hotels"
            f" FROM users u WHERE {condition}"
        ),
        params,
    ).first()
    return UserRow(**(dict(row._mapping) | {"hotels": frozenset(row.hotels)})) if row else None
