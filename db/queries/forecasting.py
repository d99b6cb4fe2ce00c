"""What forecasting reads and writes: levels, flows, stays, forecasts, back-tests."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.bulk import copy_frame, upsert_frame
from db.queries.frames import copy_out

LEVELS = """
SELECT p.id AS product_id, p.hotel_id, p.name, p.critical_level, p.case_size, l.timestamp, l.metric_value AS level
  FROM products p
  CROSS JOIN LATERAL (
    SELECT m.timestamp, m.metric_value FROM ml_metrics m
     WHERE m.hotel_id = p.hotel_id AND m.metric_type = 'stok_seviye' AND m.entity_id = p.id
       AND m.timestamp <= %(at)s
     ORDER BY m.timestamp DESC LIMIT 1) l
 WHERE p.is_active AND p.hotel_id = ANY(%(hotel_ids)s)
 ORDER BY p.id
"""

OUTFLOWS = """
SELECT entity_id AS product_id, floor(extract(epoch FROM %(at)s::timestamptz - timestamp) / 86400)::int AS days_ago,
       sum((extra_data->>'outflow')::double precision) AS outflow
  FROM ml_metrics
 WHERE hotel_id = ANY(%(hotel_ids)s) AND metric_type = 'stok_seviye'
   AND timestamp > %(since)s AND timestamp <= %(at)s
 GROUP BY 1, 2
"""

MOVEMENTS = """
SELECT product_id, (occurred_at AT TIME ZONE %(zone)s)::date AS moved_on, movement_type, quantity < 0 AS is_negative,
       sum(quantity) AS quantity
  FROM stock_movements
 WHERE hotel_id = %(hotel_id)s AND occurred_at >= %(since)s AND occurred_at <= %(at)s
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

FIRST_MOVEMENTS = """
SELECT p.id AS product_id, (f.occurred_at AT TIME ZONE %(zone)s)::date AS moved_on
  FROM products p CROSS JOIN LATERAL (
    SELECT occurred_at FROM stock_movements m WHERE m.hotel_id = p.hotel_id AND m.product_id = p.id
     ORDER BY occurred_at LIMIT 1) f
 WHERE p.hotel_id = %(hotel_id)s AND f.occurred_at <= %(at)s
"""

ACTIVITY = ("stock_movements", "custody_movements", "visits")  # the largest last
ACTIVE_DAYS = """
SELECT DISTINCT (occurred_at AT TIME ZONE %(zone)s)::date AS active_on FROM {table}
 WHERE hotel_id = %(hotel_id)s AND occurred_at >= %(since)s AND occurred_at <= %(at)s
"""

STAYS = """
SELECT arrival_on, departure_on, least(arrival_on, (recorded_at AT TIME ZONE %(zone)s)::date) AS known_on,
       adults + children AS guests
  FROM stays
 WHERE hotel_id = %(hotel_id)s AND departure_on > %(since_on)s AND arrival_on < %(until_on)s
   AND (recorded_at <= %(at)s OR arrival_on < %(made_on)s)
"""

STORED = """
SELECT f.* FROM stock_forecasts f
  JOIN (SELECT product_id, max(made_on) AS made_on FROM stock_forecasts
         WHERE hotel_id = %(hotel_id)s AND made_on BETWEEN %(since_on)s AND %(until_on)s GROUP BY 1) n
 USING (product_id, made_on)
 WHERE f.hotel_id = %(hotel_id)s ORDER BY f.product_id, f.target_on
"""

MADE = """
SELECT f.product_id, f.made_on, f.target_on, f.model, f.mean, f.q10, f.q50, f.q90
  FROM stock_forecasts f JOIN products p ON p.id = f.product_id AND p.is_active
 WHERE f.hotel_id = %(hotel_id)s AND f.target_on BETWEEN %(since_on)s AND %(until_on)s
   AND f.target_on - f.made_on < %(horizon_days)s
 ORDER BY f.product_id, f.made_on, f.target_on
"""

BACKTESTS = """
SELECT b.*, p.name FROM forecast_backtests b
  JOIN (SELECT product_id, max(measured_at) AS measured_at FROM forecast_backtests
         WHERE hotel_id = %(hotel_id)s AND measured_at > %(since)s AND measured_at <= %(at)s GROUP BY 1) n
 USING (product_id, measured_at)
  JOIN products p ON p.id = b.product_id
 WHERE b.hotel_id = %(hotel_id)s ORDER BY b.product_id, b.horizon_days, b.pinball, b.model
"""


@dataclass(frozen=True)
class Moment:
    """One hotel as of an instant: rows that occurred from ``since`` to ``at`` are read; ``made_on`` is at's day."""

    hotel_id: int
    zone: str
    since: datetime
    at: datetime
    since_on: date
    made_on: date


def stock_levels(connection: Connection, hotel_ids: list[int], at: datetime) -> pd.DataFrame:
    """product_id, hotel_id, name, critical_level, case_size, timestamp, level: newest level of each active product."""
    return copy_out(connection, LEVELS, {"hotel_ids": hotel_ids, "at": at})


def daily_outflows(connection: Connection, hotel_ids: list[int], since: datetime, at: datetime) -> pd.DataFrame:
    """product_id, days_ago, outflow: units that left the store in each of the last 24-hour steps before ``at``."""
    return copy_out(connection, OUTFLOWS, {"hotel_ids": hotel_ids, "since": since, "at": at})


def hotel_ids(connection: Connection) -> list[int]:
    """Every hotel's id."""
    return [int(hotel_id) for hotel_id in connection.execute(text("SELECT id FROM hotels ORDER BY id")).scalars()]


def time_zone(connection: Connection, hotel_id: int) -> str | None:
    """The hotel's time zone; None for a hotel that does not exist."""
    found = connection.execute(text("SELECT time_zone FROM hotels WHERE id = :id"), {"id": hotel_id}).scalar()
    return None if found is None else str(found)


def products(connection: Connection, hotel_id: int) -> list[int]:
    """Ids of the active products."""
    query = text("SELECT id FROM products WHERE hotel_id = :id AND is_active ORDER BY id")
    return [int(product_id) for product_id in connection.execute(query, {"id": hotel_id}).scalars()]


def movements(connection: Connection, moment: Moment) -> pd.DataFrame:
    """product_id, moved_on, movement_type, is_negative, quantity: movements added up by local day, type and sign."""
    return copy_out(connection, MOVEMENTS, vars(moment))


def first_movements(connection: Connection, moment: Moment) -> pd.DataFrame:
    """product_id, moved_on: the local day of each product's first movement ever, of those before ``at``."""
    return copy_out(connection, FIRST_MOVEMENTS, vars(moment))


def active_days(connection: Connection, moment: Moment, tables: tuple[str, ...] = ACTIVITY) -> pd.DataFrame:
    """active_on: local days on which the hotel moved goods or looked into a minibar, by all records or some tables'."""
    return copy_out(connection, " UNION ".join(ACTIVE_DAYS.format(table=table) for table in tables), vars(moment))


def stays(connection: Connection, moment: Moment, until_on: date) -> pd.DataFrame:
    """arrival_on, departure_on, known_on, guests of the stays known at ``at`` that touch the days up to ``until_on``.

    A stay became known when it was recorded or, recorded later (imported at once, or late), when it began.
    """
    return copy_out(connection, STAYS, vars(moment) | {"until_on": until_on})


def write_forecasts(connection: Connection, rows: pd.DataFrame) -> int:
    """Upsert forecasts by hotel, product, day made and day meant; the rows that changed."""
    return upsert_frame(connection, "stock_forecasts", rows, ("hotel_id", "product_id", "made_on", "target_on"))


def write_backtests(connection: Connection, rows: pd.DataFrame) -> int:
    """Append measurements; the rows written."""
    return copy_frame(connection, "forecast_backtests", rows)


def newest_forecasts(connection: Connection, hotel_id: int, since_on: date, until_on: date) -> pd.DataFrame:
    """Every product's newest forecast made in those days, all its target days."""
    return copy_out(connection, STORED, {"hotel_id": hotel_id, "since_on": since_on, "until_on": until_on})


def made_forecasts(
    connection: Connection, hotel_id: int, since_on: date, until_on: date, horizon_days: int
) -> pd.DataFrame:
    """Forecasts of active products for those target days made fewer than ``horizon_days`` days before."""
    params = {"hotel_id": hotel_id, "since_on": since_on, "until_on": until_on, "horizon_days": horizon_days}
    return copy_out(connection, MADE, params)


def newest_backtests(connection: Connection, hotel_id: int, since: datetime, at: datetime) -> pd.DataFrame:
    """Every product's newest back-test measured in (since, at], one row a model and horizon, with its name."""
    return copy_out(connection, BACKTESTS, {"hotel_id": hotel_id, "since": since, "at": at})
