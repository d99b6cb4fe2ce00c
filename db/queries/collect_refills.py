"""Sources of dolum_sure: room checks whose visit put something in."""

from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window

# A corrected check moves its row; stored rows of its attendant are compared this far back from the check's new time.
COMPARED = timedelta(days=2)
LONGEST_CHECK = timedelta(days=1)  # the index is on the start of a check

CHECKS = "room_checks c JOIN visits v ON v.id = c.visit_id WHERE c.hotel_id = %(hotel_id)s AND c.ended_at <= %(at)s"
# Three indexed reads instead of one OR over two tables: checks recorded, checks ended, visits recorded.
TOUCHED = f"""
SELECT staff_id AS entity_id, min(ended_at) - %(compared)s AS since
  FROM (SELECT coalesce(c.staff_id, v.staff_id) AS staff_id, c.ended_at FROM {CHECKS}
           AND (%(since)s IS NULL OR c.recorded_at > %(recorded)s)
         UNION ALL
        SELECT coalesce(c.staff_id, v.staff_id), c.ended_at FROM {CHECKS} AND c.ended_at > %(since)s
           AND c.started_at > %(since)s::timestamptz - %(longest)s
         UNION ALL
        SELECT coalesce(c.staff_id, v.staff_id), c.ended_at FROM {CHECKS}
           AND v.hotel_id = %(hotel_id)s AND v.recorded_at > %(recorded)s) checks
 WHERE staff_id IS NOT NULL
 GROUP BY 1
"""

# A check of no length was not timed: its end was written down together with its start.
REFILLS = """
SELECT DISTINCT ON (entity_id, timestamp) *
  FROM (SELECT coalesce(c.staff_id, v.staff_id) AS entity_id, c.started_at AS interval_start, c.ended_at AS timestamp,
               (extract(epoch FROM c.ended_at - c.started_at) / 60)::float8 AS metric_value,
               l.units::float8 AS exposure, c.room_id, r.floor_id, l.items, c.id AS check_id
          FROM room_checks c
          JOIN visits v ON v.id = c.visit_id
          JOIN rooms r ON r.id = c.room_id
          JOIN LATERAL (SELECT sum(refilled_quantity)::bigint AS units, count(*) AS items FROM visit_lines
                         WHERE visit_id = v.id AND refilled_quantity > 0) l ON l.units > 0
         WHERE c.hotel_id = %(hotel_id)s AND c.ended_at <= %(at)s AND c.started_at > %(first)s
           AND c.ended_at > c.started_at) checks
  JOIN unnest(%(staff)s::bigint[], %(since)s::timestamptz[]) AS touched(staff_id, since)
       ON touched.staff_id = entity_id AND timestamp > touched.since
 ORDER BY entity_id, timestamp, check_id DESC
"""


def touched(connection: Connection, window: Window) -> pd.DataFrame:
    """entity_id, since: attendants with checks to look at, and from when on their rows are compared."""
    return copy_out(
        connection,
        TOUCHED,
        {
            "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
            "compared": COMPARED, "longest": LONGEST_CHECK,
        },
    )  # fmt: skip


def rows(connection: Connection, window: Window, touched: pd.DataFrame) -> pd.DataFrame:
    """Rows of dolum_sure of the touched attendants; of two checks that one attendant ended at once the newer counts."""
    params = {
        "hotel_id": window.hotel_id, "at": window.at, "first": min(touched["since"], default=window.at) - LONGEST_CHECK,
        "staff": touched["entity_id"].tolist(), "since": touched["since"].tolist(),
    }  # fmt: skip
    return copy_out(connection, REFILLS, params).drop(columns=["staff_id", "since", "check_id"])
