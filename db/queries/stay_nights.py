"""Nights of stays, by day and by room, and the days on which the stays are known (A2.1, A2.3)."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection

from db.queries.consumption import OF_ROOM, OF_SLOTS, Cut, Window, params_of
from db.queries.frames import copy_out

# A room may be taken twice on a day: its night counts once. So a stay begins here where those before it end.
STAYED = f"""
SELECT room_id, room_type_id, greatest(arrival_on, taken_until) AS begins, departure_on AS ends
  FROM (SELECT room_id, room_type_id, arrival_on, departure_on,
               max(departure_on) OVER (PARTITION BY room_id ORDER BY arrival_on, departure_on
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until
          FROM (SELECT s.room_id, r.room_type_id, greatest(s.arrival_on, %(first_on)s) AS arrival_on,
                       least(s.departure_on, %(last_on)s + 1) AS departure_on
                  FROM stays s JOIN rooms r ON r.id = s.room_id
                 WHERE s.hotel_id = %(hotel_id)s AND s.arrival_on <= %(last_on)s AND s.departure_on > %(first_on)s
                   AND {OF_ROOM} AND {OF_SLOTS}) cut) ordered
 WHERE departure_on > greatest(arrival_on, taken_until)
"""
# Rooms taken on a day: those whose stays began until then, less those whose stays ended.
NIGHTS = f"""
WITH stayed AS MATERIALIZED ({STAYED}),
     moved AS (SELECT room_type_id, day, sum(rooms) AS rooms
                 FROM (SELECT room_type_id, begins AS day, count(*) AS rooms FROM stayed GROUP BY 1, 2
                        UNION ALL
                       SELECT room_type_id, ends, -count(*) FROM stayed GROUP BY 1, 2) changes GROUP BY 1, 2)
SELECT day, room_type_id, nights
  FROM (SELECT day::date, t.room_type_id,
               (sum(coalesce(m.rooms, 0)) OVER (PARTITION BY t.room_type_id ORDER BY day))::bigint AS nights
          FROM generate_series(%(first_on)s::timestamp, %(last_on)s::timestamp, '1 day') AS day
         CROSS JOIN (SELECT DISTINCT room_type_id FROM stayed) t
          LEFT JOIN moved m USING (day, room_type_id)) taken
 WHERE nights > 0
"""
# ``known_until``: by day of the window, and one more, the days before it whose stays are known.
ROOM_NIGHTS = f"""
SELECT room_id, nights
  FROM (SELECT room_id, sum((%(known_until)s::int[])[ends - %(first_on)s + 1]
                          - (%(known_until)s::int[])[begins - %(first_on)s + 1]) AS nights
          FROM ({STAYED}) stayed GROUP BY 1) counted
 WHERE nights > 0
"""
# Days on which the stays are known are those for which an occupancy was measured, at the midnight that ended them:
# the archive's manifest has it under the day after.
KNOWN_DAYS = """
SELECT (interval_start AT TIME ZONE %(zone)s)::date AS day
  FROM ml_metrics
 WHERE hotel_id = %(hotel_id)s AND metric_type = 'doluluk_oran' AND timestamp > %(since)s AND timestamp <= %(until)s
 UNION
SELECT day - 1
  FROM archive_partitions
 WHERE hotel_id = %(hotel_id)s AND jsonb_exists(metric_types, 'doluluk_oran')
   AND day - 1 BETWEEN %(first_on)s AND %(last_on)s
"""


def nights(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, room_type_id, nights: occupied room-nights."""
    return copy_out(connection, NIGHTS, params_of(window, cut))


def room_nights(connection: Connection, window: Window, cut: Cut, known: list[date]) -> pd.DataFrame:
    """room_id, nights: those of the days ``known``."""
    is_known = pd.date_range(window.first_on, window.last_on).isin(pd.DatetimeIndex(known))
    known_until = [0, *is_known.cumsum().tolist()]
    return copy_out(connection, ROOM_NIGHTS, params_of(window, cut) | {"known_until": known_until})


def known_days(connection: Connection, window: Window) -> pd.DataFrame:
    """day: those on which the hotel's stays are known."""
    return copy_out(connection, KNOWN_DAYS, params_of(window, Cut()))
