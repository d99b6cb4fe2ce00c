"""Entries of the audit log as people look for them: filtered, newest first, page by page from an entry (keyset)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.queries.hotel_scope import of_hotels, these_hotels

# The other values of a column, each found by one look into the index that begins with it.
DISTINCT = """
WITH RECURSIVE found AS (
    (SELECT {column} AS value FROM audit_log ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM audit_log WHERE {column} > found.value ORDER BY {column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found
WHERE value IS NOT NULL AND (CAST(:hotel_ids AS bigint[]) IS NULL OR EXISTS (
    SELECT FROM audit_log WHERE {column} = found.value AND hotel_id = ANY(:hotel_ids)
))
ORDER BY value
"""
WANTED = (
    f"{of_hotels()} "
    "AND (CAST(:actor AS text) IS NULL OR actor = :actor) AND (CAST(:action AS text) IS NULL OR action = :action) "
    "AND (CAST(:since AS timestamptz) IS NULL OR occurred_at >= :since) "
    "AND (CAST(:pattern AS text) IS NULL OR concat_ws(' ', actor, action, entity, address, request_id, details, "
    "before, after) ILIKE :pattern)"
)
COLUMNS = "id, occurred_at, actor, role, action, hotel_id, entity, address, request_id, details, before, after"


@dataclass(frozen=True)
class AuditRow:
    """One entry as it is stored."""

    id: int
    occurred_at: datetime
    actor: str
    role: str | None
    action: str
    hotel_id: int | None
    entity: str | None
    address: str | None
    request_id: str | None
    details: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class AuditFilters:
    """What is looked for; None and an empty text mean everything. ``hotel_id``: entries of that hotel alone."""

    actor: str | None = None
    action: str | None = None
    hotel_id: int | None = None
    since: datetime | None = None
    text: str = ""


def page(
    connection: Connection,
    filters: AuditFilters,
    hotel_ids: Sequence[int] | None,
    limit: int,
    *,
    before: int | None = None,
    after: int | None = None,
) -> list[AuditRow]:
    """At most ``limit`` entries, newest first: the newest, those before an entry, or the next ones after one."""
    edge = "id > :edge" if after is not None else "id < :edge" if before is not None else "true"
    order = "ASC" if after is not None else "DESC"
    query = f"SELECT {COLUMNS} FROM audit_log WHERE {edge} AND {WANTED} ORDER BY id {order} LIMIT :limit"
    edges = {"edge": after if after is not None else before, "limit": limit}
    rows = connection.execute(text(query), _params(filters, hotel_ids) | edges)
    found = [AuditRow(**row) for row in rows.mappings()]
    return found[::-1] if after is not None else found


def entry(connection: Connection, entry_id: int, hotel_ids: Sequence[int] | None) -> AuditRow | None:
    params = {"id": entry_id, "hotel_ids": these_hotels(hotel_ids)}
    seen = f"{of_hotels()}"
    row = connection.execute(text(f"SELECT {COLUMNS} FROM audit_log WHERE id = :id AND {seen}"), params)
    found = row.mappings().one_or_none()
    return AuditRow(**found) if found else None


def distinct(connection: Connection, column: str, hotel_ids: Sequence[int] | None) -> list[str]:
    """The values of ``actor`` or ``action``."""
    params = {"hotel_ids": these_hotels(hotel_ids)}
    return list(connection.scalars(text(DISTINCT.format(column=column)), params))


def _params(filters: AuditFilters, hotel_ids: Sequence[int] | None) -> dict[str, Any]:
    words = filters.text.strip()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "hotel_ids": these_hotels(hotel_ids), "actor": filters.actor,
        "action": filters.action, "since": filters.since, "pattern": f"%{escaped}%" if words else None,
    }  # fmt: skip
