"""The central store for exploring: products, their movements, and what left the store beside what was expected."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.consumption import Place, Window
from db.queries.frames import copy_out

GROUPS = "SELECT id, code, name FROM product_groups WHERE hotel_id = :hotel_id ORDER BY name"
PRODUCTS = """
SELECT p.id AS product_id, p.code, p.name, g.name AS product_group, p.critical_level, p.cost::float8 AS cost,
       (SELECT count(*) FROM ml_alerts a
         WHERE a.hotel_id = p.hotel_id AND a.entity_type = 'product' AND a.entity_id = p.id
           AND a.closed_at IS NULL AND NOT a.is_suppressed) AS open_alerts
  FROM products p JOIN product_groups g ON g.id = p.product_group_id
 WHERE p.hotel_id = %(hotel_id)s AND p.is_active
   AND (%(group_id)s::bigint IS NULL OR p.product_group_id = %(group_id)s)
 ORDER BY p.name, p.id
"""
# From each product's last count before the period on: a count fixes the level, what lies before it changes nothing.
MOVEMENTS = """
SELECT m.product_id, m.occurred_at, m.id, m.movement_type, m.quantity, c.counted_at IS NULL AS is_whole
  FROM products p
  LEFT JOIN LATERAL (
       SELECT occurred_at AS counted_at FROM stock_movements
        WHERE hotel_id = p.hotel_id AND product_id = p.id AND movement_type = 'sayim' AND occurred_at < %(since)s
        ORDER BY occurred_at DESC LIMIT 1) c ON true
  JOIN stock_movements m ON m.hotel_id = p.hotel_id AND m.product_id = p.id AND m.occurred_at <= %(at)s
       AND (c.counted_at IS NULL OR m.occurred_at >= c.counted_at)
 WHERE p.hotel_id = %(hotel_id)s AND p.id = ANY(%(products)s)
"""
OUTFLOW_DAYS = """
SELECT days.day, flow.outflow, flow.last_24_hours, level.metric_value AS level, judged.expected
  FROM (SELECT d::date AS day, d::date::timestamp AT TIME ZONE %(zone)s AS begins_at,
               (d::date + 1)::timestamp AT TIME ZONE %(zone)s AS ends_at
          FROM generate_series(%(first_on)s::date, %(last_on)s::date, interval '1 day') AS d) AS days
  CROSS JOIN LATERAL (
       SELECT sum((extra_data->>'outflow')::float8) FILTER (WHERE timestamp > days.begins_at) AS outflow,
              sum((extra_data->>'outflow')::float8)
                  FILTER (WHERE timestamp > days.ends_at - interval '24 hours') AS last_24_hours
         FROM ml_metrics
        WHERE hotel_id = %(hotel_id)s AND metric_type = 'stok_seviye' AND entity_id = %(product_id)s
          AND timestamp > days.ends_at - interval '25 hours' AND timestamp <= days.ends_at) AS flow
  LEFT JOIN ml_metrics level ON level.hotel_id = %(hotel_id)s AND level.metric_type = 'stok_seviye'
       AND level.entity_id = %(product_id)s AND level.timestamp = days.ends_at
  LEFT JOIN ml_scores judged ON judged.hotel_id = %(hotel_id)s AND judged.metric_type = 'stok_seviye'
       AND judged.entity_id = %(product_id)s AND judged.timestamp = days.ends_at
 ORDER BY days.day
"""


def groups(connection: Connection, hotel_id: int) -> list[Place]:
    """The product groups by which a reader can filter."""
    return [Place(*row) for row in connection.execute(text(GROUPS), {"hotel_id": hotel_id})]


def products(connection: Connection, hotel_id: int, group_id: int | None) -> pd.DataFrame:
    """product_id, code, name, product_group, critical_level, cost, open_alerts (about the product itself) by name."""
    return copy_out(connection, PRODUCTS, {"hotel_id": hotel_id, "group_id": group_id})


def movements(connection: Connection, window: Window, at: datetime, products: list[int]) -> pd.DataFrame:
    """product_id, occurred_at, id, movement_type, quantity, is_whole (from its first movement on): enough to know every
    level from the window's beginning to ``at``."""
    params = {"hotel_id": window.hotel_id, "since": window.since, "at": at, "products": products}
    return copy_out(connection, MOVEMENTS, params)


def outflow_days(connection: Connection, window: Window, product_id: int) -> pd.DataFrame:
    """The window's days, of what stands in the database: day, outflow, last_24_hours (up to its end), level and
    expected (level) at its end; NaN: not measured, not judged."""
    return copy_out(connection, OUTFLOW_DAYS, vars(window) | {"zone": window.time_zone, "product_id": product_id})
