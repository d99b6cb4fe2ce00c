"""What people judged: situations kept silent, verdicts to learn from, and the rows that confirmed anomalies cover."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out

# A verdict silences for as long as its kind says: ``durations`` is {verdict: timedelta}.
SILENT = "a.verdict = ANY(:verdicts) AND a.verdict_at >= :at - (CAST(:durations AS jsonb)->>a.verdict)::interval"


@dataclass(frozen=True)
class SuppressionRow:
    """A situation that a verdict keeps silent until ``until_at``, and how many anomalies it has hidden so far."""

    alert_id: int
    hotel_id: int
    hotel_name: str
    alert_type: str
    entity_type: str
    entity_id: int
    room: str | None
    product: str | None
    staff: str | None
    context_signature: str | None
    deviation_ratio: float | None
    verdict: str
    verdict_by: str
    verdict_at: datetime
    verdict_note: str | None
    until_at: datetime
    hidden: int


def _silent_params(durations: Mapping[str, timedelta], at: datetime) -> dict[str, Any]:
    spans = {verdict: f"{span.total_seconds()} seconds" for verdict, span in durations.items()}
    return {"verdicts": list(durations), "durations": json.dumps(spans), "at": at}


def silencing(
    connection: Connection, hotel_id: int, at: datetime, durations: Mapping[str, timedelta]
) -> list[Mapping[str, Any]]:
    """Alerts whose verdict still silences their situation at an instant, oldest verdict first."""
    query = (
        "SELECT a.id, a.alert_type, a.entity_type, a.entity_id, a.context_signature, a.metric_value, a.expected, "
        "a.deviation_ratio, a.score FROM ml_alerts a "
        f"WHERE a.hotel_id = :hotel_id AND {SILENT} ORDER BY a.verdict_at, a.id"
    )
    params = {"hotel_id": hotel_id, **_silent_params(durations, at)}
    return [dict(row) for row in connection.execute(text(query), params).mappings()]


def suppressions(
    connection: Connection, hotel_ids: list[int] | None, at: datetime, durations: Mapping[str, timedelta]
) -> list[SuppressionRow]:
    """Active suppressions with the names of today, newest verdict first."""
    where = "" if hotel_ids is None else "AND a.hotel_id = ANY(:hotel_ids)"
    query = f"""
        SELECT a.id AS alert_id, a.hotel_id, h.name AS hotel_name, a.alert_type, a.entity_type, a.entity_id,
               r.number AS room, p.name AS product, s.full_name AS staff, a.context_signature, a.deviation_ratio,
               a.verdict, a.verdict_by, a.verdict_at, a.verdict_note,
               a.verdict_at + (CAST(:durations AS jsonb)->>a.verdict)::interval AS until_at,
               coalesce((SELECT sum(CAST(e.details->>'count' AS bigint)) FROM ml_alert_events e
                          WHERE e.alert_id = a.id AND e.kind = 'suppressed'), 0)::bigint AS hidden
          FROM ml_alerts a
          JOIN hotels h ON h.id = a.hotel_id
          LEFT JOIN rooms r ON r.id = a.room_id
          LEFT JOIN products p ON p.id = a.product_id
          LEFT JOIN staff s ON s.id = a.staff_id
         WHERE {SILENT} {where} ORDER BY a.verdict_at DESC, a.id DESC"""
    params = {"hotel_ids": hotel_ids, **_silent_params(durations, at)}
    return [SuppressionRow(**row) for row in connection.execute(text(query), params).mappings()]


def judged(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """Alerts with a verdict whose incident was raised in ``since < raised_at ≤ until``, oldest first.

    Columns: id, metric_type, alert_type, entity_type, entity_id, room_id, product_id, staff_id, floor_id,
    room_type_id, context_signature, score, metric_value, expected, deviation_ratio, verdict, verdict_at, raised_at,
    started_at, last_seen_at, model_id.
    """
    query = """
        SELECT a.id, a.metric_type, a.alert_type, a.entity_type, a.entity_id, a.room_id, a.product_id, a.staff_id,
               r.floor_id, r.room_type_id, a.context_signature, a.score, a.metric_value, a.expected,
               a.deviation_ratio, a.verdict, a.verdict_at, a.raised_at, a.started_at, a.last_seen_at, a.model_id
          FROM ml_alerts a LEFT JOIN rooms r ON r.id = a.room_id
         WHERE a.hotel_id = %(hotel_id)s AND a.verdict IS NOT NULL
           AND a.raised_at > %(since)s AND a.raised_at <= %(until)s ORDER BY a.verdict_at, a.id"""
    return copy_out(connection, query, {"hotel_id": hotel_id, "since": since, "until": until})


FACTS = """
SELECT a.id, a.hotel_id, a.metric_type, a.alert_type, a.entity_type, a.entity_id, a.context_signature, a.metric_value,
       a.expected, a.deviation_ratio, a.score, a.verdict, a.verdict_at, a.product_id, a.staff_id, r.room_type_id,
       coalesce(r.floor_id, CASE WHEN a.entity_type = 'floor' THEN a.entity_id END) AS floor_id,
       e.hidden, e.withdrawn_at,
       (SELECT min(j.finished_at) FROM job_runs j WHERE j.hotel_id = a.hotel_id AND j.job_name = 'learn'
           AND j.state = 'succeeded' AND j.started_at > a.verdict_at) AS learned_at,
       (SELECT min(l.finished_at) FROM ml_training_logs l WHERE l.hotel_id = a.hotel_id
           AND l.metric_type = a.metric_type AND l.status IN ('success', 'renewed') AND l.started_at > a.verdict_at)
       AS trained_at
  FROM ml_alerts a LEFT JOIN rooms r ON r.id = a.room_id
  CROSS JOIN LATERAL (
       SELECT coalesce(sum(CAST(details->>'count' AS bigint)) FILTER (WHERE kind = 'suppressed'), 0)::bigint AS hidden,
              max(occurred_at) FILTER (WHERE kind = 'verdict_withdrawn'
                  OR kind = 'undone' AND details->'what'->>'id' = 'triage.undone_verdict') AS withdrawn_at
         FROM ml_alert_events WHERE alert_id = a.id) e
 WHERE a.id = :id
"""


def facts(connection: Connection, alert_id: int) -> Mapping[str, Any] | None:
    """One alert as learning sees it: its situation, its verdict, and what has happened since the verdict.

    ``learned_at``, ``trained_at``: when the first learning, and the first training of its metric, after it ended.
    """
    row = connection.execute(text(FACTS), {"id": alert_id}).mappings().one_or_none()
    return None if row is None else dict(row)


# The metric rows that a confirmed incident speaks of, by the entity the alert names: one's own rows; a room's or a
# product's slots; what an attendant counted at the checks in that time.
CONFIRMED = """
WITH confirmed AS (
    SELECT entity_type, entity_id, started_at, last_seen_at FROM ml_alerts
     WHERE hotel_id = %(hotel_id)s AND metric_type = %(metric_type)s AND verdict = 'dogru'
       AND last_seen_at > %(since)s AND started_at < %(until)s
)
SELECT c.entity_id, c.started_at AS since, c.last_seen_at AS until FROM confirmed c WHERE c.entity_type = %(own)s
UNION
SELECT s.id, c.started_at, c.last_seen_at FROM confirmed c JOIN minibar_slots s
    ON s.room_id = c.entity_id AND c.entity_type = 'room' OR s.product_id = c.entity_id AND c.entity_type = 'product'
 WHERE %(own)s = 'minibar_slot' AND s.hotel_id = %(hotel_id)s
UNION
SELECT s.id, v.occurred_at - interval '1 second', v.occurred_at FROM confirmed c
  JOIN visits v ON v.hotel_id = %(hotel_id)s AND v.staff_id = c.entity_id
       AND v.occurred_at > c.started_at AND v.occurred_at <= c.last_seen_at
  JOIN minibar_slots s ON s.room_id = v.room_id
 WHERE %(own)s = 'minibar_slot' AND c.entity_type = 'staff'
ORDER BY 1, 2, 3
"""


def confirmed(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime, *, entity_type: str
) -> pd.DataFrame:
    """entity_id (of the metric's own ``entity_type``), since, until: rows with ``since < timestamp ≤ until`` of a
    confirmed anomaly are no example of what is normal."""
    params = {
        "hotel_id": hotel_id, "metric_type": metric_type, "own": entity_type, "since": since, "until": until
    }  # fmt: skip
    return copy_out(connection, CONFIRMED, params)


def segment_names(connection: Connection, hotel_id: int) -> dict[tuple[str, int], str]:
    """{(dimension of a segment, id): what people call it}."""
    query = """
        SELECT 'staff' AS dimension, id, full_name AS name FROM staff WHERE hotel_id = :hotel_id
        UNION ALL SELECT 'product', id, name FROM products WHERE hotel_id = :hotel_id
        UNION ALL SELECT 'floor', id, name FROM floors WHERE hotel_id = :hotel_id
        UNION ALL SELECT 'room_type', id, name FROM room_types WHERE hotel_id = :hotel_id"""
    found = connection.execute(text(query), {"hotel_id": hotel_id})
    return {(row.dimension, row.id): row.name for row in found}
