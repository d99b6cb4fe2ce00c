"""Sources that are added up by entity and hotel-local day: requests, scans, revenue of products."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window


@dataclass(frozen=True)
class DailyRecords:
    """``rows`` selects entity_id, at, recorded_at and what the aggregates of ``columns`` need, of one hotel.

    ``entities`` selects entity_id, is_active: the rows of an entity that is not active end with its last record.
    ``fills``: a day without a record is a zero. Counting begins with the first record for which ``begins`` holds, of
    anyone; for an entity with its own first one, or ``starts_together`` for all of them, records or none. ``shared``
    selects day, exposure: one exposure for all entities.
    """

    rows: str
    columns: dict[str, str]
    entities: str
    fills: bool = True
    starts_together: bool = False
    begins: str = "true"
    shared: str | None = None


STAFF = "SELECT id AS entity_id, is_active FROM staff WHERE hotel_id = %(hotel_id)s"
# A record at midnight sharp belongs to the day that ends then, as intervals are open at their start.
DAY = "((({at} - interval '1 microsecond') AT TIME ZONE %(zone)s)::date - date '1970-01-01')::bigint"

REQUESTS = DailyRecords(
    "SELECT r.floor_id AS entity_id, q.requested_at AS at, q.recorded_at FROM refill_requests q "
    "JOIN rooms r ON r.id = q.room_id WHERE q.hotel_id = %(hotel_id)s",
    {"metric_value": "count(*)::float8"},
    "SELECT id AS entity_id, true AS is_active FROM floors WHERE hotel_id = %(hotel_id)s",
    starts_together=True,
)
SCANS = DailyRecords(
    "SELECT staff_id AS entity_id, scanned_at AS at, recorded_at, 1 AS scan FROM qr_scans "
    "WHERE hotel_id = %(hotel_id)s AND staff_id IS NOT NULL UNION ALL "
    "SELECT staff_id, occurred_at, recorded_at, 0 FROM visits WHERE hotel_id = %(hotel_id)s AND staff_id IS NOT NULL",
    {"metric_value": "sum(scan)::float8", "exposure": "sum(1 - scan)::float8"},
    STAFF,
    begins="scan = 1",  # a hotel that scans nothing is not observed
)
SCAN_RESULTS = DailyRecords(
    "SELECT staff_id AS entity_id, scanned_at AS at, recorded_at, succeeded FROM qr_scans "
    "WHERE hotel_id = %(hotel_id)s AND staff_id IS NOT NULL",
    {
        "metric_value": "(count(*) FILTER (WHERE succeeded))::float8 / count(*)",
        "exposure": "count(*)::float8",
        "failed": "count(*) FILTER (WHERE NOT succeeded)",
    },
    STAFF,
    fills=False,
)  # fmt: skip
PRODUCT_REVENUE = DailyRecords(
    "SELECT l.product_id AS entity_id, v.occurred_at AS at, v.recorded_at, l.consumed_quantity AS units, p.price "
    "FROM visits v JOIN visit_lines l ON l.visit_id = v.id JOIN products p ON p.id = l.product_id "
    "WHERE v.hotel_id = %(hotel_id)s AND l.consumed_quantity <> 0",
    {"metric_value": "sum(units * price)::float8", "units": "sum(units)::bigint"},
    "SELECT id AS entity_id, is_active FROM products WHERE hotel_id = %(hotel_id)s",
    shared="SELECT {day} AS day, count(DISTINCT room_id)::float8 AS exposure FROM visits "
    "WHERE hotel_id = %(hotel_id)s AND occurred_at > %(since)s AND occurred_at <= %(until)s GROUP BY 1",
)
RECORDS: dict[str, DailyRecords] = {
    "REQUESTS": REQUESTS, "SCANS": SCANS, "SCAN_RESULTS": SCAN_RESULTS, "PRODUCT_REVENUE": PRODUCT_REVENUE,
}  # fmt: skip


def earliest_change(connection: Connection, window: Window, records: DailyRecords, until: datetime) -> datetime | None:
    """When the oldest record up to ``until`` happened that became known since the run before."""
    query = f"SELECT min(at) AS at FROM ({records.rows}) r WHERE at <= %(until)s AND recorded_at > %(recorded)s"
    found = copy_out(connection, query, _params(window, until) | {"recorded": window.recorded_since})["at"]
    return None if found.isna().all() else found.iloc[0].to_pydatetime()


def totals(
    connection: Connection, window: Window, records: DailyRecords, since: datetime, until: datetime
) -> pd.DataFrame:
    """entity_id, is_active, day (since 1970), the columns, begins: every day with records in (since, until]."""
    aggregates = ", ".join(f"{aggregate} AS {name}" for name, aggregate in records.columns.items())
    query = (
        f"SELECT r.entity_id, e.is_active, {DAY.format(at='r.at')} AS day, {aggregates}, "
        f"bool_or({records.begins}) AS begins FROM ({records.rows}) r "
        f"JOIN ({records.entities}) e ON e.entity_id = r.entity_id "
        "WHERE r.at > %(since)s AND r.at <= %(until)s GROUP BY 1, 2, 3"
    )
    return copy_out(connection, query, _params(window, until) | {"since": since})


def shared_exposure(
    connection: Connection, window: Window, records: DailyRecords, since: datetime, until: datetime
) -> pd.DataFrame:
    """day (since 1970), exposure, of the days in (since, until] that have any."""
    query = (records.shared or "").format(day=DAY.format(at="occurred_at"))
    return copy_out(connection, query, _params(window, until) | {"since": since})


def active_entities(connection: Connection, window: Window, records: DailyRecords) -> pd.DataFrame:
    """entity_id, is_active of everyone who could have records."""
    return copy_out(connection, records.entities, {"hotel_id": window.hotel_id})


def first_stored(connection: Connection, window: Window, entity_ids: list[int]) -> pd.DataFrame:
    """entity_id, began: the start of the oldest stored interval of each entity that has one."""
    return copy_out(
        connection,
        "SELECT e.id AS entity_id, m.interval_start AS began FROM unnest(%(entities)s::bigint[]) AS e(id) "
        "CROSS JOIN LATERAL (SELECT interval_start FROM ml_metrics WHERE hotel_id = %(hotel_id)s "
        "AND metric_type = %(metric_type)s AND entity_id = e.id ORDER BY timestamp LIMIT 1) m",
        {"hotel_id": window.hotel_id, "metric_type": window.metric_type, "entities": entity_ids},
    )


def _params(window: Window, until: datetime) -> dict[str, object]:
    return {"hotel_id": window.hotel_id, "zone": window.time_zone, "until": until}
