"""Consumption for exploring: looks, products, expected values and occupied nights, summed by hotel-local day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out


@dataclass(frozen=True)
class Window:
    """Whole hotel-local days of one hotel: ``first_on`` to ``last_on``, both in; ``since`` and ``until`` bound them."""

    hotel_id: int
    time_zone: str
    first_on: date
    last_on: date
    since: datetime
    until: datetime  # not in it any more


@dataclass(frozen=True)
class Cut:
    """Which part of the hotel; None means all of it."""

    floor_id: int | None = None
    room_type_id: int | None = None
    product_id: int | None = None
    room_id: int | None = None


@dataclass(frozen=True)
class Place:
    """A floor, room type or product by which a reader can filter; ``code`` stands in addresses."""

    id: int
    code: str
    name: str


OF_ROOM = """(%(floor_id)s::bigint IS NULL OR r.floor_id = %(floor_id)s)
    AND (%(room_type_id)s::bigint IS NULL OR r.room_type_id = %(room_type_id)s)
    AND (%(room_id)s::bigint IS NULL OR r.id = %(room_id)s)"""
# A room with the asked product, so that nights of rooms that never held it do not dilute its rate.
OF_SLOTS = """(%(product_id)s::bigint IS NULL OR EXISTS (
    SELECT FROM minibar_slots held WHERE held.room_id = r.id AND held.product_id = %(product_id)s))"""
# Every slot of a room has a row at every look, so that rows of a room's first slot count the looks.
SLOTS = f"""slots AS MATERIALIZED (
SELECT s.id, s.room_id, s.product_id, r.floor_id, r.room_type_id, p.price::float8 AS price,
       row_number() OVER (PARTITION BY s.room_id ORDER BY s.id) = 1 AS is_first
  FROM minibar_slots s JOIN rooms r ON r.id = s.room_id JOIN products p ON p.id = s.product_id
 WHERE s.hotel_id = %(hotel_id)s AND {OF_ROOM}
   AND (%(product_id)s::bigint IS NULL OR s.product_id = %(product_id)s))"""
# Day by day: each is one range of the index and one small hash table. In one pass over all days 600 rooms x 90 days
# took three times as long, most of it for the time zone of every row and for sorting on disk.
DAYS = """days AS (
SELECT d::date AS day, d::date::timestamp AT TIME ZONE %(zone)s AS begins_at,
       (d::date + 1)::timestamp AT TIME ZONE %(zone)s AS ends_at
  FROM generate_series(%(first_on)s::date, %(last_on)s::date, interval '1 day') AS d)"""
OF_DAY = """m.hotel_id = %(hotel_id)s AND m.metric_type = 'tuketim_miktar'
           AND m.timestamp >= days.begins_at AND m.timestamp < days.ends_at"""
SUMS = "sum(m.metric_value) AS units, sum(m.metric_value * s.price) AS revenue"
CONSUMED = f"""WITH {SLOTS}, {DAYS}
SELECT days.day, summed.*
  FROM days, LATERAL (
        SELECT s.floor_id, s.room_type_id, m.extra_data->>'occupancy' AS occupancy, s.product_id,
               count(*) FILTER (WHERE s.is_first) AS looks, count(*) AS slots, {SUMS}
          FROM ml_metrics m JOIN slots s ON s.id = m.entity_id
         WHERE {OF_DAY}
         GROUP BY GROUPING SETS ((1, 2, 3), (4))) AS summed
"""
PRODUCTS = f"""WITH {SLOTS}
SELECT s.product_id, {SUMS}
  FROM ml_metrics m JOIN slots s ON s.id = m.entity_id
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = 'tuketim_miktar'
   AND m.timestamp >= %(since)s AND m.timestamp < %(until)s
 GROUP BY 1
"""
EXPECTED = f"""WITH {SLOTS}, {DAYS}
SELECT days.day, summed.*
  FROM days, LATERAL (
        SELECT s.floor_id, count(m.expected) AS judged, coalesce(sum(m.expected), 0) AS expected
          FROM ml_scores m JOIN slots s ON s.id = m.entity_id
         WHERE {OF_DAY}
         GROUP BY 1) AS summed
"""
ROOM_DAYS = f"""WITH {SLOTS}, {DAYS}
SELECT days.day, summed.*
  FROM days, LATERAL (
        SELECT s.room_id, {SUMS}
          FROM ml_metrics m JOIN slots s ON s.id = m.entity_id
         WHERE {OF_DAY}
         GROUP BY 1) AS summed
"""
NIGHTS = f"""
SELECT night::date AS day, r.id AS room_id, r.floor_id, r.room_type_id
  FROM stays s JOIN rooms r ON r.id = s.room_id,
       generate_series(greatest(s.arrival_on, %(first_on)s), least(s.departure_on - 1, %(last_on)s), '1 day') AS night
 WHERE s.hotel_id = %(hotel_id)s AND s.arrival_on <= %(last_on)s AND s.departure_on > %(first_on)s
   AND {OF_ROOM} AND {OF_SLOTS}
 GROUP BY 1, 2, 3, 4
"""
# Days on which the stays are known are those for which an occupancy was measured.
KNOWN_DAYS = """
SELECT (interval_start AT TIME ZONE %(zone)s)::date AS day
  FROM ml_metrics
 WHERE hotel_id = %(hotel_id)s AND metric_type = 'doluluk_oran' AND timestamp > %(since)s AND timestamp <= %(until)s
"""
ROOMS = f"""
SELECT r.id AS room_id, r.number, r.floor_id, r.room_type_id, f.name AS floor, t.name AS room_type,
       (SELECT max(m.timestamp)
          FROM ml_metrics m
         WHERE m.hotel_id = r.hotel_id AND m.metric_type = 'tuketim_miktar'
           AND m.entity_id = (SELECT min(s.id) FROM minibar_slots s WHERE s.room_id = r.id)) AS looked_at
  FROM rooms r JOIN floors f ON f.id = r.floor_id JOIN room_types t ON t.id = r.room_type_id
 WHERE r.hotel_id = %(hotel_id)s AND r.is_active AND {OF_ROOM} AND {OF_SLOTS}
 ORDER BY f.number, r.number
"""
PLACES = {
    "floors": "SELECT id, number::text, name FROM floors WHERE hotel_id = :hotel_id ORDER BY floors.number",
    "room_types": "SELECT id, code, name FROM room_types WHERE hotel_id = :hotel_id ORDER BY name",
    "products": "SELECT id, code, name FROM products WHERE hotel_id = :hotel_id ORDER BY name",
}


def _params(window: Window, cut: Cut) -> dict[str, Any]:
    return {**vars(window), **vars(cut), "zone": window.time_zone}


def places(connection: Connection, hotel_id: int, kind: str) -> list[Place]:
    """What readers can filter by; ``kind``: floors, room_types or products."""
    rows = connection.execute(text(PLACES[kind]), {"hotel_id": hotel_id})
    return [Place(*row) for row in rows]


def consumed(connection: Connection, window: Window, cut: Cut) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was found at looks; where and when nobody looked has no row.

    Cells: day, floor_id, room_type_id, occupancy, looks (into rooms), slots, units, revenue.
    Products: product_id, units, revenue.
    """
    found = copy_out(connection, CONSUMED, _params(window, cut))
    is_cell = found["product_id"].isna()
    products = found[~is_cell].groupby("product_id")[["units", "revenue"]].sum().reset_index()
    return found[is_cell].drop(columns="product_id"), products.astype({"product_id": "int64"})


def products(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """product_id, units, revenue: the products of ``consumed`` alone, in half of its time."""
    return copy_out(connection, PRODUCTS, _params(window, cut))


def expected(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, floor_id, judged (slots whose expected value is stored), expected (their sum, units)."""
    return copy_out(connection, EXPECTED, _params(window, cut))


def nights(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, room_id, floor_id, room_type_id: one row an occupied room-night."""
    return copy_out(connection, NIGHTS, _params(window, cut))


def known_days(connection: Connection, window: Window) -> pd.DataFrame:
    """day: those on which the hotel's stays are known."""
    return copy_out(connection, KNOWN_DAYS, _params(window, Cut()))


def rooms(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """room_id, number, floor_id, room_type_id, floor, room_type, looked_at (ever)
    of the rooms in service, by floor and number."""
    return copy_out(connection, ROOMS, _params(window, cut))


def room_days(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, room_id, units, revenue: days on which somebody looked into the room."""
    return copy_out(connection, ROOM_DAYS, _params(window, cut))


def open_alerts(connection: Connection, hotel_id: int) -> dict[int, int]:
    """{room_id: number of open alerts}."""
    query = (
        "SELECT room_id, count(*) FROM ml_alerts WHERE hotel_id = :hotel_id AND room_id IS NOT NULL"
        " AND closed_at IS NULL AND NOT is_suppressed GROUP BY room_id"
    )
    return {int(room): int(number) for room, number in connection.execute(text(query), {"hotel_id": hotel_id})}
