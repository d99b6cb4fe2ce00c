"""Where one alert stands among those that a board shows, and which stand beside it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.alerts import JOINS, RANK, AlertFilters, where

PLACED = """
    SELECT count(*) AS total,
           count(*) FILTER (WHERE b.key > here.key) AS above,
           coalesce(bool_or(b.key = here.key), false) AS is_listed,
           (array_agg(b.id ORDER BY b.key) FILTER (WHERE b.key > here.key))[1] AS previous_id,
           (array_agg(b.id ORDER BY b.key DESC) FILTER (WHERE here.key IS NULL OR b.key < here.key))[1] AS next_id
      FROM board b LEFT JOIN here ON true
"""
KEY = f"({RANK}, a.last_seen_at, a.id) AS key"  # the order of the board


@dataclass(frozen=True)
class AlertPlace:
    """``above``: how many stand before it. One that left the board (not ``is_listed``) still has its neighbours."""

    total: int
    above: int
    is_listed: bool
    previous_id: int | None
    next_id: int | None


def place(
    connection: Connection, hotel_ids: list[int] | None, filters: AlertFilters, alert_id: int | None, now: datetime
) -> AlertPlace:
    """The place of an alert; without one, the place before the first."""
    condition, params = where(hotel_ids, filters, now)
    query = (
        f"WITH here AS (SELECT {KEY} FROM ml_alerts a WHERE a.id = :here), "
        f"board AS (SELECT a.id, {KEY} {JOINS} WHERE {condition}) {PLACED}"
    )
    row = connection.execute(text(query), params | {"here": alert_id}).mappings().one()
    return AlertPlace(**row)
