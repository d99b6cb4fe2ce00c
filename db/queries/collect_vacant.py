"""Sources of bosta_tuketim: the stored intervals of tuketim_miktar in which a room was vacant."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.collect_daily import DAY
from db.queries.frames import copy_out
from db.queries.watermarks import Window

# Two looks within minutes are one look written down twice: its units were not consumed in between.
REPEATED = "interval '10 minutes'"
ROWS = "hotel_id = %(hotel_id)s AND metric_type = 'tuketim_miktar' AND timestamp <= %(until)s"


def earliest_change(connection: Connection, window: Window, until: datetime) -> datetime | None:
    """The start of the oldest interval on closed days that was collected since the run before: what became of the
    time in it may have been told otherwise until then."""
    found = copy_out(
        connection,
        f"SELECT min(interval_start) AS at FROM ml_metrics WHERE {ROWS} AND collected_at > %(recorded)s",
        {"hotel_id": window.hotel_id, "until": until, "recorded": window.recorded_since},
    )["at"]
    return None if found.isna().all() else found.iloc[0].to_pydatetime()


def vacant_days(connection: Connection, window: Window, since: datetime | None, until: datetime) -> pd.DataFrame:
    """day (since 1970), metric_value (units), exposure (looks into vacant rooms), rooms (in which units were gone), of
    the days in (since, until] on which somebody looked into a vacant room."""
    query = (
        "SELECT day, sum(units)::float8 AS metric_value, count(*)::float8 AS exposure, "
        "count(DISTINCT room_id) FILTER (WHERE units > 0) AS rooms FROM ("
        f"SELECT {DAY.format(at='m.timestamp')} AS day, s.room_id, m.timestamp, sum(m.metric_value) AS units "
        f"FROM (SELECT entity_id, timestamp, metric_value FROM ml_metrics WHERE {ROWS} "
        "AND (%(since)s IS NULL OR timestamp > %(since)s) AND extra_data->>'occupancy' = 'vacant' "
        f"AND timestamp - interval_start >= {REPEATED}) m "
        "JOIN minibar_slots s ON s.id = m.entity_id GROUP BY 1, 2, 3) looks GROUP BY 1 ORDER BY 1"
    )
    params = {"hotel_id": window.hotel_id, "zone": window.time_zone, "since": since, "until": until}
    return copy_out(connection, query, params)
