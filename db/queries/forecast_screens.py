"""What the forecast screens show beside the forecasts: what products cost, and the store's level day by day."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out

LEVELS = """
SELECT DISTINCT ON (1) (timestamp AT TIME ZONE %(zone)s)::date AS day, metric_value AS level
  FROM ml_metrics
 WHERE hotel_id = %(hotel_id)s AND metric_type = 'stok_seviye' AND entity_id = %(product_id)s
   AND timestamp > %(since)s AND timestamp <= %(at)s
 ORDER BY 1, timestamp DESC
"""


def unit_costs(connection: Connection, hotel_id: int) -> dict[int, float | None]:
    """{product_id: cost of a unit} of all products of a hotel; None where the cost is not known."""
    query = text("SELECT id, cost FROM products WHERE hotel_id = :id")
    rows = connection.execute(query, {"id": hotel_id})
    return {int(product_id): float(cost) if cost and cost > 0 else None for product_id, cost in rows}


def daily_levels(
    connection: Connection, hotel_id: int, product_id: int, zone: str, *, since: datetime, at: datetime
) -> pd.DataFrame:
    """day, level: the last known level of each local day after ``since``, up to ``at``."""
    params = {"hotel_id": hotel_id, "product_id": product_id, "zone": zone, "since": since, "at": at}
    return copy_out(connection, LEVELS, params)
