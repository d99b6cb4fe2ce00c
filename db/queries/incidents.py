"""The life cycle's own reads and writes: always many incidents in one statement, never a column that people fill."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db import locks

STATE = (
    "a.id, a.severity, a.started_at, a.last_seen_at, a.occurrence_count, a.normal_count, a.closed_at, "
    "a.closed_reason, a.verdict"
)
KEY = "alert_type, entity_type, entity_id"

# Columns that the machine shows of its newest anomaly, and their types in the JSON that carries them.
SHOWN = {
    "room_id": "bigint", "product_id": "bigint", "staff_id": "bigint", "metric_value": "float8", "expected": "float8",
    "lower": "float8", "upper": "float8", "deviation_ratio": "float8", "score": "float8", "message_id": "text",
    "message_params": "jsonb", "reasons": "jsonb", "actions": "jsonb", "context_signature": "text",
    "model_id": "bigint",
}  # fmt: skip
LIFE = {
    "severity": "text", "started_at": "timestamptz", "last_seen_at": "timestamptz", "occurrence_count": "bigint",
    "normal_count": "bigint", "closed_at": "timestamptz", "closed_reason": "text",
}  # fmt: skip
IDENTITY = {"alert_type": "text", "metric_type": "text", "entity_type": "text", "entity_id": "bigint"}


def lock_alerts(connection: Connection, hotel_id: int) -> None:
    """One writer of a hotel's incidents at a time; a second one waits and then sees what the first one wrote."""
    locks.wait_for(connection, "alerts", hotel_id)


def open_incidents(connection: Connection, hotel_id: int, metric_type: str) -> list[Mapping[str, Any]]:
    """The open incidents of a hotel's metric, locked against people's commands until the transaction ends."""
    query = (
        f"SELECT {KEY}, {STATE} FROM ml_alerts a WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
        "AND closed_at IS NULL ORDER BY id FOR UPDATE"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type}
    return [dict(row) for row in connection.execute(text(query), params).mappings()]


def newest_closed(
    connection: Connection, hotel_id: int, keys: Iterable[tuple[str, str, int]]
) -> list[Mapping[str, Any]]:
    """The closed incident of each key that was seen last."""
    query = f"""
        SELECT DISTINCT ON (a.alert_type, a.entity_type, a.entity_id) a.alert_type, a.entity_type, a.entity_id, {STATE}
          FROM {_records("keys", {"alert_type": "text", "entity_type": "text", "entity_id": "bigint"}, "k")}
          JOIN ml_alerts a USING ({KEY})
         WHERE a.hotel_id = :hotel_id AND a.closed_at IS NOT NULL
         ORDER BY a.alert_type, a.entity_type, a.entity_id, a.last_seen_at DESC, a.id DESC"""
    wanted = [{"alert_type": key[0], "entity_type": key[1], "entity_id": key[2]} for key in keys]
    params = {"hotel_id": hotel_id, "keys": json.dumps(wanted)}
    return [dict(row) for row in connection.execute(text(query), params).mappings()]


def insert_incidents(
    connection: Connection, hotel_id: int, rows: Sequence[Mapping[str, Any]], raised_at: datetime
) -> dict[tuple[str, str, int], int]:
    """New incidents; returns the id of each key. The partial unique index refuses a second open one."""
    if not rows:
        return {}
    columns = {**IDENTITY, **LIFE, **SHOWN}
    room = "coalesce(i.room_id, CASE WHEN i.entity_type = 'room' THEN i.entity_id END, s.room_id)"
    places = {"room_id": room, "product_id": "coalesce(i.product_id, s.product_id)"}
    picked = ", ".join(places.get(name, f"i.{name}") for name in columns)
    query = f"""
        INSERT INTO ml_alerts (hotel_id, raised_at, {", ".join(columns)})
        SELECT :hotel_id, :raised_at, {picked}
          FROM {_records("rows", columns, "i")}
          LEFT JOIN minibar_slots s ON i.entity_type = 'minibar_slot' AND s.id = i.entity_id
        RETURNING id, {KEY}"""
    params = {"hotel_id": hotel_id, "raised_at": raised_at, "rows": as_json(rows)}
    found = connection.execute(text(query), params)
    return {(row.alert_type, row.entity_type, row.entity_id): row.id for row in found}


def update_incidents(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """The state of known incidents (``id`` and the columns of ``LIFE``)."""
    _update(connection, rows, LIFE)


def watch_dismissed(connection: Connection, seen: Iterable[int], calm: Iterable[int]) -> None:
    """What a verdict keeps closed goes on counting normal results, from the last time that its cause was seen."""
    query = """
        UPDATE ml_alerts SET normal_count = CASE WHEN id = ANY(:seen) THEN 0 ELSE normal_count END
               + CASE WHEN id = ANY(:calm) THEN 1 ELSE 0 END
         WHERE (id = ANY(:seen) OR id = ANY(:calm)) AND closed_at IS NOT NULL"""
    params = {"seen": list(seen), "calm": list(calm)}
    if params["seen"] or params["calm"]:
        connection.execute(text(query), params)


def show_newest(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """The newest anomaly of known incidents (``id`` and the columns of ``SHOWN``)."""
    _update(connection, rows, SHOWN)


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]], columns: dict[str, str]) -> None:
    if not rows:
        return
    kept = ("room_id", "product_id", "staff_id")  # an anomaly that does not name its place leaves the known one
    changes = ", ".join(f"{c} = coalesce(i.{c}, a.{c})" if c in kept else f"{c} = i.{c}" for c in columns)
    source = _records("rows", {"id": "bigint", **columns}, "i")
    query = f"UPDATE ml_alerts a SET {changes} FROM {source} WHERE a.id = i.id"
    connection.execute(text(query), {"rows": as_json(rows)})


def add_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Timeline rows: alert_id, occurred_at, actor, kind, details; in their order."""
    if not rows:
        return
    columns = {"alert_id": "bigint", "occurred_at": "timestamptz", "actor": "text", "kind": "text", "details": "jsonb"}
    query = (
        f"INSERT INTO ml_alert_events ({', '.join(columns)}) SELECT {', '.join(columns)} "
        f"FROM {_records('rows', columns, 'i')}"
    )
    connection.execute(text(query), {"rows": as_json(rows)})


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as one JSON array; what is no finite number becomes null, instants keep their offset."""
    return json.dumps([{name: _plain(value) for name, value in row.items()} for row in rows], ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _records(param: str, columns: Mapping[str, str], alias: str) -> str:
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"jsonb_to_recordset(CAST(:{param} AS jsonb)) AS {alias}({listed})"
