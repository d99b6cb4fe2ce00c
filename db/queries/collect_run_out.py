"""Sources of stok_bitis_tahmini: the stored levels and outflows of the store, by closed hotel-local day."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.collect_daily import DAY
from db.queries.frames import copy_out
from db.queries.watermarks import Window

ROWS = "hotel_id = %(hotel_id)s AND metric_type = 'stok_seviye' AND timestamp <= %(until)s"


def touched_products(connection: Connection, window: Window, until: datetime, closed: datetime | None) -> list[int]:
    """Products with hours up to ``until`` that were collected since the run before or lie after ``closed``."""
    found = copy_out(
        connection,
        f"SELECT DISTINCT entity_id FROM ml_metrics WHERE {ROWS} "
        "AND (%(closed)s IS NULL OR collected_at > %(recorded)s OR timestamp > %(closed)s)",
        {"hotel_id": window.hotel_id, "until": until, "closed": closed, "recorded": window.recorded_since},
    )
    return found["entity_id"].tolist()


def daily_stock(connection: Connection, window: Window, products: list[int], until: datetime) -> pd.DataFrame:
    """entity_id, day (since 1970), level (at its last observed hour), outflow, hours observed: sorted by both."""
    return copy_out(
        connection,
        f"SELECT entity_id, {DAY.format(at='timestamp')} AS day, "
        "(array_agg(metric_value ORDER BY timestamp DESC))[1] AS level, "
        "sum((extra_data->>'outflow')::float8) AS outflow, count(*) AS hours "
        f"FROM ml_metrics WHERE {ROWS} AND entity_id = ANY(%(products)s) GROUP BY 1, 2 ORDER BY 1, 2",
        {"hotel_id": window.hotel_id, "zone": window.time_zone, "until": until, "products": products},
    )
