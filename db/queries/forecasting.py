"""Levels and daily outflow of the store, as forecasting needs them."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out

LEVELS = """
SELECT p.id AS product_id, p.hotel_id, p.name, p.critical_level, l.timestamp, l.metric_value AS level
  FROM products p
  CROSS JOIN LATERAL (
    SELECT m.timestamp, m.metric_value FROM ml_metrics m
     WHERE m.hotel_id = p.hotel_id AND m.metric_type = 'stok_seviye' AND m.entity_id = p.id
       AND m.timestamp <= %(at)s
     ORDER BY m.timestamp DESC LIMIT 1) l
 WHERE p.is_active AND p.hotel_id = ANY(%(hotel_ids)s)
 ORDER BY p.id
"""

OUTFLOWS = """
SELECT entity_id AS product_id, floor(extract(epoch FROM %(at)s::timestamptz - timestamp) / 86400)::int AS days_ago,
       sum((extra_data->>'outflow')::double precision) AS outflow
  FROM ml_metrics
 WHERE hotel_id = ANY(%(hotel_ids)s) AND metric_type = 'stok_seviye'
   AND timestamp > %(since)s AND timestamp <= %(at)s
 GROUP BY 1, 2
"""


def stock_levels(connection: Connection, hotel_ids: list[int], at: datetime) -> pd.DataFrame:
    """product_id, hotel_id, name, critical_level, timestamp, level: the newest level of each active product."""
    return copy_out(connection, LEVELS, {"hotel_ids": hotel_ids, "at": at})


def daily_outflows(connection: Connection, hotel_ids: list[int], since: datetime, at: datetime) -> pd.DataFrame:
    """product_id, days_ago, outflow: units that left the store in each of the last 24-hour steps before ``at``."""
    return copy_out(connection, OUTFLOWS, {"hotel_ids": hotel_ids, "since": since, "at": at})


def hotel_ids(connection: Connection) -> list[int]:
    """Every hotel's id."""
    return [int(hotel_id) for hotel_id in connection.execute(text("SELECT id FROM hotels ORDER BY id")).scalars()]
