"""Users: who they are, what the sign-in reads and writes of them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from db import locks

# Changes with the password and tells nothing of it.
MARK = "encode(sha256(convert_to(u.password_hash, 'UTF8')), 'hex')"
COLUMNS = (
    "u.id, u.username, u.full_name, u.role, u.language, u.theme, u.sees_all_hotels, u.is_active,"
    f" {MARK} AS password_mark,"
    " EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_second_factor"
)


@dataclass(frozen=True)
class UserRow:
    """A user without the password; ``hotels`` are the ids they may see unless they see all.

    ``password_mark`` is another one after each change of the password; None before the first was chosen.
    ``has_shown_factors``: the session began at a provider that asked for more than a password.
    """

    id: int
    username: str
    full_name: str
    role: str
    language: str
    theme: str
    sees_all_hotels: bool
    is_active: bool
    password_mark: str | None = field(compare=False, repr=False)
    has_second_factor: bool
    hotels: frozenset[int]
    has_shown_factors: bool = False


@dataclass(frozen=True)
class Credentials:
    """``password_hash`` is None for who was invited and has not chosen a password yet."""

    user_id: int
    password_hash: str | None
    is_active: bool
    role: str


@dataclass(frozen=True)
class NewUser:
    username: str
    full_name: str
    password_hash: str | None
    role: str
    language: str
    sees_all_hotels: bool
    email: str | None = None


def count_users(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM users")).scalar_one())


def insert_user(connection: Connection, user: NewUser) -> int | None:
    """The id of the new user, who has no hotel yet; None when the name is taken, in capitals or not.

    No index says so, since older installations may have two such users; who adds users waits for one another.
    """
    locks.wait_for(connection, "user_names")
    user_id: int | None = connection.execute(
        text(
            "INSERT INTO users (username, full_name, email, password_hash, role, language, sees_all_hotels) "
            "SELECT :username, :full_name, :email, :password_hash, :role, :language, :sees_all_hotels "
            "WHERE NOT EXISTS (SELECT FROM users WHERE lower(username) = lower(:username)) "
            "ON CONFLICT (username) DO NOTHING RETURNING id"
        ),
        vars(user),
    ).scalar()
    return user_id


def set_hotels(connection: Connection, user_id: int, hotels: Collection[int]) -> set[int]:
    """The hotels of a user from now on; those that do not exist."""
    params = {"user_id": user_id, "hotels": list(hotels)}
    connection.execute(text("DELETE FROM user_hotels WHERE user_id = :user_id"), params)
    given = connection.execute(
        text(
            "INSERT INTO user_hotels (user_id, hotel_id) SELECT :user_id, id FROM hotels WHERE id = ANY(:hotels)"
            " RETURNING hotel_id"
        ),
        params,
    )
    return set(hotels) - set(given.scalars())


def credentials(connection: Connection, username: str) -> Credentials | None:
    """What the password check needs."""
    row = connection.execute(
        text("SELECT id, password_hash, is_active, role FROM users WHERE username = :username"), {"username": username}
    ).first()
    return Credentials(*row) if row else None


def note_sign_in(connection: Connection, known: Credentials, at: datetime, new_hash: str | None) -> bool:
    """With the password that was checked, perhaps hashed anew; False when it is another one meanwhile."""
    done = connection.execute(
        text(
            "UPDATE users SET last_sign_in_at = :at, password_hash = coalesce(:new_hash, password_hash)"
            " WHERE id = :user_id AND is_active AND password_hash = :known_hash"
        ),
        {"user_id": known.user_id, "at": at, "new_hash": new_hash, "known_hash": known.password_hash},
    )
    return done.rowcount == 1


def note_entrance(connection: Connection, user_id: int, at: datetime) -> None:
    """Without a password of ours."""
    connection.execute(text("UPDATE users SET last_sign_in_at = :at WHERE id = :id"), {"id": user_id, "at": at})


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    connection.execute(
        text("UPDATE users SET password_hash = :password_hash WHERE id = :user_id"),
        {"user_id": user_id, "password_hash": password_hash},
    )


def user(connection: Connection, user_id: int) -> UserRow | None:
    return user_where(connection, "u.id = :key", {"key": user_id})


def user_of_name(connection: Connection, username: str) -> UserRow | None:
    return user_where(connection, "u.username = :key", {"key": username})


def set_language(connection: Connection, user_id: int, language: str) -> None:
    connection.execute(
        text("UPDATE users SET language = :language WHERE id = :user_id"), {"user_id": user_id, "language": language}
    )


def set_theme(connection: Connection, user_id: int, theme: str) -> None:
    connection.execute(
        text("UPDATE users SET theme = :theme WHERE id = :user_id"), {"user_id": user_id, "theme": theme}
    )


def user_where(
    connection: Connection, condition: str, params: dict[str, object], has_shown_factors: str = "false"
) -> UserRow | None:
    """The only user ``u`` of a condition."""
    row = connection.execute(
        text(
            f"SELECT {COLUMNS}, ARRAY(SELECT h.hotel_id FROM user_hotels h WHERE h.user_id = u.id) AS hotels,"
            f" {has_shown_factors} AS has_shown_factors FROM users u WHERE {condition}"
        ),
        params,
    ).first()
    return UserRow(**(dict(row._mapping) | {"hotels": frozenset(row.hotels)})) if row else None
