"""Versions of the configuration: added one after the other, never changed (C9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

COLUMNS = "id, text, previous_id, author, saved_at, reason, checksum"
# A version that somebody else put behind the same one first leaves nothing to follow.
ADD = """
INSERT INTO configuration_versions (text, previous_id, author, saved_at, reason, checksum)
SELECT :text, CAST(:previous_id AS bigint), :author, :saved_at, :reason, :checksum
 WHERE (SELECT max(id) FROM configuration_versions) IS NOT DISTINCT FROM CAST(:previous_id AS bigint)
ON CONFLICT (COALESCE(previous_id, 0)) DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class VersionRow:
    """One version as it is stored; whether it is valid is told by ``operations.configuration``."""

    id: int
    text: str
    previous_id: int | None
    author: str
    saved_at: datetime
    reason: str
    checksum: str


def exists(connection: Connection) -> bool:
    """Whether the database knows versions: one that was not migrated yet has none."""
    return connection.execute(text("SELECT to_regclass('configuration_versions') IS NOT NULL")).scalar_one() is True


def newest(connection: Connection, limit: int) -> list[VersionRow]:
    """The newest first."""
    query = f"SELECT {COLUMNS} FROM configuration_versions ORDER BY id DESC LIMIT :limit"
    return [VersionRow(**row) for row in connection.execute(text(query), {"limit": limit}).mappings()]


def one(connection: Connection, version_id: int) -> VersionRow | None:
    query = f"SELECT {COLUMNS} FROM configuration_versions WHERE id = :id"
    row = connection.execute(text(query), {"id": version_id}).mappings().first()
    return VersionRow(**row) if row else None


def before(connection: Connection, version_id: int, limit: int) -> list[VersionRow]:
    """Those before a version, the newest first."""
    query = f"SELECT {COLUMNS} FROM configuration_versions WHERE id < :id ORDER BY id DESC LIMIT :limit"
    return [VersionRow(**row) for row in connection.execute(text(query), {"id": version_id, "limit": limit}).mappings()]


def add(connection: Connection, values: dict[str, Any]) -> int | None:
    """Add a version behind ``previous_id``; None when that is not the newest any more."""
    return connection.execute(text(ADD), values).scalar()
