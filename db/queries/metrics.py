"""Metric rows: read as typed frames, and the calendar of a hotel's occupancy."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out

# The keys of ``extra_data`` of each metric type and their SQL types: columns of the frames that are read.
EXTRA_FIELDS: dict[str, dict[str, str]] = {
    "stok_seviye": {"outflow": "bigint", "inflow": "bigint", "count_correction": "bigint"},
    "tuketim_miktar": {"occupancy": "text", "guests": "bigint", "nights": "bigint", "visit_id": "bigint"},
    "dolum_sure": {"room_id": "bigint", "floor_id": "bigint", "items": "bigint"},
    "zimmet_kullanim": {"issued": "bigint", "returned": "bigint", "written_off": "bigint", "balance": "bigint"},
    "doluluk_oran": {"occupied_rooms": "bigint"},
    "bosta_tuketim": {"rooms": "bigint"},
    "talep_yanit_sure": {"floor_id": "bigint", "staff_id": "bigint"},
    "qr_okutma_performans": {"failed": "bigint"},
    "gelir_oda": {"units": "bigint"},
    "gelir_urun": {"units": "bigint"},
    "stok_bitis_tahmini": {"level": "float8", "daily_outflow": "float8"},
}


def extra_columns(metric_type: str) -> str:
    """The select list that turns ``extra_data`` into columns."""
    fields = EXTRA_FIELDS.get(metric_type, {})
    return "".join(f", (m.extra_data->>'{name}')::{kind} AS {name}" for name, kind in fields.items())


def _rows(metric_type: str, joined: str, columns: str) -> str:
    return (
        f"SELECT m.entity_id, m.interval_start, m.timestamp, m.metric_value, m.exposure{extra_columns(metric_type)}"
        f"{columns} FROM ml_metrics m {joined} WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s "
        "AND m.timestamp > %(since)s AND m.timestamp <= %(until)s ORDER BY m.entity_id, m.timestamp"
    )


def read_metrics(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime
) -> pd.DataFrame:
    """Rows with ``since < timestamp <= until``, sorted by entity_id and timestamp.

    Columns: entity_id, interval_start, timestamp, metric_value, exposure, and the extra data of the metric type.
    """
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since": since, "until": until}
    return copy_out(connection, _rows(metric_type, "", ""), params)


def read_consumption(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """``read_metrics`` of tuketim_miktar with room_id, product_id, floor_id and room_type_id of the slot, and
    ``refilled``, the units put in at the check that closed the interval."""
    joined = (
        "JOIN minibar_slots s ON s.id = m.entity_id JOIN rooms r ON r.id = s.room_id LEFT JOIN visit_lines l "
        "ON l.visit_id = (m.extra_data->>'visit_id')::bigint AND l.product_id = s.product_id"
    )
    columns = ", s.room_id, s.product_id, r.floor_id, r.room_type_id, coalesce(l.refilled_quantity, 0) AS refilled"
    params = {"hotel_id": hotel_id, "metric_type": "tuketim_miktar", "since": since, "until": until}
    return copy_out(connection, _rows("tuketim_miktar", joined, columns), params)


CALENDAR = """
WITH span AS (
    SELECT id, (%(since)s AT TIME ZONE time_zone)::date AS first, (%(until)s AT TIME ZONE time_zone)::date AS last
      FROM hotels WHERE id = %(hotel_id)s
), occupied AS (
    SELECT night::date AS day, count(DISTINCT s.room_id) AS rooms
      FROM span
      JOIN stays s ON s.hotel_id = span.id AND s.arrival_on <= span.last AND s.departure_on > span.first,
           generate_series(greatest(s.arrival_on, span.first), least(s.departure_on - 1, span.last), '1 day') AS night
     GROUP BY 1
)
SELECT d::date AS day, coalesce(o.rooms, 0) AS occupied_rooms,
       (SELECT count(*) FROM rooms r WHERE r.hotel_id = span.id AND r.is_active) AS rooms
  FROM span, generate_series(span.first, span.last, interval '1 day') AS d
  LEFT JOIN occupied o ON o.day = d::date
 ORDER BY 1
"""


def hotel_calendar(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """day, occupied_rooms, rooms: every hotel-local day from the day of ``since`` to the day of ``until``, both in."""
    return copy_out(connection, CALENDAR, {"hotel_id": hotel_id, "since": since, "until": until})


def count_rows(connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime) -> int:
    """Number of rows with ``since < timestamp <= until``."""
    query = (
        "SELECT count(*) FROM ml_metrics WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
        "AND timestamp > :since AND timestamp <= :until"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since": since, "until": until}
    return int(connection.execute(text(query), params).scalar_one())
