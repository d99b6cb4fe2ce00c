"""What ended incidents by itself, among the hotel's records, and how long that took (A5.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.queries.hotel_scope import of_hotels
from db.queries.incidents import as_json

CLOSING = (
    "jsonb_to_recordset(CAST(:rows AS jsonb)) "
    "AS i(alert_type text, entity_type text, entity_id bigint, since timestamptz)"
)
KEY = "i.alert_type, i.entity_type, i.entity_id"
# Every query: the key, kind, at, units, rooms. A visit of an entity: of its room, its floor, or by its attendant.
OF_ENTITY = """
    v.hotel_id = :hotel_id AND v.occurred_at > i.since AND v.occurred_at <= :at AND CASE i.entity_type
         WHEN 'room' THEN v.room_id = i.entity_id
         WHEN 'staff' THEN v.staff_id = i.entity_id
         WHEN 'floor' THEN v.room_id IN (SELECT id FROM rooms WHERE floor_id = i.entity_id)
         ELSE v.room_id = (SELECT room_id FROM minibar_slots WHERE id = i.entity_id) END
"""
MOVED = "m.hotel_id = :hotel_id AND m.product_id = i.entity_id AND m.occurred_at > i.since AND m.occurred_at <= :at"
STOCK = f"""
    SELECT {KEY}, CASE m.movement_type WHEN 'sayim' THEN 'count' WHEN 'giris' THEN 'delivery' ELSE 'returned' END
           AS kind, m.occurred_at AS at, abs(m.quantity) AS units, 0 AS rooms
      FROM {CLOSING} CROSS JOIN LATERAL (
           SELECT m.movement_type, m.occurred_at, m.quantity FROM stock_movements m
            WHERE {MOVED} AND (m.movement_type IN ('giris', 'devir') AND m.quantity > 0
                  OR m.movement_type = 'transfer' AND m.quantity < 0 OR m.movement_type = 'sayim')
            ORDER BY m.movement_type = 'sayim', abs(m.quantity) DESC, m.occurred_at LIMIT 1) m"""
QUERIES = {
    "stock": STOCK,
    "count": f"""
    SELECT {KEY}, 'count' AS kind, m.occurred_at AS at, m.quantity AS units, 0 AS rooms
      FROM {CLOSING} CROSS JOIN LATERAL (
           SELECT m.occurred_at, m.quantity FROM stock_movements m WHERE {MOVED} AND m.movement_type = 'sayim'
            ORDER BY m.occurred_at DESC LIMIT 1) m""",
    "custody": f"""
    SELECT {KEY}, 'issue' AS kind, m.occurred_at AS at, m.quantity AS units, 0 AS rooms
      FROM {CLOSING} CROSS JOIN LATERAL (
           SELECT m.occurred_at, m.quantity FROM custody_movements m
            WHERE m.hotel_id = :hotel_id AND m.staff_id = i.entity_id AND m.movement_type = 'zimmet'
              AND m.occurred_at > i.since AND m.occurred_at <= :at
            ORDER BY m.quantity DESC, m.occurred_at LIMIT 1) m""",
    "refill": f"""
    SELECT {KEY}, 'refill' AS kind, r.at, r.units, r.rooms
      FROM {CLOSING} CROSS JOIN LATERAL (
           SELECT min(v.occurred_at) AS at, sum(l.refilled_quantity) AS units, count(DISTINCT v.room_id) AS rooms
             FROM visits v JOIN visit_lines l ON l.visit_id = v.id AND l.refilled_quantity > 0 WHERE {OF_ENTITY}) r
     WHERE r.at IS NOT NULL""",
    "record": f"""
    SELECT {KEY}, 'record' AS kind, r.at, r.units, r.rooms
      FROM {CLOSING} CROSS JOIN LATERAL (
           SELECT min(v.occurred_at) AS at, sum(l.consumed_quantity) AS units, count(DISTINCT v.room_id) AS rooms
             FROM visits v JOIN visit_lines l ON l.visit_id = v.id AND l.consumed_quantity > 0 WHERE {OF_ENTITY}) r
     WHERE r.at IS NOT NULL""",
    "check": f"""
    SELECT {KEY}, 'check' AS kind, r.at, 0 AS units, 1 AS rooms
      FROM {CLOSING} CROSS JOIN LATERAL (SELECT max(v.occurred_at) AS at FROM visits v WHERE {OF_ENTITY}) r
     WHERE r.at IS NOT NULL""",
}
# The newest closing of an alert tells whether the data ended it; an alert judged no problem had nothing to remedy.
REMEDIED = f"""
    SELECT a.alert_type, a.severity, a.closed_at, e.is_remedy,
           greatest(extract(epoch FROM e.at - a.raised_at), 0) AS seconds,
           CASE WHEN a.acknowledged_at IS NOT NULL THEN greatest(extract(epoch FROM e.at - a.acknowledged_at), 0) END
           AS reaction
      FROM ml_alerts a CROSS JOIN LATERAL (
           SELECT coalesce((c.details->>'remedied_at')::timestamptz, c.occurred_at) AS at,
                  coalesce(c.actor = 'system' AND c.details->'reason'->>'id' <> 'closed_reason.quiet', false)
                  AS is_remedy
             FROM ml_alert_events c WHERE c.alert_id = a.id AND c.kind = 'closed' ORDER BY c.id DESC LIMIT 1) e
     WHERE {of_hotels("a.hotel_id")}
       AND a.closed_at > :since AND a.closed_at <= :until AND NOT a.is_suppressed
       AND (a.verdict IS NULL OR a.verdict = 'dogru')
"""


@dataclass(frozen=True)
class TimesRow:
    """Seconds from opening to remedy of a type, a severity, or ('', '') all."""

    alert_type: str
    severity: str
    remedied: int
    otherwise: int  # closed by a person, or not seen again for a week
    median_seconds: float | None
    shortest_seconds: float | None
    longest_seconds: float | None
    acknowledged: int
    acknowledged_median_seconds: float | None


def causes(
    connection: Connection, hotel_id: int, kind: str, rows: Sequence[Mapping[str, Any]], at: datetime
) -> list[Mapping[str, Any]]:
    """What the hotel recorded after ``since`` of each row and up to ``at`` that can have ended its incident.

    ``rows``: alert_type, entity_type, entity_id, since. Found: the key, kind, at, units, rooms.
    """
    wanted = [{name: row[name] for name in ("alert_type", "entity_type", "entity_id", "since")} for row in rows]
    params = {"hotel_id": hotel_id, "rows": as_json(wanted), "at": at}
    return [dict(row) for row in connection.execute(text(QUERIES[kind]), params).mappings()]


def times(connection: Connection, hotel_ids: list[int] | None, since: datetime, until: datetime) -> list[TimesRow]:
    """Of the alerts that closed in ``since < closed_at ≤ until``: all, by severity, by type."""
    query = f"""
        WITH closed AS ({REMEDIED})
        SELECT coalesce(alert_type, '') AS alert_type, coalesce(severity, '') AS severity,
               count(*) FILTER (WHERE is_remedy) AS remedied, count(*) FILTER (WHERE NOT is_remedy) AS otherwise,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE is_remedy) AS median_seconds,
               (min(seconds) FILTER (WHERE is_remedy))::float8 AS shortest_seconds,
               (max(seconds) FILTER (WHERE is_remedy))::float8 AS longest_seconds,
               count(reaction) FILTER (WHERE is_remedy) AS acknowledged,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY reaction) FILTER (WHERE is_remedy)
               AS acknowledged_median_seconds
          FROM closed GROUP BY GROUPING SETS ((), (severity), (alert_type))"""
    params = {"hotel_ids": hotel_ids, "since": since, "until": until}
    return [TimesRow(**row) for row in connection.execute(text(query), params).mappings()]
