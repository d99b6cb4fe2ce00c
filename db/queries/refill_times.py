"""Refill times for exploring: every stored refill with its load and what was expected, and who refilled."""

from collections.abc import Collection

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.consumption import Place, Window
from db.queries.frames import copy_out

# An expected value counts once the attendant's refills were enough to judge by; until then its score is NULL.
REFILLS = """
SELECT m.entity_id AS staff_id, m.timestamp, (m.timestamp AT TIME ZONE %(time_zone)s)::date AS day,
       m.metric_value AS minutes, m.exposure AS units, (m.extra_data->>'items')::bigint AS items,
       (m.extra_data->>'room_id')::bigint AS room_id, (m.extra_data->>'floor_id')::bigint AS floor_id,
       CASE WHEN s.score IS NOT NULL THEN s.expected END AS expected
  FROM ml_metrics m
  LEFT JOIN ml_scores s ON s.hotel_id = m.hotel_id AND s.metric_type = m.metric_type
       AND s.entity_id = m.entity_id AND s.timestamp = m.timestamp
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = 'dolum_sure'
   AND m.timestamp >= %(since)s AND m.timestamp < %(until)s
 ORDER BY m.timestamp, m.entity_id
"""
ATTENDANTS = """
SELECT s.id, s.code, s.full_name
  FROM staff s
 WHERE s.hotel_id = :hotel_id AND EXISTS (
       SELECT FROM ml_metrics m
        WHERE m.hotel_id = s.hotel_id AND m.metric_type = 'dolum_sure' AND m.entity_id = s.id)
"""


def refills(connection: Connection, window: Window) -> pd.DataFrame:
    """staff_id, timestamp, day, minutes, units, items (different products), room_id, floor_id, expected (minutes, NaN:
    none)."""
    return copy_out(connection, REFILLS, vars(window))


def attendants(connection: Connection, hotel_id: int) -> list[Place]:
    """Those with a stored refill, in no order: names are sorted as the hotel's language does."""
    return [Place(*row) for row in connection.execute(text(ATTENDANTS), {"hotel_id": hotel_id})]


def people(connection: Connection, hotel_id: int, ids: Collection[int]) -> list[Place]:
    """Attendants by their ids, in no order."""
    query = "SELECT id, code, full_name FROM staff WHERE hotel_id = :hotel_id AND id = ANY(:ids)"
    return [Place(*row) for row in connection.execute(text(query), {"hotel_id": hotel_id, "ids": list(ids)})]
