"""Stays as occupancy: which rooms were taken when, and how far the stays of a hotel are known."""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window


def arrivals(connection: Connection, window: Window) -> pd.DataFrame:
    """arrival_on, stays, stays_before: how many began on each day, and how many of them the run before could know."""
    return copy_out(
        connection,
        "SELECT arrival_on, count(*) AS stays, count(*) FILTER (WHERE recorded_at <= %(recorded)s) AS stays_before "
        "FROM stays "
        "WHERE hotel_id = %(hotel_id)s GROUP BY arrival_on",
        {"hotel_id": window.hotel_id, "recorded": window.recorded_since},
    )


def earliest_change(connection: Connection, window: Window) -> date | None:
    """The first arrival among the stays that became known or were changed since the run before."""
    found = copy_out(
        connection,
        "SELECT min(arrival_on) AS day FROM stays WHERE hotel_id = %(hotel_id)s AND recorded_at > %(recorded)s",
        {"hotel_id": window.hotel_id, "recorded": window.recorded_since},
    )["day"]
    return None if found.isna().all() else found.iloc[0].date()


def first_arrival(connection: Connection, hotel_id: int) -> date | None:
    """The day of the hotel's first stay."""
    query = "SELECT min(arrival_on) AS day FROM stays WHERE hotel_id = %(hotel_id)s"
    found = copy_out(connection, query, {"hotel_id": hotel_id})["day"]
    return None if found.isna().all() else found.iloc[0].date()


def occupied_rooms(connection: Connection, window: Window, first: date, last: date) -> pd.DataFrame:
    """day, occupied_rooms, rooms: every day from ``first`` to ``last``; rooms out of service count in neither."""
    return copy_out(
        connection,
        "WITH taken AS (SELECT night::date AS day, count(DISTINCT s.room_id) AS rooms FROM stays s "
        "JOIN rooms r ON r.id = s.room_id AND r.is_active, "
        "generate_series(greatest(s.arrival_on, %(first)s::date), least(s.departure_on - 1, %(last)s::date), "
        "interval '1 day') AS night WHERE s.hotel_id = %(hotel_id)s AND s.arrival_on <= %(last)s::date "
        "AND s.departure_on > %(first)s::date GROUP BY 1) "
        "SELECT d::date AS day, coalesce(taken.rooms, 0) AS occupied_rooms, "
        "(SELECT count(*) FROM rooms r WHERE r.hotel_id = %(hotel_id)s AND r.is_active) AS rooms "
        "FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d "
        "LEFT JOIN taken ON taken.day = d::date ORDER BY 1",
        {"hotel_id": window.hotel_id, "first": first, "last": last},
    )


def arrival_days(connection: Connection, hotel_id: int, at: datetime) -> tuple[pd.DataFrame, date]:
    """arrival_on, stays of the days up to the hotel-local day of ``at`` on which anybody arrived, and that day."""
    zone = "SELECT (%(at)s::timestamptz AT TIME ZONE time_zone)::date AS day FROM hotels WHERE id = %(hotel_id)s"
    today = copy_out(connection, zone, {"hotel_id": hotel_id, "at": at})["day"].iloc[0].date()
    query = (
        "SELECT arrival_on, count(*) AS stays FROM stays WHERE hotel_id = %(hotel_id)s "
        "AND arrival_on <= %(today)s::date GROUP BY arrival_on"
    )
    return copy_out(connection, query, {"hotel_id": hotel_id, "today": today}), today
