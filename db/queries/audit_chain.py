"""The chain of the audit log as it stands: links with the entries they name, both as they are stored now."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

# In the order in which the trigger of migration 0017 writes them.
FIELDS = (
    "entry.id::text, to_char(entry.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), entry.actor, "
    "entry.role, entry.action, entry.hotel_id::text, entry.entity, entry.address, entry.request_id, "
    "entry.details::text, entry.before::text, entry.after::text"
)


@dataclass(frozen=True)
class LinkRow:
    """A link, and the fields of its entry as text; None when the entry is gone."""

    position: int
    entry_id: int
    entry_sha256: str
    chain_sha256: str
    fields: list[str | None] | None


def links(connection: Connection, after: int, limit: int) -> list[LinkRow]:
    """The next links of the chain, in order."""
    query = (
        "SELECT position, entry_id, entry_sha256, chain_sha256, "
        f"CASE WHEN entry.id IS NOT NULL THEN ARRAY[{FIELDS}] END AS fields "
        "FROM audit_chain LEFT JOIN audit_log AS entry ON entry.id = entry_id "
        "WHERE position > :after ORDER BY position LIMIT :limit"
    )
    rows = connection.execute(text(query), {"after": after, "limit": limit})
    return [LinkRow(**row) for row in rows.mappings()]


def unlinked(connection: Connection) -> list[int]:
    """Ids of entries that no link names: they came in without the trigger."""
    query = (
        "SELECT id FROM audit_log WHERE NOT EXISTS (SELECT FROM audit_chain WHERE entry_id = audit_log.id) ORDER BY id"
    )
    return list(connection.scalars(text(query)))


def head(connection: Connection) -> LinkRow | None:
    """The last link; None before the first entry."""
    query = (
        "SELECT position, entry_id, entry_sha256, chain_sha256, NULL AS fields FROM audit_chain "
        "ORDER BY position DESC LIMIT 1"
    )
    row = connection.execute(text(query)).mappings().one_or_none()
    return LinkRow(**row) if row else None
