"""Consumption for exploring: looks, products, expected values and occupied nights, summed by hotel-local day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import pandas as pd
from sqlalchemy import Connection, text

from core.clock import local_date
from db.queries.frames import copy_out


@dataclass(frozen=True)
class Window:
    """Whole hotel-local days of one hotel: ``first_on`` to ``last_on``, both in; ``since`` and ``until`` bound them.

    ``border``: metric rows before it lie in the archive, of which the sums by day are left; None: none do.
    """

    hotel_id: int
    time_zone: str
    first_on: date
    last_on: date
    since: datetime
    until: datetime  # not in it any more
    border: datetime | None = None


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


@dataclass(frozen=True)
class Looks:
    """Frames by day and floor, by day and room type, and by occupancy, named after what they are summed by.

    Each has looks (into rooms), slots, units, revenue, judged (slots whose expected value is stored) and expected
    (their sum, units); the last one's day is empty.
    """

    floors: pd.DataFrame  # day, floor_id
    room_types: pd.DataFrame  # day, room_type_id
    occupancies: pd.DataFrame  # occupancy

    BY: ClassVar = ("floor_id", "room_type_id", "occupancy")


OF_ROOM = """(%(floor_id)s::bigint IS NULL OR r.floor_id = %(floor_id)s)
    AND (%(room_type_id)s::bigint IS NULL OR r.room_type_id = %(room_type_id)s)
    AND (%(room_id)s::bigint IS NULL OR r.id = %(room_id)s)"""
# A room with the asked product, so that nights of rooms that never held it do not dilute its rate.
OF_SLOTS = """(%(product_id)s::bigint IS NULL OR EXISTS (
    SELECT FROM minibar_slots held WHERE held.room_id = r.id AND held.product_id = %(product_id)s))"""
OF_DAYS = "d.hotel_id = %(hotel_id)s AND d.day BETWEEN %(first_on)s AND %(last_on)s"
CELLS = f"""
SELECT day, floor_id, room_type_id, occupancy, looks, slots, judged, expected,
       coalesce(units, 0) AS units, coalesce(revenue, 0) AS revenue
  FROM (SELECT d.day, r.floor_id, r.room_type_id, d.occupancy, sum(d.looks) AS looks, sum(d.slots) AS slots,
               sum(d.judged) AS judged, sum(d.expected) AS expected
          FROM look_days d JOIN rooms r ON r.id = d.room_id
         WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1, 2, 3, 4) looked
  LEFT JOIN (SELECT d.day, r.floor_id, r.room_type_id, d.occupancy, sum(d.units) AS units,
                    sum(d.units * p.price::float8) AS revenue
               FROM consumption_days d JOIN rooms r ON r.id = d.room_id JOIN products p ON p.id = d.product_id
              WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1, 2, 3, 4) used USING (day, floor_id, room_type_id, occupancy)
"""
# Of one product the rows themselves are read: they are a tenth of all, and found by its slots. Before the border of
# the archive it is the sums by day: every look into a room looks at all of its slots.
OF_PRODUCT = f"""(
SELECT (m.timestamp AT TIME ZONE %(zone)s)::date AS day, s.room_id, r.floor_id, r.room_type_id,
       coalesce(m.extra_data->>'occupancy', 'unknown') AS occupancy, 1 AS looks, m.metric_value AS units,
       m.metric_value * p.price::float8 AS revenue, x.expected
  FROM minibar_slots s JOIN rooms r ON r.id = s.room_id JOIN products p ON p.id = s.product_id
  JOIN ml_metrics m ON m.hotel_id = %(hotel_id)s AND m.metric_type = 'tuketim_miktar' AND m.entity_id = s.id
       AND m.timestamp >= %(rows_since)s AND m.timestamp < %(until)s
  LEFT JOIN ml_scores x ON x.hotel_id = %(hotel_id)s AND x.metric_type = 'tuketim_miktar'
       AND x.entity_id = m.entity_id AND x.timestamp = m.timestamp
       AND x.timestamp >= %(rows_since)s AND x.timestamp < %(until)s
 WHERE s.hotel_id = %(hotel_id)s AND s.product_id = %(product_id)s AND {OF_ROOM}
 UNION ALL
SELECT d.day, d.room_id, r.floor_id, r.room_type_id, d.occupancy, d.looks, coalesce(u.units, 0),
       coalesce(u.units, 0) * p.price::float8, NULL
  FROM look_days d JOIN rooms r ON r.id = d.room_id JOIN products p ON p.id = %(product_id)s
  LEFT JOIN consumption_days u ON u.hotel_id = d.hotel_id AND u.day = d.day AND u.room_id = d.room_id
       AND u.product_id = p.id AND u.occupancy = d.occupancy
 WHERE {OF_DAYS} AND d.day < %(border_on)s::date AND {OF_ROOM} AND {OF_SLOTS})"""
CELLS_OF_PRODUCT = f"""
SELECT day, floor_id, room_type_id, occupancy, sum(looks) AS looks, sum(looks) AS slots, count(expected) AS judged,
       coalesce(sum(expected), 0) AS expected, sum(units) AS units, sum(revenue) AS revenue
  FROM {OF_PRODUCT} AS found GROUP BY 1, 2, 3, 4
"""
SUMMED = """
SELECT day, floor_id, room_type_id, occupancy, sum(looks) AS looks, sum(slots) AS slots, sum(judged) AS judged,
       sum(expected) AS expected, sum(units) AS units, sum(revenue) AS revenue
  FROM ({cells}) AS cells GROUP BY GROUPING SETS ((day, floor_id), (day, room_type_id), (occupancy))
"""
LOOKS, LOOKS_OF_PRODUCT = SUMMED.format(cells=CELLS), SUMMED.format(cells=CELLS_OF_PRODUCT)
# A period to compare with needs no more than its days.
DAY_SUMS = f"""
SELECT day, coalesce(units, 0) AS units, coalesce(revenue, 0) AS revenue
  FROM (SELECT DISTINCT d.day FROM look_days d JOIN rooms r ON r.id = d.room_id WHERE {OF_DAYS} AND {OF_ROOM}) looked
  LEFT JOIN (SELECT d.day, sum(d.units) AS units, sum(d.units * p.price::float8) AS revenue
               FROM consumption_days d JOIN rooms r ON r.id = d.room_id JOIN products p ON p.id = d.product_id
              WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1) used USING (day)
"""
DAY_SUMS_OF_PRODUCT = f"""
SELECT day, sum(units) AS units, sum(revenue) AS revenue FROM {OF_PRODUCT} AS found GROUP BY 1
"""
PRODUCTS = f"""
SELECT held.product_id, coalesce(used.units, 0) AS units, coalesce(used.revenue, 0) AS revenue
  FROM (SELECT DISTINCT s.product_id FROM minibar_slots s JOIN rooms r ON r.id = s.room_id
         WHERE s.hotel_id = %(hotel_id)s AND {OF_ROOM}
           AND s.room_id IN (SELECT d.room_id FROM look_days d WHERE {OF_DAYS})) held
  LEFT JOIN (SELECT d.product_id, sum(d.units) AS units, sum(d.units * p.price::float8) AS revenue
               FROM consumption_days d JOIN rooms r ON r.id = d.room_id JOIN products p ON p.id = d.product_id
              WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1) used USING (product_id)
"""
# ``counted``: units of the days on which the stays are known, NULL where none of them was looked at.
ROOM_SUMS = f"""
SELECT room_id, coalesce(units, 0) AS units, coalesce(revenue, 0) AS revenue,
       CASE WHEN is_known THEN coalesce(counted, 0) END AS counted
  FROM (SELECT d.room_id, bool_or(d.day = ANY(%(known)s::date[])) AS is_known
          FROM look_days d JOIN rooms r ON r.id = d.room_id WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1) looked
  LEFT JOIN (SELECT d.room_id, sum(d.units) AS units, sum(d.units * p.price::float8) AS revenue,
                    sum(d.units) FILTER (WHERE d.day = ANY(%(known)s::date[])) AS counted
               FROM consumption_days d JOIN rooms r ON r.id = d.room_id JOIN products p ON p.id = d.product_id
              WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1) used USING (room_id)
"""
ROOM_SUMS_OF_PRODUCT = f"""
SELECT room_id, sum(units) AS units, sum(revenue) AS revenue,
       sum(units) FILTER (WHERE day = ANY(%(known)s::date[])) AS counted
  FROM {OF_PRODUCT} AS found GROUP BY 1
"""
ROOM_DAYS = f"""
SELECT day, room_id, coalesce(units, 0) AS units
  FROM (SELECT DISTINCT d.day, d.room_id
          FROM look_days d JOIN rooms r ON r.id = d.room_id WHERE {OF_DAYS} AND {OF_ROOM}) looked
  LEFT JOIN (SELECT d.day, d.room_id, sum(d.units) AS units
               FROM consumption_days d JOIN rooms r ON r.id = d.room_id
              WHERE {OF_DAYS} AND {OF_ROOM} GROUP BY 1, 2) used USING (day, room_id)
"""
ROOM_DAYS_OF_PRODUCT = f"SELECT day, room_id, sum(units) AS units FROM {OF_PRODUCT} AS found GROUP BY 1, 2"
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
ROOM_TYPES = f"""
SELECT r.room_type_id, t.name AS room_type, count(*) AS rooms
  FROM rooms r JOIN room_types t ON t.id = r.room_type_id
 WHERE r.hotel_id = %(hotel_id)s AND r.is_active AND {OF_ROOM} AND {OF_SLOTS}
 GROUP BY 1, 2
"""
PLACES = {
    "floors": "SELECT id, number::text, name FROM floors WHERE hotel_id = :hotel_id ORDER BY floors.number",
    "room_types": "SELECT id, code, name FROM room_types WHERE hotel_id = :hotel_id ORDER BY name",
    "products": "SELECT id, code, name FROM products WHERE hotel_id = :hotel_id ORDER BY name",
}


def params_of(window: Window, cut: Cut) -> dict[str, Any]:
    """What the queries of a window know."""
    border = window.border
    older = {
        "rows_since": max(window.since, border) if border else window.since,
        "border_on": local_date(border, window.time_zone) if border else None,
    }
    return {**vars(window), **vars(cut), **older, "zone": window.time_zone}


def places(connection: Connection, hotel_id: int, kind: str) -> list[Place]:
    """What readers can filter by; ``kind``: floors, room_types or products."""
    rows = connection.execute(text(PLACES[kind]), {"hotel_id": hotel_id})
    return [Place(*row) for row in rows]


def looks(connection: Connection, window: Window, cut: Cut) -> Looks:
    """What was found at looks; where and when nobody looked has no row."""
    query = LOOKS if cut.product_id is None else LOOKS_OF_PRODUCT
    found = copy_out(connection, query, params_of(window, cut))
    found = found.astype(dict.fromkeys(("floor_id", "room_type_id"), "Int64"))
    parts = {name: found[found[name].notna()] for name in Looks.BY}
    return Looks(*(part.drop(columns=[one for one in Looks.BY if one != name]) for name, part in parts.items()))


def day_sums(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, units, revenue of the days on which somebody looked."""
    query = DAY_SUMS if cut.product_id is None else DAY_SUMS_OF_PRODUCT
    return copy_out(connection, query, params_of(window, cut))


def products(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """product_id, units, revenue of the products in the rooms that were looked at, whichever product the cut names."""
    return copy_out(connection, PRODUCTS, params_of(window, cut))


def room_types(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """room_type_id, room_type (its name), rooms (in service)."""
    return copy_out(connection, ROOM_TYPES, params_of(window, cut))


def rooms(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """room_id, number, floor_id, room_type_id, floor, room_type, looked_at (ever)
    of the rooms in service, by floor and number."""
    return copy_out(connection, ROOMS, params_of(window, cut))


def room_sums(connection: Connection, window: Window, cut: Cut, known: list[date]) -> pd.DataFrame:
    """room_id, units, revenue, counted (units of the days ``known``) of the rooms that somebody looked into."""
    query = ROOM_SUMS if cut.product_id is None else ROOM_SUMS_OF_PRODUCT
    return copy_out(connection, query, params_of(window, cut) | {"known": known})


def room_days(connection: Connection, window: Window, cut: Cut) -> pd.DataFrame:
    """day, room_id, units: days on which somebody looked into the room."""
    query = ROOM_DAYS if cut.product_id is None else ROOM_DAYS_OF_PRODUCT
    return copy_out(connection, query, params_of(window, cut))


def open_alerts(connection: Connection, hotel_id: int) -> dict[int, int]:
    """{room_id: number of open alerts}."""
    query = (
        "SELECT room_id, count(*) FROM ml_alerts WHERE hotel_id = :hotel_id AND room_id IS NOT NULL"
        " AND closed_at IS NULL AND NOT is_suppressed GROUP BY room_id"
    )
    return {int(room): int(number) for room, number in connection.execute(text(query), {"hotel_id": hotel_id})}
