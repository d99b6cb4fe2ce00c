"""Keys of machines: stored, found by the SHA-256 of the key, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

COLUMNS = """k.id, k.user_id, u.username AS owner, k.name, k.hint, k.permissions, k.hotels, k.created_by, k.created_at,
    k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by"""


@dataclass(frozen=True)
class ApiKeyRow:
    """A key without the key; ``hint`` is its beginning, so that people can tell keys apart."""

    id: int
    user_id: int
    owner: str
    name: str
    hint: str
    permissions: tuple[str, ...]
    hotels: tuple[int, ...] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


def add(connection: Connection, values: dict[str, Any]) -> int | None:
    """The id of the new key; None when its owner has one of that name."""
    names = list(values)
    statement = text(
        f"INSERT INTO api_keys ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)}) "
        "ON CONFLICT (user_id, name) DO NOTHING RETURNING id"
    ).bindparams(bindparam("permissions", type_=JSONB), bindparam("hotels", type_=JSONB(none_as_null=True)))
    found: int | None = connection.execute(statement, values).scalar()
    return found


def working(connection: Connection, key_sha256: str, at: datetime) -> ApiKeyRow | None:
    """The key that is neither revoked nor expired and whose owner is active."""
    query = (
        f"SELECT {COLUMNS} FROM api_keys k JOIN users u ON u.id = k.user_id "
        "WHERE k.key_sha256 = :key AND k.revoked_at IS NULL AND k.expires_at > :at AND u.is_active"
    )
    row = connection.execute(text(query), {"key": key_sha256, "at": at}).mappings().one_or_none()
    return None if row is None else _key(row)


def note_use(connection: Connection, key_id: int, at: datetime, every: timedelta) -> None:
    """When it was last used, written once in ``every``."""
    query = (
        "UPDATE api_keys SET last_used_at = :at WHERE id = :id AND (last_used_at IS NULL OR last_used_at <= :before)"
    )
    connection.execute(text(query), {"id": key_id, "at": at, "before": at - every})


def listed(connection: Connection, owner: str | None) -> list[ApiKeyRow]:
    """The keys of a user, or of everybody, the newest first."""
    query = (
        f"SELECT {COLUMNS} FROM api_keys k JOIN users u ON u.id = k.user_id "
        "WHERE CAST(:owner AS text) IS NULL OR u.username = :owner ORDER BY k.id DESC"
    )
    return [_key(row) for row in connection.execute(text(query), {"owner": owner}).mappings()]


def revoke(connection: Connection, key_id: int, owner: str | None, actor: str, at: datetime) -> str | None:
    """End a key (of that owner, or of anybody); its name, None where there is no such key. An ended one stays so."""
    query = (
        "UPDATE api_keys k SET revoked_at = coalesce(k.revoked_at, :at), revoked_by = coalesce(k.revoked_by, :actor) "
        "FROM users u WHERE u.id = k.user_id AND k.id = :id "
        "AND (CAST(:owner AS text) IS NULL OR u.username = :owner) RETURNING k.name"
    )
    found: str | None = connection.execute(
        text(query), {"id": key_id, "owner": owner, "actor": actor, "at": at}
    ).scalar()
    return found


def _key(row: RowMapping) -> ApiKeyRow:
    hotels = None if row["hotels"] is None else tuple(row["hotels"])
    return ApiKeyRow(**(dict(row) | {"permissions": tuple(row["permissions"]), "hotels": hotels}))
