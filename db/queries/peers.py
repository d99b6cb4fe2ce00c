"""What was recorded of comparable entities at the same time: the same product in like rooms, the other attendants."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out

STAFF_DAYS = timedelta(days=30)
DAY_START = "date_trunc('day', %(at)s::timestamptz - interval '1 microsecond', %(time_zone)s)"
LOCAL_DAY = f"AND m.timestamp > {DAY_START} AND m.timestamp <= {DAY_START} + interval '1 day'"
# Rooms in the same state as the alert's: a vacant room is no comparison for one with guests.
ROOMS = """
WITH own AS (
  SELECT r.id, r.room_type_id, r.floor_id FROM rooms r WHERE r.id = %(room_id)s AND r.hotel_id = %(hotel_id)s
), state AS (
  SELECT m.extra_data->>'occupancy' AS occupancy FROM ml_metrics m JOIN minibar_slots s ON s.id = m.entity_id
   WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND s.room_id = %(room_id)s
     AND m.timestamp = %(at)s LIMIT 1
)
SELECT r.id AS peer_id, r.room_type_id = own.room_type_id AS is_same_type, r.floor_id = own.floor_id AS is_same_floor,
       sum(m.metric_value)::float8 AS value
  FROM ml_metrics m
  JOIN minibar_slots s ON s.id = m.entity_id
  JOIN rooms r ON r.id = s.room_id
 CROSS JOIN own CROSS JOIN state
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND r.id <> own.id
   AND (r.room_type_id = own.room_type_id OR r.floor_id = own.floor_id)
   AND m.extra_data->>'occupancy' IS NOT DISTINCT FROM state.occupancy
   {product} {day}
 GROUP BY 1, 2, 3, m.timestamp
"""
STAFF = """
SELECT m.entity_id AS peer_id, count(*) AS observations,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY m.metric_value)::float8 AS value
  FROM ml_metrics m
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.entity_id <> %(entity_id)s
   AND m.timestamp > %(since)s AND m.timestamp <= %(at)s
 GROUP BY 1
"""
OTHERS = """
SELECT m.entity_id AS peer_id, avg(m.metric_value)::float8 AS value
  FROM ml_metrics m
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.entity_id <> %(entity_id)s {day}
 GROUP BY 1
"""


@dataclass(frozen=True)
class Moment:
    """The entity and the interval's end that an alert speaks of."""

    hotel_id: int
    metric_type: str
    entity_id: int
    at: datetime
    time_zone: str


def room_peers(connection: Connection, moment: Moment, room_id: int, product_id: int | None) -> pd.DataFrame:
    """peer_id, is_same_type, is_same_floor, value: units (of one product, or all) of each check of that local day."""
    product = "" if product_id is None else "AND s.product_id = %(product_id)s"
    params = vars(moment) | {"room_id": room_id, "product_id": product_id}
    return copy_out(connection, ROOMS.format(product=product, day=LOCAL_DAY), params)


def staff_peers(connection: Connection, moment: Moment) -> pd.DataFrame:
    """peer_id, observations, value: the median of each other attendant over the 30 days up to the moment."""
    return copy_out(connection, STAFF, vars(moment) | {"since": moment.at - STAFF_DAYS})


def other_entities(connection: Connection, moment: Moment) -> pd.DataFrame:
    """peer_id, value: the mean of every other entity of the metric on that local day."""
    return copy_out(connection, OTHERS.format(day=LOCAL_DAY), vars(moment))
