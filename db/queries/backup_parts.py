"""What a selective restore reads, alike from the archived database and from the present one, and what it did (C8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.triage import UNDOES

# What is restored beside to compare with: what people decided, and what names the things that they decided about.
TABLES = (
    "hotels", "floors", "room_types", "rooms", "product_groups", "products", "staff", "minibar_slots", "custom_series",
    "users", "detection_settings", "ml_alerts", "configuration_versions",
)  # fmt: skip
# Ids are a database's own: another one may have given them to something else.
NAMES = """
SELECT 'hotel' AS kind, id, code AS name FROM hotels WHERE id = :hotel_id
UNION ALL SELECT 'floor', id, CAST(number AS text) FROM floors WHERE hotel_id = :hotel_id
UNION ALL SELECT 'room_type', id, code FROM room_types WHERE hotel_id = :hotel_id
UNION ALL SELECT 'room', id, number FROM rooms WHERE hotel_id = :hotel_id
UNION ALL SELECT 'product_group', id, code FROM product_groups WHERE hotel_id = :hotel_id
UNION ALL SELECT 'product', id, code FROM products WHERE hotel_id = :hotel_id
UNION ALL SELECT 'staff', id, code FROM staff WHERE hotel_id = :hotel_id
UNION ALL SELECT 'minibar_slot', s.id, r.number || ' · ' || p.code FROM minibar_slots s
            JOIN rooms r ON r.id = s.room_id JOIN products p ON p.id = s.product_id WHERE s.hotel_id = :hotel_id
UNION ALL SELECT 'custom_series', id, metric_code || ' · ' || entity FROM custom_series WHERE hotel_id = :hotel_id
UNION ALL SELECT 'user', id, username FROM users
"""
JUDGED = "id, alert_type, entity_type, entity_id, raised_at, verdict, verdict_by, verdict_at, verdict_note"
COLUMNS = "id, backup, safety, parts, restored_by, restored_at, changes"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class PartsRow:
    """One selective restore; ``changes``: what undoing it must know."""

    id: int
    backup: str
    safety: str
    parts: list[str]
    restored_by: str
    restored_at: datetime
    changes: dict[str, Any]


def names(connection: Connection, hotel_id: int) -> dict[tuple[str, int], str]:
    """{(kind of entity, id): what identifies it in any database of this hotel}."""
    return {(row.kind, row.id): row.name for row in connection.execute(text(NAMES), {"hotel_id": hotel_id})}


def judged(connection: Connection, hotel_id: int) -> list[Row]:
    """Every alert of a hotel with what people judged of it, oldest first."""
    query = f"SELECT {JUDGED} FROM ml_alerts WHERE hotel_id = :hotel_id ORDER BY id"
    return [dict(row) for row in connection.execute(text(query), {"hotel_id": hotel_id}).mappings()]


def judged_by(connection: Connection, action_ids: Sequence[int]) -> list[Row]:
    """The alerts of actions; ``before``: as they were before them, ``is_undone``: undoing gives that back."""
    query = (
        "SELECT a.id, a.alert_type, a.entity_type, a.entity_id, a.raised_at, a.verdict, "
        f"r.before, {UNDOES} AS is_undone FROM alert_action_rows r JOIN ml_alerts a ON a.id = r.alert_id "
        "WHERE r.action_id = ANY(:ids) ORDER BY a.raised_at, a.id"
    )
    return [dict(row) for row in connection.execute(text(query), {"ids": list(action_ids)}).mappings()]


def lock_alerts(connection: Connection, alert_ids: Sequence[int]) -> None:
    """Nobody decides about these alerts until the transaction ends."""
    query = "SELECT id FROM ml_alerts WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"
    connection.execute(text(query), {"ids": list(alert_ids)})


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Note a selective restore; ``values``: the columns but the id."""
    statement = text(
        "INSERT INTO partial_restores (backup, safety, parts, restored_by, restored_at, changes) "
        "VALUES (:backup, :safety, :parts, :restored_by, :restored_at, :changes) RETURNING id"
    ).bindparams(bindparam("parts", type_=JSONB), bindparam("changes", type_=JSONB))
    return int(connection.execute(statement, dict(values)).scalar_one())


def standing(connection: Connection, since: datetime) -> list[PartsRow]:
    """Selective restores that are no older and were not undone, newest first."""
    query = f"SELECT {COLUMNS} FROM partial_restores WHERE undone_at IS NULL AND restored_at >= :since ORDER BY id DESC"
    return [PartsRow(**row) for row in connection.execute(text(query), {"since": since}).mappings()]


def undo(connection: Connection, restore_id: int, actor: str, at: datetime) -> bool:
    """Mark it as undone; False when somebody else was faster."""
    query = "UPDATE partial_restores SET undone_at = :at, undone_by = :actor WHERE id = :id AND undone_at IS NULL"
    return connection.execute(text(query), {"id": restore_id, "actor": actor, "at": at}).rowcount == 1
