"""When a hotel recorded anything at all: silence of days is not observed, silence of hours is quiet."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window

# Whose records, and when they happened: each has an index on (hotel, owner, time), none on (hotel, time).
RECORDS = (
    ("rooms", "visits", "room_id", "occurred_at"),
    ("rooms", "do_not_disturb", "room_id", "occurred_at"),
    ("rooms", "refill_requests", "room_id", "requested_at"),
    ("rooms", "qr_scans", "room_id", "scanned_at"),
    ("staff", "custody_movements", "staff_id", "occurred_at"),
    ("products", "stock_movements", "product_id", "occurred_at"),
)
HOURS = " UNION ALL ".join(
    f"SELECT n.at, n.recorded_at FROM {owner} o CROSS JOIN LATERAL (SELECT {at} AS at, recorded_at FROM {table} t "
    f"WHERE t.hotel_id = o.hotel_id AND t.{key} = o.id AND t.{at} > %(first)s AND t.{at} <= %(at)s OFFSET 0) n "
    "WHERE o.hotel_id = %(hotel_id)s"
    for owner, table, key, at in RECORDS
)
LATE = " UNION ALL ".join(
    f"SELECT min({at}) AS at FROM {table} WHERE hotel_id = %(hotel_id)s AND recorded_at > %(recorded)s "
    f"AND {at} <= %(since)s"
    for _, table, _, at in RECORDS
)


def active_hours(connection: Connection, window: Window, first: datetime) -> pd.DataFrame:
    """hour (of UTC since 1970, the one that ends at or after the record), recorded_at: hours with records after
    ``first`` up to the window's end, and when the first record of each became known."""
    return copy_out(
        connection,
        "SELECT ceil(extract(epoch FROM at) / 3600)::bigint AS hour, min(recorded_at) AS recorded_at "
        f"FROM ({HOURS}) AS records GROUP BY 1 ORDER BY 1",
        {"hotel_id": window.hotel_id, "at": window.at, "first": first},
    )


def earliest_late_record(connection: Connection, window: Window) -> datetime | None:
    """When the oldest record happened that became known since the run before and lies before its instant."""
    if window.is_first:
        return None
    params = {"hotel_id": window.hotel_id, "since": window.since_at, "recorded": window.recorded_since}
    found = copy_out(connection, f"SELECT min(at) AS at FROM ({LATE}) AS late", params)["at"]
    return None if found.isna().all() else found.iloc[0].to_pydatetime()
