"""Silences: which alerts they hide, how many, and their own rows (A5.8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.hotel_scope import of_hotels

# The hotel-local moment at which an alert was last seen; a window over midnight belongs to the day it begins on.
LOCAL = "(a.last_seen_at AT TIME ZONE (SELECT time_zone FROM hotels WHERE id = a.hotel_id))"
OVERNIGHT = "s.from_minute > s.until_minute"
DAY = (
    f"extract(isodow FROM {LOCAL} - CASE WHEN {OVERNIGHT} "
    "THEN make_interval(mins => CAST(s.until_minute AS int)) ELSE interval '0' END)"
)
MINUTE = f"(extract(hour FROM {LOCAL}) * 60 + extract(minute FROM {LOCAL}))"
MATCHES = f"""
    s.hotel_id = a.hotel_id AND s.lifted_at IS NULL
    AND a.last_seen_at > s.starts_at AND a.last_seen_at <= s.ends_at
    AND (s.alert_type IS NULL OR s.alert_type = a.alert_type)
    AND (s.floor_id IS NULL OR s.floor_id = coalesce(
         (SELECT floor_id FROM rooms WHERE id = a.room_id), CASE WHEN a.entity_type = 'floor' THEN a.entity_id END))
    AND (s.entity_type IS NULL OR (s.entity_type = a.entity_type AND s.entity_id = a.entity_id)
         OR (s.entity_type = 'room' AND s.entity_id = a.room_id)
         OR (s.entity_type = 'product' AND s.entity_id = a.product_id))
    AND (s.weekdays IS NULL OR s.weekdays @> to_jsonb(CAST({DAY} AS int)))
    AND (s.from_minute IS NULL OR CASE WHEN {OVERNIGHT} THEN {MINUTE} >= s.from_minute OR {MINUTE} < s.until_minute
         ELSE {MINUTE} >= s.from_minute AND {MINUTE} < s.until_minute END)
"""
SILENCED = f"EXISTS (SELECT 1 FROM alert_silences s WHERE {MATCHES})"


@dataclass(frozen=True)
class SilenceRow:
    """One silence with the names of today; ``hidden``: alerts that it keeps from the board."""

    id: int
    hotel_id: int
    hotel_name: str
    time_zone: str
    alert_type: str | None
    floor: str | None
    room: str | None
    product: str | None
    starts_at: datetime
    ends_at: datetime
    weekdays: list[int] | None
    from_minute: int | None
    until_minute: int | None
    reason: str
    created_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    hidden: int


def add(connection: Connection, values: dict[str, Any]) -> int:
    """A new silence; its id."""
    names = list(values)
    statement = text(
        f"INSERT INTO alert_silences ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)}) "
        "RETURNING id"
    ).bindparams(bindparam("weekdays", type_=JSONB(none_as_null=True)))
    return int(connection.execute(statement, values).scalar_one())


def lift(connection: Connection, silence_id: int, actor: str, at: datetime) -> bool:
    """End it as if it had never been: what it hid is shown again. Whether it was still there."""
    query = "UPDATE alert_silences SET lifted_at = :at, lifted_by = :actor WHERE id = :id AND lifted_at IS NULL"
    return connection.execute(text(query), {"id": silence_id, "at": at, "actor": actor}).rowcount > 0


def hotel_of(connection: Connection, silence_id: int) -> int | None:
    found: int | None = connection.execute(
        text("SELECT hotel_id FROM alert_silences WHERE id = :id"), {"id": silence_id}
    ).scalar()
    return found


def listed(connection: Connection, hotel_ids: list[int] | None, since: datetime) -> list[SilenceRow]:
    """Silences that last or ended after ``since``, the newest first, each with what it hides."""
    query = f"""
        SELECT s.id, s.hotel_id, h.name AS hotel_name, h.time_zone, s.alert_type, f.name AS floor, r.number AS room,
               p.name AS product, s.starts_at, s.ends_at, s.weekdays, s.from_minute, s.until_minute, s.reason,
               s.created_by, s.lifted_at, s.lifted_by,
               (SELECT count(*) FROM ml_alerts a WHERE {MATCHES}) AS hidden
          FROM alert_silences s
          JOIN hotels h ON h.id = s.hotel_id
          LEFT JOIN floors f ON f.id = s.floor_id
          LEFT JOIN rooms r ON s.entity_type = 'room' AND r.id = s.entity_id
          LEFT JOIN products p ON s.entity_type = 'product' AND p.id = s.entity_id
         WHERE s.ends_at > :since AND {of_hotels("s.hotel_id")}
         ORDER BY s.id DESC"""
    rows = connection.execute(text(query), {"hotel_ids": hotel_ids, "since": since}).mappings()
    return [SilenceRow(**row) for row in rows]


def is_of_hotel(connection: Connection, table: str, row_id: int, hotel_id: int) -> bool:
    """Whether a room, floor or product belongs to the hotel."""
    if table not in ("rooms", "floors", "products"):
        return False
    query = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE id = :id AND hotel_id = :hotel_id)"
    return bool(connection.execute(text(query), {"id": row_id, "hotel_id": hotel_id}).scalar())
