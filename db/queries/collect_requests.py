"""Sources of talep_yanit_sure: refill requests that were completed."""

from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window

COMPARED = timedelta(days=7)  # a corrected request moves its row; its room is compared this far back from the request

# A request that was taken back or reopened has no completion any more: its room is read all the same.
TOUCHED = """
SELECT room_id AS entity_id, min(requested_at) - %(compared)s AS since
  FROM (SELECT room_id, requested_at FROM refill_requests WHERE hotel_id = %(hotel_id)s AND requested_at <= %(at)s
           AND (%(since)s IS NULL OR recorded_at > %(recorded)s)
         UNION ALL
        SELECT room_id, requested_at FROM refill_requests WHERE hotel_id = %(hotel_id)s
           AND completed_at > %(since)s AND completed_at <= %(at)s) touched
 GROUP BY 1
"""
# Requests that one visit answered are one answer, which the first of them waited for.
ROWS = """
SELECT DISTINCT ON (q.room_id, q.completed_at) q.room_id AS entity_id, q.requested_at AS interval_start,
       q.completed_at AS timestamp, (extract(epoch FROM q.completed_at - q.requested_at) / 60)::float8 AS metric_value,
       r.floor_id, q.staff_id
  FROM unnest(%(rooms)s::bigint[], %(since_each)s::timestamptz[]) AS touched(room_id, since)
  JOIN refill_requests q ON q.hotel_id = %(hotel_id)s AND q.room_id = touched.room_id
       AND q.completed_at > touched.since AND q.completed_at <= %(at)s AND q.completed_at > q.requested_at
       AND q.cancelled_at IS NULL
  JOIN rooms r ON r.id = q.room_id
 ORDER BY q.room_id, q.completed_at, q.requested_at, q.id
"""


def touched(connection: Connection, window: Window) -> pd.DataFrame:
    """entity_id (room), since: rooms with requests to look at, and from when on their rows are compared."""
    params = {
        "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
        "compared": COMPARED,
    }  # fmt: skip
    return copy_out(connection, TOUCHED, params)


def rows(connection: Connection, window: Window, touched: pd.DataFrame) -> pd.DataFrame:
    """Rows of talep_yanit_sure of the touched rooms; open and cancelled requests are not observed."""
    params = {
        "hotel_id": window.hotel_id, "at": window.at, "rooms": touched["entity_id"].tolist(),
        "since_each": touched["since"].tolist(),
    }  # fmt: skip
    return copy_out(connection, ROWS, params)
