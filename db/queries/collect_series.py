"""Sources of ozel_seri: the points of a hotel's own series."""

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window

# A point that came late or was corrected re-opens its series from there on: the next interval begins at it.
TOUCHED = """
SELECT p.series_id AS entity_id, min(p.occurred_at) - interval '1 microsecond' AS since
  FROM custom_points p JOIN custom_series s ON s.id = p.series_id
 WHERE s.hotel_id = %(hotel_id)s AND p.occurred_at <= %(at)s
   AND (%(since)s IS NULL OR p.recorded_at > %(recorded)s OR p.occurred_at > %(since)s)
 GROUP BY 1
"""
# The first point of a series has no point before it: its interval is as short as can be.
ROWS = """
SELECT entity_id, interval_start, timestamp, metric_value
  FROM (
    SELECT p.series_id AS entity_id, p.occurred_at AS timestamp, p.value AS metric_value, touched.since,
           coalesce(lag(p.occurred_at) OVER (PARTITION BY p.series_id ORDER BY p.occurred_at),
                    p.occurred_at - interval '1 microsecond') AS interval_start
      FROM unnest(%(series)s::bigint[], %(since_each)s::timestamptz[]) AS touched(series_id, since)
      JOIN custom_points p ON p.series_id = touched.series_id AND p.occurred_at <= %(at)s
       AND p.occurred_at >= coalesce(
             (SELECT max(b.occurred_at) FROM custom_points b
               WHERE b.series_id = touched.series_id AND b.occurred_at <= touched.since), '-infinity')
  ) points
 WHERE timestamp > since
"""


def touched(connection: Connection, window: Window) -> pd.DataFrame:
    """entity_id (series), since: series with points to look at, and from when on."""
    params = {
        "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
    }  # fmt: skip
    return copy_out(connection, TOUCHED, params)


def rows(connection: Connection, window: Window, touched: pd.DataFrame) -> pd.DataFrame:
    """Rows of ozel_seri: one a point, its interval since the point before it."""
    params = {
        "at": window.at, "series": touched["entity_id"].tolist(), "since_each": touched["since"].tolist(),
    }  # fmt: skip
    return copy_out(connection, ROWS, params)
