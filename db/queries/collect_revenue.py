"""Sources of gelir_oda: what was consumed in a room on a hotel-local day, at the products' prices."""

from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection

from core.clock import local_date, local_midnight
from db.queries.collect_daily import DAY
from db.queries.frames import copy_out
from db.queries.watermarks import Window

COMPARED = timedelta(days=7)  # a moved visit is looked for this far before its new time
MIDNIGHT = "((date '1970-01-01' + (day + {number})::int)::timestamp AT TIME ZONE %(zone)s)"

TOUCHED = """
SELECT room_id AS entity_id, min(occurred_at) AS at
  FROM (SELECT room_id, occurred_at FROM visits WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(until)s
           AND (%(since)s IS NULL OR recorded_at > %(recorded)s)
         UNION ALL
        SELECT n.room_id, n.occurred_at FROM rooms o CROSS JOIN LATERAL (
            SELECT room_id, occurred_at FROM visits v WHERE v.hotel_id = o.hotel_id AND v.room_id = o.id
               AND v.occurred_at > %(closed)s AND v.occurred_at <= %(until)s OFFSET 0) n
         WHERE o.hotel_id = %(hotel_id)s AND %(closed)s < %(until)s) touched
 GROUP BY 1
"""
# A day on which nobody looked into the room and nothing was recorded as consumed was not observed.
ROWS = f"""
SELECT entity_id, {MIDNIGHT.format(number=0)} AS interval_start, {MIDNIGHT.format(number=1)} AS timestamp,
       metric_value, units
  FROM (SELECT v.room_id AS entity_id, {DAY.format(at="v.occurred_at")} AS day,
               coalesce(sum(l.consumed_quantity * p.price), 0)::float8 AS metric_value,
               coalesce(sum(l.consumed_quantity), 0)::bigint AS units
          FROM unnest(%(rooms)s::bigint[], %(since_each)s::timestamptz[]) AS touched(room_id, since)
          JOIN visits v ON v.hotel_id = %(hotel_id)s AND v.room_id = touched.room_id
               AND v.occurred_at > touched.since AND v.occurred_at <= %(until)s
          LEFT JOIN visit_lines l ON l.visit_id = v.id
          LEFT JOIN products p ON p.id = l.product_id
         GROUP BY 1, 2
        HAVING bool_or(v.visit_type = ANY(%(observing)s)) OR sum(l.consumed_quantity) > 0) days
"""


def closed_until(at: datetime, time_zone: str) -> datetime:
    """The end of the last hotel-local day that is closed at ``at``."""
    return local_midnight(local_date(at, time_zone), time_zone)


def touched(connection: Connection, window: Window) -> pd.DataFrame:
    """entity_id (room), since: rooms with visits on closed days to look at, from a local midnight on."""
    until = closed_until(window.at, window.time_zone)
    params = {
        "hotel_id": window.hotel_id, "until": until, "since": window.since_at, "recorded": window.recorded_since,
        "closed": until if window.since_at is None else closed_until(window.since_at, window.time_zone),
    }  # fmt: skip
    found = copy_out(connection, TOUCHED, params)
    starts = {at: closed_until(at - COMPARED, window.time_zone) for at in found["at"]}
    return pd.DataFrame({
        "entity_id": found["entity_id"], "since": pd.to_datetime(found["at"].map(starts), utc=True),
    })  # fmt: skip


def rows(connection: Connection, window: Window, touched: pd.DataFrame, observing: list[str]) -> pd.DataFrame:
    """Rows of gelir_oda of the touched rooms; ``observing``: the visit types at which somebody looked."""
    params = {
        "hotel_id": window.hotel_id, "until": closed_until(window.at, window.time_zone), "zone": window.time_zone,
        "rooms": touched["entity_id"].tolist(), "since_each": touched["since"].tolist(),
        "observing": observing,
    }  # fmt: skip
    return copy_out(connection, ROWS, params)
