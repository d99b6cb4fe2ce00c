"""Users as administrators see and change them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class AccountRow:
    """``has_password``: False for who was invited and has not chosen one yet."""

    id: int
    username: str
    full_name: str
    email: str | None
    language: str
    role: str
    sees_all_hotels: bool
    is_active: bool
    has_password: bool
    has_second_factor: bool
    last_sign_in_at: datetime | None
    hotels: frozenset[int]


ACCOUNT = (
    "SELECT u.id, u.username, u.full_name, u.email, u.language, u.role, u.sees_all_hotels, u.is_active,"
    " u.password_hash IS NOT NULL AS has_password,"
    " EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_second_factor,"
    " u.last_sign_in_at, ARRAY(SELECT h.hotel_id FROM user_hotels h WHERE h.user_id = u.id) AS hotels FROM users u"
)


def accounts(connection: Connection) -> list[AccountRow]:
    """All of them, by name."""
    rows = connection.execute(text(f"{ACCOUNT} ORDER BY u.username"))
    return [AccountRow(**(dict(row._mapping) | {"hotels": frozenset(row.hotels)})) for row in rows]


def held(connection: Connection, user_id: int) -> AccountRow | None:
    """One, locked against other changes until the transaction ends."""
    row = connection.execute(text(f"{ACCOUNT} WHERE u.id = :user_id FOR UPDATE OF u"), {"user_id": user_id}).first()
    return AccountRow(**(dict(row._mapping) | {"hotels": frozenset(row.hotels)})) if row else None


def hold_active(connection: Connection, role: str) -> list[int]:
    """Who holds a role and is active, locked: of two changes at once the second sees what the first left."""
    query = "SELECT id FROM users WHERE role = :role AND is_active ORDER BY id FOR UPDATE"
    return list(connection.execute(text(query), {"role": role}).scalars())


def set_active(connection: Connection, user_id: int, is_active: bool) -> None:
    connection.execute(
        text("UPDATE users SET is_active = :is_active WHERE id = :user_id"),
        {"user_id": user_id, "is_active": is_active},
    )


def change(
    connection: Connection, user_id: int, *, full_name: str, email: str | None, role: str, sees_all_hotels: bool
) -> None:
    """Name, address of mails and role."""
    connection.execute(
        text(
            "UPDATE users SET full_name = :full_name, email = :email, role = :role, sees_all_hotels = :all"
            " WHERE id = :user_id"
        ),
        {"user_id": user_id, "full_name": full_name, "email": email, "role": role, "all": sees_all_hotels},
    )
